//! Recovery instances.

use std::ops::Bound;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::input::{self, Page};
use super::replication::{Observed, Phase};
use super::state::{Direction, RecoveryInstance};
use super::{Reply, find, ok, words};
use crate::error::ServiceResult;
use crate::service::Call;
use crate::wire::rest_json;
use crate::world::World;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    filters: Option<Filters>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Filters {
    #[serde(rename = "recoveryInstanceIDs")]
    ids: Option<Vec<String>>,
    #[serde(rename = "sourceServerIDs")]
    servers: Option<Vec<String>>,
}

/// `DescribeRecoveryInstances`.
pub fn describe(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Describe = rest_json::parse(call)?;
    let filters = request.filters.unwrap_or_default();
    if let Some(ids) = &filters.ids {
        input::count("filters.recoveryInstanceIDs", ids, 0, 200)?;
        for id in ids {
            input::instance_id("filters.recoveryInstanceIDs", id)?;
        }
    }
    for id in filters.servers.iter().flatten() {
        input::drs_id("filters.sourceServerIDs", "s-", id)?;
    }
    let page = Page {
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
    };
    let after = page.after()?;
    let Some(place) = world.at(&call.caller.account, &call.region) else {
        return ok(json!({ "items": [] }));
    };
    let state = &place.drs;
    let ids = filters.ids.filter(|ids| !ids.is_empty());
    let servers = filters.servers.filter(|ids| !ids.is_empty());
    // Narrow by the smaller index first; an instance must fit both filters.
    let wanted: Option<std::collections::BTreeSet<String>> = match (ids, servers) {
        (None, None) => None,
        (Some(ids), None) => Some(ids.into_iter().collect()),
        (ids, Some(servers)) => {
            let of_servers = servers.iter().flat_map(|id| state.instances_of(id));
            Some(
                of_servers
                    .filter(|id| ids.as_ref().is_none_or(|ids| ids.contains(id)))
                    .collect(),
            )
        }
    };
    let found: Box<dyn Iterator<Item = &RecoveryInstance>> = match &wanted {
        Some(ids) => Box::new(
            ids.iter()
                .filter(|id| after.as_ref().is_none_or(|last| *id > last))
                .filter_map(|id| state.instances.get(id)),
        ),
        None => {
            let lower = after.clone().map_or(Bound::Unbounded, Bound::Excluded);
            Box::new(
                state
                    .instances
                    .range((lower, Bound::Unbounded))
                    .map(|(_, instance)| instance),
            )
        }
    };
    let (taken, token) = input::page(found, page, |instance| instance.id.clone())?;
    let items: Vec<Value> = taken.iter().map(|i| view(world, call, i)).collect();
    ok(json!({ "items": items, "nextToken": token }))
}

fn view(world: &World, call: &Call, instance: &RecoveryInstance) -> Value {
    let now = call.now;
    let state = crate::ec2::state_of(world, &call.caller.account, &call.region, &instance.id);
    let machine = &instance.machine;
    let disks: Vec<Value> = instance
        .volumes
        .iter()
        .map(|(device, volume, bytes)| {
            json!({ "internalDeviceName": device, "bytes": bytes, "ebsVolumeID": volume })
        })
        .collect();
    json!({
        "ec2InstanceID": instance.id,
        "ec2InstanceState": state.map_or("NOT_FOUND".to_owned(), |state| state.to_uppercase()),
        "jobID": instance.job_id,
        "recoveryInstanceID": instance.id,
        "sourceServerID": instance.source_server_id,
        "arn": instance.arn,
        "tags": instance.tags,
        "failback": failback(world, instance, now),
        "dataReplicationInfo": replication(world, instance, now),
        "recoveryInstanceProperties": {
            "lastUpdatedDateTime": words::time(instance.launched),
            "identificationHints": {
                "fqdn": machine.fqdn,
                "hostname": machine.hostname,
                "awsInstanceID": instance.id,
            },
            "networkInterfaces": [{
                "macAddress": machine.mac,
                "ips": machine.ips,
                "isPrimary": true,
            }],
            "disks": disks,
            "cpus": [{ "cores": machine.cores, "modelName": machine.cpu_model }],
            "ramBytes": machine.ram_bytes,
            "os": { "fullString": machine.os },
        },
        "pointInTimeSnapshotDateTime": words::time(instance.point_in_time),
        "isDrill": instance.drill,
        "originEnvironment": "AWS",
        "originAvailabilityZone": instance.origin_availability_zone,
        "agentVersion": "6.10.20260601",
    })
}

