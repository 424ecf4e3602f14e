//! Well-formed domain values.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use dr_error::Error;
use dr_model::account::TargetAccount;
use dr_model::config_run::{ConfigRun, ConfigRunServer, ConfigRunStatus, UnmatchedSource};
use dr_model::execution::{
    Batch, BatchLaunch, Execution, ExecutionStatus, ExecutionType, LaunchInto, ServerBlueprint,
    ServerProgress, ServerRun, Subject, Tally, WaveRun,
};
use dr_model::group::{ProtectionGroup, Selection};
use dr_model::job::JobLogEntry;
use dr_model::pair::{InstancePair, MatchMethod};
use dr_model::place::{Direction, Place};
use dr_model::plan::{OnFailure, RecoveryPlan, Wave};

pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_770_000_000 + seconds, 123_456_789).unwrap()
}

pub fn uuid(n: usize) -> String {
    format!("00000000-0000-4000-8000-{n:012x}")
}

pub fn place(account: &str, region: &str) -> Place {
    Place {
        account_id: account.parse().unwrap(),
        region: region.parse().unwrap(),
    }
}

pub fn direction() -> Direction {
    Direction {
        primary: place("111111111111", "us-east-1"),
        recovery: place("222222222222", "us-west-2"),
    }
}

pub fn source(n: usize) -> dr_model::ids::SourceServerId {
    format!("s-{n:017x}").parse().unwrap()
}

pub fn target(n: usize) -> dr_model::ids::InstanceId {
    format!("i-{n:017x}").parse().unwrap()
}

pub fn group_id(n: usize) -> dr_model::ids::GroupId {
    format!("pg-{}", uuid(n)).parse().unwrap()
}

pub fn account(n: usize) -> TargetAccount {
    TargetAccount {
        account_id: format!("{n:012}").parse().unwrap(),
        name: format!("account {n}"),
        role_arn: None,
        external_id: uuid(n),
        regions: BTreeSet::from(["us-east-1".parse().unwrap(), "us-west-2".parse().unwrap()]),
        description: String::new(),
        created_at: at(0),
        updated_at: at(0),
        version: 0,
    }
}

pub fn group(n: usize, name: &str) -> ProtectionGroup {
    ProtectionGroup {
        id: group_id(n),
        name: name.to_owned(),
        description: "the web tier".to_owned(),
        direction: direction(),
        selection: Selection::ServerIds(BTreeSet::from([source(n)])),
        mirror_of: None,
        mirrored_as: None,
        session_id: None,
        created_at: at(0),
        updated_at: at(0),
        version: 0,
    }
}

pub fn plan(n: usize, name: &str) -> RecoveryPlan {
    RecoveryPlan {
        id: format!("rp-{}", uuid(n)).parse().unwrap(),
        name: name.to_owned(),
        description: String::new(),
        waves: vec![Wave {
            name: "db".to_owned(),
            group_ids: vec![group_id(1)],
            pause_before: true,
            on_failure: OnFailure::Pause,
        }],
        rto_target_seconds: 1800,
        pause_timeout_seconds: 86_400,
        mirror_of: None,
        mirrored_as: None,
        session_id: None,
        created_at: at(0),
        updated_at: at(0),
        version: 0,
    }
}

pub fn pair(n: usize, group: usize, source_n: usize, target_n: usize) -> InstancePair {
    InstancePair {
        id: format!("pair-{}", uuid(n)).parse().unwrap(),
        group_id: group_id(group),
        source_server_id: source(source_n),
        source_name: Some(format!("web-{source_n}")),
        target_instance_id: target(target_n),
        target_name: None,
        target_private_ip: Some("10.0.0.7".to_owned()),
        confidence: 0.912_345_678_901_234_5,
        method: MatchMethod::Fuzzy,
        configuration: None,
        created_at: at(0),
        updated_at: at(0),
        version: 0,
    }
}

pub fn run(n: usize, servers: usize) -> ConfigRun {
    ConfigRun {
        id: format!("cfg-{}", uuid(n)).parse().unwrap(),
        group_id: Some(group_id(1)),
        direction: direction(),
        status: ConfigRunStatus::PartiallyConfigured,
        match_rate: 0.95,
        total_sources: servers + 3,
        matched_count: servers,
        created_at: at(i64::try_from(n).unwrap()),
        servers: (0..servers)
            .map(|s| ConfigRunServer {
                source_server_id: source(s),
                target_instance_id: target(s),
                applied: s % 2 == 0,
                previous: None,
                current: None,
                error: (s % 2 == 1).then(|| "throttled".to_owned()),
            })
            .collect(),
        unmatched_sources: (0..3)
            .map(|s| UnmatchedSource {
                source_server_id: source(servers + s),
                name: "db".to_owned(),
                reason: "no target bears its name".to_owned(),
            })
            .collect(),
        created_by: "somebody".to_owned(),
    }
}

pub fn execution(n: usize) -> Execution {
    Execution {
        id: format!("exec-{}", uuid(n)).parse().unwrap(),
        subject: Subject::Pairs,
        execution_type: ExecutionType::Drill,
        direction: direction(),
        status: ExecutionStatus::Pending,
        pause_requested: false,
        wave: 0,
        released_wave: None,
        waves: vec![WaveRun {
            name: "all".to_owned(),
            pause_before: false,
            on_failure: OnFailure::Continue,
            batches: 1,
            tally: Tally::default(),
            started_at: None,
            ended_at: None,
        }],
        rto_target_seconds: 1800,
        pause_timeout_seconds: 86_400,
        started_by: "somebody".to_owned(),
        created_at: at(i64::try_from(n).unwrap()),
        ended_at: None,
        paused_at: None,
        paused_seconds: 0,
        reason: None,
        task_token: None,
        instances_terminated_at: None,
        session_id: None,
        version: 0,
    }
}

pub fn batches(execution: &Execution, servers: usize) -> Vec<Batch> {
    let runs: Vec<ServerRun> = (0..servers)
        .map(|n| ServerRun {
            blueprint: ServerBlueprint {
                source_server_id: source(n),
                name: format!("web-app-server-{n:05}.example.internal"),
                launch_into: LaunchInto::Target {
                    instance_id: target(n),
                    private_ip: Some("10.255.255.255".to_owned()),
                },
            },
            progress: ServerProgress::waiting(),
        })
        .collect();
    runs.chunks(100)
        .enumerate()
        .map(|(number, servers)| Batch {
            execution_id: execution.id.clone(),
            wave: 0,
            number,
            servers: servers.to_vec(),
            launch: BatchLaunch::Waiting,
            log: Vec::new(),
            log_copied_at: None,
            version: 0,
        })
        .collect()
}

pub fn log(entries: usize) -> Vec<JobLogEntry> {
    (0..entries)
        .map(|n| JobLogEntry {
            at: Some(at(i64::try_from(n).unwrap())),
            event: "CONVERSION_START".to_owned(),
            source_server_id: Some(source(n % 100)),
            instance_id: Some("i-0123456789abcdef0".to_owned()),
            error: (n % 10 == 0).then(|| "x".repeat(500)),
        })
        .collect()
}

/// The code of a conflict, or the name of another error.
pub fn code(error: &Error) -> String {
    match error {
        Error::Conflict { code, .. } => (*code).to_owned(),
        Error::VersionConflict { kind, .. } => format!("VersionConflict {kind}"),
        Error::NotFound { kind, .. } => format!("NotFound {kind}"),
        Error::Invalid(problems) => format!("Invalid {}", problems[0].field),
        other => format!("{other:?}"),
    }
}
