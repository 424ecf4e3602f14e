//! What the page makes of an execution.

use dr_api::executions::ExecutionView;
use dr_model::execution::{ExecutionStatus, ExecutionType, ServerStatus};
use serde_json::json;
use ui::Status;

use super::{action_line, clock, failures, gantt, log, progress, steering};

/// A recovery of two waves, 10 minutes old of which 4 were paused: the first is over with a failure, the second runs.
pub(in crate::pages) fn sample() -> ExecutionView {
    let tally = |waiting, launching, launched, failed| json!({ "waiting": waiting, "launching": launching, "launched": launched, "failed": failed, "skipped": 0 });
    let place = |account: &str, region: &str| json!({ "account_id": account, "region": region });
    serde_json::from_value(json!({
        "execution_id": "exec-00000000-0000-4000-8000-000000000001",
        "subject": { "plan": { "plan_id": "rp-00000000-0000-4000-8000-000000000001", "name": "fleet" } },
        "execution_type": "RECOVERY", "status": "LAUNCHING", "current_phase": "recovery",
        "direction": { "primary": place("111122223333", "us-east-1"), "recovery": place("444455556666", "us-west-2") },
        "waiting_for": "DRS", "pause_requested": false, "current_wave": 2, "actions": [],
        "waves": [
            { "name": "db", "pause_before": false, "on_failure": "CONTINUE", "batches": 1, "tally": tally(0, 0, 2, 1),
              "started_at": "2026-01-01T00:01:00Z", "ended_at": "2026-01-01T00:04:00Z" },
            { "name": "web", "pause_before": true, "on_failure": "CONTINUE", "batches": 1, "tally": tally(1, 1, 0, 0),
              "started_at": "2026-01-01T00:08:00Z", "ended_at": null },
        ],
        "servers": tally(1, 1, 2, 1), "progress_percent": 40, "started_by": "admin",
        "started_at": "2026-01-01T00:00:00Z", "ended_at": null, "elapsed_seconds": 600, "paused_seconds": 240,
        "estimated_remaining_seconds": 90, "rto_target_seconds": 1800, "rto_met": true, "reason": null,
        "instances_terminated_at": null, "version": 3,
    }))
    .unwrap()
}

#[test]
fn pauses_do_not_count_against_the_target() {
    let clock = clock(&sample());
    assert_eq!((clock.percent, clock.status), (20.0, Status::InProgress));
    assert_eq!(clock.text, "6 min of 30 min: the target can be met");
    assert_eq!(
        progress(&sample()),
        "10 min elapsed, of which 4 min paused, about 1 min 30 s to go"
    );
}

#[test]
fn a_target_that_cannot_be_met_any_more_is_said_before_it_is_missed() {
    let mut run = sample();
    run.rto_met = false;
    assert_eq!(
        clock(&run).text,
        "6 min of 30 min: the target will be missed"
    );
    run.elapsed_seconds = 3600;
    assert!(clock(&run).text.ends_with("target missed"));
}

#[test]
fn waves_lie_between_the_start_and_the_target_moved_by_its_pauses() {
    let gantt = gantt(&sample());
    let (from, to) = gantt.bars[0].span.unwrap();
    assert!((from - 60.0 / 2040.0).abs() < 1e-9 && (to - 240.0 / 2040.0).abs() < 1e-9);
    assert_eq!(
        (gantt.bars[0].state.as_str(), gantt.bars[0].servers.as_str()),
        ("Over, with failures", "2 of 3, 1 failed")
    );
    assert!((gantt.bars[1].span.unwrap().1 - 600.0 / 2040.0).abs() < 1e-9);
    assert_eq!(
        (gantt.bars[1].begins.as_str(), gantt.bars[1].took.as_str()),
        ("after 8 min", "2 min")
    );
    assert!((gantt.limit - 1.0).abs() < 1e-9);
    assert!(gantt.description.contains("2. web: under way"));
}

#[test]
fn a_wave_that_has_not_begun_has_no_bar() {
    let mut run = sample();
    run.waves[1].started_at = None;
    let gantt = gantt(&run);
    assert_eq!(gantt.bars[1].span, None);
    assert_eq!(gantt.bars[1].state, "Not begun, waits for a person first");
}

