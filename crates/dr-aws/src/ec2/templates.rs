//! Launch templates: what they would launch, and what they should.

use std::collections::BTreeSet;

use aws_sdk_ec2::types as sdk;
use dr_error::ids::derived;
use dr_error::{Error, Result};
use dr_model::launch::LaunchTemplate;

use super::Ec2;
use super::convert::{last_part, owned};

/// The most that `DescribeLaunchTemplateVersions` gives.
const TEMPLATES_PER_PAGE: i32 = 200;
/// What people see beside a version of ours.
const DESCRIPTION: &str = "dr-orchestrator";

impl Ec2 {
    /// The default version of every launch template. IAM: `ec2:DescribeLaunchTemplateVersions`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn default_launch_templates(&self) -> Result<Vec<LaunchTemplate>> {
        let versions = self
            .caller
            .pages("DescribeLaunchTemplateVersions", |token| {
                let call = self
                    .client
                    .describe_launch_template_versions()
                    .versions("$Default")
                    .max_results(TEMPLATES_PER_PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((
                        page.launch_template_versions.unwrap_or_default(),
                        page.next_token,
                    ))
                }
            })
            .await?;
        Ok(versions.iter().filter_map(launch_template).collect())
    }

    /// Makes the default version of a launch template launch what is wanted, and answers whether that took a
    /// change. What is `None` or empty in `wanted` stays as it is. The new version is made from the default one;
    /// where a former call made it and died, it is found again. IAM: `ec2:DescribeLaunchTemplateVersions`,
    /// `ec2:CreateLaunchTemplateVersion`, `ec2:ModifyLaunchTemplate`.
    ///
    /// # Errors
    /// `Error::Aws`; `Error::NotFound` for a template without a default version; `Error::Conflict` where the
    /// template is built so that a subnet cannot be added.
    pub async fn set_default_template(
        &self,
        template_id: &str,
        wanted: &LaunchTemplate,
    ) -> Result<bool> {
        let answer = self
            .caller
            .send("DescribeLaunchTemplateVersions", || {
                self.client
                    .describe_launch_template_versions()
                    .launch_template_id(template_id)
                    .versions("$Default")
                    .send()
            })
            .await?;
        let missing = || Error::NotFound {
            kind: "launch template",
            id: template_id.to_owned(),
        };
        let default = answer
            .launch_template_versions()
            .first()
            .ok_or_else(missing)?;
        let source = default.version_number().ok_or_else(missing)?;
        let Some(data) = changed(default, wanted)? else {
            return Ok(false);
        };
        let created = self
            .caller
            .send("CreateLaunchTemplateVersion", || {
                self.client
                    .create_launch_template_version()
                    .launch_template_id(template_id)
                    .source_version(source.to_string())
                    .version_description(DESCRIPTION)
                    .client_token(token(template_id, source, wanted))
                    .launch_template_data(data.clone())
                    .send()
            })
            .await?;
        if let Some(warning) = created.warning() {
            tracing::warn!(template_id, ?warning, "EC2 doubts a launch template");
        }
        let version = created
            .launch_template_version()
            .and_then(|version| version.version_number())
            .ok_or_else(|| Error::internal("a launch template version without a number"))?;
        self.caller
            .send("ModifyLaunchTemplate", || {
                self.client
                    .modify_launch_template()
                    .launch_template_id(template_id)
                    .default_version(version.to_string())
                    .send()
            })
            .await?;
        Ok(true)
    }
}

/// The same change of the same version has the same token, so that EC2 makes it once.
fn token(template_id: &str, source: i64, wanted: &LaunchTemplate) -> String {
    let change = format!(
        "{template_id} {source} {:?} {:?} {:?} {:?}",
        wanted.instance_type, wanted.subnet_id, wanted.security_group_ids, wanted.instance_profile
    );
    derived("launch template version", &change).to_string()
}

