//! How far a replication is. DRS has the same picture in two sets of types, one for source servers and one
//! for recovery instances; both become one of ours.

use aws_sdk_drs::types as sdk;
use chrono::{DateTime, Utc};
use dr_model::replication::{DiskProgress, InitiationStep, Replication, ReplicationDirection};
use dr_model::server::ReplicationState;

use super::{UNSAID, filled};
use crate::time::{duration_seconds, instant, lag_seconds};

/// DRS's words for "no replication here".
const NO_REPLICATION: [&str; 2] = ["NOT_STARTED", "REPLICATION_STATE_NOT_AVAILABLE"];

/// What both pictures have in common. A macro, because the SDK has a type of its own for every part of either.
macro_rules! shared {
    ($info:expr, $now:expr) => {{
        let info = $info;
        let initiation = info.and_then(|i| i.data_replication_initiation());
        let error = info.and_then(|i| i.data_replication_error());
        Replication {
            state: state(
                info.and_then(|i| i.data_replication_state())
                    .map(|s| s.as_str()),
            ),
            lag_seconds: info
                .and_then(|i| i.lag_duration())
                .and_then(|text| lag_seconds(text, $now)),
            eta: info.and_then(|i| i.eta_date_time()).and_then(instant),
            error: error
                .and_then(|e| e.error())
                .and_then(|e| filled(Some(e.as_str()))),
            raw_error: error.and_then(|e| filled(e.raw_error())),
            disks: info
                .map(|i| i.replicated_disks())
                .unwrap_or_default()
                .iter()
                .map(|d| DiskProgress {
                    device_name: d.device_name().unwrap_or_default().to_owned(),
                    total_bytes: bytes(d.total_storage_bytes()),
                    replicated_bytes: bytes(d.replicated_storage_bytes()),
                    rescanned_bytes: bytes(d.rescanned_storage_bytes()),
                    backlogged_bytes: bytes(d.backlogged_storage_bytes()),
                })
                .collect(),
            steps: initiation
                .map(|i| i.steps())
                .unwrap_or_default()
                .iter()
                .map(|s| step(s.name().map(|n| n.as_str()), s.status().map(|s| s.as_str())))
                .collect(),
            initiated_at: initiation
                .and_then(|i| i.start_date_time())
                .and_then(instant),
            ..Replication::default()
        }
    }};
}

/// The replication of a source server, as seen at `now`.
pub(crate) fn of_server(server: &sdk::SourceServer, now: DateTime<Utc>) -> Replication {
    let info = server.data_replication_info();
    let life = server.life_cycle();
    Replication {
        next_attempt_at: info
            .and_then(|i| i.data_replication_initiation())
            .and_then(|i| i.next_attempt_date_time())
            .and_then(instant),
        added_at: life
            .and_then(|l| l.added_to_service_date_time())
            .and_then(instant),
        first_byte_at: life
            .and_then(|l| l.first_byte_date_time())
            .and_then(instant),
        elapsed_seconds: life
            .and_then(|l| l.elapsed_replication_duration())
            .and_then(duration_seconds),
        last_seen_at: life
            .and_then(|l| l.last_seen_by_service_date_time())
            .and_then(instant),
        ..shared!(info, now)
    }
}

/// The replication from a recovery instance back to where it came from, as seen at `now`. DRS says when it next tries,
/// and when a server was added, of source servers alone.
pub(crate) fn of_instance(instance: &sdk::RecoveryInstance, now: DateTime<Utc>) -> Replication {
    let failback = instance.failback();
    let started = instance
        .data_replication_info()
        .and_then(|i| i.data_replication_initiation())
        .and_then(|i| i.start_date_time());
    Replication {
        initiated_at: started
            .or_else(|| failback.and_then(|f| f.failback_initiation_time()))
            .and_then(instant),
        first_byte_at: failback
            .and_then(|f| f.first_byte_date_time())
            .and_then(instant),
        // Typed as a time in the service model, but a duration.
        elapsed_seconds: failback
            .and_then(|f| f.elapsed_replication_duration())
            .and_then(duration_seconds),
        last_seen_at: failback
            .and_then(|f| f.agent_last_seen_by_service_date_time())
            .and_then(instant),
        ..shared!(instance.data_replication_info(), now)
    }
}

/// Which way a source server replicates. DRS may leave it out for servers older than failback in AWS.
pub(crate) fn direction(word: Option<&sdk::ReplicationDirection>) -> ReplicationDirection {
    match word {
        None | Some(sdk::ReplicationDirection::Failover) => ReplicationDirection::Failover,
        Some(sdk::ReplicationDirection::Failback) => ReplicationDirection::Failback,
        Some(other) => ReplicationDirection::Other(other.as_str().to_owned()),
    }
}

fn state(word: Option<&str>) -> Option<ReplicationState> {
    filled(word)
        .filter(|word| !NO_REPLICATION.contains(&word.as_str()))
        .map(ReplicationState::from)
}

fn step(name: Option<&str>, status: Option<&str>) -> InitiationStep {
    InitiationStep {
        name: name.unwrap_or(UNSAID).to_owned(),
        status: status.unwrap_or(UNSAID).to_owned(),
    }
}

/// A count of bytes; the wire allows negative ones, which mean nothing.
fn bytes(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
