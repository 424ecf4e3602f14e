//! Requirement 001, 5: reverse replication.

use dr_model::server::ReplicationState;
use dr_model::session::{MappedBy, ReverseState, SessionServer, Stage, StepError};

use super::{Act, decide};
use crate::samples::at;
use crate::sessions::samples::{B1, a2, live, replication, server, session, way_back};
use crate::sessions::{Act as Any, Decision};

fn look(server: SessionServer, a2: Option<dr_model::server::SourceServer>) -> Decision {
    decide(server, &live(a2), &session(Stage::Reversing))
}

#[test]
fn a_server_that_is_asked_for_and_has_no_way_back_is_reversed() {
    let decision = look(server(Stage::Reversing), None);
    assert_eq!(decision.act, Some(Any::Reverse(Act::Reverse)));
    assert_eq!(decision.server.reverse.state, ReverseState::Initiating);
}

#[test]
fn nobody_is_reversed_unasked() {
    for stage in [Stage::Pending, Stage::Recovered] {
        let decision = look(server(stage), None);
        assert_eq!(decision.act, None);
        assert_eq!(decision.server.stage, Stage::Recovered);
    }
}

#[test]
fn what_somebody_reversed_by_hand_is_followed() {
    let syncing = a2(replication(ReplicationState::InitialSync, 40, 0));
    let decision = look(server(Stage::Recovered), Some(syncing));
    assert_eq!(
        (decision.server.stage, decision.act),
        (Stage::Reversing, None)
    );
    assert_eq!(
        decision.server.way_back.map(|way| way.mapped_by),
        Some(MappedBy::InstanceId)
    );
    assert_eq!(decision.server.reverse.done_bytes, 40);
}

#[test]
fn a_server_is_ready_without_lag_and_with_lag_within_the_threshold() {
    for (lag, state, stage) in [
        (0, ReverseState::Ready, Stage::Ready),
        (60, ReverseState::ReadyWithLag, Stage::Ready),
        (61, ReverseState::Continuous, Stage::Reversing),
    ] {
        let level = a2(replication(ReplicationState::Continuous, 100, lag));
        let decision = look(server(Stage::Reversing), Some(level));
        assert_eq!(
            (decision.server.reverse.state, decision.server.stage),
            (state, stage),
            "{lag}"
        );
    }
}

#[test]
fn a_ready_server_that_falls_behind_is_not_ready() {
    let stalled = a2(replication(ReplicationState::Stalled, 100, 900));
    let decision = look(server(Stage::Ready), Some(stalled));
    assert_eq!(decision.server.stage, Stage::Reversing);
    assert_eq!(decision.server.reverse.state, ReverseState::Error);
    assert!(decision.server.reverse.problem.is_some());
}

/// Requirement 001, 6.6 and 12.5: until it is tried again, when the retry is logged under the error's id.
#[test]
fn that_a_failback_failed_is_told_though_the_server_is_ready_again_and_no_other_error_is() {
    for (step, is_kept) in [("failback", true), ("reverse_replication", false)] {
        let level = a2(replication(ReplicationState::Continuous, 100, 0));
        let mut server = server(Stage::Reversing);
        server.error = Some(StepError {
            step: step.to_owned(),
            message: "It did not boot".to_owned(),
            remediation: None,
            first_at: at(0),
            at: at(0),
            correlation_id: "one".to_owned(),
            tries: 1,
            is_final: true,
        });
        let seen = look(server, Some(level)).server;
        assert_eq!(seen.stage, Stage::Ready);
        assert_eq!(seen.error.is_some(), is_kept, "{step}");
    }
}

#[test]
fn a_recovery_instance_that_somebody_ended_leaves_its_server_out() {
    let mut seen = live(None);
    seen.recovered.clear();
    for stage in [Stage::Recovered, Stage::Reversing, Stage::Ready] {
        let decision = decide(server(stage), &seen, &session(stage));
        assert_eq!(decision.server.stage, Stage::LeftOut);
        assert!(decision.server.left_out.is_some());
    }
    // DRS takes a moment to show one that was just launched.
    let decision = decide(server(Stage::Pending), &seen, &session(Stage::Pending));
    assert_eq!(decision.server.stage, Stage::Pending);
}

#[test]
fn what_somebody_stopped_starts_again_only_when_it_is_asked_for_again() {
    let stopped = a2(replication(ReplicationState::Stopped, 100, 0));
    let mut server = server(Stage::Reversing);
    server.reverse.asked_at = Some(at(0));
    let first = look(server, Some(stopped.clone()));
    assert_eq!(first.act, None);
    assert_eq!(first.server.reverse.state, ReverseState::Error);
    let mut again = first.server;
    again.reverse.asked_at = Some(at(200));
    assert_eq!(
        look(again, Some(stopped)).act,
        Some(Any::Reverse(Act::Restart))
    );
}

#[test]
fn an_arn_that_names_a_server_of_an_earlier_cycle_is_not_believed() {
    let mut seen = live(Some(a2(replication(ReplicationState::Continuous, 100, 0))));
    let b1 = B1.parse().unwrap();
    let arn = "arn:aws:drs:us-east-1:111122223333:source-server/s-99999999999999999";
    if let Some(forward) = seen.forward.get_mut(&b1) {
        forward.reversed_arn = Some(arn.into());
    }
    let server = server(Stage::Reversing);
    let (found, by) = seen
        .a2(&server)
        .map(|(found, by)| (found.id.clone(), by))
        .unwrap();
    assert_eq!(
        (found.clone(), by),
        (way_back().source_server_id, MappedBy::InstanceId)
    );
    if let Some(forward) = seen.forward.get_mut(&b1) {
        forward.reversed_arn = Some(format!(
            "arn:aws:drs:us-east-1:111122223333:source-server/{found}"
        ));
    }
    assert_eq!(seen.a2(&server).unwrap().1, MappedBy::Arn);
}
