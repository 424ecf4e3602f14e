//! What the editor makes of fields, and back.

use dr_model::action::ActionSide;
use dr_model::group::ProtectionGroup;
use dr_model::plan::RecoveryPlan;
use serde_json::json;
use ui::{Finding, Problem};

use super::{Draft, Step, add, add_action, free_groups, shift, shift_action, why_not_add};
use crate::fields::{error_at, error_within};

fn id(prefix: &str, n: u32) -> String {
    format!("{prefix}-00000000-0000-4000-8000-{n:012}")
}

fn plan() -> RecoveryPlan {
    serde_json::from_value(json!({
        "id": id("rp", 1), "name": "fleet", "description": "all", "rto_target_seconds": 100, "pause_timeout_seconds": 86400,
        "waves": [
            { "name": "db", "group_ids": [id("pg", 1)], "pause_before": true, "on_failure": "PAUSE",
              "actions_after": [{ "name": "dns", "document_name": "AWS-RunShellScript", "on": "WAVE" }] },
            { "name": "web", "group_ids": [id("pg", 2)] },
        ],
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "version": 7,
    }))
    .unwrap()
}

fn group(n: u32, region: &str) -> ProtectionGroup {
    serde_json::from_value(json!({
        "id": id("pg", n), "name": format!("group-{n}"), "description": "", "selection": { "tags": { "Tier": "web" } },
        "direction": { "primary": { "account_id": "111122223333", "region": "us-east-1" },
            "recovery": { "account_id": "444455556666", "region": region } },
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "version": 1,
    }))
    .unwrap()
}

#[test]
fn a_plan_that_is_not_touched_is_sent_as_it_was_with_its_actions_and_its_version() {
    let plan = plan();
    let request = Draft::of(Some(&plan)).update(&plan).unwrap();
    assert_eq!(request.waves.as_ref(), Some(&plan.waves));
    assert_eq!(request.version, Some(7));
    assert_eq!(
        request.rto_target_seconds.map(|value| value.get()),
        Some(100)
    );
    assert_eq!(
        request.pause_timeout_seconds.map(|value| value.get()),
        Some(86_400)
    );
}

#[test]
fn every_second_survives_being_shown_in_minutes() {
    let mut plan = plan();
    for seconds in 60..=7200 {
        plan.rto_target_seconds = seconds;
        let request = Draft::of(Some(&plan)).update(&plan).unwrap();
        assert_eq!(
            request
                .rto_target_seconds
                .map(|value| u64::from(value.get())),
            Some(seconds)
        );
    }
}

#[test]
fn a_field_that_no_plan_can_have_is_named_as_the_server_names_it() {
    let mut draft = Draft::of(None);
    draft.rto_minutes = "half an hour".to_owned();
    let problem = draft.create().unwrap_err();
    let fields: Vec<&str> = problem
        .findings
        .iter()
        .map(|one| one.subject.as_str())
        .collect();
    assert_eq!(fields, ["name", "rto_target_seconds"]);
    assert!(
        error_at(Some(&problem), "name")
            .unwrap()
            .starts_with("expected a name")
    );
}

#[test]
fn a_wave_is_moved_with_all_it_has_and_not_beyond_the_ends() {
    let mut waves = Draft::of(Some(&plan())).waves;
    assert_eq!(
        shift(&mut waves, 1, Step::Up).as_deref(),
        Some("web is wave 1 of 2 now")
    );
    assert_eq!(shift(&mut waves, 1, Step::Up), None);
    assert_eq!(shift(&mut waves, 0, Step::Down), None);
    assert_eq!(waves[1].actions(ActionSide::After).len(), 1);
    assert_eq!(Step::of_key("ArrowDown"), Some(Step::Down));
    assert_eq!(Step::of_key("a"), None);
}

#[test]
fn a_wave_that_is_added_has_a_key_of_its_own_and_there_are_twenty_at_most() {
    let mut waves = Draft::of(Some(&plan())).waves;
    waves.remove(0);
    add(&mut waves);
    assert_eq!(waves.iter().map(|one| one.key).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(waves[1].wave.name, "wave-2");
    assert_eq!(why_not_add(19), None);
    assert!(why_not_add(20).is_some());
}

#[test]
fn groups_that_are_used_or_fail_over_elsewhere_are_not_offered() {
    let groups = [
        group(1, "us-west-2"),
        group(3, "us-west-2"),
        group(4, "eu-west-1"),
    ];
    let offered: Vec<String> = free_groups(&groups, &Draft::of(Some(&plan())).waves)
        .into_iter()
        .skip(1)
        .map(|choice| choice.text)
        .collect();
    assert_eq!(offered, ["group-3"]);
    assert_eq!(free_groups(&groups, &[]).len(), 4);
}

#[test]
fn an_action_is_added_and_moved_on_its_side_and_sent_with_the_plan() {
    let mut draft = Draft::of(Some(&plan()));
    for _ in 0..2 {
        add_action(&mut draft.waves, 0, ActionSide::After);
    }
    add_action(&mut draft.waves, 0, ActionSide::Before);
    let keys: Vec<usize> = draft.waves[0]
        .actions(ActionSide::After)
        .iter()
        .map(|one| one.key)
        .collect();
    assert_eq!(keys, [0, 1, 2]);
    let said = shift_action(&mut draft.waves, 0, ActionSide::After, 2, Step::Up);
    assert_eq!(said.as_deref(), Some("action-3 is action 2 of 3 now"));
    assert_eq!(
        shift_action(&mut draft.waves, 0, ActionSide::After, 0, Step::Up),
        None
    );
    let wave = &draft.update(&plan()).unwrap().waves.unwrap()[0];
    let names: Vec<&str> = wave
        .actions_after
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["dns", "action-3", "action-2"]);
    assert_eq!(wave.actions_before.len(), 1);
}

#[test]
fn what_no_action_can_have_is_found_at_its_field_before_it_is_sent() {
    let mut draft = Draft::of(Some(&plan()));
    draft.waves[0].actions_mut(ActionSide::After)[0].timeout = "never".to_owned();
    let problem = draft.update(&plan()).unwrap_err();
    let path = "waves[0].actions_after[0]";
    assert!(error_within(Some(&problem), &format!("{path}.timeout_seconds")).is_some());
    assert_eq!(error_within(Some(&problem), &format!("{path}.name")), None);
    let finding = Finding {
        subject: format!("{path}.on.instance_ids"),
        message: "expected 1 to 50".to_owned(),
        remediation: None,
    };
    let problem = Problem {
        findings: vec![finding],
        ..Problem::default()
    };
    assert_eq!(
        error_within(Some(&problem), &format!("{path}.on")).as_deref(),
        Some("expected 1 to 50")
    );
    assert_eq!(error_at(Some(&problem), "waves[0].actions_after"), None);
}
