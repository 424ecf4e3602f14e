//! One run of a plan, or of a plain set of pairs: its blueprint (what was decided before it began and
//! never changes) and its progress (what has been seen since).

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::{ActionSide, ActionTally};
use crate::ids::{
    ExecutionId, InstanceId, JobId, PlanId, RecoveryInstanceId, SessionId, SourceServerId,
};
use crate::job::JobLogEntry;
use crate::place::Direction;
use crate::plan::OnFailure;

/// Servers in one DRS job at most (DRS quota L-B827C881).
pub const MAX_SERVERS_PER_JOB: usize = 100;

/// Drill or the real thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionType {
    /// A rehearsal.
    Drill,
    /// A real recovery.
    Recovery,
}

impl ExecutionType {
    /// DRS's `isDrill`.
    #[must_use]
    pub fn is_drill(self) -> bool {
        self == Self::Drill
    }
}

/// Where an execution stands. Its legal changes are in [`crate::transition`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    /// Stored; the state machine has not begun.
    Pending,
    /// Setting launch configurations.
    Configuring,
    /// A wave is being launched.
    Launching,
    /// A wave's instances are being validated.
    Validating,
    /// Waiting for a person.
    Paused,
    /// Starts nothing more, waits for what runs.
    Cancelling,
    /// All servers launched, and no action failed.
    Completed,
    /// Over; some servers launched and some did not, or an action failed.
    CompletedWithFailures,
    /// Over; no server launched, or the orchestration itself failed.
    Failed,
    /// Over, by a person's wish or because a pause was not answered in time.
    Cancelled,
}

impl ExecutionStatus {
    /// Every status.
    pub const ALL: [ExecutionStatus; 10] = [
        Self::Pending,
        Self::Configuring,
        Self::Launching,
        Self::Validating,
        Self::Paused,
        Self::Cancelling,
        Self::Completed,
        Self::CompletedWithFailures,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Nothing more will happen.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Completed | Self::CompletedWithFailures | Self::Failed | Self::Cancelled
        )
    }

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Configuring => "CONFIGURING",
            Self::Launching => "LAUNCHING",
            Self::Validating => "VALIDATING",
            Self::Paused => "PAUSED",
            Self::Cancelling => "CANCELLING",
            Self::Completed => "COMPLETED",
            Self::CompletedWithFailures => "COMPLETED_WITH_FAILURES",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// How a server is to be launched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaunchInto {
    /// Into this pre-provisioned instance.
    Target {
        /// The instance.
        instance_id: InstanceId,
        /// The private IP that it has and must keep.
        private_ip: Option<String>,
    },
    /// Into a new instance, from the launch template: no pair was made for the server.
    NewInstance,
}

/// What was decided for one server. Never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerBlueprint {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name, for people.
    pub name: String,
    /// Where it goes.
    pub launch_into: LaunchInto,
    /// Volumes that were attached to the target: the launch leaves them behind, detached. Clean-up knows them by this.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced_volume_ids: Vec<String>,
}

/// How far one server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServerStatus {
    /// Waits for its wave or for room in DRS.
    Waiting,
    /// Handed to DRS.
    Pending,
    /// DRS works on it.
    InProgress,
    /// Runs.
    Launched,
    /// Did not launch.
    Failed,
    /// Left out: it failed validation and the caller chose to go on without it, or the execution was cancelled first.
    Skipped,
}

impl ServerStatus {
    /// Nothing more will happen to it in this execution.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Launched | Self::Failed | Self::Skipped)
    }
}

/// Whether a launched server is where it should be. Absent until it was validated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// The instance it runs in.
    pub instance_id: InstanceId,
    /// The private IP it has.
    pub private_ip: Option<String>,
    /// It runs in the instance it was to be launched into.
    pub instance_id_kept: bool,
    /// It has the private IP that instance had before.
    pub private_ip_kept: bool,
    /// Why not, where one of them is false.
    pub reason: Option<String>,
}

/// What has been seen of one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerProgress {
    /// Where it stands.
    pub status: ServerStatus,
    /// Its launch configuration was checked or set for this execution.
    pub configured: bool,
    /// The recovery instance, once there is one.
    pub recovery_instance_id: Option<RecoveryInstanceId>,
    /// Why it failed or was left out.
    pub reason: Option<String>,
    /// Whether id and IP were kept.
    pub identity: Option<Identity>,
}

