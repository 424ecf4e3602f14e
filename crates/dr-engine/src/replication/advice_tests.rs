//! Tests.

use dr_model::check::{Check, Severity};
use dr_model::replication::InitiationStep;
use dr_model::server::{ReplicationState, SourceServer};

use super::{ERRORS, advice, of_error};
use crate::samples::{at, source};

fn named<'a>(checks: &'a [Check], name: &str) -> Option<&'a Check> {
    checks.iter().find(|check| check.name == name)
}

fn with(change: impl Fn(&mut SourceServer)) -> Vec<Check> {
    let mut server = source();
    change(&mut server);
    advice(&server, at(10))
}

#[test]
fn a_server_that_is_up_to_date_needs_no_advice() {
    assert_eq!(advice(&source(), at(10)), []);
}

/// Requirement 002, 2.1: `error`. The words are those of the service model.
#[test]
fn every_error_word_of_drs_says_what_it_means_and_what_to_do() {
    assert_eq!(ERRORS.len(), 14);
    for known in &ERRORS {
        let (meaning, remedy) = of_error(known.0);
        assert!(
            !meaning.contains(known.0) && !remedy.is_empty(),
            "{}",
            known.0
        );
    }
    let checks = with(|server| {
        server.replication_state = ReplicationState::Stalled;
        server.replication.error = Some("SNAPSHOTS_FAILURE".into());
        server.replication.raw_error = Some("denied by a policy".into());
    });
    let check = named(&checks, "replication_error").unwrap();
    assert!(
        check.message.contains("denied by a policy"),
        "{}",
        check.message
    );
    assert!(
        check.is_blocking()
            && check
                .remediation
                .as_ref()
                .unwrap()
                .contains("CreateSnapshot")
    );
}

#[test]
fn a_word_that_nobody_knows_yet_is_shown() {
    let checks = with(|server| server.replication.error = Some("NEW_TROUBLE".into()));
    let check = named(&checks, "replication_error").unwrap();
    assert!(check.message.contains("NEW_TROUBLE"));
    // Data flows all the same.
    assert_eq!(check.severity, Severity::Warning);
}

#[test]
fn the_step_that_failed_is_named_with_its_number_and_the_next_try() {
    let checks = with(|server| {
        server.replication_state = ReplicationState::Initiating;
        let step = |name: &str, status: &str| InitiationStep {
            name: name.into(),
            status: status.into(),
        };
        server.replication.steps = vec![
            step("WAIT", "SUCCEEDED"),
            step("LAUNCH_REPLICATION_SERVER", "FAILED"),
            step("BOOT_REPLICATION_SERVER", "NOT_STARTED"),
        ];
        server.replication.next_attempt_at = Some(at(600));
    });
    let check = named(&checks, "replication_initiation").unwrap();
    assert!(
        check
            .message
            .starts_with("Step 2 of 3, LAUNCH_REPLICATION_SERVER, failed; DRS tries again at")
    );
    assert!(
        check
            .remediation
            .as_ref()
            .unwrap()
            .contains("staging subnet")
    );
}

#[test]
fn an_agent_that_is_silent_for_a_quarter_of_an_hour_is_told_before_drs_calls_it_an_error() {
    let seen = |second: i64| with(|server| server.replication.last_seen_at = Some(at(second)));
    assert!(named(&seen(-890), "agent_seen").is_none());
    assert_eq!(
        named(&seen(-891), "agent_seen").unwrap().severity,
        Severity::Warning
    );
}

#[test]
fn states_in_which_no_data_flows_are_explained_and_lag_and_bad_volumes_told() {
    for state in [
        ReplicationState::Stalled,
        ReplicationState::Disconnected,
        ReplicationState::Stopped,
    ] {
        let checks = with(|server| server.replication_state = state.clone());
        assert!(
            named(&checks, "replication_state").unwrap().is_blocking(),
            "{state:?}"
        );
    }
    let checks = with(|server| {
        server.lag_seconds = Some(301);
        server.disks[0].volume_problem = Some("MISSING".into());
    });
    assert!(named(&checks, "replication_lag").is_some());
    assert!(named(&checks, "replication_volume").unwrap().is_blocking());
}
