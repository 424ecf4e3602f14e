//! Instance types: the families that servers are moved to, sized by AWS's own pattern.

use std::collections::{BTreeMap, BTreeSet};

use super::Architecture;
use super::fault::{refused, value};
use super::filters::{self, Filtered, Page, Values};
use super::resources::Tags;
use super::{answer, here};
use crate::error::ServiceResult;
use crate::service::{Answer, Call};
use crate::wire::query::{Params, Xml};
use crate::world::World;

/// A family: name, architecture, GiB of memory per vCPU, burstable.
struct Family(&'static str, Architecture, u32, bool);

use Architecture::{Arm64, X86_64};

/// Families with AWS's memory per vCPU (instance type pages of each family).
const FAMILIES: &[Family] = &[
    Family("c5", X86_64, 2, false),
    Family("c6g", Arm64, 2, false),
    Family("c6i", X86_64, 2, false),
    Family("c7g", Arm64, 2, false),
    Family("c7i", X86_64, 2, false),
    Family("m5", X86_64, 4, false),
    Family("m6g", Arm64, 4, false),
    Family("m6i", X86_64, 4, false),
    Family("m7g", Arm64, 4, false),
    Family("m7i", X86_64, 4, false),
    Family("r5", X86_64, 8, false),
    Family("r6g", Arm64, 8, false),
    Family("r6i", X86_64, 8, false),
    Family("r7g", Arm64, 8, false),
    Family("r7i", X86_64, 8, false),
];

/// Sizes of those families and their vCPUs.
const SIZES: &[(&str, u32)] = &[
    ("large", 2),
    ("xlarge", 4),
    ("2xlarge", 8),
    ("4xlarge", 16),
    ("8xlarge", 32),
    ("16xlarge", 64),
];

/// Sizes of c5, which has its own.
const C5_SIZES: &[(&str, u32)] = &[
    ("large", 2),
    ("xlarge", 4),
    ("2xlarge", 8),
    ("4xlarge", 16),
    ("9xlarge", 36),
    ("18xlarge", 72),
];

fn sizes(family: &str) -> &'static [(&'static str, u32)] {
    if family == "c5" { C5_SIZES } else { SIZES }
}

/// Burstable families.
const BURSTABLE: &[(&str, Architecture)] = &[("t3", X86_64), ("t3a", X86_64), ("t4g", Arm64)];

/// Their sizes: vCPUs and MiB of memory.
const BURSTABLE_SIZES: &[(&str, u32, u32)] = &[
    ("nano", 2, 512),
    ("micro", 2, 1024),
    ("small", 2, 2048),
    ("medium", 2, 4096),
    ("large", 2, 8192),
    ("xlarge", 4, 16384),
    ("2xlarge", 8, 32768),
];

/// One instance type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InstanceType {
    name: String,
    /// Processor architecture.
    pub(super) architecture: Architecture,
    vcpus: u32,
    memory_mib: u32,
    burstable: bool,
}

impl InstanceType {
    /// Boot modes: every Nitro type here can UEFI, Graviton nothing else.
    fn boot_modes(&self) -> &'static [&'static str] {
        match self.architecture {
            X86_64 => &["legacy-bios", "uefi"],
            Arm64 => &["uefi"],
        }
    }

    fn threads_per_core(&self) -> u32 {
        match self.architecture {
            X86_64 => 2,
            Arm64 => 1,
        }
    }

    /// Interfaces and addresses per interface, by size, as for the families m5 to m7.
    fn network(&self) -> (u32, u32) {
        match self.vcpus {
            0..=2 => (3, 10),
            3..=4 => (4, 15),
            5..=8 => (4, 15),
            9..=32 => (8, 30),
            _ => (15, 50),
        }
    }
}

/// vCPUs and bytes of memory of an instance type.
#[must_use]
pub fn size_of(name: &str) -> Option<(u32, u64)> {
    let found = find(name)?;
    Some((found.vcpus, u64::from(found.memory_mib) * 1024 * 1024))
}

