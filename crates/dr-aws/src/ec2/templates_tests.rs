//! What changes in a launch template, and what does not.

use aws_sdk_ec2::types as sdk;
use dr_error::Error;
use dr_model::launch::LaunchTemplate;

use super::{changed, token};

fn version(data: sdk::ResponseLaunchTemplateData) -> sdk::LaunchTemplateVersion {
    sdk::LaunchTemplateVersion::builder()
        .launch_template_id("lt-1")
        .version_number(3)
        .launch_template_data(data)
        .build()
}

fn interface() -> sdk::LaunchTemplateInstanceNetworkInterfaceSpecification {
    sdk::LaunchTemplateInstanceNetworkInterfaceSpecification::builder()
        .device_index(0)
        .subnet_id("subnet-1")
        .groups("sg-1")
        .groups("sg-2")
        .private_ip_address("10.0.0.7")
        .associate_public_ip_address(false)
        .build()
}

/// As DRS makes it, with a second interface that somebody added.
fn drs_made() -> sdk::LaunchTemplateVersion {
    let second = sdk::LaunchTemplateInstanceNetworkInterfaceSpecification::builder()
        .device_index(1)
        .subnet_id("subnet-9")
        .build();
    let profile = sdk::LaunchTemplateIamInstanceProfileSpecification::builder()
        .arn("arn:aws:iam::111122223333:instance-profile/dr")
        .build();
    version(
        sdk::ResponseLaunchTemplateData::builder()
            .instance_type(sdk::InstanceType::from("m5.large"))
            .iam_instance_profile(profile)
            .network_interfaces(second)
            .network_interfaces(interface())
            .build(),
    )
}

fn wanted() -> LaunchTemplate {
    LaunchTemplate {
        id: "lt-1".into(),
        instance_type: Some("m5.large".into()),
        subnet_id: Some("subnet-1".into()),
        security_group_ids: vec!["sg-2".into(), "sg-1".into()],
        instance_profile: Some("dr".into()),
    }
}

#[test]
fn what_is_as_wanted_needs_no_version_whatever_the_order_of_groups_and_the_wording_of_the_profile()
{
    assert_eq!(changed(&drs_made(), &wanted()).unwrap(), None);
    let anything = LaunchTemplate::default();
    assert_eq!(changed(&drs_made(), &anything).unwrap(), None);
}

#[test]
fn another_subnet_keeps_all_interfaces_and_drops_the_address_of_the_old_one() {
    let wanted = LaunchTemplate {
        subnet_id: Some("subnet-2".into()),
        ..wanted()
    };
    let data = changed(&drs_made(), &wanted).unwrap().unwrap();
    assert_eq!(
        (data.instance_type(), data.iam_instance_profile()),
        (None, None)
    );
    let [second, primary] = data.network_interfaces() else {
        panic!("{data:?}");
    };
    assert_eq!(second.subnet_id(), Some("subnet-9"));
    assert_eq!(primary.subnet_id(), Some("subnet-2"));
    assert_eq!(primary.groups(), ["sg-1", "sg-2"]);
    assert_eq!(primary.private_ip_address(), None);
    assert_eq!(primary.associate_public_ip_address(), Some(false));
}

#[test]
fn another_type_and_profile_leave_the_network_alone() {
    let wanted = LaunchTemplate {
        instance_type: Some("r6i.xlarge".into()),
        instance_profile: Some("other".into()),
        ..wanted()
    };
    let data = changed(&drs_made(), &wanted).unwrap().unwrap();
    assert_eq!(data.instance_type().unwrap().as_str(), "r6i.xlarge");
    assert_eq!(data.iam_instance_profile().unwrap().name(), Some("other"));
    assert!(data.network_interfaces().is_empty());
}

#[test]
fn an_empty_template_gets_a_primary_interface() {
    // The trap of a template that DRS made by itself: it has no subnet, no group, no profile.
    let empty = version(sdk::ResponseLaunchTemplateData::builder().build());
    let data = changed(&empty, &wanted()).unwrap().unwrap();
    let [primary] = data.network_interfaces() else {
        panic!("{data:?}");
    };
    assert_eq!(primary.device_index(), Some(0));
    assert_eq!(primary.subnet_id(), Some("subnet-1"));
    assert_eq!(primary.groups(), ["sg-2", "sg-1"]);
}

#[test]
fn groups_beside_a_template_without_interface_are_changed_there_and_a_subnet_is_refused() {
    let beside = version(
        sdk::ResponseLaunchTemplateData::builder()
            .security_group_ids("sg-9")
            .build(),
    );
    let groups_alone = LaunchTemplate {
        subnet_id: None,
        ..wanted()
    };
    let data = changed(&beside, &groups_alone).unwrap().unwrap();
    assert_eq!(data.security_group_ids(), ["sg-2", "sg-1"]);
    assert!(data.network_interfaces().is_empty());
    let error = changed(&beside, &wanted()).unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error}");
}

#[test]
fn the_same_change_of_the_same_version_has_the_same_token() {
    let of = |source, wanted: &LaunchTemplate| token("lt-1", source, wanted);
    let other = LaunchTemplate {
        subnet_id: Some("subnet-2".into()),
        ..wanted()
    };
    assert_eq!(of(3, &wanted()), of(3, &wanted()));
    assert_ne!(of(3, &wanted()), of(4, &wanted()));
    assert_ne!(of(3, &wanted()), of(3, &other));
}
