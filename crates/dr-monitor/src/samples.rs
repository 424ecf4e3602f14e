//! Samples for the tests.

use chrono::{DateTime, Duration, Utc};
use dr_model::action::ActionTally;
use dr_model::execution::{
    Batch, BatchLaunch, Execution, ExecutionStatus, ExecutionType, LaunchInto, ServerBlueprint,
    ServerProgress, ServerRun, Subject, Tally, WaveRun,
};
use dr_model::ids::{JobId, SourceServerId};
use dr_model::job::{Job, JobLogEntry, JobStatus, LaunchStatus, ParticipatingServer};
use dr_model::place::{Direction, Place};
use dr_model::plan::OnFailure;

pub(crate) fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::seconds(1_800_000_000 + second)
}

pub(crate) fn server(n: usize) -> SourceServerId {
    format!("s-{n:017}").parse().unwrap()
}

pub(crate) fn job_id() -> JobId {
    "drsjob-00000000000000001".parse().unwrap()
}

/// A batch of servers of which nothing has been seen.
pub(crate) fn batch(servers: usize) -> Batch {
    Batch {
        execution_id: "exec-00000000-0000-0000-0000-000000000001".parse().unwrap(),
        wave: 0,
        number: 0,
        servers: (0..servers)
            .map(|n| ServerRun {
                blueprint: ServerBlueprint {
                    replaced_volume_ids: Vec::new(),
                    source_server_id: server(n),
                    name: format!("web-{n}"),
                    launch_into: LaunchInto::NewInstance,
                },
                progress: ServerProgress::waiting(),
            })
            .collect(),
        launch: BatchLaunch::Waiting,
        log: Vec::new(),
        log_copied_at: None,
        version: 1,
    }
}

/// A job that shows these servers in these states.
pub(crate) fn job(status: JobStatus, servers: impl IntoIterator<Item = LaunchStatus>) -> Job {
    Job {
        id: job_id(),
        kind: "LAUNCH".into(),
        initiated_by: "START_DRILL".into(),
        status,
        created_at: Some(at(0)),
        ended_at: None,
        servers: servers
            .into_iter()
            .enumerate()
            .map(|(n, launch_status)| ParticipatingServer {
                source_server_id: server(n),
                launch_status,
                recovery_instance_id: None,
            })
            .collect(),
    }
}

pub(crate) fn entry(event: &str, of: Option<usize>, error: Option<&str>) -> JobLogEntry {
    JobLogEntry {
        at: None,
        event: event.to_owned(),
        source_server_id: of.map(server),
        instance_id: None,
        error: error.map(ToOwned::to_owned),
    }
}

/// A wave of so many waiting servers.
pub(crate) fn wave(waiting: usize) -> WaveRun {
    WaveRun {
        name: "w".into(),
        pause_before: false,
        on_failure: OnFailure::Continue,
        batches: waiting.div_ceil(100),
        tally: Tally {
            waiting,
            ..Tally::default()
        },
        actions_before: ActionTally::default(),
        actions_after: ActionTally::default(),
        held_by: None,
        launch_since: None,
        started_at: None,
        ended_at: None,
    }
}

/// A wave whose servers launched in so many seconds.
pub(crate) fn finished(launched: usize, from: i64, seconds: i64) -> WaveRun {
    WaveRun {
        tally: Tally {
            launched,
            ..Tally::default()
        },
        started_at: Some(at(from)),
        ended_at: Some(at(from + seconds)),
        ..wave(launched)
    }
}

/// Stored at second 0, with a target of half an hour.
pub(crate) fn execution(status: ExecutionStatus, waves: Vec<WaveRun>) -> Execution {
    let place = |region: &str| Place {
        account_id: "111122223333".parse().unwrap(),
        region: region.parse().unwrap(),
    };
    Execution {
        id: "exec-00000000-0000-0000-0000-000000000001".parse().unwrap(),
        subject: Subject::Pairs,
        execution_type: ExecutionType::Drill,
        direction: Direction {
            primary: place("us-east-1"),
            recovery: place("us-west-2"),
        },
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
