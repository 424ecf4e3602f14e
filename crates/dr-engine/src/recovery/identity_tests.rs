//! Whether ids and private IPs were kept.

use dr_model::execution::{Batch, LaunchInto, ServerStatus};
use dr_model::server::RecoveryInstance;
use dr_model::target::TargetInstance;

use super::{compare, unvalidated, validated};
use crate::samples::{SERVER, TARGET, batch, into_target, run, target};

const OTHER: &str = "i-0000000000000000c";

/// A batch of one server that launched.
fn launched(launch_into: LaunchInto) -> Batch {
    let mut server = run(launch_into);
    server.progress.status = ServerStatus::Launched;
    batch(vec![server])
}

/// The recovery instance of the server as DRS shows it.
fn recovery(instance: &str, state: &str) -> RecoveryInstance {
    RecoveryInstance {
        id: instance.parse().unwrap(),
        instance_id: instance.parse().ok(),
        source_server_id: SERVER.parse().unwrap(),
        is_drill: true,
        instance_state: state.to_owned(),
        job_id: None,
        launched_at: None,
        failback_state: None,
        replication: Default::default(),
        agent_seen_at: None,
        name: None,
    }
}

fn instance(id: &str, private_ip: &str) -> TargetInstance {
    TargetInstance {
        id: id.parse().unwrap(),
        private_ip: Some(private_ip.to_owned()),
        state: "running".into(),
        ..target()
    }
}

#[test]
fn a_server_in_its_instance_with_its_ip_has_kept_both() {
    // Requirement 004: test_identity_preservation, test_original_ip_preservation.
    let next = validated(
        &launched(into_target()),
        &[recovery(TARGET, "RUNNING")],
        &[instance(TARGET, "10.1.1.5")],
    );
    let identity = next.servers[0].progress.identity.clone().unwrap();
    assert!(identity.instance_id_kept && identity.private_ip_kept);
    assert_eq!(identity.reason, None);
    assert_eq!(identity.instance_id.as_str(), TARGET);
    assert_eq!(identity.private_ip.as_deref(), Some("10.1.1.5"));
    assert_eq!(unvalidated(&next).count(), 0);
}

#[test]
fn a_server_in_another_instance_has_kept_neither_and_both_are_named() {
    // Even if the other instance has the wanted address: it is not the wanted machine.
    let identity = compare(&into_target(), &instance(OTHER, "10.1.1.5"));
    assert!(!identity.instance_id_kept && !identity.private_ip_kept);
    let reason = identity.reason.unwrap();
    assert!(
        reason.contains(OTHER) && reason.contains(TARGET),
        "{reason}"
    );
}

#[test]
fn a_changed_ip_is_told_with_both_addresses() {
    let identity = compare(&into_target(), &instance(TARGET, "10.1.1.77"));
    assert!(identity.instance_id_kept && !identity.private_ip_kept);
    let reason = identity.reason.unwrap();
    assert!(
        reason.contains("10.1.1.77") && reason.contains("10.1.1.5"),
        "{reason}"
    );
    let bare = TargetInstance {
        private_ip: None,
        ..instance(TARGET, "")
    };
    let identity = compare(&into_target(), &bare);
    assert!(!identity.private_ip_kept);
    assert!(identity.reason.unwrap().contains("none"));
}

#[test]
fn a_given_pair_whose_ip_nobody_looked_up_is_judged_by_its_instance() {
    let given = LaunchInto::Target {
        instance_id: TARGET.parse().unwrap(),
        private_ip: None,
    };
    let identity = compare(&given, &instance(TARGET, "10.1.1.77"));
    assert!(identity.instance_id_kept && identity.private_ip_kept);
    assert_eq!(identity.reason, None);
    assert!(!compare(&given, &instance(OTHER, "10.1.1.77")).instance_id_kept);
}

#[test]
fn a_server_without_a_pair_has_kept_neither_and_says_so() {
    let identity = compare(&LaunchInto::NewInstance, &instance(OTHER, "10.1.1.5"));
    assert!(!identity.instance_id_kept && !identity.private_ip_kept);
    assert!(identity.reason.unwrap().contains("No instance pair"));
    assert_eq!(identity.instance_id.as_str(), OTHER);
}

#[test]
fn what_drs_or_ec2_does_not_show_yet_is_looked_at_again() {
    let before = launched(into_target());
    let shown = [recovery(TARGET, "RUNNING")];
    let instances = [instance(TARGET, "10.1.1.5")];
    for (recovery, instances) in [
        (&[][..], &instances[..]),
        (&shown[..], &[][..]),
        (&[][..], &[][..]),
    ] {
        let next = validated(&before, recovery, instances);
        assert_eq!(next, before);
        assert_eq!(unvalidated(&next).count(), 1);
    }
    // A recovery instance whose EC2 instance DRS does not name yet.
    let unnamed = RecoveryInstance {
        instance_id: None,
        ..recovery(TARGET, "PENDING")
    };
    assert_eq!(validated(&before, &[unnamed], &instances), before);
}

#[test]
fn an_earlier_instance_that_is_gone_is_not_the_one() {
    // DRS still lists the instance of an earlier drill, which the launch has terminated.
    let next = validated(
        &launched(into_target()),
        &[recovery(OTHER, "TERMINATED"), recovery(TARGET, "RUNNING")],
        &[instance(OTHER, "10.1.1.9"), instance(TARGET, "10.1.1.5")],
    );
    let identity = next.servers[0].progress.identity.clone().unwrap();
    assert!(identity.instance_id_kept && identity.private_ip_kept);
}

#[test]
fn the_instance_that_the_job_named_is_the_one() {
    // An earlier drill instance may still look alive while DRS cleans up behind the launch.
    let mut before = launched(into_target());
    before.servers[0].progress.recovery_instance_id = TARGET.parse().ok();
    let next = validated(
        &before,
        &[recovery(OTHER, "RUNNING"), recovery(TARGET, "RUNNING")],
        &[instance(OTHER, "10.1.1.9"), instance(TARGET, "10.1.1.5")],
    );
    let identity = next.servers[0].progress.identity.clone().unwrap();
    assert_eq!(identity.instance_id.as_str(), TARGET);
    assert!(identity.instance_id_kept);
}

#[test]
fn only_servers_that_launched_are_compared() {
    for status in [
        ServerStatus::Waiting,
        ServerStatus::Pending,
        ServerStatus::InProgress,
        ServerStatus::Failed,
        ServerStatus::Skipped,
    ] {
        let mut before = launched(into_target());
        before.servers[0].progress.status = status;
        assert_eq!(unvalidated(&before).count(), 0);
        let next = validated(
            &before,
            &[recovery(TARGET, "RUNNING")],
            &[instance(TARGET, "10.1.1.5")],
        );
        assert_eq!(next, before, "{status:?}");
    }
}

#[test]
fn another_servers_instance_is_none_of_this_servers_business() {
    let mut other = recovery(TARGET, "RUNNING");
    other.source_server_id = "s-22222222222222222".parse().unwrap();
    let before = launched(into_target());
    assert_eq!(
        validated(&before, &[other], &[instance(TARGET, "10.1.1.5")]),
        before
    );
}

#[test]
fn validating_twice_is_validating_once() {
    let recovery = [recovery(TARGET, "RUNNING")];
    let once = validated(
        &launched(into_target()),
        &recovery,
        &[instance(TARGET, "10.1.1.5")],
    );
    // What happens to the address later is not this launch's.
    let twice = validated(&once, &recovery, &[instance(TARGET, "10.9.9.9")]);
    assert_eq!(twice, once);
}
