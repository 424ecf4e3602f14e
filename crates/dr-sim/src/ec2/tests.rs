//! EC2 from inside: launches, addresses, and what happens by itself.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};

use super::*;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "us-west-2";

fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn disk(device: &str, gib: u64, root: bool) -> DiskSpec {
    DiskSpec {
        device: device.into(),
        bytes: gib << 30,
        root,
    }
}

/// A world with one subnet of 11 addresses.
fn world() -> (World, Network) {
    let mut world = World::new(7, start());
    let spec = NetworkSpec {
        vpc_cidr: "10.0.0.0/16".into(),
        subnets: vec![SubnetSpec {
            cidr: "10.0.1.0/28".into(),
            availability_zone: "us-west-2a".into(),
            name: "recovery".into(),
        }],
    };
    let network = add_network(&mut world, ACCOUNT, REGION, &spec);
    (world, network)
}

fn stopped(world: &mut World, network: &Network, ip: &str) -> String {
    let spec = InstanceSpec {
        name: Some("app-01".into()),
        tags: Tags::new(),
        instance_type: "m5.large".into(),
        subnet_id: network.subnet_ids[0].clone(),
        security_groups: vec![network.security_group_id.clone()],
        private_ip: ip.into(),
        instance_profile: None,
        running: false,
        architecture: "x86_64".into(),
        windows: false,
        boot_mode: "legacy-bios".into(),
        disks: vec![disk("/dev/xvda", 8, true)],
        launched: start() - Duration::days(3),
    };
    add_instance(world, ACCOUNT, REGION, &spec)
}

fn template_in(world: &mut World, subnet: Option<&str>) -> String {
    let view = TemplateView {
        subnet_id: subnet.map(str::to_owned),
        instance_type: Some("m5.large".into()),
        ..TemplateView::default()
    };
    create_template(world, ACCOUNT, REGION, "lt-of-app-01", &view)
}

fn new_from(template: &str) -> LaunchNew {
    LaunchNew {
        launch_template_id: template.into(),
        instance_type: None,
        disks: vec![disk("/dev/sda1", 30, true)],
        private_ip: None,
        tags: BTreeMap::new(),
        architecture: "x86_64".into(),
        platform_windows: false,
        start: true,
        source_server_id: "s-1".into(),
    }
}

fn into_instance(id: &str) -> LaunchInto {
    LaunchInto {
        instance_id: id.into(),
        disks: vec![disk("/dev/sda1", 30, true), disk("/dev/sdb", 100, false)],
        source_server_id: "s-1".into(),
    }
}

fn ec2(world: &World) -> &State {
    &world.at(ACCOUNT, REGION).unwrap().ec2
}

#[test]
fn a_launch_into_an_instance_replaces_its_disks_and_keeps_the_rest() {
    let (mut world, network) = world();
    let id = stopped(&mut world, &network, "10.0.1.9");
    let before = ec2(&world).instances[&id].clone();
    let launched = launch_into(&mut world, ACCOUNT, REGION, &into_instance(&id), start()).unwrap();
    assert_eq!(launched.private_ip, "10.0.1.9");
    assert_eq!(launched.volumes.len(), 2);
    let after = &ec2(&world).instances[&id];
    assert_eq!(after.state, InstanceState::Pending);
    assert_eq!(after.root_device_name, "/dev/sda1");
    assert_eq!(after.interface_id, before.interface_id);
    let old = &ec2(&world).volumes[&before.devices[0].volume_id];
    assert_eq!(old.attachment, None);
    let due = next_due(&world).unwrap();
    advance(&mut world, due);
    assert_eq!(state_of(&world, ACCOUNT, REGION, &id), Some("running"));
    assert_eq!(next_due(&world), None);
}

#[test]
fn only_a_stopped_instance_is_launched_into() {
    let (mut world, network) = world();
    let id = stopped(&mut world, &network, "10.0.1.9");
    launch_into(&mut world, ACCOUNT, REGION, &into_instance(&id), start()).unwrap();
    let again = launch_into(&mut world, ACCOUNT, REGION, &into_instance(&id), start());
    assert_eq!(again.unwrap_err().code, "IncorrectInstanceState");
    let unknown = launch_into(&mut world, ACCOUNT, REGION, &into_instance("i-0"), start());
    assert_eq!(unknown.unwrap_err().code, "InvalidInstanceID.NotFound");
}

