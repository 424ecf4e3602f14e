//! Matching and validation on the wire.

use dr_model::check::Check;
use dr_model::ids::{AccountId, ExecutionId, GroupId, InstanceId, Region, SourceServerId};
use dr_model::pair::MatchMethod;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::FuzzyTolerance;
use crate::endpoint::endpoints;

/// Matches servers to instances by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchInstancesRequest {
    /// Account of the original instances.
    pub primary_account_id: AccountId,
    /// Account of the pre-provisioned instances and of the source servers.
    pub dr_account_id: AccountId,
    /// Region of the original instances.
    pub primary_region: Region,
    /// Region of the pre-provisioned instances and of the source servers.
    pub dr_region: Region,
    /// How unlike two names may be and still be paired.
    #[serde(default)]
    pub fuzzy_matching_tolerance: FuzzyTolerance,
    /// Drop everything but letters, digits and spaces before comparing.
    #[serde(default)]
    pub ignore_special_characters: bool,
    /// Only the servers of this group.
    #[serde(default)]
    pub group_id: Option<GroupId>,
}

/// A server and an instance that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MatchedPair {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its host name.
    pub source_hostname: Option<String>,
    /// Its Name tag, or host name where it has none.
    pub source_name_tag: Option<String>,
    /// The instance.
    pub target_instance_id: InstanceId,
    /// Its Name tag.
    pub target_name_tag: Option<String>,
    /// Its private IP.
    pub target_private_ip: Option<String>,
    /// Similarity of the names, 0.0 to 1.0.
    pub match_confidence: f64,
    /// Exact or fuzzy.
    pub match_method: MatchMethod,
}

/// A server without an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnmatchedSource {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub source_name_tag: Option<String>,
    /// Why.
    pub reason: String,
}

/// An instance without a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnmatchedTarget {
    /// The instance.
    pub target_instance_id: InstanceId,
    /// Its name.
    pub target_name_tag: Option<String>,
    /// Why.
    pub reason: String,
}

/// A name that more than one server, or more than one instance, has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DuplicateName {
    /// `source` or `target`.
    pub side: String,
    /// The name, normalised.
    pub name: String,
    /// Ids that have it.
    pub ids: Vec<String>,
}

/// The result of matching.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MatchReport {
    /// Pairs.
    pub matched_pairs: Vec<MatchedPair>,
    /// Servers without an instance.
    pub unmatched_sources: Vec<UnmatchedSource>,
    /// Instances without a server.
    pub unmatched_targets: Vec<UnmatchedTarget>,
    /// Names that are not unique.
    pub duplicates: Vec<DuplicateName>,
    /// Matched servers over all servers, 0.0 to 1.0.
    pub match_rate: f64,
    /// Servers.
    pub total_sources: usize,
    /// Instances that came into question.
    pub total_targets: usize,
    /// Pairs.
    pub matched_count: usize,
}

/// What is validated: failing over, for now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValidationType {
    /// From the primary place to the recovery place.
    #[default]
    Failover,
}

/// A pair to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PairRef {
    /// The server.
    pub source_server_id: SourceServerId,
    /// The instance.
    pub target_instance_id: InstanceId,
}

/// Checks everything a launch needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidatePairsRequest {
    /// Account of the original instances.
    pub primary_account_id: AccountId,
    /// Account of the pre-provisioned instances and of the source servers.
    pub dr_account_id: AccountId,
    /// Region of the original instances.
    pub primary_region: Region,
    /// Region of the pre-provisioned instances and of the source servers.
    pub dr_region: Region,
    /// What for.
    #[serde(default)]
    pub validation_type: ValidationType,
    /// These pairs. Left out: the saved pairs of `group_id`, or of every group of that direction.
    #[serde(default)]
    pub pairs: Option<Vec<PairRef>>,
    /// The saved pairs of this group.
    #[serde(default)]
    pub group_id: Option<GroupId>,
    /// Also call `GetLaunchConfiguration` for each server (one call each) and check copy flags and target.
    #[serde(default = "yes")]
    pub include_launch_configuration: bool,
}

pub(crate) fn yes() -> bool {
    true
}

/// The checks of one pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairValidation {
    /// The server.
    pub source_server_id: SourceServerId,
    /// The instance.
    pub target_instance_id: Option<InstanceId>,
    /// No critical check failed.
    pub valid: bool,
    /// Checks that failed, worst first. Those that passed are counted.
    pub failed_checks: Vec<Check>,
    /// How many checks passed.
    pub passed_checks: usize,
}

/// The result of validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ValidationReport {
    /// No critical check failed anywhere.
    pub validation_passed: bool,
    /// Checks that are not about one pair: the account, its permissions, quotas; and one line per kind of pair check.
    pub checks: Vec<Check>,
    /// Messages of critical checks that failed.
    pub errors: Vec<String>,
    /// Messages of other checks that failed.
    pub warnings: Vec<String>,
    /// Pair by pair.
    pub pairs: Vec<PairValidation>,
}

/// Checks whether private IPs will be, or were, kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateIpRequest {
    /// An execution that is over: were they kept?
    #[serde(default)]
    pub execution_id: Option<ExecutionId>,
    /// A group's saved pairs: will they be kept?
    #[serde(default)]
    pub group_id: Option<GroupId>,
}

/// One server's IP.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IpPreservation {
    /// The server.
    pub source_server_id: SourceServerId,
    /// The instance it is, or is to be, launched into.
    pub target_instance_id: Option<InstanceId>,
    /// IP of the original instance.
    pub source_private_ip: Option<String>,
    /// IP of the pre-provisioned instance: it keeps this one.
    pub target_private_ip: Option<String>,
    /// IP of the recovered instance, after an execution.
    pub recovered_private_ip: Option<String>,
    /// The recovered instance has, or will have, the target's IP.
    pub preserved: bool,
    /// The target's IP is that of the original as well.
    pub same_as_source: bool,
    /// Why not.
    pub reason: Option<String>,
}

/// The result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IpReport {
    /// All of them.
    pub all_preserved: bool,
    /// How many.
    pub preserved_count: usize,
    /// Server by server.
    pub servers: Vec<IpPreservation>,
}

endpoints! {
    /// See [`crate::Operation::MatchInstances`].
    MatchInstances: MatchInstancesRequest => MatchReport;
    /// See [`crate::Operation::ValidateInstancePairs`].
    ValidateInstancePairs: ValidatePairsRequest => ValidationReport;
    /// See [`crate::Operation::ValidateIpPreservation`].
    ValidateIpPreservation: ValidateIpRequest => IpReport;
}
