//! Mirroring on the wire: groups and plan for the way home.

use dr_model::ids::{GroupId, PlanId, SessionId, SourceServerId};
use dr_model::launch::SettingChange;
use dr_model::plan::Wave;
use dr_model::session::{MappedBy, MirroredServer, SessionStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::endpoint::endpoints;
use crate::sessions::SessionRequest;

/// Makes groups and plan for the way home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MirrorConfigRequest {
    /// The session.
    pub session_id: SessionId,
    /// Let the wave that went last come home first.
    #[serde(default)]
    pub reverse_waves: bool,
    /// Only answer what would be made.
    #[serde(default)]
    pub dry_run: bool,
}

/// A mirrored group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MirroredGroupView {
    /// The group that failed over.
    pub original_id: GroupId,
    /// The group that brings it home.
    pub mirrored_id: GroupId,
    /// Its name.
    pub name: String,
}

/// One server of the mirrored configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MirrorServer {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// Its source server of the way back.
    pub way_back: Option<SourceServerId>,
    /// How that was found.
    pub mapped_by: Option<MappedBy>,
    /// Group, target and network settings of the way home.
    pub mirrored: Option<MirroredServer>,
    /// What was changed in DRS and EC2 by this call, or would be.
    pub changes: Vec<SettingChange>,
    /// Why it is not mirrored.
    pub reason_not: Option<String>,
    /// What to do about that.
    pub remediation: Option<String>,
}

/// The mirrored configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MirrorView {
    /// The session.
    pub session_id: SessionId,
    /// Where it stands.
    pub status: SessionStatus,
    /// Only a preview: nothing was made.
    pub dry_run: bool,
    /// Groups and plan exist.
    pub is_mirrored: bool,
    /// The mirrored groups, or what they would be.
    pub mirrored_groups: Vec<MirroredGroupView>,
    /// The mirrored plan, or what it would be.
    pub mirrored_plan_id: Option<PlanId>,
    /// Its name.
    pub mirrored_plan_name: Option<String>,
    /// Its waves, in the order they run.
    pub waves: Vec<Wave>,
    /// Server by server: those that are mirrored, then those that cannot be.
    pub servers: Vec<MirrorServer>,
    /// Servers whose launch configuration is still being applied.
    pub remaining: usize,
    /// What a person should know.
    pub warnings: Vec<String>,
}

endpoints! {
    /// See [`crate::Operation::MirrorConfig`].
    MirrorConfig: MirrorConfigRequest => MirrorView;
    /// See [`crate::Operation::GetMirrorStatus`].
    GetMirrorStatus: SessionRequest => MirrorView;
}
