//! The things EC2 keeps: instances, volumes, networks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use chrono::{DateTime, Utc};
use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

use super::machine::Machine;

/// Tags of a resource.
pub type Tags = BTreeMap<String, String>;

/// Addresses that AWS keeps in every subnet: the first four and the last.
const RESERVED_PER_SUBNET: u32 = 5;

/// State of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstanceState {
    /// Starting.
    Pending,
    /// Up.
    Running,
    /// On the way to terminated.
    ShuttingDown,
    /// Gone; shown for about an hour more.
    Terminated,
    /// On the way to stopped.
    Stopping,
    /// Down, with its volumes kept.
    Stopped,
}

impl InstanceState {
    /// EC2's word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::ShuttingDown => "shutting-down",
            Self::Terminated => "terminated",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
        }
    }

    /// EC2's code for it (API reference, `InstanceState`).
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Terminated => 48,
            Self::Stopping => 64,
            Self::Stopped => 80,
        }
    }
}

/// A volume in its place on an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockDevice {
    /// Device name.
    pub device_name: String,
    /// The volume there.
    pub volume_id: String,
    /// Since when.
    pub attached: DateTime<Utc>,
    /// Whether the volume dies with the instance.
    pub delete_on_termination: bool,
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// `i-` and 17 hexadecimal digits.
    pub id: String,
    /// `r-` and 17 hexadecimal digits.
    pub reservation_id: String,
    /// Image it was made from.
    pub image_id: String,
    /// Instance type.
    pub instance_type: String,
    /// Key pair.
    pub key_name: Option<String>,
    /// Architecture, platform, boot mode.
    pub machine: Machine,
    /// Current state.
    pub state: InstanceState,
    /// Since when.
    pub state_since: DateTime<Utc>,
    /// Last start.
    pub launched: DateTime<Utc>,
    /// Last reboot since then.
    #[serde(default)]
    pub rebooted: Option<DateTime<Utc>>,
    /// Who stopped or terminated it: code and message.
    pub state_reason: Option<(String, String)>,
    /// Subnet.
    pub subnet_id: String,
    /// VPC of the subnet.
    pub vpc_id: String,
    /// Availability Zone of the subnet.
    pub zone: String,
    /// Private IPv4 address; kept while stopped, given back when terminated.
    pub private_ip: Ipv4Addr,
    /// Primary network interface.
    pub interface_id: String,
    /// Security groups.
    pub security_groups: Vec<String>,
    /// Name of the instance profile.
    pub profile: Option<String>,
    /// `iip-assoc-` and 17 hexadecimal digits.
    pub profile_association_id: String,
    /// Device name of the root volume.
    pub root_device_name: String,
    /// Whether the root volume is EBS (otherwise instance store, which DRS cannot launch into).
    pub ebs_root: bool,
    /// Volumes in their places.
    pub devices: Vec<BlockDevice>,
    /// `default`, `dedicated` or `host`.
    pub tenancy: String,
    /// Termination protection.
    pub termination_protected: bool,
    /// Tags.
    pub tags: Tags,
}

/// Where a volume is attached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The instance.
    pub instance_id: String,
    /// Device name there.
    pub device_name: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Whether the volume dies with the instance.
    pub delete_on_termination: bool,
    /// A detach was asked for and is not done yet.
    pub detaching: bool,
}

/// An EBS volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// `vol-` and 17 hexadecimal digits.
    pub id: String,
    /// Availability Zone.
    pub zone: String,
    /// Size in GiB.
    pub size_gib: u32,
    /// `gp3`, `io2`, ...
    pub volume_type: String,
    /// Provisioned IOPS.
    pub iops: Option<u32>,
    /// Provisioned throughput in MiB/s.
    pub throughput: Option<u32>,
    /// Key that encrypts it.
    pub kms_key_arn: Option<String>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Where it is attached.
    pub attachment: Option<Attachment>,
    /// Tags.
    pub tags: Tags,
}

/// A VPC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// `vpc-` and 17 hexadecimal digits.
    pub id: String,
    /// Address range.
    pub cidr: Ipv4Net,
    /// Injected: its route table has no default route.
    #[serde(default)]
    pub no_way_out: bool,
}

/// A subnet with its address book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// `subnet-` and 17 hexadecimal digits.
    pub id: String,
    /// VPC it belongs to.
    pub vpc_id: String,
    /// Address range.
    pub cidr: Ipv4Net,
    /// Availability Zone.
    pub zone: String,
    /// Addresses in use.
    pub taken: BTreeSet<Ipv4Addr>,
    /// Where the search for a free address begins.
    pub cursor: u32,
    /// Tags.
    pub tags: Tags,
}

impl Subnet {
    /// Number of addresses that can still be given out.
    #[must_use]
    pub fn free_addresses(&self) -> u32 {
        let size = 1_u64 << (32 - u32::from(self.cidr.prefix_len()));
        let used = u64::from(RESERVED_PER_SUBNET) + self.taken.len() as u64;
        u32::try_from(size.saturating_sub(used)).unwrap_or(u32::MAX)
    }

    /// Whether an address may be given to an interface here at all.
    #[must_use]
    pub fn may_hold(&self, address: Ipv4Addr) -> bool {
        let first = u32::from(self.cidr.network());
        let last = u32::from(self.cidr.broadcast());
        (first.saturating_add(4)..last).contains(&u32::from(address))
    }

    /// The next address that nobody has, not taken yet.
    #[must_use]
    pub fn next_free(&self) -> Option<Ipv4Addr> {
        let first = u32::from(self.cidr.network()).saturating_add(4);
        let end = u32::from(self.cidr.broadcast());
        let start = self.cursor.clamp(first, end);
        (start..end)
            .chain(first..start)
            .map(Ipv4Addr::from)
            .find(|address| !self.taken.contains(address))
    }
}

/// A security group. Its rules are described and no more: no packet ever passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityGroup {
    /// `sg-` and 17 hexadecimal digits.
    pub id: String,
    /// VPC it belongs to.
    pub vpc_id: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Injected: it lets nothing out. Otherwise everything, as new groups do.
    #[serde(default)]
    pub no_egress: bool,
    /// Tags.
    pub tags: Tags,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(cidr: &str) -> Subnet {
        Subnet {
            id: "subnet-1".into(),
            vpc_id: "vpc-1".into(),
            cidr: cidr.parse().unwrap(),
            zone: "us-west-2a".into(),
            taken: BTreeSet::new(),
            cursor: 0,
            tags: Tags::new(),
        }
    }

    #[test]
    fn a_subnet_keeps_five_addresses_for_aws() {
        assert_eq!(subnet("10.0.0.0/24").free_addresses(), 251);
        assert_eq!(subnet("10.0.0.0/28").free_addresses(), 11);
    }

    #[test]
    fn the_first_free_address_is_the_fifth() {
        assert_eq!(
            subnet("10.0.0.0/24").next_free(),
            Some(Ipv4Addr::new(10, 0, 0, 4))
        );
    }

    #[test]
    fn a_full_subnet_has_no_free_address() {
        let mut s = subnet("10.0.0.0/28");
        while let Some(a) = s.next_free() {
            s.taken.insert(a);
        }
        assert_eq!(s.free_addresses(), 0);
        assert_eq!(s.taken.len(), 11);
    }
}
