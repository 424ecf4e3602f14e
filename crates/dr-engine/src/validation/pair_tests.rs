//! Requirement 004, "Configuration Validation Tests": its fifteen, one by one, and what stands between them.
//! `test_name_tag_matching` is about names and stands with matching; `test_ebs_encryption_compatibility` and
//! `test_kms_key_access` are about the place and stand in `place_tests`.

use std::collections::{BTreeMap, BTreeSet};

use dr_model::check::{Check, Severity};
use dr_model::execution::ExecutionType;
use dr_model::job::JobStatus;
use dr_model::launch::{LaunchConfiguration, LaunchTemplate};
use dr_model::server::{Architecture, BootMode, Disk, Platform, ReplicationState, SourceServer};
use dr_model::target::{ALLOW_TAG_KEY, TargetInstance};

use super::checks;
use crate::samples::{SERVER, TARGET, job, launch, pair, place, target};
use crate::validation::facts::{PairFacts, PlaceFacts};

/// The same server without a pair.
fn lone() -> PairFacts {
    PairFacts {
        target_id: None,
        target: None,
        launch: Some(LaunchConfiguration {
            target_instance_id: None,
            ..launch()
        }),
        ..pair()
    }
}

fn drill() -> PlaceFacts {
    place(ExecutionType::Drill)
}

fn with_source(change: impl FnOnce(&mut SourceServer)) -> PairFacts {
    let mut pair = pair();
    change(pair.source.as_mut().unwrap());
    pair
}

fn with_target(change: impl FnOnce(&mut TargetInstance)) -> PairFacts {
    let mut pair = pair();
    change(pair.target.as_mut().unwrap());
    pair
}

fn failed(pair: &PairFacts, place: &PlaceFacts) -> Vec<Check> {
    checks(pair, place)
        .into_iter()
        .filter(|check| !check.passed)
        .collect()
}

/// The only check that fails, which says what to do about it.
#[track_caller]
fn only(pair: &PairFacts, place: &PlaceFacts, name: &str, severity: Severity) -> Check {
    let mut failed = failed(pair, place);
    assert_eq!(failed.len(), 1, "{failed:#?}");
    let check = failed.remove(0);
    assert_eq!((check.name.as_str(), check.severity), (name, severity));
    assert!(
        check.remediation.as_deref().is_some_and(|r| !r.is_empty()),
        "{check:?}"
    );
    check
}

#[track_caller]
fn passes(pair: &PairFacts, place: &PlaceFacts, name: &str) {
    let checks = checks(pair, place);
    assert!(checks.iter().any(|c| c.name == name && c.passed), "{name}");
    assert!(
        !checks.iter().any(|c| c.name == name && !c.passed),
        "{name}"
    );
}

#[test]
fn a_pair_as_it_should_be_passes_every_check_in_a_drill_and_in_a_recovery() {
    for purpose in [ExecutionType::Drill, ExecutionType::Recovery] {
        let failed = failed(&pair(), &place(purpose));
        assert!(failed.is_empty(), "{failed:#?}");
    }
}

#[test]
fn a_server_that_drs_does_not_know_is_one_critical_check() {
    let unknown = PairFacts {
        source: None,
        ..pair()
    };
    let check = only(
        &unknown,
        &drill(),
        "source_server_exists",
        Severity::Critical,
    );
    // Requirement 004: test_multiple_account_validation, test_multiple_region_validation.
    // A source server lives in the recovery account and region, and the message says which were looked at.
    assert!(
        check.message.contains("444455556666/us-west-2"),
        "{check:?}"
    );
}

#[test]
fn a_continuous_server_passes() {
    // Requirement 004: test_source_server_continuous_state.
    passes(&pair(), &drill(), "source_server_state");
    passes(&pair(), &drill(), "consistent_point");
}

#[test]
fn a_server_that_is_behind_is_critical_for_a_drill_and_a_warning_for_a_recovery() {
    // Requirement 004: test_source_server_continuous_state. On the worst day no source is CONTINUOUS.
    for state in [
        ReplicationState::Initiating,
        ReplicationState::InitialSync,
        ReplicationState::Backlog,
        ReplicationState::CreatingSnapshot,
        ReplicationState::Paused,
        ReplicationState::Rescan,
        ReplicationState::Stalled,
        ReplicationState::Disconnected,
        ReplicationState::Other("TWISTED".into()),
    ] {
        let behind = with_source(|s| s.replication_state = state.clone());
        let check = only(&behind, &drill(), "source_server_state", Severity::Critical);
        assert_eq!(check.actual.as_deref(), Some(state.as_str()));
        assert_eq!(check.expected.as_deref(), Some("CONTINUOUS"));
        assert!(check.is_blocking());
        let recovery = place(ExecutionType::Recovery);
        let check = only(&behind, &recovery, "source_server_state", Severity::Warning);
        assert!(!check.is_blocking());
    }
}

