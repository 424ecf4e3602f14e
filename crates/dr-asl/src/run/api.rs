//! The words between an execution and the shell that drives it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Names a task attempt within its execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(u64);

impl TaskId {
    pub(crate) fn numbered(number: u64) -> Self {
        Self(number)
    }

    /// The attempt's number, from 1, in the order of scheduling.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// A function to invoke.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskCall {
    /// To be given back with the answer.
    pub id: TaskId,
    /// FunctionName: a name or an ARN.
    pub function: String,
    /// The event to invoke it with.
    pub payload: Value,
    /// For `.waitForTaskToken`: the token that the payload carries.
    pub token: Option<String>,
}

/// Who an execution is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `arn:aws:states:<region>:<account>:execution:<machine>:<name>`.
    pub execution_arn: String,
    /// The execution's own name.
    pub name: String,
    /// `arn:aws:states:<region>:<account>:stateMachine:<machine>`.
    pub state_machine_arn: String,
}

impl Identity {
    /// An execution in a given account and region.
    pub fn new(region: &str, account: &str, machine: &str, name: &str) -> Self {
        Self {
            execution_arn: format!("arn:aws:states:{region}:{account}:execution:{machine}:{name}"),
            name: name.to_owned(),
            state_machine_arn: format!("arn:aws:states:{region}:{account}:stateMachine:{machine}"),
        }
    }

    /// An execution in no particular account: for examples and tests.
    pub fn local(machine: &str, name: &str) -> Self {
        Self::new("us-east-1", "000000000000", machine, name)
    }

    pub(crate) fn state_machine_name(&self) -> &str {
        self.state_machine_arn
            .rsplit(':')
            .next()
            .unwrap_or_default()
    }
}

/// How an execution stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// RUNNING.
    Running,
    /// SUCCEEDED.
    Succeeded {
        /// The execution's output.
        output: Value,
    },
    /// FAILED.
    Failed {
        /// The error name, where the failure has one.
        error: Option<String>,
        /// The cause, where the failure has one.
        cause: Option<String>,
    },
    /// TIMED_OUT: the machine's TimeoutSeconds have passed.
    TimedOut,
    /// ABORTED: somebody stopped it.
    Aborted {
        /// The error given with the stop.
        error: Option<String>,
        /// The cause given with the stop.
        cause: Option<String>,
    },
}

impl Status {
    /// The service's name for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Succeeded { .. } => "SUCCEEDED",
            Self::Failed { .. } => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted { .. } => "ABORTED",
        }
    }
}

/// What became of a task's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It moved the execution on.
    Accepted,
    /// The attempt was over already: answered, timed out, or cut off. Nothing changed, and nothing
    /// is wrong; the shell may have invoked a function a second time after a restart.
    Late,
}

/// An execution that cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// `InvalidExecutionInput`: the input is over the quota.
    #[error(
        "the input has {bytes} bytes, more than the quota of {}",
        crate::MAX_PAYLOAD_BYTES
    )]
    InputTooLong {
        /// The input's length as JSON text.
        bytes: usize,
    },
}

/// An answer to a task that this execution never scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this execution has scheduled no task {}", .0.number())]
pub struct UnknownTask(pub TaskId);

/// Why a token's answer was refused; the variants are the service's error names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The token belongs to another execution or to no task of this one.
    #[error("no task of this execution has this token")]
    TaskDoesNotExist,
    /// The token's task is over: answered, timed out, or cut off.
    #[error("the task of this token is over")]
    TaskTimedOut,
    /// The output is over the payload quota.
    #[error("the output is over the payload quota")]
    InvalidOutput,
    /// The text is no task token.
    #[error("this is no task token")]
    InvalidToken,
}