impl ServerProgress {
    /// A server of which nothing has been seen.
    #[must_use]
    pub fn waiting() -> Self {
        Self {
            status: ServerStatus::Waiting,
            configured: false,
            recovery_instance_id: None,
            reason: None,
            identity: None,
        }
    }
}

/// One server of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerRun {
    /// What was decided.
    pub blueprint: ServerBlueprint,
    /// What has been seen.
    pub progress: ServerProgress,
}

/// The launch of one batch in DRS. `StartRecovery` has no client token, so the intent is stored first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum BatchLaunch {
    /// Not yet.
    Waiting,
    /// About to call, or called and not recorded: look in DescribeJobs before calling again.
    Intended {
        /// When the intent was stored.
        at: DateTime<Utc>,
    },
    /// DRS has it.
    Started {
        /// The job.
        job_id: JobId,
        /// When the intent behind it was stored.
        at: DateTime<Utc>,
    },
    /// The job is over, or nothing was left to launch.
    Done {
        /// The job, if there was one.
        job_id: Option<JobId>,
        /// When we saw that it was over.
        at: DateTime<Utc>,
    },
}

/// At most [`MAX_SERVERS_PER_JOB`] servers of one wave: what one DRS job launches, and one stored item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Batch {
    /// The execution it belongs to.
    pub execution_id: ExecutionId,
    /// Wave, from 0.
    pub wave: usize,
    /// Batch in the wave, from 0.
    pub number: usize,
    /// Its servers.
    pub servers: Vec<ServerRun>,
    /// Its job.
    pub launch: BatchLaunch,
    /// Our copy of the job's log. DRS does not say how long it keeps its own.
    pub log: Vec<JobLogEntry>,
    /// When the log was last copied.
    pub log_copied_at: Option<DateTime<Utc>>,
    /// Version for optimistic locking.
    pub version: u64,
}

impl Batch {
    /// Every server has come to an end and so has the job.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.launch, BatchLaunch::Done { .. })
    }

    /// The job, if one is known.
    #[must_use]
    pub fn job_id(&self) -> Option<&JobId> {
        match &self.launch {
            BatchLaunch::Started { job_id, .. } => Some(job_id),
            BatchLaunch::Done { job_id, .. } => job_id.as_ref(),
            BatchLaunch::Waiting | BatchLaunch::Intended { .. } => None,
        }
    }
}

/// How many servers are where. Kept in the header so that a list needs no batches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Waiting for a wave or for room.
    pub waiting: usize,
    /// Handed to DRS or under way.
    pub launching: usize,
    /// Running.
    pub launched: usize,
    /// Failed.
    pub failed: usize,
    /// Left out.
    pub skipped: usize,
}

impl Tally {
    /// Counts batches. O(servers).
    pub fn of<'a>(batches: impl IntoIterator<Item = &'a Batch>) -> Self {
        let mut tally = Self::default();
        for server in batches.into_iter().flat_map(|batch| &batch.servers) {
            let counter = match server.progress.status {
                ServerStatus::Waiting => &mut tally.waiting,
                ServerStatus::Pending | ServerStatus::InProgress => &mut tally.launching,
                ServerStatus::Launched => &mut tally.launched,
                ServerStatus::Failed => &mut tally.failed,
                ServerStatus::Skipped => &mut tally.skipped,
            };
            *counter += 1;
        }
        tally
    }

    /// All servers.
    #[must_use]
    pub fn total(&self) -> usize {
        self.waiting + self.launching + self.launched + self.failed + self.skipped
    }
}

/// One wave in the header of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaveRun {
    /// Its name.
    pub name: String,
    /// Wait for a person before it.
    pub pause_before: bool,
    /// What to do after it when servers failed.
    pub on_failure: OnFailure,
    /// How many batches it has.
    pub batches: usize,
    /// Servers by status.
    pub tally: Tally,
    /// SSM actions before its launch.
    #[serde(default, skip_serializing_if = "ActionTally::is_empty")]
    pub actions_before: ActionTally,
    /// SSM actions after its last server came to an end.
    #[serde(default, skip_serializing_if = "ActionTally::is_empty")]
    pub actions_after: ActionTally,
    /// The action whose failure keeps what comes next in this wave waiting for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// Since when it may launch, where actions or a pause after one of them came before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch_since: Option<DateTime<Utc>>,
    /// When it began: with its first action, or with its launch.
    pub started_at: Option<DateTime<Utc>>,
    /// When its last server and its last action came to an end.
    pub ended_at: Option<DateTime<Utc>>,
}

