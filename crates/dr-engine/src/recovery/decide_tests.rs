//! What is done next with a batch, and what an observation of its job changes.

use chrono::{DateTime, Duration, Utc};
use dr_model::action::ActionTally;
use dr_model::execution::{
    Batch, BatchLaunch, Execution, ExecutionStatus, ExecutionType, LaunchInto, ServerBlueprint,
    ServerProgress, ServerRun, ServerStatus, Subject, Tally, WaveRun,
};
use dr_model::job::{Job, JobLogEntry, JobStatus, LaunchStatus, ParticipatingServer};
use dr_model::place::{Direction, Place};
use dr_model::plan::OnFailure;

use super::{Action, INTENT_GRACE_SECONDS, decide};
use dr_monitor::observe::{observed, settled, started};
use dr_monitor::room::{Limits, Room};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::seconds(1_800_000_000 + second)
}

fn server(n: usize) -> String {
    format!("s-{n:017}")
}

fn batch(servers: usize, launch: BatchLaunch) -> Batch {
    Batch {
        execution_id: "exec-00000000-0000-0000-0000-000000000001".parse().unwrap(),
        wave: 0,
        number: 0,
        servers: (0..servers)
            .map(|n| ServerRun {
                blueprint: ServerBlueprint {
                    replaced_volume_ids: Vec::new(),
                    source_server_id: server(n).parse().unwrap(),
                    name: format!("web-{n}"),
                    launch_into: LaunchInto::NewInstance,
                },
                progress: ServerProgress::waiting(),
            })
            .collect(),
        launch,
        log: Vec::new(),
        log_copied_at: None,
        version: 1,
    }
}

