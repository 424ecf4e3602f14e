//! Recovery instances on the wire: what runs in the recovery region, and single steps for one of them.

use chrono::{DateTime, Utc};
use dr_model::check::Check;
use dr_model::guard::Loss;
use dr_model::ids::{
    AccountId, InstanceId, JobId, RecoveryInstanceId, Region, SessionId, SourceServerId,
};
use dr_model::session::ReverseState;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::{ClientToken, Limit, Line};
use crate::endpoint::endpoints;
use crate::failback::{FailbackStarted, StepStarted};
use crate::matching::yes;

/// Lists recovery instances of one account and region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListRecoveryInstancesRequest {
    /// The account.
    pub account_id: AccountId,
    /// The region.
    pub region: Region,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// How far a recovery instance is on the way back (requirement 002, "Reverse Replication States").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReversedLaunchState {
    /// Reverse replication was not asked for.
    NotStarted,
    /// Data goes back.
    Synchronizing,
    /// It can fail back.
    Ready,
    /// It came home; DRS says so of origins on premises only.
    Completed,
    /// DRS reports an error.
    Error,
}

/// Where a recovery instance replicates back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplicatingTo {
    /// The account.
    pub account_id: AccountId,
    /// The region.
    pub region: Region,
    /// Its source server there.
    pub source_server_id: SourceServerId,
}

/// A recovery instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryInstanceView {
    /// DRS's record.
    pub recovery_instance_id: RecoveryInstanceId,
    /// The EC2 instance.
    pub instance_id: Option<InstanceId>,
    /// The source server that it was launched from.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: Option<String>,
    /// Launched by a drill.
    pub is_drill: bool,
    /// EC2's state, as DRS words it.
    pub instance_state: String,
    /// The point in time that it was launched from.
    pub launched_at: Option<DateTime<Utc>>,
    /// The job that launched it.
    pub job_id: Option<String>,
    /// It came home: DRS's record of the live primary. Never terminated from here.
    pub is_home: bool,
    /// The replication back, in the seven states of a failover session.
    pub reverse_state: ReverseState,
    /// How far it is on the way back.
    pub reversed_launch_state: ReversedLaunchState,
    /// The same in DRS's word.
    pub failback_state: Option<String>,
    /// DRS's state of the replication back.
    pub replication_state: Option<String>,
    /// The replication back, 0 to 100.
    pub progress_percent: f64,
    /// Seconds that the replication back is behind.
    pub lag_seconds: Option<u64>,
    /// When DRS last heard of its agent.
    pub agent_seen_at: Option<DateTime<Utc>>,
    /// What a person could do next.
    pub pending_action: Option<String>,
    /// Where it replicates back to.
    pub replicating_to: Option<ReplicatingTo>,
    /// The failover session that it belongs to.
    pub session_id: Option<SessionId>,
    /// What is wrong, in DRS's words.
    pub problem: Option<String>,
}

/// Recovery instances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryInstanceList {
    /// This page.
    pub recovery_instances: Vec<RecoveryInstanceView>,
    /// How many there are in all.
    pub total: usize,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Replicates one recovery instance back, within its failover session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReverseRecoveryInstanceRequest {
    /// The recovery instance.
    pub recovery_instance_id: RecoveryInstanceId,
    /// The region to go home to. DRS knows it; given, another one is refused.
    #[serde(default)]
    pub target_region: Option<Region>,
}

/// Fails one recovery instance back, within its failover session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailbackRecoveryInstanceRequest {
    /// The recovery instance.
    pub recovery_instance_id: RecoveryInstanceId,
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

/// Terminates one recovery instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminateRecoveryInstanceRequest {
    /// The recovery instance.
    pub recovery_instance_id: RecoveryInstanceId,
    /// Its account.
    pub account_id: AccountId,
    /// Its region.
    pub region: Region,
    /// The words that the dry run names, for what runs production.
    #[serde(default)]
    pub confirm: Option<Line>,
    /// Only answer what would be lost.
    #[serde(default)]
    pub dry_run: bool,
}

/// What was, or would be, terminated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TerminatedRecoveryInstance {
    /// The recovery instance.
    pub recovery_instance_id: RecoveryInstanceId,
    /// Only a preview: nothing was done.
    pub dry_run: bool,
    /// What is lost, or would be.
    pub losses: Vec<Loss>,
    /// The words to give as `confirm`; none where none are needed.
    pub confirmation: Option<String>,
    /// What forbids it, with what to do.
    pub refused: Vec<Check>,
    /// DRS's job.
    pub job_id: Option<JobId>,
}

endpoints! {
    /// See [`crate::Operation::ListRecoveryInstances`].
    ListRecoveryInstances: ListRecoveryInstancesRequest => RecoveryInstanceList;
    /// See [`crate::Operation::ReverseRecoveryInstance`].
    ReverseRecoveryInstance: ReverseRecoveryInstanceRequest => StepStarted;
    /// See [`crate::Operation::FailbackRecoveryInstance`].
    FailbackRecoveryInstance: FailbackRecoveryInstanceRequest => FailbackStarted;
    /// See [`crate::Operation::TerminateRecoveryInstance`].
    TerminateRecoveryInstance: TerminateRecoveryInstanceRequest => TerminatedRecoveryInstance;
}
