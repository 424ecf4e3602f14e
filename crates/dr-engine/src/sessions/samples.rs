//! A session and its servers for the tests of the stages.

use dr_model::execution::LaunchInto;
use dr_model::ids::SourceServerId;
use dr_model::replication::{DiskProgress, Replication, ReplicationDirection};
use dr_model::server::{RecoveryInstance, ReplicationState, SourceServer};
use dr_model::session::{
    FailoverSession, Recovered, ReverseProgress, SessionServer, SessionStatus, Stage, StageTally,
    WayBack,
};

use crate::samples::{at, source};
use crate::sessions::live::{Live, WaysBack};

/// B1.
pub(crate) const B1: &str = "s-11111111111111111";
/// A2.
pub(crate) const A2: &str = "s-22222222222222222";
/// B2.
pub(crate) const B2: &str = "i-0000000000000000b";
/// A1, and A4 where the server came home.
pub(crate) const A1: &str = "i-0000000000000000a";

/// A server at a stage, with B2 and, from Reversing on, A2.
pub(crate) fn server(stage: Stage) -> SessionServer {
    SessionServer {
        source_server_id: B1.parse().unwrap(),
        name: "web-1".into(),
        origin_instance_id: A1.parse().ok(),
        launched_into: LaunchInto::Target {
            instance_id: B2.parse().unwrap(),
            private_ip: Some("10.1.0.5".into()),
        },
        replaced_volume_ids: vec!["vol-0000000000000000b".into()],
        stage,
        recovered: Some(Recovered {
            recovery_instance_id: B2.parse().unwrap(),
            instance_id: B2.parse().unwrap(),
            private_ip: Some("10.1.0.5".into()),
        }),
        left_out: None,
        repair: None,
        reverse: ReverseProgress::default(),
        way_back: (stage >= Stage::Ready).then(way_back),
        mirrored: None,
        returned: None,
        forward: ReverseProgress::default(),
        cleanup: None,
        intent: None,
        error: None,
    }
}

/// A2, found by instance id.
pub(crate) fn way_back() -> WayBack {
    WayBack {
        source_server_id: A2.parse().unwrap(),
        mapped_by: dr_model::session::MappedBy::InstanceId,
    }
}

/// A recovery instance that runs.
pub(crate) fn running(id: &str, of: &str) -> RecoveryInstance {
    RecoveryInstance {
        id: id.parse().unwrap(),
        instance_id: id.parse().ok(),
        source_server_id: of.parse().unwrap(),
        is_drill: false,
        instance_state: "RUNNING".into(),
        job_id: None,
        launched_at: None,
        failback_state: Some("FAILBACK_NOT_STARTED".into()),
        replication: Replication::default(),
        agent_seen_at: Some(at(0)),
        name: None,
    }
}

/// A replication of one disk of 100 bytes.
pub(crate) fn replication(state: ReplicationState, replicated: u64, lag: u64) -> Replication {
    Replication {
        state: Some(state),
        lag_seconds: Some(lag),
        disks: vec![DiskProgress {
            device_name: "/dev/xvda".into(),
            total_bytes: 100,
            replicated_bytes: replicated,
            rescanned_bytes: 0,
            backlogged_bytes: 0,
        }],
        ..Replication::default()
    }
}

/// A2 as DRS shows it.
pub(crate) fn a2(replication: Replication) -> SourceServer {
    SourceServer {
        id: A2.parse().unwrap(),
        origin_instance_id: B2.parse().ok(),
        direction: ReplicationDirection::Failback,
        replication,
        ..source()
    }
}

/// What is seen: B1 and B2, and A2 where given.
pub(crate) fn live(way_back: Option<SourceServer>) -> Live {
    let b1: SourceServerId = B1.parse().unwrap();
    let forward = SourceServer {
        id: b1.clone(),
        origin_instance_id: A1.parse().ok(),
        ..source()
    };
    Live {
        now: at(100),
        forward: [(b1.clone(), forward)].into(),
        recovered: [(b1, vec![running(B2, B1)])].into(),
        origin: WaysBack::of(way_back.into_iter().collect()),
        ..Live::default()
    }
}

/// A session of one server.
pub(crate) fn session(stage: Stage) -> FailoverSession {
    FailoverSession {
        id: "fs-00000000-0000-4000-8000-000000000001".parse().unwrap(),
        execution_id: "exec-00000000-0000-4000-8000-000000000001".parse().unwrap(),
        split_from: None,
        direction: dr_model::place::Direction {
            primary: dr_model::place::Place {
                account_id: "111122223333".parse().unwrap(),
                region: "us-east-1".parse().unwrap(),
            },
            recovery: dr_model::place::Place {
                account_id: "444455556666".parse().unwrap(),
                region: "us-west-2".parse().unwrap(),
            },
        },
        plan_id: None,
        plan_name: Some("plan".into()),
        group_ids: Vec::new(),
        mirrored_plan_id: None,
        mirrored_groups: Vec::new(),
        status: SessionStatus::FailoverComplete,
        stages: StageTally::count([stage]),
        parts: 1,
        failback_execution_id: None,
        commit_policy: None,
        commit_window: None,
        lag_threshold_seconds: 60,
        error: None,
        failed_servers: 0,
        is_active: false,
        looked_at: None,
        ready_told_at: None,
        created_by: "system".into(),
        created_at: at(0),
        updated_at: at(0),
        version: 1,
    }
}
