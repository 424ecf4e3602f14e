//! `DescribeInstances` and `DescribeInstanceStatus`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};

use super::fault::{flag, refused, unknown_ids};
use super::filters::{self, Filtered, Page, Values};
use super::resources::{Instance, InstanceState};
use super::tags::write_tags;
use super::{Platform, State, answer, here};
use crate::error::ServiceResult;
use crate::iam;
use crate::service::{Answer, Call};
use crate::wire::query::{Params, Xml};
use crate::world::World;

/// Page limits of both operations (API reference).
const PAGE: (usize, usize) = (5, 1000);

/// A time as EC2 writes it: milliseconds, UTC.
pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Filtered for &Instance {
    fn values(&self, filter: &str) -> Option<Values> {
        let one = |value: &str| Some(vec![value.to_owned()]);
        match filter {
            "instance-id" => one(&self.id),
            "instance-state-name" => one(self.state.word()),
            "instance-state-code" => one(&self.state.code().to_string()),
            "instance-type" => one(&self.instance_type),
            "image-id" => one(&self.image_id),
            "architecture" => one(self.machine.architecture.word()),
            "platform" => Some(match self.machine.platform {
                Platform::Windows => vec!["windows".to_owned()],
                Platform::Linux => Vec::new(),
            }),
            "private-ip-address" | "network-interface.addresses.private-ip-address" => {
                one(&self.private_ip.to_string())
            }
            "subnet-id" => one(&self.subnet_id),
            "vpc-id" => one(&self.vpc_id),
            "availability-zone" => one(&self.zone),
            "instance.group-id" | "network-interface.group-id" => {
                Some(self.security_groups.clone())
            }
            "reservation-id" => one(&self.reservation_id),
            "root-device-type" => one(root_device_type(self)),
            _ => None,
        }
    }

    fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }
}

/// `ebs` or `instance-store`.
fn root_device_type(instance: &Instance) -> &'static str {
    if instance.ebs_root {
        "ebs"
    } else {
        "instance-store"
    }
}

/// The instances that a call is about: those it names, or all, a page at a time.
fn selected<'a>(
    ec2: &'a State,
    params: &Params,
    also: impl Fn(&Instance) -> bool,
) -> ServiceResult<(Vec<&'a Instance>, Option<String>)> {
    let filters = filters::read(params)?;
    let ids: BTreeSet<&str> = params.list("InstanceId").into_iter().collect();
    if !ids.is_empty() && params.get("MaxResults").is_some() {
        return Err(refused(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        ));
    }
    let page = Page::read(params, PAGE.0, PAGE.1)?;
    let passes = |i: &&Instance| Ok(also(i) && filters::pass(i, &filters)?);
    if let (true, Some(named)) = (ids.is_empty(), filters::named(&filters, "instance-id")) {
        let named = named
            .iter()
            .filter_map(|id| ec2.instances.get_key_value(id));
        return page.take(named, passes);
    }
    if ids.is_empty() {
        return page.take(ec2.instances.iter(), passes);
    }
    let unknown: Vec<&str> = ids
        .iter()
        .copied()
        .filter(|id| !ec2.instances.contains_key(*id))
        .collect();
    if let Some(bad) = unknown.iter().find(|id| !id.starts_with("i-")) {
        return Err(refused(
            "InvalidInstanceID.Malformed",
            format!("Invalid id: \"{bad}\""),
        ));
    }
    if !unknown.is_empty() {
        return Err(unknown_ids(
            "InvalidInstanceID.NotFound",
            "instance",
            &unknown,
        ));
    }
    let mut taken = Vec::with_capacity(ids.len());
    for instance in ids.iter().filter_map(|id| ec2.instances.get(*id)) {
        if passes(&instance)? {
            taken.push(instance);
        }
    }
    Ok((taken, None))
}

/// `DescribeInstances`. Every instance is a reservation of its own.
pub(super) fn instances(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let ec2 = here(world, call);
    let (instances, next) = selected(ec2, params, |_| true)?;
    Ok(answer(call, |xml| {
        xml.list("reservationSet", "item", instances, |xml, instance| {
            xml.text("reservationId", &instance.reservation_id);
            xml.text("ownerId", &call.caller.account);
            xml.element("groupSet", |_| ());
            xml.list("instancesSet", "item", [instance], |xml, i| {
                write(xml, ec2, call, i)
            });
        });
        filters::write_next(xml, next);
    }))
}

