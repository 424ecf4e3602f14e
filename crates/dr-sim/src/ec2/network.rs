//! Subnets, security groups and network interfaces. An instance has one interface, its primary.

use std::collections::{BTreeMap, BTreeSet};

use super::describe::{private_name, stamp, write_groups};
use super::fault::{refused, unknown_ids};
use super::filters::{self, Filtered, Page, Values};
use super::resources::{Instance, InstanceState, SecurityGroup, Subnet, Tags};
use super::tags::write_tags;
use super::{State, answer, here};
use crate::error::ServiceResult;
use crate::service::{Answer, Call};
use crate::wire::query::{Params, Xml};
use crate::world::World;

impl Filtered for &Subnet {
    fn values(&self, filter: &str) -> Option<Values> {
        Some(vec![match filter {
            "subnet-id" => self.id.clone(),
            "vpc-id" => self.vpc_id.clone(),
            "availability-zone" | "availabilityZone" => self.zone.clone(),
            "cidr" | "cidr-block" | "cidrBlock" => self.cidr.to_string(),
            "state" => "available".to_owned(),
            "available-ip-address-count" => self.free_addresses().to_string(),
            _ => return None,
        }])
    }

    fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }
}

impl Filtered for &SecurityGroup {
    fn values(&self, filter: &str) -> Option<Values> {
        Some(vec![match filter {
            "group-id" => self.id.clone(),
            "group-name" => self.name.clone(),
            "vpc-id" => self.vpc_id.clone(),
            "description" => self.description.clone(),
            _ => return None,
        }])
    }

    fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }
}

/// The network interface of an instance, as a resource of its own.
struct InterfaceOf<'a>(&'a Instance);

/// Interfaces made by EC2 for an instance carry no tags of their own here.
static NO_TAGS: Tags = Tags::new();

impl Filtered for InterfaceOf<'_> {
    fn values(&self, filter: &str) -> Option<Values> {
        let i = self.0;
        Some(vec![match filter {
            "network-interface-id" => i.interface_id.clone(),
            "attachment.instance-id" => i.id.clone(),
            "attachment.device-index" => "0".to_owned(),
            "attachment.status" => "attached".to_owned(),
            "private-ip-address" | "addresses.private-ip-address" => i.private_ip.to_string(),
            "subnet-id" => i.subnet_id.clone(),
            "vpc-id" => i.vpc_id.clone(),
            "availability-zone" => i.zone.clone(),
            "group-id" => return Some(i.security_groups.clone()),
            "status" => "in-use".to_owned(),
            "interface-type" => "interface".to_owned(),
            _ => return None,
        }])
    }

    fn tags(&self) -> &BTreeMap<String, String> {
        &NO_TAGS
    }
}

