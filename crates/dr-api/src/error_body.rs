//! The error body of every door (requirement 004, "Error Response Structure").

use chrono::{DateTime, Utc};
use dr_model::check::Check;
use dr_model::guard::Loss;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a failed call answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorEnvelope {
    /// The error.
    pub error: ErrorBody,
}

/// The error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// Stable code, such as `VALIDATION_FAILED`.
    pub code: String,
    /// What went wrong and what to do, for a person.
    pub message: String,
    /// What exactly.
    pub details: ErrorDetails,
    /// To find the call in the log.
    pub request_id: String,
    /// When.
    pub timestamp: DateTime<Utc>,
}

/// What exactly went wrong.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorDetails {
    /// Fields that are wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
    /// Checks that failed, with remediation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_checks: Vec<Check>,
    /// Instances that would have been lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub losses: Vec<Loss>,
    /// What to do, where no check says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<String>,
}

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldError {
    /// Path of the field, such as `waves[2].group_ids`.
    pub field: String,
    /// What would have been accepted.
    pub expected: String,
    /// What was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
}
