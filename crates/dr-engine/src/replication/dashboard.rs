//! The whole estate in numbers (requirement 002, phase 4). Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_model::inventory::{Activity, Inventory};
use dr_model::place::Place;
use dr_model::replication::ReplicationDirection;

use crate::replication::alert::{Alert, alert, attains};
use crate::replication::estate::{PlaceAge, ages};

/// Alerts that are shown; all are counted.
const ALERTS: usize = 500;
/// Changes that are shown.
const ACTIVITY: usize = 100;

/// How many servers attain their recovery point objective. Servers on the way back do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Rpo {
    /// The objective.
    pub rpo_seconds: u64,
    /// At most that far behind.
    pub attained: usize,
    /// Further behind, or without a point in time to recover from.
    pub missed: usize,
    /// DRS does not say.
    pub unknown: usize,
    /// Attained, of those that are known; none when nothing is.
    pub percent: Option<f64>,
}

/// A change, and where it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Where.
    pub place: Place,
    /// What.
    pub activity: Activity,
}

/// The whole estate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dashboard {
    /// Servers.
    pub total: usize,
    /// By DRS's state.
    pub by_state: BTreeMap<String, usize>,
    /// By the region that replicates into.
    pub by_region: BTreeMap<String, usize>,
    /// By the account that replicates into.
    pub by_account: BTreeMap<String, usize>,
    /// By direction: `FAILOVER`, `FAILBACK`.
    pub by_direction: BTreeMap<String, usize>,
    /// Recovery point objective.
    pub rpo: Rpo,
    /// What needs attention, the worst first, then the oldest; at most 500.
    pub alerts: Vec<Alert>,
    /// How many alerts there are.
    pub alerts_total: usize,
    /// The last changes, newest first, at most 100.
    pub recent_activity: Vec<Seen>,
    /// Age of the oldest reading; none when there is none.
    pub oldest_age_seconds: Option<u64>,
    /// Every registered place, with the age of what is known of it.
    pub places: Vec<PlaceAge>,
}

/// DRS's word for a direction.
#[must_use]
pub(super) fn word(direction: &ReplicationDirection) -> &str {
    match direction {
        ReplicationDirection::Failover => "FAILOVER",
        ReplicationDirection::Failback => "FAILBACK",
        ReplicationDirection::Other(word) => word,
    }
}

impl Dashboard {
    /// Counts. O(n log n) in the servers of the estate.
    #[must_use]
    pub fn of(
        places: &[Place],
        inventories: &[Inventory],
        rpo_seconds: u64,
        now: DateTime<Utc>,
    ) -> Self {
        let mut dashboard = Self {
            places: ages(places, inventories, now),
            ..Self::default()
        };
        dashboard.rpo.rpo_seconds = rpo_seconds;
        for inventory in inventories {
            dashboard.add(inventory, rpo_seconds);
        }
        let ages = dashboard
            .places
            .iter()
            .filter_map(|place| place.age_seconds);
        dashboard.oldest_age_seconds = ages.max();
        let known = dashboard.rpo.attained + dashboard.rpo.missed;
        dashboard.rpo.percent = share(dashboard.rpo.attained, known);
        dashboard.alerts_total = dashboard.alerts.len();
        dashboard.alerts.sort_by(|a, b| {
            let key = |alert: &Alert| (Reverse(alert.severity), alert.since);
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        dashboard.alerts.truncate(ALERTS);
        dashboard
            .recent_activity
            .sort_by_key(|seen| Reverse(seen.activity.at));
        dashboard.recent_activity.truncate(ACTIVITY);
        dashboard
    }

    fn add(&mut self, inventory: &Inventory, rpo_seconds: u64) {
        let place = &inventory.place;
        let count = inventory.servers.len();
        self.total += count;
        if count > 0 {
            *self.by_region.entry(place.region.to_string()).or_default() += count;
            let account = place.account_id.to_string();
            *self.by_account.entry(account).or_default() += count;
        }
        for server in &inventory.servers {
            *self.by_state.entry(server.state.clone()).or_default() += 1;
            let direction = word(&server.direction).to_owned();
            *self.by_direction.entry(direction).or_default() += 1;
            if server.direction != ReplicationDirection::Failback {
                match attains(server, rpo_seconds) {
                    Some(true) => self.rpo.attained += 1,
                    Some(false) => self.rpo.missed += 1,
                    None => self.rpo.unknown += 1,
                }
            }
            self.alerts.extend(alert(place, server, rpo_seconds));
        }
        let seen = inventory.activity.iter().map(|activity| Seen {
            place: place.clone(),
            activity: activity.clone(),
        });
        self.recent_activity.extend(seen);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 1000.0).round() / 10.0)
}

#[cfg(test)]
#[path = "dashboard_tests.rs"]
mod tests;