/// Picks from a map what the call names (or everything), filtered, a page at a time.
pub(super) fn pick<'a, T>(
    map: &'a BTreeMap<String, T>,
    params: &Params,
    id_parameter: &str,
    unknown: (&'static str, &str),
) -> ServiceResult<(Vec<&'a T>, Option<String>)>
where
    &'a T: Filtered,
{
    let ids: BTreeSet<&str> = params.list(id_parameter).into_iter().collect();
    let missing: Vec<&str> = ids
        .iter()
        .copied()
        .filter(|id| !map.contains_key(*id))
        .collect();
    if !missing.is_empty() {
        return Err(unknown_ids(unknown.0, unknown.1, &missing));
    }
    let filters = filters::read(params)?;
    let page = Page::read(params, 5, 1000)?;
    let passes = |item: &&'a T| filters::pass(item, &filters);
    // The filter that is the id: `subnet-id` for `SubnetId`.
    let by_id = id_parameter
        .strip_suffix("Id")
        .map(|kind| format!("{}-id", kind.to_lowercase()));
    if let (true, Some(named)) = (
        ids.is_empty(),
        by_id.and_then(|name| filters::named(&filters, &name)),
    ) {
        let named = named.iter().filter_map(|id| map.get_key_value(id));
        return page.take(named, passes);
    }
    if ids.is_empty() {
        return page.take(map.iter(), passes);
    }
    // A few out of thousands are looked up.
    let named = ids.into_iter().filter_map(|id| map.get_key_value(id));
    page.take(named, passes)
}

/// `DescribeSubnets`.
pub(super) fn subnets(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let ec2 = here(world, call);
    let unknown = ("InvalidSubnetID.NotFound", "subnet");
    let (subnets, next) = pick(&ec2.subnets, params, "SubnetId", unknown)?;
    let account = &call.caller.account;
    Ok(answer(call, |xml| {
        xml.list("subnetSet", "item", subnets, |xml, s| {
            xml.text("subnetId", &s.id)
                .text("state", "available")
                .text("vpcId", &s.vpc_id);
            xml.text(
                "subnetArn",
                format!("arn:aws:ec2:{}:{account}:subnet/{}", call.region, s.id),
            );
            xml.text("cidrBlock", s.cidr);
            xml.text("availableIpAddressCount", s.free_addresses());
            xml.text("availabilityZone", &s.zone);
            xml.text("defaultForAz", false)
                .text("mapPublicIpOnLaunch", false);
            xml.text("assignIpv6AddressOnCreation", false);
            xml.text("ownerId", account);
            write_tags(xml, &s.tags);
        });
        filters::write_next(xml, next);
    }))
}

/// `DescribeSecurityGroups`.
pub(super) fn security_groups(
    world: &mut World,
    call: &Call,
    params: &Params,
) -> ServiceResult<Answer> {
    let ec2 = here(world, call);
    let ids = params.list("GroupId");
    if let Some(id) = ids
        .iter()
        .find(|id| !ec2.security_groups.contains_key(**id))
    {
        return Err(refused(
            "InvalidGroup.NotFound",
            format!("The security group '{id}' does not exist"),
        ));
    }
    let unknown = ("InvalidGroup.NotFound", "security group");
    let (groups, next) = pick(&ec2.security_groups, params, "GroupId", unknown)?;
    Ok(answer(call, |xml| {
        xml.list("securityGroupInfo", "item", groups, |xml, g| {
            xml.text("ownerId", &call.caller.account);
            xml.text("groupId", &g.id).text("groupName", &g.name);
            xml.text("groupDescription", &g.description)
                .text("vpcId", &g.vpc_id);
            // The rules of a VPC's default group: in from itself, out to anywhere.
            xml.list("ipPermissions", "item", [g], |xml, g| {
                xml.text("ipProtocol", "-1");
                xml.list("groups", "item", [g], |xml, g| {
                    xml.text("userId", &call.caller.account)
                        .text("groupId", &g.id);
                });
                xml.element("ipRanges", |_| ());
            });
            let out = (!g.no_egress).then_some("0.0.0.0/0");
            xml.list("ipPermissionsEgress", "item", out, |xml, range| {
                xml.text("ipProtocol", "-1");
                xml.element("groups", |_| ());
                xml.list("ipRanges", "item", [range], |xml, range| {
                    xml.text("cidrIp", range);
                });
            });
            write_tags(xml, &g.tags);
        });
        filters::write_next(xml, next);
    }))
}

/// `DescribeNetworkInterfaces`.
pub(super) fn interfaces(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let ec2 = here(world, call);
    let filters = filters::read(params)?;
    let page = Page::read(params, 5, 1000)?;
    let ids: BTreeSet<&str> = params.list("NetworkInterfaceId").into_iter().collect();
    let live = ec2
        .instances
        .iter()
        .filter(|(_, i)| i.state != InstanceState::Terminated);
    let named = live
        .filter(|(_, i)| ids.is_empty() || ids.contains(i.interface_id.as_str()))
        .map(|(id, i)| (id, InterfaceOf(i)));
    let (found, next) = page.take(named, |i| filters::pass(i, &filters))?;
    if params.filters().is_empty() {
        let seen: BTreeSet<&str> = found.iter().map(|i| i.0.interface_id.as_str()).collect();
        if let Some(id) = ids.iter().find(|id| !seen.contains(**id)) {
            return Err(refused(
                "InvalidNetworkInterfaceID.NotFound",
                format!("The networkInterface ID '{id}' does not exist"),
            ));
        }
    }
    Ok(answer(call, |xml| {
        xml.list(
            "networkInterfaceSet",
            "item",
            found,
            |xml, InterfaceOf(i)| {
                write_interface(xml, ec2, call, i);
                xml.text("availabilityZone", &i.zone)
                    .text("requesterManaged", false);
                xml.element("tagSet", |_| ());
            },
        );
        filters::write_next(xml, next);
    }))
}

/// The interface as `DescribeInstances` shows it.
pub(super) fn write_interface_of_instance(xml: &mut Xml, ec2: &State, call: &Call, i: &Instance) {
    write_interface(xml, ec2, call, i);
}

fn write_interface(xml: &mut Xml, ec2: &State, call: &Call, i: &Instance) {
    let digits = i.interface_id.trim_start_matches("eni-");
    xml.text("networkInterfaceId", &i.interface_id);
    xml.text("subnetId", &i.subnet_id).text("vpcId", &i.vpc_id);
    xml.text("description", "")
        .text("ownerId", &call.caller.account);
    xml.text("status", "in-use")
        .text("interfaceType", "interface");
    xml.text("macAddress", mac(digits));
    xml.text("privateIpAddress", i.private_ip);
    xml.text("privateDnsName", private_name(call, i));
    xml.text("sourceDestCheck", true);
    write_groups(xml, ec2, i);
    xml.element("attachment", |xml| {
        xml.text("attachmentId", format!("eni-attach-{digits}"));
        xml.text("deviceIndex", 0).text("status", "attached");
        xml.text("attachTime", stamp(i.launched))
            .text("deleteOnTermination", true);
    });
    xml.list("privateIpAddressesSet", "item", [i], |xml, i| {
        xml.text("privateIpAddress", i.private_ip);
        xml.text("privateDnsName", private_name(call, i));
        xml.text("primary", true);
    });
}

/// A locally administered address made from the interface's id.
fn mac(digits: &str) -> String {
    let mut out = "02".to_owned();
    for pair in digits.as_bytes().chunks_exact(2).take(5) {
        out.push(':');
        out.extend(pair.iter().map(|b| char::from(*b)));
    }
    out
}
