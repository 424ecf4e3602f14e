//! Tests.

use dr_model::check::Check;
use dr_model::server::ReplicationState;
use dr_model::session::Action;

use super::{judge, nothing};
use crate::sessions::readiness::facts::{Facts, ServerFacts};
use crate::sessions::readiness::samples::{facts, failed, named, server};

/// What is told though nothing is wrong: nobody can see it.
const ALWAYS: [&str; 2] = ["trusted_accounts", "instance_metadata"];

fn trouble(action: Action, facts: &Facts) -> Vec<String> {
    let checks = judge(action, facts).checks;
    let found = failed(&checks)
        .into_iter()
        .filter(|name| !ALWAYS.contains(name));
    found.map(str::to_owned).collect()
}

/// A server that came home, and whose copy in the recovery region is level.
fn home() -> Facts {
    let mut server = server();
    server.b1.as_mut().unwrap().replication.state = Some(ReplicationState::Continuous);
    let mut facts = facts(vec![server]);
    std::mem::swap(&mut facts.around.place, &mut facts.destination.place);
    facts
}

#[test]
fn a_fleet_with_everything_in_place_is_ready_for_every_action() {
    for action in Action::ALL {
        let facts = match action {
            Action::ReProtect | Action::Cleanup | Action::Commit => home(),
            _ => facts(vec![server()]),
        };
        let readiness = judge(action, &facts);
        assert!(readiness.is_ready(), "{action:?}");
        let advised = if action == Action::InstallAgents {
            vec!["agent_seen"]
        } else {
            vec![]
        };
        assert_eq!(trouble(action, &facts), advised, "{action:?}");
    }
}

#[test]
fn each_failed_check_says_what_to_do() {
    let mut spoilt = facts(vec![server()]);
    spoilt.servers[0].machine.instance = None;
    spoilt.servers[0].a1 = None;
    spoilt.around.denied_actions = Some(vec!["drs:ReverseReplication".into()]);
    spoilt.around.unknown.push("route tables".into());
    spoilt.destination.staging_subnet = None;
    let readiness = judge(Action::StartReverseReplication, &spoilt);
    assert!(!readiness.is_ready());
    let silent: Vec<&Check> = readiness
        .checks
        .iter()
        .filter(|check| !check.passed && check.remediation.is_none())
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
    assert!(!named(&readiness.checks, "caller_permissions").passed);
    assert!(!named(&readiness.checks, "not_looked_up").is_blocking());
}

/// Requirement 000: "Display cost estimates before starting reverse replication".
#[test]
fn only_what_copies_in_full_is_estimated() {
    let facts = facts(vec![server(), server()]);
    for action in Action::ALL {
        let estimate = judge(action, &facts).estimate;
        let copies = matches!(
            action,
            Action::InstallAgents | Action::StartReverseReplication
        );
        assert_eq!(estimate.is_some(), copies, "{action:?}");
        if let Some(estimate) = estimate {
            assert_eq!((estimate.servers, estimate.bytes), (2, 16 << 30));
            assert!((estimate.usd - 0.32).abs() < 0.001, "{}", estimate.usd);
        }
    }
}

#[test]
fn what_came_home_is_protected_again_only_where_its_source_server_is_left() {
    let mut facts = home();
    facts.servers[0].b1.as_mut().unwrap().is_archived = true;
    assert_eq!(
        trouble(Action::ReProtect, &facts),
        ["forward_source_server"]
    );
    facts.servers[0].b1 = None;
    assert_eq!(
        trouble(Action::ReProtect, &facts),
        ["forward_source_server"]
    );
    // Not looked at is not gone.
    facts.destination.error = Some("timed out".into());
    assert_eq!(
        trouble(Action::ReProtect, &facts),
        ["destination_reachable"]
    );
}

#[test]
fn nothing_is_cleaned_up_before_what_came_home_is_protected_to_its_last_write() {
    let mut facts = home();
    assert!(judge(Action::Cleanup, &facts).is_ready());
    // DRS's record of what came home is among the first to go.
    facts.servers[0].machine.record = None;
    assert!(judge(Action::Cleanup, &facts).is_ready());
    facts.servers[0]
        .b1
        .as_mut()
        .unwrap()
        .replication
        .lag_seconds = Some(61);
    assert_eq!(
        trouble(Action::Cleanup, &facts),
        ["forward_replication_level"]
    );
    assert!(!judge(Action::Cleanup, &facts).is_ready());
    facts.servers[0].b1 = None;
    assert!(!judge(Action::Cleanup, &facts).is_ready());
}

#[test]
fn of_many_servers_what_failed_is_told_one_by_one_and_what_passed_by_name() {
    let mut servers: Vec<ServerFacts> = vec![server(); 101];
    servers[7].machine.instance.as_mut().unwrap().state = "stopped".into();
    let checks = judge(Action::StartReverseReplication, &facts(servers)).checks;
    let running: Vec<&Check> = checks
        .iter()
        .filter(|check| check.name == "recovery_instance_running")
        .collect();
    assert_eq!(running.len(), 2);
    assert!(running.iter().any(|check| check.is_blocking()));
    assert!(
        running
            .iter()
            .any(|check| check.message == "Passed 100 times")
    );
    assert!(checks.len() < 60, "{}", checks.len());
}

#[test]
fn servers_that_replicate_back_already_take_no_more_room() {
    let mut facts = facts(vec![server(), server()]);
    facts.destination.replicating = 299;
    assert_eq!(trouble(Action::StartReverseReplication, &facts), [""; 0]);
    facts.servers[0].a2 = None;
    facts.servers[1].a2 = None;
    assert_eq!(
        trouble(Action::StartReverseReplication, &facts),
        ["replicating_servers_quota"]
    );
}

#[test]
fn no_server_to_take_is_no_readiness() {
    let id = "fs-00000000-0000-0000-0000-000000000001".parse().unwrap();
    assert!(nothing(&id, Action::Cleanup).is_blocking());
}
