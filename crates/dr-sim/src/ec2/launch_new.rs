//! New instances from a launch template, as DRS launches them: everything is decided before
//! anything is made.

use std::net::Ipv4Addr;

use chrono::{DateTime, Utc};

use super::State;
use super::build::{Ids, NewInstance};
use super::launch::{LaunchNew, LaunchRefused, Launched, named, refused};
use super::machine::{Architecture, BootMode, Machine, Platform};
use super::resources::{InstanceState, Subnet};
use super::template_data::TemplateData;
use super::types;
use crate::world::World;

/// Launches a new instance from the default version of a launch template.
///
/// # Errors
/// The template or something that it names is missing or does not fit, or there is no address.
pub fn launch_new(
    world: &mut World,
    account: &str,
    region: &str,
    spec: &LaunchNew,
    now: DateTime<Utc>,
) -> Result<Launched, LaunchRefused> {
    let known_profile = |name: &str| crate::iam::profile_policies(world, account, name).is_some();
    let place = world.places.get(account).and_then(|r| r.get(region));
    let ec2 = place
        .map(|p| &p.ec2)
        .ok_or_else(|| unknown_template(spec))?;
    let template = ec2
        .templates
        .get(&spec.launch_template_id)
        .ok_or_else(|| unknown_template(spec))?;
    let data = template.data("$Default").cloned().unwrap_or_default();
    if let Some(profile) = data.profile().filter(|p| !known_profile(p)) {
        return Err(refused(
            "InvalidParameterValue",
            format!(
                "Value ({profile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
            ),
        ));
    }
    let plan = plan(ec2, spec, &data)?;
    let ids = Ids::roll(world, spec.disks.len());
    let image_id = data
        .image_id()
        .map_or_else(|| format!("ami-{}", ids.image()), str::to_owned);
    let new = NewInstance {
        image_id,
        instance_type: plan.instance_type,
        machine: plan.machine,
        state: InstanceState::Stopped,
        subnet_id: plan.subnet_id,
        private_ip: plan.private_ip,
        security_groups: plan.security_groups,
        profile: data.profile().map(str::to_owned),
        tags: spec.tags.clone(),
        at: now,
    };
    let World { places, dice, .. } = world;
    let place = places
        .entry(account.to_owned())
        .or_default()
        .entry(region.to_owned())
        .or_default();
    let instance_id = place.put_instance(&ids, new, &spec.disks);
    let volumes: Vec<String> = place
        .ec2
        .instances
        .get(&instance_id)
        .map_or_else(Vec::new, |i| {
            i.devices.iter().map(|d| d.volume_id.clone()).collect()
        });
    place.ec2.mark_volumes(&volumes, &spec.source_server_id);
    if spec.start {
        place.ec2.begin_start(dice, &instance_id, now);
    }
    Ok(Launched {
        instance_id,
        volumes: named(&spec.disks, volumes),
        private_ip: plan.private_ip.to_string(),
    })
}

fn unknown_template(spec: &LaunchNew) -> LaunchRefused {
    refused(
        "InvalidLaunchTemplateId.NotFound",
        format!(
            "The specified launch template, with template ID {}, does not exist.",
            spec.launch_template_id
        ),
    )
}

/// Everything that a launch has decided before anything is made.
struct Plan {
    instance_type: String,
    machine: Machine,
    subnet_id: String,
    private_ip: Ipv4Addr,
    security_groups: Vec<String>,
}

fn plan(ec2: &State, spec: &LaunchNew, data: &TemplateData) -> Result<Plan, LaunchRefused> {
    let interface = data.interface();
    let subnet_id = interface.subnet_id.ok_or_else(|| {
        refused(
            "MissingSubnet",
            "No subnet in the launch template and no default VPC for this user",
        )
    })?;
    let subnet = ec2.subnets.get(&subnet_id).ok_or_else(|| {
        refused(
            "InvalidSubnetID.NotFound",
            format!("The subnet ID '{subnet_id}' does not exist"),
        )
    })?;
    let (instance_type, machine) = fitting(spec, data)?;
    let wanted = spec.private_ip.clone().or(interface.private_ip);
    let private_ip = address(subnet, wanted.as_deref())?;
    let security_groups = groups(ec2, subnet, interface.security_groups)?;
    Ok(Plan {
        instance_type,
        machine,
        subnet_id,
        private_ip,
        security_groups,
    })
}

fn fitting(spec: &LaunchNew, data: &TemplateData) -> Result<(String, Machine), LaunchRefused> {
    let architecture = Architecture::read(&spec.architecture);
    // DRS's own default where neither right-sizing nor the template says anything.
    let fallback = match architecture {
        Architecture::X86_64 => "m5.large",
        Architecture::Arm64 => "m6g.large",
    };
    let chosen = spec
        .instance_type
        .as_deref()
        .or_else(|| data.instance_type())
        .unwrap_or(fallback);
    let kind = types::find(chosen).ok_or_else(|| {
        refused(
            "InvalidParameterValue",
            format!("Invalid value '{chosen}' for InstanceType."),
        )
    })?;
    if kind.architecture != architecture {
        return Err(refused(
            "InvalidParameterValue",
            format!(
                "The architecture '{}' of the specified instance type does not match the architecture '{}' of the specified AMI.",
                kind.architecture.word(),
                architecture.word()
            ),
        ));
    }
    let boot_mode = match architecture {
        Architecture::X86_64 => BootMode::LegacyBios,
        Architecture::Arm64 => BootMode::Uefi,
    };
    let platform = if spec.platform_windows {
        Platform::Windows
    } else {
        Platform::Linux
    };
    Ok((
        chosen.to_owned(),
        Machine {
            architecture,
            platform,
            boot_mode,
        },
    ))
}

fn address(subnet: &Subnet, wanted: Option<&str>) -> Result<Ipv4Addr, LaunchRefused> {
    let Some(wanted) = wanted else {
        return subnet.next_free().ok_or_else(|| {
            refused(
                "InsufficientFreeAddressesInSubnet",
                format!("There are not enough free addresses in subnet '{}' to satisfy the requested number of instances.", subnet.id),
            )
        });
    };
    let address: Ipv4Addr = wanted
        .parse()
        .map_err(|_| refused("InvalidParameterValue", format!("Invalid address {wanted}")))?;
    if !subnet.may_hold(address) {
        return Err(refused(
            "InvalidParameterValue",
            format!("Address {address} does not fall within the subnet's address range"),
        ));
    }
    if subnet.taken.contains(&address) {
        return Err(refused(
            "InvalidIPAddress.InUse",
            format!("Address {address} is in use."),
        ));
    }
    Ok(address)
}

/// The template's groups, which must be of the subnet's VPC; without any, the VPC's default.
fn groups(ec2: &State, subnet: &Subnet, named: Vec<String>) -> Result<Vec<String>, LaunchRefused> {
    for id in &named {
        match ec2.security_groups.get(id) {
            None => {
                return Err(refused(
                    "InvalidGroup.NotFound",
                    format!("The security group '{id}' does not exist"),
                ));
            }
            Some(group) if group.vpc_id != subnet.vpc_id => {
                return Err(refused(
                    "InvalidParameter",
                    format!(
                        "Security group {id} and subnet {} belong to different networks.",
                        subnet.id
                    ),
                ));
            }
            Some(_) => {}
        }
    }
    if !named.is_empty() {
        return Ok(named);
    }
    let default = ec2
        .security_groups
        .values()
        .find(|g| g.vpc_id == subnet.vpc_id && g.name == "default");
    Ok(default.map(|g| g.id.clone()).into_iter().collect())
}