impl WaveRun {
    /// The actions on one side of it.
    #[must_use]
    pub fn actions(&self, side: ActionSide) -> ActionTally {
        match side {
            ActionSide::Before => self.actions_before,
            ActionSide::After => self.actions_after,
        }
    }

    /// The actions on one side of it, to be counted.
    pub fn actions_mut(&mut self, side: ActionSide) -> &mut ActionTally {
        match side {
            ActionSide::Before => &mut self.actions_before,
            ActionSide::After => &mut self.actions_after,
        }
    }
}

/// The token of a task of the state machine that waits for us, and which try of which task it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskToken {
    /// What the state machine wants back.
    pub token: String,
    /// The wave that the task is about, from 0.
    pub wave: usize,
    /// The task waits for a person before the wave; otherwise for the wave's end.
    pub is_pause: bool,
    /// When the state machine came to the task.
    pub entered_at: DateTime<Utc>,
    /// Which try of the task, from 0. The state machine waits for the newest only.
    pub attempt: u32,
}

impl TaskToken {
    /// Whether this is to be kept in the place of `other`: an invocation may arrive late, after its task was tried
    /// again, and must not displace the token that is waited for.
    #[must_use]
    pub fn supersedes(&self, other: &Self) -> bool {
        let rank = |token: &Self| (token.wave, token.entered_at, !token.is_pause, token.attempt);
        self.token != other.token && rank(self) >= rank(other)
    }
}

/// What an execution runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A recovery plan, as it was when the execution started.
    Plan {
        /// Its id.
        plan_id: PlanId,
        /// Its name then.
        name: String,
    },
    /// A plain set of pairs.
    Pairs,
}

/// The header of an execution: everything but its servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Execution {
    /// Its id.
    pub id: ExecutionId,
    /// What it runs.
    pub subject: Subject,
    /// Drill or recovery.
    pub execution_type: ExecutionType,
    /// From where to where.
    pub direction: Direction,
    /// The failover session that it brings home, if it is a failback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// A person asked to wait before the next wave.
    pub pause_requested: bool,
    /// The wave that runs or runs next, from 0; equal to the number of waves when all are over.
    pub wave: usize,
    /// A person let the execution pass the pause before this wave (or after the one before it).
    pub released_wave: Option<usize>,
    /// Waves.
    pub waves: Vec<WaveRun>,
    /// Target time to recover, in seconds.
    pub rto_target_seconds: u64,
    /// How long a pause waits for a person, in seconds.
    pub pause_timeout_seconds: u64,
    /// Who started it.
    pub started_by: String,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// When it came to its end.
    pub ended_at: Option<DateTime<Utc>>,
    /// When the pause began, while paused.
    pub paused_at: Option<DateTime<Utc>>,
    /// Seconds spent paused before now.
    pub paused_seconds: u64,
    /// Why it failed or was cancelled.
    pub reason: Option<String>,
    /// Token of the state machine's task that waits for us: a wave's end or a person's word.
    pub task_token: Option<TaskToken>,
    /// When the instances of this drill were terminated or released, if they were.
    pub instances_terminated_at: Option<DateTime<Utc>>,
    /// Version for optimistic locking.
    pub version: u64,
}

impl Execution {
    /// Servers by status, over all waves.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.waves.iter().fold(Tally::default(), |sum, wave| Tally {
            waiting: sum.waiting + wave.tally.waiting,
            launching: sum.launching + wave.tally.launching,
            launched: sum.launched + wave.tally.launched,
            failed: sum.failed + wave.tally.failed,
            skipped: sum.skipped + wave.tally.skipped,
        })
    }

    /// Whether any of its waves has SSM actions.
    #[must_use]
    pub fn has_actions(&self) -> bool {
        self.waves
            .iter()
            .any(|wave| !wave.actions_before.is_empty() || !wave.actions_after.is_empty())
    }

    /// How many of its SSM actions failed.
    #[must_use]
    pub fn failed_actions(&self) -> usize {
        self.waves
            .iter()
            .map(|wave| wave.actions_before.failed + wave.actions_after.failed)
            .sum()
    }
}

#[cfg(test)]
#[path = "execution_tests.rs"]
mod tests;
