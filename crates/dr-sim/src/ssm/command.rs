//! Commands that were sent and what became of them on each machine.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::documents::{self, Parameters};

/// Longest output of a plugin in a list of invocations (API reference: 2,500 characters).
const LISTED_OUTPUT: usize = 2_500;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// A UUID.
    pub id: String,
    /// Name of the document.
    pub document: String,
    /// What its sender wrote beside it.
    pub comment: Option<String>,
    /// Parameters of the document.
    pub parameters: Parameters,
    /// Seconds within which it must have reached each machine.
    pub timeout_seconds: u32,
    /// When it was sent.
    pub requested: DateTime<Utc>,
    /// Its machines, in the order of the request.
    pub instance_ids: Vec<String>,
    /// What became of it, by machine.
    pub invocations: BTreeMap<String, Invocation>,
    /// `MaxConcurrency`, as given.
    pub max_concurrency: String,
    /// `MaxErrors`, as given.
    pub max_errors: String,
}

/// A command on one machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// Name tag of the machine, empty if it has none.
    pub name: String,
    /// Whether the machine runs Windows.
    pub windows: bool,
    /// How far it is.
    pub status: Status,
    /// When it began to run.
    pub started: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
    /// Exit code; -1 as long as there is none.
    pub exit_code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// When the script will be through, if nothing comes between.
    pub through: Option<DateTime<Utc>>,
    /// Its machine went away while it ran.
    pub interrupted: bool,
    /// Injected: it never reaches its machine.
    pub undelivered: bool,
    /// Injected: it fails like this.
    pub fails: Option<Failure>,
}

/// How a command fails that was told to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Standard error.
    pub stderr: String,
    /// Exit code.
    pub exit_code: i32,
}

/// How far a command is on one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It has not reached the machine.
    Pending,
    /// It runs.
    InProgress,
    /// It was cancelled while it ran, and still runs.
    Cancelling,
    /// It ended with exit code 0.
    Success,
    /// It ended with another exit code.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It did not reach the machine in time.
    DeliveryTimedOut,
    /// It ran longer than it may.
    ExecutionTimedOut,
    /// The machine is no longer there.
    Undeliverable,
}

impl Status {
    /// `Status`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Cancelling => "Cancelling",
            Self::Success => "Success",
            Self::Failed | Self::Undeliverable => "Failed",
            Self::Cancelled => "Cancelled",
            Self::DeliveryTimedOut | Self::ExecutionTimedOut => "TimedOut",
        }
    }

    /// `StatusDetails`.
    #[must_use]
    pub fn details(self) -> &'static str {
        match self {
            Self::DeliveryTimedOut => "DeliveryTimedOut",
            Self::ExecutionTimedOut => "ExecutionTimedOut",
            Self::Undeliverable => "Undeliverable",
            other => other.word(),
        }
    }

    /// Whether it stays so.
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::InProgress | Self::Cancelling)
    }
}

impl Invocation {
    /// One that waits for its delivery.
    #[must_use]
    pub fn new(name: String, windows: bool) -> Self {
        Self {
            name,
            windows,
            status: Status::Pending,
            started: None,
            ended: None,
            exit_code: -1,
            stdout: String::new(),
            stderr: String::new(),
            through: None,
            interrupted: false,
            undelivered: false,
            fails: None,
        }
    }

    /// Ends it; one that has ended stays as it is.
    pub fn end(&mut self, status: Status, now: DateTime<Utc>) {
        if !self.status.is_final() {
            self.status = status;
            self.ended = Some(now);
        }
    }

    /// Output as a list of plugins shows it: both streams in one, cut.
    fn listed_output(&self) -> String {
        let mut text = self.stdout.clone();
        if !self.stderr.is_empty() {
            text.push_str("\n----------ERROR-------\n");
            text.push_str(&self.stderr);
        }
        text.chars().take(LISTED_OUTPUT).collect()
    }

    fn plugin(&self, document: &str) -> Value {
        // A plugin knows fewer words: it has not begun until its command runs.
        let status = match self.status {
            Status::Cancelling => "InProgress",
            other => other.word(),
        };
        let mut plugin = json!({
            "Name": documents::plugin(document, self.windows),
            "Status": status,
            "StatusDetails": self.status.details(),
            "ResponseCode": self.exit_code,
            "Output": self.listed_output(),
            "StandardOutputUrl": "",
            "StandardErrorUrl": "",
        });
        if let Some(started) = self.started {
            plugin["ResponseStartDateTime"] = json!(started.timestamp());
        }
        if let Some(ended) = self.ended {
            plugin["ResponseFinishDateTime"] = json!(ended.timestamp());
        }
        plugin
    }
}

