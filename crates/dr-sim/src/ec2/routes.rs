//! Route tables: every VPC has its main one, with the local route and a default route to its internet
//! gateway. They follow from the VPC and are kept nowhere.

use std::collections::BTreeMap;

use super::filters::{self, Filtered, Values};
use super::network::pick;
use super::resources::{Tags, Vpc};
use super::{answer, here};
use crate::error::ServiceResult;
use crate::service::{Answer, Call};
use crate::wire::query::{Params, Xml};
use crate::world::World;

/// The main route table of a VPC.
struct Table<'a> {
    id: String,
    vpc: &'a Vpc,
}

impl<'a> Table<'a> {
    fn of(vpc: &'a Vpc) -> Self {
        Self {
            id: format!("rtb-{}", digits(vpc)),
            vpc,
        }
    }

    fn gateway(&self) -> Option<String> {
        (!self.vpc.no_way_out).then(|| format!("igw-{}", digits(self.vpc)))
    }

    /// Destination and gateway of each route.
    fn routes(&self) -> Vec<(String, String)> {
        let local = (self.vpc.cidr.to_string(), "local".to_owned());
        let out = self
            .gateway()
            .map(|gateway| ("0.0.0.0/0".to_owned(), gateway));
        std::iter::once(local).chain(out).collect()
    }
}

fn digits(vpc: &Vpc) -> &str {
    vpc.id.trim_start_matches("vpc-")
}

/// Main route tables carry no tags.
static NO_TAGS: Tags = Tags::new();

impl Filtered for &Table<'_> {
    fn values(&self, filter: &str) -> Option<Values> {
        let routes = |part: fn((String, String)) -> String| {
            Some(self.routes().into_iter().map(part).collect())
        };
        match filter {
            "route-table-id" | "association.route-table-id" => Some(vec![self.id.clone()]),
            "vpc-id" => Some(vec![self.vpc.id.clone()]),
            "association.main" => Some(vec!["true".to_owned()]),
            // Subnets without an association of their own follow the main table, and are not
            // found by this filter.
            "association.subnet-id" => Some(Vec::new()),
            "route.destination-cidr-block" => routes(|(destination, _)| destination),
            "route.gateway-id" => routes(|(_, gateway)| gateway),
            "route.nat-gateway-id" => Some(Vec::new()),
            "route.state" => Some(vec!["active".to_owned()]),
            _ => None,
        }
    }

    fn tags(&self) -> &BTreeMap<String, String> {
        &NO_TAGS
    }
}

/// `DescribeRouteTables`.
pub(super) fn describe(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let ec2 = here(world, call);
    let tables: BTreeMap<String, Table<'_>> = ec2
        .vpcs
        .values()
        .map(Table::of)
        .map(|table| (table.id.clone(), table))
        .collect();
    let unknown = ("InvalidRouteTableID.NotFound", "routeTable");
    let (found, next) = pick(&tables, params, "RouteTableId", unknown)?;
    Ok(answer(call, |xml| {
        xml.list("routeTableSet", "item", found, |xml, table| {
            write(xml, call, table);
        });
        filters::write_next(xml, next);
    }))
}

fn write(xml: &mut Xml, call: &Call, table: &Table<'_>) {
    xml.text("routeTableId", &table.id)
        .text("vpcId", &table.vpc.id)
        .text("ownerId", &call.caller.account);
    xml.list("routeSet", "item", table.routes(), |xml, (to, gateway)| {
        let origin = if gateway == "local" {
            "CreateRouteTable"
        } else {
            "CreateRoute"
        };
        xml.text("destinationCidrBlock", &to)
            .text("gatewayId", &gateway)
            .text("state", "active")
            .text("origin", origin);
    });
    xml.list("associationSet", "item", [table], |xml, table| {
        xml.text(
            "routeTableAssociationId",
            format!("rtbassoc-{}", digits(table.vpc)),
        )
        .text("routeTableId", &table.id)
        .text("main", true);
        xml.element("associationState", |xml| {
            xml.text("state", "associated");
        });
    });
    xml.element("propagatingVgwSet", |_| ());
    xml.element("tagSet", |_| ());
}
