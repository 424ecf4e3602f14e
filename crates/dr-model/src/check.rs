//! A check is data: what was looked at, whether it passed, and what to do if it did not. It never throws.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a failed check matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// The launch works, but not as somebody might expect.
    Warning,
    /// The launch would fail or do harm.
    Critical,
}

/// The outcome of one look at one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Stable snake_case name, such as `target_instance_stopped`.
    #[serde(rename = "check_name")]
    pub name: String,
    /// Whether it is as it should be.
    pub passed: bool,
    /// How much it matters when it is not.
    pub severity: Severity,
    /// What was seen, for a person.
    pub message: String,
    /// The id of what was looked at: a server, an instance, an account.
    pub subject: String,
    /// What would have passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was there instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,
    /// What to do about it. Always there when the check failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<String>,
}

impl Check {
    /// A check that passed.
    pub fn pass(
        name: &str,
        severity: Severity,
        subject: impl ToString,
        message: impl Into<String>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            passed: true,
            severity,
            message: message.into(),
            subject: subject.to_string(),
            expected: None,
            actual: None,
            remediation: None,
        }
    }

    /// A check that failed, with what to do about it.
    pub fn fail(
        name: &str,
        severity: Severity,
        subject: impl ToString,
        message: impl Into<String>,
        remediation: impl Into<String>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            passed: false,
            severity,
            message: message.into(),
            subject: subject.to_string(),
            expected: None,
            actual: None,
            remediation: Some(remediation.into()),
        }
    }

    /// Adds what was expected and what was there.
    #[must_use]
    pub fn seen(mut self, expected: impl Into<String>, actual: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self.actual = Some(actual.into());
        self
    }

    /// Whether this check alone forbids the launch.
    #[must_use]
    pub fn is_blocking(&self) -> bool {
        !self.passed && self.severity == Severity::Critical
    }
}
