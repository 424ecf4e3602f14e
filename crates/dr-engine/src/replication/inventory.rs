//! What a reading of a place makes of the inventory that was there before. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use dr_model::ids::SourceServerId;
use dr_model::inventory::{Activity, HISTORY_STEP_SECONDS, Inventory, InventoryServer};
use dr_model::place::Place;
use dr_model::server::{RecoveryInstance, SourceServer};

/// Changes that are kept per place.
const ACTIVITY: usize = 100;

/// What DRS showed of a place.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Its source servers.
    pub servers: Vec<SourceServer>,
    /// Its recovery instances.
    pub recovery_instances: Vec<RecoveryInstance>,
}

/// The inventory after a reading, or after one that failed with these words: then the servers stay as they were, as
/// old as they were. Since when a server is in its state, and what changed, follow from the inventory before. The very
/// first reading of a place changes nothing: what is there is not news.
///
/// O(n log n) in the servers of the place.
#[must_use]
pub fn inventory(
    place: &Place,
    previous: Option<Inventory>,
    reading: Result<Reading, String>,
    now: DateTime<Utc>,
) -> Inventory {
    // Points of lag are kept with the first reading that succeeds.
    let is_first = previous
        .as_ref()
        .is_none_or(|before| before.error.is_some() && before.points_at.is_none());
    let mut inventory = previous.unwrap_or_else(|| Inventory {
        place: place.clone(),
        refreshed_at: now,
        error: None,
        servers: Vec::new(),
        activity: Vec::new(),
        points_at: None,
    });
    let reading = match reading {
        Ok(reading) => reading,
        Err(words) => {
            inventory.error = Some(words);
            return inventory;
        }
    };
    let before: BTreeMap<SourceServerId, InventoryServer> = std::mem::take(&mut inventory.servers)
        .into_iter()
        .map(|server| (server.source_server_id.clone(), server))
        .collect();
    let recovered: BTreeSet<&SourceServerId> = reading
        .recovery_instances
        .iter()
        // A drill leaves production where it is.
        .filter(|instance| instance.is_live() && !instance.is_drill)
        .map(|instance| &instance.source_server_id)
        .collect();
    let after: BTreeMap<SourceServerId, InventoryServer> = reading
        .servers
        .iter()
        .map(|server| {
            let has_recovery_instance = recovered.contains(&server.id);
            let entry = entry(server, has_recovery_instance, before.get(&server.id), now);
            (server.id.clone(), entry)
        })
        .collect();
    if !is_first {
        let mut activity = changes(&before, &after, now);
        activity.append(&mut inventory.activity);
        activity.truncate(ACTIVITY);
        inventory.activity = activity;
    }
    inventory.refreshed_at = now;
    inventory.error = None;
    inventory.servers = after.into_values().collect();
    inventory
}

/// Half a minute before a point is due, a reading keeps it: the next reading may be five minutes away.
const EARLY_SECONDS: i64 = 30;

/// Whether a point of lag is to be kept with this reading.
#[must_use]
pub(super) fn is_point_due(inventory: &Inventory, now: DateTime<Utc>) -> bool {
    inventory.error.is_none()
        && inventory
            .points_at
            .is_none_or(|at| now - at >= Duration::seconds(HISTORY_STEP_SECONDS - EARLY_SECONDS))
}

fn entry(
    server: &SourceServer,
    has_recovery_instance: bool,
    before: Option<&InventoryServer>,
    now: DateTime<Utc>,
) -> InventoryServer {
    let replication = &server.replication;
    let state = server.replication_state.as_str().to_owned();
    let state_since = before
        .filter(|before| before.state == state)
        .map_or(now, |before| before.state_since);
    InventoryServer {
        source_server_id: server.id.clone(),
        name: server.own_name().unwrap_or(server.id.as_str()).to_owned(),
        origin_instance_id: server.origin_instance_id.clone(),
        origin_account_id: server.origin_account_id.clone(),
        origin_region: server.origin_region.clone(),
        direction: server.direction.clone(),
        state,
        lag_seconds: server.lag_seconds,
        last_consistent_at: server.last_consistent_at,
        eta: replication.eta,
        error: server.replication_error.clone(),
        total_bytes: replication.total_bytes(),
        done_bytes: replication.done_bytes(),
        backlogged_bytes: replication.backlogged_bytes(),
        has_recovery_instance,
        state_since,
    }
}

/// Servers that came, changed their state, or went.
fn changes(
    before: &BTreeMap<SourceServerId, InventoryServer>,
    after: &BTreeMap<SourceServerId, InventoryServer>,
    now: DateTime<Utc>,
) -> Vec<Activity> {
    let activity = |server: &InventoryServer, from: &str, to: &str| Activity {
        at: now,
        source_server_id: server.source_server_id.clone(),
        name: server.name.clone(),
        from: from.to_owned(),
        to: to.to_owned(),
    };
    let came_or_changed = after
        .iter()
        .filter_map(|(id, server)| match before.get(id) {
            None => Some(activity(server, "", &server.state)),
            Some(old) if old.state != server.state => {
                Some(activity(server, &old.state, &server.state))
            }
            Some(_) => None,
        });
    let went = before
        .iter()
        .filter(|(id, _)| !after.contains_key(*id))
        .map(|(_, server)| activity(server, &server.state, ""));
    came_or_changed.chain(went).collect()
}

#[cfg(test)]
#[path = "inventory_tests.rs"]
mod tests;
