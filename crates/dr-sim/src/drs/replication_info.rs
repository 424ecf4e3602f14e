//! `dataReplicationInfo`: a replication in the words of the API.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::replication::{Observed, Phase, Replication, STEPS, observe};
use super::state::SourceServer;
use super::words;
use crate::world::World;

/// Steps of an initiation, in order.
const NAMES: [&str; STEPS] = [
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

/// `dataReplicationInfo` of a source server.
#[must_use]
pub fn info(world: &World, server: &SourceServer, now: DateTime<Utc>) -> Value {
    let replication = &server.replication;
    let seen = observe(world, server, now);
    let total: u64 = server.machine.disks.iter().map(|disk| disk.bytes).sum();
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
            let backlog = match (seen.state, seen.backlog) {
                // A known backlog lies on the disks by their size.
                (_, Some(bytes)) => share(bytes, disk.bytes, total).min(disk.bytes),
                ("CONTINUOUS" | "STALLED" | "RESCAN", None) => {
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
            "rawError": if failed_step(error).is_some() {
                "A step of the data replication initiation failed."
            } else if error == "AGENT_NOT_SEEN" {
                "The AWS Replication Agent has not been seen by the service."
            } else {
                "Data replication does not proceed."
            },
        })),
        "stagingAvailabilityZone": staging_zone(server),
    })
}

/// `bytes`, times a part of a whole.
fn share(bytes: u64, part: u64, whole: u64) -> u64 {
    u64::try_from(u128::from(bytes) * u128::from(part) / u128::from(whole.max(1))).unwrap_or(bytes)
}

/// The step that an error is about: `FAILED_TO_` and its name.
fn failed_step(error: &str) -> Option<usize> {
    let name = error.strip_prefix("FAILED_TO_")?;
    NAMES.iter().position(|step| *step == name)
}

fn initiation(replication: &Replication, seen: &Observed) -> Value {
    let Phase::Running { started, .. } = replication.phase else {
        return Value::Null;
    };
    let failed = seen.error.and_then(failed_step);
    let done = failed.or(seen.steps_done).unwrap_or(NAMES.len());
    let steps: Vec<Value> = NAMES
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let status = match n.cmp(&done) {
                std::cmp::Ordering::Less => "SUCCEEDED",
                std::cmp::Ordering::Equal if failed.is_some() => "FAILED",
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
