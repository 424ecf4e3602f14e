//! SSM actions of a recovery plan: what is run on machines before and after a wave, and how far that is.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{ExecutionId, InstanceId};

/// Most actions on one side of a wave.
pub const MAX_ACTIONS: usize = 10;
/// Most instances that an action may name: what one SSM command takes.
pub const MAX_NAMED_INSTANCES: usize = 50;
/// Most launched instances that an action takes: what is known of each must fit into one stored item.
pub const MAX_WAVE_INSTANCES: usize = 1_500;
/// How long an action may take when it does not say: SSM's own default for a command.
pub const DEFAULT_ACTION_TIMEOUT_SECONDS: u32 = 3_600;
/// How long an action may take, and all of a wave together: from what SSM takes at least to 20 hours. A wave has 24 in
/// the state machine, its launches among them.
pub const ACTION_TIMEOUT_SECONDS: RangeInclusive<u32> = 30..=72_000;
/// Bytes of an action's parameters at most, names and values.
pub const MAX_PARAMETER_BYTES: usize = 16 * 1024;
/// Bytes of all parameters in a plan at most: a plan is one stored item.
pub const MAX_PLAN_PARAMETER_BYTES: usize = 192 * 1024;

/// Where an action runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ActionTarget {
    /// On the instances that the wave has launched. After a wave only.
    #[serde(rename = "WAVE")]
    Wave,
    /// On these instances of the place that the plan recovers into: 1 to 50.
    #[serde(rename = "instance_ids")]
    Instances(BTreeSet<InstanceId>),
}

/// What happens to the execution when an action fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnActionFailure {
    /// Go on with what comes next.
    #[default]
    Continue,
    /// Wait for a person before what comes next.
    Pause,
    /// Start nothing more: the execution is cancelled.
    Stop,
}

/// One action of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SsmAction {
    /// Its name, unique in the wave.
    pub name: String,
    /// The SSM document, by name or ARN, such as `AWS-RunShellScript`.
    pub document_name: String,
    /// Parameters of the document.
    #[serde(default)]
    pub parameters: BTreeMap<String, Vec<String>>,
    /// Where it runs.
    pub on: ActionTarget,
    /// How long it may take from its beginning until it has ended everywhere, in seconds: 30 to 72000.
    #[serde(default = "default_timeout")]
    pub timeout_seconds: u32,
    /// What to do when it fails.
    #[serde(default)]
    pub on_failure: OnActionFailure,
    /// Leave it out of drills.
    #[serde(default)]
    pub skip_in_drills: bool,
}

fn default_timeout() -> u32 {
    DEFAULT_ACTION_TIMEOUT_SECONDS
}

impl SsmAction {
    /// Bytes of its parameters.
    #[must_use]
    pub fn parameter_bytes(&self) -> usize {
        self.parameters
            .iter()
            .map(|(name, values)| name.len() + values.iter().map(String::len).sum::<usize>())
            .sum()
    }
}

/// On which side of its wave an action stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionSide {
    /// Before the wave launches.
    Before,
    /// After all of its servers have come to an end.
    After,
}

impl ActionSide {
    /// For people, and in the comments of commands.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// How far an action is, as a whole or on one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionState {
    /// Not begun; of an instance: SSM does not have the command yet.
    Pending,
    /// Under way.
    Running,
    /// Ended, and well.
    Succeeded,
    /// Ended badly, or never reached a machine.
    Failed,
    /// It did not end in time. What SSM delivered may run on.
    TimedOut,
    /// Never begun, on purpose.
    Skipped,
    /// It ran when the execution was cancelled or ended, and is awaited no longer. What SSM delivered may run on.
    Abandoned,
}

impl ActionState {
    /// Nothing more will happen.
    #[must_use]
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// It was to be done and was not.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut)
    }
}

/// What became of an action on one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActionOnInstance {
    /// The instance.
    pub instance_id: InstanceId,
    /// How far.
    pub state: ActionState,
    /// Its command: the place in `command_ids`, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<usize>,
    /// Why it waits, or why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The end of what it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// One action of an execution: what was decided, and what has been seen. One stored item, and one writer at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActionRun {
    /// The execution it belongs to.
    pub execution_id: ExecutionId,
    /// Wave, from 0.
    pub wave: usize,
    /// Before or after it.
    pub side: ActionSide,
    /// Its turn on that side, from 0.
    pub number: usize,
    /// What the plan said when the execution started.
    pub action: SsmAction,
    /// How far it is.
    pub state: ActionState,
    /// Why it failed or was left out.
    pub reason: Option<String>,
    /// Instance by instance, once it has begun.
    pub instances: Vec<ActionOnInstance>,
    /// SSM's commands.
    pub command_ids: Vec<String>,
    /// When somebody was last about to send: SSM has no client token, so the intent is stored first.
    pub intended_at: Option<DateTime<Utc>>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was seen to be over.
    pub ended_at: Option<DateTime<Utc>>,
    /// Version for optimistic locking.
    pub version: u64,
}

impl ActionRun {
    /// An action that has not begun.
    #[must_use]
    pub fn pending(
        execution_id: ExecutionId,
        wave: usize,
        side: ActionSide,
        number: usize,
        action: SsmAction,
    ) -> Self {
        Self {
            execution_id,
            wave,
            side,
            number,
            action,
            state: ActionState::Pending,
            reason: None,
            instances: Vec::new(),
            command_ids: Vec::new(),
            intended_at: None,
            started_at: None,
            ended_at: None,
            version: 0,
        }
    }
}

/// How many actions there are on one side of a wave, in the header of an execution.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActionTally {
    /// All of them.
    pub total: usize,
    /// Over, in their order: it is the turn of the one of this number.
    pub over: usize,
    /// Of these, how many failed or did not end in time.
    pub failed: usize,
}

impl ActionTally {
    /// None of them has begun.
    #[must_use]
    pub fn waiting(total: usize) -> Self {
        Self {
            total,
            ..Self::default()
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Whether none is left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over >= self.total
    }
}
