//! Requirement 001, 8: the order of a clean-up, and what it never touches.

use std::collections::BTreeMap;

use chrono::Duration;
use dr_aws::Volume;
use dr_model::execution::{ExecutionType, LaunchInto};
use dr_model::ids::InstanceId;
use dr_model::job::JobStatus;
use dr_model::replication::ReplicationDirection;
use dr_model::server::{ReplicationState, SourceServer};
use dr_model::session::{Cleanup, CleanupStep as C, Return, SessionServer, Stage};

use super::guarded::hit_of_way_back;
use super::inventory::{Fate, Seen, of_server};
use super::run::{End, busy, end_of};
use super::volumes::{Side, is_left_by, strangers};
use super::{Act, after, decide};
use crate::guard::Target;
use crate::guard::verdict::{Hit, Words};
use crate::samples::{at, job};
use crate::sessions::Act as Any;
use crate::sessions::live::{Live, WaysBack};
use crate::sessions::samples::{A1, A2, B1, B2, a2, live, replication, running, server, session};

/// A server that came home into its original instance.
pub(super) fn home(stage: Stage) -> SessionServer {
    let mut server = server(stage);
    server.returned = Some(Return {
        execution_id: "exec-00000000-0000-4000-8000-000000000002".parse().unwrap(),
        execution_type: ExecutionType::Recovery,
        recovery_instance_id: A1.parse().ok(),
        instance_id: A1.parse().ok(),
        instance_id_kept: true,
        private_ip_kept: true,
        reason: None,
        replaced_volume_ids: vec!["vol-0000000000000000a".into()],
    });
    server
}

pub(super) fn cleaning(step: C) -> SessionServer {
    let mut server = home(Stage::CleaningUp);
    server.cleanup = Some(Cleanup {
        step,
        ..Cleanup::default()
    });
    server
}

pub(super) fn sees(way_back: Option<SourceServer>, has_a3: bool) -> Live {
    let mut live = live(way_back);
    let a3 = has_a3.then(|| running(A1, A2));
    live.returned = [(A2.parse().unwrap(), a3.into_iter().collect())].into();
    live
}

fn replicating() -> SourceServer {
    a2(replication(ReplicationState::Continuous, 100, 0))
}

fn stopped() -> SourceServer {
    a2(replication(ReplicationState::Stopped, 100, 0))
}

