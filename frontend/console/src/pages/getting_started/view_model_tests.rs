//! Tests of the checklist.

use chrono::{DateTime, Utc};
use dr_api::accounts::{TargetAccountValidation, TargetAccountView};
use dr_api::executions::ExecutionView;
use dr_api::replication::{PlaceAge, ReplicationDashboard};
use dr_model::group::ProtectionGroup;
use dr_model::pair::InstancePair;
use serde_json::json;
use ui::Status;

use super::{
    Found, accounts, done, first_drill, groups, last_drill, lines, pairs, replicating, server_now,
};

const AT: &str = "2026-01-01T00:00:00Z";

fn account() -> TargetAccountView {
    serde_json::from_value(json!({
        "account_id": "444455556666", "name": "away", "regions": ["us-west-2"], "description": "", "external_id": "x", "created_at": AT,
        "updated_at": AT, "version": 1,
    }))
    .unwrap()
}

fn validation(passed: bool) -> TargetAccountValidation {
    serde_json::from_value(json!({
        "account_id": "444455556666", "validation_passed": passed,
        "checks": [{ "check_name": "role", "passed": passed, "severity": "critical", "message": "the role cannot be assumed", "subject": "x" }],
    }))
    .unwrap()
}

fn estate(total: usize, continuous: usize, alerts: usize) -> ReplicationDashboard {
    serde_json::from_value(json!({
        "total_servers": total, "continuous": continuous, "syncing": total - continuous, "needs_attention": alerts, "states": [], "regions": [],
        "accounts": [], "directions": [], "rpo": { "rpo_seconds": 900, "attained": 0, "missed": 0, "unknown": 0, "attained_percent": null },
        "alerts": [], "activity": [], "age_seconds": null, "places": [],
    }))
    .unwrap()
}

fn group(name: &str) -> ProtectionGroup {
    let direction = json!({
        "primary": { "account_id": "111122223333", "region": "us-east-1" }, "recovery": { "account_id": "444455556666", "region": "us-west-2" },
    });
    serde_json::from_value(json!({
        "id": "pg-01234567-89ab-4cde-8f01-23456789abcd", "name": name, "description": "", "direction": direction,
        "selection": { "tags": { "Tier": "web" } }, "created_at": AT, "updated_at": AT, "version": 1,
    }))
    .unwrap()
}

fn pair() -> InstancePair {
    serde_json::from_value(json!({
        "id": "pair-01234567-89ab-4cde-8f01-23456789abcd", "group_id": "pg-01234567-89ab-4cde-8f01-23456789abcd",
        "source_server_id": "s-00000000000000001", "target_instance_id": "i-00000000000000001", "method": "exact", "confidence": 1.0,
        "configuration": null, "created_at": AT, "updated_at": AT, "version": 1,
    }))
    .unwrap()
}

