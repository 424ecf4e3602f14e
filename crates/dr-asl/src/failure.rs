//! Why a state did not end well: an error name and a cause, as Retry, Catch and the history see it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What a task reports when it failed: a Lambda function's `errorType` and its error payload, or
/// the error and cause of a `SendTaskFailure`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskError {
    /// The error name that Retry and Catch match.
    pub error: String,
    /// The cause; for a Lambda function the JSON text of its error payload.
    pub cause: String,
}

/// A failure on its way from a state outwards. A `Fail` state may leave out both fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
}

impl Failure {
    pub(crate) const RUNTIME: &'static str = "States.Runtime";
    pub(crate) const TIMEOUT: &'static str = "States.Timeout";
    pub(crate) const HEARTBEAT: &'static str = "States.HeartbeatTimeout";
    pub(crate) const DATA_LIMIT: &'static str = "States.DataLimitExceeded";
    pub(crate) const RESULT_PATH: &'static str = "States.ResultPathMatchFailure";

    pub(crate) fn new(error: &str, cause: impl Into<String>) -> Self {
        Self {
            error: Some(error.to_owned()),
            cause: Some(cause.into()),
        }
    }

    pub(crate) fn runtime(cause: impl Into<String>) -> Self {
        Self::new(Self::RUNTIME, cause)
    }

    /// Nothing retries or catches these.
    pub(crate) fn is_fatal(&self) -> bool {
        self.error.as_deref() == Some(Self::RUNTIME)
    }

    /// What a Catch puts at its ResultPath.
    pub(crate) fn as_output(&self) -> Value {
        json!({
            "Error": self.error.clone().unwrap_or_default(),
            "Cause": self.cause.clone().unwrap_or_default(),
        })
    }

    /// `error` and `cause` as event details, absent where the failure has none.
    pub(crate) fn as_details(&self) -> serde_json::Map<String, Value> {
        let mut details = serde_json::Map::new();
        if let Some(error) = &self.error {
            details.insert("error".to_owned(), json!(error));
        }
        if let Some(cause) = &self.cause {
            details.insert("cause".to_owned(), json!(cause));
        }
        details
    }
}

impl From<TaskError> for Failure {
    fn from(TaskError { error, cause }: TaskError) -> Self {
        Self {
            error: Some(error),
            cause: Some(cause),
        }
    }
}