/// The type of this name.
pub(super) fn find(name: &str) -> Option<InstanceType> {
    let (family, size) = name.split_once('.')?;
    if let Some((_, architecture)) = BURSTABLE.iter().find(|(f, _)| *f == family) {
        let (_, vcpus, memory_mib) = *BURSTABLE_SIZES.iter().find(|(s, ..)| *s == size)?;
        let name = name.to_owned();
        return Some(InstanceType {
            name,
            architecture: *architecture,
            vcpus,
            memory_mib,
            burstable: true,
        });
    }
    let Family(_, architecture, gib_per_vcpu, burstable) =
        FAMILIES.iter().find(|f| f.0 == family)?;
    let (_, vcpus) = *sizes(family).iter().find(|(s, _)| *s == size)?;
    Some(InstanceType {
        name: name.to_owned(),
        architecture: *architecture,
        vcpus,
        memory_mib: vcpus * gib_per_vcpu * 1024,
        burstable: *burstable,
    })
}

/// All types by name.
fn all() -> BTreeMap<String, InstanceType> {
    let sized = FAMILIES
        .iter()
        .flat_map(|f| sizes(f.0).iter().map(move |(s, _)| format!("{}.{s}", f.0)));
    let burst = BURSTABLE.iter().flat_map(|(f, _)| {
        BURSTABLE_SIZES
            .iter()
            .map(move |(s, ..)| format!("{f}.{s}"))
    });
    sized
        .chain(burst)
        .filter_map(|name| find(&name).map(|t| (name, t)))
        .collect()
}

/// Types have no tags.
static NO_TAGS: Tags = Tags::new();

impl Filtered for &InstanceType {
    fn values(&self, filter: &str) -> Option<Values> {
        Some(vec![match filter {
            "instance-type" => self.name.clone(),
            "processor-info.supported-architecture" => self.architecture.word().to_owned(),
            "vcpu-info.default-vcpus" => self.vcpus.to_string(),
            "memory-info.size-in-mib" => self.memory_mib.to_string(),
            "burstable-performance-supported" => self.burstable.to_string(),
            "current-generation" => "true".to_owned(),
            "bare-metal" => "false".to_owned(),
            "hypervisor" => "nitro".to_owned(),
            "supported-boot-mode" => {
                return Some(self.boot_modes().iter().map(|m| (*m).to_owned()).collect());
            }
            "supported-virtualization-type" => "hvm".to_owned(),
            "supported-root-device-type" => "ebs".to_owned(),
            _ => return None,
        }])
    }

    fn tags(&self) -> &BTreeMap<String, String> {
        &NO_TAGS
    }
}

/// `DescribeInstanceTypes`.
pub(super) fn describe(_: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let types = all();
    let wanted: BTreeSet<&str> = params.list("InstanceType").into_iter().collect();
    let unknown: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|t| !types.contains_key(*t))
        .collect();
    if !unknown.is_empty() {
        return Err(refused(
            "InvalidInstanceType",
            format!(
                "The following supplied instance types do not exist: [{}]",
                unknown.join(", ")
            ),
        ));
    }
    let filters = filters::read(params)?;
    let page = Page::read(params, 5, 100)?.at_most(100);
    let named = types
        .iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.contains(name.as_str()));
    let (found, next) = page.take(named, |t| filters::pass(t, &filters))?;
    Ok(answer(call, |xml| {
        xml.list("instanceTypeSet", "item", found, write);
        filters::write_next(xml, next);
    }))
}

