//! Where instances stand: subnets, security groups, route tables.

use aws_sdk_ec2::types as sdk;
use dr_error::Result;

use super::convert::owned;
use super::{Ec2, PAGE, VALUES_PER_FILTER, filter};

/// The most that `DescribeRouteTables` gives per page (service model).
const ROUTE_TABLES_PER_PAGE: i32 = 100;
/// Protocols of a rule that carry TCP: by name, by number, and every protocol.
const TCP: [&str; 3] = ["tcp", "6", "-1"];
/// Where a default route leads.
const EVERYWHERE: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Its IPv4 range, such as `10.0.1.0/24`; empty for an IPv6-only subnet.
    pub cidr: String,
    /// IPv4 addresses that nobody has.
    pub free_addresses: u32,
}

/// A security group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id.
    pub id: String,
    /// Its VPC.
    pub vpc_id: Option<String>,
    /// What it lets in and out.
    pub rules: Vec<Rule>,
}

impl SecurityGroup {
    /// Whether a rule lets TCP traffic to this port out (or in), to or from anybody at all. Whom exactly is in
    /// the rules.
    #[must_use]
    pub fn allows(&self, egress: bool, port: u16) -> bool {
        self.rules.iter().any(|rule| rule.allows(egress, port))
    }
}

/// What a security group lets through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// Out of the instance; otherwise into it.
    pub is_egress: bool,
    /// `tcp`, `udp`, `icmp`, a protocol's number, or `-1` for all.
    pub protocol: String,
    /// First port; `None` is every port.
    pub from_port: Option<u16>,
    /// Last port; `None` is every port.
    pub to_port: Option<u16>,
    /// Ranges of IPv4 and IPv6 addresses, and ids of prefix lists.
    pub cidrs: Vec<String>,
    /// Security groups of the other side.
    pub groups: Vec<String>,
}

impl Rule {
    /// Whether it lets TCP traffic to this port out (or in).
    #[must_use]
    pub fn allows(&self, egress: bool, port: u16) -> bool {
        let ports = self.from_port.unwrap_or(0)..=self.to_port.unwrap_or(u16::MAX);
        let is_every_protocol = self.protocol == "-1";
        self.is_egress == egress
            && TCP.contains(&self.protocol.as_str())
            && (is_every_protocol || ports.contains(&port))
            && !(self.cidrs.is_empty() && self.groups.is_empty())
    }
}

/// A route table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RouteTable {
    /// Its id.
    pub id: String,
    /// Its VPC.
    pub vpc_id: String,
    /// Subnets that name it. A subnet that names none has the main one of its VPC.
    pub subnet_ids: Vec<String>,
    /// The main one of its VPC.
    pub is_main: bool,
    /// Whether a route leads to everywhere.
    pub has_default_route: bool,
    /// Destination (a range of addresses, or a prefix list) and target (`local`, a gateway, an interface, ...).
    /// Routes whose target is gone are left out.
    pub routes: Vec<(String, String)>,
}

impl Ec2 {
    /// Subnets by id; one that does not exist is absent. IAM: `ec2:DescribeSubnets`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn subnets(&self, ids: &[String]) -> Result<Vec<Subnet>> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(VALUES_PER_FILTER) {
            let page = |token| {
                let call = self
                    .client
                    .describe_subnets()
                    .filters(filter("subnet-id", ids))
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.subnets.unwrap_or_default(), page.next_token))
                }
            };
            found.append(&mut self.caller.pages("DescribeSubnets", page).await?);
        }
        Ok(found.iter().filter_map(subnet).collect())
    }

    /// Security groups by id, with their rules; one that does not exist is absent. IAM: `ec2:DescribeSecurityGroups`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn security_groups(&self, ids: &[String]) -> Result<Vec<SecurityGroup>> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(VALUES_PER_FILTER) {
            let page = |token| {
                let call = self
                    .client
                    .describe_security_groups()
                    .filters(filter("group-id", ids))
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.security_groups.unwrap_or_default(), page.next_token))
                }
            };
            found.append(&mut self.caller.pages("DescribeSecurityGroups", page).await?);
        }
        Ok(found.iter().filter_map(security_group).collect())
    }

    /// All route tables of these VPCs. IAM: `ec2:DescribeRouteTables`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn route_tables(&self, vpc_ids: &[String]) -> Result<Vec<RouteTable>> {
        let mut found = Vec::new();
        for ids in vpc_ids.chunks(VALUES_PER_FILTER) {
            let page = |token| {
                let call = self
                    .client
                    .describe_route_tables()
                    .filters(filter("vpc-id", ids))
                    .max_results(ROUTE_TABLES_PER_PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.route_tables.unwrap_or_default(), page.next_token))
                }
            };
            found.append(&mut self.caller.pages("DescribeRouteTables", page).await?);
        }
        Ok(found.iter().filter_map(route_table).collect())
    }
}

