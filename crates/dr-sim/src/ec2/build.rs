//! Puts networks and instances into a world without a call: for scenarios and controls.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use chrono::{DateTime, Utc};
use ipnet::Ipv4Net;

use super::launch::DiskSpec;
use super::machine::{Architecture, BootMode, Machine, Platform};
use super::resources::{
    Attachment, BlockDevice, Instance, InstanceState, SecurityGroup, Subnet, Tags, Volume, Vpc,
};
use crate::world::{Place, World};

/// A VPC and its subnets.
#[derive(Debug, Clone)]
pub struct NetworkSpec {
    /// Address range of the VPC: `10.0.0.0/16`.
    pub vpc_cidr: String,
    /// Its subnets.
    pub subnets: Vec<SubnetSpec>,
}

/// A subnet to be made.
#[derive(Debug, Clone)]
pub struct SubnetSpec {
    /// Address range: `10.0.1.0/24`.
    pub cidr: String,
    /// Availability Zone.
    pub availability_zone: String,
    /// Name tag.
    pub name: String,
}

/// What [`add_network`] made.
#[derive(Debug, Clone)]
pub struct Network {
    /// The VPC.
    pub vpc_id: String,
    /// Its subnets, in the order of the specification.
    pub subnet_ids: Vec<String>,
    /// The VPC's default security group.
    pub security_group_id: String,
}

/// An instance to be made.
#[derive(Debug, Clone)]
pub struct InstanceSpec {
    /// Name tag.
    pub name: Option<String>,
    /// Other tags.
    pub tags: Tags,
    /// Instance type.
    pub instance_type: String,
    /// Subnet.
    pub subnet_id: String,
    /// Security groups.
    pub security_groups: Vec<String>,
    /// Private IPv4 address; the next free one where this is none.
    pub private_ip: String,
    /// Name of the instance profile.
    pub instance_profile: Option<String>,
    /// Running; otherwise stopped.
    pub running: bool,
    /// `x86_64` or `arm64`.
    pub architecture: String,
    /// Windows; otherwise Linux.
    pub windows: bool,
    /// `legacy-bios`, `uefi` or `uefi-preferred`.
    pub boot_mode: String,
    /// Disks.
    pub disks: Vec<DiskSpec>,
    /// Last start.
    pub launched: DateTime<Utc>,
}

/// A range that cannot be parsed becomes an empty one, so that it shows at the first address.
fn range(cidr: &str) -> Ipv4Net {
    cidr.parse().unwrap_or_default()
}

/// Makes a VPC with subnets and its default security group.
pub fn add_network(world: &mut World, account: &str, region: &str, spec: &NetworkSpec) -> Network {
    let vpc_id = format!("vpc-{}", world.dice.hex(17));
    let security_group_id = format!("sg-{}", world.dice.hex(17));
    let mut subnets = Vec::with_capacity(spec.subnets.len());
    for subnet in &spec.subnets {
        subnets.push(Subnet {
            id: format!("subnet-{}", world.dice.hex(17)),
            vpc_id: vpc_id.clone(),
            cidr: range(&subnet.cidr),
            zone: subnet.availability_zone.clone(),
            taken: BTreeSet::new(),
            cursor: 0,
            tags: Tags::from([("Name".to_owned(), subnet.name.clone())]),
        });
    }
    let subnet_ids = subnets.iter().map(|s| s.id.clone()).collect();
    let ec2 = &mut world.place(account, region).ec2;
    let cidr = range(&spec.vpc_cidr);
    ec2.vpcs.insert(
        vpc_id.clone(),
        Vpc {
            id: vpc_id.clone(),
            cidr,
            no_way_out: false,
        },
    );
    let group = SecurityGroup {
        id: security_group_id.clone(),
        vpc_id: vpc_id.clone(),
        name: "default".to_owned(),
        description: "default VPC security group".to_owned(),
        no_egress: false,
        tags: Tags::new(),
    };
    ec2.security_groups.insert(group.id.clone(), group);
    ec2.subnets
        .extend(subnets.into_iter().map(|s| (s.id.clone(), s)));
    Network {
        vpc_id,
        subnet_ids,
        security_group_id,
    }
}

/// Makes an instance that has been there since `spec.launched`, running or stopped.
pub fn add_instance(world: &mut World, account: &str, region: &str, spec: &InstanceSpec) -> String {
    let ids = Ids::roll(world, spec.disks.len());
    let place = world.place(account, region);
    let address = spec.private_ip.parse().ok().or_else(|| {
        place
            .ec2
            .subnets
            .get(&spec.subnet_id)
            .and_then(Subnet::next_free)
    });
    let state = if spec.running {
        InstanceState::Running
    } else {
        InstanceState::Stopped
    };
    let mut tags = spec.tags.clone();
    if let Some(name) = &spec.name {
        tags.insert("Name".to_owned(), name.clone());
    }
    let new = NewInstance {
        image_id: format!("ami-{}", ids.image),
        instance_type: spec.instance_type.clone(),
        machine: Machine {
            architecture: Architecture::read(&spec.architecture),
            platform: if spec.windows {
                Platform::Windows
            } else {
                Platform::Linux
            },
            boot_mode: BootMode::read(&spec.boot_mode),
        },
        state,
        subnet_id: spec.subnet_id.clone(),
        private_ip: address.unwrap_or(Ipv4Addr::UNSPECIFIED),
        security_groups: spec.security_groups.clone(),
        profile: spec.instance_profile.clone(),
        tags,
        at: spec.launched,
    };
    place.put_instance(&ids, new, &spec.disks)
}

