//! Step Functions' errors by their names on the wire.

use dr_asl::{StartError, TokenError};

use crate::db::StorageError;

/// An error of the `states` API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// HTTP status: 400, or 500 where this process failed.
    pub status: u16,
    /// The error's name, such as `ExecutionDoesNotExist`.
    pub code: &'static str,
    /// What a person reads.
    pub message: String,
}

impl ApiError {
    /// A client's error.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            code,
            message: message.into(),
        }
    }

    pub(super) fn no_execution(arn: &str) -> Self {
        Self::new(
            "ExecutionDoesNotExist",
            format!("Execution Does Not Exist: '{arn}'"),
        )
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        tracing::error!(error = &error as &dyn std::error::Error, "states failed");
        Self {
            status: 500,
            code: "InternalServerError",
            message: error.to_string(),
        }
    }
}

impl From<StartError> for ApiError {
    fn from(error: StartError) -> Self {
        Self::new("InvalidExecutionInput", error.to_string())
    }
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        let code = match error {
            TokenError::TaskDoesNotExist => "TaskDoesNotExist",
            TokenError::TaskTimedOut => "TaskTimedOut",
            TokenError::InvalidOutput => "InvalidOutput",
            TokenError::InvalidToken => "InvalidToken",
        };
        Self::new(code, error.to_string())
    }
}