/// What one version of a launch template would launch. The primary network interface outranks the
/// settings beside it, as it does in EC2.
fn launch_template(version: &sdk::LaunchTemplateVersion) -> Option<LaunchTemplate> {
    let id = owned(version.launch_template_id())?;
    let Some(data) = version.launch_template_data() else {
        return Some(LaunchTemplate {
            id,
            ..LaunchTemplate::default()
        });
    };
    let interfaces = data.network_interfaces();
    let primary = interfaces
        .iter()
        .find(|interface| interface.device_index() == Some(0))
        .or_else(|| interfaces.first());
    let of_interface = primary.map(|i| i.groups()).unwrap_or_default();
    Some(LaunchTemplate {
        id,
        instance_type: data.instance_type().map(|kind| kind.as_str().to_owned()),
        subnet_id: primary.and_then(|interface| owned(interface.subnet_id())),
        security_group_ids: if of_interface.is_empty() {
            data.security_group_ids().to_vec()
        } else {
            of_interface.to_vec()
        },
        instance_profile: data
            .iam_instance_profile()
            .and_then(|profile| owned(profile.name()).or_else(|| owned(profile.arn()))),
    })
}

/// What a version must be told to launch what is wanted; `None` where it does already.
fn changed(
    version: &sdk::LaunchTemplateVersion,
    wanted: &LaunchTemplate,
) -> Result<Option<sdk::RequestLaunchTemplateData>> {
    let now = launch_template(version).unwrap_or_default();
    let kind = wanted
        .instance_type
        .as_ref()
        .filter(|kind| now.instance_type.as_ref() != Some(kind));
    // A profile may stand there by name or by ARN.
    let profile = wanted.instance_profile.as_deref().filter(|profile| {
        now.instance_profile.as_deref().map(last_part) != Some(last_part(profile))
    });
    let subnet = wanted
        .subnet_id
        .as_ref()
        .filter(|subnet| now.subnet_id.as_ref() != Some(subnet));
    let groups = Some(&wanted.security_group_ids)
        .filter(|groups| !groups.is_empty() && set(groups) != set(&now.security_group_ids));
    if kind.is_none() && profile.is_none() && subnet.is_none() && groups.is_none() {
        return Ok(None);
    }
    let mut data = sdk::RequestLaunchTemplateData::builder()
        .set_instance_type(kind.map(|kind| kind.as_str().into()))
        .set_iam_instance_profile(profile.map(instance_profile));
    let has_groups_of_its_own = version.launch_template_data().is_some_and(|data| {
        !(data.security_group_ids().is_empty() && data.security_groups().is_empty())
    });
    let interfaces = version
        .launch_template_data()
        .map(|data| data.network_interfaces())
        .unwrap_or_default();
    if interfaces.is_empty() && has_groups_of_its_own {
        if subnet.is_some() {
            return Err(Error::Conflict {
                code: "LAUNCH_TEMPLATE_WITHOUT_INTERFACE",
                message: format!(
                    "launch template {} names security groups but no network interface; EC2 takes a subnet only \
                     with the groups in a network interface: give it one",
                    now.id
                ),
            });
        }
        data = data.set_security_group_ids(groups.cloned());
    } else if subnet.is_some() || groups.is_some() {
        data = data.set_network_interfaces(Some(placed(interfaces, subnet, groups)));
    }
    Ok(Some(data.build()))
}

fn set(groups: &[String]) -> BTreeSet<&String> {
    groups.iter().collect()
}

fn instance_profile(profile: &str) -> sdk::LaunchTemplateIamInstanceProfileSpecificationRequest {
    let request = sdk::LaunchTemplateIamInstanceProfileSpecificationRequest::builder();
    if profile.starts_with("arn:") {
        request.arn(profile).build()
    } else {
        request.name(profile).build()
    }
}

type Interface = sdk::LaunchTemplateInstanceNetworkInterfaceSpecification;
type InterfaceRequest = sdk::LaunchTemplateInstanceNetworkInterfaceSpecificationRequest;

/// All interfaces of the version, for a new one replaces the list as a whole; the primary with what is wanted.
fn placed(
    interfaces: &[Interface],
    subnet: Option<&String>,
    groups: Option<&Vec<String>>,
) -> Vec<InterfaceRequest> {
    let mut requests: Vec<_> = interfaces.iter().map(same).collect();
    if requests.is_empty() {
        requests.push(InterfaceRequest::builder().device_index(0).build());
    }
    let primary = requests
        .iter()
        .position(|request| request.device_index == Some(0))
        .unwrap_or(0);
    if let Some(request) = requests.get_mut(primary) {
        // An interface that exists already brings a subnet and groups of its own.
        request.network_interface_id = None;
        if let Some(subnet) = subnet {
            request.subnet_id = Some(subnet.clone());
            // Addresses of the old subnet are not in the new one.
            request.private_ip_address = None;
            request.private_ip_addresses = None;
            request.ipv6_addresses = None;
            request.ipv4_prefixes = None;
            request.ipv6_prefixes = None;
        }
        if let Some(groups) = groups {
            request.groups = Some(groups.clone());
        }
    }
    requests
}

