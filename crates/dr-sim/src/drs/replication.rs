//! A source server's data replication as a function of time: nothing here ticks, it is computed
//! when it is read.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::state::SourceServer;
use super::words;

/// A copy's usual speed: an 8 GB server takes 15 to 25 minutes (facts, live), most of it
/// preparation: 8 GiB in about 10 minutes.
pub const COPY_BYTES_PER_SECOND: u64 = 14 * 1024 * 1024;

/// How far a source server's replication is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Stopped by `StopReplication`: unprotected, no points in time.
    Stopped,
    /// Disconnected from DRS.
    Disconnected,
    /// Under way since `started`.
    Running {
        /// When the agent began.
        started: DateTime<Utc>,
        /// Seconds of initiation before data flows.
        initiation_seconds: u32,
        /// Speed of the copy; `None`: the copy was complete from the beginning.
        bytes_per_second: Option<u64>,
        /// Whether the copy is a rescan of data that is mostly there (re-protect).
        rescan: bool,
    },
}

/// A source server's replication.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Replication {
    /// How far it is.
    pub phase: Phase,
    /// While continuous, lag moves between 0 and this many seconds.
    pub max_lag_seconds: u32,
    /// Since when it is stalled (injected).
    pub stalled_since: Option<DateTime<Utc>>,
    /// Since when points in time are taken.
    pub points_since: Option<DateTime<Utc>>,
}

/// What a look at a replication shows.
#[derive(Debug, Clone)]
pub struct Observed {
    /// `dataReplicationState`.
    pub state: &'static str,
    /// Lag, where it is known.
    pub lag: Option<Duration>,
    /// When the copy is expected to be complete.
    pub eta: Option<DateTime<Utc>>,
    /// Share of the copy that is done, in thousandths.
    pub copied: u64,
    /// Steps of the initiation that are done; `None`: all.
    pub steps_done: Option<usize>,
    /// The agent's or the service's complaint.
    pub error: Option<&'static str>,
}

/// Steps of an initiation, in order.
const STEPS: [&str; 11] = [
    "WAIT",
    "CREATE_SECURITY_GROUP",
    "LAUNCH_REPLICATION_SERVER",
    "BOOT_REPLICATION_SERVER",
    "AUTHENTICATE_WITH_SERVICE",
    "DOWNLOAD_REPLICATION_SOFTWARE",
    "CREATE_STAGING_DISKS",
    "ATTACH_STAGING_DISKS",
    "PAIR_REPLICATION_SERVER_WITH_AGENT",
    "CONNECT_AGENT_TO_REPLICATION_SERVER",
    "START_DATA_TRANSFER",
];

impl Replication {
    /// A replication that has been continuous for a long time.
    #[must_use]
    pub fn continuous(since: DateTime<Utc>, max_lag_seconds: u32) -> Self {
        Self {
            phase: Phase::Running {
                started: since,
                initiation_seconds: 0,
                bytes_per_second: None,
                rescan: false,
            },
            max_lag_seconds,
            stalled_since: None,
            points_since: Some(since),
        }
    }

    /// A replication that starts now with a full copy (or a rescan).
    #[must_use]
    pub fn starting(now: DateTime<Utc>, initiation_seconds: u32, rescan: bool) -> Self {
        Self {
            phase: Phase::Running {
                started: now,
                initiation_seconds,
                bytes_per_second: Some(COPY_BYTES_PER_SECOND),
                rescan,
            },
            max_lag_seconds: 8,
            stalled_since: None,
            points_since: None,
        }
    }

