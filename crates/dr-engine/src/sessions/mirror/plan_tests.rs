//! Which server goes into which mirrored group, and where it is launched.

use std::collections::{BTreeMap, BTreeSet};

use dr_model::group::{ProtectionGroup, Selection};
use dr_model::ids::{GroupId, SourceServerId};
use dr_model::launch::LaunchTemplate;
use dr_model::plan::{OnFailure, RecoveryPlan, Wave};
use dr_model::server::ReplicationState;
use dr_model::session::{MappedBy, SessionServer, Stage};
use dr_model::target::TargetInstance;

use super::{
    Assigned, Original, Subject, assign, is_pending, kept, mirrored, template, template_changes,
};
use crate::samples::{at, direction, target};
use crate::sessions::live::Live;
use crate::sessions::samples::{A1, A2, B1, a2, live, replication, server, way_back};

fn group_id(n: u32) -> GroupId {
    format!("pg-00000000-0000-0000-0000-{n:012}")
        .parse()
        .unwrap()
}

fn group(n: u32, selection: Selection) -> ProtectionGroup {
    ProtectionGroup {
        id: group_id(n),
        name: format!("group-{n}"),
        description: String::new(),
        direction: direction(),
        selection,
        mirror_of: None,
        mirrored_as: None,
        session_id: None,
        created_at: at(0),
        updated_at: at(0),
        version: 1,
    }
}

fn ids(ids: &[&str]) -> Selection {
    Selection::ServerIds(ids.iter().map(|id| id.parse().unwrap()).collect())
}

fn tags(key: &str, value: &str) -> Selection {
    Selection::Tags(BTreeMap::from([(key.into(), value.into())]))
}

/// Each group in a wave of its own: `wave-1`, `wave-2`, ...
fn original(groups: Vec<ProtectionGroup>) -> Original {
    let waves = groups
        .iter()
        .enumerate()
        .map(|(number, group)| Wave {
            name: format!("wave-{}", number + 1),
            group_ids: vec![group.id.clone()],
            pause_before: false,
            on_failure: OnFailure::Continue,
            actions_before: Vec::new(),
            actions_after: Vec::new(),
        })
        .collect();
    Original {
        plan: RecoveryPlan {
            id: "rp-00000000-0000-0000-0000-000000000001".parse().unwrap(),
            name: "shop".into(),
            description: String::new(),
            waves,
            rto_target_seconds: 60,
            pause_timeout_seconds: 60,
            mirror_of: None,
            mirrored_as: None,
            session_id: None,
            created_at: at(0),
            updated_at: at(0),
            version: 1,
        },
        groups,
        is_made_up: false,
    }
}

/// A2 stands; B1 is tagged `tier = web`.
fn seen() -> Live {
    let mut live = live(Some(a2(replication(ReplicationState::Continuous, 100, 0))));
    for b1 in live.forward.values_mut() {
        b1.tags.insert("tier".into(), "web".into());
    }
    live
}

fn assigned(original: &Original, server: &SessionServer, live: &Live) -> Assigned {
    assign(original, &[server], live, &BTreeMap::new())
}

fn groups_of(assigned: &Assigned) -> Vec<&GroupId> {
    assigned.by_group.keys().collect()
}

#[test]
fn a_server_goes_where_it_is_named_or_where_the_tags_of_its_source_server_lead() {
    // Requirement 001, 3.1.
    for selection in [ids(&[B1]), tags("tier", "web")] {
        let original = original(vec![
            group(1, ids(&["s-99999999999999999"])),
            group(2, selection),
        ]);
        let found = assigned(&original, &server(Stage::Reversing), &seen());
        assert_eq!(groups_of(&found), [&group_id(2)]);
        assert!(found.unmapped.is_empty());
        let subject = &found.by_group[&group_id(2)][0];
        assert_eq!(subject.way_back.as_str(), A2);
        assert_eq!(subject.mapped_by, MappedBy::InstanceId);
        assert_eq!(subject.origin_instance_id, A1.parse().ok());
    }
}

