//! An instance pair: a protected server and the pre-provisioned instance it is to be launched into.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{GroupId, InstanceId, PairId, SourceServerId};
use crate::launch::LaunchConfiguration;

/// How a pair came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchMethod {
    /// Same normalised name.
    Exact,
    /// Similar name.
    Fuzzy,
    /// Chosen by a person.
    Manual,
}

/// The launch configuration that we applied for a pair, and the one it replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppliedConfiguration {
    /// Before: what reverting restores.
    pub previous: LaunchConfiguration,
    /// After, as DRS answered it.
    pub current: LaunchConfiguration,
    /// When it was applied.
    pub applied_at: DateTime<Utc>,
}

/// A pair, stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InstancePair {
    /// Its id.
    pub id: PairId,
    /// The protection group it belongs to.
    pub group_id: GroupId,
    /// The protected server.
    pub source_server_id: SourceServerId,
    /// Its Name tag or host name, when the pair was made.
    pub source_name: Option<String>,
    /// The instance to launch into.
    pub target_instance_id: InstanceId,
    /// Its Name tag, when the pair was made.
    pub target_name: Option<String>,
    /// Its private IP, when the pair was made: what must be kept.
    pub target_private_ip: Option<String>,
    /// Similarity of the names, 0.0 to 1.0.
    pub confidence: f64,
    /// How it came about.
    pub method: MatchMethod,
    /// What was applied to DRS for it, if anything.
    pub configuration: Option<AppliedConfiguration>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Version for optimistic locking.
    pub version: u64,
}
