//! What AWS holds, on the wire: source servers and quotas.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_model::ids::{AccountId, InstanceId, Region, SourceServerId};
use dr_model::server::ReplicationState;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::Limit;
use crate::endpoint::endpoints;

/// Lists source servers of one account and region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListSourceServersRequest {
    /// The recovery account: DRS keeps source servers where they replicate to.
    pub account_id: AccountId,
    /// The recovery region.
    pub region: Region,
    /// Only those in this replication state, such as `CONTINUOUS`.
    #[serde(default)]
    pub replication_state: Option<String>,
    /// Only those whose name or host name holds this text, in any case.
    #[serde(default)]
    pub name_contains: Option<String>,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// A protected server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceServerView {
    /// Its id.
    pub source_server_id: SourceServerId,
    /// Name tag, or host name where it has none.
    pub name: Option<String>,
    /// Host name.
    pub hostname: Option<String>,
    /// The original instance.
    pub origin_instance_id: Option<InstanceId>,
    /// Replication state.
    pub replication_state: ReplicationState,
    /// How far behind it is, in seconds.
    pub lag_seconds: Option<u64>,
    /// When it was last wholly consistent.
    pub last_consistent_at: Option<DateTime<Utc>>,
    /// Size of its disks in bytes.
    pub total_bytes: u64,
    /// Operating system.
    pub os: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// Source servers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceServerList {
    /// This page.
    pub source_servers: Vec<SourceServerView>,
    /// How many there are in all, after filters.
    pub total: usize,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Names an account and a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GetQuotasRequest {
    /// The recovery account.
    pub account_id: AccountId,
    /// The recovery region.
    pub region: Region,
}

/// One quota.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuotaView {
    /// Our name for it.
    pub name: String,
    /// Its code in Service Quotas.
    pub code: String,
    /// The most there may be.
    pub limit: u64,
    /// How much is in use now, where we can tell.
    pub used: Option<u64>,
    /// Read from Service Quotas; otherwise the documented default.
    pub is_live: bool,
}

/// Quotas of one account and region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuotaReport {
    /// The account.
    pub account_id: AccountId,
    /// The region.
    pub region: Region,
    /// The quotas.
    pub quotas: Vec<QuotaView>,
}

endpoints! {
    /// See [`crate::Operation::ListSourceServers`].
    ListSourceServers: ListSourceServersRequest => SourceServerList;
    /// See [`crate::Operation::GetQuotas`].
    GetQuotas: GetQuotasRequest => QuotaReport;
}
