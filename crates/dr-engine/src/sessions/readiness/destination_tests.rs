//! Tests.

use dr_model::check::{Check, Severity};

use super::checks;
use crate::samples::direction;
use crate::sessions::readiness::facts::Destination;
use crate::sessions::readiness::samples::{around, destination, failed, named, server};

fn judged(beginning: usize, spoil: impl FnOnce(&mut Destination)) -> Vec<Check> {
    let mut destination = destination();
    spoil(&mut destination);
    let servers = vec![server(); beginning];
    let servers: Vec<_> = servers.iter().collect();
    checks(&destination, &around(), &servers)
}

#[test]
fn only_the_trust_between_two_accounts_cannot_be_told() {
    let checks = judged(1, |_| {});
    assert_eq!(failed(&checks), ["trusted_accounts"]);
    let check = named(&checks, "trusted_accounts");
    assert_eq!(check.severity, Severity::Info);
    assert!(
        check
            .remediation
            .as_ref()
            .unwrap()
            .contains("Trusted accounts")
    );
    let mut same = around();
    same.place.account_id = direction().primary.account_id;
    let checks = super::checks(&destination(), &same, &[]);
    assert!(named(&checks, "trusted_accounts").passed);
}

#[test]
fn a_destination_that_does_not_answer_is_one_failed_check() {
    let checks = judged(1, |destination| {
        destination.error = Some("AccessDenied: no".into())
    });
    assert_eq!(failed(&checks), ["destination_reachable"]);
    assert!(checks[0].is_blocking() && checks.len() == 1);
}

#[test]
fn drs_must_be_initialised_and_have_a_staging_subnet_that_exists() {
    let checks = judged(1, |destination| destination.drs_initialized = false);
    assert!(named(&checks, "drs_initialized").is_blocking());
    let checks = judged(1, |destination| destination.staging_subnet = None);
    assert!(
        named(&checks, "replication_settings")
            .message
            .contains("subnet-9")
    );
    let checks = judged(1, |destination| {
        destination
            .settings
            .as_mut()
            .unwrap()
            .staging_subnet_id
            .clear();
    });
    assert!(named(&checks, "replication_settings").is_blocking());
}

#[test]
fn the_staging_subnet_has_an_address_per_fifteen_disks() {
    let with = |servers, free| {
        let checks = judged(servers, |destination| {
            destination.staging_subnet.as_mut().unwrap().free_addresses = free;
        });
        named(&checks, "staging_subnet_addresses").passed
    };
    assert!(with(15, 1) && !with(16, 1) && with(16, 2));
}

#[test]
fn replication_servers_let_port_1500_in_or_have_the_group_of_drs() {
    let name = "staging_security_groups";
    let checks = judged(1, |destination| destination.staging_groups[0].rules.clear());
    assert_eq!(named(&checks, name).severity, Severity::Warning);
    assert!(!named(&checks, name).passed);
    let checks = judged(1, |destination| {
        destination
            .settings
            .as_mut()
            .unwrap()
            .security_group_ids
            .clear();
        destination.staging_groups.clear();
    });
    assert!(named(&checks, name).passed);
}

#[test]
fn no_more_servers_replicate_into_a_place_than_drs_takes() {
    let at = |replicating| {
        let checks = judged(5, |destination| destination.replicating = replicating);
        named(&checks, "replicating_servers_quota").is_blocking()
    };
    assert!(!at(295) && at(296));
}