#[test]
fn a_template_without_a_subnet_launches_nothing() {
    let (mut world, _) = world();
    let template = template_in(&mut world, None);
    let refused = launch_new(&mut world, ACCOUNT, REGION, &new_from(&template), start());
    assert_eq!(refused.unwrap_err().code, "MissingSubnet");
    assert!(ec2(&world).instances.is_empty());
}

#[test]
fn a_taken_or_foreign_address_is_refused() {
    let (mut world, network) = world();
    stopped(&mut world, &network, "10.0.1.9");
    let template = template_in(&mut world, Some(&network.subnet_ids[0]));
    for (ip, code) in [
        ("10.0.1.9", "InvalidIPAddress.InUse"),
        ("10.0.2.9", "InvalidParameterValue"),
        ("10.0.1.1", "InvalidParameterValue"),
    ] {
        let spec = LaunchNew {
            private_ip: Some(ip.into()),
            ..new_from(&template)
        };
        let refused = launch_new(&mut world, ACCOUNT, REGION, &spec, start());
        assert_eq!(refused.unwrap_err().code, code);
    }
}

#[test]
fn a_full_subnet_refuses_and_a_termination_makes_room() {
    let (mut world, network) = world();
    let template = template_in(&mut world, Some(&network.subnet_ids[0]));
    let spec = new_from(&template);
    let first = launch_new(&mut world, ACCOUNT, REGION, &spec, start()).unwrap();
    for _ in 1..11 {
        launch_new(&mut world, ACCOUNT, REGION, &spec, start()).unwrap();
    }
    let full = launch_new(&mut world, ACCOUNT, REGION, &spec, start());
    assert_eq!(full.unwrap_err().code, "InsufficientFreeAddressesInSubnet");
    terminate(
        &mut world,
        ACCOUNT,
        REGION,
        std::slice::from_ref(&first.instance_id),
        start(),
    );
    advance(&mut world, start() + Duration::minutes(1));
    let again = launch_new(&mut world, ACCOUNT, REGION, &spec, start()).unwrap();
    assert_eq!(again.private_ip, first.private_ip);
}

#[test]
fn a_type_of_another_architecture_is_refused() {
    let (mut world, network) = world();
    let template = template_in(&mut world, Some(&network.subnet_ids[0]));
    let spec = LaunchNew {
        instance_type: Some("m6g.large".into()),
        ..new_from(&template)
    };
    let refused = launch_new(&mut world, ACCOUNT, REGION, &spec, start()).unwrap_err();
    assert!(refused.message.contains("arm64"), "{refused}");
}

#[test]
fn a_launch_that_is_not_to_be_started_stays_stopped() {
    let (mut world, network) = world();
    let template = template_in(&mut world, Some(&network.subnet_ids[0]));
    let spec = LaunchNew {
        start: false,
        ..new_from(&template)
    };
    let launched = launch_new(&mut world, ACCOUNT, REGION, &spec, start()).unwrap();
    let state = state_of(&world, ACCOUNT, REGION, &launched.instance_id);
    assert_eq!(state, Some("stopped"));
    assert_eq!(next_due(&world), None);
}

#[test]
fn a_termination_overtakes_a_start() {
    let (mut world, network) = world();
    let id = stopped(&mut world, &network, "10.0.1.9");
    launch_into(&mut world, ACCOUNT, REGION, &into_instance(&id), start()).unwrap();
    terminate(
        &mut world,
        ACCOUNT,
        REGION,
        std::slice::from_ref(&id),
        start(),
    );
    advance(&mut world, start() + Duration::minutes(2));
    assert_eq!(state_of(&world, ACCOUNT, REGION, &id), Some("terminated"));
    advance(&mut world, start() + Duration::hours(2));
    assert_eq!(look(&world, ACCOUNT, REGION, &id), None);
    assert_eq!(next_due(&world), None);
}

#[test]
fn a_world_with_work_in_flight_is_the_same_after_a_dump() {
    let (mut world, network) = world();
    let id = stopped(&mut world, &network, "10.0.1.9");
    launch_into(&mut world, ACCOUNT, REGION, &into_instance(&id), start()).unwrap();
    let dump = serde_json::to_value(&world).unwrap();
    let mut read: World = serde_json::from_value(dump.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), dump);
    advance(&mut read, start() + Duration::minutes(1));
    assert_eq!(state_of(&read, ACCOUNT, REGION, &id), Some("running"));
}
