//! From the domain's outcome to the answer of a door. HTTP status codes live here and nowhere else.

use chrono::{DateTime, Utc};
use dr_api::error_body::FieldError;
use dr_api::{ErrorBody, ErrorDetails, ErrorEnvelope};
use dr_error::{AwsClass, AwsError, Error, FieldProblem};
use dr_model::check::Check;
use dr_model::guard::Loss;
use serde_json::{Value, json};

use crate::event::Refusal;

/// An error as a door answers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: ErrorEnvelope,
}

/// When and under which id an answer is given.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// Id of the request.
    pub request_id: String,
    /// Time of the answer.
    pub now: DateTime<Utc>,
}

impl Stamp {
    fn answer(&self, status: u16, code: &str, message: String, details: ErrorDetails) -> Answer {
        Answer {
            status,
            body: ErrorEnvelope {
                error: ErrorBody {
                    code: code.to_owned(),
                    message,
                    details,
                    request_id: self.request_id.clone(),
                    timestamp: self.now,
                },
            },
        }
    }

    /// The answer to a request that could not be read.
    #[must_use]
    pub fn refusal(&self, refusal: Refusal) -> Answer {
        let details = ErrorDetails {
            fields: refusal.problems.into_iter().map(field_error).collect(),
            ..ErrorDetails::default()
        };
        self.answer(refusal.status, refusal.code, refusal.message, details)
    }

    /// The answer to an operation that failed.
    #[must_use]
    pub fn error(&self, error: Error) -> Answer {
        let details = ErrorDetails::default();
        match error {
            Error::Invalid(problems) => self.invalid(problems),
            Error::PrerequisitesNotMet(failed_checks) => self.not_met(failed_checks),
            Error::WouldLose { action, losses } => self.would_lose(&action, losses),
            Error::NotFound { kind, id } => self.answer(
                404,
                "NOT_FOUND",
                format!("There is no {kind} {id}"),
                details,
            ),
            Error::Conflict { code, message } => self.answer(409, code, message, details),
            Error::VersionConflict { kind, id } => {
                let message = format!(
                    "The {kind} {id} was changed by somebody else: read it again and repeat the change"
                );
                self.answer(409, "VERSION_CONFLICT", message, details)
            }
            Error::Forbidden { permission } => {
                let word = serde_json::to_value(permission).unwrap_or_default();
                let message = format!("This needs the permission {}", word.as_str().unwrap_or("?"));
                let remediation = Some("Ask an administrator for a role that holds it".to_owned());
                self.answer(
                    403,
                    "FORBIDDEN",
                    message,
                    ErrorDetails {
                        remediation,
                        ..details
                    },
                )
            }
            Error::Aws(aws) => self.aws(&aws),
            Error::Corrupt { .. } | Error::Internal { .. } => {
                let message =
                    "Something is wrong on our side. The log has it under the request id."
                        .to_owned();
                self.answer(500, "INTERNAL", message, details)
            }
        }
    }

    fn invalid(&self, problems: Vec<FieldProblem>) -> Answer {
        let names: Vec<&str> = problems.iter().map(|p| p.field.as_str()).collect();
        let message = format!("The request is wrong: see {}", names.join(", "));
        let details = ErrorDetails {
            fields: problems.into_iter().map(field_error).collect(),
            ..ErrorDetails::default()
        };
        self.answer(400, "VALIDATION_FAILED", message, details)
    }

    fn not_met(&self, failed_checks: Vec<Check>) -> Answer {
        let count = failed_checks.len();
        let message = format!("Prerequisites are not met: {count} check(s) failed");
        let details = ErrorDetails {
            failed_checks,
            ..ErrorDetails::default()
        };
        self.answer(400, "VALIDATION_FAILED", message, details)
    }

    fn would_lose(&self, action: &str, losses: Vec<Loss>) -> Answer {
        let count = losses.len();
        let message =
            format!("Refused: {action} would destroy {count} instance(s). Nothing was changed.");
        let remediation =
            "Look at each instance below. Bring it home or release it first; then try again.";
        let details = ErrorDetails {
            losses,
            remediation: Some(remediation.to_owned()),
            ..ErrorDetails::default()
        };
        self.answer(409, "GUARD_REFUSED", message, details)
    }

    fn aws(&self, aws: &AwsError) -> Answer {
        let (status, code, remediation) = aws_answer(aws.class);
        let message = format!("{} failed: {}: {}", aws.call, aws.code, aws.message);
        let details = ErrorDetails {
            remediation: Some(remediation.to_owned()),
            ..ErrorDetails::default()
        };
        self.answer(status, code, message, details)
    }
}

fn field_error(problem: FieldProblem) -> FieldError {
    FieldError {
        field: problem.field,
        expected: problem.expected,
        actual: problem.actual,
    }
}

/// Status, code and what to do, for an AWS call that failed.
fn aws_answer(class: AwsClass) -> (u16, &'static str, &'static str) {
    match class {
        AwsClass::Throttled => (
            503,
            "AWS_THROTTLED",
            "AWS asks us to slow down: try again in a minute",
        ),
        AwsClass::Unavailable => (
            503,
            "AWS_UNAVAILABLE",
            "AWS does not answer: try again; what was begun goes on by itself",
        ),
        AwsClass::QuotaExceeded => (
            409,
            "AWS_QUOTA_EXCEEDED",
            "Wait until running jobs are over, or ask for a higher quota",
        ),
        AwsClass::AccessDenied => (
            403,
            "AWS_ACCESS_DENIED",
            "Validate the target account: its role, the role's trust policy and external id, and its permissions",
        ),
        AwsClass::NotFound => (
            404,
            "AWS_NOT_FOUND",
            "Check the id, the account and the region",
        ),
        AwsClass::Conflict => (
            409,
            "AWS_CONFLICT",
            "Something else is under way for this resource: wait for it, or look in the DRS console",
        ),
        AwsClass::NotInitialized => (
            404,
            "DRS_NOT_INITIALIZED",
            "Initialise AWS Elastic Disaster Recovery in this account and region",
        ),
        AwsClass::Invalid => (
            400,
            "AWS_REJECTED",
            "AWS rejected the values: see the message",
        ),
        AwsClass::Unknown => (
            502,
            "AWS_ERROR",
            "AWS answered with an error that we do not know: see the message",
        ),
    }
}

/// The envelope that API Gateway wants.
#[must_use]
pub fn proxy_response(status: u16, body: &Value, request_id: &str) -> Value {
    json!({
        "statusCode": status,
        "headers": {
            "content-type": "application/json",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            "x-request-id": request_id,
        },
        "multiValueHeaders": {},
        "body": body.to_string(),
        "isBase64Encoded": false,
    })
}