fn write(xml: &mut Xml, t: &InstanceType) {
    let item = |xml: &mut Xml, tag: &str, values: &[&str]| {
        xml.element(tag, |xml| {
            for value in values {
                xml.text("item", value);
            }
        });
    };
    let (interfaces, addresses) = t.network();
    xml.text("instanceType", &t.name)
        .text("currentGeneration", true)
        .text("freeTierEligible", false);
    item(xml, "supportedUsageClasses", &["on-demand", "spot"]);
    item(xml, "supportedRootDeviceTypes", &["ebs"]);
    item(xml, "supportedVirtualizationTypes", &["hvm"]);
    xml.text("bareMetal", false).text("hypervisor", "nitro");
    xml.element("processorInfo", |xml| {
        item(xml, "supportedArchitectures", &[t.architecture.word()]);
    });
    xml.element("vCpuInfo", |xml| {
        xml.text("defaultVCpus", t.vcpus);
        xml.text("defaultCores", t.vcpus / t.threads_per_core());
        xml.text("defaultThreadsPerCore", t.threads_per_core());
    });
    xml.element("memoryInfo", |xml| {
        xml.text("sizeInMiB", t.memory_mib);
    });
    xml.text("instanceStorageSupported", false);
    xml.element("ebsInfo", |xml| {
        xml.text("ebsOptimizedSupport", "default")
            .text("encryptionSupport", "supported");
        xml.text("nvmeSupport", "required");
    });
    xml.element("networkInfo", |xml| {
        xml.text("networkPerformance", "Up to 10 Gigabit");
        xml.text("maximumNetworkInterfaces", interfaces);
        xml.text("ipv4AddressesPerInterface", addresses);
        xml.text("ipv6AddressesPerInterface", addresses);
        xml.text("ipv6Supported", true)
            .text("enaSupport", "required");
    });
    xml.text("hibernationSupported", false);
    xml.text("burstablePerformanceSupported", t.burstable);
    xml.text("dedicatedHostsSupported", !t.burstable)
        .text("autoRecoverySupported", true);
    item(xml, "supportedBootModes", t.boot_modes());
}

/// A type at a place, as `DescribeInstanceTypeOfferings` lists them.
struct Offering {
    instance_type: String,
    location: String,
}

impl Filtered for &Offering {
    fn values(&self, filter: &str) -> Option<Values> {
        Some(vec![match filter {
            "instance-type" => self.instance_type.clone(),
            "location" => self.location.clone(),
            _ => return None,
        }])
    }

    fn tags(&self) -> &BTreeMap<String, String> {
        &NO_TAGS
    }
}

/// `DescribeInstanceTypeOfferings`: every type is offered in the region and in each zone that has
/// a subnet.
pub(super) fn offerings(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let ec2 = here(world, call);
    let kind = params.get("LocationType").unwrap_or("region");
    let places: BTreeSet<String> = match kind {
        "region" => BTreeSet::from([call.region.clone()]),
        "availability-zone" => ec2.subnets.values().map(|s| s.zone.clone()).collect(),
        other => {
            return Err(value(format!("Invalid value '{other}' for LocationType.")));
        }
    };
    let filters = filters::read(params)?;
    let page = Page::read(params, 5, 1000)?;
    let mut keyed: BTreeMap<String, Offering> = BTreeMap::new();
    for (name, location) in all()
        .into_keys()
        .flat_map(|t| places.iter().map(move |p| (t.clone(), p.clone())))
    {
        keyed.insert(
            format!("{name} {location}"),
            Offering {
                instance_type: name,
                location,
            },
        );
    }
    let (found, next) = page.take(keyed.iter(), |o| filters::pass(o, &filters))?;
    Ok(answer(call, |xml| {
        xml.list("instanceTypeOfferingSet", "item", found, |xml, o| {
            xml.text("instanceType", &o.instance_type);
            xml.text("locationType", kind).text("location", &o.location);
        });
        filters::write_next(xml, next);
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_their_family() {
        let t = find("r6g.2xlarge").unwrap();
        assert_eq!((t.vcpus, t.memory_mib, t.architecture), (8, 65536, Arm64));
        assert_eq!(find("t3.micro").unwrap().memory_mib, 1024);
    }

    #[test]
    fn a_type_that_nobody_sells_is_unknown() {
        assert_eq!(find("m5.huge"), None);
        assert_eq!(find("m5"), None);
    }
}
