//! How far a replication is: disks, the eleven steps that begin it, lag, and what is wrong with it. Forward and
//! reverse replication look the same.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::server::ReplicationState;

/// From where to where a source server replicates, in DRS's sense.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReplicationDirection {
    /// From the original instances to the recovery region.
    #[default]
    Failover,
    /// From recovery instances back to the origin.
    Failback,
    /// A word of DRS that we do not know.
    Other(String),
}

/// One step of the beginning of a replication. DRS has eleven; their names are its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InitiationStep {
    /// DRS's name: `WAIT`, `CREATE_SECURITY_GROUP`, `LAUNCH_REPLICATION_SERVER`, ...
    pub name: String,
    /// DRS's word: `NOT_STARTED`, `IN_PROGRESS`, `SUCCEEDED`, `FAILED`, `SKIPPED`.
    pub status: String,
}

/// How far one disk is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiskProgress {
    /// Device name on the source.
    pub device_name: String,
    /// Size.
    pub total_bytes: u64,
    /// Copied at least once.
    pub replicated_bytes: u64,
    /// Compared again, while or after a rescan.
    pub rescanned_bytes: u64,
    /// Changed and not yet copied.
    pub backlogged_bytes: u64,
}

impl DiskProgress {
    /// 0 to 100: of the rescan while there is one, otherwise of the copy.
    #[must_use]
    pub fn percent(&self) -> f64 {
        percent(self.done_bytes(), self.total_bytes)
    }

    fn done_bytes(&self) -> u64 {
        let is_rescan = self.rescanned_bytes > 0 && self.rescanned_bytes < self.total_bytes;
        let done = if is_rescan {
            self.rescanned_bytes
        } else {
            self.replicated_bytes
        };
        done.min(self.total_bytes)
    }
}

/// What is known of a replication.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replication {
    /// State. None where DRS has no replication to speak of (recovery instances: `NOT_STARTED`).
    pub state: Option<ReplicationState>,
    /// Seconds behind, if DRS says.
    pub lag_seconds: Option<u64>,
    /// When DRS expects the copy to be whole.
    pub eta: Option<DateTime<Utc>>,
    /// DRS's word for what is wrong: `AGENT_NOT_SEEN`, `SNAPSHOTS_FAILURE`, ...
    pub error: Option<String>,
    /// More about it, as DRS words it.
    pub raw_error: Option<String>,
    /// Disks.
    pub disks: Vec<DiskProgress>,
    /// How the replication began, step by step.
    pub steps: Vec<InitiationStep>,
    /// When it began.
    pub initiated_at: Option<DateTime<Utc>>,
    /// When DRS next tries again.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When the server was added to DRS.
    pub added_at: Option<DateTime<Utc>>,
    /// When the first byte came.
    pub first_byte_at: Option<DateTime<Utc>>,
    /// Seconds from the first byte until the first copy was whole, or until now.
    pub elapsed_seconds: Option<u64>,
    /// When DRS last heard of the agent.
    pub last_seen_at: Option<DateTime<Utc>>,
}

impl Replication {
    /// Bytes of all disks.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.disks.iter().map(|disk| disk.total_bytes).sum()
    }

    /// Bytes copied, or compared again while there is a rescan.
    #[must_use]
    pub fn done_bytes(&self) -> u64 {
        self.disks.iter().map(DiskProgress::done_bytes).sum()
    }

    /// 0 to 100 over all disks.
    #[must_use]
    pub fn percent(&self) -> f64 {
        percent(self.done_bytes(), self.total_bytes())
    }

    /// Bytes that changed and are not copied yet.
    #[must_use]
    pub fn backlogged_bytes(&self) -> u64 {
        self.disks.iter().map(|disk| disk.backlogged_bytes).sum()
    }

    /// CONTINUOUS, on every disk.
    #[must_use]
    pub fn is_continuous(&self) -> bool {
        self.state == Some(ReplicationState::Continuous)
    }

    /// CONTINUOUS without lag: whatever is on the source is on the other side.
    #[must_use]
    pub fn is_level(&self) -> bool {
        self.is_continuous() && self.lag_seconds.unwrap_or(0) == 0
    }

    /// A rescan has gone over every disk. True where none was needed.
    #[must_use]
    pub fn is_rescanned(&self) -> bool {
        let done = |disk: &DiskProgress| {
            disk.rescanned_bytes >= disk.total_bytes || disk.rescanned_bytes == 0
        };
        self.disks.iter().all(done)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
fn percent(done: u64, total: u64) -> f64 {
    if total == 0 {
        0.0
    } else {
        (done as f64 / total as f64 * 1000.0).round() / 10.0
    }
}

#[cfg(test)]
mod tests {
    use super::{DiskProgress, Replication};
    use crate::server::ReplicationState;

    fn disk(total: u64, replicated: u64, rescanned: u64) -> DiskProgress {
        DiskProgress {
            device_name: "/dev/sda1".into(),
            total_bytes: total,
            replicated_bytes: replicated,
            rescanned_bytes: rescanned,
            backlogged_bytes: 0,
        }
    }

    #[test]
    fn progress_is_over_all_disks_by_bytes() {
        let replication = Replication {
            disks: vec![disk(100, 100, 0), disk(300, 100, 0)],
            ..Replication::default()
        };
        assert!((replication.percent() - 50.0).abs() < 0.01);
        assert!((Replication::default().percent()).abs() < 0.01);
    }

    #[test]
    fn a_rescan_counts_what_was_compared_again_though_all_is_replicated() {
        let mut replication = Replication {
            disks: vec![disk(200, 200, 50)],
            ..Replication::default()
        };
        assert!((replication.percent() - 25.0).abs() < 0.01);
        assert!(!replication.is_rescanned());
        replication.disks = vec![disk(200, 200, 200)];
        assert!(replication.is_rescanned());
        assert!((replication.percent() - 100.0).abs() < 0.01);
    }

    #[test]
    fn level_is_continuous_without_lag() {
        let mut replication = Replication {
            state: Some(ReplicationState::Continuous),
            ..Replication::default()
        };
        assert!(replication.is_level());
        replication.lag_seconds = Some(5);
        assert!(!replication.is_level() && replication.is_continuous());
        replication.state = Some(ReplicationState::Backlog);
        assert!(!replication.is_level());
    }
}