fn drill(status: &str, ended: Option<&str>) -> ExecutionView {
    let direction = json!({
        "primary": { "account_id": "111122223333", "region": "us-east-1" }, "recovery": { "account_id": "444455556666", "region": "us-west-2" },
    });
    serde_json::from_value(json!({
        "execution_id": "exec-01234567-89ab-4cde-8f01-23456789abcd", "execution_type": "DRILL", "direction": direction, "status": status,
        "subject": { "plan": { "plan_id": "rp-00000000-0000-4000-8000-000000000001", "name": "fleet" } }, "current_phase": "recovery",
        "waiting_for": null, "pause_requested": false, "current_wave": null, "waves": [], "actions": [], "progress_percent": 100,
        "servers": { "waiting": 0, "launching": 0, "launched": 0, "failed": 0, "skipped": 0 }, "started_by": "ann", "started_at": AT,
        "ended_at": ended, "elapsed_seconds": 60, "paused_seconds": 0, "estimated_remaining_seconds": null, "rto_target_seconds": 1800,
        "rto_met": true, "reason": null, "instances_terminated_at": null, "version": 1,
    }))
    .unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn an_empty_account_has_seven_lines_to_do_each_with_its_way() {
    let nothing = Found {
        accounts: Vec::new(),
        validations: Vec::new(),
        replication: estate(0, 0, 0),
        groups: Vec::new(),
        pairs: Vec::new(),
        plans: Vec::new(),
        drills: Vec::new(),
    };
    let all = lines(&nothing);
    assert_eq!((all.len(), done(&all)), (7, 0));
    assert!(all.iter().all(|line| line.status == Status::NotStarted));
    assert!(
        all.iter()
            .all(|line| line.way.1.starts_with('/') && !line.meaning.is_empty())
    );
}

#[test]
fn an_account_counts_once_it_is_valid_and_a_failed_check_is_named() {
    assert_eq!(
        accounts(&[account()], &[validation(true)]).status,
        Status::Success
    );
    let bad = accounts(&[account()], &[validation(false)]);
    assert_eq!(bad.status, Status::Error);
    assert_eq!(bad.state, "444455556666: the role cannot be assumed");
}

#[test]
fn servers_count_once_all_are_level_and_none_has_an_alert() {
    let status = |estate: ReplicationDashboard| replicating(&estate).status;
    assert_eq!(status(estate(24, 24, 0)), Status::Success);
    assert_eq!(status(estate(24, 20, 0)), Status::InProgress);
    assert_eq!(status(estate(24, 24, 1)), Status::Warning);
    assert_eq!(replicating(&estate(0, 0, 0)).way.1, "/agents");
}

#[test]
fn a_group_without_a_pair_is_named_and_led_to() {
    let (web, db) = (group("web"), group("db"));
    assert_eq!(pairs(&[], &[]).status, Status::NotStarted);
    let some = pairs(&[web.clone(), db.clone()], &[vec![pair()], Vec::new()]);
    assert_eq!(
        (some.status, some.state.as_str()),
        (Status::Warning, "1 pair; the group db has none")
    );
    assert!(some.way.1.starts_with("/protection-groups/pg-"));
    let all = pairs(&[web, db], &[vec![pair()], vec![pair()]]);
    assert_eq!(
        (all.status, all.state.as_str()),
        (Status::Success, "2 pairs")
    );
}

#[test]
fn no_more_than_five_are_counted() {
    assert_eq!(groups(&[group("web")]).state, "1 protection group");
    assert_eq!(
        groups(&vec![group("web"); 5]).state,
        "5 or more protection groups"
    );
    assert_eq!(groups(&vec![group("web"); 4]).state, "4 protection groups");
}

#[test]
fn a_drill_counts_once_it_completed_without_failures() {
    assert_eq!(
        first_drill(&[drill("FAILED", Some(AT)), drill("COMPLETED", Some(AT))]).status,
        Status::Success
    );
    assert_eq!(
        first_drill(&[drill("COMPLETED_WITH_FAILURES", Some(AT))]).status,
        Status::Warning
    );
    assert_eq!(
        first_drill(&[drill("LAUNCHING", None)]).status,
        Status::InProgress
    );
    assert_eq!(first_drill(&[]).way.1, "/failover");
}

#[test]
fn the_last_drill_is_dated_and_after_90_days_of_the_server_it_is_a_warning() {
    let drills = [drill("LAUNCHING", None), drill("COMPLETED", Some(AT))];
    let fresh = last_drill(&drills, Some(at("2026-03-01T00:00:00Z")));
    assert_eq!(
        (fresh.status, fresh.state.as_str()),
        (Status::Success, "2026-01-01 00:00:00 UTC: completed")
    );
    let stale = last_drill(&drills, Some(at("2026-04-02T00:00:00Z")));
    assert_eq!(
        (stale.status, stale.state.as_str()),
        (Status::Warning, "91 days ago: completed")
    );
    assert_eq!(last_drill(&drills, None).status, Status::Success);
    assert_eq!(last_drill(&[], None).status, Status::NotStarted);
}

#[test]
fn the_time_at_the_server_is_that_of_a_reading_and_its_age() {
    let place: PlaceAge = serde_json::from_value(json!({
        "place": { "account_id": "444455556666", "region": "us-west-2" }, "servers": 1, "refreshed_at": AT, "age_seconds": 61, "error": null,
    }))
    .unwrap();
    assert_eq!(server_now(&[place]), Some(at("2026-01-01T00:01:01Z")));
    assert_eq!(server_now(&[]), None);
}
