//! What an estate has beside its protected servers: instances and machines without a replication
//! agent. They take ids from dice of their own, so that everything else is as it is without them.

use chrono::Duration;

use super::machines::{LAST_ADDRESS, TIERS, address};
use super::places::Ground;
use super::{Estate, Site};
use crate::drs::{Disk, Machine};
use crate::ec2::{self, DiskSpec, InstanceSpec};
use crate::ssm::Hybrid;
use crate::world::World;

/// Most of either kind: their addresses stand between those of servers and the end of a subnet.
pub(super) const LARGEST: usize = 100;

/// Instance profile that lets an instance be managed, and the agent's installer register it.
const PROFILE: &str = "ManagedInstanceProfile";
const POLICIES: [&str; 2] = [
    crate::ssm::POLICY,
    "AWSElasticDisasterRecoveryEc2InstancePolicy",
];

const GIB: u64 = 1 << 30;

/// A kind of unprotected instance: they take turns.
struct Kind {
    name: &'static str,
    tier: usize,
    instance_type: &'static str,
    windows: bool,
    managed: bool,
    running: bool,
    disks_gib: &'static [u64],
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "intranet",
        tier: 0,
        instance_type: "t3.medium",
        windows: false,
        managed: true,
        running: true,
        disks_gib: &[20],
    },
    Kind {
        name: "helpdesk",
        tier: 1,
        instance_type: "m5.large",
        windows: true,
        managed: true,
        running: true,
        disks_gib: &[60, 100],
    },
    Kind {
        name: "archive",
        tier: 2,
        instance_type: "r5.large",
        windows: false,
        managed: false,
        running: true,
        disks_gib: &[20, 300],
    },
    Kind {
        name: "sandbox",
        tier: 1,
        instance_type: "m5.large",
        windows: false,
        managed: true,
        running: false,
        disks_gib: &[30],
    },
];

/// Builds them; gives the ids of the instances and of the machines outside AWS.
pub(super) fn build(
    world: &mut World,
    estate: &Estate,
    ground: &Ground,
) -> (Vec<String>, Vec<String>) {
    let aside = world.dice.aside();
    let dice = std::mem::replace(&mut world.dice, aside);
    let Site { account, .. } = &estate.primary;
    if estate.unprotected > 0 {
        crate::iam::add_profile(world, account, PROFILE, &POLICIES);
    }
    let kinds = KINDS.iter().cycle().take(estate.unprotected).enumerate();
    let instances = kinds
        .map(|(n, kind)| instance(world, &estate.primary, ground, kind, n))
        .collect();
    let machines = (0..estate.on_premises)
        .map(|n| machine(world, &estate.primary, n))
        .collect();
    world.dice = dice;
    (instances, machines)
}

fn instance(world: &mut World, site: &Site, ground: &Ground, kind: &Kind, n: usize) -> String {
    let Site { account, region } = site;
    let tier = TIERS.get(kind.tier).copied().unwrap_or(TIERS[0]);
    let name = format!("{}-{}-{:02}", tier.name, kind.name, n / KINDS.len() + 1);
    let device = |at: usize| match (at, kind.windows) {
        (0, true) => "/dev/sda1",
        (0, false) => "/dev/xvda",
        _ => "/dev/xvdb",
    };
    let disks = kind.disks_gib.iter().enumerate().map(|(at, gib)| DiskSpec {
        device: device(at).to_owned(),
        bytes: gib * GIB,
        root: at == 0,
    });
    let tags = [("Tier", tier.name), ("Environment", "production")];
    let spec = InstanceSpec {
        name: Some(name.clone()),
        tags: tags.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
        instance_type: kind.instance_type.to_owned(),
        subnet_id: ground.subnets.get(kind.tier).cloned().unwrap_or_default(),
        security_groups: vec![ground.security_group.clone()],
        // Behind a server's last address; a turn takes one in each tier, or two.
        private_ip: address(tier, LAST_ADDRESS - LARGEST / 2 + n / 2).to_string(),
        instance_profile: kind.managed.then(|| PROFILE.to_owned()),
        running: kind.running,
        architecture: "x86_64".to_owned(),
        windows: kind.windows,
        boot_mode: if kind.windows { "uefi" } else { "legacy-bios" }.to_owned(),
        disks: disks.collect(),
        launched: world.now - Duration::hours(24 * 90),
    };
    let id = ec2::add_instance(world, account, region, &spec);
    if kind.managed {
        let now = world.now;
        crate::ssm::register(world, account, region, &id, kind.windows, &name, now);
    }
    id
}

/// A machine in a data centre: by turns Linux and Windows.
fn machine(world: &mut World, site: &Site, n: usize) -> String {
    let windows = n % 2 == 1;
    let (role, os, root) = if windows {
        ("files", "Microsoft Windows Server 2022 Datacenter", "C:0")
    } else {
        (
            "erp",
            "Linux version 5.14.0-427.el9.x86_64 Red Hat Enterprise Linux 9.4",
            "/dev/sda",
        )
    };
    let hostname = format!("{role}-onprem-{:02}", n / 2 + 1);
    let mac = world.dice.hex(6);
    let (a, rest) = mac.split_at(2);
    let (b, c) = rest.split_at(2);
    let machine = Machine {
        fqdn: format!("{hostname}.dc.example.com"),
        hostname,
        aws_instance_id: String::new(),
        cores: 4,
        cpu_model: "Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz".to_owned(),
        ram_bytes: 16 * GIB,
        os: os.to_owned(),
        windows,
        architecture: "x86_64".to_owned(),
        uefi: windows,
        disks: vec![Disk {
            device: root.to_owned(),
            bytes: 80 * GIB,
        }],
        ips: vec![format!("192.168.10.{}", 10 + n)],
        // VMware's own prefix.
        mac: format!("00:50:56:{a}:{b}:{c}"),
        instance_type: "m5.xlarge".to_owned(),
    };
    let id = format!("mi-{}", world.dice.hex(17));
    let hybrid = Hybrid {
        machine,
        activation_id: world.dice.uuid(),
        role: "SSMServiceRole".to_owned(),
        registered: world.now - Duration::days(200),
    };
    let ssm = &mut world.place(&site.account, &site.region).ssm;
    ssm.hybrid.insert(id.clone(), hybrid);
    id
}
