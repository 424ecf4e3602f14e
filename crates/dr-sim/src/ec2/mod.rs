//! Simulated EC2: instances with states that take time, volumes, networks, launch templates,
//! tags. No packet passes and no rule of a security group is looked at.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::ServiceResult;
use crate::service::{Answer, Call};
use crate::wire::query::{self, Params};
use crate::world::World;

mod access;
mod account;
mod build;
mod clock;
mod describe;
mod fault;
mod filters;
mod launch;
mod launch_new;
mod lifecycle;
mod machine;
mod network;
mod resources;
mod routes;
mod tags;
mod template_data;
mod templates;
mod types;
mod views;
mod volumes;

pub use build::{InstanceSpec, Network, NetworkSpec, SubnetSpec, add_instance, add_network};
pub use clock::{Change, Due, advance, next_due};
pub use launch::{
    DiskSpec, LaunchInto, LaunchNew, LaunchRefused, Launched, launch_into, terminate,
};
pub use launch_new::launch_new;
pub use machine::{Architecture, BootMode, Machine, Platform};
pub use resources::{
    Attachment, BlockDevice, Instance, InstanceState, SecurityGroup, Subnet, Tags, Volume, Vpc,
};
pub use template_data::{Device, Interface, TemplateData};
pub use templates::{Template, Version};
pub use types::size_of;
pub use views::{
    InstanceView, TemplateView, create_template, down_since, look, state_of, subnet_az, template,
};

/// XML namespace of the API version that all current SDKs speak.
const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// Everything EC2 keeps for one account in one region.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// VPCs by id.
    pub vpcs: BTreeMap<String, Vpc>,
    /// Subnets by id.
    pub subnets: BTreeMap<String, Subnet>,
    /// Security groups by id.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// Instances by id.
    pub instances: BTreeMap<String, Instance>,
    /// Volumes by id.
    pub volumes: BTreeMap<String, Volume>,
    /// Launch templates by id.
    pub templates: BTreeMap<String, Template>,
    /// Instances that cannot be described any more, and when they were terminated: others may
    /// still wait for them.
    #[serde(default)]
    pub ended: BTreeMap<String, DateTime<Utc>>,
    /// What will happen by itself, earliest first.
    pub queue: BTreeSet<Due>,
    /// Whether new volumes are encrypted without being asked.
    pub encryption_by_default: bool,
    /// Key for them; `None` is the AWS managed key.
    pub default_kms_key: Option<String>,
}

/// What a place is like that nobody has touched.
static EMPTY: State = State {
    vpcs: BTreeMap::new(),
    subnets: BTreeMap::new(),
    security_groups: BTreeMap::new(),
    instances: BTreeMap::new(),
    volumes: BTreeMap::new(),
    templates: BTreeMap::new(),
    ended: BTreeMap::new(),
    queue: BTreeSet::new(),
    encryption_by_default: false,
    default_kms_key: None,
};

/// What the caller sees, without making a place that is not there: looking changes nothing.
fn here<'a>(world: &'a World, call: &Call) -> &'a State {
    world
        .at(&call.caller.account, &call.region)
        .map_or(&EMPTY, |place| &place.ec2)
}

/// How an operation is carried out.
type Operation = fn(&mut World, &Call, &Params) -> ServiceResult<Answer>;

/// Operations by name, in alphabetical order.
const TABLE: &[(&str, Operation)] = &[
    ("CreateLaunchTemplateVersion", templates::create_version),
    ("CreateTags", tags::create),
    ("DeleteTags", tags::delete),
    ("DeleteVolume", volumes::delete),
    (
        "DescribeIamInstanceProfileAssociations",
        account::profile_associations,
    ),
    ("DescribeInstanceStatus", describe::statuses),
    ("DescribeInstanceTypeOfferings", types::offerings),
    ("DescribeInstanceTypes", types::describe),
    ("DescribeInstances", describe::instances),
    (
        "DescribeLaunchTemplateVersions",
        templates::describe_versions,
    ),
    ("DescribeLaunchTemplates", templates::describe),
    ("DescribeNetworkInterfaces", network::interfaces),
    ("DescribeRouteTables", routes::describe),
    ("DescribeSecurityGroups", network::security_groups),
    ("DescribeSubnets", network::subnets),
    ("DescribeTags", tags::describe),
    ("DescribeVolumes", volumes::describe),
    ("DetachVolume", volumes::detach),
    ("GetEbsDefaultKmsKeyId", account::default_kms_key),
    ("GetEbsEncryptionByDefault", account::encryption_by_default),
    ("ModifyLaunchTemplate", templates::modify),
    ("RebootInstances", lifecycle::reboot),
    ("StartInstances", lifecycle::start),
    ("StopInstances", lifecycle::stop),
    ("TerminateInstances", lifecycle::terminate),
];

/// The operations simulated here.
pub const OPERATIONS: &[&str] = &NAMES;

const NAMES: [&str; TABLE.len()] = {
    let mut names = [""; TABLE.len()];
    let mut n = 0;
    while n < TABLE.len() {
        names[n] = TABLE[n].0;
        n += 1;
    }
    names
};

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Answer {
    carry_out(world, call).unwrap_or_else(|error| query::ec2_error(call, &error))
}

fn carry_out(world: &mut World, call: &Call) -> ServiceResult<Answer> {
    let params = Params::parse(call)?;
    access::dry_run(world, call, &params)?;
    let (_, operation) = TABLE
        .iter()
        .find(|(name, _)| *name == call.operation)
        .ok_or_else(|| {
            fault::refused(
                "InvalidAction",
                format!(
                    "The action {} is not valid for this web service.",
                    call.operation
                ),
            )
        })?;
    operation(world, call, &params)
}

/// An answer in EC2's XML.
fn answer(call: &Call, inside: impl FnOnce(&mut query::Xml)) -> Answer {
    query::ec2_ok(call, NAMESPACE, inside)
}

#[cfg(test)]
mod tests;
