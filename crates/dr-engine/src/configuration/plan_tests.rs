//! How a configuration run is judged.

use dr_model::check::{Check, Severity};
use dr_model::config_run::ConfigRunStatus;

use super::{ServerOutcome, status};
use crate::configuration::run::{rate, verify};
use crate::samples::{SERVER, TARGET, launch};
use dr_error::Error;

fn outcome(applied: bool) -> ServerOutcome {
    ServerOutcome {
        source_server_id: SERVER.parse().unwrap(),
        target_instance_id: TARGET.parse().unwrap(),
        previous: Some(launch()),
        current: None,
        changes: Vec::new(),
        applied,
        failed_checks: Vec::new(),
        error: None,
    }
}

#[test]
fn a_run_is_configured_when_every_server_is() {
    // Requirement 004: test_configure_allow_launching, test_configuration_error_handling.
    for (servers, expected) in [
        (&[true, true][..], ConfigRunStatus::Configured),
        (&[true, false][..], ConfigRunStatus::PartiallyConfigured),
        (&[false, true][..], ConfigRunStatus::PartiallyConfigured),
        (&[false, false][..], ConfigRunStatus::Failed),
        // Nobody was configured.
        (&[][..], ConfigRunStatus::Failed),
    ] {
        let outcomes: Vec<_> = servers.iter().map(|applied| outcome(*applied)).collect();
        assert_eq!(status(&outcomes), expected, "{servers:?}");
    }
}

#[test]
fn a_server_that_was_as_it_must_be_is_applied_and_was_not_updated() {
    let unchanged = outcome(true);
    assert!(!unchanged.was_updated() && unchanged.record().applied);
    let updated = ServerOutcome {
        current: Some(launch()),
        ..outcome(true)
    };
    assert!(updated.was_updated());
    assert_eq!(updated.record().current, Some(launch()));
    assert_eq!(updated.record().previous, Some(launch()));
}

#[test]
fn a_record_says_what_drs_said_and_otherwise_which_check_failed() {
    let check = |message| Check::fail("awsdrs_tag", Severity::Critical, TARGET, message, "Tag it");
    let mut blocked = outcome(false);
    blocked.failed_checks = vec![check("no tag"), check("not stopped")];
    assert_eq!(blocked.record().error.as_deref(), Some("no tag"));
    blocked.error = Some("ConflictException: busy".into());
    assert_eq!(
        blocked.record().error.as_deref(),
        Some("ConflictException: busy")
    );
    assert_eq!(outcome(true).record().error, None);
}

#[test]
fn a_setting_that_drs_did_not_take_is_a_conflict_that_names_it() {
    // Requirement 004: test_update_launch_configuration.
    let wanted = launch();
    assert!(verify(&wanted, &wanted).is_ok());
    let mut answered = launch();
    answered.copy_tags = true;
    answered.target_instance_id = None;
    match verify(&wanted, &answered).unwrap_err() {
        Error::Conflict { code, message } => {
            assert_eq!(code, "CONFIGURATION_NOT_TAKEN");
            assert!(
                message.contains("copy_tags, target_instance_id"),
                "{message}"
            );
            assert!(message.contains(SERVER), "{message}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_rate_of_nothing_is_whole() {
    for (part, whole, expected) in [(0, 0, 1.0), (0, 4, 0.0), (1, 4, 0.25), (4, 4, 1.0)] {
        assert!((rate(part, whole) - expected).abs() < f64::EPSILON);
    }
}
