//! A recovery plan: protection groups in waves, with pauses between them.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::SsmAction;
use crate::ids::{GroupId, PlanId, SessionId};

/// Most waves in a plan (requirement 004, "Scalability Limits").
pub const MAX_WAVES: usize = 20;
/// Target time to recover when a plan names none: 30 minutes (requirement 004, "Performance Targets").
pub const DEFAULT_RTO_TARGET_SECONDS: u64 = 30 * 60;
/// How long a pause waits for a person before the execution is cancelled: 24 hours.
pub const DEFAULT_PAUSE_TIMEOUT_SECONDS: u64 = 24 * 60 * 60;

/// What happens after a wave in which servers failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnFailure {
    /// Go on: a failed server is not a failed fleet.
    #[default]
    Continue,
    /// Wait for a person before the next wave.
    Pause,
}

/// One wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wave {
    /// Its name.
    pub name: String,
    /// Groups that are launched together.
    pub group_ids: Vec<GroupId>,
    /// Wait for a person before this wave.
    #[serde(default)]
    pub pause_before: bool,
    /// What to do after it when servers failed.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// SSM actions before it launches, in their order: at most 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions_before: Vec<SsmAction>,
    /// SSM actions after all of its servers have come to an end, in their order: at most 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions_after: Vec<SsmAction>,
}

/// A plan, stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryPlan {
    /// Its id.
    pub id: PlanId,
    /// Unique name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Waves in the order they run.
    pub waves: Vec<Wave>,
    /// Target time to recover, in seconds.
    pub rto_target_seconds: u64,
    /// How long a pause waits for a person, in seconds.
    pub pause_timeout_seconds: u64,
    /// The plan that this one brings home, if it was made by mirroring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror_of: Option<PlanId>,
    /// The plan that brings this one home, while there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirrored_as: Option<PlanId>,
    /// The failover session behind either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Version for optimistic locking.
    pub version: u64,
}
