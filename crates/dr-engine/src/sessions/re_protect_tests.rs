//! Requirement 001, 7: re-protection.

use dr_model::execution::ExecutionType;
use dr_model::replication::Replication;
use dr_model::server::{RecoveryInstance, ReplicationState, SourceServer};
use dr_model::session::{Return, ReverseState, SessionServer, Stage};

use super::{Act, decide, hit, is_level, is_reversed};
use crate::guard::verdict::Hit;
use crate::samples::{at, source};
use crate::sessions::live::Live;
use crate::sessions::samples::{A1, A2, B1, live, replication, running, server, session};
use crate::sessions::{Act as Any, Decision};

fn home(stage: Stage) -> SessionServer {
    let mut server = server(stage);
    server.returned = Some(Return {
        execution_id: "exec-00000000-0000-4000-8000-000000000002".parse().unwrap(),
        execution_type: ExecutionType::Recovery,
        recovery_instance_id: A1.parse().ok(),
        instance_id: A1.parse().ok(),
        instance_id_kept: true,
        private_ip_kept: true,
        reason: None,
        replaced_volume_ids: Vec::new(),
    });
    server.forward.asked_at = Some(at(0));
    server
}

fn a3(failback_state: &str, state: &str) -> RecoveryInstance {
    RecoveryInstance {
        failback_state: Some(failback_state.into()),
        replication: Replication {
            state: Some(state.to_owned().into()),
            ..Replication::default()
        },
        ..running(A1, A2)
    }
}

fn sees(a3: Option<RecoveryInstance>, forward: Option<Replication>, now: i64) -> Live {
    let mut live = live(None);
    live.now = at(now);
    live.returned = [(A2.parse().unwrap(), a3.into_iter().collect())].into();
    live.forward.clear();
    if let Some(replication) = forward {
        let b1 = SourceServer {
            id: B1.parse().unwrap(),
            replication,
            ..source()
        };
        live.forward.insert(b1.id.clone(), b1);
    }
    live
}

fn look(server: SessionServer, live: &Live) -> Decision {
    decide(server, live, &session(Stage::ReProtecting))
}

#[test]
fn what_a_drill_launched_is_never_turned_round() {
    let (failback, state) = NOT_REVERSED;
    let a3 = a3(failback, state);
    assert_eq!(hit(Some(&a3)), Hit::HomeUnprotected);
    let drill = RecoveryInstance {
        is_drill: true,
        ..a3
    };
    assert_eq!(hit(Some(&drill)), Hit::DrillInTarget);
}

const NOT_REVERSED: (&str, &str) = ("FAILBACK_NOT_STARTED", "NOT_STARTED");
const REVERSED: (&str, &str) = ("FAILBACK_IN_PROGRESS", "RESCAN");

#[test]
fn whether_what_came_home_is_turned_round_is_in_its_record_alone() {
    for (failback, state, expected) in [
        ("FAILBACK_NOT_STARTED", "NOT_STARTED", false),
        ("FAILBACK_COMPLETED", "NOT_STARTED", false),
        (
            "FAILBACK_LAUNCH_STATE_NOT_AVAILABLE",
            "REPLICATION_STATE_NOT_AVAILABLE",
            false,
        ),
        ("FAILBACK_IN_PROGRESS", "STALLED", true),
        ("FAILBACK_READY_FOR_LAUNCH", "CONTINUOUS", true),
        ("FAILBACK_COMPLETED", "CONTINUOUS", true),
        ("FAILBACK_ERROR", "STALLED", true),
    ] {
        assert_eq!(
            is_reversed(&a3(failback, state)),
            expected,
            "{failback} {state}"
        );
    }
}

#[test]
fn what_came_home_is_reversed_though_its_source_server_still_looks_continuous() {
    let stale = replication(ReplicationState::Continuous, 100, 0);
    let live = sees(Some(a3(NOT_REVERSED.0, NOT_REVERSED.1)), Some(stale), 100);
    let decision = look(home(Stage::ReProtecting), &live);
    assert_eq!(decision.act, Some(Any::ReProtect(Act::ReverseBack)));
    assert_eq!(decision.server.stage, Stage::ReProtecting);
}

