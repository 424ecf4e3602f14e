//! Which step of going back comes next.

use std::collections::BTreeMap;

use dr_model::execution::ExecutionType;
use dr_model::ids::InstanceId;
use dr_model::session::{Return, SessionServer, Stage};

use super::{Act, CONFIRMATION, Next, decide, hit, next, undone, why_not};
use crate::guard::verdict::Hit;
use crate::sessions::live::Live;
use crate::sessions::samples::{A1, A2, live, running, server, session};

fn came_home() -> SessionServer {
    SessionServer {
        returned: Some(Return {
            execution_id: "exec-00000000-0000-4000-8000-000000000002".parse().unwrap(),
            execution_type: ExecutionType::Recovery,
            recovery_instance_id: A1.parse().ok(),
            instance_id: A1.parse().ok(),
            instance_id_kept: true,
            private_ip_kept: true,
            reason: None,
            replaced_volume_ids: Vec::new(),
        }),
        ..server(Stage::GoingBack)
    }
}

fn recorded() -> Live {
    let a3 = running(A1, A2);
    let a2 = A2.parse().unwrap();
    Live {
        returned: [(a2, vec![a3])].into(),
        ..live(None)
    }
}

fn a4(state: &str) -> BTreeMap<InstanceId, String> {
    BTreeMap::from([(A1.parse().unwrap(), state.to_owned())])
}

#[test]
fn what_came_home_is_stopped_first_and_its_record_deleted_when_it_is_stopped() {
    let steps: Vec<Next> = ["pending", "running", "stopping", "stopped"]
        .into_iter()
        .map(|state| next(&came_home(), &recorded(), &a4(state)))
        .collect();
    let stop = || Next::Stop(A1.parse().unwrap());
    assert_eq!(
        steps,
        [
            stop(),
            stop(),
            Next::Wait,
            Next::Forget(Box::new(running(A1, A2)))
        ]
    );
}

#[test]
fn a_record_that_somebody_deleted_does_not_keep_what_came_home_running() {
    // Two productions at once are what going back must prevent.
    let gone = live(None);
    assert_eq!(
        next(&came_home(), &gone, &a4("running")),
        Next::Stop(A1.parse().unwrap())
    );
    assert_eq!(next(&came_home(), &gone, &a4("stopped")), Next::Done);
}

#[test]
fn an_instance_that_is_gone_has_only_its_record_to_be_deleted() {
    let nowhere = BTreeMap::new();
    assert_eq!(
        next(&came_home(), &recorded(), &nowhere),
        Next::Forget(Box::new(running(A1, A2)))
    );
    assert_eq!(next(&came_home(), &live(None), &nowhere), Next::Done);
    assert_eq!(
        next(&came_home(), &live(None), &a4("terminated")),
        Next::Done
    );
}

#[test]
fn what_came_home_is_not_stopped_where_nothing_else_is_left_or_it_is_re_protected() {
    let server = came_home();
    let live = recorded();
    assert_eq!(hit(&server, &live, false), Hit::HomeUnprotected);
    assert_eq!(hit(&server, &live, true), Hit::TakenBack);
    assert_eq!(why_not(&server, &live), None);

    let mut alone = recorded();
    alone.recovered.clear();
    assert_eq!(hit(&server, &alone, false), Hit::Home);
    assert!(
        why_not(&server, &alone)
            .unwrap()
            .contains("all that is left")
    );

    let mut settled = recorded();
    for a3 in settled.returned.values_mut().flatten() {
        a3.failback_state = Some("FAILBACK_IN_PROGRESS".into());
    }
    for is_stopped in [false, true] {
        assert_eq!(hit(&server, &settled, is_stopped), Hit::Home);
    }
    let why = why_not(&server, &settled).unwrap();
    assert!(why.contains("re-protected already") && why.contains("the live primary"));
}

#[test]
fn a_server_that_went_back_replicates_home_as_before_and_says_what_became_of_its_failback() {
    let mut server = came_home();
    undone()(&mut server);
    assert_eq!(server.stage, Stage::Reversing);
    let returned = server.returned.as_ref().unwrap();
    assert_eq!(returned.recovery_instance_id, None);
    assert!(returned.reason.as_ref().unwrap().starts_with("Undone"));
    // Recorded twice, it stays so.
    let once = server.clone();
    undone()(&mut server);
    assert_eq!(server, once);
}

#[test]
fn every_look_at_a_server_that_goes_back_takes_its_next_step() {
    let decision = decide(came_home(), &recorded(), &session(Stage::GoingBack));
    let act = decision.act.unwrap();
    assert_eq!(act, crate::sessions::Act::GoBack(Act::Undo));
    assert_eq!(act.name(), "go_back");
    assert_eq!(decision.server, came_home());
    assert_eq!(CONFIRMATION, "go back");
}
