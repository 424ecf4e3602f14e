//! Replication on the wire: one server live, the whole estate from the inventory, lag over time, points in time.

use chrono::{DateTime, Utc};
use dr_model::check::{Check, Severity};
use dr_model::ids::{AccountId, InstanceId, RecoveryInstanceId, Region, SourceServerId};
use dr_model::inventory::{Activity, InventoryServer, LagPoint};
use dr_model::place::Place;
use dr_model::replication::{DiskProgress, InitiationStep, ReplicationDirection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::{Limit, Line, RpoSeconds};
use crate::endpoint::endpoints;

/// Names a source server, where it lives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerRequest {
    /// The server.
    pub source_server_id: SourceServerId,
    /// The account that it replicates into.
    pub account_id: AccountId,
    /// The region that it replicates into.
    pub region: Region,
}

/// One disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiskView {
    /// How far it is.
    #[serde(flatten)]
    pub disk: DiskProgress,
    /// 0 to 100: of the rescan while there is one, otherwise of the copy.
    pub progress_percent: f64,
}

/// The life of a source server so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lifecycle {
    /// When it was added to DRS.
    pub added_at: Option<DateTime<Utc>>,
    /// When the first byte came.
    pub first_byte_at: Option<DateTime<Utc>>,
    /// Seconds from the first byte until the first copy was whole, or until now.
    pub elapsed_seconds: Option<u64>,
    /// When DRS last heard of the agent.
    pub last_seen_at: Option<DateTime<Utc>>,
}

/// The replication of one server, as DRS has it now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplicationView {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Name tag, or host name where it has none.
    pub name: Option<String>,
    /// Host name.
    pub hostname: Option<String>,
    /// Where it lives.
    pub place: Place,
    /// The original instance.
    pub origin_instance_id: Option<InstanceId>,
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
    /// When DRS expects the copy to be whole.
    pub eta: Option<DateTime<Utc>>,
    /// Over all disks, 0 to 100.
    pub progress_percent: f64,
    /// Bytes of all disks.
    pub total_bytes: u64,
    /// Bytes that are done.
    pub done_bytes: u64,
    /// Bytes that changed and are not copied yet.
    pub backlogged_bytes: u64,
    /// Its life so far.
    pub lifecycle: Lifecycle,
    /// When the replication began.
    pub initiated_at: Option<DateTime<Utc>>,
    /// When DRS next tries again.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// How the replication began: DRS's eleven steps.
    pub steps: Vec<InitiationStep>,
    /// Disks.
    pub disks: Vec<DiskView>,
    /// The account that it is staged in, for an extended source server.
    pub staging_account_id: Option<AccountId>,
    /// Its recovery instance, if it has one.
    pub recovery_instance_id: Option<RecoveryInstanceId>,
    /// DRS's word for what is wrong: `AGENT_NOT_SEEN`, `SNAPSHOTS_FAILURE`, ...
    pub replication_error: Option<String>,
    /// More about it, as DRS words it.
    pub raw_error: Option<String>,
    /// Everything worth saying, with what to do; empty when all is well.
    pub advice: Vec<Check>,
}

/// A way to replicate, to choose by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WantedDirection {
    /// From the original instances to the recovery region.
    Failover,
    /// From recovery instances back to the origin.
    Failback,
}

/// Lists the replication of the whole estate, from the inventory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListReplicationRequest {
    /// Only servers that live in this account.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// Only servers that live in this region.
    #[serde(default)]
    pub region: Option<Region>,
    /// Only those in this state, such as `CONTINUOUS`.
    #[serde(default)]
    pub state: Option<Line>,
    /// Only those that replicate this way.
    #[serde(default)]
    pub direction: Option<WantedDirection>,
    /// Only those with an alert.
    #[serde(default)]
    pub alerts_only: bool,
    /// Only those with this in their name, in any case.
    #[serde(default)]
    pub name_contains: Option<Line>,
    /// How much data may be lost at most: a server further behind has an alert.
    #[serde(default)]
    pub rpo_seconds: RpoSeconds,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// Something that needs attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertView {
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remediation: String,
    /// Since when the server is in its state.
    pub since: DateTime<Utc>,
}

/// One server of the estate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EstateServer {
    /// Where it lives.
    pub place: Place,
    /// What is known of it.
    #[serde(flatten)]
    pub server: InventoryServer,
    /// 0 to 100.
    pub progress_percent: f64,
    /// The worst that is wrong with it, with what to do.
    pub alert: Option<AlertView>,
}

/// How fresh the inventory of one place is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceAge {
    /// The place.
    pub place: Place,
    /// Servers that live there.
    pub servers: usize,
    /// When it was read; none if never.
    pub refreshed_at: Option<DateTime<Utc>>,
    /// Seconds since.
    pub age_seconds: Option<u64>,
    /// Why the last reading failed, if it did.
    pub error: Option<String>,
}

