//! Recovery plans on the wire.

use dr_model::ids::PlanId;
use dr_model::plan::{RecoveryPlan, Wave};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accounts::{Deleted, ListRequest};
use crate::bounded::{Description, Name, PauseSeconds, RtoSeconds};
use crate::endpoint::endpoints;

/// Creates a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRecoveryPlanRequest {
    /// Unique name.
    pub name: Name,
    /// What it is for.
    #[serde(default)]
    pub description: Description,
    /// Waves in the order they run: 1 to 20, each with at least one group, no group twice; at most 10 SSM actions
    /// before each, and as many after.
    pub waves: Vec<Wave>,
    /// Target time to recover.
    #[serde(default)]
    pub rto_target_seconds: RtoSeconds,
    /// How long a pause waits for a person before the execution is cancelled.
    #[serde(default)]
    pub pause_timeout_seconds: PauseSeconds,
}

/// Changes a plan. What is left out stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateRecoveryPlanRequest {
    /// The plan.
    pub plan_id: PlanId,
    /// Unique name.
    #[serde(default)]
    pub name: Option<Name>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<Description>,
    /// Waves in the order they run.
    #[serde(default)]
    pub waves: Option<Vec<Wave>>,
    /// Target time to recover.
    #[serde(default)]
    pub rto_target_seconds: Option<RtoSeconds>,
    /// How long a pause waits for a person.
    #[serde(default)]
    pub pause_timeout_seconds: Option<PauseSeconds>,
    /// The version that was read; when given, a change by somebody else since then is a conflict.
    #[serde(default)]
    pub version: Option<u64>,
}

/// Names a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoveryPlanRequest {
    /// The plan.
    pub plan_id: PlanId,
}

/// Plans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryPlanList {
    /// This page.
    pub recovery_plans: Vec<RecoveryPlan>,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

endpoints! {
    /// See [`crate::Operation::CreateRecoveryPlan`].
    CreateRecoveryPlan: CreateRecoveryPlanRequest => RecoveryPlan;
    /// See [`crate::Operation::ListRecoveryPlans`].
    ListRecoveryPlans: ListRequest => RecoveryPlanList;
    /// See [`crate::Operation::GetRecoveryPlan`].
    GetRecoveryPlan: RecoveryPlanRequest => RecoveryPlan;
    /// See [`crate::Operation::UpdateRecoveryPlan`].
    UpdateRecoveryPlan: UpdateRecoveryPlanRequest => RecoveryPlan;
    /// See [`crate::Operation::DeleteRecoveryPlan`].
    DeleteRecoveryPlan: RecoveryPlanRequest => Deleted;
}
