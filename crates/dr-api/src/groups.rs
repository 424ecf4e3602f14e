//! Protection groups on the wire.

use dr_model::group::{ProtectionGroup, Selection};
use dr_model::ids::{GroupId, SourceServerId};
use dr_model::place::Direction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accounts::{Deleted, ListRequest};
use crate::bounded::{Description, Name};
use crate::endpoint::endpoints;
use crate::infrastructure::SourceServerView;

/// Creates a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateProtectionGroupRequest {
    /// Unique name.
    pub name: Name,
    /// What it is for.
    #[serde(default)]
    pub description: Description,
    /// From where to where its servers fail over.
    pub direction: Direction,
    /// Its servers, by id or by tags.
    pub selection: Selection,
}

/// Changes a group. What is left out stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateProtectionGroupRequest {
    /// The group.
    pub group_id: GroupId,
    /// Unique name.
    #[serde(default)]
    pub name: Option<Name>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<Description>,
    /// Its servers, by id or by tags.
    #[serde(default)]
    pub selection: Option<Selection>,
    /// The version that was read; when given, a change by somebody else since then is a conflict.
    #[serde(default)]
    pub version: Option<u64>,
}

/// Names a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProtectionGroupRequest {
    /// The group.
    pub group_id: GroupId,
}

/// Groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProtectionGroupList {
    /// This page.
    pub protection_groups: Vec<ProtectionGroup>,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Asks what a selection resolves to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewSelectionRequest {
    /// From where to where.
    pub direction: Direction,
    /// By id or by tags.
    pub selection: Selection,
}

/// What a selection resolves to now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SelectionPreview {
    /// How many servers.
    pub total: usize,
    /// The servers.
    pub servers: Vec<SourceServerView>,
    /// Chosen ids that DRS does not know in that account and region.
    pub unknown_server_ids: Vec<SourceServerId>,
    /// Servers that another group of the same direction holds as well.
    pub also_in_groups: Vec<AlsoInGroup>,
}

/// A server that another group holds as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlsoInGroup {
    /// The server.
    pub source_server_id: SourceServerId,
    /// The other group.
    pub group_id: GroupId,
    /// Its name.
    pub group_name: String,
}

endpoints! {
    /// See [`crate::Operation::CreateProtectionGroup`].
    CreateProtectionGroup: CreateProtectionGroupRequest => ProtectionGroup;
    /// See [`crate::Operation::ListProtectionGroups`].
    ListProtectionGroups: ListRequest => ProtectionGroupList;
    /// See [`crate::Operation::GetProtectionGroup`].
    GetProtectionGroup: ProtectionGroupRequest => ProtectionGroup;
    /// See [`crate::Operation::UpdateProtectionGroup`].
    UpdateProtectionGroup: UpdateProtectionGroupRequest => ProtectionGroup;
    /// See [`crate::Operation::DeleteProtectionGroup`].
    DeleteProtectionGroup: ProtectionGroupRequest => Deleted;
    /// See [`crate::Operation::PreviewSelection`].
    PreviewSelection: PreviewSelectionRequest => SelectionPreview;
}