#[test]
fn a_stopped_server_is_critical_always_because_its_points_are_gone() {
    let stopped = with_source(|s| s.replication_state = ReplicationState::Stopped);
    for purpose in [ExecutionType::Drill, ExecutionType::Recovery] {
        only(
            &stopped,
            &place(purpose),
            "source_server_state",
            Severity::Critical,
        );
    }
}

#[test]
fn an_archived_server_is_critical_always_whatever_its_last_state() {
    let archived = with_source(|s| s.is_archived = true);
    for purpose in [ExecutionType::Drill, ExecutionType::Recovery] {
        let check = only(
            &archived,
            &place(purpose),
            "source_server_state",
            Severity::Critical,
        );
        assert!(check.message.contains("disconnected"), "{check:?}");
    }
}

#[test]
fn a_server_without_a_consistent_point_cannot_be_launched_even_on_the_worst_day() {
    let never = with_source(|s| {
        s.replication_state = ReplicationState::Stalled;
        s.last_consistent_at = None;
    });
    let failed = failed(&never, &place(ExecutionType::Recovery));
    let blocking: Vec<_> = failed.iter().filter(|c| c.is_blocking()).collect();
    assert_eq!(blocking.len(), 1, "{failed:#?}");
    assert_eq!(blocking[0].name, "consistent_point");
    assert!(blocking[0].remediation.is_some());
}

#[test]
fn lag_is_a_warning_beyond_five_minutes_only() {
    let lagging = |seconds| with_source(|s| s.lag_seconds = Some(seconds));
    assert!(failed(&lagging(300), &drill()).is_empty());
    let check = only(
        &lagging(301),
        &drill(),
        "source_server_lag",
        Severity::Warning,
    );
    assert_eq!(check.actual.as_deref(), Some("301 s"));
    // DRS does not say: nothing is claimed.
    assert!(failed(&with_source(|s| s.lag_seconds = None), &drill()).is_empty());
}

#[test]
fn a_disk_that_cannot_be_used_is_named() {
    let broken = with_source(|s| {
        s.disks.push(Disk {
            device_name: "/dev/sdb".into(),
            bytes: 1,
            volume_problem: Some("CONTAINS_MARKETPLACE_PRODUCT_CODES".into()),
        });
    });
    let check = only(
        &broken,
        &drill(),
        "source_server_volumes",
        Severity::Critical,
    );
    assert!(check.message.contains("/dev/sdb"), "{check:?}");
    assert!(
        check.message.contains("CONTAINS_MARKETPLACE_PRODUCT_CODES"),
        "{check:?}"
    );
}

#[test]
fn a_server_in_another_job_waits_for_it_and_one_in_a_job_that_is_over_does_not() {
    // DRS quota L-DD6D028C: one job per server.
    let mut place = drill();
    place.jobs = vec![job(SERVER, JobStatus::Started)];
    let check = only(&pair(), &place, "no_other_job", Severity::Critical);
    assert!(
        check.message.contains("drsjob-00000000000000001"),
        "{check:?}"
    );
    place.jobs = vec![
        job(SERVER, JobStatus::Completed),
        job("s-22222222222222222", JobStatus::Started),
    ];
    assert!(failed(&pair(), &place).is_empty());
}

#[test]
fn a_server_of_another_execution_is_refused_and_the_execution_is_named() {
    let other = "exec-00000000-0000-0000-0000-000000000009";
    let held = PairFacts {
        other_execution: other.parse().ok(),
        ..pair()
    };
    let check = only(&held, &drill(), "no_other_execution", Severity::Critical);
    assert!(check.message.contains(other), "{check:?}");
}

#[test]
fn an_instance_for_two_servers_is_refused() {
    let shared = PairFacts {
        pairs_with_same_target: 2,
        ..pair()
    };
    only(&shared, &drill(), "target_used_once", Severity::Critical);
}

