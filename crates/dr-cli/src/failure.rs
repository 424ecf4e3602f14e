//! How a command ends: outcomes, failures, the exit code of each, and how a person reads them.

use std::fmt::Write as _;
use std::io;

use dr_api::ErrorBody;
use dr_model::check::{Check, Severity};
use dr_model::execution::ExecutionStatus;

use crate::text::clean;

/// What a command that ran to its end found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is as asked.
    Done,
    /// The call was answered, and what it did not manage is in the answer.
    Incomplete,
    /// A check did not pass: what was asked for would be, or was, refused.
    ChecksFailed,
    /// What was watched ended; some of its servers, or machines, are done and some failed.
    CompletedWithFailures,
    /// What was watched failed or was cancelled.
    Failed,
    /// A person stopped watching.
    StoppedWatching,
}

impl Outcome {
    /// The exit code: see `dr --help`.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Incomplete => 1,
            Self::ChecksFailed => 4,
            Self::CompletedWithFailures => 5,
            Self::Failed => 6,
            // What a shell reports of a command that ended by Ctrl-C: 128 and SIGINT's number, 2.
            Self::StoppedWatching => 130,
        }
    }

    /// What an execution that is over means; none while it is not.
    #[must_use]
    pub fn of(status: ExecutionStatus) -> Option<Self> {
        match status {
            ExecutionStatus::Completed => Some(Self::Done),
            ExecutionStatus::CompletedWithFailures => Some(Self::CompletedWithFailures),
            ExecutionStatus::Failed | ExecutionStatus::Cancelled => Some(Self::Failed),
            ExecutionStatus::Pending
            | ExecutionStatus::Configuring
            | ExecutionStatus::Launching
            | ExecutionStatus::Validating
            | ExecutionStatus::Paused
            | ExecutionStatus::Cancelling => None,
        }
    }
}

/// Why a command could not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server answered with an error.
    #[error("{}: {}", error.code, error.message)]
    Api {
        /// HTTP status.
        status: u16,
        /// The error body; made from the status where the answer was not one of ours.
        error: Box<ErrorBody>,
        /// The answer as it came.
        raw: String,
    },
    /// The command was not given what it needs.
    #[error("{0}")]
    Usage(String),
    /// The state of things does not allow it now.
    #[error("{0}. Nothing was done")]
    NotAllowed(String),
    /// Nobody is signed in.
    #[error("{0}")]
    NotSignedIn(String),
    /// The person said no.
    #[error("Nothing was done")]
    Declined,
    /// There is no connection to the server.
    #[error("Cannot reach {url}: {reason}")]
    Unreachable {
        /// The server.
        url: String,
        /// Why, as the network says it.
        reason: String,
    },
    /// The server answered something that this version of `dr` does not understand.
    #[error("The answer of {operation} is not understood: {reason}")]
    NotUnderstood {
        /// Which operation.
        operation: &'static str,
        /// What the decoder said.
        reason: String,
    },
    /// A request that HTTP cannot carry.
    #[error(transparent)]
    Unsendable(#[from] crate::client::Unsendable),
    /// A file of ours, or one that was named.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Nothing can be printed.
    #[error("cannot write: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// The exit code: see `dr --help`.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Api {
                status: 401 | 403, ..
            }
            | Self::NotSignedIn(_) => 3,
            Self::Api { error, .. } => {
                let details = &error.details;
                let refused = error.code == "GUARD_REFUSED"
                    || !details.losses.is_empty()
                    || !details.failed_checks.is_empty();
                if refused { 4 } else { 1 }
            }
            Self::Usage(_) => 2,
            Self::Unreachable { .. } => 7,
            // Whoever read our output has what they wanted: `dr server list | head`.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Declined
            | Self::NotAllowed(_)
            | Self::NotUnderstood { .. }
            | Self::Unsendable(_)
            | Self::File { .. }
            | Self::Output(_) => 1,
        }
    }

    /// The failure in full, for a person, over as many lines as it takes.
    #[must_use]
    pub fn for_a_person(&self) -> String {
        match self {
            Self::Api { error, .. } => api_error(error),
            other => format!("error: {}\n", clean(&other.to_string())),
        }
    }
}

fn api_error(error: &ErrorBody) -> String {
    let mut text = format!("error: {}: {}\n", clean(&error.code), clean(&error.message));
    for field in &error.details.fields {
        line(&mut text, 2, &format!("field {}", field.field));
        line(&mut text, 4, &format!("expected {}", field.expected));
        if let Some(actual) = &field.actual {
            line(&mut text, 4, &format!("got {actual}"));
        }
    }
    for check in &error.details.failed_checks {
        push_check(&mut text, check);
    }
    for loss in &error.details.losses {
        let kind = if loss.is_drill {
            "launched by a drill"
        } else {
            "launched by a real recovery"
        };
        let when = loss
            .launched_at
            .map(|at| format!(" at {}", crate::text::time(at)))
            .unwrap_or_default();
        line(
            &mut text,
            2,
            &format!(
                "would lose {} of {}: {kind}{when}",
                loss.instance_id, loss.source_server_id
            ),
        );
        line(&mut text, 4, &loss.why);
    }
    if let Some(remediation) = &error.details.remediation {
        line(&mut text, 2, &format!("what to do: {remediation}"));
    }
    if !error.request_id.is_empty() {
        line(&mut text, 2, &format!("request id: {}", error.request_id));
    }
    text
}

/// A failed check, with what to do about it.
pub fn push_check(text: &mut String, check: &Check) {
    let severity = match check.severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    };
    line(
        text,
        2,
        &format!(
            "{severity} {} on {}: {}",
            check.name, check.subject, check.message
        ),
    );
    match (&check.expected, &check.actual) {
        (Some(expected), Some(actual)) => {
            line(text, 4, &format!("expected {expected}, got {actual}"));
        }
        (Some(expected), None) => line(text, 4, &format!("expected {expected}")),
        (None, Some(actual)) => line(text, 4, &format!("got {actual}")),
        (None, None) => {}
    }
    if let Some(remediation) = &check.remediation {
        line(text, 4, &format!("what to do: {remediation}"));
    }
}

fn line(text: &mut String, indent: usize, content: &str) {
    // Writing into a String cannot fail.
    let _ = writeln!(text, "{:indent$}{}", "", clean(content));
}

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;
