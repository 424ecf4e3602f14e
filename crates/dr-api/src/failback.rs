//! The steps of the way home on the wire: readiness, agent repair, reverse replication, failback,
//! going back and re-protection.

use chrono::{DateTime, Utc};
use dr_model::check::Check;
use dr_model::execution::ExecutionType;
use dr_model::ids::{AccountId, InstanceId, RecoveryInstanceId, Region, SessionId, SourceServerId};
use dr_model::session::{
    Action, AgentRepair, RepairStage, ReverseProgress, SessionStatus, Stage, StepError, WayBack,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::{ClientToken, LagSeconds, Limit, Line, RecoveryInstances, Servers};
use crate::endpoint::endpoints;
use crate::matching::yes;
use crate::sessions::{ReverseTotals, SessionRequest, SessionView};
use crate::start::Started;

/// Checks everything that a step needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckReadinessRequest {
    /// The session.
    pub session_id: SessionId,
    /// The step.
    pub action: Action,
    /// Only these servers. Left out: all that the step takes.
    #[serde(default)]
    pub source_server_ids: Option<Servers>,
}

/// What a full copy comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopyEstimate {
    /// Servers to copy.
    pub servers: usize,
    /// Bytes of all their disks: the most, for DRS compresses what it sends.
    pub bytes: u64,
    /// Seconds until the last server is whole, at the rate below; no promise.
    pub seconds_at_rate: u64,
    /// Bytes per second that one server is taken to send.
    pub rate_bytes_per_second: u64,
    /// Servers that copy at the same time.
    pub parallel: usize,
    /// Price of the transfer between the two regions.
    pub price_per_gb_usd: f64,
    /// What the transfer costs; not what DRS, staging disks and snapshots cost.
    pub transfer_cost_usd: f64,
    /// What the figures stand on, for a person.
    pub note: String,
}

/// Whether a step can be taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReadinessView {
    /// The session.
    pub session_id: SessionId,
    /// The step.
    pub action: Action,
    /// No critical check failed.
    pub ready: bool,
    /// Every check.
    pub checks: Vec<Check>,
    /// Those that forbid it.
    pub critical_failures: Vec<Check>,
    /// Those that failed and do not.
    pub warnings: Vec<Check>,
    /// For steps that copy: what that comes to.
    pub copy_estimate: Option<CopyEstimate>,
}

/// Checks the prerequisites of reverse replication of one recovery instance (requirement 004).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateReverseReplicationRequest {
    /// The recovery instance.
    pub recovery_instance_id: RecoveryInstanceId,
    /// The region to replicate into.
    pub primary_region: Region,
    /// The region where it runs.
    pub dr_region: Region,
    /// Account to replicate into. Left out: the only registered one with that region.
    #[serde(default)]
    pub primary_account_id: Option<AccountId>,
    /// Account where it runs. Left out: the only registered one with that region.
    #[serde(default)]
    pub dr_account_id: Option<AccountId>,
}

/// Prerequisites of reverse replication.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReverseReplicationValidation {
    /// No critical check failed.
    pub valid: bool,
    /// Every check.
    pub checks: Vec<Check>,
    /// Those that forbid it.
    pub critical_failures: Vec<Check>,
    /// Those that failed and do not.
    pub warnings: Vec<Check>,
    /// The same as `valid`, under the name that requirement 004 has.
    pub ready_for_reverse_replication: bool,
}

/// A server that a step did not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedServer {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Why.
    pub reason: String,
}

/// A step that was taken, or, for a dry run, would be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepStarted {
    /// The step.
    pub action: Action,
    /// Only a preview: nothing was done.
    pub dry_run: bool,
    /// Servers that it takes.
    pub source_server_ids: Vec<SourceServerId>,
    /// Servers that it does not take.
    pub refused: Vec<RefusedServer>,
    /// Checks that would prevent it; for a dry run only, for otherwise it is refused.
    pub critical_failures: Vec<Check>,
    /// Checks that failed and do not prevent it.
    pub warnings: Vec<Check>,
    /// For steps that copy: what that comes to.
    pub copy_estimate: Option<CopyEstimate>,
    /// The session as it is now.
    pub session: SessionView,
}

