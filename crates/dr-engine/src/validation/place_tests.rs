//! Requirement 004, "Configuration Validation Tests": those of its tests that are about the place.

use dr_aws::KeyState;
use dr_model::check::{Check, Severity};
use dr_model::execution::ExecutionType;
use dr_model::job::{Job, JobStatus, ParticipatingServer};

use super::checks;
use crate::samples::{SERVER, job, place, server};
use crate::validation::facts::PlaceFacts;

fn drill() -> PlaceFacts {
    place(ExecutionType::Drill)
}

/// The only check that fails, which says what to do about it.
#[track_caller]
fn only(place: &PlaceFacts, servers: usize, name: &str, severity: Severity) -> Check {
    let mut failed: Vec<Check> = checks(place, servers)
        .into_iter()
        .filter(|check| !check.passed)
        .collect();
    assert_eq!(failed.len(), 1, "{failed:#?}");
    let check = failed.remove(0);
    assert_eq!((check.name.as_str(), check.severity), (name, severity));
    assert!(check.remediation.as_deref().is_some_and(|r| !r.is_empty()));
    check
}

/// A job of somebody else with so many servers.
fn others(servers: usize, status: JobStatus) -> Job {
    let one = job(SERVER, status);
    Job {
        servers: (0..servers)
            .map(|n| ParticipatingServer {
                source_server_id: server(n),
                ..one.servers[0].clone()
            })
            .collect(),
        ..one
    }
}

#[test]
fn a_place_as_it_should_be_passes_and_each_check_names_it() {
    // Requirement 004: test_multiple_account_validation, test_multiple_region_validation.
    for purpose in [ExecutionType::Drill, ExecutionType::Recovery] {
        let checks = checks(&place(purpose), 500);
        assert_eq!(checks.len(), 4);
        for check in checks {
            assert!(check.passed, "{check:?}");
            assert_eq!(check.subject, "444455556666/us-west-2");
        }
    }
}

#[test]
fn a_place_where_drs_was_never_initialised_is_refused() {
    let mut place = drill();
    place.drs_initialized = false;
    let check = only(&place, 1, "drs_initialized", Severity::Critical);
    assert!(
        check.message.contains("444455556666/us-west-2"),
        "{check:?}"
    );
}

#[test]
fn actions_that_our_role_may_not_perform_are_refused_and_named() {
    // Requirement 004: test_iam_permissions_sufficient. Otherwise it shows five minutes into the launch.
    let mut place = drill();
    place.denied_actions = Some(vec!["ec2:RunInstances".into(), "iam:PassRole".into()]);
    let check = only(&place, 1, "caller_permissions", Severity::Critical);
    assert!(
        check.message.contains("ec2:RunInstances, iam:PassRole"),
        "{check:?}"
    );
    assert!(check.is_blocking());
}

#[test]
fn permissions_that_cannot_be_simulated_are_worth_knowing_and_block_nothing() {
    let mut place = drill();
    place.denied_actions = None;
    only(&place, 1, "caller_permissions", Severity::Info);
}

#[test]
fn encryption_by_default_needs_a_key_that_can_be_used() {
    // Requirement 004: test_ebs_encryption_compatibility, test_kms_key_access.
    let with = |state| {
        let mut place = drill();
        place.encryption_key = Some(("alias/dr".to_owned(), state));
        place
    };
    assert!(checks(&with(KeyState::Enabled), 1).iter().all(|c| c.passed));
    for state in [
        KeyState::Disabled,
        KeyState::PendingDeletion,
        KeyState::Missing,
        KeyState::Other("Unavailable".into()),
    ] {
        assert!(!state.usable());
        let check = only(&with(state), 1, "ebs_encryption", Severity::Critical);
        assert!(check.message.contains("alias/dr"), "{check:?}");
    }
}

#[test]
fn servers_beyond_the_room_in_drs_queue_and_are_not_refused() {
    // DRS quota L-05AFA8C6: 500 servers in all jobs.
    let check = only(&drill(), 501, "drs_quotas", Severity::Warning);
    assert!(
        check.message.contains("500 servers in 20 jobs"),
        "{check:?}"
    );
    assert!(!check.is_blocking());
}

#[test]
fn other_peoples_jobs_leave_less_room_and_jobs_that_are_over_leave_it_all() {
    let mut place = drill();
    place.jobs = vec![
        others(100, JobStatus::Started),
        others(100, JobStatus::Completed),
    ];
    assert!(checks(&place, 400).iter().all(|c| c.passed));
    let check = only(&place, 401, "drs_quotas", Severity::Warning);
    assert!(
        check.message.contains("400 servers in 19 jobs"),
        "{check:?}"
    );
}

#[test]
fn twenty_jobs_leave_no_room_however_few_servers_they_hold() {
    // DRS quota L-D88FAC3A: 20 jobs.
    let mut place = drill();
    place.jobs = vec![others(1, JobStatus::Started); 20];
    only(&place, 1, "drs_quotas", Severity::Warning);
    assert!(checks(&place, 0).iter().all(|c| c.passed));
}

#[test]
fn what_could_not_be_looked_up_is_said_once_each_and_blocks_nothing() {
    let mut place = drill();
    place.unknown = vec!["the primary region".into(), "security groups".into()];
    let failed: Vec<Check> = checks(&place, 1)
        .into_iter()
        .filter(|c| !c.passed)
        .collect();
    assert_eq!(failed.len(), 2);
    for (check, what) in failed.iter().zip(&place.unknown) {
        assert_eq!(check.name, "not_looked_up");
        assert!(check.message.contains(what) && check.remediation.is_some());
        assert!(!check.is_blocking());
    }
}