#[test]
fn nobody_is_re_protected_unasked() {
    let live = sees(Some(a3(NOT_REVERSED.0, NOT_REVERSED.1)), None, 100);
    let server = home(Stage::FailedBack);
    let decision = look(server.clone(), &live);
    assert_eq!((decision.act, decision.server), (None, server));
}

#[test]
fn a_stall_is_no_error_for_thirty_minutes() {
    for (now, expected) in [
        (60, ReverseState::Initiating),
        (1_799, ReverseState::Initiating),
        (1_800, ReverseState::Error),
    ] {
        let stalled = replication(ReplicationState::Stalled, 100, 300);
        let live = sees(
            Some(a3("FAILBACK_NOT_READY_FOR_LAUNCH", "STALLED")),
            Some(stalled),
            now,
        );
        let decision = look(home(Stage::ReProtecting), &live);
        assert_eq!(decision.server.forward.state, expected, "{now}");
        assert_eq!(
            decision.server.forward.problem.is_some(),
            expected == ReverseState::Error
        );
        assert_eq!(decision.act, None);
    }
}

#[test]
fn a_rescan_is_followed_disk_by_disk() {
    let mut rescan = replication(ReplicationState::Rescan, 100, 300);
    rescan.disks[0].rescanned_bytes = 40;
    let decision = look(
        home(Stage::ReProtecting),
        &sees(Some(a3(REVERSED.0, REVERSED.1)), Some(rescan), 100),
    );
    assert_eq!(decision.server.forward.state, ReverseState::InitialSync);
    assert_eq!(decision.server.forward.done_bytes, 40);
    assert_eq!(decision.act, None);
}

#[test]
fn continuous_without_lag_and_rescanned_on_every_disk_is_done_once_the_launch_is_verified() {
    // Requirement 001, 7.4.
    for (state, rescanned, backlog, lag, done) in [
        (ReplicationState::Continuous, 100, 0, 0, true),
        (ReplicationState::Continuous, 100, 1, 8, true),
        (ReplicationState::Continuous, 100, 0, 61, false),
        (ReplicationState::Continuous, 99, 0, 0, false),
        (ReplicationState::Backlog, 100, 0, 0, false),
        (ReplicationState::CreatingSnapshot, 100, 0, 0, false),
    ] {
        let mut forward = replication(state.clone(), 100, lag);
        forward.disks[0].rescanned_bytes = rescanned;
        forward.disks[0].backlogged_bytes = backlog;
        let live = sees(Some(a3(REVERSED.0, REVERSED.1)), Some(forward), 100);
        let b1 = live.forward.values().next().unwrap();
        assert_eq!(
            is_level(b1, 60),
            done,
            "{state:?} {rescanned} {backlog} {lag}"
        );
        let decision = look(home(Stage::ReProtecting), &live);
        let expected = done.then_some(Any::ReProtect(Act::VerifyLaunch));
        assert_eq!(
            decision.act, expected,
            "{state:?} {rescanned} {backlog} {lag}"
        );
        assert_eq!(decision.server.stage, Stage::ReProtecting);
    }
}

#[test]
fn a_record_that_vanished_after_the_reversal_is_not_missed_and_one_before_it_is_told() {
    let level = || replication(ReplicationState::Continuous, 100, 0);
    let mut seen = home(Stage::ReProtecting);
    seen.forward.state = ReverseState::InitialSync;
    let decision = look(seen, &sees(None, Some(level()), 100));
    assert_eq!(decision.act, Some(Any::ReProtect(Act::VerifyLaunch)));
    let decision = look(home(Stage::ReProtecting), &sees(None, Some(level()), 100));
    assert_eq!(decision.act, None);
    assert!(
        decision
            .server
            .forward
            .problem
            .unwrap()
            .contains("no record")
    );
}

#[test]
fn a_source_server_that_is_gone_is_told() {
    let live = sees(Some(a3(REVERSED.0, REVERSED.1)), None, 100);
    let decision = look(home(Stage::ReProtecting), &live);
    assert_eq!(decision.server.forward.state, ReverseState::Error);
    assert!(decision.server.forward.problem.unwrap().contains(B1));
}
