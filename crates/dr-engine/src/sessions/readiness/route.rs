//! Where packets go, as far as route tables tell: the route with the longest prefix. Pure.

use std::net::Ipv4Addr;

use dr_aws::RouteTable;

/// An IPv4 range: the network's bits, and how many of them count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range(u32, u32);

impl Range {
    /// `None` for what is no IPv4 range: IPv6, a prefix list.
    fn parse(cidr: &str) -> Option<Self> {
        let (address, bits) = cidr.split_once('/')?;
        let bits: u32 = bits.parse().ok().filter(|bits| *bits <= 32)?;
        let address: Ipv4Addr = address.parse().ok()?;
        Some(Self(u32::from(address) & mask(bits), bits))
    }

    /// Whether all of `other` is in it.
    fn holds(self, other: Range) -> bool {
        self.1 <= other.1 && other.0 & mask(self.1) == self.0
    }
}

fn mask(bits: u32) -> u32 {
    u32::MAX.checked_shl(32 - bits).unwrap_or(0)
}

/// How a subnet's traffic to somewhere leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaves<'a> {
    /// Through this gateway, peering or interface.
    By(&'a str),
    /// It does not: the VPC takes the range for its own.
    Stays,
    /// Not at all.
    NoWay,
    /// The route table of the subnet was not found.
    Unknown,
}

/// The route table of a subnet: its own, otherwise the main one of its VPC.
fn table_of<'a>(tables: &'a [RouteTable], subnet: &str, vpc: &str) -> Option<&'a RouteTable> {
    let is_own = |table: &&RouteTable| table.subnet_ids.iter().any(|id| id == subnet);
    let is_main = |table: &&RouteTable| table.is_main && table.vpc_id == vpc;
    tables
        .iter()
        .find(is_own)
        .or_else(|| tables.iter().find(is_main))
}

/// How traffic to a range, or to the internet where none is given, leaves a subnet. O(r) in the routes.
pub(super) fn leaves<'a>(
    tables: &'a [RouteTable],
    (subnet, vpc): (&str, &str),
    to: Option<&str>,
) -> Leaves<'a> {
    let Some(table) = table_of(tables, subnet, vpc) else {
        return Leaves::Unknown;
    };
    // The internet as a whole: only the default route holds it.
    let wanted = to.and_then(Range::parse).unwrap_or(Range(0, 0));
    let routes = table.routes.iter().filter_map(|(destination, target)| {
        let range = Range::parse(destination)?;
        range.holds(wanted).then_some((range.1, target.as_str()))
    });
    match routes.max_by_key(|(bits, _)| *bits) {
        Some((_, "local")) => Leaves::Stays,
        None => Leaves::NoWay,
        Some((_, target)) => Leaves::By(target),
    }
}

#[cfg(test)]
mod tests {
    use dr_aws::RouteTable;

    use super::{Leaves, leaves};

    fn table(subnets: &[&str], is_main: bool, routes: &[(&str, &str)]) -> RouteTable {
        let routes: Vec<_> = routes
            .iter()
            .map(|(to, by)| ((*to).to_owned(), (*by).to_owned()))
            .collect();
        RouteTable {
            id: "rtb-1".into(),
            vpc_id: "vpc-1".into(),
            subnet_ids: subnets.iter().map(|id| (*id).to_owned()).collect(),
            is_main,
            has_default_route: routes.iter().any(|(to, _)| to == "0.0.0.0/0"),
            routes,
        }
    }

    #[test]
    fn the_longest_prefix_that_holds_the_whole_range_wins() {
        let tables = [table(
            &["subnet-1"],
            false,
            &[
                ("10.1.0.0/16", "local"),
                ("0.0.0.0/0", "igw-1"),
                ("10.0.0.0/8", "tgw-1"),
                ("10.2.0.0/24", "pcx-1"),
                ("pl-1", "vpce-1"),
                ("::/0", "eigw-1"),
            ],
        )];
        let to = |cidr| leaves(&tables, ("subnet-1", "vpc-1"), cidr);
        assert_eq!(to(Some("10.2.0.128/25")), Leaves::By("pcx-1"));
        assert_eq!(to(Some("10.2.0.0/16")), Leaves::By("tgw-1"));
        assert_eq!(to(Some("172.16.0.0/16")), Leaves::By("igw-1"));
        assert_eq!(to(None), Leaves::By("igw-1"));
        assert_eq!(to(Some("10.1.5.0/24")), Leaves::Stays);
    }

    #[test]
    fn a_subnet_without_a_table_of_its_own_has_the_main_one_of_its_vpc() {
        let tables = [
            table(&["subnet-2"], false, &[("0.0.0.0/0", "nat-1")]),
            table(&[], true, &[("10.1.0.0/16", "local")]),
        ];
        let from = |subnet| leaves(&tables, (subnet, "vpc-1"), None);
        assert_eq!(from("subnet-2"), Leaves::By("nat-1"));
        assert_eq!(from("subnet-1"), Leaves::NoWay);
        assert_eq!(
            leaves(&tables, ("subnet-9", "vpc-9"), None),
            Leaves::Unknown
        );
    }
}
