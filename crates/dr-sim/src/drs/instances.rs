//! Recovery instances.

use std::ops::Bound;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::input::{self, Page};
use super::replication::{self, Phase};
use super::state::{Direction, RecoveryInstance, SourceServer};
use super::{Reply, find, ok, replication_info, words};
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

/// The source server on the other side that a recovery instance replicates to, if it stands.
#[must_use]
pub fn counterpart<'a>(world: &'a World, instance: &RecoveryInstance) -> Option<&'a SourceServer> {
    let (region, account, _, id) = words::parse_arn(&instance.reversed.as_ref()?.arn)?;
    world.at(account, region)?.drs.servers.get(id)
}

/// How far the failback of a recovery instance is, in the words of DRS.
fn failback_state(world: &World, instance: &RecoveryInstance, now: DateTime<Utc>) -> &'static str {
    if instance.failback_completed {
        return "FAILBACK_COMPLETED";
    }
    if instance.reversed.is_none() {
        return "FAILBACK_NOT_STARTED";
    }
    let Some(server) = counterpart(world, instance) else {
        return "FAILBACK_LAUNCH_STATE_NOT_AVAILABLE";
    };
    let seen = replication::observe(world, server, now);
    match seen.state {
        "CONTINUOUS" | "BACKLOG" => "FAILBACK_READY_FOR_LAUNCH",
        "DISCONNECTED" => "FAILBACK_ERROR",
        "STOPPED" => "FAILBACK_NOT_READY_FOR_LAUNCH",
        // Once copied, it only is not ready any more; otherwise the copy went wrong.
        "STALLED" if seen.was_complete => "FAILBACK_NOT_READY_FOR_LAUNCH",
        "STALLED" => "FAILBACK_ERROR",
        _ => "FAILBACK_IN_PROGRESS",
    }
}

fn failback(world: &World, instance: &RecoveryInstance, now: DateTime<Utc>) -> Value {
    let started = instance.reversed.as_ref().map(|reversed| reversed.started);
    json!({
        "state": failback_state(world, instance, now),
        "agentLastSeenByServiceDateTime": (now >= instance.agent_ready && !instance.disconnected)
            .then(|| words::time(now)),
        "failbackInitiationTime": started.map(words::time),
        // Typed as a time by the model, and a duration all the same.
        "elapsedReplicationDuration": started.map(|at| words::duration(now - at)),
        "failbackToOriginalServer": false,
        "failbackLaunchType": if instance.drill { "DRILL" } else { "RECOVERY" },
    })
}

/// `dataReplicationInfo`: that of the source server on the other side, once there is one.
fn replication(world: &World, instance: &RecoveryInstance, now: DateTime<Utc>) -> Value {
    if let (false, Some(server)) = (instance.disconnected, counterpart(world, instance)) {
        let mut info = replication_info::info(world, server, now);
        let disks = info
            .get_mut("replicatedDisks")
            .and_then(Value::as_array_mut);
        for disk in disks.into_iter().flatten().filter_map(Value::as_object_mut) {
            // The disks of recovery instances have no such member.
            disk.remove("volumeStatus");
        }
        return info;
    }
    let disks: Vec<Value> = instance
        .machine
        .disks
        .iter()
        .map(|disk| {
            json!({
                "deviceName": disk.device,
                "totalStorageBytes": if instance.disconnected { 0 } else { disk.bytes },
                "replicatedStorageBytes": 0,
                "rescannedStorageBytes": 0,
                "backloggedStorageBytes": 0,
            })
        })
        .collect();
    let state = if instance.disconnected {
        "DISCONNECTED"
    } else {
        "NOT_STARTED"
    };
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
        // One that was stopped before stays stopped: nothing replicated any more.
        if server.replication.is_running() {
            server.replication.end(Phase::Disconnected);
        }
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
