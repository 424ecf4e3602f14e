//! The pure ones of requirement 004's "Instance Matcher Tests", each under the requirement's name.
//! The others (discovery, cross account, saving) belong to the crates that do IO.
#![expect(clippy::unwrap_used, reason = "a test stops where its premise fails")]

use dr_matcher::{
    Duplicate, Matching, Method, Named, Options, Reason, Side, Tolerance, confidence, match_names,
    normalize_name,
};

fn side<'a>(names: &[Option<&'a str>], ids: &'a [String]) -> Vec<Named<'a>> {
    names
        .iter()
        .zip(ids)
        .map(|(name, id)| Named { id, name: *name })
        .collect()
}

fn run(sources: &[Option<&str>], targets: &[Option<&str>], tolerance: f64) -> Matching {
    let ids: Vec<String> = (0..sources.len().max(targets.len()))
        .map(|n| n.to_string())
        .collect();
    let options = Options {
        tolerance: Tolerance::new(tolerance).unwrap(),
        strip_special: false,
    };
    match_names(&side(sources, &ids), &side(targets, &ids), &options)
}

fn who(matching: &Matching) -> Vec<(usize, usize)> {
    matching
        .pairs
        .iter()
        .map(|pair| (pair.source, pair.target))
        .collect()
}

// Requirement 004: test_match_instances_exact
#[test]
fn equal_names_are_matched_exactly() {
    let matching = run(
        &[Some("Web-01"), Some("app  01"), Some("db-01")],
        &[Some(" DB-01 "), Some("web-01"), Some("APP 01")],
        0.0,
    );
    assert_eq!(who(&matching), [(0, 1), (1, 2), (2, 0)]);
    assert!(
        matching
            .pairs
            .iter()
            .all(|pair| pair.method == Method::Exact)
    );
    assert!(matching.pairs.iter().all(|pair| pair.confidence == 1.0));
    assert_eq!(matching.match_rate(), 1.0);
}

// Requirement 004: test_match_instances_exact (special characters optional)
#[test]
fn special_characters_can_be_left_out_of_the_comparison() {
    let (source, target) = (
        [Named {
            id: "s",
            name: Some("web_01"),
        }],
        [Named {
            id: "i",
            name: Some("WEB-01"),
        }],
    );
    let strict = Options::default();
    assert!(match_names(&source, &target, &strict).pairs.is_empty());
    let loose = Options {
        strip_special: true,
        ..strict
    };
    assert_eq!(
        match_names(&source, &target, &loose).pairs[0].method,
        Method::Exact
    );
}

// Requirement 004: test_match_instances_fuzzy
#[test]
fn a_typo_is_matched_within_the_tolerance_only() {
    let (sources, targets) = ([Some("prod-web-01")], [Some("prod-wbe-01")]);
    assert!(run(&sources, &targets, 0.1).pairs.is_empty());
    let matching = run(&sources, &targets, 0.2);
    assert_eq!(who(&matching), [(0, 0)]);
    assert_eq!(matching.pairs[0].method, Method::Fuzzy);
    assert_eq!(matching.pairs[0].confidence, 1.0 - 2.0 / 11.0);
}

// Requirement 004: test_match_instances_fuzzy (the assignment is the best, not the first)
#[test]
fn the_first_come_does_not_take_what_another_needs_more() {
    // "abcd" is nearer to "abcx" than to "abxx", but "abce" has nothing but "abcx".
    let matching = run(
        &[Some("abcdefgh"), Some("abczefgi")],
        &[Some("abczefgh"), Some("abcdefxx")],
        0.3,
    );
    assert_eq!(who(&matching), [(0, 1), (1, 0)]);
    assert_eq!(matching.total_confidence(), 0.75 + 0.875);
}

// Requirement 004: test_match_instances_fuzzy (a tolerance at its edge counts as within)
#[test]
fn a_confidence_equal_to_the_limit_is_enough() {
    assert_eq!(run(&[Some("web01")], &[Some("web02")], 0.2).pairs.len(), 1);
    assert_eq!(run(&[Some("abc")], &[Some("xbz")], 0.7).pairs.len(), 1);
    // Nothing in common is no match at any tolerance.
    assert_eq!(run(&[Some("abc")], &[Some("xyz")], 1.0).pairs.len(), 0);
}

// Requirement 004: test_normalize_name
#[test]
fn names_are_normalised_before_they_are_compared() {
    assert_eq!(normalize_name("  Web\tServer  01 ", false), "web server 01");
    assert_eq!(normalize_name("Web-Server_01", true), "webserver01");
}

