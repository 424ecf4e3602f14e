//! Removing what is left in the recovery region, on the wire.

use dr_model::check::Check;
use dr_model::ids::SessionId;
use dr_model::place::Place;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::{Instances, Line, Servers};
use crate::endpoint::endpoints;
use crate::failback::StepStarted;
use crate::matching::yes;

/// What happens to one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CleanupAction {
    /// It is deleted, or a record of it is.
    Delete,
    /// The instance is terminated.
    Terminate,
    /// The pre-provisioned instance is taken out of DRS and stopped; id, IP and tag stay.
    HandBack,
    /// It stays.
    Keep,
    /// It cannot be removed from here: the reason says how.
    ByHand,
}

/// One thing that is left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CleanupItem {
    /// What it is: `recovery_instance`, `source_server`, `volume`, `protection_group`, ...
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Where it is; none for what is ours.
    pub place: Option<Place>,
    /// Its name.
    pub name: String,
    /// What happens to it.
    pub action: CleanupAction,
    /// Why.
    pub reason: String,
    /// What it costs while it stays.
    pub monthly_cost_usd: Option<f64>,
}

/// What is left, and what would happen to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CleanupInventoryView {
    /// The session.
    pub session_id: SessionId,
    /// Everything that is left.
    pub items: Vec<CleanupItem>,
    /// What those that go cost while they stay, where that is known.
    pub monthly_cost_usd: f64,
    /// The words to give as `confirm`.
    pub confirmation: String,
    /// The words to give as `accept_unprotected`, where the fleet may stay unprotected.
    pub unprotected_confirmation: String,
    /// What forbids it, with what to do.
    pub refused: Vec<Check>,
}

/// Asks what is left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CleanupInventoryRequest {
    /// The session.
    pub session_id: SessionId,
    /// Only these servers. Left out: all that came home.
    #[serde(default)]
    pub source_server_ids: Option<Servers>,
}

/// Removes what is left in the recovery region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CleanupRequest {
    /// The session.
    pub session_id: SessionId,
    /// The words that the inventory names.
    pub confirm: Line,
    /// Only these servers. Left out: all that came home.
    #[serde(default)]
    pub source_server_ids: Option<Servers>,
    /// Pre-provisioned instances to terminate as well instead of handing them back stopped: ids and IPs are gone for good.
    #[serde(default)]
    pub terminate_instance_ids: Option<Instances>,
    /// Delete the volumes that launches left detached.
    #[serde(default = "yes")]
    pub delete_detached_volumes: bool,
    /// The words that the inventory names: go on though forward replication is not continuous.
    #[serde(default)]
    pub accept_unprotected: Option<Line>,
}

endpoints! {
    /// See [`crate::Operation::GetCleanupInventory`].
    GetCleanupInventory: CleanupInventoryRequest => CleanupInventoryView;
    /// See [`crate::Operation::Cleanup`].
    Cleanup: CleanupRequest => StepStarted;
}