fn write(xml: &mut Xml, ec2: &State, call: &Call, i: &Instance) {
    let alive = i.state != InstanceState::Terminated;
    xml.text("instanceId", &i.id);
    xml.text("imageId", &i.image_id);
    xml.element("instanceState", |xml| {
        xml.text("code", i.state.code())
            .text("name", i.state.word());
    });
    xml.text(
        "privateDnsName",
        if alive {
            private_name(call, i)
        } else {
            String::new()
        },
    );
    xml.text("dnsName", "");
    xml.text(
        "reason",
        i.state_reason.as_ref().map_or("", |(_, text)| text),
    );
    if let Some((code, text)) = &i.state_reason {
        xml.element("stateReason", |xml| {
            xml.text("code", code)
                .text("message", format!("{code}: {text}"));
        });
    }
    xml.maybe("keyName", i.key_name.as_ref());
    xml.text("amiLaunchIndex", 0);
    xml.element("productCodes", |_| ());
    xml.text("instanceType", &i.instance_type);
    xml.text("launchTime", stamp(i.launched));
    xml.element("placement", |xml| {
        xml.text("availabilityZone", &i.zone)
            .text("groupName", "")
            .text("tenancy", &i.tenancy);
    });
    if i.machine.platform == Platform::Windows {
        xml.text("platform", "Windows");
        xml.text("usageOperation", "RunInstances:0002");
    } else {
        xml.text("usageOperation", "RunInstances");
    }
    xml.text("platformDetails", i.machine.platform.details());
    xml.element("monitoring", |xml| {
        xml.text("state", "disabled");
    });
    if alive {
        xml.text("subnetId", &i.subnet_id);
        xml.text("vpcId", &i.vpc_id);
        xml.text("privateIpAddress", i.private_ip);
        xml.text("sourceDestCheck", true);
    }
    write_groups(xml, ec2, i);
    xml.text("architecture", i.machine.architecture.word());
    xml.text("rootDeviceType", root_device_type(i));
    xml.text("rootDeviceName", &i.root_device_name);
    write_devices(xml, ec2, i);
    xml.text("virtualizationType", "hvm")
        .text("hypervisor", "xen");
    if let Some(profile) = &i.profile {
        write_profile(xml, call, profile);
    }
    xml.list(
        "networkInterfaceSet",
        "item",
        alive.then_some(i),
        |xml, i| {
            super::network::write_interface_of_instance(xml, ec2, call, i);
        },
    );
    xml.text("ebsOptimized", true).text("enaSupport", true);
    xml.text("bootMode", i.machine.boot_mode.word());
    xml.text("currentInstanceBootMode", i.machine.boot_mode.current());
    xml.element("metadataOptions", |xml| {
        xml.text("state", "applied").text("httpTokens", "required");
        xml.text("httpPutResponseHopLimit", 2)
            .text("httpEndpoint", "enabled");
    });
    write_tags(xml, &i.tags);
}

fn write_devices(xml: &mut Xml, ec2: &State, i: &Instance) {
    xml.list("blockDeviceMapping", "item", &i.devices, |xml, device| {
        let leaving = ec2
            .volumes
            .get(&device.volume_id)
            .and_then(|v| v.attachment.as_ref())
            .is_some_and(|a| a.detaching);
        xml.text("deviceName", &device.device_name);
        xml.element("ebs", |xml| {
            xml.text("volumeId", &device.volume_id);
            xml.text("status", if leaving { "detaching" } else { "attached" });
            xml.text("attachTime", stamp(device.attached));
            xml.text("deleteOnTermination", device.delete_on_termination);
        });
    });
}

/// Security groups of an instance, with their names.
pub(super) fn write_groups(xml: &mut Xml, ec2: &State, i: &Instance) {
    xml.list("groupSet", "item", &i.security_groups, |xml, id| {
        xml.text("groupId", id);
        xml.maybe("groupName", ec2.security_groups.get(id).map(|g| &g.name));
    });
}

/// The profile of an instance as EC2 shows it: ARN and id.
pub(super) fn write_profile(xml: &mut Xml, call: &Call, name: &str) {
    xml.element("iamInstanceProfile", |xml| {
        xml.text("arn", iam::profile_arn(&call.caller.account, name));
        xml.text("id", iam::profile_id(&call.caller.account, name));
    });
}

/// The name that the VPC's resolver gives to an instance.
pub(super) fn private_name(call: &Call, i: &Instance) -> String {
    let host = i.private_ip.to_string().replace('.', "-");
    // us-east-1 alone keeps EC2's first internal domain.
    if call.region == "us-east-1" {
        format!("ip-{host}.ec2.internal")
    } else {
        format!("ip-{host}.{}.compute.internal", call.region)
    }
}

/// `DescribeInstanceStatus`: only running instances unless all are asked for.
pub(super) fn statuses(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let all = flag(params, "IncludeAllInstances")?.unwrap_or(false);
    let ec2 = here(world, call);
    let shown = |i: &Instance| all || i.state == InstanceState::Running;
    let (instances, next) = selected(ec2, params, shown)?;
    Ok(answer(call, |xml| {
        xml.list("instanceStatusSet", "item", instances, |xml, i| {
            xml.text("instanceId", &i.id)
                .text("availabilityZone", &i.zone);
            xml.element("instanceState", |xml| {
                xml.text("code", i.state.code())
                    .text("name", i.state.word());
            });
            for tag in ["systemStatus", "instanceStatus"] {
                write_check(xml, tag, i, call.now);
            }
        });
        filters::write_next(xml, next);
    }))
}

/// Status checks begin with the start and have passed about two minutes later.
const CHECKS_MINUTES: i64 = 2;

fn write_check(xml: &mut Xml, tag: &str, i: &Instance, now: DateTime<Utc>) {
    let since = i.rebooted.unwrap_or(i.launched).max(i.launched);
    let (status, detail) = match i.state {
        InstanceState::Running if (now - since).num_minutes() >= CHECKS_MINUTES => {
            ("ok", Some("passed"))
        }
        InstanceState::Running | InstanceState::Pending => ("initializing", Some("initializing")),
        _ => ("not-applicable", None),
    };
    xml.element(tag, |xml| {
        xml.text("status", status);
        xml.list("details", "item", detail, |xml, detail| {
            xml.text("name", "reachability").text("status", detail);
        });
    });
}
