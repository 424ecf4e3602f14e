//! Requirement 001, 8.2: what a clean-up asks for and what forbids it.

use std::collections::BTreeMap;

use dr_error::Error;
use dr_model::execution::LaunchInto;
use dr_model::ids::InstanceId;
use dr_model::server::{ReplicationState, SourceServer};
use dr_model::session::{Cleanup, CleanupStep, SessionServer, Stage};

use super::{ACCEPT_UNPROTECTED, Wanted, refusals, taken, words};
use crate::samples::source;
use crate::sessions::cleanup::tests::home;
use crate::sessions::live::Live;
use crate::sessions::samples::{A1, A2, B1, B2, live, replication};

fn sees(state: ReplicationState, lag: u64) -> Live {
    let mut live = live(None);
    let b1 = SourceServer {
        id: B1.parse().unwrap(),
        replication: replication(state, 100, lag),
        ..source()
    };
    live.forward = [(b1.id.clone(), b1)].into();
    live
}

fn ec2(state: &str) -> BTreeMap<InstanceId, String> {
    [(A1.parse().unwrap(), state.to_owned())].into()
}

fn names(
    server: &SessionServer,
    live: &Live,
    homes: &BTreeMap<InstanceId, String>,
    accepted: bool,
) -> Vec<String> {
    let refused = refusals(&[server], live, homes, 60, accepted);
    assert!(
        refused
            .iter()
            .all(|check| check.is_blocking() && check.remediation.is_some())
    );
    refused.into_iter().map(|check| check.name).collect()
}

#[test]
fn only_what_is_re_protected_and_level_may_go_unless_the_fleet_may_stay_unprotected() {
    for (stage, state, lag, expected) in [
        (Stage::ReProtected, ReplicationState::Continuous, 0, true),
        (Stage::ReProtected, ReplicationState::Continuous, 8, true),
        (Stage::ReProtected, ReplicationState::Continuous, 61, false),
        (Stage::ReProtected, ReplicationState::Stalled, 0, false),
        (Stage::ReProtecting, ReplicationState::Continuous, 0, false),
        // Whatever B1 says before re-protection, it says of the instance that was left.
        (Stage::FailedBack, ReplicationState::Continuous, 0, false),
    ] {
        let (server, live) = (home(stage), sees(state.clone(), lag));
        let found = names(&server, &live, &ec2("running"), false);
        assert_eq!(found.is_empty(), expected, "{stage:?} {state:?} {lag}");
        assert!(names(&server, &live, &ec2("running"), true).is_empty());
    }
}

#[test]
fn the_only_copy_of_a_server_never_goes() {
    for (state, alive) in [
        ("running", true),
        ("stopped", true),
        ("shutting-down", false),
        ("terminated", false),
    ] {
        let live = sees(ReplicationState::Continuous, 0);
        let found = names(&home(Stage::ReProtected), &live, &ec2(state), true);
        assert_eq!(found.is_empty(), alive, "{state}");
    }
    let live = sees(ReplicationState::Continuous, 0);
    let found = names(&home(Stage::ReProtected), &live, &BTreeMap::new(), true);
    assert_eq!(found, ["failed_back_instance_exists"]);
}

#[test]
fn what_is_half_cleaned_up_can_always_be_finished() {
    for (step, refused) in [
        (CleanupStep::EndRecoveryInstance, 2),
        (CleanupStep::ForgetReturn, 0),
    ] {
        let mut server = home(Stage::CleaningUp);
        server.cleanup = Some(Cleanup {
            step,
            ..Cleanup::default()
        });
        let live = sees(ReplicationState::Stalled, 600);
        assert_eq!(
            names(&server, &live, &ec2("terminated"), false).len(),
            refused,
            "{step:?}"
        );
    }
}

#[test]
fn a_clean_up_and_its_inventory_are_of_the_servers_that_are_chosen() {
    let came_home = home(Stage::ReProtected);
    let mut other = home(Stage::ReProtected);
    other.source_server_id = A2.parse().unwrap();
    let away = home(Stage::Ready);
    let all = [came_home, other, away];
    let ids = |chosen: Option<&str>| {
        let chosen = chosen.map(|id| [id.parse().unwrap()].into());
        let found = taken(all.iter(), chosen.as_ref());
        let ids = found
            .into_iter()
            .map(|server| server.source_server_id.to_string());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids(None), [B1, A2]);
    assert_eq!(ids(Some(A2)), [A2]);
    assert!(ids(Some("s-99999999999999999")).is_empty());
}

#[test]
fn the_words_count_the_servers_and_name_only_what_is_pre_provisioned() {
    let server = home(Stage::ReProtected);
    let mut new = server.clone();
    new.launched_into = LaunchInto::NewInstance;
    let fields = |wanted: &Wanted, servers: &[&SessionServer]| match words(wanted, servers) {
        Ok(()) => Vec::new(),
        Err(Error::Invalid(problems)) => problems.into_iter().map(|p| p.field).collect(),
        Err(other) => panic!("{other:?}"),
    };
    let wanted = Wanted {
        confirm: " clean up 1 servers ".into(),
        terminate: [B2.parse().unwrap()].into(),
        accept_unprotected: Some(ACCEPT_UNPROTECTED.into()),
        ..Wanted::default()
    };
    assert!(fields(&wanted, &[&server]).is_empty());
    assert_eq!(fields(&wanted, &[&server, &server]), ["confirm"]);
    assert_eq!(fields(&wanted, &[&new]), ["terminate_instance_ids[0]"]);
    let vague = Wanted {
        accept_unprotected: Some("yes".into()),
        ..wanted
    };
    assert_eq!(fields(&vague, &[&server]), ["accept_unprotected"]);
}
