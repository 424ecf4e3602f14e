//! Instance pairs on the wire.

use dr_model::ids::{GroupId, InstanceId, PairId};
use dr_model::pair::InstancePair;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accounts::Deleted;
use crate::bounded::{FuzzyTolerance, Limit};
use crate::endpoint::endpoints;
use crate::matching::{DuplicateName, PairRef, UnmatchedSource, UnmatchedTarget};

/// Saves pairs for a group: given ones, or those that matching finds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigurePairsRequest {
    /// The group.
    pub group_id: GroupId,
    /// These pairs, chosen by a person. Left out: match by name.
    #[serde(default)]
    pub pairs: Option<Vec<PairRef>>,
    /// How unlike two names may be and still be paired.
    #[serde(default)]
    pub fuzzy_matching_tolerance: FuzzyTolerance,
    /// Drop everything but letters, digits and spaces before comparing.
    #[serde(default)]
    pub ignore_special_characters: bool,
}

/// What was saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfiguredPairs {
    /// Pairs that are saved now: new ones and those that stood already.
    pub pairs: Vec<InstancePair>,
    /// How many of them are new or changed.
    pub saved: usize,
    /// Servers without an instance.
    pub unmatched_sources: Vec<UnmatchedSource>,
    /// Instances without a server.
    pub unmatched_targets: Vec<UnmatchedTarget>,
    /// Names that are not unique.
    pub duplicates: Vec<DuplicateName>,
}

/// Lists a group's pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListPairsRequest {
    /// The group.
    pub group_id: GroupId,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// Pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairList {
    /// This page.
    pub pairs: Vec<InstancePair>,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Points a pair to another instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdatePairRequest {
    /// The group.
    pub group_id: GroupId,
    /// The pair.
    pub pair_id: PairId,
    /// The instance to launch into from now on.
    pub target_instance_id: InstanceId,
    /// The version that was read; when given, a change by somebody else since then is a conflict.
    #[serde(default)]
    pub version: Option<u64>,
}

/// Names a pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PairRequest {
    /// The group.
    pub group_id: GroupId,
    /// The pair.
    pub pair_id: PairId,
}

endpoints! {
    /// See [`crate::Operation::ConfigureInstancePairs`].
    ConfigureInstancePairs: ConfigurePairsRequest => ConfiguredPairs;
    /// See [`crate::Operation::ListInstancePairs`].
    ListInstancePairs: ListPairsRequest => PairList;
    /// See [`crate::Operation::UpdateInstancePair`].
    UpdateInstancePair: UpdatePairRequest => InstancePair;
    /// See [`crate::Operation::DeleteInstancePair`].
    DeleteInstancePair: PairRequest => Deleted;
}
