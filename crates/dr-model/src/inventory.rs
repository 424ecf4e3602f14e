//! What the whole estate's replication looks like, kept so that a page needs no live look at every region.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, InstanceId, Region, SourceServerId};
use crate::place::Place;
use crate::replication::ReplicationDirection;

/// Points of lag that are kept per server: 24 hours at one in 5 minutes.
pub const HISTORY_POINTS: usize = 288;
/// Time between two kept points.
pub const HISTORY_STEP_SECONDS: i64 = 300;
/// A server with at most this lag attains its recovery point objective, unless the caller says otherwise: 15 minutes.
pub const DEFAULT_RPO_SECONDS: u64 = 900;

/// One server of the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InventoryServer {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// The original instance.
    pub origin_instance_id: Option<InstanceId>,
    /// Account of the original.
    pub origin_account_id: Option<AccountId>,
    /// Region of the original.
    pub origin_region: Option<Region>,
    /// Which way it replicates.
    pub direction: ReplicationDirection,
    /// DRS's state of its replication.
    pub state: String,
    /// Seconds behind.
    pub lag_seconds: Option<u64>,
    /// When it was last wholly consistent.
    pub last_consistent_at: Option<DateTime<Utc>>,
    /// When DRS expects the first copy to be whole.
    pub eta: Option<DateTime<Utc>>,
    /// What is wrong, in DRS's word.
    pub error: Option<String>,
    /// Bytes of all disks.
    pub total_bytes: u64,
    /// Bytes that are done.
    pub done_bytes: u64,
    /// Bytes that wait.
    pub backlogged_bytes: u64,
    /// It has a live recovery instance.
    pub has_recovery_instance: bool,
    /// Since when it is in this state.
    pub state_since: DateTime<Utc>,
}

/// One kept point of a server's lag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LagPoint {
    /// When.
    pub at: DateTime<Utc>,
    /// Seconds behind; none when it was not known.
    pub lag_seconds: Option<u64>,
}

/// The lag of one server over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LagHistory {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its points, oldest first.
    pub points: Vec<LagPoint>,
}

/// Something that happened to a server's replication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Activity {
    /// When it was seen.
    pub at: DateTime<Utc>,
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// State before, empty for a server that is new.
    pub from: String,
    /// State after, empty for a server that is gone.
    pub to: String,
}

/// What is known of the replication in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inventory {
    /// The place that the servers live in.
    pub place: Place,
    /// When it was read.
    pub refreshed_at: DateTime<Utc>,
    /// Why the last reading failed, if it did; what is here is then older.
    pub error: Option<String>,
    /// Its servers, by id.
    pub servers: Vec<InventoryServer>,
    /// The last changes, newest first, at most 100.
    pub activity: Vec<Activity>,
    /// When points of lag were last kept.
    pub points_at: Option<DateTime<Utc>>,
}
