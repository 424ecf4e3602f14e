//! What the page of a session makes of answers.

use dr_model::session::{Action, Stage, StageTally};
use serde_json::json;

use super::{
    failures, has_begun, retries, retry_of, reverse_detail, stage_slices, trouble, why_not,
};
use crate::pages::session_steps::samples::{server, session};

#[test]
fn an_action_that_is_not_allowed_says_why() {
    assert_eq!(why_not(&session(), Action::FailbackDrill), None);
    assert_eq!(
        why_not(&session(), Action::Commit).as_deref(),
        Some("No failback is on trial")
    );
    assert!(why_not(&session(), Action::Cleanup).is_some());
}

#[test]
fn a_failed_server_is_tried_again_by_the_step_of_its_stage() {
    let table = [
        (
            Stage::Reversing,
            "reverse_replication",
            Some(Action::StartReverseReplication),
        ),
        (
            Stage::Repairing,
            "install_agents",
            Some(Action::InstallAgents),
        ),
        (Stage::Ready, "failback", Some(Action::FailbackDrill)),
        (Stage::Ready, "mirror_config", Some(Action::MirrorConfig)),
        (Stage::GoingBack, "go_back", Some(Action::GoBack)),
        (Stage::ReProtecting, "re_protect", Some(Action::ReProtect)),
        (
            Stage::CleaningUp,
            "end_recovery_instance",
            Some(Action::Cleanup),
        ),
        (Stage::LeftOut, "look", None),
    ];
    for (stage, step, action) in table {
        assert_eq!(
            retry_of(&server(1, stage, Some(step))),
            action,
            "{stage:?} {step}"
        );
        assert_eq!(retry_of(&server(1, stage, None)), None);
    }
}

#[test]
fn a_real_failback_that_failed_is_tried_again_as_one() {
    let mut failed = server(1, Stage::Ready, Some("failback"));
    failed.returned = serde_json::from_value(json!({
        "execution_id": "exec-01234567-89ab-4cde-8f01-23456789abcd", "execution_type": "RECOVERY",
        "instance_id_kept": false, "private_ip_kept": false,
    }))
    .unwrap();
    assert_eq!(retry_of(&failed), Some(Action::FailbackRecovery));
    // Until it is seen to be ready still it counts as on the way back.
    failed.stage = Stage::Reversing;
    assert_eq!(retry_of(&failed), Some(Action::FailbackRecovery));
}

#[test]
fn what_is_tried_again_by_itself_asks_nobody() {
    let mut waiting = server(1, Stage::Reversing, Some("reverse_replication"));
    if let Some(error) = &mut waiting.error {
        error.is_final = false;
    }
    assert_eq!(retry_of(&waiting), None);
    assert!(
        failures(&[waiting])[0]
            .detail
            .contains("tried again by itself")
    );
}

#[test]
fn failures_are_gathered_by_step_and_keep_their_remediation() {
    let servers = [
        server(1, Stage::Reversing, Some("reverse_replication")),
        server(2, Stage::Reversing, Some("reverse_replication")),
        server(3, Stage::Ready, None),
    ];
    assert_eq!(retries(&servers)[&Action::StartReverseReplication].len(), 2);
    let failed = failures(&servers);
    assert_eq!(
        (failed.len(), failed[0].remediation.as_str()),
        (2, "mend it")
    );
    assert!(
        failed[0]
            .detail
            .contains("tried 2 times, waits for a person, log id c-1")
    );
    assert_eq!(trouble(&servers[0]), "it broke");
    assert_eq!(trouble(&servers[2]), "");
}

#[test]
fn stages_without_a_server_are_no_part_of_the_picture() {
    let slices = stage_slices(StageTally::count([
        Stage::Ready,
        Stage::Ready,
        Stage::LeftOut,
    ]));
    assert_eq!(
        slices.iter().map(|slice| slice.count).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn the_sum_of_replication_back_says_only_what_is_known() {
    let totals = |state: &str, lag: Option<u64>| -> dr_api::sessions::ReverseTotals {
        serde_json::from_value(json!({
            "states": [{ "state": state, "servers": 2 }], "servers": 2, "ready": 0, "in_error": 0, "total_bytes": 2048,
            "done_bytes": 1024, "backlogged_bytes": 0, "bytes_per_second": 0, "progress_percent": 50.0, "max_lag_seconds": lag,
        }))
        .unwrap()
    };
    assert!(!has_begun(&totals("NOT_STARTED", None)) && has_begun(&totals("ERROR", None)));
    let text = reverse_detail(&totals("INITIAL_SYNC", None));
    assert_eq!(
        text,
        "0 of 2 servers ready, 0 in error; 1.0 KiB of 2.0 KiB at 0 B/s, 0 B waiting"
    );
    assert!(reverse_detail(&totals("READY_WITH_LAG", Some(61))).ends_with("largest lag 1 min 1 s"));
}
