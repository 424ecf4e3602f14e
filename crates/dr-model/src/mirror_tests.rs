//! Nothing of a group or a plan is lost on the way home.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{MAX_NAME, MirroredPlan, Own, homeward, mirrored_group, mirrored_plan, name_for};
use crate::action::{ActionTarget, OnActionFailure, SsmAction};
use crate::group::{ProtectionGroup, Selection};
use crate::ids::GroupId;
use crate::place::{Direction, Place};
use crate::plan::{OnFailure, RecoveryPlan, Wave};

fn uuid(n: u32) -> String {
    format!("00000000-0000-0000-0000-{n:012}")
}

fn group_id(n: u32) -> GroupId {
    format!("pg-{}", uuid(n)).parse().unwrap()
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::seconds(second)
}

fn own<Id: std::str::FromStr>(prefix: &str) -> Own<Id> {
    Own {
        id: format!("{prefix}-{}", uuid(900)).parse().ok().unwrap(),
        name: "web-failback".into(),
        session_id: format!("fs-{}", uuid(1)).parse().unwrap(),
        created_at: at(500),
        updated_at: at(501),
        version: 0,
    }
}

fn direction() -> Direction {
    let place = |account: &str, region: &str| Place {
        account_id: account.parse().unwrap(),
        region: region.parse().unwrap(),
    };
    Direction {
        primary: place("111122223333", "us-east-1"),
        recovery: place("444455556666", "us-west-2"),
    }
}

/// A group with every field set, as one that was itself brought home once.
fn group() -> ProtectionGroup {
    ProtectionGroup {
        id: group_id(1),
        name: "web".into(),
        description: "Web tier".into(),
        direction: direction(),
        selection: Selection::Tags(BTreeMap::from([("tier".into(), "web".into())])),
        mirror_of: Some(group_id(77)),
        mirrored_as: Some(group_id(78)),
        session_id: format!("fs-{}", uuid(79)).parse().ok(),
        created_at: at(1),
        updated_at: at(2),
        version: 7,
    }
}

fn wave(name: &str, groups: &[u32], pause_before: bool, on_failure: OnFailure) -> Wave {
    Wave {
        name: name.into(),
        group_ids: groups.iter().map(|n| group_id(*n)).collect(),
        pause_before,
        on_failure,
        actions_before: vec![action(&format!("stop {name}"), named())],
        actions_after: vec![
            action(&format!("check {name}"), ActionTarget::Wave),
            action(&format!("tell {name}"), named()),
        ],
    }
}

fn named() -> ActionTarget {
    ActionTarget::Instances(["i-0000000000000000a".parse().unwrap()].into())
}

/// An action with every field set to something that is no default.
fn action(name: &str, on: ActionTarget) -> SsmAction {
    SsmAction {
        name: name.into(),
        document_name: "AWS-RunShellScript".into(),
        parameters: BTreeMap::from([("commands".into(), vec!["true".into()])]),
        on,
        timeout_seconds: 90,
        on_failure: OnActionFailure::Stop,
        skip_in_drills: true,
    }
}

/// A plan with every field set to something that is no default.
fn plan(waves: Vec<Wave>) -> RecoveryPlan {
    RecoveryPlan {
        id: format!("rp-{}", uuid(1)).parse().unwrap(),
        name: "shop".into(),
        description: "The whole shop".into(),
        waves,
        rto_target_seconds: 1_234,
        pause_timeout_seconds: 4_321,
        mirror_of: format!("rp-{}", uuid(77)).parse().ok(),
        mirrored_as: format!("rp-{}", uuid(78)).parse().ok(),
        session_id: format!("fs-{}", uuid(79)).parse().ok(),
        created_at: at(1),
        updated_at: at(2),
        version: 7,
    }
}

fn three_waves() -> Vec<Wave> {
    vec![
        wave("data", &[1, 2], false, OnFailure::Pause),
        wave("logic", &[3], true, OnFailure::Continue),
        wave("web", &[4], false, OnFailure::Pause),
    ]
}

/// Group n is mirrored as n + 100.
fn mirrored(groups: &[u32]) -> BTreeMap<GroupId, GroupId> {
    groups
        .iter()
        .map(|n| (group_id(*n), group_id(n + 100)))
        .collect()
}

fn mirror(waves: Vec<Wave>, groups: &[u32], reverse: bool) -> MirroredPlan {
    mirrored_plan(&plan(waves), &mirrored(groups), reverse, own("rp"))
}

fn fields(value: &impl Serialize) -> Map<String, Value> {
    serde_json::to_value(value)
        .unwrap()
        .as_object()
        .unwrap()
        .clone()
}

/// Every key of either is the same in both, but for those named.
fn assert_kept(original: &impl Serialize, mirrored: &impl Serialize, own: &[&str]) {
    let (original, mirrored) = (fields(original), fields(mirrored));
    let keys: BTreeSet<&String> = original.keys().chain(mirrored.keys()).collect();
    for key in keys {
        let is_own = own.contains(&key.as_str());
        let is_same = original.get(key) == mirrored.get(key);
        assert_eq!(is_same, !is_own, "{key}: {:?}", mirrored.get(key));
    }
}