/// The request that asks for an interface as a version has it.
fn same(interface: &Interface) -> InterfaceRequest {
    let ipv6 = interface.ipv6_addresses.as_ref().map(|addresses| {
        let request = |a: &sdk::InstanceIpv6Address| {
            sdk::InstanceIpv6AddressRequest::builder()
                .set_ipv6_address(a.ipv6_address.clone())
                .build()
        };
        addresses.iter().map(request).collect()
    });
    let ipv4_prefixes = interface.ipv4_prefixes.as_ref().map(|prefixes| {
        let request = |p: &sdk::Ipv4PrefixSpecificationResponse| {
            sdk::Ipv4PrefixSpecificationRequest::builder()
                .set_ipv4_prefix(p.ipv4_prefix.clone())
                .build()
        };
        prefixes.iter().map(request).collect()
    });
    let ipv6_prefixes = interface.ipv6_prefixes.as_ref().map(|prefixes| {
        let request = |p: &sdk::Ipv6PrefixSpecificationResponse| {
            sdk::Ipv6PrefixSpecificationRequest::builder()
                .set_ipv6_prefix(p.ipv6_prefix.clone())
                .build()
        };
        prefixes.iter().map(request).collect()
    });
    let tracking = interface
        .connection_tracking_specification
        .as_ref()
        .map(|t| {
            sdk::ConnectionTrackingSpecificationRequest::builder()
                .set_tcp_established_timeout(t.tcp_established_timeout)
                .set_udp_stream_timeout(t.udp_stream_timeout)
                .set_udp_timeout(t.udp_timeout)
                .build()
        });
    InterfaceRequest::builder()
        .set_associate_carrier_ip_address(interface.associate_carrier_ip_address)
        .set_associate_public_ip_address(interface.associate_public_ip_address)
        .set_delete_on_termination(interface.delete_on_termination)
        .set_description(interface.description.clone())
        .set_device_index(interface.device_index)
        .set_groups(interface.groups.clone())
        .set_interface_type(interface.interface_type.clone())
        .set_ipv6_address_count(interface.ipv6_address_count)
        .set_ipv6_addresses(ipv6)
        .set_network_interface_id(interface.network_interface_id.clone())
        .set_private_ip_address(interface.private_ip_address.clone())
        .set_private_ip_addresses(interface.private_ip_addresses.clone())
        .set_secondary_private_ip_address_count(interface.secondary_private_ip_address_count)
        .set_subnet_id(interface.subnet_id.clone())
        .set_network_card_index(interface.network_card_index)
        .set_ipv4_prefixes(ipv4_prefixes)
        .set_ipv4_prefix_count(interface.ipv4_prefix_count)
        .set_ipv6_prefixes(ipv6_prefixes)
        .set_ipv6_prefix_count(interface.ipv6_prefix_count)
        .set_primary_ipv6(interface.primary_ipv6)
        .set_ena_srd_specification(interface.ena_srd_specification.as_ref().map(ena_express))
        .set_connection_tracking_specification(tracking)
        .set_ena_queue_count(interface.ena_queue_count)
        .build()
}

fn ena_express(now: &sdk::LaunchTemplateEnaSrdSpecification) -> sdk::EnaSrdSpecificationRequest {
    let udp = now.ena_srd_udp_specification.as_ref().map(|udp| {
        sdk::EnaSrdUdpSpecificationRequest::builder()
            .set_ena_srd_udp_enabled(udp.ena_srd_udp_enabled)
            .build()
    });
    sdk::EnaSrdSpecificationRequest::builder()
        .set_ena_srd_enabled(now.ena_srd_enabled)
        .set_ena_srd_udp_specification(udp)
        .build()
}

#[cfg(test)]
#[path = "templates_tests.rs"]
mod tests;