fn subnet(subnet: &sdk::Subnet) -> Option<Subnet> {
    Some(Subnet {
        id: owned(subnet.subnet_id())?,
        vpc_id: owned(subnet.vpc_id())?,
        cidr: owned(subnet.cidr_block()).unwrap_or_default(),
        free_addresses: subnet
            .available_ip_address_count()
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(0),
    })
}

fn security_group(group: &sdk::SecurityGroup) -> Option<SecurityGroup> {
    let egress = group.ip_permissions_egress().iter().map(|p| rule(true, p));
    let ingress = group.ip_permissions().iter().map(|p| rule(false, p));
    Some(SecurityGroup {
        id: owned(group.group_id())?,
        vpc_id: owned(group.vpc_id()),
        rules: egress.chain(ingress).collect(),
    })
}

fn rule(is_egress: bool, permission: &sdk::IpPermission) -> Rule {
    // ICMP has types where others have ports, and -1 for all of them.
    let port = |port: Option<i32>| port.and_then(|port| u16::try_from(port).ok());
    let v4 = permission.ip_ranges().iter().map(|r| owned(r.cidr_ip()));
    let v6 = permission
        .ipv6_ranges()
        .iter()
        .map(|r| owned(r.cidr_ipv6()));
    let lists = permission.prefix_list_ids().iter();
    Rule {
        is_egress,
        protocol: permission.ip_protocol().unwrap_or_default().to_owned(),
        from_port: port(permission.from_port()),
        to_port: port(permission.to_port()),
        cidrs: v4
            .chain(v6)
            .chain(lists.map(|list| owned(list.prefix_list_id())))
            .flatten()
            .collect(),
        groups: permission
            .user_id_group_pairs()
            .iter()
            .filter_map(|pair| owned(pair.group_id()))
            .collect(),
    }
}

fn route_table(table: &sdk::RouteTable) -> Option<RouteTable> {
    let routes: Vec<_> = table.routes().iter().filter_map(route).collect();
    Some(RouteTable {
        id: owned(table.route_table_id())?,
        vpc_id: owned(table.vpc_id()).unwrap_or_default(),
        subnet_ids: table
            .associations()
            .iter()
            .filter_map(|association| owned(association.subnet_id()))
            .collect(),
        is_main: table.associations().iter().any(|a| a.main() == Some(true)),
        has_default_route: routes
            .iter()
            .any(|(destination, _)| EVERYWHERE.contains(&destination.as_str())),
        routes,
    })
}

/// Where from and where to. `None` for a route whose target is gone, or of a kind that we do not know.
fn route(route: &sdk::Route) -> Option<(String, String)> {
    if route.state() == Some(&sdk::RouteState::Blackhole) {
        return None;
    }
    let destination = owned(route.destination_cidr_block())
        .or_else(|| owned(route.destination_ipv6_cidr_block()))
        .or_else(|| owned(route.destination_prefix_list_id()))?;
    let targets = [
        route.gateway_id(),
        route.nat_gateway_id(),
        route.transit_gateway_id(),
        route.egress_only_internet_gateway_id(),
        route.vpc_peering_connection_id(),
        route.core_network_arn(),
        route.local_gateway_id(),
        route.carrier_gateway_id(),
        route.odb_network_arn(),
        route.network_interface_id(),
        route.instance_id(),
    ];
    let target = targets.into_iter().find_map(owned)?;
    Some((destination, target))
}

#[cfg(test)]
mod tests {
    use super::{Rule, SecurityGroup};

    fn rule(is_egress: bool, protocol: &str, ports: Option<(u16, u16)>) -> Rule {
        Rule {
            is_egress,
            protocol: protocol.into(),
            from_port: ports.map(|(from, _)| from),
            to_port: ports.map(|(_, to)| to),
            cidrs: vec!["10.0.0.0/8".into()],
            groups: Vec::new(),
        }
    }

    #[test]
    fn a_port_is_open_where_a_rule_of_its_direction_and_protocol_spans_it() {
        for (rule, open) in [
            (rule(true, "tcp", Some((1500, 1500))), true),
            (rule(true, "6", Some((1024, 65_535))), true),
            (rule(true, "-1", None), true),
            (rule(true, "tcp", None), true),
            (rule(false, "-1", None), false),
            (rule(true, "udp", Some((1500, 1500))), false),
            (rule(true, "tcp", Some((443, 443))), false),
            (rule(true, "tcp", Some((1501, 65_535))), false),
        ] {
            let group = SecurityGroup {
                rules: vec![rule.clone()],
                ..SecurityGroup::default()
            };
            assert_eq!(group.allows(true, 1500), open, "{rule:?}");
        }
        assert!(!SecurityGroup::default().allows(true, 1500));
    }

    #[test]
    fn a_rule_without_another_side_lets_nothing_through() {
        let mut rule = rule(true, "-1", None);
        rule.cidrs.clear();
        assert!(!rule.allows(true, 443));
        rule.groups.push("sg-1".into());
        assert!(rule.allows(true, 443));
    }
}