/// Repairs agents: uninstall, reboot, install. The repaired servers are copied whole again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallAgentsRequest {
    /// The session.
    pub session_id: SessionId,
    /// Only these servers. Left out: those whose agent needs it.
    #[serde(default)]
    pub source_server_ids: Option<Servers>,
    /// `full copy`: the words that say what it costs is known. Left out: nothing is done, and the cost is answered.
    #[serde(default)]
    pub confirm: Option<Line>,
    /// Only answer what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// Whether one agent needs repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepairCandidate {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// Where it runs in the recovery region.
    pub instance_id: Option<InstanceId>,
    /// Its agent needs repair. Where it does not, reverse replication re-uses the agent that is there.
    pub is_needed: bool,
    /// Why it needs repair, or why it does not.
    pub reason: String,
    /// SSM reaches the instance now; none where SSM could not be asked.
    pub ssm_online: Option<bool>,
    /// What would be copied again.
    pub total_bytes: u64,
}

/// A repair of agents that was, or would be, started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgentRepairStarted {
    /// Only a preview: nothing was done.
    pub preview: bool,
    /// The words to give as `confirm`.
    pub confirmation: String,
    /// What a repair costs besides money, for a person.
    pub note: String,
    /// What would be copied again: for those that need it, or for all that were named.
    pub total_bytes: u64,
    /// Every server that could be repaired, with whether it needs to be.
    pub candidates: Vec<RepairCandidate>,
    /// Servers that are repaired now.
    pub source_server_ids: Vec<SourceServerId>,
    /// Servers that were not taken.
    pub refused: Vec<RefusedServer>,
    /// What the copy comes to.
    pub copy_estimate: Option<CopyEstimate>,
    /// The session as it is now.
    pub session: SessionView,
}

/// Lists something of a session, page by page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionPageRequest {
    /// The session.
    pub session_id: SessionId,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// How many repairs are at one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RepairCount {
    /// The stage.
    pub stage: RepairStage,
    /// How many.
    pub servers: usize,
}

/// The agent of one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentStatus {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// Where it runs in the recovery region.
    pub instance_id: Option<InstanceId>,
    /// How far the server is.
    pub stage: Stage,
    /// The last repair, with SSM's words. None: there was none.
    pub repair: Option<AgentRepair>,
    /// The source server that appeared in the origin region.
    pub way_back: Option<WayBack>,
    /// Why the last step failed.
    pub error: Option<StepError>,
}

/// Agents of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgentStatusView {
    /// The session.
    pub session_id: SessionId,
    /// Where it stands.
    pub status: SessionStatus,
    /// Repairs by stage; stages without a server are left out.
    pub repairs: Vec<RepairCount>,
    /// This page, those left out of the way home aside.
    pub servers: Vec<AgentStatus>,
    /// How many there are in all.
    pub total: usize,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Replicates back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartReverseReplicationRequest {
    /// The session.
    pub session_id: SessionId,
    /// Only these servers. Left out: all that wait for it.
    #[serde(default)]
    pub source_server_ids: Option<Servers>,
    /// Start without checking first. DRS then says by itself what is missing, later.
    #[serde(default)]
    pub skip_checks: bool,
    /// Only answer what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

/// Reverse replication of one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReverseServer {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// DRS's record of where it runs in the recovery region.
    pub recovery_instance_id: Option<RecoveryInstanceId>,
    /// Its source server of the way back.
    pub way_back: Option<WayBack>,
    /// How far the server is.
    pub stage: Stage,
    /// How far its replication is.
    pub progress: ReverseProgress,
    /// 0 to 100.
    pub progress_percent: f64,
    /// Why the last step failed.
    pub error: Option<StepError>,
}

/// Reverse replication of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReverseReplicationStatus {
    /// The session.
    pub session_id: SessionId,
    /// Where it stands.
    pub status: SessionStatus,
    /// A reverse replication with at most this lag is ready, with lag.
    pub lag_threshold_seconds: u64,
    /// When the live state was last looked at.
    pub looked_at: Option<DateTime<Utc>>,
    /// All servers together.
    pub totals: ReverseTotals,
    /// This page, those left out of the way home aside.
    pub servers: Vec<ReverseServer>,
    /// How many there are in all.
    pub total: usize,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

fn drill() -> ExecutionType {
    ExecutionType::Drill
}