fn execution(status: ExecutionStatus) -> Execution {
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
        waves: vec![WaveRun {
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
        }],
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

fn job(servers: usize, created: i64, status: JobStatus, launch: LaunchStatus) -> Job {
    Job {
        id: "drsjob-00000000000000001".parse().unwrap(),
        kind: "LAUNCH".into(),
        initiated_by: "START_DRILL".into(),
        status,
        created_at: Some(at(created)),
        ended_at: None,
        servers: (0..servers)
            .map(|n| ParticipatingServer {
                source_server_id: server(n).parse().unwrap(),
                launch_status: launch.clone(),
                recovery_instance_id: None,
            })
            .collect(),
    }
}

fn plenty() -> Room {
    Room::beside(&[], Limits::default())
}

#[test]
fn a_waiting_batch_is_launched_while_there_is_room() {
    let launching = execution(ExecutionStatus::Launching);
    let waiting = batch(100, BatchLaunch::Waiting);
    let mut room = plenty();
    for _ in 0..5 {
        assert_eq!(
            decide(&launching, &waiting, &[], &mut room, at(1)),
            Action::Launch
        );
    }
    // 500 servers in all jobs: the rest queue.
    assert_eq!(
        decide(&launching, &waiting, &[], &mut room, at(1)),
        Action::Wait
    );
}

#[test]
fn other_peoples_jobs_take_room() {
    let jobs: Vec<Job> = (0..20)
        .map(|_| job(1, 0, JobStatus::Started, LaunchStatus::InProgress))
        .collect();
    let mut room = Room::beside(&jobs, Limits::default());
    let waiting = batch(1, BatchLaunch::Waiting);
    assert_eq!(
        decide(
            &execution(ExecutionStatus::Launching),
            &waiting,
            &[],
            &mut room,
            at(1)
        ),
        Action::Wait
    );
}

#[test]
fn a_job_that_was_started_and_not_recorded_is_adopted() {
    let intended = batch(3, BatchLaunch::Intended { at: at(10) });
    let jobs = [job(3, 12, JobStatus::Pending, LaunchStatus::Pending)];
    let action = decide(
        &execution(ExecutionStatus::Launching),
        &intended,
        &jobs,
        &mut plenty(),
        at(500),
    );
    assert_eq!(action, Action::Adopt(jobs[0].id.clone()));
}

#[test]
fn a_job_with_other_servers_or_from_before_the_intent_or_of_another_kind_is_not_adopted() {
    let intended = batch(3, BatchLaunch::Intended { at: at(100) });
    let mut recovery = job(3, 101, JobStatus::Pending, LaunchStatus::Pending);
    recovery.initiated_by = "START_RECOVERY".into();
    let jobs = [
        job(2, 101, JobStatus::Pending, LaunchStatus::Pending),
        job(4, 101, JobStatus::Pending, LaunchStatus::Pending),
        job(3, 50, JobStatus::Pending, LaunchStatus::Pending),
        recovery,
    ];
    let action = decide(
        &execution(ExecutionStatus::Launching),
        &intended,
        &jobs,
        &mut plenty(),
        at(110),
    );
    assert_eq!(action, Action::Wait);
}

#[test]
fn an_intent_is_repeated_only_after_its_grace() {
    let intended = batch(3, BatchLaunch::Intended { at: at(0) });
    let launching = execution(ExecutionStatus::Launching);
    let early = decide(
        &launching,
        &intended,
        &[],
        &mut plenty(),
        at(INTENT_GRACE_SECONDS - 1),
    );
    assert_eq!(early, Action::Wait);
    let late = decide(
        &launching,
        &intended,
        &[],
        &mut plenty(),
        at(INTENT_GRACE_SECONDS),
    );
    assert_eq!(late, Action::Launch);
}

#[test]
fn a_cancelled_execution_starts_nothing_more_and_still_watches_what_runs() {
    let cancelling = execution(ExecutionStatus::Cancelling);
    let waiting = batch(3, BatchLaunch::Waiting);
    assert_eq!(
        decide(&cancelling, &waiting, &[], &mut plenty(), at(1)),
        Action::Settle
    );
    let jobs = [job(3, 1, JobStatus::Started, LaunchStatus::InProgress)];
    let running = batch(
        3,
        BatchLaunch::Started {
            job_id: jobs[0].id.clone(),
            at: at(0),
        },
    );
    assert_eq!(
        decide(&cancelling, &running, &jobs, &mut plenty(), at(2)),
        Action::Observe(jobs[0].clone())
    );
}

#[test]
fn a_job_that_is_not_listed_is_waited_for() {
    // An error while looking, or a gap in a list, is never a failure of what is looked at.
    let running = batch(
        3,
        BatchLaunch::Started {
            job_id: "drsjob-00000000000000009".parse().unwrap(),
            at: at(0),
        },
    );
    assert_eq!(
        decide(
            &execution(ExecutionStatus::Launching),
            &running,
            &[],
            &mut plenty(),
            at(9999)
        ),
        Action::Wait
    );
}

#[test]
fn a_completed_job_with_failed_servers_fails_those_servers_with_the_reason_from_the_log() {
    // Requirement 004: test_job_failure_detection, test_partial_failure_handling.
    let mut done = job(2, 1, JobStatus::Completed, LaunchStatus::Launched);
    done.servers[1].launch_status = LaunchStatus::Failed;
    let running = started(&batch(2, BatchLaunch::Waiting), done.id.clone(), at(0));
    let log = [JobLogEntry {
        at: None,
        event: "LAUNCH_FAILED".into(),
        source_server_id: server(1).parse().ok(),
        instance_id: None,
        error: Some("InsufficientInstanceCapacity".into()),
    }];
    let next = observed(&running, &done, Some(&log), at(9));
    assert_eq!(next.servers[0].progress.status, ServerStatus::Launched);
    assert_eq!(next.servers[1].progress.status, ServerStatus::Failed);
    assert!(
        next.servers[1]
            .progress
            .reason
            .as_deref()
            .unwrap()
            .contains("InsufficientInstanceCapacity")
    );
    assert!(next.is_settled());
}

#[test]
fn a_completed_job_that_never_launched_a_server_fails_it() {
    let done = job(1, 1, JobStatus::Completed, LaunchStatus::Pending);
    let running = started(&batch(1, BatchLaunch::Waiting), done.id.clone(), at(0));
    let next = observed(&running, &done, Some(&[]), at(9));
    assert_eq!(next.servers[0].progress.status, ServerStatus::Failed);
    assert!(next.servers[0].progress.reason.is_some());
}

#[test]
fn an_unknown_word_of_drs_is_under_way_and_never_fatal() {
    let odd = job(
        1,
        1,
        JobStatus::Other("PAUSED".into()),
        LaunchStatus::Other("TWISTING".into()),
    );
    let running = started(&batch(1, BatchLaunch::Waiting), odd.id.clone(), at(0));
    let next = observed(&running, &odd, None, at(9));
    assert_eq!(next.servers[0].progress.status, ServerStatus::InProgress);
    assert!(!next.is_settled());
}

#[test]
fn observing_twice_is_observing_once() {
    let mut done = job(2, 1, JobStatus::Completed, LaunchStatus::Launched);
    done.servers[1].launch_status = LaunchStatus::Failed;
    let running = started(&batch(2, BatchLaunch::Waiting), done.id.clone(), at(0));
    let once = observed(&running, &done, Some(&[]), at(9));
    assert_eq!(observed(&once, &done, Some(&[]), at(9)), once);
}

#[test]
fn what_is_settled_keeps_the_word_why() {
    let next = settled(&batch(2, BatchLaunch::Waiting), "cancelled", at(1));
    assert!(
        next.servers
            .iter()
            .all(|s| s.progress.status == ServerStatus::Skipped)
    );
    assert_eq!(
        next.servers[0].progress.reason.as_deref(),
        Some("cancelled")
    );
}