#[test]
fn the_last_wave_cannot_be_paused_before_and_what_is_not_paused_cannot_go_on() {
    let mut run = sample();
    let may = steering(&run);
    assert!(may.pause.unwrap().contains("last wave"));
    assert!(may.resume.is_some() && may.cancel.is_none());
    run.current_wave = Some(1);
    assert_eq!(steering(&run).pause, None);
    run.pause_requested = true;
    let may = steering(&run);
    assert!(may.pause.is_some() && may.resume.is_none());
}

#[test]
fn what_is_over_takes_no_word_and_only_a_drill_that_is_over_is_ended_and_once() {
    let mut run = sample();
    run.status = ExecutionStatus::Cancelling;
    assert!(steering(&run).cancel.is_some());
    run.status = ExecutionStatus::Completed;
    assert!(steering(&run).cancel.is_some());
    assert!(steering(&run).end.unwrap().contains("failback"));
    run.execution_type = ExecutionType::Drill;
    assert_eq!(steering(&run).end, None);
    run.instances_terminated_at = Some(run.started_at);
    assert!(steering(&run).end.unwrap().contains("ended at"));
    run.status = ExecutionStatus::Launching;
    assert!(steering(&run).end.unwrap().contains("under way"));
}

#[test]
fn ten_failures_are_spelt_out_the_failed_first_and_the_rest_is_counted() {
    let server = |n: u32, status: &str| {
        serde_json::from_value(json!({
            "source_server_id": format!("s-{n:017}"), "name": format!("web-{n}"), "wave": 1, "job_id": null, "launch_into": "new_instance",
            "status": status, "recovery_instance_id": null, "reason": "it would not boot", "identity": null,
        }))
        .unwrap()
    };
    let mut servers = vec![server(1, "LAUNCHED"), server(2, "SKIPPED")];
    servers.extend((3..14).map(|n| server(n, "FAILED")));
    let (spelt, more) = failures(&servers);
    assert_eq!((spelt.len(), more), (10, 2));
    assert!(
        spelt
            .iter()
            .all(|one| one.status == ServerStatus::Failed && one.reason == "it would not boot")
    );
    assert_eq!(failures(&servers[..2]).0[0].server, "web-2");
}

#[test]
fn the_newest_entry_of_the_log_is_on_top_and_keeps_its_number() {
    let entry = |name: &str| {
        serde_json::from_value(json!({ "timestamp": null, "event": name, "job_id": null, "source_server_id": null, "instance_id": null, "error": null })).unwrap()
    };
    let rows = log(vec![entry("JOB_START"), entry("LAUNCH_START")]);
    assert_eq!(
        (rows[0].number, rows[0].entry.event.as_str()),
        (2, "LAUNCH_START")
    );
}

#[test]
fn an_action_says_how_it_went_instance_by_instance_what_failed_first() {
    let on = |n: u32, state: &str| json!({ "instance_id": format!("i-{n:08}"), "state": state, "output": format!("line {n}") });
    let mut instances: Vec<_> = (0..51).map(|n| on(n, "SUCCEEDED")).collect();
    instances.push(json!({ "instance_id": "i-0000ffff", "state": "FAILED", "reason": "exit code 3", "output": "no such file" }));
    let action = serde_json::from_value(json!({
        "wave": 2, "side": "AFTER", "name": "check", "document_name": "own", "on_failure": "PAUSE", "state": "FAILED",
        "reason": "1 of 52 failed", "command_ids": ["c-1"], "instances": instances,
        "started_at": "2026-01-01T00:00:00Z", "ended_at": null,
    }))
    .unwrap();
    let line = action_line(&action);
    assert_eq!(
        line.state,
        (Status::Error, "check: failed – 1 of 52 failed".to_owned())
    );
    assert_eq!(
        line.facts,
        "After wave 2, own, began 2026-01-01 00:00:00 UTC, command c-1"
    );
    assert_eq!(
        line.instances[0],
        (
            Status::Error,
            "i-0000ffff failed: exit code 3".to_owned(),
            Some("no such file".to_owned())
        )
    );
    assert_eq!((line.instances.len(), line.more), (50, 2));
}
