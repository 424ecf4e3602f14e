//! What is written so that chosen and matched pairs stand.

use dr_error::Error;
use dr_model::pair::{AppliedConfiguration, InstancePair, MatchMethod};

use super::{Choice, chosen_by_hand, expect_version, plan};
use crate::samples::{at, launch, server, target};

const T1: &str = "i-00000000000000001";
const T2: &str = "i-00000000000000002";
const T3: &str = "i-00000000000000003";

fn choice(n: usize, target: &str, method: MatchMethod) -> Choice {
    Choice {
        source_server_id: server(n),
        source_name: Some(format!("web-{n}")),
        target_instance_id: target.parse().unwrap(),
        target_name: Some("new name".into()),
        target_private_ip: Some("10.1.1.9".into()),
        confidence: 0.9,
        method,
    }
}

fn saved(n: usize, target: &str, method: MatchMethod) -> InstancePair {
    InstancePair {
        id: format!("pair-00000000-0000-0000-0000-{n:012}")
            .parse()
            .unwrap(),
        group_id: "pg-00000000-0000-0000-0000-000000000001".parse().unwrap(),
        source_server_id: server(n),
        source_name: Some(format!("web-{n}")),
        target_instance_id: target.parse().unwrap(),
        target_name: Some("old name".into()),
        target_private_ip: Some("10.1.1.1".into()),
        confidence: 1.0,
        method,
        configuration: Some(AppliedConfiguration {
            previous: launch(),
            current: launch(),
            applied_at: at(0),
        }),
        created_at: at(0),
        updated_at: at(0),
        version: 4,
    }
}

#[test]
fn a_server_without_a_pair_gets_one() {
    // Requirement 004: test_save_matching_results.
    let wish = choice(1, T1, MatchMethod::Exact);
    let writes = plan(vec![wish.clone()], Vec::new(), at(9));
    assert_eq!(writes.create, [wish]);
    assert!(writes.update.is_empty() && writes.keep.is_empty());
}

#[test]
fn a_pair_that_stands_as_chosen_is_kept_untouched() {
    for method in [MatchMethod::Exact, MatchMethod::Fuzzy, MatchMethod::Manual] {
        let pair = saved(1, T1, method);
        let writes = plan(vec![choice(1, T1, method)], vec![pair.clone()], at(9));
        assert_eq!(writes.keep, [pair], "{method:?}");
        assert!(writes.create.is_empty() && writes.update.is_empty());
    }
}

#[test]
fn a_pair_that_changes_keeps_its_identity_its_version_and_what_was_configured() {
    let before = saved(1, T1, MatchMethod::Exact);
    let writes = plan(
        vec![choice(1, T2, MatchMethod::Fuzzy)],
        vec![before.clone()],
        at(9),
    );
    assert_eq!(
        writes.update,
        [InstancePair {
            target_instance_id: T2.parse().unwrap(),
            target_name: Some("new name".into()),
            target_private_ip: Some("10.1.1.9".into()),
            confidence: 0.9,
            method: MatchMethod::Fuzzy,
            updated_at: at(9),
            // Reverting still restores what was there before us.
            ..before
        }]
    );
    assert!(writes.create.is_empty() && writes.keep.is_empty());
}

#[test]
fn what_a_person_chose_is_not_replaced_by_what_matching_found() {
    let by_hand = saved(1, T1, MatchMethod::Manual);
    for target in [T1, T2] {
        for method in [MatchMethod::Exact, MatchMethod::Fuzzy] {
            let writes = plan(
                vec![choice(1, target, method)],
                vec![by_hand.clone()],
                at(9),
            );
            assert_eq!(writes.keep, std::slice::from_ref(&by_hand));
            assert!(writes.update.is_empty());
        }
    }
}

#[test]
fn a_person_replaces_what_a_person_or_matching_chose() {
    for method in [MatchMethod::Exact, MatchMethod::Fuzzy, MatchMethod::Manual] {
        let writes = plan(
            vec![choice(1, T2, MatchMethod::Manual)],
            vec![saved(1, T1, method)],
            at(9),
        );
        assert_eq!(writes.update.len(), 1);
        assert_eq!(writes.update[0].target_instance_id.as_str(), T2);
        assert_eq!(writes.update[0].method, MatchMethod::Manual);
    }
}