/// The replication of the estate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplicationList {
    /// This page.
    pub servers: Vec<EstateServer>,
    /// How many there are in all, after filters.
    pub total: usize,
    /// Seconds since the oldest of the places was read; none where none was.
    pub age_seconds: Option<u64>,
    /// The places, each with its age.
    pub places: Vec<PlaceAge>,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Sums the estate up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplicationDashboardRequest {
    /// How much data may be lost at most.
    #[serde(default)]
    pub rpo_seconds: RpoSeconds,
}

/// How many servers have something in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServerCount {
    /// What: a state, a region.
    pub name: String,
    /// How many.
    pub servers: usize,
}

/// How many servers meet the recovery point objective. Servers on the way back do not count.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RpoAttainment {
    /// The objective.
    pub rpo_seconds: u64,
    /// Servers at most that far behind.
    pub attained: usize,
    /// Servers further behind, or without a point in time to recover from.
    pub missed: usize,
    /// Servers whose lag DRS does not say.
    pub unknown: usize,
    /// Attained over those that are known, 0 to 100; none where none is.
    pub attained_percent: Option<f64>,
}

/// An alert of one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReplicationAlert {
    /// Where the server lives.
    pub place: Place,
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// What is wrong, with what to do.
    #[serde(flatten)]
    pub alert: AlertView,
}

/// Something that happened to a server's replication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActivityView {
    /// Where the server lives.
    pub place: Place,
    /// What happened.
    #[serde(flatten)]
    pub activity: Activity,
}

/// The estate, summed up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplicationDashboard {
    /// Servers in all.
    pub total_servers: usize,
    /// Servers that are level: ready to recover.
    pub continuous: usize,
    /// Servers that copy.
    pub syncing: usize,
    /// Servers with an alert.
    pub needs_attention: usize,
    /// Servers by DRS's state.
    pub states: Vec<ServerCount>,
    /// Servers by the region that they replicate into.
    pub regions: Vec<ServerCount>,
    /// Servers by the account that they replicate into.
    pub accounts: Vec<ServerCount>,
    /// Servers by direction: `FAILOVER`, `FAILBACK`.
    pub directions: Vec<ServerCount>,
    /// How many meet the objective.
    pub rpo: RpoAttainment,
    /// What needs attention, the worst first, at most 500.
    pub alerts: Vec<ReplicationAlert>,
    /// What happened, newest first, at most 100.
    pub activity: Vec<ActivityView>,
    /// Seconds since the oldest of the places was read; none where none was.
    pub age_seconds: Option<u64>,
    /// The places, each with its age.
    pub places: Vec<PlaceAge>,
}

/// The lag of one server over the last 24 hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LagHistoryView {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Seconds between two points.
    pub step_seconds: i64,
    /// Its points, oldest first.
    pub points: Vec<LagPoint>,
}

/// Reads the inventory again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshInventoryRequest {
    /// Only this account. Left out: every registered one.
    #[serde(default)]
    pub account_id: Option<AccountId>,
    /// Only this region. Left out: every region of the account that is in use.
    #[serde(default)]
    pub region: Option<Region>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefreshedInventory {
    /// The places that were read, each with what failed.
    pub places: Vec<PlaceAge>,
}

/// Lists points in time of a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListRecoveryPointsRequest {
    /// The server.
    pub source_server_id: SourceServerId,
    /// The account that it replicates into.
    pub account_id: AccountId,
    /// The region that it replicates into.
    pub region: Region,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// One point in time that a server can be launched from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryPointView {
    /// Its id, such as `pit-1234567890abcdef0`.
    pub id: String,
    /// When it was taken; none while it is being taken.
    pub at: Option<DateTime<Utc>>,
    /// When it was due.
    pub expected_at: Option<DateTime<Utc>>,
    /// The EBS snapshots that it is made of.
    pub ebs_snapshots: Vec<String>,
}

/// Points in time, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecoveryPointList {
    /// This page.
    pub recovery_points: Vec<RecoveryPointView>,
    /// How many there are in all.
    pub total: usize,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

endpoints! {
    /// See [`crate::Operation::GetReplicationStatus`].
    GetReplicationStatus: ServerRequest => ReplicationView;
    /// See [`crate::Operation::ListReplicationStatus`].
    ListReplicationStatus: ListReplicationRequest => ReplicationList;
    /// See [`crate::Operation::GetReplicationDashboard`].
    GetReplicationDashboard: ReplicationDashboardRequest => ReplicationDashboard;
    /// See [`crate::Operation::GetLagHistory`].
    GetLagHistory: ServerRequest => LagHistoryView;
    /// See [`crate::Operation::RefreshInventory`].
    RefreshInventory: RefreshInventoryRequest => RefreshedInventory;
    /// See [`crate::Operation::ListRecoveryPoints`].
    ListRecoveryPoints: ListRecoveryPointsRequest => RecoveryPointList;
}