const OWN_FIELDS: [&str; 8] = [
    "id",
    "name",
    "mirror_of",
    "mirrored_as",
    "session_id",
    "created_at",
    "updated_at",
    "version",
];

#[test]
fn a_mirrored_plan_keeps_every_field_that_is_not_its_own() {
    // Requirements 001, 4.1 to 4.4.
    let original = plan(three_waves());
    let MirroredPlan {
        plan: home,
        dropped_waves,
    } = mirror(three_waves(), &[1, 2, 3, 4], false);
    assert_kept(
        &original,
        &home,
        &[OWN_FIELDS.as_slice(), &["waves"]].concat(),
    );
    assert_eq!(home.mirror_of, Some(original.id));
    assert_eq!(home.mirrored_as, None);
    assert_eq!(home.session_id, Some(own::<GroupId>("pg").session_id));
    assert!(dropped_waves.is_empty());
    assert_eq!(home.waves.len(), original.waves.len());
    for (before, after) in original.waves.iter().zip(&home.waves) {
        assert_kept(before, after, &["group_ids"]);
    }
    assert_eq!(home.waves[0].group_ids, [group_id(101), group_id(102)]);
    // Requirement 001, 4.4: actions before and after a wave, every field of them.
    let names = |actions: &[SsmAction]| -> Vec<String> {
        actions.iter().map(|action| action.name.clone()).collect()
    };
    assert_eq!(names(&home.waves[1].actions_before), ["stop logic"]);
    assert_eq!(
        names(&home.waves[1].actions_after),
        ["check logic", "tell logic"]
    );
}

#[test]
fn a_mirrored_group_keeps_every_field_that_is_not_its_own_and_goes_the_other_way() {
    let original = group();
    let servers: BTreeSet<_> = ["s-11111111111111111".parse().unwrap()].into();
    let home = mirrored_group(&original, servers.clone(), own("pg"));
    assert_kept(
        &original,
        &home,
        &[OWN_FIELDS.as_slice(), &["direction", "selection"]].concat(),
    );
    // A2 lives in the origin: that is where this group is recovered.
    assert_eq!(home.direction.recovery, original.direction.primary);
    assert_eq!(home.direction.primary, original.direction.recovery);
    assert_eq!(homeward(&home.direction), original.direction);
    assert_eq!(home.selection, Selection::ServerIds(servers));
    assert_eq!(home.mirror_of, Some(original.id));
}

#[test]
fn a_wave_without_a_mirrored_group_is_left_out_and_named_and_its_pause_goes_to_the_next() {
    let MirroredPlan {
        plan,
        dropped_waves,
    } = mirror(three_waves(), &[2, 4], false);
    assert_eq!(dropped_waves, ["logic"]);
    let kept: Vec<_> = plan
        .waves
        .iter()
        .map(|wave| (wave.name.as_str(), wave.group_ids.len(), wave.pause_before))
        .collect();
    assert_eq!(kept, [("data", 1, false), ("web", 1, true)]);
    let none = mirror(three_waves(), &[], false);
    assert_eq!(none.dropped_waves, ["data", "logic", "web"]);
    assert!(none.plan.waves.is_empty());
}

#[test]
fn reversed_waves_keep_each_pause_between_the_same_two_waves() {
    let home = |waves| -> Vec<(String, bool, OnFailure)> {
        mirror(waves, &[1, 2, 3, 4], true)
            .plan
            .waves
            .into_iter()
            .map(|wave| (wave.name, wave.pause_before, wave.on_failure))
            .collect()
    };
    // The pause stood between data and logic.
    assert_eq!(
        home(three_waves()),
        [
            ("web".into(), false, OnFailure::Pause),
            ("logic".into(), false, OnFailure::Continue),
            ("data".into(), true, OnFailure::Pause),
        ]
    );
    // Actions stay with their wave, on their side of it.
    let home_of = mirror(three_waves(), &[1, 2, 3, 4], true).plan;
    let last = home_of.waves.last().unwrap();
    let data = &three_waves()[0];
    assert_eq!(last.actions_before, data.actions_before);
    assert_eq!(last.actions_after, data.actions_after);
    // A pause before everything stays before everything.
    let mut waves = three_waves();
    waves[0].pause_before = true;
    let pauses: Vec<_> = home(waves).into_iter().map(|wave| wave.1).collect();
    assert_eq!(pauses, [true, false, true]);
    assert!(home(Vec::new()).is_empty());
}

#[test]
fn names_are_cut_to_the_limit_and_counted_where_they_are_taken() {
    assert_eq!(name_for("web", 0), "web-failback");
    assert_eq!(name_for("web", 1), "web-failback-2");
    for attempt in [0, 1, 12] {
        let name = name_for(&"ä".repeat(MAX_NAME), attempt);
        assert_eq!(name.chars().count(), MAX_NAME);
        assert!(name.contains("-failback"));
    }
    assert_ne!(
        name_for(&"x".repeat(MAX_NAME), 0),
        name_for(&"x".repeat(MAX_NAME), 1)
    );
}
