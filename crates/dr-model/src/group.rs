//! A protection group: servers that are recovered together.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{GroupId, SessionId, SourceServerId};
use crate::place::Direction;
use crate::server::SourceServer;

/// Which servers a group holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Selection {
    /// These.
    ServerIds(BTreeSet<SourceServerId>),
    /// All source servers that carry every one of these tags, resolved whenever the group is used.
    Tags(BTreeMap<String, String>),
}

impl Selection {
    /// Whether a server belongs.
    #[must_use]
    pub fn holds(&self, server: &SourceServer) -> bool {
        match self {
            Selection::ServerIds(ids) => ids.contains(&server.id),
            Selection::Tags(tags) => tags
                .iter()
                .all(|(key, value)| server.tags.get(key) == Some(value)),
        }
    }
}

/// A group, stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProtectionGroup {
    /// Its id.
    pub id: GroupId,
    /// Unique name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// From where to where its servers fail over.
    pub direction: Direction,
    /// Its servers.
    pub selection: Selection,
    /// The group that this one brings home, if it was made by mirroring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror_of: Option<GroupId>,
    /// The group that brings this one home, while there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirrored_as: Option<GroupId>,
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