#[test]
fn a_server_that_no_group_holds_any_more_goes_with_its_wave_and_otherwise_says_so() {
    let original = original(vec![
        group(1, tags("tier", "db")),
        group(2, tags("tier", "gone")),
    ]);
    let server = server(Stage::Reversing);
    let found = assigned(&original, &server, &seen());
    assert!(found.by_group.is_empty());
    assert!(found.unmapped[0].reason.contains("No protection group"));
    assert!(!found.unmapped[0].remediation.is_empty());
    let wave_of = BTreeMap::from([(server.source_server_id.clone(), "wave-2".to_owned())]);
    let found = assign(&original, &[&server], &seen(), &wave_of);
    assert_eq!(groups_of(&found), [&group_id(2)]);
}

#[test]
fn a_server_without_way_back_is_reported_with_the_reason_and_what_to_do() {
    // Requirement 001, 12.3.
    let original = original(vec![group(1, ids(&[B1]))]);
    for (stage, words) in [
        (Stage::Recovered, "Reverse replication was not started"),
        (Stage::Repairing, "is being repaired"),
        (Stage::Reversing, "neither the ARN"),
    ] {
        let found = assigned(&original, &server(stage), &live(None));
        assert!(found.by_group.is_empty());
        let unmapped = &found.unmapped[0];
        assert!(unmapped.reason.contains(words), "{}", unmapped.reason);
        assert!(
            unmapped
                .remediation
                .contains("mirror the configuration again")
        );
    }
}

#[test]
fn who_is_left_out_or_done_is_no_concern_and_who_is_home_stays_untouched() {
    let original = original(vec![group(1, ids(&[B1]))]);
    for stage in [
        Stage::LeftOut,
        Stage::Pending,
        Stage::ReProtected,
        Stage::Home,
    ] {
        let found = assigned(&original, &server(stage), &seen());
        assert!(
            found.by_group.is_empty() && found.unmapped.is_empty(),
            "{stage:?}"
        );
    }
    let found = assigned(&original, &server(Stage::FailedBack), &seen());
    assert!(found.by_group[&group_id(1)][0].is_home);
}

fn subject(origin: Option<&str>) -> Subject {
    Subject {
        source_server_id: B1.parse().unwrap(),
        name: "web-1".into(),
        way_back: A2.parse().unwrap(),
        mapped_by: MappedBy::Arn,
        origin_instance_id: origin.map(|id| id.parse().unwrap()),
        is_home: false,
    }
}

fn a1(state: &str) -> TargetInstance {
    TargetInstance {
        id: A1.parse().unwrap(),
        state: state.into(),
        ..target()
    }
}

#[test]
fn a_server_goes_back_into_its_original_instance_with_what_that_one_has() {
    // Requirements 001, 3.3 to 3.6.
    let part = mirrored(&subject(Some(A1)), &group_id(9), Some(&a1("stopped")));
    assert_eq!(part.group_id, group_id(9));
    assert_eq!(part.target_instance_id, A1.parse().ok());
    assert_eq!(part.subnet_id.as_deref(), Some("subnet-1"));
    assert_eq!(part.security_group_ids, ["sg-1"]);
    assert_eq!(part.instance_profile.as_deref(), Some("recovery"));
    assert_eq!(part.instance_type.as_deref(), Some("m5.large"));
    assert_eq!(part.private_ip.as_deref(), Some("10.1.1.5"));
    assert_eq!((part.applied_at, part.problem), (None, None));
}

#[test]
fn an_original_that_runs_is_the_target_and_must_be_stopped() {
    let part = mirrored(&subject(Some(A1)), &group_id(9), Some(&a1("running")));
    assert_eq!(part.target_instance_id, A1.parse().ok());
    assert!(part.problem.unwrap().contains("is running"));
}

