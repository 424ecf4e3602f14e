//! Source servers: looking at them, and starting, stopping, disconnecting and deleting them.

use std::ops::Bound;

use serde::Deserialize;
use serde_json::{Value, json};

use super::input::{self, Page};
use super::replication::{self, Phase, Replication};
use super::state::{SourceServer, State};
use super::{Reply, find, ok, quotas, replication_info, status, words};
use crate::error::ServiceResult;
use crate::service::Call;
use crate::wire::rest_json;
use crate::world::World;

/// `InitializeService`.
pub fn initialize(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    find::state(world, call).initialized = true;
    status(204, Value::Null)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    filters: Option<Filters>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filters {
    #[serde(rename = "sourceServerIDs")]
    source_server_ids: Option<Vec<String>>,
    hardware_id: Option<String>,
    #[serde(rename = "stagingAccountIDs")]
    staging_account_ids: Option<Vec<String>>,
}

impl Filters {
    fn check(&self) -> ServiceResult<()> {
        if let Some(ids) = &self.source_server_ids {
            input::count("filters.sourceServerIDs", ids, 0, 200)?;
            for id in ids {
                input::drs_id("filters.sourceServerIDs", "s-", id)?;
            }
        }
        if let Some(accounts) = &self.staging_account_ids {
            input::count("filters.stagingAccountIDs", accounts, 0, 200)?;
            for account in accounts {
                input::account_id("filters.stagingAccountIDs", account)?;
            }
        }
        Ok(())
    }

    fn fits(&self, server: &SourceServer) -> bool {
        let machine = &server.machine;
        let hardware = self.hardware_id.as_ref().is_none_or(|id| {
            [&machine.aws_instance_id, &machine.hostname, &machine.fqdn].contains(&id)
        });
        let staging = self.staging_account_ids.as_ref().is_none_or(|accounts| {
            accounts.is_empty()
                || server
                    .staging
                    .as_ref()
                    .is_some_and(|staging| accounts.contains(&staging.account))
        });
        hardware && staging
    }
}

/// `DescribeSourceServers`.
pub fn describe(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let request: Describe = rest_json::parse(call)?;
    let filters = request.filters.unwrap_or_default();
    filters.check()?;
    let page = Page {
        max_results: request.max_results,
        next_token: request.next_token.as_deref(),
    };
    let after = page.after()?.map_or(Bound::Unbounded, Bound::Excluded);
    let world = &*world;
    let Some(place) = world.at(&call.caller.account, &call.region) else {
        return ok(json!({ "items": [] }));
    };
    let state = &place.drs;
    let wanted = filters
        .source_server_ids
        .as_ref()
        .filter(|ids| !ids.is_empty());
    let found: Box<dyn Iterator<Item = &SourceServer>> = match wanted {
        Some(ids) => {
            let sorted: std::collections::BTreeSet<&String> = ids.iter().collect();
            let lower = after;
            Box::new(
                sorted
                    .into_iter()
                    .filter(move |id| match &lower {
                        Bound::Excluded(last) => *id > last,
                        _ => true,
                    })
                    .filter_map(move |id| state.servers.get(id)),
            )
        }
        None => Box::new(
            state
                .servers
                .range((after, Bound::Unbounded))
                .map(|(_, server)| server),
        ),
    };
    let (taken, token) = input::page(found.filter(|s| filters.fits(s)), page, |server| {
        server.id.clone()
    })?;
    let items: Vec<Value> = taken
        .iter()
        .map(|s| view(world, state, s, call.now))
        .collect();
    ok(json!({ "items": items, "nextToken": token }))
}

/// A source server as the API shows it.
#[must_use]
pub fn view(
    world: &World,
    state: &State,
    server: &SourceServer,
    now: chrono::DateTime<chrono::Utc>,
) -> Value {
    let last = server.last_launch.as_ref();
    let since = server.added;
    let result = match last.map(|launch| launch.status.as_str()) {
        None => "NOT_STARTED",
        Some("LAUNCHED" | "TERMINATED") => "SUCCEEDED",
        Some("FAILED") => "FAILED",
        Some(_) => "PENDING",
    };
    json!({
        "sourceServerID": server.id,
        "arn": server.arn,
        "tags": server.tags,
        "recoveryInstanceId": state.instances_of(&server.id).last(),
        "lastLaunchResult": result,
        "dataReplicationInfo": replication_info::info(world, server, now),
        "lifeCycle": {
            "addedToServiceDateTime": words::time(since),
            "firstByteDateTime": words::time(since),
            "elapsedReplicationDuration": words::duration(now - since),
            "lastSeenByServiceDateTime": words::time(
                replication::unseen_since(world, server, now).unwrap_or(now)
            ),
            "lastLaunch": last.map(|launch| json!({
                "initiated": {
                    "apiCallDateTime": words::time(launch.at),
                    "jobID": launch.job_id,
                    "type": if launch.drill { "DRILL" } else { "RECOVERY" },
                },
                "status": launch.status,
            })),
        },
        "sourceProperties": properties(server, now),
        "stagingArea": server.staging.as_ref().map(|staging| json!({
            "status": "EXTENDED",
            "stagingAccountID": staging.account,
            "stagingSourceServerArn": staging.arn,
        })),
        // A machine outside AWS has no such origin.
        "sourceCloudProperties": (!server.origin.account.is_empty()).then(|| json!({
            "originAccountID": server.origin.account,
            "originRegion": server.origin.region,
            "originAvailabilityZone": server.origin.availability_zone,
        })),
        "replicationDirection": server.direction,
        "reversedDirectionSourceServerArn": server.reversed_arn,
        "agentVersion": "6.10.20260601",
    })
}

fn properties(server: &SourceServer, now: chrono::DateTime<chrono::Utc>) -> Value {
    let machine = &server.machine;
    let disks: Vec<Value> = machine
        .disks
        .iter()
        .map(|disk| json!({ "deviceName": disk.device, "bytes": disk.bytes }))
        .collect();
    // The agent reports once an hour.
    let reported = now - chrono::Duration::seconds(now.timestamp().rem_euclid(3_600));
    json!({
        "lastUpdatedDateTime": words::time(reported.max(server.added)),
        "recommendedInstanceType": machine.instance_type,
        "identificationHints": {
            "fqdn": machine.fqdn,
            "hostname": machine.hostname,
            "awsInstanceID": (!machine.aws_instance_id.is_empty())
                .then_some(&machine.aws_instance_id),
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
        "supportsNitroInstances": true,
        "architecture": machine.architecture,
    })
}

#[derive(Debug, Deserialize)]
struct One {
    #[serde(rename = "sourceServerID")]
    source_server_id: Option<String>,
}

/// The id in a request that names one source server.
///
/// # Errors
/// `ValidationException` where it is missing or malformed.
pub fn requested(call: &Call) -> ServiceResult<String> {
    let request: One = rest_json::parse(call)?;
    let id = input::required("sourceServerID", request.source_server_id)?;
    input::drs_id("sourceServerID", "s-", &id)?;
    Ok(id)
}

/// A source server of the caller as the API shows it.
///
/// # Errors
/// `ResourceNotFoundException`.
pub fn shown(world: &World, call: &Call, id: &str) -> ServiceResult<Value> {
    world
        .at(&call.caller.account, &call.region)
        .and_then(|place| Some((&place.drs, place.drs.servers.get(id)?)))
        .map(|(state, server)| view(world, state, server, call.now))
        .ok_or_else(|| find::not_found("SourceServer", id))
}

/// `StopReplication`: unprotects the server and deletes its points in time.
pub fn stop_replication(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let id = requested(call)?;
    find::server(world, call, &id)?;
    find::idle(find::state(world, call), &id)?;
    let server = find::server(world, call, &id)?;
    if !server.replication.is_running() {
        return Err(find::conflict(
            "SourceServer",
            &id,
            format!("Replication of source server {id} is not running."),
        ));
    }
    server.replication.end(Phase::Stopped);
    let view = shown(world, call, &id)?;
    ok(json!({ "sourceServer": view }))
}

/// `StartReplication`: a full copy of a stopped server begins.
pub fn start_replication(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let id = requested(call)?;
    let server = find::server(world, call, &id)?;
    if server.replication.phase != Phase::Stopped {
        return Err(find::conflict(
            "SourceServer",
            &id,
            format!("Replication of source server {id} is not stopped."),
        ));
    }
    quotas::room_to_replicate(world, &call.caller.account, &call.region)?;
    // An initiation takes 3 to 5 minutes.
    let initiation = u32::try_from(world.dice.between(180, 300)).unwrap_or(240);
    let speed = find::state(world, call).copy_bytes_per_second;
    let server = find::server(world, call, &id)?;
    let lag = server.replication.max_lag_seconds;
    server.replication = Replication {
        max_lag_seconds: lag,
        points_since: Some(call.now),
        ..Replication::starting(call.now, initiation, false)
    }
    .at_speed(speed);
    let view = shown(world, call, &id)?;
    ok(json!({ "sourceServer": view }))
}

/// `DisconnectSourceServer`.
pub fn disconnect(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let id = requested(call)?;
    find::server(world, call, &id)?;
    let state = find::state(world, call);
    find::idle(state, &id)?;
    if !state.instances_of(&id).is_empty() {
        return Err(find::conflict(
            "SourceServer",
            &id,
            format!("Source server {id} has a recovery instance and cannot be disconnected."),
        ));
    }
    let server = find::server(world, call, &id)?;
    server.replication.end(Phase::Disconnected);
    // The answer is the source server itself, not wrapped.
    let view = shown(world, call, &id)?;
    ok(view)
}

/// `DeleteSourceServer`: only a disconnected one. The launch template that DRS made for it goes too;
/// the ARN that its counterpart on the other side names goes stale.
pub fn delete(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let id = requested(call)?;
    let server = find::server(world, call, &id)?;
    if server.replication.phase != Phase::Disconnected {
        return Err(find::conflict(
            "SourceServer",
            &id,
            format!("Source server {id} must be disconnected before it can be deleted."),
        ));
    }
    let gone = find::state(world, call).servers.remove(&id);
    if let Some(gone) = gone {
        let templates = &mut world
            .place(&call.caller.account, &call.region)
            .ec2
            .templates;
        templates.remove(&gone.launch.launch_template_id);
    }
    status(204, Value::Null)
}
