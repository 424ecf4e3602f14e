//! Starting an execution, on the wire.

use dr_model::check::Check;
use dr_model::execution::{ExecutionStatus, ExecutionType};
use dr_model::ids::{AccountId, ExecutionId, GroupId, PlanId, Region};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::{ClientToken, RtoSeconds};
use crate::endpoint::endpoints;
use crate::matching::PairRef;

/// Starts a drill or a recovery of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartExecutionRequest {
    /// The plan.
    pub plan_id: PlanId,
    /// Drill or recovery. A recovery needs the permission to start recoveries.
    pub execution_type: ExecutionType,
    /// A retry with the same token answers the execution that the first try started.
    #[serde(default)]
    pub client_token: Option<ClientToken>,
    /// Leave out servers that fail a critical check instead of refusing to start.
    #[serde(default)]
    pub skip_invalid_servers: bool,
    /// Only answer what would be done: waves, servers, checks.
    #[serde(default)]
    pub dry_run: bool,
}

/// Starts a drill or a recovery of a plain set of pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecuteFailoverRequest {
    /// Account of the original instances.
    pub primary_account_id: AccountId,
    /// Account of the pre-provisioned instances and of the source servers.
    pub dr_account_id: AccountId,
    /// Region of the original instances.
    pub primary_region: Region,
    /// Region of the pre-provisioned instances and of the source servers.
    pub dr_region: Region,
    /// Name of the one wave.
    #[serde(default = "first_wave")]
    pub wave: String,
    /// Drill, unless a real recovery is asked for in so many letters.
    #[serde(default = "crate::matching::yes")]
    pub is_drill: bool,
    /// These pairs.
    #[serde(default)]
    pub pairs: Option<Vec<PairRef>>,
    /// The saved pairs of these groups.
    #[serde(default)]
    pub group_ids: Option<Vec<GroupId>>,
    /// Target time to recover.
    #[serde(default, alias = "timeout_seconds")]
    pub rto_target_seconds: RtoSeconds,
    /// Accepted as requirement 004 has it. The answer is always 202 with an id: poll the status.
    #[serde(default)]
    pub wait_for_completion: bool,
    /// A retry with the same token answers the execution that the first try started.
    #[serde(default)]
    pub client_token: Option<ClientToken>,
    /// Leave out servers that fail a critical check instead of refusing to start.
    #[serde(default)]
    pub skip_invalid_servers: bool,
    /// Only answer what would be done.
    #[serde(default)]
    pub dry_run: bool,
}

fn first_wave() -> String {
    "wave-1".to_owned()
}

/// One wave of what was, or would be, started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StartedWave {
    /// Its name.
    pub name: String,
    /// Wait for a person before it.
    pub pause_before: bool,
    /// How many servers.
    pub servers: usize,
    /// How many DRS jobs.
    pub jobs: usize,
    /// How many servers are left out.
    pub skipped: usize,
    /// How many servers launch into a new instance, for want of a pair.
    pub new_instances: usize,
    /// SSM actions that run before it, by name.
    #[serde(default)]
    pub actions_before: Vec<String>,
    /// SSM actions that run after it, by name.
    #[serde(default)]
    pub actions_after: Vec<String>,
}

/// What was, or would be, started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Started {
    /// The execution; none for a dry run.
    pub execution_id: Option<ExecutionId>,
    /// Where it stands; none for a dry run.
    pub status: Option<ExecutionStatus>,
    /// Drill or recovery.
    pub execution_type: ExecutionType,
    /// Servers in all.
    pub total_servers: usize,
    /// Waves.
    pub waves: Vec<StartedWave>,
    /// Checks that failed and did not prevent the start.
    pub warnings: Vec<Check>,
    /// For a dry run: checks that would prevent the start.
    pub failed_checks: Vec<Check>,
}

endpoints! {
    /// See [`crate::Operation::StartExecution`].
    StartExecution: StartExecutionRequest => Started;
    /// See [`crate::Operation::ExecuteFailover`].
    ExecuteFailover: ExecuteFailoverRequest => Started;
}