#[test]
fn an_instance_that_ec2_does_not_know_is_one_critical_check() {
    let gone = PairFacts {
        target: None,
        ..pair()
    };
    let check = only(
        &gone,
        &drill(),
        "target_instance_exists",
        Severity::Critical,
    );
    assert_eq!(check.subject, TARGET);
    assert!(
        check.message.contains("444455556666/us-west-2"),
        "{check:?}"
    );
}

#[test]
fn a_target_that_is_not_stopped_is_refused() {
    // Requirement 004: test_target_instance_stopped_state. DRS answers ConflictException for it.
    passes(&pair(), &drill(), "target_instance_state");
    for state in ["running", "pending", "stopping", "terminated"] {
        let check = only(
            &with_target(|t| t.state = state.into()),
            &place(ExecutionType::Recovery),
            "target_instance_state",
            Severity::Critical,
        );
        assert_eq!(check.expected.as_deref(), Some("stopped"));
        assert_eq!(check.actual.as_deref(), Some(state));
    }
}

#[test]
fn a_target_without_the_tag_or_with_another_value_is_refused() {
    // Requirement 004: test_awsdrs_tag_present.
    passes(&pair(), &drill(), "awsdrs_tag");
    let bare = with_target(|t| drop(t.tags.remove(ALLOW_TAG_KEY)));
    let check = only(&bare, &drill(), "awsdrs_tag", Severity::Critical);
    assert_eq!(check.actual.as_deref(), Some("no tag"));
    let odd = with_target(|t| drop(t.tags.insert(ALLOW_TAG_KEY.into(), "allow".into())));
    let check = only(&odd, &drill(), "awsdrs_tag", Severity::Critical);
    assert_eq!(check.actual.as_deref(), Some("allow"));
    assert!(
        check
            .remediation
            .unwrap()
            .contains("AWSDRS=AllowLaunchingIntoThisInstance")
    );
}

#[test]
fn an_instance_store_or_paravirtual_target_is_refused() {
    let store = with_target(|t| t.root_device_type = "instance-store".into());
    only(&store, &drill(), "target_root_device", Severity::Critical);
    let paravirtual = with_target(|t| t.virtualization = "paravirtual".into());
    only(
        &paravirtual,
        &drill(),
        "target_virtualization",
        Severity::Critical,
    );
}

#[test]
fn a_target_of_another_operating_system_or_architecture_is_refused() {
    // Requirement 004: test_instance_type_compatibility.
    let windows = with_target(|t| t.platform = Platform::Windows);
    let check = only(&windows, &drill(), "platform", Severity::Critical);
    assert_eq!(check.expected.as_deref(), Some("linux"));
    assert_eq!(check.actual.as_deref(), Some("windows"));
    let arm = with_target(|t| t.architecture = Architecture::Arm64);
    let check = only(&arm, &drill(), "architecture", Severity::Critical);
    assert_eq!(check.expected.as_deref(), Some("x86_64"));
    assert_eq!(check.actual.as_deref(), Some("arm64"));
}

#[test]
fn a_uefi_server_needs_a_uefi_target_and_a_bios_server_takes_either() {
    let modes = |source: Option<BootMode>, target: BootMode| {
        let mut pair = with_target(|t| t.boot_mode = target);
        pair.origin.as_mut().unwrap().boot_mode = source;
        pair
    };
    only(
        &modes(Some(BootMode::Uefi), BootMode::Bios),
        &drill(),
        "boot_mode",
        Severity::Critical,
    );
    for (source, target) in [
        (Some(BootMode::Uefi), BootMode::Uefi),
        (Some(BootMode::Bios), BootMode::Bios),
        (Some(BootMode::Bios), BootMode::Uefi),
        (None, BootMode::Bios),
    ] {
        passes(&modes(source, target), &drill(), "boot_mode");
    }
}

#[test]
fn an_original_that_cannot_be_looked_up_is_no_failure() {
    // On the worst day the primary region does not answer.
    let blind = PairFacts {
        origin: None,
        ..pair()
    };
    let checks = checks(&blind, &place(ExecutionType::Recovery));
    assert!(checks.iter().all(|check| check.passed));
    assert!(
        !checks
            .iter()
            .any(|c| c.name == "architecture" || c.name == "boot_mode")
    );
}

