//! Tests.

use dr_model::check::{Check, Severity};
use dr_model::server::ReplicationState;
use dr_model::session::Action;

use super::checks;
use crate::samples::at;
use crate::sessions::readiness::facts::{Destination, ServerFacts, Surroundings};
use crate::sessions::readiness::samples::{around, destination, failed, named, server};

const REVERSE: Action = Action::StartReverseReplication;

fn judged(
    action: Action,
    spoil: impl FnOnce(&mut ServerFacts, &mut Surroundings, &mut Destination),
) -> Vec<Check> {
    let (mut server, mut around, mut destination) = (server(), around(), destination());
    spoil(&mut server, &mut around, &mut destination);
    checks(&server, action, &around, &destination)
}

/// Requirement 004, "Validate Reverse Replication Prerequisites".
#[test]
fn a_healthy_instance_passes_every_check_by_the_names_of_the_requirement() {
    let checks = judged(REVERSE, |_, _, _| {});
    assert_eq!(failed(&checks), [""; 0]);
    for name in [
        "recovery_instance_running",
        "network_connectivity_port_1500",
        "security_groups",
        "iam_permissions",
    ] {
        assert_eq!(named(&checks, name).severity, Severity::Critical, "{name}");
    }
}

#[test]
fn an_instance_that_does_not_run_is_named_with_its_state() {
    let checks = judged(REVERSE, |server, _, _| {
        server.machine.instance.as_mut().unwrap().state = "stopped".into();
    });
    let check = named(&checks, "recovery_instance_running");
    assert!(check.is_blocking());
    assert_eq!(check.actual.as_deref(), Some("stopped"));
    assert!(check.remediation.as_ref().unwrap().contains("Start"));
    // DRS has forgotten it, though it runs.
    let checks = judged(REVERSE, |server, _, _| server.machine.record = None);
    assert!(named(&checks, "recovery_instance_running").is_blocking());
}

#[test]
fn a_silent_agent_blocks_and_the_remedy_names_its_price() {
    let silent = judged(REVERSE, |_, around, _| around.now = at(901));
    let check = named(&silent, "agent_seen");
    assert!(check.is_blocking());
    assert!(
        check
            .remediation
            .as_ref()
            .unwrap()
            .contains("full copy of 8 GiB")
    );
    let seen = judged(REVERSE, |_, around, _| around.now = at(900));
    assert!(named(&seen, "agent_seen").passed);
}

#[test]
fn an_agent_that_has_not_spoken_yet_is_waited_for_unless_drs_takes_it_for_lost() {
    let young = judged(REVERSE, |server, _, _| {
        server.machine.record.as_mut().unwrap().agent_seen_at = None;
    });
    assert_eq!(named(&young, "agent_seen").severity, Severity::Warning);
    let lost = judged(REVERSE, |server, _, _| {
        let record = server.machine.record.as_mut().unwrap();
        record.agent_seen_at = None;
        record.replication.state = Some(ReplicationState::Disconnected);
    });
    assert!(named(&lost, "agent_seen").is_blocking());
}

/// Found by the crash harness: whoever asks for re-protection again while it runs must not be refused.
#[test]
fn an_agent_that_is_being_turned_round_is_not_lost() {
    let turning = |state| {
        judged(Action::ReProtect, |server, _, _| {
            let record = server.machine.record.as_mut().unwrap();
            record.replication.state = state;
            record.replication.error = Some("AGENT_NOT_SEEN".to_owned());
        })
    };
    let stalled = turning(Some(ReplicationState::Stalled));
    assert!(named(&stalled, "agent_seen").passed);
    assert!(named(&turning(None), "agent_seen").is_blocking());
    let gone = turning(Some(ReplicationState::Disconnected));
    assert!(named(&gone, "agent_seen").is_blocking());
}

#[test]
fn a_repair_of_a_healthy_agent_is_advised_against() {
    let checks = judged(Action::InstallAgents, |_, _, _| {});
    let check = named(&checks, "agent_seen");
    assert_eq!((check.passed, check.severity), (false, Severity::Warning));
    let checks = judged(Action::InstallAgents, |_, around, _| around.now = at(2000));
    assert!(named(&checks, "agent_seen").passed);
}

/// Requirement 000: "SSM agent not running on recovery instances".
#[test]
fn systems_manager_is_needed_for_a_repair_and_only_good_to_have_otherwise() {
    for (action, severity) in [
        (Action::InstallAgents, Severity::Critical),
        (REVERSE, Severity::Warning),
    ] {
        let checks = judged(action, |server, _, _| server.machine.managed = None);
        let check = named(&checks, "ssm_online");
        assert_eq!((check.passed, check.severity), (false, severity));
        assert!(check.remediation.as_ref().unwrap().contains("by hand"));
    }
    let unknown = judged(REVERSE, |server, around, _| {
        server.machine.managed = None;
        around.is_ssm_known = false;
    });
    assert!(!unknown.iter().any(|check| check.name == "ssm_online"));
}

#[test]
fn a_port_that_no_security_group_lets_out_is_named() {
    let checks = judged(REVERSE, |_, around, _| {
        let rule = &mut around.security_groups.get_mut("sg-1").unwrap().rules[0];
        rule.protocol = "tcp".into();
        (rule.from_port, rule.to_port) = (Some(443), Some(443));
    });
    let check = named(&checks, "security_groups");
    assert!(
        check.is_blocking() && check.message.contains("TCP 1500 out"),
        "{}",
        check.message
    );
}

#[test]
fn a_profile_without_the_policies_of_drs_and_ssm_fails_iam_permissions() {
    let checks = judged(REVERSE, |_, around, _| {
        around
            .profiles
            .get_mut("recovery")
            .unwrap()
            .as_mut()
            .unwrap()
            .attached
            .clear();
    });
    let check = named(&checks, "iam_permissions");
    assert!(check.is_blocking());
    assert!(
        check
            .message
            .contains("AWSElasticDisasterRecoveryRecoveryInstancePolicy")
    );
}

#[test]
fn private_addresses_need_a_private_way_and_public_ones_a_default_route() {
    let name = "network_connectivity_port_1500";
    let internet = |around: &mut Surroundings| {
        around.route_tables[0].routes[1] = ("0.0.0.0/0".into(), "igw-1".into());
    };
    let private = judged(REVERSE, |_, around, _| internet(around));
    let check = named(&private, name);
    assert_eq!((check.passed, check.severity), (false, Severity::Warning));
    let public = judged(REVERSE, |_, around, destination| {
        internet(around);
        destination.settings.as_mut().unwrap().use_private_ip = false;
    });
    assert!(named(&public, name).passed);
    let overlapping = judged(REVERSE, |_, _, destination| {
        destination.staging_subnet.as_mut().unwrap().cidr = "10.1.0.0/20".into();
    });
    let check = named(&overlapping, name);
    assert_eq!((check.passed, check.severity), (false, Severity::Warning));
    let no_way = judged(REVERSE, |_, around, _| {
        around.route_tables[0].routes.truncate(1);
    });
    assert!(named(&no_way, name).is_blocking());
    let unknown = judged(REVERSE, |_, around, _| around.route_tables.clear());
    assert_eq!(named(&unknown, name).severity, Severity::Info);
}