/// Ids of an instance and of what comes with it, without prefixes.
pub(super) struct Ids {
    instance: String,
    reservation: String,
    interface: String,
    association: String,
    image: String,
    volumes: Vec<String>,
}

impl Ids {
    /// Rolls them all.
    pub(super) fn roll(world: &mut World, volumes: usize) -> Self {
        let mut hex = || world.dice.hex(17);
        Self {
            instance: hex(),
            reservation: hex(),
            interface: hex(),
            association: hex(),
            image: hex(),
            volumes: (0..volumes).map(|_| hex()).collect(),
        }
    }

    /// Digits of the image's id.
    pub(super) fn image(&self) -> &str {
        &self.image
    }
}

/// What differs between instances that are made.
pub(super) struct NewInstance {
    pub(super) image_id: String,
    pub(super) instance_type: String,
    pub(super) machine: Machine,
    pub(super) state: InstanceState,
    pub(super) subnet_id: String,
    pub(super) private_ip: Ipv4Addr,
    pub(super) security_groups: Vec<String>,
    pub(super) profile: Option<String>,
    pub(super) tags: Tags,
    pub(super) at: DateTime<Utc>,
}

impl Place {
    /// Makes the instance, its volumes and its place in the subnet's address book.
    pub(super) fn put_instance(
        &mut self,
        ids: &Ids,
        new: NewInstance,
        disks: &[DiskSpec],
    ) -> String {
        let id = format!("i-{}", ids.instance);
        let subnet = self.ec2.subnets.get_mut(&new.subnet_id);
        let (vpc_id, zone) = subnet.map_or_else(Default::default, |s| {
            s.taken.insert(new.private_ip);
            s.cursor = u32::from(new.private_ip).saturating_add(1);
            (s.vpc_id.clone(), s.zone.clone())
        });
        let volume_ids: Vec<String> = ids.volumes.iter().map(|v| format!("vol-{v}")).collect();
        let instance = Instance {
            id: id.clone(),
            reservation_id: format!("r-{}", ids.reservation),
            image_id: new.image_id,
            instance_type: new.instance_type,
            key_name: None,
            machine: new.machine,
            state: new.state,
            state_since: new.at,
            launched: new.at,
            rebooted: None,
            state_reason: None,
            subnet_id: new.subnet_id,
            vpc_id,
            zone,
            private_ip: new.private_ip,
            interface_id: format!("eni-{}", ids.interface),
            security_groups: new.security_groups,
            profile: new.profile,
            profile_association_id: format!("iip-assoc-{}", ids.association),
            root_device_name: root_name(disks),
            ebs_root: true,
            devices: Vec::new(),
            tenancy: "default".to_owned(),
            termination_protected: false,
            tags: new.tags,
        };
        self.ec2.instances.insert(id.clone(), instance);
        self.ec2.attach_new(&id, &volume_ids, disks, new.at);
        id
    }
}

/// Device name of the root disk; EC2's usual one where no disk says that it is the root.
pub(super) fn root_name(disks: &[DiskSpec]) -> String {
    let root = disks.iter().find(|d| d.root).or_else(|| disks.first());
    root.map_or_else(|| "/dev/xvda".to_owned(), |d| d.device.clone())
}

/// Bytes in a GiB, the unit of EBS sizes.
const GIB: u64 = 1 << 30;

impl super::State {
    /// Makes volumes for disks and attaches them. Volumes of a launch die with the instance.
    pub(super) fn attach_new(
        &mut self,
        instance_id: &str,
        volume_ids: &[String],
        disks: &[DiskSpec],
        at: DateTime<Utc>,
    ) {
        let key = self.encryption_by_default.then(|| {
            self.default_kms_key
                .clone()
                .unwrap_or_else(|| "alias/aws/ebs".to_owned())
        });
        let Some(instance) = self.instances.get_mut(instance_id) else {
            return;
        };
        for (volume_id, disk) in volume_ids.iter().zip(disks) {
            instance.devices.push(BlockDevice {
                device_name: disk.device.clone(),
                volume_id: volume_id.clone(),
                attached: at,
                delete_on_termination: true,
            });
            let volume = Volume {
                id: volume_id.clone(),
                zone: instance.zone.clone(),
                // EBS sizes are whole GiB: a disk of one byte more needs the next.
                size_gib: u32::try_from(disk.bytes.div_ceil(GIB).max(1)).unwrap_or(u32::MAX),
                // gp3 at its baseline (EBS user guide): what DRS makes unless told otherwise.
                volume_type: "gp3".to_owned(),
                iops: Some(3000),
                throughput: Some(125),
                kms_key_arn: key.clone(),
                created: at,
                attachment: Some(Attachment {
                    instance_id: instance_id.to_owned(),
                    device_name: disk.device.clone(),
                    since: at,
                    delete_on_termination: true,
                    detaching: false,
                }),
                tags: Tags::new(),
            };
            self.volumes.insert(volume.id.clone(), volume);
        }
    }
}
