//! EC2's types into ours.

use std::collections::BTreeMap;

use aws_sdk_ec2::types as sdk;
use dr_model::server::{Architecture, BootMode, OriginInstance, Platform};
use dr_model::target::TargetInstance;

/// What stands where EC2 should have said something and did not.
pub(super) const UNSAID: &str = "unknown";

/// An instance that may be launched into. `None`, logged, where its id cannot be read.
pub(crate) fn target(instance: &sdk::Instance) -> Option<TargetInstance> {
    let architecture = architecture(instance);
    Some(TargetInstance {
        id: readable(instance.instance_id())?,
        state: instance
            .state()
            .and_then(|state| state.name())
            .map_or(UNSAID, |name| name.as_str())
            .to_owned(),
        tags: tags(instance.tags()),
        private_ip: owned(instance.private_ip_address()),
        subnet_id: owned(instance.subnet_id()),
        vpc_id: owned(instance.vpc_id()),
        security_group_ids: instance
            .security_groups()
            .iter()
            .filter_map(|group| owned(group.group_id()))
            .collect(),
        instance_type: instance
            .instance_type()
            .map_or(UNSAID, |kind| kind.as_str())
            .to_owned(),
        platform: platform(instance),
        // Where nothing is said: ARM instances know only UEFI, the others boot BIOS by default.
        boot_mode: boot_mode(instance).unwrap_or(match architecture {
            Architecture::Arm64 => BootMode::Uefi,
            Architecture::X86_64 | Architecture::Other(_) => BootMode::Bios,
        }),
        architecture,
        root_device_type: instance
            .root_device_type()
            .map_or(UNSAID, |kind| kind.as_str())
            .to_owned(),
        virtualization: instance
            .virtualization_type()
            .map_or(UNSAID, |kind| kind.as_str())
            .to_owned(),
        volume_ids: instance
            .block_device_mappings()
            .iter()
            .filter_map(|device| owned(device.ebs().and_then(|ebs| ebs.volume_id())))
            .collect(),
        instance_profile: instance
            .iam_instance_profile()
            .and_then(|profile| profile.arn())
            .map(|arn| last_part(arn).to_owned()),
    })
}

/// An original instance. `None`, logged, where its id cannot be read.
pub(crate) fn origin(instance: &sdk::Instance) -> Option<OriginInstance> {
    Some(OriginInstance {
        id: readable(instance.instance_id())?,
        name: tags(instance.tags())
            .remove("Name")
            .filter(|name| !name.is_empty()),
        architecture: architecture(instance),
        boot_mode: boot_mode(instance),
        private_ip: owned(instance.private_ip_address()),
    })
}

pub(super) fn readable<T: std::str::FromStr>(text: Option<&str>) -> Option<T> {
    let id = text.and_then(|text| text.parse().ok());
    if id.is_none() {
        tracing::warn!(?text, "instance left out: its id cannot be read");
    }
    id
}

pub(super) fn owned(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

/// `dr` in `arn:aws:iam::111122223333:instance-profile/path/dr`.
pub(super) fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

pub(super) fn tags(tags: &[sdk::Tag]) -> BTreeMap<String, String> {
    tags.iter()
        .filter_map(|tag| {
            Some((
                owned(tag.key())?,
                tag.value().unwrap_or_default().to_owned(),
            ))
        })
        .collect()
}

fn architecture(instance: &sdk::Instance) -> Architecture {
    match instance.architecture() {
        Some(sdk::ArchitectureValues::X8664) => Architecture::X86_64,
        Some(sdk::ArchitectureValues::Arm64) => Architecture::Arm64,
        other => Architecture::Other(other.map_or(UNSAID, |word| word.as_str()).to_owned()),
    }
}

/// EC2 leaves `platform` out for everything that is not Windows.
fn platform(instance: &sdk::Instance) -> Platform {
    let said = instance
        .platform()
        .map(|platform| platform.as_str())
        .or(instance.platform_details())
        .unwrap_or_default();
    if said.to_ascii_lowercase().contains("windows") {
        Platform::Windows
    } else {
        Platform::Linux
    }
}

/// What it boots with now; before it ever booted, what its image asks for.
fn boot_mode(instance: &sdk::Instance) -> Option<BootMode> {
    match instance.current_instance_boot_mode() {
        Some(sdk::InstanceBootModeValues::Uefi) => return Some(BootMode::Uefi),
        Some(sdk::InstanceBootModeValues::LegacyBios) => return Some(BootMode::Bios),
        _ => {}
    }
    match instance.boot_mode() {
        Some(sdk::BootModeValues::Uefi | sdk::BootModeValues::UefiPreferred) => {
            Some(BootMode::Uefi)
        }
        Some(sdk::BootModeValues::LegacyBios) => Some(BootMode::Bios),
        _ => None,
    }
}
