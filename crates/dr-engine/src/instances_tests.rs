//! What a recovery instance is, and who may end it.

use dr_model::replication::ReplicationDirection;
use dr_model::server::{RecoveryInstance, ReplicationState, SourceServer};
use dr_model::session::{ReverseState, Stage};

use super::{hit, judged, listed, pending};
use crate::guard::verdict::Hit;
use crate::sessions::samples::{A2, B1, B2, replication, running, server, session};

fn at_state(state: &str) -> RecoveryInstance {
    RecoveryInstance {
        instance_state: state.into(),
        ..running(B2, B1)
    }
}

#[test]
fn what_terminating_an_instance_would_hit() {
    let drill = RecoveryInstance {
        is_drill: true,
        ..running(B2, B1)
    };
    let reversed = RecoveryInstance {
        replication: replication(ReplicationState::Continuous, 100, 0),
        ..running(B2, A2)
    };
    for (instance, is_back, is_target, stage, expected) in [
        (at_state("TERMINATED"), false, true, None, Hit::Nothing),
        (drill.clone(), false, false, None, Hit::Drill),
        (drill, false, true, None, Hit::DrillInTarget),
        (running(B2, B1), false, true, None, Hit::Production),
        (
            running(B2, B1),
            false,
            true,
            Some(Stage::Ready),
            Hit::OnItsWayHome,
        ),
        (
            running(B2, B1),
            false,
            true,
            Some(Stage::FailingBack),
            Hit::OnItsWayHome,
        ),
        (
            running(B2, B1),
            false,
            true,
            Some(Stage::GoingBack),
            Hit::OnItsWayHome,
        ),
        (
            running(B2, B1),
            false,
            true,
            Some(Stage::FailedBack),
            Hit::ReplacedUnprotected,
        ),
        (
            running(B2, B1),
            false,
            true,
            Some(Stage::ReProtected),
            Hit::Replaced,
        ),
        (running(B2, A2), true, true, None, Hit::HomeUnprotected),
        (reversed, true, true, None, Hit::Home),
    ] {
        let held = stage.map(server);
        assert_eq!(
            hit(&instance, is_back, is_target, held.as_ref()),
            expected,
            "{expected:?} {stage:?}"
        );
    }
}

#[test]
fn a_live_recovery_needs_its_id_typed_and_one_on_its_way_home_is_refused_by_its_session() {
    let id = B2.parse().unwrap();
    let session = session(Stage::Ready);
    let (answer, words) = judged(&running(B2, B1), &id, Hit::Production, None);
    assert_eq!((words.as_deref(), answer.refused.len()), (Some(B2), 0));
    assert!(answer.losses[0].why.contains(B2), "{:?}", answer.losses);
    let (answer, words) = judged(&running(B2, B1), &id, Hit::OnItsWayHome, Some(&session));
    assert_eq!(words, None);
    let check = &answer.refused[0];
    assert!(
        check
            .remediation
            .as_ref()
            .unwrap()
            .contains(session.id.as_str()),
        "{check:?}"
    );
    let (answer, words) = judged(&running(B2, B1), &id, Hit::Drill, None);
    assert!(words.is_none() && answer.refused.is_empty() && answer.losses.len() == 1);
    for live in [Hit::Home, Hit::HomeUnprotected] {
        let (answer, _) = judged(&running(B2, A2), &id, live, None);
        assert_eq!(answer.refused.len(), 1, "{live:?}");
    }
}

#[test]
fn what_comes_next_is_said_in_words() {
    let next = |is_home, state, has_session| {
        pending(&running(B2, B1), is_home, state, has_session).unwrap()
    };
    assert!(next(false, ReverseState::NotStarted, false).starts_with("Create a failover session"));
    assert_eq!(
        next(false, ReverseState::NotStarted, true),
        "Start reverse replication"
    );
    assert_eq!(
        next(false, ReverseState::ReadyWithLag, true),
        "Fail it back"
    );
    assert!(next(true, ReverseState::NotStarted, true).starts_with("Re-protect"));
    assert!(
        pending(
            &at_state("TERMINATED"),
            false,
            ReverseState::NotStarted,
            true
        )
        .is_none()
    );
}

#[test]
fn where_it_replicates_to_is_believed_only_while_it_does() {
    let source = SourceServer {
        direction: ReplicationDirection::Failover,
        reversed_arn: Some(format!(
            "arn:aws:drs:us-east-1:111122223333:source-server/{A2}"
        )),
        ..crate::samples::source()
    };
    let idle = listed(running(B2, B1), Some(&source), None);
    assert_eq!(idle.replicating_to, None);
    let back = RecoveryInstance {
        replication: replication(ReplicationState::InitialSync, 10, 0),
        ..running(B2, B1)
    };
    let (place, id) = listed(back, Some(&source), None).replicating_to.unwrap();
    assert_eq!((place.region.as_str(), id.as_str()), ("us-east-1", A2));
}
