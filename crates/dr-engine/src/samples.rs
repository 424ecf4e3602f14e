//! Samples for the tests of pure decisions: each as it should be; a test spoils what it is about.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use dr_aws::{ProfilePolicies, SecurityGroup, Subnet};
use dr_model::action::ActionTally;
use dr_model::execution::{
    Batch, BatchLaunch, Execution, ExecutionStatus, ExecutionType, LaunchInto, ServerBlueprint,
    ServerProgress, ServerRun, Subject, Tally, WaveRun,
};
use dr_model::ids::SourceServerId;
use dr_model::job::{Job, JobStatus, LaunchStatus, ParticipatingServer};
use dr_model::launch::{LaunchConfiguration, LaunchTemplate};
use dr_model::place::{Direction, Place};
use dr_model::plan::OnFailure;
use dr_model::replication::{Replication, ReplicationDirection};
use dr_model::server::{
    Architecture, BootMode, Disk, OriginInstance, Platform, ReplicationState, SourceServer,
};
use dr_model::target::{ALLOW_TAG_KEY, ALLOW_TAG_VALUE, TargetInstance};

use crate::validation::facts::{PairFacts, PlaceFacts};

pub(crate) const SERVER: &str = "s-11111111111111111";
pub(crate) const TARGET: &str = "i-0000000000000000b";

pub(crate) fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::seconds(1_800_000_000 + second)
}

/// A server that is up to date.
pub(crate) fn source() -> SourceServer {
    SourceServer {
        id: SERVER.parse().unwrap(),
        hostname: Some("web-1".into()),
        origin_instance_id: "i-0000000000000000a".parse().ok(),
        origin_account_id: "111122223333".parse().ok(),
        origin_region: "us-east-1".parse().ok(),
        replication_state: ReplicationState::Continuous,
        lag_seconds: Some(2),
        last_consistent_at: Some(at(0)),
        replication_error: None,
        staging_account_id: None,
        is_archived: false,
        recovery_instance_id: None,
        os: None,
        platform: Platform::Linux,
        private_ip: Some("10.0.1.5".into()),
        disks: vec![Disk {
            device_name: "/dev/sda1".into(),
            bytes: 8 << 30,
            volume_problem: None,
        }],
        tags: BTreeMap::new(),
        arn: None,
        direction: ReplicationDirection::Failover,
        reversed_arn: None,
        replication: Replication::default(),
    }
}

pub(crate) fn origin() -> OriginInstance {
    OriginInstance {
        id: "i-0000000000000000a".parse().unwrap(),
        name: Some("web-1".into()),
        architecture: Architecture::X86_64,
        boot_mode: Some(BootMode::Bios),
        private_ip: Some("10.0.1.5".into()),
    }
}

/// An instance that can be launched into.
pub(crate) fn target() -> TargetInstance {
    TargetInstance {
        id: TARGET.parse().unwrap(),
        state: "stopped".into(),
        tags: BTreeMap::from([
            ("Name".to_owned(), "web-1".to_owned()),
            (ALLOW_TAG_KEY.to_owned(), ALLOW_TAG_VALUE.to_owned()),
        ]),
        private_ip: Some("10.1.1.5".into()),
        subnet_id: Some("subnet-1".into()),
        vpc_id: Some("vpc-1".into()),
        security_group_ids: vec!["sg-1".into()],
        instance_type: "m5.large".into(),
        architecture: Architecture::X86_64,
        platform: Platform::Linux,
        boot_mode: BootMode::Bios,
        root_device_type: "ebs".into(),
        virtualization: "hvm".into(),
        volume_ids: vec!["vol-1".into()],
        instance_profile: Some("recovery".into()),
    }
}

pub(crate) fn launch() -> LaunchConfiguration {
    LaunchConfiguration {
        source_server_id: SERVER.parse().unwrap(),
        copy_private_ip: false,
        copy_tags: false,
        right_sizing: "NONE".into(),
        launch_disposition: "STARTED".into(),
        launch_template_id: Some("lt-1".into()),
        target_instance_id: TARGET.parse().ok(),
    }
}

/// A pair that passes everything.
pub(crate) fn pair() -> PairFacts {
    PairFacts {
        source_server_id: SERVER.parse().unwrap(),
        source: Some(source()),
        origin: Some(origin()),
        target_id: TARGET.parse().ok(),
        target: Some(target()),
        launch: Some(launch()),
        pairs_with_same_target: 1,
        other_execution: None,
    }
}

