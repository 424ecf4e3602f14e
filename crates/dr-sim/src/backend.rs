//! A service that somebody else answers: Step Functions is the one-machine server's interpreter.

use async_trait::async_trait;
use serde_json::Value;

/// Answers the calls of one service (JSON protocols only).
#[async_trait]
pub trait Backend: Send + Sync {
    /// One call: operation name and request, answer or error.
    async fn call(&self, operation: &str, body: Value) -> Result<Value, BackendError>;
}

/// A backend's error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendError {
    /// Name of the error.
    pub code: String,
    /// Message.
    pub message: String,
    /// HTTP status.
    pub status: u16,
}
