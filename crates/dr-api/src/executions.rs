//! Executions on the wire: watching and steering them.

use chrono::{DateTime, Utc};
use dr_model::action::{ActionOnInstance, ActionSide, ActionState, OnActionFailure};
use dr_model::check::Check;
use dr_model::execution::{
    ExecutionStatus, ExecutionType, Identity, LaunchInto, ServerStatus, Subject, Tally, WaveRun,
};
use dr_model::guard::Loss;
use dr_model::ids::{ExecutionId, InstanceId, JobId, RecoveryInstanceId, SourceServerId};
use dr_model::place::Direction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::Limit;
use crate::endpoint::endpoints;

/// Names an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecutionRequest {
    /// The execution.
    pub execution_id: ExecutionId,
}

/// Lists executions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListExecutionsRequest {
    /// Only drills, or only recoveries.
    #[serde(default)]
    pub execution_type: Option<ExecutionType>,
    /// Only those with this status.
    #[serde(default)]
    pub status: Option<ExecutionStatus>,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not begun.
    Queued,
    /// Setting launch configurations.
    Configuration,
    /// DRS launches.
    Recovery,
    /// Ids and IPs are compared.
    Validation,
    /// Waits for a person.
    Paused,
    /// Starts nothing more, waits for what runs.
    Cancelling,
    /// Over.
    Finished,
}

/// An execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionView {
    /// Its id.
    pub execution_id: ExecutionId,
    /// What it runs.
    pub subject: Subject,
    /// Drill or recovery.
    pub execution_type: ExecutionType,
    /// From where to where.
    pub direction: Direction,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// What is going on.
    pub current_phase: Phase,
    /// What it waits for, for a person.
    pub waiting_for: Option<String>,
    /// A person asked to wait before the next wave.
    pub pause_requested: bool,
    /// The wave that runs, from 1; none before the first and after the last.
    pub current_wave: Option<usize>,
    /// Waves.
    pub waves: Vec<WaveRun>,
    /// SSM actions by wave, side and turn. Empty in a list of executions.
    #[serde(default)]
    pub actions: Vec<ActionView>,
    /// Servers by status.
    pub servers: Tally,
    /// 0 to 100.
    pub progress_percent: u8,
    /// Who started it.
    pub started_by: String,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Seconds from start to end or now, pauses included.
    pub elapsed_seconds: u64,
    /// Seconds of that spent waiting for a person.
    pub paused_seconds: u64,
    /// Seconds still to go, by the median of what launched so far, or of what launches take in general. None when paused or over.
    pub estimated_remaining_seconds: Option<u64>,
    /// Target time to recover.
    pub rto_target_seconds: u64,
    /// Elapsed time without pauses, against the target: `true` while it can still be met, or was.
    pub rto_met: bool,
    /// Why it failed or was cancelled.
    pub reason: Option<String>,
    /// When the instances of this drill were terminated or handed back, if they were.
    pub instances_terminated_at: Option<DateTime<Utc>>,
    /// Version for optimistic locking.
    pub version: u64,
}

/// One SSM action of an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActionView {
    /// Its wave, from 1.
    pub wave: usize,
    /// Before or after the wave.
    pub side: ActionSide,
    /// Its name.
    pub name: String,
    /// The SSM document.
    pub document_name: String,
    /// What its failure does to the execution.
    pub on_failure: OnActionFailure,
    /// How far it is.
    pub state: ActionState,
    /// Why it failed or was left out.
    pub reason: Option<String>,
    /// SSM's commands.
    pub command_ids: Vec<String>,
    /// Instance by instance, once it has begun; output and reasons are cut where there are many.
    pub instances: Vec<ActionOnInstance>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
}

/// Executions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionList {
    /// This page.
    pub executions: Vec<ExecutionView>,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Lists an execution's servers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListExecutionServersRequest {
    /// The execution.
    pub execution_id: ExecutionId,
    /// Only this wave, from 1.
    #[serde(default)]
    pub wave: Option<u32>,
    /// Only those with this status.
    #[serde(default)]
    pub status: Option<ServerStatus>,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// One server of an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionServerView {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// Its wave, from 1.
    pub wave: usize,
    /// The job that launches it.
    pub job_id: Option<JobId>,
    /// Where it goes.
    pub launch_into: LaunchInto,
    /// Where it stands.
    pub status: ServerStatus,
    /// The recovery instance.
    pub recovery_instance_id: Option<RecoveryInstanceId>,
    /// Why it failed or was left out.
    pub reason: Option<String>,
    /// Whether id and IP were kept.
    pub identity: Option<Identity>,
}

