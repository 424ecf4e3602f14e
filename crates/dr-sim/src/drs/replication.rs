//! A source server's data replication as a function of time: nothing here ticks, it is computed
//! when it is read.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::state::SourceServer;
use super::words;
use crate::world::World;

/// A copy's usual speed: an 8 GB server takes 15 to 25 minutes (facts, live), most of it
/// preparation: 8 GiB in about 10 minutes.
pub const COPY_BYTES_PER_SECOND: u64 = 14 * 1024 * 1024;

/// A rescan reads on both sides and sends only what differs: eight times as fast. No figure is
/// published.
const RESCAN_FACTOR: u64 = 8;

/// How long DRS waits for a machine that is down before it calls its server stalled.
const UNSEEN_SECONDS: i64 = 300;

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
    /// When that stall ends by itself; `None`: when somebody ends it.
    #[serde(default)]
    pub stalled_until: Option<DateTime<Utc>>,
    /// What a stall is put down to, in the words of DRS; without, its agent is not seen.
    #[serde(default)]
    pub stalled_by: Option<String>,
    /// Since when its machine runs without its agent: the disks were replaced by a launch, or the
    /// agent was taken away. Only a new agent or a reversal into this server ends that.
    #[serde(default)]
    pub agent_lost: Option<DateTime<Utc>>,
    /// The last moment whose data is here, while a rescan catches up (re-protect).
    #[serde(default)]
    pub behind_since: Option<DateTime<Utc>>,
    /// What the machine writes, where somebody told.
    #[serde(default)]
    pub load: Option<Load>,
    /// Since when points in time are taken.
    pub points_since: Option<DateTime<Utc>>,
    /// The last time span in which none could be taken.
    #[serde(default)]
    pub gap: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// What a machine writes: more than the copy's speed makes a backlog that grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Since when.
    pub since: DateTime<Utc>,
    /// Backlog at that time.
    pub backlog_bytes: u64,
    /// What is written from then on.
    pub bytes_per_second: u64,
}

impl Load {
    /// The backlog now.
    #[must_use]
    pub fn backlog(&self, now: DateTime<Utc>) -> u64 {
        let seconds = u64::try_from((now - self.since).num_seconds()).unwrap_or(0);
        let written = self.bytes_per_second.saturating_mul(seconds);
        let sent = COPY_BYTES_PER_SECOND.saturating_mul(seconds);
        self.backlog_bytes
            .saturating_add(written)
            .saturating_sub(sent)
    }
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
    /// Bytes that were written and not sent yet, where a load is known.
    pub backlog: Option<u64>,
    /// Whether a first copy was complete once.
    pub was_complete: bool,
    /// Steps of the initiation that are done; `None`: all.
    pub steps_done: Option<usize>,
    /// The agent's or the service's complaint.
    pub error: Option<&'static str>,
}

/// The usual complaint.
const NOT_SEEN: &str = "AGENT_NOT_SEEN";

/// What DRS puts a stall down to (`DataReplicationErrorString`); those of failed steps name the step.
const ERRORS: [&str; 14] = [
    NOT_SEEN,
    "SNAPSHOTS_FAILURE",
    "NOT_CONVERGING",
    "UNSTABLE_NETWORK",
    "FAILED_TO_CREATE_SECURITY_GROUP",
    "FAILED_TO_LAUNCH_REPLICATION_SERVER",
    "FAILED_TO_BOOT_REPLICATION_SERVER",
    "FAILED_TO_AUTHENTICATE_WITH_SERVICE",
    "FAILED_TO_DOWNLOAD_REPLICATION_SOFTWARE",
    "FAILED_TO_CREATE_STAGING_DISKS",
    "FAILED_TO_ATTACH_STAGING_DISKS",
    "FAILED_TO_PAIR_REPLICATION_SERVER_WITH_AGENT",
    "FAILED_TO_CONNECT_AGENT_TO_REPLICATION_SERVER",
    "FAILED_TO_START_DATA_TRANSFER",
];

/// The error of this name, if DRS has it.
#[must_use]
pub fn error_named(name: &str) -> Option<&'static str> {
    ERRORS.into_iter().find(|error| *error == name)
}

/// Number of steps of an initiation.
pub const STEPS: usize = 11;

