//! A server on its way home, with everything as it should be; a test spoils what it is about.

use std::collections::BTreeMap;

use dr_aws::{ManagedInstance, Quota, RouteTable, Rule, SecurityGroup, Subnet};
use dr_drs::ReplicationSettings;
use dr_model::check::Check;
use dr_model::replication::{DiskProgress, Replication};
use dr_model::server::{RecoveryInstance, SourceServer};
use dr_model::session::MappedBy;
use dr_model::target::TargetInstance;

use super::facts::{Destination, Facts, Machine, ServerFacts, Subject, Surroundings};
use crate::samples::{SERVER, at, direction, place, source, target};
use dr_model::execution::ExecutionType;

pub(super) const B2: &str = "i-0000000000000000c";

pub(super) fn b2() -> RecoveryInstance {
    let disk = DiskProgress {
        device_name: "/dev/sda1".into(),
        total_bytes: 8 << 30,
        replicated_bytes: 0,
        rescanned_bytes: 0,
        backlogged_bytes: 0,
    };
    RecoveryInstance {
        id: B2.parse().unwrap(),
        instance_id: B2.parse().ok(),
        source_server_id: SERVER.parse().unwrap(),
        is_drill: false,
        instance_state: "RUNNING".into(),
        job_id: None,
        launched_at: None,
        failback_state: Some("FAILBACK_NOT_STARTED".into()),
        replication: Replication {
            disks: vec![disk],
            ..Replication::default()
        },
        agent_seen_at: Some(at(0)),
        name: Some("web-1".into()),
    }
}

fn group(is_egress: bool) -> SecurityGroup {
    SecurityGroup {
        id: "sg-1".into(),
        vpc_id: Some("vpc-1".into()),
        rules: vec![Rule {
            is_egress,
            protocol: "-1".into(),
            cidrs: vec!["0.0.0.0/0".into()],
            ..Rule::default()
        }],
    }
}

pub(super) fn server() -> ServerFacts {
    let a1 = target();
    let a2 = SourceServer {
        id: "s-22222222222222222".parse().unwrap(),
        ..source()
    };
    ServerFacts {
        subject: Subject {
            id: SERVER.parse().unwrap(),
            name: "web-1".into(),
            recovery_instance_id: B2.parse().ok(),
            origin_instance_id: Some(a1.id.clone()),
            server: None,
        },
        b1: Some(source()),
        machine: Machine {
            id: B2.parse().ok(),
            record: Some(b2()),
            instance: Some(TargetInstance {
                id: B2.parse().unwrap(),
                state: "running".into(),
                ..target()
            }),
            managed: Some(ManagedInstance {
                id: B2.into(),
                ping_status: "Online".into(),
                is_online: true,
                platform: None,
                platform_name: None,
                agent_version: None,
                computer_name: None,
                ip_address: None,
                is_on_premises: false,
                last_ping_at: None,
            }),
        },
        a1_id: Some(a1.id.clone()),
        a1: Some(a1),
        a2: Some((a2, MappedBy::Arn)),
    }
}

pub(super) fn around() -> Surroundings {
    Surroundings {
        place: direction().recovery,
        now: at(60),
        security_groups: BTreeMap::from([("sg-1".to_owned(), group(true))]),
        route_tables: vec![RouteTable {
            id: "rtb-1".into(),
            vpc_id: "vpc-1".into(),
            subnet_ids: Vec::new(),
            is_main: true,
            has_default_route: false,
            routes: vec![
                ("10.1.0.0/16".into(), "local".into()),
                ("10.0.0.0/8".into(), "tgw-1".into()),
            ],
        }],
        profiles: place(ExecutionType::Recovery).profiles,
        is_ssm_known: true,
        denied_actions: Some(Vec::new()),
        unknown: Vec::new(),
    }
}

pub(super) fn destination() -> Destination {
    Destination {
        place: direction().primary,
        error: None,
        drs_initialized: true,
        settings: Some(ReplicationSettings {
            staging_subnet_id: "subnet-9".into(),
            security_group_ids: vec!["sg-9".into()],
            use_private_ip: true,
            create_public_ip: false,
            bandwidth_mbps: 0,
        }),
        staging_subnet: Some(Subnet {
            id: "subnet-9".into(),
            vpc_id: "vpc-9".into(),
            cidr: "10.9.0.0/24".into(),
            free_addresses: 200,
        }),
        staging_groups: vec![group(false)],
        are_originals_known: true,
        replicating: 10,
        quota: Some(Quota {
            value: 300,
            code: "L-C1D14A2B",
            live: true,
        }),
    }
}

pub(super) fn facts(servers: Vec<ServerFacts>) -> Facts {
    Facts {
        servers,
        around: around(),
        destination: destination(),
        lag_threshold_seconds: 60,
    }
}

pub(super) fn named<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    let found = checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no check {name} in {checks:?}"))
}

/// Names of the checks that failed.
pub(super) fn failed(checks: &[Check]) -> Vec<&str> {
    checks
        .iter()
        .filter(|check| !check.passed)
        .map(|check| check.name.as_str())
        .collect()
}
