//! Requirement 004, "Instance Matcher Tests", as far as they are about servers and instances and not about names
//! alone, which `dr-matcher` tests.

use std::collections::{BTreeMap, BTreeSet};

use dr_error::Error;
use dr_model::group::{ProtectionGroup, Selection};
use dr_model::ids::InstanceId;
use dr_model::pair::MatchMethod;
use dr_model::server::SourceServer;
use dr_model::target::TargetInstance;

use super::{Matched, Request, plan};
use crate::pairs::choices_of;
use crate::samples::{at, direction, server, source, target};

/// The `n`th server, which calls itself so.
fn source_named(n: usize, name: Option<&str>) -> SourceServer {
    SourceServer {
        id: server(n),
        hostname: name.map(ToOwned::to_owned),
        origin_instance_id: origin_id(n).into(),
        ..source()
    }
}

fn origin_id(n: usize) -> InstanceId {
    format!("i-a{n:016}").parse().unwrap()
}

fn target_id(n: usize) -> InstanceId {
    format!("i-b{n:016}").parse().unwrap()
}

/// The `n`th instance, with this Name tag.
fn target_named(n: usize, name: Option<&str>) -> TargetInstance {
    let mut target = TargetInstance {
        id: target_id(n),
        ..target()
    };
    target.tags.remove("Name");
    if let Some(name) = name {
        target.tags.insert("Name".into(), name.into());
    }
    target
}

fn request(tolerance: f64) -> Request {
    Request {
        direction: direction(),
        group_id: None,
        tolerance,
        ignore_special_characters: false,
    }
}

fn matched(tolerance: f64, sources: &[&str], targets: &[&str]) -> Matched {
    let sources = sources.iter().enumerate();
    let targets = targets.iter().enumerate();
    plan(
        &request(tolerance),
        sources
            .map(|(n, name)| source_named(n, Some(name)))
            .collect(),
        targets
            .map(|(n, name)| target_named(n, Some(name)))
            .collect(),
        &BTreeMap::new(),
    )
    .unwrap()
}

fn why_sources(matched: &Matched) -> Vec<String> {
    matched.unmatched_sources().map(|(_, _, why)| why).collect()
}

fn why_targets(matched: &Matched) -> Vec<String> {
    matched.unmatched_targets().map(|(_, _, why)| why).collect()
}

#[test]
fn equal_names_belong_together() {
    // Requirement 004: test_match_instances_exact, test_name_tag_matching.
    let matched = matched(0.0, &["web-1", "db-1"], &["DB-1", "web-1 "]);
    let choices = choices_of(&matched);
    assert_eq!(choices.len(), 2);
    for (choice, (source, target)) in choices.iter().zip([(0, 1), (1, 0)]) {
        assert_eq!(choice.source_server_id, server(source));
        assert_eq!(choice.target_instance_id, target_id(target));
        assert_eq!(choice.method, MatchMethod::Exact);
        assert_eq!(choice.target_private_ip.as_deref(), Some("10.1.1.5"));
    }
    assert_eq!(matched.total_sources(), 2);
}

#[test]
fn similar_names_belong_together_within_the_tolerance_only() {
    // Requirement 004: test_match_instances_fuzzy.
    let close = matched(0.5, &["web-server-1"], &["web-server-01"]);
    let choices = choices_of(&close);
    assert_eq!(choices[0].method, MatchMethod::Fuzzy);
    assert!(choices[0].confidence > 0.5 && choices[0].confidence < 1.0);
    assert!(choices_of(&matched(0.0, &["web-server-1"], &["web-server-01"])).is_empty());
}

#[test]
fn the_name_tag_of_the_original_goes_before_the_servers_own_name() {
    // Requirement 004: test_name_tag_matching, test_cross_account_matching: the tag is in the primary account.
    let sources = vec![source_named(0, Some("ip-10-0-1-5"))];
    let targets = vec![target_named(0, Some("web-1"))];
    let tags = BTreeMap::from([(origin_id(0), "web-1".to_owned())]);
    let found = plan(&request(0.0), sources.clone(), targets.clone(), &tags).unwrap();
    assert_eq!(choices_of(&found)[0].source_name.as_deref(), Some("web-1"));
    // On the worst day the primary account does not answer.
    let found = plan(&request(0.0), sources, targets, &BTreeMap::new()).unwrap();
    assert!(choices_of(&found).is_empty());
}

#[test]
fn a_server_or_an_instance_without_a_name_says_so() {
    // Requirement 004: test_unmatched_sources, test_unmatched_targets.
    let matched = plan(
        &request(0.0),
        vec![source_named(0, None)],
        vec![target_named(0, None)],
        &BTreeMap::new(),
    )
    .unwrap();
    let sources: Vec<_> = matched.unmatched_sources().collect();
    assert_eq!(
        sources,
        [(server(0), None, "It has no Name tag".to_owned())]
    );
    let targets: Vec<_> = matched.unmatched_targets().collect();
    assert_eq!(
        targets,
        [(target_id(0), None, "It has no Name tag".to_owned())]
    );
}