fn step_of(server: SessionServer, live: &Live) -> Option<C> {
    match decide(server, live, &session(Stage::CleaningUp)).act {
        Some(Any::Cleanup(Act(step))) => Some(step),
        None => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_step_is_looked_for_before_it_is_done_and_passed_over_where_it_is_done() {
    for (from, a2, has_a3, expected) in [
        (C::StopWayBack, Some(replicating()), true, C::StopWayBack),
        (
            C::StopWayBack,
            Some(stopped()),
            true,
            C::EndRecoveryInstance,
        ),
        // Disconnected or deleted by somebody.
        (C::StopWayBack, None, true, C::EndRecoveryInstance),
        (
            C::EndRecoveryInstance,
            Some(stopped()),
            true,
            C::EndRecoveryInstance,
        ),
        (C::ForgetReturn, Some(stopped()), true, C::ForgetReturn),
        (
            C::ForgetReturn,
            Some(stopped()),
            false,
            C::DisconnectWayBack,
        ),
        (
            C::DisconnectWayBack,
            Some(stopped()),
            false,
            C::DisconnectWayBack,
        ),
        (C::DeleteWayBack, None, false, C::DeleteWayBack),
        (C::DeleteVolumes, None, false, C::DeleteVolumes),
    ] {
        let found = step_of(cleaning(from), &sees(a2, has_a3));
        assert_eq!(found, Some(expected), "{from:?}");
    }
}

#[test]
fn the_steps_follow_the_order_of_the_model_and_end() {
    let mut step = C::StopWayBack;
    let mut seen = vec![step];
    while step != C::Done {
        assert!(after(step) > step);
        step = after(step);
        seen.push(step);
    }
    assert_eq!(seen.len(), 7);
    let decision = decide(
        cleaning(C::Done),
        &sees(None, false),
        &session(Stage::CleaningUp),
    );
    assert_eq!((decision.act, decision.server.stage), (None, Stage::Home));
}

#[test]
fn the_record_of_the_live_primary_is_never_forgotten_where_that_would_cut_it_off() {
    let installed = SourceServer {
        direction: ReplicationDirection::Failover,
        ..stopped()
    };
    let mut live = sees(None, true);
    live.origin = WaysBack::of(vec![installed]);
    let decision = decide(
        cleaning(C::ForgetReturn),
        &live,
        &session(Stage::CleaningUp),
    );
    assert_eq!(decision.act, Some(Any::Cleanup(Act(C::DeleteVolumes))));
    let manual = decision.server.cleanup.unwrap().manual;
    assert!(
        manual[0].contains(A1) && manual[0].contains(A2),
        "{manual:?}"
    );
}

fn states(of: &[(&str, &str)]) -> BTreeMap<InstanceId, String> {
    of.iter()
        .map(|(id, state)| (id.parse().unwrap(), (*state).to_owned()))
        .collect()
}

#[test]
fn how_a_recovery_instance_ends() {
    // Requirement 001, 8.3.
    let target = |words: &[Words]| {
        Target::new(B2.parse().unwrap(), Hit::Replaced).typed(words.iter().copied())
    };
    let instance = || target(&[]).of(B2.parse().unwrap());
    let released = || End::Release(instance(), target(&[]));
    let terminated = || End::Terminate(target(&[Words::InstanceId]));
    for (into_new, named, has_record, state, expected) in [
        (false, false, true, "running", released()),
        (false, false, true, "stopped", released()),
        (false, true, true, "running", terminated()),
        (true, false, true, "running", terminated()),
        (false, false, false, "stopped", End::Over),
        (false, false, false, "running", End::Stop(instance())),
        (true, false, false, "terminated", End::Over),
        (false, true, false, "terminated", End::Over),
    ] {
        let mut server = cleaning(C::EndRecoveryInstance);
        server.cleanup.as_mut().unwrap().terminate = named;
        if into_new {
            server.launched_into = LaunchInto::NewInstance;
        }
        let mut live = sees(None, true);
        if !has_record {
            live.recovered.clear();
        }
        let (homes, b2) = (states(&[(A1, "running")]), states(&[(B2, state)]));
        let found = end_of(&server, &live, &session(Stage::CleaningUp), &homes, &b2);
        assert_eq!(found, expected, "{into_new} {named} {has_record} {state}");
    }
    let mut unknown = cleaning(C::EndRecoveryInstance);
    unknown.launched_into = LaunchInto::NewInstance;
    let mut live = sees(None, true);
    live.recovered.clear();
    let (homes, b2) = (states(&[(A1, "running")]), states(&[(B2, "running")]));
    let found = end_of(&unknown, &live, &session(Stage::CleaningUp), &homes, &b2);
    assert!(matches!(found, End::ByHand(why) if why.contains(B2)));
}

#[test]
fn what_a_job_ended_after_the_look_is_looked_at_again_and_not_ended_once_more() {
    let looked_at = at(600);
    let is_busy = |status: JobStatus, ended: Option<i64>| {
        let mut job = job(B1, status);
        job.ended_at = ended.map(at);
        !busy(&[job], looked_at).is_empty()
    };
    assert!(is_busy(JobStatus::Started, None));
    assert!(
        is_busy(JobStatus::Completed, Some(605)),
        "records of before"
    );
    assert!(is_busy(JobStatus::Completed, Some(590)), "clocks differ");
    assert!(!is_busy(JobStatus::Completed, Some(540)));
}

#[test]
fn the_only_copy_and_a_later_launch_are_not_ended() {
    let server = cleaning(C::EndRecoveryInstance);
    let session = session(Stage::CleaningUp);
    let b2 = states(&[(B2, "running")]);
    let refused = |live: &Live, homes: &[(&str, &str)]| {
        matches!(
            end_of(&server, live, &session, &states(homes), &b2),
            End::Refuse(_)
        )
    };
    let live = sees(None, true);
    assert!(!refused(&live, &[(A1, "running")]));
    assert!(refused(&live, &[(A1, "terminated")]) && refused(&live, &[]));
    for (is_drill, launched_at) in [(true, None), (false, Some(at(1)))] {
        let mut live = sees(None, true);
        let record = &mut live.recovered.values_mut().next().unwrap()[0];
        (record.is_drill, record.launched_at) = (is_drill, launched_at);
        assert!(refused(&live, &[(A1, "running")]), "{is_drill}");
    }
}

#[test]
fn only_the_way_back_of_this_very_instance_is_removed_and_never_what_protects() {
    let server = cleaning(C::StopWayBack);
    assert_eq!(hit_of_way_back(&stopped(), &server), Hit::SpentWayHome);
    let other = SourceServer {
        origin_instance_id: A1.parse().ok(),
        ..stopped()
    };
    assert_eq!(hit_of_way_back(&other, &server), Hit::OnlyWayHome);
    let b1 = SourceServer {
        id: B1.parse().unwrap(),
        ..stopped()
    };
    assert_eq!(hit_of_way_back(&b1, &server), Hit::Protecting);
    let mut away = cleaning(C::StopWayBack);
    away.returned = None;
    assert_eq!(hit_of_way_back(&stopped(), &away), Hit::OnlyWayHome);
}

fn volume(id: &str, state: &str, tag: Option<&str>, age_minutes: i64) -> Volume {
    Volume {
        id: id.into(),
        bytes: 10 << 30,
        state: state.into(),
        attached_to: None,
        device: None,
        volume_type: "gp3".into(),
        created_at: Some(at(0) - Duration::minutes(age_minutes)),
        tags: tag
            .map(|id| {
                (
                    "AWSElasticDisasterRecoverySourceServerID".to_owned(),
                    id.to_owned(),
                )
            })
            .into_iter()
            .collect(),
    }
}

#[test]
fn a_volume_is_ours_by_record_or_by_tag_on_its_side_alone() {
    let server = home(Stage::ReProtected);
    let (there, here) = ("vol-0000000000000000b", "vol-0000000000000000a");
    for (side, id, state, tag, age, expected) in [
        (Side::Recovery, there, "available", None, 0, true),
        (Side::Recovery, there, "in-use", None, 0, false),
        (Side::Recovery, here, "available", None, 0, false),
        (Side::Origin, here, "available", None, 0, true),
        (Side::Origin, there, "available", None, 0, false),
        (Side::Recovery, "vol-1", "available", Some(B1), 61, true),
        (Side::Origin, "vol-1", "available", Some(A2), 61, true),
        // A launch under way attaches it soon.
        (Side::Recovery, "vol-1", "available", Some(B1), 59, false),
        (Side::Origin, "vol-1", "available", Some(B1), 61, false),
        (Side::Recovery, "vol-1", "available", None, 61, false),
    ] {
        let volume = volume(id, state, tag, age);
        let found = is_left_by(&server, side, &volume, at(0));
        assert_eq!(found, expected, "{side:?} {id} {state} {tag:?} {age}");
        let is_strange = !strangers(&[&server], side, &[volume], at(0)).is_empty();
        assert_eq!(is_strange, !expected && state == "available");
    }
}

#[test]
fn the_inventory_names_what_goes_what_stays_and_what_it_costs() {
    let mut server = home(Stage::ReProtected);
    let live = sees(Some(replicating()), true);
    let session = session(Stage::ReProtected);
    let there = [volume("vol-0000000000000000b", "available", None, 0)];
    let attached = [(B2.parse().unwrap(), 100_u64 << 30)].into();
    let seen = Seen {
        session: &session,
        live: &live,
        there: &there,
        here: &[],
        attached: &attached,
    };
    let fates = |server: &SessionServer| {
        let items = of_server(server, &seen);
        assert!(
            items
                .iter()
                .all(|item| !item.reason.is_empty() && item.place.is_some())
        );
        items
            .into_iter()
            .map(|item| (item.id, item.fate, item.monthly_cost_usd))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        fates(&server),
        [
            (B1.to_owned(), Fate::Keep, Some(20.44)),
            (B2.to_owned(), Fate::HandBack, Some(8.0)),
            (A1.to_owned(), Fate::Delete, None),
            (A2.to_owned(), Fate::Delete, Some(20.44)),
            ("vol-0000000000000000b".to_owned(), Fate::Delete, Some(0.8)),
        ]
    );
    server.launched_into = LaunchInto::NewInstance;
    assert_eq!(fates(&server)[1].1, Fate::Terminate);
}
