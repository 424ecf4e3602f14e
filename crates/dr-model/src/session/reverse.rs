//! Our seven states of a replication that somebody waits for, derived from DRS's in this one place.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::replication::Replication;
use crate::server::ReplicationState;

/// Requirement 001, 5.4.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReverseState {
    /// Not asked for.
    #[default]
    NotStarted,
    /// Asked for; DRS sets it up.
    Initiating,
    /// First full copy, or a rescan.
    InitialSync,
    /// Copied; not ready because it is too far behind.
    Continuous,
    /// Everything is on the other side.
    Ready,
    /// Everything but the last seconds, within the threshold.
    ReadyWithLag,
    /// Stalled, disconnected, stopped by somebody, or DRS reports an error.
    Error,
}

impl ReverseState {
    /// Can fail back.
    #[must_use]
    pub fn is_ready(self) -> bool {
        matches!(self, Self::Ready | Self::ReadyWithLag)
    }

    /// What DRS's states come to. `failback_state` is DRS's word on the recovery instance (`FAILBACK_...`).
    #[must_use]
    pub fn of(
        replication: &Replication,
        failback_state: Option<&str>,
        lag_threshold_seconds: u64,
    ) -> Self {
        use ReplicationState as R;
        if failback_state == Some("FAILBACK_ERROR") {
            return Self::Error;
        }
        let Some(state) = &replication.state else {
            return Self::NotStarted;
        };
        match state {
            R::Stopped | R::Paused | R::Stalled | R::Disconnected => Self::Error,
            R::Initiating => Self::Initiating,
            R::InitialSync | R::Rescan => Self::InitialSync,
            R::Continuous | R::CreatingSnapshot | R::Backlog => {
                let lag = replication.lag_seconds;
                let is_behind = *state == R::Backlog || replication.backlogged_bytes() > 0;
                let is_refused = failback_state == Some("FAILBACK_NOT_READY_FOR_LAUNCH");
                if !replication.is_rescanned() {
                    Self::InitialSync
                } else if is_refused {
                    Self::Continuous
                } else if !is_behind && lag.unwrap_or(0) == 0 {
                    Self::Ready
                } else if lag.is_some_and(|lag| lag <= lag_threshold_seconds) {
                    Self::ReadyWithLag
                } else {
                    // Too far behind, or behind by nobody knows how much.
                    Self::Continuous
                }
            }
            R::Other(word) => match word.as_str() {
                "NOT_STARTED" | "REPLICATION_STATE_NOT_AVAILABLE" => Self::NotStarted,
                _ => Self::Initiating,
            },
        }
    }
}

/// How far a replication is that somebody waits for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReverseProgress {
    /// Our state.
    pub state: ReverseState,
    /// DRS's state, in its word.
    pub replication_state: Option<String>,
    /// When it was asked for.
    pub asked_at: Option<DateTime<Utc>>,
    /// When it was first ready.
    pub ready_at: Option<DateTime<Utc>>,
    /// Seconds behind.
    pub lag_seconds: Option<u64>,
    /// Bytes of all disks.
    pub total_bytes: u64,
    /// Bytes that are done.
    pub done_bytes: u64,
    /// Bytes that changed and are not copied yet.
    pub backlogged_bytes: u64,
    /// Bytes per second since it was last looked at, smoothed.
    pub bytes_per_second: Option<u64>,
    /// When it is expected to be whole: DRS's word, otherwise by the rate.
    pub eta: Option<DateTime<Utc>>,
    /// Since when nothing moves.
    pub stalled_since: Option<DateTime<Utc>>,
    /// What is wrong, in DRS's words.
    pub problem: Option<String>,
    /// When it was last looked at.
    pub seen_at: Option<DateTime<Utc>>,
}

impl ReverseProgress {
    /// 0 to 100.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
    pub fn percent(&self) -> f64 {
        if self.total_bytes == 0 {
            0.0
        } else {
            (self.done_bytes as f64 / self.total_bytes as f64 * 1000.0).round() / 10.0
        }
    }

    /// What is known after one more look.
    #[must_use]
    pub fn seen(
        &self,
        replication: &Replication,
        failback_state: Option<&str>,
        lag_threshold_seconds: u64,
        now: DateTime<Utc>,
    ) -> Self {
        let state = ReverseState::of(replication, failback_state, lag_threshold_seconds);
        let done = replication.done_bytes();
        let rate = self.rate(done, now);
        let left = replication.total_bytes().saturating_sub(done);
        let by_rate = || {
            let seconds = i64::try_from(left.checked_div(rate?)?).ok()?;
            now.checked_add_signed(chrono::Duration::try_seconds(seconds)?)
                .filter(|_| left > 0)
        };
        let is_error = state == ReverseState::Error;
        // What stands still has no end to promise.
        let eta = replication.eta.or_else(by_rate).filter(|_| !is_error);
        let words = |error: &String| {
            let raw = replication.raw_error.as_deref().unwrap_or_default();
            format!("{error} {raw}").trim().to_owned()
        };
        Self {
            state,
            replication_state: replication.state.as_ref().map(|s| s.as_str().to_owned()),
            asked_at: self.asked_at,
            ready_at: self.ready_at.or_else(|| state.is_ready().then_some(now)),
            lag_seconds: replication.lag_seconds,
            total_bytes: replication.total_bytes(),
            done_bytes: done,
            backlogged_bytes: replication.backlogged_bytes(),
            bytes_per_second: rate,
            eta,
            stalled_since: is_error.then(|| self.stalled_since.unwrap_or(now)),
            problem: replication.error.as_ref().map(words).or_else(|| {
                is_error.then(|| {
                    let word = replication
                        .state
                        .as_ref()
                        .map_or("unknown", ReplicationState::as_str);
                    format!("Replication is {word}")
                })
            }),
            seen_at: Some(now),
        }
    }

    /// Bytes per second between the last look and this one; what was known where nothing can be said.
    fn rate(&self, done: u64, now: DateTime<Utc>) -> Option<u64> {
        let since = self.seen_at?;
        let seconds = (now - since).num_seconds().max(0).unsigned_abs();
        if seconds == 0 || done < self.done_bytes {
            return self.bytes_per_second;
        }
        let fresh = (done - self.done_bytes) / seconds;
        // One look in four counts: a pause of a minute must not make the estimate jump.
        Some(
            self.bytes_per_second
                .map_or(fresh, |known| (known * 3 + fresh) / 4),
        )
    }
}

#[cfg(test)]
#[path = "reverse_tests.rs"]
mod tests;
