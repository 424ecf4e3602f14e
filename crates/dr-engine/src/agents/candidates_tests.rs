//! Which machines can get an agent, and why not.

use dr_aws::{ManagedInstance, ProfilePolicies};
use dr_model::place::Place;
use dr_model::server::Platform;
use dr_model::target::TargetInstance;

use super::{Candidate, Facts, Protection, Standing, of};
use crate::samples::{TARGET, target};

fn place(region: &str) -> Place {
    Place {
        account_id: "111122223333".parse().unwrap(),
        region: region.parse().unwrap(),
    }
}

fn running() -> TargetInstance {
    TargetInstance {
        state: "running".into(),
        ..target()
    }
}

fn managed(id: &str, ping: &str) -> ManagedInstance {
    ManagedInstance {
        id: id.into(),
        ping_status: ping.into(),
        is_online: ping == "Online",
        platform: Some(Platform::Linux),
        platform_name: Some("Amazon Linux".into()),
        agent_version: None,
        computer_name: Some("web-1.corp".into()),
        ip_address: None,
        is_on_premises: id.starts_with("mi-"),
        last_ping_at: None,
    }
}

fn standing(instance: Option<&str>, name: Option<&str>, is_connected: bool) -> Standing {
    Standing {
        instance_id: instance.map(|id| id.parse().unwrap()),
        name: name.map(ToOwned::to_owned),
        protection: Protection {
            place: place("us-west-2"),
            source_server_id: "s-11111111111111111".parse().unwrap(),
            is_connected,
        },
    }
}

fn fit() -> Facts {
    Facts {
        instances: vec![running()],
        managed: vec![managed(TARGET, "Online")],
        ..Facts::default()
    }
}

fn only(facts: &Facts) -> Candidate {
    let mut found = of(facts);
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn a_running_instance_that_ssm_reaches_can_get_an_agent() {
    // Requirement 002, phase 1.
    let found = only(&fit());
    assert!(found.can_install, "{:?}", found.reasons_not);
    assert_eq!(found.name.as_deref(), Some("web-1"));
    assert_eq!(found.ssm_status.as_deref(), Some("Online"));
    assert_eq!(found.os.as_deref(), Some("Amazon Linux"));
}

#[test]
fn whatever_is_in_the_way_is_named() {
    type Spoil = fn(&mut Facts);
    let cases: [(&str, Spoil); 8] = [
        ("s-11111111111111111", |f| {
            f.standing = vec![standing(Some(TARGET), None, true)]
        }),
        ("stopped", |f| f.instances = vec![target()]),
        ("ConnectionLost", |f| {
            f.managed = vec![managed(TARGET, "ConnectionLost")]
        }),
        ("does not manage", |f| f.managed.clear()),
        ("neither Linux nor Windows", |f| {
            f.managed[0].platform = None
        }),
        ("recovery instance", |f| {
            f.recovery_instances.insert(TARGET.parse().unwrap());
        }),
        ("replication or conversion server", |f| {
            f.instances[0].tags.insert(
                "AWSElasticDisasterRecoveryManaged".into(),
                "drs.amazonaws.com".into(),
            );
        }),
        ("lacks AmazonSSMManagedInstanceCore", |f| {
            f.managed.clear();
            let bare = ProfilePolicies {
                role_arn: None,
                attached: Vec::new(),
            };
            f.profiles.insert("recovery".into(), Some(bare));
        }),
    ];
    for (wanted, spoil) in cases {
        let mut facts = fit();
        spoil(&mut facts);
        let found = only(&facts);
        assert!(!found.can_install, "{wanted}");
        assert!(
            found.reasons_not.iter().any(|why| why.contains(wanted)),
            "{:?}",
            found.reasons_not
        );
    }
}

#[test]
fn a_profile_is_not_blamed_where_ssm_reaches_the_instance_all_the_same() {
    let mut facts = fit();
    facts.instances[0].instance_profile = None;
    assert!(only(&facts).can_install);
}

#[test]
fn what_stands_for_it_disconnected_is_shown_and_does_not_protect_it() {
    let mut facts = fit();
    facts.standing = vec![standing(Some(TARGET), None, false)];
    let found = only(&facts);
    assert!(found.can_install && found.protections.len() == 1);
}

#[test]
fn a_machine_on_premises_is_known_by_its_host_name_alone() {
    let facts = |standing: Vec<Standing>| Facts {
        managed: vec![managed("mi-0123456789abcdef0", "Online")],
        standing,
        ..Facts::default()
    };
    let found = only(&facts(Vec::new()));
    assert!(found.can_install && found.state.is_none());
    let protected = only(&facts(vec![standing(None, Some("WEB-1.corp"), true)]));
    assert!(!protected.can_install);
    // One that stands for an instance of EC2 does not stand for it, whatever its name.
    let other = only(&facts(vec![standing(
        Some(TARGET),
        Some("web-1.corp"),
        true,
    )]));
    assert!(other.can_install);
}
