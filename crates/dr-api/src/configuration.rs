//! Launch configuration on the wire.

use chrono::{DateTime, Utc};
use dr_model::check::Check;
use dr_model::config_run::ConfigRun;
use dr_model::ids::{AccountId, ConfigId, GroupId, InstanceId, Region, SourceServerId};
use dr_model::launch::SettingChange;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::{FuzzyTolerance, Limit};
use crate::endpoint::endpoints;
use crate::matching::{UnmatchedSource, yes};

/// Previews or applies launch configuration: for the saved pairs of a group, or, with the four places and no
/// group, for what matching finds there now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigureAllowLaunchingRequest {
    /// The group whose saved pairs are meant.
    #[serde(default)]
    pub group_id: Option<GroupId>,
    /// Account of the original instances. With the other three places, instead of a group.
    #[serde(default)]
    pub primary_account_id: Option<AccountId>,
    /// Account of the pre-provisioned instances and of the source servers.
    #[serde(default)]
    pub dr_account_id: Option<AccountId>,
    /// Region of the original instances.
    #[serde(default)]
    pub primary_region: Option<Region>,
    /// Region of the pre-provisioned instances and of the source servers.
    #[serde(default)]
    pub dr_region: Option<Region>,
    /// How unlike two names may be and still be paired, without a group.
    #[serde(default)]
    pub fuzzy_matching_tolerance: FuzzyTolerance,
    /// Check each pair first, and leave out those with a critical failure.
    #[serde(default = "yes")]
    pub validate_prerequisites: bool,
    /// Apply. `false` only answers what would change.
    #[serde(default = "yes")]
    pub auto_configure: bool,
}

/// What would change, or did, for one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ServerConfiguration {
    /// The server.
    pub source_server_id: SourceServerId,
    /// The instance to launch into.
    pub target_instance_id: InstanceId,
    /// The configuration is now as it must be.
    pub configuration_applied: bool,
    /// What differs, or differed. Empty: it was right already, and no update was made.
    pub changes: Vec<SettingChange>,
    /// Critical checks that keep it from being configured.
    pub failed_checks: Vec<Check>,
    /// What DRS said when it refused.
    pub error: Option<String>,
}

/// The result of configuring.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigurationResult {
    /// The stored run; none for a preview.
    pub config_id: Option<ConfigId>,
    /// When.
    pub timestamp: DateTime<Utc>,
    /// Only a preview: nothing was changed.
    pub preview: bool,
    /// Server by server.
    pub matched_pairs: Vec<ServerConfiguration>,
    /// Servers that have no pair.
    pub unmatched_sources: Vec<UnmatchedSource>,
    /// Servers with a pair over all servers, 0.0 to 1.0.
    pub match_rate: f64,
    /// Servers.
    pub total_sources: usize,
    /// Servers with a pair.
    pub matched_count: usize,
    /// How many launch configurations were updated.
    pub updated_count: usize,
    /// What went wrong.
    pub configuration_errors: Vec<String>,
}

/// Restores what applying replaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevertAllowLaunchingRequest {
    /// The group.
    pub group_id: GroupId,
    /// Only these servers. Left out: all of the group that we configured.
    #[serde(default)]
    pub source_server_ids: Option<Vec<SourceServerId>>,
}

/// Lists configuration runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListConfigurationsRequest {
    /// Of this primary account.
    pub primary_account_id: AccountId,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// Configuration runs, without their servers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigurationList {
    /// This page.
    pub configurations: Vec<ConfigRun>,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Names a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationRequest {
    /// The run.
    pub config_id: ConfigId,
}

endpoints! {
    /// See [`crate::Operation::ConfigureAllowLaunching`].
    ConfigureAllowLaunching: ConfigureAllowLaunchingRequest => ConfigurationResult;
    /// See [`crate::Operation::RevertAllowLaunching`].
    RevertAllowLaunching: RevertAllowLaunchingRequest => ConfigurationResult;
    /// See [`crate::Operation::ListConfigurations`].
    ListConfigurations: ListConfigurationsRequest => ConfigurationList;
    /// See [`crate::Operation::GetConfiguration`].
    GetConfiguration: ConfigurationRequest => ConfigRun;
}
