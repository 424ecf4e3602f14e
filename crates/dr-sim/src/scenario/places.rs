//! What an account and region need before any server stands in them.

use std::collections::BTreeMap;

use crate::drs::{LaunchConfiguration, LaunchTemplate, ReplicationTemplate};
use crate::ec2::{self, NetworkSpec, SubnetSpec};
use crate::world::World;

use super::Site;
use super::machines::TIERS;

/// Instance profile of recovery instances.
pub(super) const PROFILE: &str = "DRSRecoveryInstanceProfile";

/// A network with one subnet per tier: the same addresses on both sides, so that a server can
/// keep its own.
pub(super) struct Ground {
    /// Subnet of each tier.
    pub subnets: Vec<String>,
    /// Security group of all.
    pub security_group: String,
}

/// Networks, DRS settings and the instance profile of one site.
pub(super) fn prepare(world: &mut World, site: &Site) -> Ground {
    let Site { account, region } = site;
    let subnets = TIERS
        .iter()
        .map(|tier| SubnetSpec {
            cidr: format!("10.0.{}.0/20", tier.octet),
            availability_zone: format!("{region}a"),
            name: format!("{}-{region}a", tier.name),
        })
        .collect();
    let network = ec2::add_network(
        world,
        account,
        region,
        &NetworkSpec {
            vpc_cidr: "10.0.0.0/16".to_owned(),
            subnets,
        },
    );
    crate::iam::add_profile(world, account, PROFILE, &crate::drs::PROFILE_POLICIES);
    initialize(world, site, network.subnet_ids.first().map(String::as_str));
    Ground {
        subnets: network.subnet_ids,
        security_group: network.security_group_id,
    }
}

/// DRS initialised, with both templates.
pub(super) fn initialize(world: &mut World, site: &Site, staging_subnet: Option<&str>) {
    let Site { account, region } = site;
    let launch_id = format!("lct-{}", world.dice.alphanumeric(17));
    let replication_id = format!("rct-{}", world.dice.alphanumeric(17));
    let drs = &mut world.place(account, region).drs;
    drs.initialized = true;
    drs.launch_template = Some(LaunchTemplate {
        id: launch_id,
        defaults: LaunchConfiguration::new("", String::new()),
        launch_into_source_instance: false,
        tags: BTreeMap::new(),
    });
    drs.replication_template = Some(ReplicationTemplate {
        id: replication_id,
        subnet_id: staging_subnet.unwrap_or_default().to_owned(),
        ebs_encryption: "DEFAULT".to_owned(),
        ebs_encryption_key_arn: None,
        tags: BTreeMap::new(),
    });
}
