//! The inventory: what a round trip must leave as it was. Sorted, without times, and without ids that
//! every launch changes: volumes are known by device and size, launch templates by what their default
//! version holds.

use serde_json::{Map, Value, json};

use super::Control;
use crate::drs::{self, RecoveryInstance, SourceServer};
use crate::ec2::{self, Instance, InstanceState, Template, Volume};
use crate::world::{Place, World};

impl Control {
    /// What is there, place by place: two of them differ in what really differs, not in times.
    /// Terminated instances count as gone; a volume that is attached to nothing is listed.
    #[must_use]
    pub fn inventory(&self) -> Value {
        self.inspect(inventory)
    }
}

fn inventory(world: &World) -> Value {
    let accounts = world.places.iter().filter_map(|(account, regions)| {
        let regions: Map<String, Value> = regions
            .iter()
            .map(|(region, place)| (region.clone(), of_place(world, place)))
            // A place that somebody only looked at is no place.
            .filter(|(_, found)| found.as_object().is_some_and(|found| !found.is_empty()))
            .collect();
        (!regions.is_empty()).then(|| (account.clone(), Value::Object(regions)))
    });
    Value::Object(accounts.collect())
}

fn of_place(world: &World, place: &Place) -> Value {
    let Place { drs, ec2, .. } = place;
    let live = |i: &&Instance| {
        !matches!(
            i.state,
            InstanceState::Terminated | InstanceState::ShuttingDown
        )
    };
    let servers = drs.servers.values();
    let mut free: Vec<Value> = ec2
        .volumes
        .values()
        .filter(|volume| volume.attachment.is_none())
        .map(|volume| json!({ "size_gib": volume.size_gib, "tags": volume.tags, "zone": volume.zone }))
        .collect();
    free.sort_by_key(Value::to_string);
    let parts = [
        (
            "source_servers",
            keyed(servers.map(|s| (&s.id, source_server(world, s)))),
        ),
        (
            "recovery_instances",
            keyed(drs.instances.values().map(|i| (&i.id, record(i)))),
        ),
        (
            "active_jobs",
            json!(drs.active_jobs.iter().collect::<Vec<_>>()),
        ),
        (
            "instances",
            keyed(
                ec2.instances
                    .values()
                    .filter(live)
                    .map(|i| (&i.id, instance(ec2, i))),
            ),
        ),
        ("detached_volumes", Value::Array(free)),
        (
            "launch_templates",
            keyed(ec2.templates.values().map(|t| (&t.id, template(t)))),
        ),
    ];
    let present = parts.into_iter().filter(|(_, value)| match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    });
    Value::Object(
        present
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

fn keyed<'a>(items: impl Iterator<Item = (&'a String, Value)>) -> Value {
    Value::Object(items.map(|(id, value)| (id.clone(), value)).collect())
}

fn source_server(world: &World, server: &SourceServer) -> Value {
    let machine = &server.machine;
    let launch = &server.launch;
    let disks: Vec<Value> = machine
        .disks
        .iter()
        .map(|disk| json!({ "device": disk.device, "bytes": disk.bytes }))
        .collect();
    json!({
        "direction": server.direction,
        "origin": server.origin,
        "tags": server.tags,
        "machine": {
            "hostname": machine.hostname,
            "instance_id": machine.aws_instance_id,
            "ips": machine.ips,
            "disks": disks,
        },
        "replication": drs::observe(world, server, world.now).state,
        "launch": launch,
        "staging": server.staging,
        // An ARN that went stale is none.
        "reversed_by": reversed_by(world, server),
    })
}

/// Id of the source server of the other direction, if it stands.
fn reversed_by(world: &World, server: &SourceServer) -> Option<String> {
    let arn = server.reversed_arn.as_deref()?;
    world
        .places
        .values()
        .flat_map(|regions| regions.values())
        .find_map(|place| place.drs.servers.get(arn.rsplit('/').next()?))
        .filter(|other| other.arn == arn)
        .map(|other| other.id.clone())
}

fn record(instance: &RecoveryInstance) -> Value {
    json!({
        "source_server": instance.source_server_id,
        "drill": instance.drill,
        "disconnected": instance.disconnected,
        "reversed_to": instance.reversed.as_ref().map(|reversed| &reversed.arn),
        "tags": instance.tags,
    })
}

fn instance(ec2: &ec2::State, i: &Instance) -> Value {
    let mut volumes: Vec<Value> = i
        .devices
        .iter()
        .filter_map(|device| {
            let Volume {
                size_gib,
                volume_type,
                kms_key_arn,
                ..
            } = ec2.volumes.get(&device.volume_id)?;
            Some(json!({
                "device": device.device_name,
                "size_gib": size_gib,
                "type": volume_type,
                "kms_key": kms_key_arn,
            }))
        })
        .collect();
    volumes.sort_by_key(Value::to_string);
    json!({
        "state": i.state.word(),
        "type": i.instance_type,
        "subnet": i.subnet_id,
        "private_ip": i.private_ip,
        "security_groups": i.security_groups,
        "profile": i.profile,
        "root_device": i.root_device_name,
        "tags": i.tags,
        "volumes": volumes,
    })
}

fn template(template: &Template) -> Value {
    json!({
        "name": template.name,
        "tags": template.tags,
        "default_version": template.data("$Default"),
    })
}