#[test]
fn a_name_that_nothing_is_like_says_so_in_the_words_of_its_side() {
    let matched = matched(0.2, &["web-1"], &["qqqqqqqq"]);
    assert_eq!(why_sources(&matched).len(), 1);
    assert!(
        why_sources(&matched)[0].contains("instance"),
        "{:?}",
        why_sources(&matched)
    );
    assert!(
        why_targets(&matched)[0].contains("server"),
        "{:?}",
        why_targets(&matched)
    );
    let alone = self::matched(0.2, &["web-1"], &[]);
    assert_eq!(why_sources(&alone), ["No instance has a name like it"]);
    let alone = self::matched(0.2, &[], &["web-1"]);
    assert_eq!(why_targets(&alone), ["No server has a name like it"]);
}

#[test]
fn the_nearest_that_is_too_far_is_named_with_its_likeness() {
    let matched = matched(0.0, &["web-server-1"], &["web-server-01"]);
    let why = &why_sources(&matched)[0];
    assert!(
        why.starts_with("The nearest instance is web-server-01 (i-b0000000000000000) at "),
        "{why}"
    );
    assert!(why.ends_with(" %: beyond the tolerance"), "{why}");
    let why = &why_targets(&matched)[0];
    assert!(
        why.starts_with(&format!(
            "The nearest server is web-server-1 ({}) at ",
            server(0)
        )),
        "{why}"
    );
}

#[test]
fn a_likeness_short_of_equal_never_reads_as_equal() {
    let long = "a".repeat(400);
    let matched = matched(0.0, &[&format!("{long}b")], &[&format!("{long}c")]);
    let why = &why_sources(&matched)[0];
    assert!(why.contains("99 %"), "{why}");
}

#[test]
fn an_instance_taken_by_a_better_server_names_both() {
    let matched = matched(0.5, &["web-server-1", "web-server-2"], &["web-server-1"]);
    assert_eq!(choices_of(&matched).len(), 1);
    let why = &why_sources(&matched)[0];
    assert!(
        why.starts_with("web-server-1 (i-b0000000000000000) would fit at "),
        "{why}"
    );
    assert!(
        why.ends_with(&format!("is taken by web-server-1 ({})", server(0))),
        "{why}"
    );
}

#[test]
fn names_that_are_not_unique_match_nobody_and_are_listed_with_their_bearers() {
    // Requirement 004: test_duplicate_matches.
    let matched = matched(0.5, &["web", "web"], &["web", "db", "db"]);
    assert!(choices_of(&matched).is_empty());
    assert!(
        why_sources(&matched)
            .iter()
            .all(|why| why
                == "More than one has the name \"web\": make names unique, or pair by hand")
    );
    let duplicates: Vec<_> = matched.duplicates().collect();
    assert_eq!(
        duplicates,
        [
            (
                "source",
                "web".to_owned(),
                vec![server(0).to_string(), server(1).to_string()]
            ),
            (
                "target",
                "db".to_owned(),
                vec![target_id(1).to_string(), target_id(2).to_string()]
            ),
        ]
    );
}

#[test]
fn special_characters_count_unless_they_are_to_be_ignored() {
    // Requirement 004: test_normalize_name.
    let with = |ignore_special_characters| {
        let request = Request {
            ignore_special_characters,
            ..request(0.0)
        };
        let found = plan(
            &request,
            vec![source_named(0, Some("web_1"))],
            vec![target_named(0, Some("web-1"))],
            &BTreeMap::new(),
        );
        choices_of(&found.unwrap()).len()
    };
    assert_eq!((with(false), with(true)), (0, 1));
}

#[test]
fn a_tolerance_out_of_bounds_is_refused_by_the_name_of_its_field() {
    for tolerance in [-0.1, 1.1, f64::NAN] {
        let refused = plan(&request(tolerance), vec![], vec![], &BTreeMap::new());
        match refused.unwrap_err() {
            Error::Invalid(problems) => {
                assert_eq!(problems[0].field, "fuzzy_matching_tolerance");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_is_answered_for_a_group_is_about_its_servers_only() {
    let mut matched = matched(
        0.0,
        &["web-1", "web-2", "lost", "twin", "twin"],
        &["web-1", "web-2"],
    );
    let group = ProtectionGroup {
        id: "pg-00000000-0000-0000-0000-000000000001".parse().unwrap(),
        name: "g".into(),
        description: String::new(),
        direction: direction(),
        selection: Selection::ServerIds(BTreeSet::from([server(1), server(2)])),
        mirror_of: None,
        mirrored_as: None,
        session_id: None,
        created_at: at(0),
        updated_at: at(0),
        version: 1,
    };
    matched.keep_members(&group);
    let paired: Vec<_> = choices_of(&matched)
        .into_iter()
        .map(|choice| choice.source_server_id)
        .collect();
    assert_eq!(paired, [server(1)]);
    let unmatched: Vec<_> = matched.unmatched_sources().map(|(id, _, _)| id).collect();
    assert_eq!(unmatched, [server(2)]);
    assert_eq!(
        (matched.total_sources(), matched.duplicates().count()),
        (2, 0)
    );
}