#[test]
fn a_target_whose_subnet_cannot_be_found_is_refused() {
    // Requirement 004: test_subnet_compatibility, test_network_configuration_compatible.
    passes(&pair(), &drill(), "target_subnet");
    let elsewhere = with_target(|t| t.subnet_id = Some("subnet-9".into()));
    only(&elsewhere, &drill(), "target_subnet", Severity::Critical);
    let nowhere = with_target(|t| t.subnet_id = None);
    only(&nowhere, &drill(), "target_subnet", Severity::Critical);
}

#[test]
fn security_groups_must_exist_and_be_of_the_targets_vpc() {
    // Requirement 004: test_security_group_compatibility, test_network_configuration_compatible.
    passes(&pair(), &drill(), "target_security_groups");
    for groups in [vec![], vec!["sg-1".to_owned(), "sg-9".to_owned()]] {
        let odd = with_target(|t| t.security_group_ids = groups);
        only(&odd, &drill(), "target_security_groups", Severity::Critical);
    }
    let mut place = drill();
    place.security_groups.get_mut("sg-1").unwrap().vpc_id = Some("vpc-9".into());
    let check = only(
        &pair(),
        &place,
        "target_security_groups",
        Severity::Critical,
    );
    assert!(check.message.contains("sg-1"), "{check:?}");
}

#[test]
fn an_instance_type_that_the_region_does_not_offer_is_refused() {
    // Requirement 004: test_instance_type_compatibility, test_multiple_region_validation.
    passes(&pair(), &drill(), "instance_type");
    let odd = with_target(|t| t.instance_type = "x9.huge".into());
    let check = only(&odd, &drill(), "instance_type", Severity::Critical);
    assert!(check.message.contains("us-west-2"), "{check:?}");
    assert!(check.message.contains("x9.huge"), "{check:?}");
}

#[test]
fn the_targets_role_needs_both_policies_and_the_missing_ones_are_named() {
    // Requirement 004: test_iam_permissions_sufficient, test_iam_permissions_validation.
    passes(&pair(), &drill(), "instance_profile");
    let lacking = |attached: &[&str]| {
        let mut place = drill();
        let profile = place.profiles.get_mut("recovery").unwrap();
        profile.as_mut().unwrap().attached = attached.iter().map(ToString::to_string).collect();
        only(&pair(), &place, "instance_profile", Severity::Critical)
    };
    let [drs, ssm] = super::PROFILE_POLICIES;
    let check = lacking(&[drs]);
    assert!(check.message.contains(ssm) && !check.message.contains(drs));
    let check = lacking(&[ssm, "Other"]);
    assert!(check.remediation.unwrap().contains(drs));
    let check = lacking(&[]);
    assert!(check.message.contains(ssm) && check.message.contains(drs));
}

#[test]
fn a_target_without_a_profile_or_with_one_that_does_not_exist_is_refused() {
    // Requirement 004: test_iam_permissions_sufficient.
    let none = with_target(|t| t.instance_profile = None);
    only(&none, &drill(), "instance_profile", Severity::Critical);
    let mut place = drill();
    place.profiles.insert("recovery".into(), None);
    only(&pair(), &place, "instance_profile", Severity::Critical);
}

#[test]
fn a_profile_that_could_not_be_looked_up_is_not_judged() {
    let mut place = drill();
    place.profiles.clear();
    let checks = checks(&pair(), &place);
    assert!(!checks.iter().any(|c| c.name == "instance_profile"));
    assert!(checks.iter().all(|c| c.passed));
}

#[test]
fn a_launch_configuration_that_will_change_is_told_and_does_not_block() {
    passes(&pair(), &drill(), "launch_configuration");
    let mut odd = pair();
    odd.launch = Some(LaunchConfiguration {
        copy_private_ip: true,
        copy_tags: true,
        right_sizing: "BASIC".into(),
        target_instance_id: None,
        ..launch()
    });
    let check = only(&odd, &drill(), "launch_configuration", Severity::Info);
    for words in [
        "copy_private_ip: true → false",
        "copy_tags: true → false",
        "right_sizing: BASIC → NONE",
        "target_instance_id: none → i-0000000000000000b",
    ] {
        assert!(check.message.contains(words), "{check:?}");
    }
    assert!(!check.is_blocking());
}

#[test]
fn a_server_without_a_pair_is_a_warning_and_its_template_is_checked() {
    let check = only(&lone(), &drill(), "instance_pair", Severity::Warning);
    assert!(check.message.contains("private IP"), "{check:?}");
    for name in ["launch_template", "free_addresses", "instance_type"] {
        passes(&lone(), &drill(), name);
    }
}

