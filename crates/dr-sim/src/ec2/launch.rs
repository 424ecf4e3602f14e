//! What DRS does in EC2 on behalf of its caller: launches into an instance that is there, and
//! terminates. New instances stand in `launch_new`.
//!
//! Only EC2's own refusals are made here; the rules of DRS stand in `drs`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::State;
use super::build::root_name;
use super::resources::InstanceState;
use crate::world::World;

/// A disk of a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskSpec {
    /// Device name: `/dev/xvda`.
    pub device: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Whether the machine boots from it.
    pub root: bool,
}

/// A launch into an instance that is there.
#[derive(Debug, Clone)]
pub struct LaunchInto {
    /// The stopped instance.
    pub instance_id: String,
    /// Disks that replace all of its disks.
    pub disks: Vec<DiskSpec>,
    /// Source server that is launched; becomes a tag of the volumes.
    pub source_server_id: String,
}

/// A launch of a new instance.
#[derive(Debug, Clone)]
pub struct LaunchNew {
    /// Launch template; its default version counts.
    pub launch_template_id: String,
    /// Instance type that right-sizing chose; the template's where there is none.
    pub instance_type: Option<String>,
    /// Disks.
    pub disks: Vec<DiskSpec>,
    /// Address to be kept (`copyPrivateIp`); otherwise the template's, otherwise any free one.
    pub private_ip: Option<String>,
    /// Tags of the instance.
    pub tags: BTreeMap<String, String>,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// Windows; otherwise Linux.
    pub platform_windows: bool,
    /// Started; otherwise left stopped.
    pub start: bool,
    /// Source server that is launched; becomes a tag of the volumes.
    pub source_server_id: String,
}

/// What a launch made.
#[derive(Debug, Clone)]
pub struct Launched {
    /// The instance.
    pub instance_id: String,
    /// New volumes: device name, id, bytes.
    pub volumes: Vec<(String, String, u64)>,
    /// Private IPv4 address of the instance.
    pub private_ip: String,
}

/// Why EC2 refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code})")]
pub struct LaunchRefused {
    /// EC2's error code; `MissingSubnet` where the template names none.
    pub code: String,
    /// Text for people.
    pub message: String,
}

/// A refusal.
pub(super) fn refused(code: &str, message: impl Into<String>) -> LaunchRefused {
    LaunchRefused {
        code: code.to_owned(),
        message: message.into(),
    }
}

/// Tag by which DRS marks what it made for a source server.
const SOURCE_SERVER_TAG: &str = "AWSElasticDisasterRecoverySourceServerID";

/// Replaces the disks of a stopped instance and starts it. The old volumes stay, detached; id,
/// private address, profile and security groups are kept.
///
/// # Errors
/// The instance is unknown or not stopped.
pub fn launch_into(
    world: &mut World,
    account: &str,
    region: &str,
    spec: &LaunchInto,
    now: DateTime<Utc>,
) -> Result<Launched, LaunchRefused> {
    let id = spec.instance_id.as_str();
    let ec2 = &mut world.place(account, region).ec2;
    let instance = ec2.instances.get_mut(id).ok_or_else(|| {
        refused(
            "InvalidInstanceID.NotFound",
            format!("The instance ID '{id}' does not exist"),
        )
    })?;
    if instance.state != InstanceState::Stopped {
        return Err(refused(
            "IncorrectInstanceState",
            format!(
                "The instance '{id}' is in the {} state and must be stopped",
                instance.state.word()
            ),
        ));
    }
    let old = std::mem::take(&mut instance.devices);
    instance.root_device_name = root_name(&spec.disks);
    let private_ip = instance.private_ip.to_string();
    for device in old {
        if let Some(volume) = ec2.volumes.get_mut(&device.volume_id) {
            volume.attachment = None;
        }
    }
    let ids: Vec<String> = spec
        .disks
        .iter()
        .map(|_| format!("vol-{}", world.dice.hex(17)))
        .collect();
    let World { places, dice, .. } = world;
    if let Some(place) = places.get_mut(account).and_then(|r| r.get_mut(region)) {
        place.ec2.attach_new(id, &ids, &spec.disks, now);
        place.ec2.mark_volumes(&ids, &spec.source_server_id);
        place.ec2.begin_start(dice, id, now);
    }
    Ok(Launched {
        instance_id: id.to_owned(),
        volumes: named(&spec.disks, ids),
        private_ip,
    })
}

/// Disks with the ids of the volumes that were made for them.
pub(super) fn named(disks: &[DiskSpec], ids: Vec<String>) -> Vec<(String, String, u64)> {
    disks
        .iter()
        .zip(ids)
        .map(|(disk, id)| (disk.device.clone(), id, disk.bytes))
        .collect()
}

impl State {
    /// Marks volumes as made for a source server.
    pub(super) fn mark_volumes(&mut self, volume_ids: &[String], source_server_id: &str) {
        for id in volume_ids {
            if let Some(volume) = self.volumes.get_mut(id) {
                volume
                    .tags
                    .insert(SOURCE_SERVER_TAG.to_owned(), source_server_id.to_owned());
            }
        }
    }
}

/// Terminates instances; unknown and terminated ones are left alone.
pub fn terminate(
    world: &mut World,
    account: &str,
    region: &str,
    ids: &[String],
    now: DateTime<Utc>,
) {
    let World { places, dice, .. } = world;
    if let Some(place) = places.get_mut(account).and_then(|r| r.get_mut(region)) {
        for id in ids {
            place.ec2.begin_termination(dice, id, now);
        }
    }
}
