//! The guard within a clean-up: what a look shows may have changed since it was asked for.

use dr_model::execution::LaunchInto;
use dr_model::server::ReplicationState as R;
use dr_model::session::{CleanupStep as C, SessionServer, Stage};

use super::super::tests::{cleaning, sees};
use super::{Act, hit_of_b2, hit_of_return, typed};
use crate::guard::verdict::{Hit, Words};
use crate::samples::at;
use crate::sessions::cleanup::decide;
use crate::sessions::live::Live;
use crate::sessions::samples::session;
use crate::sessions::{Act as Any, Decision};

fn forward(state: Option<R>) -> Live {
    let mut live = sees(None, true);
    match state {
        Some(state) => {
            for b1 in live.forward.values_mut() {
                b1.replication_state = state.clone();
            }
        }
        None => live.forward.clear(),
    }
    live
}

fn look(server: SessionServer, live: &Live) -> Decision {
    decide(server, live, &session(Stage::CleaningUp))
}

#[test]
fn what_came_home_is_protected_while_its_source_server_goes_on_with_it() {
    let server = cleaning(C::EndRecoveryInstance);
    for (state, is_protected) in [
        (Some(R::Continuous), true),
        (Some(R::Backlog), true),
        (Some(R::CreatingSnapshot), true),
        (Some(R::Stalled), false),
        (Some(R::Rescan), false),
        (Some(R::Stopped), false),
        (Some(R::Disconnected), false),
        (Some(R::Other("NEW_WORD".into())), false),
        (None, false),
    ] {
        let live = forward(state.clone());
        let (b2, a3) = if is_protected {
            (Hit::Replaced, Hit::Home)
        } else {
            (Hit::ReplacedUnprotected, Hit::HomeUnprotected)
        };
        assert_eq!(hit_of_b2(&server, &live, true), b2, "{state:?}");
        assert_eq!(hit_of_b2(&server, &live, false), Hit::OnItsWayHome);
        assert_eq!(hit_of_return(&server, &live), a3, "{state:?}");
    }
}

#[test]
fn the_record_of_what_is_terminated_is_nothing() {
    let mut live = forward(None);
    for a3 in live.returned.values_mut().flatten() {
        a3.instance_state = "TERMINATED".into();
    }
    assert_eq!(
        hit_of_return(&cleaning(C::ForgetReturn), &live),
        Hit::Nothing
    );
}

#[test]
fn a_clean_up_waits_while_what_came_home_is_not_protected_and_says_so() {
    // "The guard: before anything that starts, terminates, stops, disconnects or deletes."
    for step in [C::EndRecoveryInstance, C::ForgetReturn] {
        let found = look(cleaning(step), &forward(Some(R::Stalled)));
        assert_eq!(found.act, None, "{step:?}");
        let server = found.server;
        assert_eq!(server.stage, Stage::CleaningUp);
        let error = server.error.clone().unwrap();
        assert_eq!(error.step, Act(step).name());
        assert!(!error.is_final && error.message.contains("not protected yet"));
        assert!(error.remediation.unwrap().contains("CONTINUOUS again"));
        // Looked at again, it is the same error, and goes on once the server is protected.
        let mut later = forward(Some(R::Stalled));
        later.now = at(500);
        assert_eq!(look(server.clone(), &later).server, server);
        let act = look(server, &forward(Some(R::Continuous))).act;
        assert_eq!(act, Some(Any::Cleanup(Act(step))));
    }
    // What goes of the way home alone does not wait.
    for step in [C::DisconnectWayBack, C::DeleteVolumes] {
        let mut live = forward(Some(R::Stalled));
        live.returned.clear();
        assert!(look(cleaning(step), &live).act.is_some());
    }
}

#[test]
fn who_accepts_that_it_stays_unprotected_has_not_to_wait() {
    for step in [C::EndRecoveryInstance, C::ForgetReturn] {
        let mut server = cleaning(step);
        server.cleanup.as_mut().unwrap().accept_unprotected = true;
        let act = look(server, &forward(None)).act;
        assert_eq!(act, Some(Any::Cleanup(Act(step))));
    }
}

#[test]
fn the_words_of_a_clean_up_name_new_instances_and_what_was_named() {
    let kept = cleaning(C::EndRecoveryInstance);
    assert_eq!(typed(&kept), []);
    let mut named = kept.clone();
    named.cleanup.as_mut().unwrap().terminate = true;
    assert_eq!(typed(&named), [Words::InstanceId]);
    let mut new = kept;
    new.launched_into = LaunchInto::NewInstance;
    new.cleanup.as_mut().unwrap().accept_unprotected = true;
    assert_eq!(typed(&new), [Words::InstanceId, Words::Unprotected]);
}
