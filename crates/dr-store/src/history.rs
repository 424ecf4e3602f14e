//! The lag of servers over time, compactly: the times once for many servers, and a number per server and time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_model::ids::SourceServerId;
use dr_model::inventory::{HISTORY_POINTS, HISTORY_STEP_SECONDS, LagPoint};
use serde::{Deserialize, Serialize};

/// Items that the servers of a place are spread over, by their ids: 4,000 servers (DRS's quota in a region) are about
/// 63 to an item, and a place of few servers has few items.
const BUCKETS: u32 = 64;

/// The history of some servers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct History {
    /// When points were kept, in seconds since 1970, oldest first.
    times: Vec<i64>,
    /// Seconds behind, the last of them at the last time.
    lags: BTreeMap<SourceServerId, Vec<Option<u64>>>,
}

/// The item that holds a server: always the same, whatever servers come and go.
pub(crate) fn bucket(id: &SourceServerId) -> u32 {
    let spread = |hash: u32, byte: u8| hash.wrapping_mul(31).wrapping_add(u32::from(byte));
    id.as_str().bytes().fold(0, spread) % BUCKETS
}

impl History {
    /// Adds a point for each of these servers, and for the others one that says that nothing was known. Drops what is
    /// older than the ring. False, and nothing is changed, within half a step of the last point: a second look at the
    /// same time.
    pub fn keep(
        &mut self,
        now: DateTime<Utc>,
        lags: &BTreeMap<SourceServerId, Option<u64>>,
    ) -> bool {
        let now = now.timestamp();
        let last = self.times.last();
        if last.is_some_and(|last| now < last + HISTORY_STEP_SECONDS / 2) {
            return false;
        }
        let count = self.times.len();
        for id in lags.keys() {
            self.lags.entry(id.clone()).or_default();
        }
        for (id, points) in &mut self.lags {
            debug_assert!(points.len() <= count);
            points.push(lags.get(id).copied().flatten());
        }
        self.times.push(now);
        let oldest = now - HISTORY_STEP_SECONDS * i64::try_from(HISTORY_POINTS).unwrap_or(i64::MAX);
        let fresh = self.times.iter().filter(|at| **at > oldest).count();
        let kept = fresh.min(HISTORY_POINTS);
        last_of(&mut self.times, kept);
        self.lags.retain(|id, points| {
            last_of(points, kept);
            lags.contains_key(id) || points.iter().any(Option::is_some)
        });
        true
    }

    /// The points of a server, oldest first.
    pub fn of(&self, id: &SourceServerId) -> Vec<LagPoint> {
        let Some(lags) = self.lags.get(id) else {
            return Vec::new();
        };
        let skipped = self.times.len().saturating_sub(lags.len());
        self.times
            .iter()
            .skip(skipped)
            .zip(lags)
            .filter_map(|(at, lag_seconds)| {
                Some(LagPoint {
                    at: DateTime::from_timestamp(*at, 0)?,
                    lag_seconds: *lag_seconds,
                })
            })
            .collect()
    }
}

fn last_of<T>(values: &mut Vec<T>, kept: usize) {
    values.drain(..values.len().saturating_sub(kept));
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
