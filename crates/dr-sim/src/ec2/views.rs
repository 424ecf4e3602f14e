//! What other simulated services see of EC2: plain answers to plain questions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::resources::{Instance, InstanceState, Tags};
use super::template_data::{Interface, TemplateData};
use super::templates::{Template, Version};
use super::{Platform, State};
use crate::world::World;

/// An instance as DRS looks at it before a launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceView {
    /// EC2's word: `running`, `stopped`, ...
    pub state: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// Windows; otherwise Linux.
    pub windows: bool,
    /// `legacy-bios`, `uefi` or `uefi-preferred`.
    pub boot_mode: String,
    /// Root volume on EBS.
    pub root_device_ebs: bool,
    /// Hardware virtualisation; every simulated instance has it.
    pub hvm: bool,
    /// Name of the instance profile.
    pub instance_profile: Option<String>,
    /// Subnet.
    pub subnet_id: String,
    /// Private IPv4 address.
    pub private_ip: String,
    /// Availability Zone.
    pub availability_zone: String,
    /// Instance type.
    pub instance_type: String,
}

/// What DRS reads from and writes into a launch template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateView {
    /// Subnet.
    pub subnet_id: Option<String>,
    /// Security groups.
    pub security_groups: Vec<String>,
    /// Instance type.
    pub instance_type: Option<String>,
    /// Name of the instance profile.
    pub instance_profile: Option<String>,
}

fn state<'a>(world: &'a World, account: &str, region: &str) -> Option<&'a State> {
    Some(&world.places.get(account)?.get(region)?.ec2)
}

fn instance<'a>(world: &'a World, account: &str, region: &str, id: &str) -> Option<&'a Instance> {
    state(world, account, region)?.instances.get(id)
}

/// An instance, if there is one of this id.
#[must_use]
pub fn look(world: &World, account: &str, region: &str, id: &str) -> Option<InstanceView> {
    let i = instance(world, account, region, id)?;
    Some(InstanceView {
        state: i.state.word().to_owned(),
        tags: i.tags.clone(),
        architecture: i.machine.architecture.word().to_owned(),
        windows: i.machine.platform == Platform::Windows,
        boot_mode: i.machine.boot_mode.word().to_owned(),
        root_device_ebs: i.ebs_root,
        hvm: true,
        instance_profile: i.profile.clone(),
        subnet_id: i.subnet_id.clone(),
        private_ip: i.private_ip.to_string(),
        availability_zone: i.zone.clone(),
        instance_type: i.instance_type.clone(),
    })
}

/// State of an instance in EC2's word.
#[must_use]
pub fn state_of(world: &World, account: &str, region: &str, id: &str) -> Option<&'static str> {
    instance(world, account, region, id).map(|i| i.state.word())
}

/// Since when an instance is down: on its way to stopped or terminated, or beyond. `None` where it
/// is up, or was never there.
#[must_use]
pub fn down_since(world: &World, account: &str, region: &str, id: &str) -> Option<DateTime<Utc>> {
    let ec2 = state(world, account, region)?;
    match ec2.instances.get(id) {
        Some(i) => match i.state {
            InstanceState::Pending | InstanceState::Running => None,
            _ => Some(i.state_since),
        },
        None => ec2.ended.get(id).copied(),
    }
}

/// Availability Zone of a subnet.
#[must_use]
pub fn subnet_az(world: &World, account: &str, region: &str, subnet_id: &str) -> Option<String> {
    let subnet = state(world, account, region)?.subnets.get(subnet_id)?;
    Some(subnet.zone.clone())
}

/// The default version of a launch template.
#[must_use]
pub fn template(
    world: &World,
    account: &str,
    region: &str,
    template_id: &str,
) -> Option<TemplateView> {
    let template = state(world, account, region)?.templates.get(template_id)?;
    let data = template.data("$Default")?;
    let interface = data.interface();
    Some(TemplateView {
        subnet_id: interface.subnet_id,
        security_groups: interface.security_groups,
        instance_type: data.instance_type().map(str::to_owned),
        instance_profile: data.profile().map(str::to_owned),
    })
}

/// Makes a launch template as DRS makes one for each source server; answers its id.
pub fn create_template(
    world: &mut World,
    account: &str,
    region: &str,
    name: &str,
    view: &TemplateView,
) -> String {
    let id = format!("lt-{}", world.dice.hex(17));
    let created = world.now;
    let created_by =
        format!("arn:aws:sts::{account}:assumed-role/AWSServiceRoleForElasticDisasterRecovery/drs");
    let interface = Interface {
        subnet_id: view.subnet_id.clone(),
        security_groups: view.security_groups.clone(),
        private_ip: None,
    };
    let data = TemplateData::of(
        &interface,
        view.instance_type.as_deref(),
        view.instance_profile.as_deref(),
    );
    let version = Version {
        description: None,
        created,
        created_by: created_by.clone(),
        data,
    };
    let template = Template {
        id: id.clone(),
        name: name.to_owned(),
        created,
        created_by,
        default_version: 1,
        versions: BTreeMap::from([(1, version)]),
        tags: Tags::from([(
            "AWSElasticDisasterRecoveryManaged".to_owned(),
            "drs.amazonaws.com".to_owned(),
        )]),
    };
    world
        .place(account, region)
        .ec2
        .templates
        .insert(id.clone(), template);
    id
}