/// What fails beside the warning that there is no pair.
fn failed_template(change: impl FnOnce(&mut PlaceFacts)) -> Vec<Check> {
    let mut place = drill();
    change(&mut place);
    let mut failed = failed(&lone(), &place);
    failed.retain(|check| check.name != "instance_pair");
    assert!(failed.iter().all(|c| c.remediation.is_some()));
    failed
}

#[test]
fn a_template_without_subnet_group_or_profile_ends_without_an_instance_and_is_refused() {
    let template = |change: fn(&mut LaunchTemplate)| {
        failed_template(|place| change(place.templates.get_mut("lt-1").unwrap()))
    };
    for (failed, word) in [
        (template(|t| t.subnet_id = None), "subnet"),
        (template(|t| t.security_group_ids.clear()), "security group"),
        (template(|t| t.instance_profile = None), "instance profile"),
    ] {
        assert_eq!(failed.len(), 1, "{failed:#?}");
        assert_eq!(failed[0].name, "launch_template");
        assert!(failed[0].is_blocking());
        assert!(failed[0].message.contains(word), "{failed:?}");
    }
}

#[test]
fn a_full_subnet_and_a_type_that_is_not_offered_are_refused_for_a_new_instance() {
    let full = failed_template(|place| {
        place.subnets.get_mut("subnet-1").unwrap().free_addresses = 0;
    });
    assert_eq!(full.len(), 1, "{full:#?}");
    assert_eq!(full[0].name, "free_addresses");
    assert!(full[0].is_blocking());
    let odd = failed_template(|place| place.instance_types.clear());
    assert_eq!(odd.len(), 1, "{odd:#?}");
    assert_eq!(odd[0].name, "instance_type");
}

#[test]
fn a_template_that_was_not_looked_up_is_not_judged() {
    assert!(failed_template(|place| place.templates.clear()).is_empty());
}

/// Everything wrong at once.
fn wreck() -> (PairFacts, PlaceFacts) {
    let mut pair = pair();
    let source = pair.source.as_mut().unwrap();
    source.replication_state = ReplicationState::Stopped;
    source.last_consistent_at = None;
    source.lag_seconds = Some(9999);
    source.disks[0].volume_problem = Some("UNSUPPORTED".into());
    pair.pairs_with_same_target = 3;
    pair.other_execution = "exec-00000000-0000-0000-0000-000000000009".parse().ok();
    pair.origin.as_mut().unwrap().boot_mode = Some(BootMode::Uefi);
    pair.launch.as_mut().unwrap().copy_tags = true;
    pair.target = Some(TargetInstance {
        state: "running".into(),
        tags: BTreeMap::new(),
        architecture: Architecture::Arm64,
        platform: Platform::Windows,
        root_device_type: "instance-store".into(),
        virtualization: "paravirtual".into(),
        subnet_id: None,
        security_group_ids: Vec::new(),
        instance_type: "x9.huge".into(),
        instance_profile: None,
        ..target()
    });
    let mut place = drill();
    place.jobs = vec![job(SERVER, JobStatus::Started)];
    (pair, place)
}

#[test]
fn every_failed_check_says_what_to_do() {
    // Requirement 004: test_remediation_suggestions.
    let (pair, place) = wreck();
    let failed = failed(&pair, &place);
    assert_eq!(failed.len(), 19, "{failed:#?}");
    for check in &failed {
        let remediation = check.remediation.as_deref().unwrap_or_default();
        assert!(remediation.len() > 10, "{check:?}");
    }
}

#[test]
fn a_report_names_each_check_once_and_each_subject_and_survives_json() {
    // Requirement 004: test_validation_report_generation.
    let (pair, place) = wreck();
    for checks in [checks(&pair, &place), checks(&self::pair(), &drill())] {
        let names: BTreeSet<&str> = checks.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names.len(), checks.len());
        for check in &checks {
            assert!(
                check
                    .name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c == '_')
            );
            assert!(!check.message.is_empty());
            assert!([SERVER, TARGET].contains(&check.subject.as_str()));
            assert_eq!(check.passed, check.remediation.is_none(), "{check:?}");
        }
        let json = serde_json::to_string(&checks).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Check>>(&json).unwrap(), checks);
        assert!(json.contains("\"check_name\":\"source_server_state\""));
    }
}