#[test]
fn a_person_who_confirms_what_matching_found_has_chosen_it() {
    let writes = plan(
        vec![choice(1, T1, MatchMethod::Manual)],
        vec![saved(1, T1, MatchMethod::Fuzzy)],
        at(9),
    );
    assert_eq!(writes.update[0].method, MatchMethod::Manual);
    let confirmed = writes.update;
    let writes = plan(
        vec![choice(1, T2, MatchMethod::Exact)],
        confirmed.clone(),
        at(10),
    );
    assert_eq!(writes.keep, confirmed);
}

#[test]
fn the_instance_of_a_pair_made_by_hand_is_not_given_to_another_server() {
    // Server 1 was paired by hand with the instance that matching would give to server 2.
    let by_hand = saved(1, T1, MatchMethod::Manual);
    let writes = plan(
        vec![
            choice(2, T1, MatchMethod::Exact),
            choice(3, T3, MatchMethod::Exact),
        ],
        vec![by_hand],
        at(9),
    );
    assert_eq!(writes.create, [choice(3, T3, MatchMethod::Exact)]);
    // A pair that server 2 has already stands.
    let earlier = saved(2, T2, MatchMethod::Fuzzy);
    let writes = plan(
        vec![choice(2, T1, MatchMethod::Exact)],
        vec![saved(1, T1, MatchMethod::Manual), earlier.clone()],
        at(9),
    );
    assert_eq!(writes.keep, [earlier]);
    assert!(writes.update.is_empty());
}

#[test]
fn a_person_may_take_an_instance_over_and_the_store_decides() {
    // The claim on the instance is the store's to judge: TARGET_TAKEN names who has it.
    let writes = plan(
        vec![choice(2, T1, MatchMethod::Manual)],
        vec![saved(1, T1, MatchMethod::Manual)],
        at(9),
    );
    assert_eq!(writes.create.len(), 1);
}

#[test]
fn a_pair_of_which_nobody_speaks_is_left_alone() {
    let writes = plan(Vec::new(), vec![saved(1, T1, MatchMethod::Exact)], at(9));
    assert_eq!(writes, super::Writes::default());
}

#[test]
fn saving_twice_is_saving_once() {
    let wishes = || {
        vec![
            choice(1, T2, MatchMethod::Exact),
            choice(2, T3, MatchMethod::Manual),
        ]
    };
    let first = plan(
        wishes(),
        vec![
            saved(1, T1, MatchMethod::Exact),
            saved(2, T2, MatchMethod::Exact),
        ],
        at(9),
    );
    assert_eq!(first.update.len(), 2);
    let second = plan(wishes(), first.update.clone(), at(10));
    assert_eq!(second.keep, first.update);
    assert!(second.update.is_empty() && second.create.is_empty());
}

#[test]
fn a_choice_by_hand_says_how_alike_the_names_are() {
    // Requirement 004: test_calculate_match_confidence.
    let target = target();
    let alike = chosen_by_hand(server(1), Some("web-1"), &target);
    assert!((alike.confidence - 1.0).abs() < f64::EPSILON);
    assert_eq!(alike.method, MatchMethod::Manual);
    assert_eq!(alike.target_private_ip, target.private_ip);
    assert_eq!(alike.target_name.as_deref(), Some("web-1"));
    let unlike = chosen_by_hand(server(1), Some("database"), &target);
    assert!(unlike.confidence < 0.5);
    let nameless = chosen_by_hand(server(1), None, &target);
    assert!(nameless.confidence.abs() < f64::EPSILON);
}

#[test]
fn a_version_that_is_not_the_stored_one_is_a_conflict_and_none_is_none() {
    assert!(expect_version("instance pair", "x", 4, None).is_ok());
    assert!(expect_version("instance pair", "x", 4, Some(4)).is_ok());
    for read in [3, 5] {
        let error = expect_version("instance pair", "x", 4, Some(read)).unwrap_err();
        assert!(matches!(error, Error::VersionConflict { .. }), "{error:?}");
    }
}