pub(crate) fn place(purpose: ExecutionType) -> PlaceFacts {
    let subnet = Subnet {
        id: "subnet-1".into(),
        vpc_id: "vpc-1".into(),
        cidr: "10.1.1.0/24".into(),
        free_addresses: 200,
    };
    let group = SecurityGroup {
        id: "sg-1".into(),
        vpc_id: Some("vpc-1".into()),
        rules: Vec::new(),
    };
    let profile = ProfilePolicies {
        role_arn: Some("arn:aws:iam::444455556666:role/recovery".into()),
        attached: [
            "AWSElasticDisasterRecoveryRecoveryInstancePolicy",
            "AmazonSSMManagedInstanceCore",
        ]
        .map(ToOwned::to_owned)
        .to_vec(),
    };
    let template = LaunchTemplate {
        id: "lt-1".into(),
        instance_type: Some("m5.large".into()),
        subnet_id: Some("subnet-1".into()),
        security_group_ids: vec!["sg-1".into()],
        instance_profile: Some("recovery".into()),
    };
    PlaceFacts {
        place: Place {
            account_id: "444455556666".parse().unwrap(),
            region: "us-west-2".parse().unwrap(),
        },
        now: at(10),
        purpose,
        drs_initialized: true,
        subnets: BTreeMap::from([(subnet.id.clone(), subnet)]),
        security_groups: BTreeMap::from([(group.id.clone(), group)]),
        profiles: BTreeMap::from([("recovery".to_owned(), Some(profile))]),
        instance_types: BTreeSet::from(["m5.large".to_owned()]),
        templates: BTreeMap::from([(template.id.clone(), template)]),
        encryption_key: None,
        denied_actions: Some(Vec::new()),
        limits: dr_monitor::room::Limits::default(),
        jobs: Vec::new(),
        unknown: Vec::new(),
    }
}

pub(crate) fn job(server: &str, status: JobStatus) -> Job {
    Job {
        id: "drsjob-00000000000000001".parse().unwrap(),
        kind: "LAUNCH".into(),
        initiated_by: "START_DRILL".into(),
        status,
        created_at: Some(at(0)),
        ended_at: None,
        servers: vec![ParticipatingServer {
            source_server_id: server.parse().unwrap(),
            launch_status: LaunchStatus::InProgress,
            recovery_instance_id: None,
        }],
    }
}

/// The `n`th of many servers.
pub(crate) fn server(n: usize) -> SourceServerId {
    format!("s-{n:017}").parse().unwrap()
}

pub(crate) fn direction() -> Direction {
    let place = |account: &str, region: &str| Place {
        account_id: account.parse().unwrap(),
        region: region.parse().unwrap(),
    };
    Direction {
        primary: place("111122223333", "us-east-1"),
        recovery: place("444455556666", "us-west-2"),
    }
}

pub(crate) fn into_target() -> LaunchInto {
    LaunchInto::Target {
        instance_id: TARGET.parse().unwrap(),
        private_ip: Some("10.1.1.5".into()),
    }
}

/// One server in a batch, of which nothing has been seen.
pub(crate) fn run(launch_into: LaunchInto) -> ServerRun {
    ServerRun {
        blueprint: ServerBlueprint {
            replaced_volume_ids: Vec::new(),
            source_server_id: SERVER.parse().unwrap(),
            name: "web-1".into(),
            launch_into,
        },
        progress: ServerProgress::waiting(),
    }
}

pub(crate) fn batch(servers: Vec<ServerRun>) -> Batch {
    Batch {
        execution_id: "exec-00000000-0000-0000-0000-000000000001".parse().unwrap(),
        wave: 0,
        number: 0,
        servers,
        launch: BatchLaunch::Waiting,
        log: Vec::new(),
        log_copied_at: None,
        version: 1,
    }
}

pub(crate) fn wave() -> WaveRun {
    WaveRun {
        name: "w".into(),
        pause_before: false,
        on_failure: OnFailure::Continue,
        batches: 1,
        tally: Tally::default(),
        actions_before: ActionTally::default(),
        actions_after: ActionTally::default(),
        held_by: None,
        launch_since: None,
        started_at: None,
        ended_at: None,
    }
}

pub(crate) fn execution(status: ExecutionStatus, waves: Vec<WaveRun>) -> Execution {
    Execution {
        id: "exec-00000000-0000-0000-0000-000000000001".parse().unwrap(),
        subject: Subject::Pairs,
        execution_type: ExecutionType::Drill,
        direction: direction(),
        status,
        pause_requested: false,
        wave: 0,
        released_wave: None,
        waves,
        rto_target_seconds: 1800,
        session_id: None,
        pause_timeout_seconds: 3600,
        started_by: "test".into(),
        created_at: at(0),
        ended_at: None,
        paused_at: None,
        paused_seconds: 0,
        reason: None,
        task_token: None,
        instances_terminated_at: None,
        version: 1,
    }
}