impl Observed {
    /// Nothing but a state.
    fn idle(state: &'static str) -> Self {
        Self {
            state,
            lag: None,
            eta: None,
            copied: 0,
            backlog: None,
            was_complete: false,
            steps_done: None,
            error: None,
        }
    }

    /// Whether a launch can take its data as of now.
    #[must_use]
    pub fn is_current(&self) -> bool {
        matches!(self.state, "CONTINUOUS" | "BACKLOG")
    }
}

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
            points_since: Some(since),
            ..Self::undisturbed_new()
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
            ..Self::undisturbed_new()
        }
    }

    /// A rescan of data that is mostly here: what a re-protect begins. Lag counts from
    /// `behind_since`, and points in time that were taken before are kept.
    #[must_use]
    pub fn rescanning(
        &self,
        now: DateTime<Utc>,
        initiation_seconds: u32,
        behind_since: DateTime<Utc>,
    ) -> Self {
        Self {
            max_lag_seconds: self.max_lag_seconds,
            points_since: self.points_since,
            behind_since: Some(behind_since),
            ..Self::starting(now, initiation_seconds, true)
        }
        .at_speed(None)
    }

    /// With a copy at this speed, or the usual one: a rescan is eight times as fast.
    #[must_use]
    pub fn at_speed(mut self, copy: Option<u64>) -> Self {
        if let Phase::Running {
            bytes_per_second,
            rescan,
            ..
        } = &mut self.phase
        {
            let factor = if *rescan { RESCAN_FACTOR } else { 1 };
            let speed = copy.unwrap_or(COPY_BYTES_PER_SECOND);
            *bytes_per_second = Some(speed.saturating_mul(factor));
        }
        self
    }

    fn undisturbed_new() -> Self {
        Self {
            phase: Phase::Stopped,
            max_lag_seconds: 8,
            stalled_since: None,
            stalled_until: None,
            stalled_by: None,
            agent_lost: None,
            behind_since: None,
            load: None,
            points_since: None,
            gap: None,
        }
    }

    /// Stops it, or takes it out of DRS: points in time and everything injected go.
    pub fn end(&mut self, phase: Phase) {
        *self = Self {
            phase,
            max_lag_seconds: self.max_lag_seconds,
            ..Self::undisturbed_new()
        };
    }

    /// Stalls it from `now`, for good or until a time.
    pub fn stall(&mut self, now: DateTime<Utc>, until: Option<DateTime<Utc>>) {
        self.resume(now);
        self.stalled_since = Some(now);
        self.stalled_until = until;
    }

    /// Ends a stall; one that is over already ended at its own time.
    pub fn resume(&mut self, now: DateTime<Utc>) {
        self.stalled_by = None;
        if let Some(since) = self.stalled_since.take() {
            let until = self.stalled_until.take().map_or(now, |at| at.min(now));
            self.gap = Some((since, until));
        }
    }

    /// Its machine writes this much from now on; what is behind already stays behind.
    pub fn write(&mut self, now: DateTime<Utc>, bytes_per_second: u64) {
        self.load = Some(Load {
            since: now,
            backlog_bytes: self.load.map_or(0, |load| load.backlog(now)),
            bytes_per_second,
        });
    }

    /// Since when an injected stall keeps data from coming, while it lasts.
    #[must_use]
    pub fn stalled(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let over = self.stalled_until.is_some_and(|until| until <= now);
        self.stalled_since.filter(|_| !over)
    }

    /// Whether a point in time could be taken at `at`, seen from `now`.
    #[must_use]
    pub fn took_point(&self, at: DateTime<Utc>, total_bytes: u64, now: DateTime<Utc>) -> bool {
        let within = |(from, until): (DateTime<Utc>, DateTime<Utc>)| at > from && at < until;
        let catching_up = self
            .complete_at(total_bytes)
            .map(|complete| match self.behind_since {
                Some(behind) => (behind, complete),
                None => (DateTime::<Utc>::MIN_UTC, complete),
            });
        let timed = self.stalled_since.zip(self.stalled_until);
        self.points_since.is_some_and(|since| at >= since)
            && ![catching_up, timed, self.gap]
                .into_iter()
                .flatten()
                .any(within)
            && at <= now
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

    /// What a look at `now` shows; `unseen`: since when the agent is not seen, if it is not.
    #[must_use]
    pub fn observe(
        &self,
        server_id: &str,
        total_bytes: u64,
        unseen: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Observed {
        let (Some(since), true) = (unseen.filter(|at| *at <= now), self.is_running()) else {
            return self.undisturbed(server_id, total_bytes, now);
        };
        let before = self.undisturbed(server_id, total_bytes, since);
        Observed {
            state: "STALLED",
            lag: Some(before.lag.unwrap_or_default() + (now - since)),
            error: Some(self.complaint(now)),
            eta: None,
            ..before
        }
    }

    /// What a stall is put down to.
    fn complaint(&self, now: DateTime<Utc>) -> &'static str {
        let told = self
            .stalled(now)
            .and_then(|_| error_named(self.stalled_by.as_deref()?));
        told.unwrap_or(NOT_SEEN)
    }

    fn undisturbed(&self, server_id: &str, total_bytes: u64, now: DateTime<Utc>) -> Observed {
        let Phase::Running {
            started,
            initiation_seconds,
            rescan,
            ..
        } = self.phase
        else {
            return Observed::idle(if self.phase == Phase::Stopped {
                "STOPPED"
            } else {
                "DISCONNECTED"
            });
        };
        let data_from = started + Duration::seconds(i64::from(initiation_seconds));
        let complete = self.complete_at(total_bytes).unwrap_or(data_from);
        let behind = self.behind_since.map(|since| now - since);
        if now < data_from {
            let done =
                (now - started).num_seconds().max(0) * 11 / i64::from(initiation_seconds.max(1));
            // Until the agent has found its new partner, a re-protected server counts as one
            // whose agent nobody sees.
            let state = behind.map_or("INITIATING", |_| "STALLED");
            return Observed {
                steps_done: Some(usize::try_from(done).unwrap_or(0).min(STEPS - 1)),
                lag: behind,
                eta: Some(complete),
                error: behind.map(|_| NOT_SEEN),
                was_complete: behind.is_some(),
                ..Observed::idle(state)
            };
        }
        if now < complete {
            let share = (now - data_from).num_milliseconds() * 1000
                / (complete - data_from).num_milliseconds().max(1);
            return Observed {
                copied: u64::try_from(share).unwrap_or(0),
                lag: Some(behind.unwrap_or(now - started)),
                eta: Some(complete),
                was_complete: behind.is_some(),
                ..Observed::idle(if rescan { "RESCAN" } else { "INITIAL_SYNC" })
            };
        }
        self.complete(server_id, now)
    }

    /// The first copy is complete: continuous, or behind by what the machine writes too fast.
    fn complete(&self, server_id: &str, now: DateTime<Utc>) -> Observed {
        let backlog = self.load.map(|load| load.backlog(now));
        let behind = backlog.filter(|bytes| *bytes > 0);
        let lag = behind.map_or_else(
            || self.usual_lag(server_id, now),
            |bytes| {
                let seconds = bytes.div_ceil(COPY_BYTES_PER_SECOND);
                Duration::seconds(i64::try_from(seconds).unwrap_or(i64::from(u32::MAX)))
            },
        );
        Observed {
            copied: 1000,
            lag: Some(lag),
            backlog: behind,
            was_complete: true,
            ..Observed::idle(behind.map_or("CONTINUOUS", |_| "BACKLOG"))
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

/// Since when the agent of a source server is not seen, with what it takes until that is called a
/// stall: an injected stall at once, a lost agent or a machine that is down after some minutes.
#[must_use]
pub fn unseen_since(
    world: &World,
    server: &SourceServer,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let replication = &server.replication;
    let origin = &server.origin;
    let machine = &server.machine.aws_instance_id;
    let down = crate::ec2::down_since(world, &origin.account, &origin.region, machine);
    let patient = |since: &DateTime<Utc>| *since + Duration::seconds(UNSEEN_SECONDS) <= now;
    let slow = down.into_iter().chain(replication.agent_lost).min();
    let stalled = replication.stalled(now);
    stalled.into_iter().chain(slow.filter(patient)).min()
}

/// What a look at a source server's replication shows.
#[must_use]
pub fn observe(world: &World, server: &SourceServer, now: DateTime<Utc>) -> Observed {
    let total: u64 = server.machine.disks.iter().map(|disk| disk.bytes).sum();
    let unseen = unseen_since(world, server, now);
    server.replication.observe(&server.id, total, unseen, now)
}
