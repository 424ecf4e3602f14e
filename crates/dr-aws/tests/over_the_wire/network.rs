//! Security groups and route tables over the real SDK.

use crate::script::{Reply, Script};
use crate::services::ec2;

#[tokio::test]
async fn the_rules_of_a_security_group_are_read_in_both_directions() {
    let script = Script::new(|_, _| {
        Reply::ok(
            "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId><vpcId>vpc-1</vpcId>\
             <ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort>\
             <groups><item><groupId>sg-2</groupId></item></groups></item>\
             <item><ipProtocol>icmp</ipProtocol><fromPort>-1</fromPort><toPort>-1</toPort>\
             <ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges></item></ipPermissions>\
             <ipPermissionsEgress><item><ipProtocol>tcp</ipProtocol><fromPort>1500</fromPort><toPort>1500</toPort>\
             <ipRanges><item><cidrIp>10.9.0.0/16</cidrIp></item></ipRanges>\
             <ipv6Ranges><item><cidrIpv6>fd00::/8</cidrIpv6></item></ipv6Ranges>\
             <prefixListIds><item><prefixListId>pl-1</prefixListId></item></prefixListIds></item>\
             </ipPermissionsEgress></item></securityGroupInfo></DescribeSecurityGroupsResponse>",
        )
    });
    let group = ec2(&script)
        .security_groups(&["sg-1".to_owned()])
        .await
        .unwrap()
        .remove(0);
    assert_eq!(group.rules.len(), 3);
    let out = &group.rules[0];
    assert!(out.is_egress);
    assert_eq!((out.from_port, out.to_port), (Some(1500), Some(1500)));
    assert_eq!(out.cidrs, ["10.9.0.0/16", "fd00::/8", "pl-1"]);
    assert_eq!(group.rules[1].groups, ["sg-2"]);
    assert!(group.allows(true, 1500) && group.allows(false, 443));
    // Types of ICMP are no ports of TCP.
    assert!(!group.allows(true, 443) && !group.allows(false, 1500));
}

#[tokio::test]
async fn route_tables_tell_where_traffic_goes_and_leave_out_what_leads_nowhere() {
    let script = Script::new(|sent, _| {
        assert!(sent.body.contains("Filter.1.Name=vpc-id"), "{}", sent.body);
        Reply::ok(
            "<DescribeRouteTablesResponse><routeTableSet><item><routeTableId>rtb-1</routeTableId>\
             <vpcId>vpc-1</vpcId><routeSet>\
             <item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock><gatewayId>local</gatewayId>\
             <state>active</state></item>\
             <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-1</natGatewayId>\
             <state>active</state></item>\
             <item><destinationPrefixListId>pl-1</destinationPrefixListId><gatewayId>vpce-1</gatewayId>\
             <state>active</state></item></routeSet>\
             <associationSet><item><main>false</main><subnetId>subnet-1</subnetId></item></associationSet></item>\
             <item><routeTableId>rtb-2</routeTableId><vpcId>vpc-1</vpcId><routeSet>\
             <item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><natGatewayId>nat-2</natGatewayId>\
             <state>blackhole</state></item></routeSet>\
             <associationSet><item><main>true</main></item></associationSet></item>\
             </routeTableSet></DescribeRouteTablesResponse>",
        )
    });
    let tables = ec2(&script)
        .route_tables(&["vpc-1".to_owned()])
        .await
        .unwrap();
    let [named, main] = tables.as_slice() else {
        panic!("{tables:?}");
    };
    assert_eq!(named.subnet_ids, ["subnet-1"]);
    assert!(named.has_default_route && !named.is_main);
    let routes: Vec<_> = named
        .routes
        .iter()
        .map(|(to, by)| (to.as_str(), by.as_str()))
        .collect();
    assert_eq!(
        routes,
        [
            ("10.0.0.0/16", "local"),
            ("0.0.0.0/0", "nat-1"),
            ("pl-1", "vpce-1")
        ]
    );
    assert!(main.is_main && !main.has_default_route && main.routes.is_empty());
    assert!(ec2(&script).route_tables(&[]).await.unwrap().is_empty());
    assert_eq!(script.sent().len(), 1);
}
