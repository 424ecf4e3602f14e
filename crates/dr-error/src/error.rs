//! The one error type of the domain. Each variant says what failed, on what; the public message stands
//! apart from the internal detail, and HTTP appears only at the edge (`dr-invoke`).

use dr_model::check::Check;
use dr_model::guard::Loss;
use dr_model::role::Permission;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aws::{AwsClass, AwsError};

/// What operations answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One thing wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldProblem {
    /// Path of the field, such as `waves[2].group_ids`.
    pub field: String,
    /// What would have been accepted.
    pub expected: String,
    /// What was given, where it helps and is no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
}

impl FieldProblem {
    /// A problem with a field.
    pub fn new(field: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            expected: expected.into(),
            actual: None,
        }
    }

    /// With what was given.
    #[must_use]
    pub fn got(mut self, actual: impl ToString) -> Self {
        self.actual = Some(actual.to_string().chars().take(200).collect());
        self
    }
}

/// Everything that can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself is wrong.
    #[error("the request has {} problem(s)", .0.len())]
    Invalid(Vec<FieldProblem>),
    /// The world is not as the operation needs it.
    #[error("{} check(s) failed", .0.len())]
    PrerequisitesNotMet(Vec<Check>),
    /// The guard refused: instances would be lost.
    #[error("refused: {} instance(s) would be lost", losses.len())]
    WouldLose {
        /// What the operation would have done, for a person.
        action: String,
        /// What would be lost.
        losses: Vec<Loss>,
    },
    /// No such thing.
    #[error("there is no {kind} {id}")]
    NotFound {
        /// What kind of thing.
        kind: &'static str,
        /// Its id, as given.
        id: String,
    },
    /// The thing is not in a state in which this can be done, or the name is taken.
    #[error("{message}")]
    Conflict {
        /// Stable code, SCREAMING_SNAKE_CASE.
        code: &'static str,
        /// What is in the way and what to do, for a person.
        message: String,
    },
    /// Somebody else changed the record between reading and writing.
    #[error("the {kind} {id} was changed by somebody else")]
    VersionConflict {
        /// What kind of thing.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// The caller lacks a permission.
    #[error("this needs the permission {permission:?}")]
    Forbidden {
        /// The permission.
        permission: Permission,
    },
    /// An AWS call failed.
    #[error(transparent)]
    Aws(#[from] Box<AwsError>),
    /// A stored item could not be read: it is not what we wrote.
    #[error("a stored {kind} cannot be read")]
    Corrupt {
        /// What kind of thing.
        kind: &'static str,
        /// What the decoder said.
        detail: String,
    },
    /// A broken invariant of ours.
    #[error("internal error")]
    Internal {
        /// What broke; logged, never shown.
        detail: String,
    },
}

impl From<AwsError> for Error {
    fn from(error: AwsError) -> Self {
        Self::Aws(Box::new(error))
    }
}

impl From<dr_model::transition::IllegalTransition> for Error {
    fn from(illegal: dr_model::transition::IllegalTransition) -> Self {
        Self::Conflict {
            code: "ILLEGAL_STATE",
            message: illegal.to_string(),
        }
    }
}

impl Error {
    /// A single problem with a single field.
    pub fn invalid(field: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem::new(field, expected)])
    }

    /// A broken invariant of ours.
    pub fn internal(detail: impl ToString) -> Self {
        Self::Internal {
            detail: detail.to_string(),
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Aws(error) => error.class.retryable(),
            Self::VersionConflict { .. } => true,
            Self::Invalid(_)
            | Self::PrerequisitesNotMet(_)
            | Self::WouldLose { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Forbidden { .. }
            | Self::Corrupt { .. }
            | Self::Internal { .. } => false,
        }
    }

    /// What went wrong, in words that may be shown: those of AWS where AWS said no.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Aws(aws) => format!("{}: {}", aws.code, aws.message),
            other => other.to_string(),
        }
    }

    /// The class of the AWS error behind this, if there is one.
    #[must_use]
    pub fn aws_class(&self) -> Option<AwsClass> {
        match self {
            Self::Aws(error) => Some(error.class),
            _ => None,
        }
    }

    /// The name by which a state machine's Retry and Catch match this error.
    #[must_use]
    pub fn task_error_name(&self) -> &'static str {
        if self.retryable() {
            "Dr.Transient"
        } else {
            "Dr.Permanent"
        }
    }
}