// Requirement 004: test_calculate_match_confidence
#[test]
fn confidence_runs_from_nothing_in_common_to_equal() {
    assert_eq!(confidence("web01", "xyz"), 0.0);
    assert_eq!(confidence("Web01", "web01 "), 1.0);
    assert_eq!(confidence("web01", "web02"), 0.8);
}

// Requirement 004: test_validate_matches (no duplicate matches) and test_duplicate_matches
#[test]
fn a_duplicate_name_is_reported_and_never_paired_by_chance() {
    let matching = run(
        &[Some("web01"), Some("app01"), Some("app02")],
        &[Some("WEB01"), Some("web01"), Some("app01")],
        0.2,
    );
    let duplicate = Reason::DuplicateName {
        name: "web01".to_owned(),
    };
    assert_eq!(
        matching.duplicates,
        [Duplicate {
            side: Side::Target,
            name: "web01".to_owned(),
            indices: vec![0, 1],
        }]
    );
    assert_eq!(who(&matching), [(1, 2)]);
    assert_eq!(matching.unmatched_sources[0].reason, duplicate);
    assert!(
        matching
            .unmatched_targets
            .iter()
            .all(|one| one.reason == duplicate)
    );
    assert_eq!(matching.unmatched_targets.len(), 2);
}

// Requirement 004: test_duplicate_matches (on the source side, and fuzzily)
#[test]
fn bearers_of_a_duplicate_name_are_kept_out_of_the_fuzzy_pass_too() {
    let matching = run(&[Some("web01"), Some("web01")], &[Some("web02")], 0.2);
    assert!(matching.pairs.is_empty());
    assert_eq!(matching.duplicates[0].side, Side::Source);
    assert_eq!(matching.unmatched_targets[0].reason, Reason::NoCandidate);
}

// Requirement 004: test_unmatched_sources
#[test]
fn every_unmatched_source_has_a_reason() {
    let matching = run(
        &[
            Some("web01"),
            None,
            Some(" "),
            Some("web02"),
            Some("payroll-db"),
            Some("zzz"),
        ],
        &[Some("web01"), Some("payment-db")],
        0.2,
    );
    let reasons: Vec<(usize, Reason)> = matching
        .unmatched_sources
        .into_iter()
        .map(|one| (one.index, one.reason))
        .collect();
    assert_eq!(
        reasons,
        [
            (1, Reason::NoName),
            (2, Reason::NoName),
            (
                3,
                Reason::TakenByBetter {
                    index_of_other: 0,
                    by: 0,
                    confidence: 0.8
                }
            ),
            (
                4,
                Reason::BestBelowTolerance {
                    index_of_other: 1,
                    confidence: 0.6
                }
            ),
            (5, Reason::NoCandidate),
        ]
    );
}

// Requirement 004: test_unmatched_targets
#[test]
fn every_unmatched_target_has_a_reason_in_words() {
    let sources = [Some("web01")];
    let targets = [Some("web01"), Some("web02"), None];
    let matching = run(&sources, &targets, 0.2);
    assert_eq!(matching.match_rate(), 1.0);
    let words: Vec<String> = matching
        .unmatched_targets
        .iter()
        .map(|one| {
            one.reason
                .describe(|n| sources[n].unwrap_or(""), |n| targets[n].unwrap_or(""))
        })
        .collect();
    assert_eq!(
        words,
        [
            "\"web01\" is alike to 80.0%, but \"web01\" fits it better",
            "it has no Name tag",
        ]
    );
}

#[test]
fn exact_pairs_stand_even_where_breaking_one_would_raise_the_total() {
    // Shifting both sources on would give two pairs of 0.8; the equal names stay together.
    let matching = run(
        &[Some("aaaaa"), Some("aaaab")],
        &[Some("aaaab"), Some("aaabb")],
        0.2,
    );
    assert_eq!(who(&matching), [(1, 0)]);
    assert_eq!(
        matching.unmatched_sources[0].reason,
        Reason::TakenByBetter {
            index_of_other: 0,
            by: 1,
            confidence: 0.8
        }
    );
}

#[test]
fn nothing_to_match_is_a_full_match_rate() {
    assert_eq!(run(&[], &[Some("a")], 0.2).match_rate(), 1.0);
    assert_eq!(run(&[Some("a")], &[], 0.2).match_rate(), 0.0);
}