#[test]
fn a_server_whose_original_is_gone_or_never_was_in_ec2_gets_no_target_and_says_what_to_do() {
    let gone = a1("terminated");
    for (origin, instance) in [(Some(A1), Some(&gone)), (Some(A1), None), (None, None)] {
        let part = mirrored(&subject(origin), &group_id(9), instance);
        assert_eq!(part.target_instance_id, None);
        assert_eq!((part.subnet_id, part.private_ip), (None, None));
        let problem = part.problem.unwrap();
        assert!(
            problem.contains("launch template") && problem.contains(A2),
            "{problem}"
        );
    }
}

#[test]
fn what_is_applied_stays_applied_while_the_rest_is_done_and_is_looked_at_anew_afterwards() {
    let wanted = || mirrored(&subject(Some(A1)), &group_id(9), Some(&a1("stopped")));
    let mut known = wanted();
    known.applied_at = Some(at(1));
    known.problem = Some("refused".into());
    assert_eq!(kept(Some(&known), wanted(), true), known);
    assert_eq!(kept(Some(&known), wanted(), false), wanted());
    assert_eq!(kept(None, wanted(), true), wanted());
    let moved = mirrored(&subject(Some(A1)), &group_id(8), Some(&a1("stopped")));
    assert_eq!(kept(Some(&known), moved.clone(), true), moved);
}

#[test]
fn only_servers_on_their_way_home_are_applied_and_once() {
    let mut server = server(Stage::Ready);
    assert!(!is_pending(&server));
    server.mirrored = Some(mirrored(&subject(Some(A1)), &group_id(9), None));
    server.way_back = Some(way_back());
    assert!(is_pending(&server));
    for stage in [Stage::FailingBack, Stage::FailedBack, Stage::LeftOut] {
        let other = SessionServer {
            stage,
            ..server.clone()
        };
        assert!(!is_pending(&other), "{stage:?}");
    }
    if let Some(part) = &mut server.mirrored {
        part.applied_at = Some(at(1));
    }
    assert!(!is_pending(&server));
}

#[test]
fn a_launch_template_is_changed_only_where_it_differs() {
    let part = mirrored(&subject(Some(A1)), &group_id(9), Some(&a1("stopped")));
    let wanted = template("lt-1", &part);
    let settings = |now: Option<&LaunchTemplate>| -> BTreeSet<String> {
        template_changes(now, &wanted)
            .into_iter()
            .map(|change| change.setting)
            .collect()
    };
    assert_eq!(settings(None).len(), 4);
    let same = LaunchTemplate {
        // As DRS and EC2 may show the same.
        instance_profile: Some("arn:aws:iam::111122223333:instance-profile/recovery".into()),
        ..wanted.clone()
    };
    assert!(settings(Some(&same)).is_empty());
    let elsewhere = LaunchTemplate {
        subnet_id: Some("subnet-2".into()),
        ..wanted.clone()
    };
    let changes = template_changes(Some(&elsewhere), &wanted);
    assert_eq!(changes.len(), 1);
    assert_eq!(
        (changes[0].from.as_str(), changes[0].to.as_str()),
        ("subnet-2", "subnet-1")
    );
    // What is not known of the original is not wanted.
    let unknown = mirrored(&subject(None), &group_id(9), None);
    assert!(template_changes(Some(&elsewhere), &template("lt-1", &unknown)).is_empty());
}

#[test]
fn of_two_groups_that_hold_a_server_the_first_of_the_plan_has_it() {
    let original = original(vec![group(1, tags("tier", "web")), group(2, ids(&[B1]))]);
    let found = assigned(&original, &server(Stage::Ready), &seen());
    assert_eq!(groups_of(&found), [&group_id(1)]);
    let held: BTreeSet<&SourceServerId> = found
        .by_group
        .values()
        .flatten()
        .map(|subject| &subject.source_server_id)
        .collect();
    assert_eq!(held.len(), 1);
}