/// Servers of an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionServerList {
    /// This page.
    pub servers: Vec<ExecutionServerView>,
    /// How many there are in all, after filters.
    pub total: usize,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Reads the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimelineRequest {
    /// The execution.
    pub execution_id: ExecutionId,
    /// Only this wave, from 1.
    #[serde(default)]
    pub wave: Option<u32>,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// One entry of the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// When.
    pub timestamp: Option<DateTime<Utc>>,
    /// DRS's event name.
    pub event: String,
    /// The job.
    pub job_id: Option<JobId>,
    /// The server.
    pub source_server_id: Option<SourceServerId>,
    /// The EC2 instance.
    pub instance_id: Option<String>,
    /// The reason of a failure.
    pub error: Option<String>,
}

/// The timeline, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timeline {
    /// This page.
    pub entries: Vec<TimelineEntry>,
    /// How many there are in all.
    pub total: usize,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Ends an execution early.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelExecutionRequest {
    /// The execution.
    pub execution_id: ExecutionId,
    /// Why, for the record.
    #[serde(default)]
    pub reason: Option<crate::bounded::Name>,
}

/// Terminates or hands back what a drill launched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminateInstancesRequest {
    /// The execution: a drill.
    pub execution_id: ExecutionId,
    /// Do it. `false` only answers what would be done.
    #[serde(default)]
    pub confirm: bool,
    /// Pre-provisioned instances to terminate as well instead of handing them back stopped: their ids and IPs are gone for good.
    #[serde(default)]
    pub also_terminate_instance_ids: Vec<InstanceId>,
}

/// What was, or would be, done to the instances of a drill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TerminationResult {
    /// The execution.
    pub execution_id: ExecutionId,
    /// Only a preview: nothing was done.
    pub preview: bool,
    /// Terminated, or would be.
    pub terminated: Vec<Loss>,
    /// Pre-provisioned instances handed back: taken out of DRS and stopped, id, IP and tag kept.
    pub released: Vec<InstanceId>,
    /// DRS jobs that terminate.
    pub job_ids: Vec<JobId>,
    /// What could not be done, instance by instance.
    pub problems: Vec<Check>,
}

/// Phase, progress and counts (requirement 004, "Get Recovery Status").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StatusView {
    /// The execution.
    pub execution_id: ExecutionId,
    /// `failover`.
    pub execution_type: String,
    /// Drill or recovery.
    pub is_drill: bool,
    /// Where it stands.
    pub status: ExecutionStatus,
    /// What is going on.
    pub current_phase: Phase,
    /// 0 to 100.
    pub progress_percent: u8,
    /// Seconds from start to end or now.
    pub duration_seconds: u64,
    /// Seconds still to go.
    pub estimated_remaining_seconds: Option<u64>,
    /// Running.
    pub instances_launched: usize,
    /// Not there yet.
    pub instances_pending: usize,
    /// Failed.
    pub instances_failed: usize,
    /// Left out.
    pub instances_skipped: usize,
    /// The target was met, or can still be met.
    pub rto_achieved: bool,
}

endpoints! {
    /// See [`crate::Operation::ListExecutions`].
    ListExecutions: ListExecutionsRequest => ExecutionList;
    /// See [`crate::Operation::GetExecution`].
    GetExecution: ExecutionRequest => ExecutionView;
    /// See [`crate::Operation::ListExecutionServers`].
    ListExecutionServers: ListExecutionServersRequest => ExecutionServerList;
    /// See [`crate::Operation::GetExecutionTimeline`].
    GetExecutionTimeline: TimelineRequest => Timeline;
    /// See [`crate::Operation::PauseExecution`].
    PauseExecution: ExecutionRequest => ExecutionView;
    /// See [`crate::Operation::ResumeExecution`].
    ResumeExecution: ExecutionRequest => ExecutionView;
    /// See [`crate::Operation::CancelExecution`].
    CancelExecution: CancelExecutionRequest => ExecutionView;
    /// See [`crate::Operation::TerminateExecutionInstances`].
    TerminateExecutionInstances: TerminateInstancesRequest => TerminationResult;
    /// See [`crate::Operation::GetAllowLaunchingStatus`].
    GetAllowLaunchingStatus: ExecutionRequest => StatusView;
}
