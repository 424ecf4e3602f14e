//! First installations of the replication agent on machines that SSM reaches.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{InstallationId, MachineId, Region, SourceServerId};
use crate::place::Place;
use crate::session::AgentRepair;

/// Most machines in one request (requirement 002) and in one SSM command.
pub const MAX_MACHINES: usize = 50;

/// One machine of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstallingMachine {
    /// The machine.
    pub machine_id: MachineId,
    /// Its name.
    pub name: Option<String>,
    /// How far it is. A first installation begins at READY_TO_INSTALL.
    pub progress: AgentRepair,
    /// The source server that appeared for it.
    pub source_server_id: Option<SourceServerId>,
}

/// A run of agent installations: one stored item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Installation {
    /// Its id.
    pub id: InstallationId,
    /// Where the machines are, and SSM reaches them.
    pub place: Place,
    /// The region that they are to replicate into, in the same account.
    pub target_region: Region,
    /// Tags for the source servers, as `Key=Value`.
    pub tags: Vec<String>,
    /// The machines.
    pub machines: Vec<InstallingMachine>,
    /// When the command for those that are ready was about to be sent.
    pub intended_at: Option<DateTime<Utc>>,
    /// Work is under way.
    pub is_active: bool,
    /// Who asked for it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Version for optimistic locking.
    pub version: u64,
}
