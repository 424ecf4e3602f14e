//! The record of one configuration run: which servers' launch configuration was changed, from what to what.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{ConfigId, GroupId, InstanceId, SourceServerId};
use crate::launch::LaunchConfiguration;
use crate::place::Direction;

/// How a configuration run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfigRunStatus {
    /// Servers were matched; nothing was applied.
    Matched,
    /// Every server has the configuration it should have.
    Configured,
    /// Some servers have it and some do not.
    PartiallyConfigured,
    /// No server has it.
    Failed,
    /// The previous configurations were restored.
    Reverted,
}

impl ConfigRunStatus {
    /// Every status.
    pub const ALL: [ConfigRunStatus; 5] = [
        Self::Matched,
        Self::Configured,
        Self::PartiallyConfigured,
        Self::Failed,
        Self::Reverted,
    ];

    /// The word on the wire (requirement 004, "DynamoDB Schema": `configured`).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Configured => "configured",
            Self::PartiallyConfigured => "partially_configured",
            Self::Failed => "failed",
            Self::Reverted => "reverted",
        }
    }
}

/// What a run did to one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigRunServer {
    /// The server.
    pub source_server_id: SourceServerId,
    /// The instance it is to be launched into.
    pub target_instance_id: InstanceId,
    /// It has the wanted configuration now.
    pub applied: bool,
    /// Before, where it was read: what reverting restores.
    pub previous: Option<LaunchConfiguration>,
    /// After, as DRS answered it.
    pub current: Option<LaunchConfiguration>,
    /// Why it was not applied.
    pub error: Option<String>,
}

/// A server for which there was no target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnmatchedSource {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name, for people.
    pub name: String,
    /// Why there was none, for people.
    pub reason: String,
}

/// One run, stored once and never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigRun {
    /// Its id.
    pub id: ConfigId,
    /// The protection group, if it was run on one.
    pub group_id: Option<GroupId>,
    /// From where to where its servers fail over.
    pub direction: Direction,
    /// How it ended.
    pub status: ConfigRunStatus,
    /// Matched of all sources, 0.0 to 1.0.
    pub match_rate: f64,
    /// All sources.
    pub total_sources: usize,
    /// Sources with a target.
    pub matched_count: usize,
    /// When it ran.
    pub created_at: DateTime<Utc>,
    /// Its servers.
    pub servers: Vec<ConfigRunServer>,
    /// Sources without a target.
    pub unmatched_sources: Vec<UnmatchedSource>,
    /// Who ran it.
    pub created_by: String,
}