/// How the reversed replication of an instance is, seen from the source server on the other side.
fn reversed(world: &World, instance: &RecoveryInstance, now: DateTime<Utc>) -> Option<Observed> {
    let reversed = instance.reversed.as_ref()?;
    let (region, account, _, id) = words::parse_arn(&reversed.arn)?;
    let server = world.at(account, region)?.drs.servers.get(id)?;
    let total = server.machine.disks.iter().map(|disk| disk.bytes).sum();
    Some(server.replication.observe(id, total, now))
}

fn failback(world: &World, instance: &RecoveryInstance, now: DateTime<Utc>) -> Value {
    let seen = reversed(world, instance, now);
    let state = match seen.as_ref().map(|seen| seen.state) {
        None => "FAILBACK_NOT_STARTED",
        Some("CONTINUOUS") => "FAILBACK_READY_FOR_LAUNCH",
        Some("STALLED" | "DISCONNECTED") => "FAILBACK_ERROR",
        Some("STOPPED") => "FAILBACK_NOT_READY_FOR_LAUNCH",
        Some(_) => "FAILBACK_IN_PROGRESS",
    };
    let started = instance.reversed.as_ref().map(|reversed| reversed.started);
    json!({
        "state": state,
        "agentLastSeenByServiceDateTime": (now >= instance.agent_ready && !instance.disconnected)
            .then(|| words::time(now)),
        "failbackInitiationTime": started.map(words::time),
        "failbackToOriginalServer": false,
        "failbackLaunchType": if instance.drill { "DRILL" } else { "RECOVERY" },
    })
}

fn replication(world: &World, instance: &RecoveryInstance, now: DateTime<Utc>) -> Value {
    let seen = reversed(world, instance, now);
    let state = if instance.disconnected {
        "DISCONNECTED"
    } else {
        seen.as_ref().map_or("NOT_STARTED", |seen| seen.state)
    };
    let copied = seen.as_ref().map_or(0, |seen| seen.copied);
    let disks: Vec<Value> = instance
        .machine
        .disks
        .iter()
        .map(|disk| {
            let total = if instance.disconnected { 0 } else { disk.bytes };
            let done = u64::try_from(u128::from(total) * u128::from(copied) / 1000).unwrap_or(0);
            json!({
                "deviceName": disk.device,
                "totalStorageBytes": total,
                "replicatedStorageBytes": done,
                "rescannedStorageBytes": 0,
                "backloggedStorageBytes": 0,
            })
        })
        .collect();
    json!({ "dataReplicationState": state, "replicatedDisks": disks })
}

#[derive(Debug, Deserialize)]
struct One {
    #[serde(rename = "recoveryInstanceID")]
    id: Option<String>,
}

/// The id in a request that names one recovery instance.
///
/// # Errors
/// `ValidationException` where it is missing or malformed.
pub fn requested(call: &Call) -> ServiceResult<String> {
    let request: One = rest_json::parse(call)?;
    let id = input::required("recoveryInstanceID", request.id)?;
    input::instance_id("recoveryInstanceID", &id)?;
    Ok(id)
}

/// `DisconnectRecoveryInstance`.
pub fn disconnect(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let id = requested(call)?;
    let server = find::instance(world, call, &id)?.source_server_id.clone();
    find::idle(find::state(world, call), &server)?;
    let instance = find::instance(world, call, &id)?;
    if instance.disconnected {
        return Err(find::conflict(
            "RecoveryInstance",
            &id,
            format!("Recovery instance {id} is already disconnected."),
        ));
    }
    instance.disconnected = true;
    let reversed = instance.reversed.take();
    // The agent uninstalls itself: what replicated from here no longer does.
    if let Some((region, account, _, other)) = reversed
        .as_ref()
        .and_then(|reversed| words::parse_arn(&reversed.arn))
        && let Some(server) = world.place(account, region).drs.servers.get_mut(other)
    {
        server.replication.phase = Phase::Disconnected;
        server.replication.points_since = None;
    }
    ok(json!({}))
}

/// `DeleteRecoveryInstance`: forgets the record, the EC2 instance runs on. It must be disconnected
/// first, except the record of a failed-back instance in the origin region, which is the live
/// primary and goes on replicating.
pub fn delete(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let id = requested(call)?;
    let instance = find::instance(world, call, &id)?;
    let (server, connected) = (instance.source_server_id.clone(), !instance.disconnected);
    let state = find::state(world, call);
    find::idle(state, &server)?;
    let failed_back = state
        .servers
        .get(&server)
        .is_some_and(|server| server.direction == Direction::Failback);
    if connected && !failed_back {
        return Err(find::conflict(
            "RecoveryInstance",
            &id,
            format!("Recovery instance {id} must be disconnected before it can be deleted."),
        ));
    }
    find::state(world, call).forget_instance(&id);
    ok(json!({}))
}
