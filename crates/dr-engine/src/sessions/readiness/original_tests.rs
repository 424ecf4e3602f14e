//! Tests.

use dr_model::check::Severity;
use dr_model::server::{Architecture, BootMode};
use dr_model::session::{Action, MappedBy};

use super::{checks, way_back};
use crate::sessions::readiness::samples::{failed, named, server};

const REVERSE: Action = Action::StartReverseReplication;

#[test]
fn an_original_that_is_stopped_and_tagged_and_alike_passes() {
    assert_eq!(failed(&checks(&server(), REVERSE)), [""; 0]);
    assert!(way_back(&server()).passed);
}

#[test]
fn what_is_wrong_with_an_original_warns_before_the_copy_and_blocks_before_the_failback() {
    for (action, blocks) in [
        (REVERSE, false),
        (Action::MirrorConfig, false),
        (Action::FailbackRecovery, true),
    ] {
        let mut server = server();
        let a1 = server.a1.as_mut().unwrap();
        a1.state = "running".into();
        a1.tags.clear();
        a1.architecture = Architecture::Arm64;
        server.machine.instance.as_mut().unwrap().boot_mode = BootMode::Uefi;
        let checks = checks(&server, action);
        for name in [
            "target_instance_state",
            "awsdrs_tag",
            "architecture",
            "boot_mode",
        ] {
            let check = named(&checks, name);
            assert!(!check.passed && check.remediation.is_some(), "{name}");
            assert_eq!(check.is_blocking(), blocks, "{name} {action:?}");
        }
    }
}

#[test]
fn without_an_original_a_new_instance_is_made() {
    let mut gone = server();
    gone.a1 = None;
    let checks = checks(&gone, Action::FailbackRecovery);
    assert_eq!(
        named(&checks, "original_instance").severity,
        Severity::Warning
    );
    gone.a1_id = None;
    let checks = super::checks(&gone, Action::FailbackRecovery);
    assert_eq!(named(&checks, "original_instance").severity, Severity::Info);
}

#[test]
fn more_disks_than_an_instance_attaches_are_told() {
    let mut large = server();
    let disks = &mut large.machine.record.as_mut().unwrap().replication.disks;
    *disks = vec![disks[0].clone(); 28];
    assert_eq!(
        failed(&checks(&large, REVERSE)),
        ["original_instance_volumes"]
    );
}

/// Requirement 001, 12.3: "report which servers could not be mapped and why".
#[test]
fn a_way_back_that_is_missing_blocks_and_one_that_was_guessed_by_name_warns() {
    let mut server = server();
    server.a2.as_mut().unwrap().1 = MappedBy::Name;
    assert_eq!(way_back(&server).severity, Severity::Warning);
    server.a2 = None;
    assert!(way_back(&server).is_blocking());
}
