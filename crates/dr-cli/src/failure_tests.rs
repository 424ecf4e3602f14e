//! Exit codes and what a person reads of an error.

use std::io;

use chrono::DateTime;
use dr_api::error_body::FieldError;
use dr_api::{ErrorBody, ErrorDetails};
use dr_model::check::{Check, Severity};
use dr_model::execution::ExecutionStatus;
use dr_model::guard::Loss;

use super::{Failure, Outcome};

fn api(status: u16, code: &str, details: ErrorDetails) -> Failure {
    let error = Box::new(ErrorBody {
        code: code.to_owned(),
        message: "why".to_owned(),
        details,
        request_id: "req-1".to_owned(),
        timestamp: DateTime::UNIX_EPOCH,
    });
    Failure::Api {
        status,
        error,
        raw: String::new(),
    }
}

fn critical() -> Check {
    Check::fail(
        "target_instance_stopped",
        Severity::Critical,
        "i-0123456789abcdef0",
        "It runs",
        "Stop it",
    )
    .seen("stopped", "running")
}

fn loss() -> Loss {
    Loss {
        source_server_id: "s-1234567890abcdeF0".parse().unwrap(),
        instance_id: "i-0123456789abcdef0".parse().unwrap(),
        is_drill: false,
        launched_at: Some(DateTime::UNIX_EPOCH),
        why: "It serves \u{1b}[31mcustomers".to_owned(),
    }
}

#[test]
fn each_failure_has_the_exit_code_that_the_help_promises() {
    let none = ErrorDetails::default;
    let checks = ErrorDetails {
        failed_checks: vec![critical()],
        ..none()
    };
    let losses = ErrorDetails {
        losses: vec![loss()],
        ..none()
    };
    let cases = [
        (api(400, "VALIDATION_FAILED", none()), 1),
        (api(404, "NOT_FOUND", none()), 1),
        (api(503, "AWS_THROTTLED", none()), 1),
        (api(401, "UNAUTHENTICATED", none()), 3),
        (api(403, "FORBIDDEN", none()), 3),
        (api(400, "VALIDATION_FAILED", checks), 4),
        (api(409, "GUARD_REFUSED", none()), 4),
        (api(409, "ILLEGAL_STATE", losses), 4),
        (api(409, "ILLEGAL_STATE", none()), 1),
        (Failure::Usage(String::new()), 2),
        (Failure::NotSignedIn(String::new()), 3),
        (
            Failure::Unreachable {
                url: String::new(),
                reason: String::new(),
            },
            7,
        ),
        (
            Failure::Output(io::Error::from(io::ErrorKind::BrokenPipe)),
            0,
        ),
        (
            Failure::Output(io::Error::from(io::ErrorKind::StorageFull)),
            1,
        ),
    ];
    for (failure, code) in cases {
        assert_eq!(failure.exit_code(), code, "{failure:?}");
    }
}

#[test]
fn an_execution_that_is_over_gives_the_exit_code_and_one_that_is_not_gives_none() {
    for status in ExecutionStatus::ALL {
        assert_eq!(
            Outcome::of(status).is_some(),
            status.is_terminal(),
            "{status:?}"
        );
    }
    let code = |status| Outcome::of(status).map(Outcome::exit_code);
    assert_eq!(code(ExecutionStatus::Completed), Some(0));
    assert_eq!(code(ExecutionStatus::CompletedWithFailures), Some(5));
    assert_eq!(code(ExecutionStatus::Failed), Some(6));
    assert_eq!(code(ExecutionStatus::Cancelled), Some(6));
}

#[test]
fn a_person_reads_every_field_check_and_loss_with_what_to_do_and_the_request_id() {
    let details = ErrorDetails {
        fields: vec![FieldError {
            field: "waves[2].group_ids".to_owned(),
            expected: "at least one group".to_owned(),
            actual: Some("none".to_owned()),
        }],
        failed_checks: vec![critical()],
        losses: vec![loss()],
        remediation: Some("Bring it home".to_owned()),
    };
    let text = api(409, "GUARD_REFUSED", details).for_a_person();
    for part in [
        "GUARD_REFUSED: why",
        "field waves[2].group_ids",
        "expected at least one group",
        "got none",
        "critical target_instance_stopped on i-0123456789abcdef0: It runs",
        "expected stopped, got running",
        "what to do: Stop it",
        "would lose i-0123456789abcdef0 of s-1234567890abcdeF0: launched by a real recovery at 1970-01-01 00:00:00Z",
        "what to do: Bring it home",
        "request id: req-1",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "an escape sequence got through");
}