    /// Whether it counts among the replicating servers.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running { .. })
    }

    /// When the first copy is complete.
    #[must_use]
    pub fn complete_at(&self, total_bytes: u64) -> Option<DateTime<Utc>> {
        match self.phase {
            Phase::Running {
                started,
                initiation_seconds,
                bytes_per_second,
                ..
            } => {
                let copy = bytes_per_second.map_or(0, |speed| total_bytes / speed.max(1));
                let seconds = i64::from(initiation_seconds) + i64::try_from(copy).unwrap_or(0);
                Some(started + Duration::seconds(seconds))
            }
            Phase::Stopped | Phase::Disconnected => None,
        }
    }

    /// What a look at `now` shows.
    #[must_use]
    pub fn observe(&self, server_id: &str, total_bytes: u64, now: DateTime<Utc>) -> Observed {
        let mut seen = self.undisturbed(server_id, total_bytes, now);
        if let (Some(since), true) = (self.stalled_since, self.is_running()) {
            let before = self.undisturbed(server_id, total_bytes, since);
            seen = Observed {
                state: "STALLED",
                lag: Some(before.lag.unwrap_or_default() + (now - since)),
                error: Some("AGENT_NOT_SEEN"),
                eta: None,
                ..before
            };
        }
        seen
    }

    fn undisturbed(&self, server_id: &str, total_bytes: u64, now: DateTime<Utc>) -> Observed {
        let idle = |state| Observed {
            state,
            lag: None,
            eta: None,
            copied: 0,
            steps_done: None,
            error: None,
        };
        let Phase::Running {
            started,
            initiation_seconds,
            rescan,
            ..
        } = self.phase
        else {
            return idle(if self.phase == Phase::Stopped {
                "STOPPED"
            } else {
                "DISCONNECTED"
            });
        };
        let data_from = started + Duration::seconds(i64::from(initiation_seconds));
        let complete = self.complete_at(total_bytes).unwrap_or(data_from);
        if now < data_from {
            let done =
                (now - started).num_seconds().max(0) * 11 / i64::from(initiation_seconds.max(1));
            return Observed {
                steps_done: Some(usize::try_from(done).unwrap_or(0).min(STEPS.len() - 1)),
                lag: None,
                eta: Some(complete),
                ..idle("INITIATING")
            };
        }
        if now < complete {
            let share = (now - data_from).num_milliseconds() * 1000
                / (complete - data_from).num_milliseconds().max(1);
            return Observed {
                copied: u64::try_from(share).unwrap_or(0),
                lag: Some(now - started),
                eta: Some(complete),
                ..idle(if rescan { "RESCAN" } else { "INITIAL_SYNC" })
            };
        }
        Observed {
            copied: 1000,
            lag: Some(self.usual_lag(server_id, now)),
            ..idle("CONTINUOUS")
        }
    }

    /// Lag while continuous: changes every 20 s, follows from server and time.
    fn usual_lag(&self, server_id: &str, now: DateTime<Utc>) -> Duration {
        let slot = (now.timestamp() / 20).to_string();
        let seconds =
            words::derived_number(&[server_id, "lag", &slot], u64::from(self.max_lag_seconds));
        Duration::seconds(i64::try_from(seconds).unwrap_or(0))
    }

    /// Whether a rescan is part of the current copy.
    #[must_use]
    pub fn is_rescan(&self) -> bool {
        matches!(self.phase, Phase::Running { rescan: true, .. })
    }
}

/// `dataReplicationInfo` of a source server.
#[must_use]
pub fn info(server: &SourceServer, now: DateTime<Utc>) -> Value {
    let replication = &server.replication;
    let total: u64 = server.machine.disks.iter().map(|disk| disk.bytes).sum();
    let seen = replication.observe(&server.id, total, now);
    let gone = seen.state == "DISCONNECTED";
    let lag_seconds = seen.lag.map_or(0, |lag| lag.num_seconds().max(0));
    let disks: Vec<Value> = server
        .machine
        .disks
        .iter()
        .map(|disk| {
            let copied = u64::try_from(u128::from(disk.bytes) * u128::from(seen.copied) / 1000)
                .unwrap_or(disk.bytes);
            // A server writes about 256 KiB/s to each disk, all of it backlog while it lags.
            let backlog = match seen.state {
                "CONTINUOUS" | "STALLED" => {
                    (u64::try_from(lag_seconds).unwrap_or(0) * 256 * 1024).min(disk.bytes)
                }
                _ => 0,
            };
            let rescan = replication.is_rescan();
            json!({
                "deviceName": disk.device,
                "totalStorageBytes": if gone { 0 } else { disk.bytes },
                "replicatedStorageBytes": if rescan && !gone { disk.bytes } else { copied },
                "rescannedStorageBytes": if rescan { copied } else { 0 },
                "backloggedStorageBytes": backlog,
                "volumeStatus": "REGULAR",
            })
        })
        .collect();
    json!({
        "lagDuration": seen.lag.map(words::duration),
        "etaDateTime": seen.eta.map(words::time),
        "replicatedDisks": disks,
        "dataReplicationState": seen.state,
        "dataReplicationInitiation": initiation(replication, &seen),
        "dataReplicationError": seen.error.map(|error| json!({
            "error": error,
            "rawError": "The AWS Replication Agent has not been seen by the service.",
        })),
        "stagingAvailabilityZone": staging_zone(server),
    })
}

fn initiation(replication: &Replication, seen: &Observed) -> Value {
    let Phase::Running { started, .. } = replication.phase else {
        return Value::Null;
    };
    let done = seen.steps_done.unwrap_or(STEPS.len());
    let steps: Vec<Value> = STEPS
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let status = match n.cmp(&done) {
                std::cmp::Ordering::Less => "SUCCEEDED",
                std::cmp::Ordering::Equal => "IN_PROGRESS",
                std::cmp::Ordering::Greater => "NOT_STARTED",
            };
            json!({ "name": name, "status": status })
        })
        .collect();
    json!({ "startDateTime": words::time(started), "steps": steps })
}

fn staging_zone(server: &SourceServer) -> Option<String> {
    let (region, _, _, _) = words::parse_arn(&server.arn)?;
    server
        .replication
        .is_running()
        .then(|| format!("{region}a"))
}