impl Command {
    /// Seconds that the document may run on a machine.
    #[must_use]
    pub fn execution_seconds(&self) -> u32 {
        documents::execution_seconds(&self.parameters)
    }

    /// How far the command as a whole is.
    #[must_use]
    pub fn status(&self) -> Status {
        let any = |wanted: Status| self.invocations.values().any(|i| i.status == wanted);
        let all = |wanted: Status| self.invocations.values().all(|i| i.status == wanted);
        if all(Status::Pending) {
            return Status::Pending;
        }
        if self.invocations.values().any(|i| !i.status.is_final()) {
            let stopping = any(Status::Cancelling) && !any(Status::InProgress);
            return if stopping {
                Status::Cancelling
            } else {
                Status::InProgress
            };
        }
        // The worst decides: no error is allowed unless `MaxErrors` says so.
        [
            Status::Failed,
            Status::Undeliverable,
            Status::ExecutionTimedOut,
            Status::DeliveryTimedOut,
            Status::Cancelled,
        ]
        .into_iter()
        .find(|status| any(*status))
        .unwrap_or(Status::Success)
    }

    /// `Command` of the model.
    #[must_use]
    pub fn view(&self) -> Value {
        let count = |of: &[Status]| {
            let fits = |i: &&Invocation| of.contains(&i.status);
            self.invocations.values().filter(fits).count()
        };
        let status = self.status();
        let finals = |i: &&Invocation| i.status.is_final();
        let total = u64::from(self.timeout_seconds) + u64::from(self.execution_seconds());
        json!({
            "CommandId": self.id,
            "DocumentName": self.document,
            "DocumentVersion": "$DEFAULT",
            "Comment": self.comment.clone().unwrap_or_default(),
            "ExpiresAfter": self.requested.timestamp() + i64::try_from(total).unwrap_or(0),
            "Parameters": self.parameters,
            "InstanceIds": self.instance_ids,
            "Targets": [],
            "RequestedDateTime": self.requested.timestamp(),
            "Status": status.word(),
            "StatusDetails": status.details(),
            "MaxConcurrency": self.max_concurrency,
            "MaxErrors": self.max_errors,
            "TargetCount": self.invocations.len(),
            "CompletedCount": self.invocations.values().filter(finals).count(),
            "ErrorCount": count(&[Status::Failed, Status::ExecutionTimedOut]),
            "DeliveryTimedOutCount": count(&[Status::DeliveryTimedOut]),
            "TimeoutSeconds": self.timeout_seconds,
        })
    }

    /// `CommandInvocation` of the model, with output if `details` are wanted.
    #[must_use]
    pub fn listed(&self, instance_id: &str, invocation: &Invocation, details: bool) -> Value {
        let plugins = if details {
            vec![invocation.plugin(&self.document)]
        } else {
            Vec::new()
        };
        json!({
            "CommandId": self.id,
            "InstanceId": instance_id,
            "InstanceName": invocation.name,
            "Comment": self.comment.clone().unwrap_or_default(),
            "DocumentName": self.document,
            "DocumentVersion": "$DEFAULT",
            "RequestedDateTime": self.requested.timestamp(),
            "Status": invocation.status.word(),
            "StatusDetails": invocation.status.details(),
            "StandardOutputUrl": "",
            "StandardErrorUrl": "",
            "CommandPlugins": plugins,
        })
    }

    /// What `GetCommandInvocation` answers.
    #[must_use]
    pub fn detail(&self, instance_id: &str, invocation: &Invocation) -> Value {
        let mut body = json!({
            "CommandId": self.id,
            "InstanceId": instance_id,
            "Comment": self.comment.clone().unwrap_or_default(),
            "DocumentName": self.document,
            "DocumentVersion": "$DEFAULT",
            "PluginName": documents::plugin(&self.document, invocation.windows),
            "ResponseCode": invocation.exit_code,
            "Status": invocation.status.word(),
            "StatusDetails": invocation.status.details(),
            "StandardOutputContent": invocation.stdout,
            "StandardOutputUrl": "",
            "StandardErrorContent": invocation.stderr,
            "StandardErrorUrl": "",
        });
        let written = |at: DateTime<Utc>| json!(at.to_rfc3339_opts(SecondsFormat::Secs, true));
        if let Some(started) = invocation.started {
            body["ExecutionStartDateTime"] = written(started);
            if let Some(ended) = invocation.ended {
                body["ExecutionEndDateTime"] = written(ended);
            }
        }
        body
    }
}
