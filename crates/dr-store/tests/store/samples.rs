//! Well-formed domain values.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use dr_error::Error;
use dr_model::account::TargetAccount;
use dr_model::action::ActionTally;
use dr_model::config_run::{ConfigRun, ConfigRunServer, ConfigRunStatus, UnmatchedSource};
use dr_model::execution::{
    Batch, BatchLaunch, Execution, ExecutionStatus, ExecutionType, LaunchInto, ServerBlueprint,
    ServerProgress, ServerRun, Subject, Tally, WaveRun,
};
use dr_model::group::{ProtectionGroup, Selection};
use dr_model::installation::{Installation, InstallingMachine};
use dr_model::inventory::{Activity, Inventory, InventoryServer};
use dr_model::job::JobLogEntry;
use dr_model::pair::{InstancePair, MatchMethod};
use dr_model::place::{Direction, Place};
use dr_model::plan::{OnFailure, RecoveryPlan, Wave};
use dr_model::replication::ReplicationDirection;
use dr_model::session::{
    AgentRepair, FailoverSession, MappedBy, Recovered, RepairStage, ReverseProgress,
    SERVERS_PER_PART, SessionPart, SessionServer, SessionStatus, Stage, StageTally, WayBack,
};

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
            actions_before: Vec::new(),
            actions_after: Vec::new(),
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
            actions_before: ActionTally::default(),
            actions_after: ActionTally::default(),
            held_by: None,
            launch_since: None,
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
                replaced_volume_ids: Vec::new(),
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

pub fn session_id(n: usize) -> dr_model::ids::SessionId {
    format!("fs-{}", uuid(n)).parse().unwrap()
}

/// A session of as many servers as given, and its parts, as a recovery makes them.
pub fn session(n: usize, servers: usize) -> (FailoverSession, Vec<SessionPart>) {
    let all: Vec<_> = (0..servers).map(|s| session_server(n, s)).collect();
    let parts: Vec<_> = all
        .chunks(SERVERS_PER_PART)
        .enumerate()
        .map(|(number, servers)| SessionPart {
            session_id: session_id(n),
            number,
            servers: servers.to_vec(),
            version: 0,
        })
        .collect();
    let session = FailoverSession {
        id: session_id(n),
        execution_id: format!("exec-{}", uuid(n)).parse().unwrap(),
        split_from: None,
        direction: direction(),
        plan_id: None,
        plan_name: None,
        group_ids: vec![group_id(1)],
        mirrored_plan_id: None,
        mirrored_groups: Vec::new(),
        status: SessionStatus::Pending,
        stages: StageTally {
            pending: servers,
            ..StageTally::default()
        },
        parts: parts.len(),
        failback_execution_id: None,
        commit_policy: None,
        commit_window: None,
        lag_threshold_seconds: 60,
        error: None,
        failed_servers: 0,
        is_active: true,
        looked_at: None,
        ready_told_at: None,
        created_by: "system".to_owned(),
        created_at: at(i64::try_from(n).unwrap()),
        updated_at: at(i64::try_from(n).unwrap()),
        version: 0,
    };
    (session, parts)
}

fn session_server(session: usize, n: usize) -> SessionServer {
    SessionServer {
        source_server_id: source(n),
        name: format!("web-app-server-{n:05}.example.internal"),
        origin_instance_id: Some(target(n)),
        launched_into: LaunchInto::NewInstance,
        replaced_volume_ids: Vec::new(),
        stage: Stage::Pending,
        recovered: Some(Recovered {
            recovery_instance_id: format!("i-{:017x}", session * 10_000 + n).parse().unwrap(),
            instance_id: target(session * 10_000 + n),
            private_ip: Some("10.255.255.255".to_owned()),
        }),
        left_out: None,
        repair: None,
        reverse: ReverseProgress::default(),
        way_back: None,
        mirrored: None,
        returned: None,
        forward: ReverseProgress::default(),
        cleanup: None,
        intent: None,
        error: None,
    }
}

/// A server of which everything is known and much went wrong.
pub fn worn(server: &SessionServer) -> SessionServer {
    let words = |n: usize| Some("word ".repeat(n / 5));
    let progress = ReverseProgress {
        replication_state: Some("CONTINUOUS".to_owned()),
        asked_at: Some(at(1)),
        ready_at: Some(at(2)),
        lag_seconds: Some(123),
        total_bytes: 123_456_789_012,
        done_bytes: 123_456_789_012,
        backlogged_bytes: 123_456_789,
        bytes_per_second: Some(123_456_789),
        eta: Some(at(3)),
        stalled_since: Some(at(4)),
        problem: words(200),
        seen_at: Some(at(5)),
        ..ReverseProgress::default()
    };
    SessionServer {
        stage: Stage::CleaningUp,
        way_back: Some(WayBack {
            source_server_id: server.source_server_id.clone(),
            mapped_by: MappedBy::InstanceId,
        }),
        reverse: progress.clone(),
        forward: progress,
        // As long as a repair with its output, a mirrored server, a clean-up and a failed step together.
        left_out: words(1_600),
        ..server.clone()
    }
}

pub fn installation(n: usize) -> Installation {
    Installation {
        id: format!("ai-{}", uuid(n)).parse().unwrap(),
        place: direction().primary,
        target_region: "us-west-2".parse().unwrap(),
        tags: vec!["Tier=web".to_owned()],
        machines: vec![InstallingMachine {
            machine_id: "mi-0123456789abcdef0".parse().unwrap(),
            name: Some("web".to_owned()),
            progress: AgentRepair {
                stage: RepairStage::ReadyToInstall,
                asked_at: at(0),
                since: at(0),
                command_id: None,
                command_status: None,
                output: None,
                reason: None,
                tries: 0,
                away_at: None,
                failed_at: None,
            },
            source_server_id: None,
        }],
        intended_at: None,
        is_active: true,
        created_by: "somebody".to_owned(),
        created_at: at(i64::try_from(n).unwrap()),
        updated_at: at(i64::try_from(n).unwrap()),
        version: 0,
    }
}

/// What was read of a place at a time.
pub fn inventory(place: Place, servers: usize, read: i64) -> Inventory {
    Inventory {
        place,
        refreshed_at: at(read),
        error: None,
        servers: (0..servers).map(|n| inventory_server(n, read)).collect(),
        activity: vec![Activity {
            at: at(read),
            source_server_id: source(1),
            name: "web".to_owned(),
            from: "INITIAL_SYNC".to_owned(),
            to: "CONTINUOUS".to_owned(),
        }],
        points_at: None,
    }
}

fn inventory_server(n: usize, read: i64) -> InventoryServer {
    InventoryServer {
        source_server_id: source(n),
        name: format!("web-app-server-{n:05}.example.internal"),
        origin_instance_id: Some(target(n)),
        origin_account_id: Some("111111111111".parse().unwrap()),
        origin_region: Some("us-east-1".parse().unwrap()),
        direction: ReplicationDirection::Failover,
        state: "CONTINUOUS".to_owned(),
        lag_seconds: u64::try_from(read).ok(),
        last_consistent_at: Some(at(read)),
        eta: None,
        error: None,
        total_bytes: 123_456_789_012,
        done_bytes: 123_456_789_012,
        backlogged_bytes: 0,
        has_recovery_instance: false,
        state_since: at(0),
    }
}
