//! The machines of an estate: names, sizes, systems and addresses, following from position and
//! seed.

use std::net::Ipv4Addr;

use crate::dice::Dice;
use crate::drs::{Disk, Machine};

const GIB: u64 = 1024 * 1024 * 1024;

/// Applications, as a mid-sized company has them.
const APPLICATIONS: [&str; 40] = [
    "portal",
    "billing",
    "orders",
    "inventory",
    "payments",
    "catalog",
    "crm",
    "reports",
    "auth",
    "shipping",
    "pricing",
    "loyalty",
    "ledger",
    "payroll",
    "claims",
    "search",
    "checkout",
    "returns",
    "analytics",
    "booking",
    "contracts",
    "documents",
    "messaging",
    "monitoring",
    "planning",
    "procurement",
    "quality",
    "risk",
    "scheduling",
    "support",
    "tax",
    "tickets",
    "treasury",
    "vendors",
    "warehouse",
    "workflow",
    "compliance",
    "forecast",
    "identity",
    "marketing",
];

/// A tier: its name and its subnet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tier {
    pub name: &'static str,
    /// Third octet of the subnet's /20.
    pub octet: u8,
}

/// The tiers; a server's position decides its tier.
pub(super) const TIERS: [Tier; 3] = [
    Tier {
        name: "web",
        octet: 0,
    },
    Tier {
        name: "app",
        octet: 16,
    },
    Tier {
        name: "db",
        octet: 32,
    },
];

/// One server of an estate.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub name: String,
    pub tier: Tier,
    pub tier_index: usize,
    pub application: &'static str,
    pub environment: &'static str,
    pub machine: Machine,
    pub max_lag_seconds: u32,
    /// Hours since it was added to DRS.
    pub age_hours: u32,
}

/// The server at `index` of `count`; its instance id is not known yet.
pub(super) fn plan(index: usize, count: usize, dice: &mut Dice) -> Planned {
    let tier_index = index % TIERS.len();
    let tier = TIERS.get(tier_index).copied().unwrap_or(Tier {
        name: "web",
        octet: 0,
    });
    let applications = (count / 6).clamp(1, APPLICATIONS.len());
    let in_tier = index / TIERS.len();
    let application = APPLICATIONS
        .get(in_tier % applications)
        .copied()
        .unwrap_or("portal");
    let number = in_tier / applications + 1;
    let name = format!("{}-{application}-{number:02}", tier.name);
    // One roll in nine lags noticeably, all others stay below 10 s.
    let max_lag_seconds = if dice.between(1, 9) == 1 {
        dice.between(15, 60)
    } else {
        dice.between(2, 10)
    };
    let machine = machine(&name, tier, in_tier, dice);
    Planned {
        name,
        tier,
        tier_index,
        application,
        environment: "production",
        machine,
        max_lag_seconds: u32::try_from(max_lag_seconds).unwrap_or(10),
        age_hours: u32::try_from(dice.between(24 * 30, 24 * 700)).unwrap_or(1_000),
    }
}

fn machine(name: &str, tier: Tier, in_tier: usize, dice: &mut Dice) -> Machine {
    let windows = tier.name == "app" && in_tier % 4 == 3;
    let os = match (tier.name, windows) {
        (_, true) => "Microsoft Windows Server 2022 Datacenter",
        ("web", _) => "Linux version 6.1.115-126.197.amzn2023.x86_64 Amazon Linux 2023",
        ("app", _) => "Linux version 5.14.0-427.el9.x86_64 Red Hat Enterprise Linux 9.4",
        _ => "Linux version 5.15.0-210.el8uek.x86_64 Oracle Linux Server 8.10",
    };
    let (instance_type, cores, ram_gib) = match tier.name {
        "web" => ("t3.medium", 2, 4),
        "app" => ("m5.large", 2, 8),
        _ => ("r5.xlarge", 4, 32),
    };
    let data_gib = match tier.name {
        "web" => None,
        "app" => Some(50 * dice.between(1, 4)),
        _ => Some(100 * dice.between(2, 10)),
    };
    let root = if windows { "/dev/sda1" } else { "/dev/xvda" };
    let root_gib = if windows {
        60
    } else {
        10 + 10 * dice.between(0, 2)
    };
    let mut disks = vec![Disk {
        device: root.to_owned(),
        bytes: root_gib * GIB,
    }];
    if let Some(gib) = data_gib {
        disks.push(Disk {
            device: "/dev/xvdb".to_owned(),
            bytes: gib * GIB,
        });
    }
    let address = address(tier, in_tier);
    let [_, _, c, d] = address.octets();
    Machine {
        hostname: name.to_owned(),
        fqdn: format!("{name}.corp.example.com"),
        aws_instance_id: String::new(),
        cores,
        cpu_model: "Intel(R) Xeon(R) Platinum 8259CL CPU @ 2.50GHz".to_owned(),
        ram_bytes: ram_gib * GIB,
        os: os.to_owned(),
        windows,
        architecture: "x86_64".to_owned(),
        uefi: windows,
        disks,
        ips: vec![address.to_string()],
        mac: format!("0a:1f:5e:{:02x}:{c:02x}:{d:02x}", tier.octet),
        instance_type: instance_type.to_owned(),
    }
}

/// A position behind those of all servers: a tier has at most 4,000.
pub(super) const LAST_ADDRESS: usize = 4_050;

/// The address of the server at this position of its tier: AWS keeps the first four.
pub(super) fn address(tier: Tier, in_tier: usize) -> Ipv4Addr {
    let base = u32::from(Ipv4Addr::new(10, 0, tier.octet, 0));
    Ipv4Addr::from(base + 10 + u32::try_from(in_tier).unwrap_or(0))
}

/// A name with two neighbouring letters swapped in its middle part.
pub(super) fn misspelled(name: &str) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    // The third and fourth letter after the first hyphen, where they differ.
    let from = name.find('-').map_or(0, |at| at + 1);
    let swap = (from + 2..letters.len().saturating_sub(1))
        .find(|at| letters.get(*at) != letters.get(at + 1) && letters.get(at + 1) != Some(&'-'));
    if let Some(at) = swap {
        letters.swap(at, at + 1);
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_unique_up_to_the_largest_estate() {
        let mut dice = Dice::new(1);
        let mut names = std::collections::BTreeSet::new();
        let mut addresses = std::collections::BTreeSet::new();
        for index in 0..super::super::LARGEST {
            let planned = plan(index, super::super::LARGEST, &mut dice);
            assert!(names.insert(planned.name));
            assert!(addresses.insert(planned.machine.ips));
        }
    }

    #[test]
    fn a_misspelled_name_differs_by_two_letters() {
        assert_eq!(misspelled("web-portal-01"), "web-potral-01");
    }
}