/// Goes home with the mirrored plan, or rehearses it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecuteFailbackRequest {
    /// The session.
    pub session_id: SessionId,
    /// Drill, unless a real failback is asked for; that needs the permission to start recoveries.
    #[serde(default = "drill")]
    pub execution_type: ExecutionType,
    /// Only these servers. Left out: all that are ready.
    #[serde(default)]
    pub source_server_ids: Option<Servers>,
    /// Leave out servers that fail a critical check instead of refusing to start.
    #[serde(default)]
    pub skip_invalid_servers: bool,
    /// Only answer what would be done.
    #[serde(default)]
    pub dry_run: bool,
    /// A retry with the same token answers the execution that the first try started.
    #[serde(default)]
    pub client_token: Option<ClientToken>,
}

/// Goes home with some recovery instances (requirement 004): the failback of the session that holds them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailbackOfInstancesRequest {
    /// The recovery instances, all of one session.
    pub recovery_instance_ids: RecoveryInstances,
    /// Account to go home to.
    pub primary_account_id: AccountId,
    /// Account where they run.
    pub dr_account_id: AccountId,
    /// Region to go home to.
    pub primary_region: Region,
    /// Region where they run.
    pub dr_region: Region,
    /// Refuse when a prerequisite is not met. `false` leaves out the servers that fail one: none is launched unchecked.
    #[serde(default = "yes")]
    pub validate_prerequisites: bool,
    /// Accepted as requirement 004 has it. No call waits: a server that is not ready is refused, with its state.
    #[serde(default = "yes")]
    pub wait_for_reverse_replication: bool,
    /// Refuse servers that are further behind.
    #[serde(default)]
    pub target_lag_seconds: LagSeconds,
    /// Accepted as requirement 004 has it. The answer is always 202 with an id: poll the status.
    #[serde(default)]
    pub wait_for_completion: bool,
    /// Drill, unless a real failback is asked for in so many letters.
    #[serde(default = "yes")]
    pub is_drill: bool,
    /// Only answer what would be done.
    #[serde(default)]
    pub dry_run: bool,
    /// A retry with the same token answers the execution that the first try started.
    #[serde(default)]
    pub client_token: Option<ClientToken>,
}

/// A failback that was, or would be, started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FailbackStarted {
    /// The session.
    pub session_id: SessionId,
    /// The execution.
    #[serde(flatten)]
    pub started: Started,
}

/// Undoes a failback on trial: what came home is stopped, production stays in the recovery region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GoBackRequest {
    /// The session.
    pub session_id: SessionId,
    /// `go back`: the words that say that what was written since the failback is given up.
    pub confirm: Line,
}

/// Protects again what came home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReProtectRequest {
    /// The session.
    pub session_id: SessionId,
    /// Only these servers. Left out: all that came home.
    #[serde(default)]
    pub source_server_ids: Option<Servers>,
    /// Only answer what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

endpoints! {
    /// See [`crate::Operation::CheckReadiness`].
    CheckReadiness: CheckReadinessRequest => ReadinessView;
    /// See [`crate::Operation::ValidateReverseReplication`].
    ValidateReverseReplication: ValidateReverseReplicationRequest => ReverseReplicationValidation;
    /// See [`crate::Operation::InstallAgents`].
    InstallAgents: InstallAgentsRequest => AgentRepairStarted;
    /// See [`crate::Operation::GetAgentStatus`].
    GetAgentStatus: SessionPageRequest => AgentStatusView;
    /// See [`crate::Operation::StartReverseReplication`].
    StartReverseReplication: StartReverseReplicationRequest => StepStarted;
    /// See [`crate::Operation::GetReverseReplicationStatus`].
    GetReverseReplicationStatus: SessionPageRequest => ReverseReplicationStatus;
    /// See [`crate::Operation::ExecuteFailback`].
    ExecuteFailback: ExecuteFailbackRequest => FailbackStarted;
    /// See [`crate::Operation::ExecuteAllowLaunchingFailback`].
    ExecuteAllowLaunchingFailback: FailbackOfInstancesRequest => FailbackStarted;
    /// See [`crate::Operation::CommitFailback`].
    CommitFailback: SessionRequest => SessionView;
    /// See [`crate::Operation::GoBack`].
    GoBack: GoBackRequest => StepStarted;
    /// See [`crate::Operation::ReProtect`].
    ReProtect: ReProtectRequest => StepStarted;
}
