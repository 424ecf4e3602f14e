//! The blueprint: waves, batches, what is left out.

use std::collections::{BTreeMap, BTreeSet};

use dr_model::check::{Check, Severity};
use dr_model::execution::{
    BatchLaunch, ExecutionStatus, ExecutionType, LaunchInto, MAX_SERVERS_PER_JOB, ServerBlueprint,
    ServerStatus, Subject, Tally,
};
use dr_model::ids::{ExecutionId, SourceServerId};
use dr_model::plan::OnFailure;

use super::{Blueprint, Wanted, WantedWave, blueprint, destinations, named_twice};
use crate::samples::{at, direction, into_target, server};

fn id() -> ExecutionId {
    "exec-00000000-0000-0000-0000-000000000001".parse().unwrap()
}

/// A wave of the servers with these numbers.
fn wave(name: &str, servers: impl IntoIterator<Item = usize>) -> WantedWave {
    WantedWave {
        name: name.to_owned(),
        pause_before: false,
        on_failure: OnFailure::Continue,
        actions_before: Vec::new(),
        actions_after: Vec::new(),
        servers: servers
            .into_iter()
            .map(|n| ServerBlueprint {
                replaced_volume_ids: Vec::new(),
                source_server_id: server(n),
                name: format!("web-{n}"),
                launch_into: LaunchInto::NewInstance,
            })
            .collect(),
    }
}

fn wanted(waves: Vec<WantedWave>) -> Wanted {
    Wanted {
        subject: Subject::Pairs,
        execution_type: ExecutionType::Drill,
        direction: direction(),
        waves,
        rto_target_seconds: 1800,
        session_id: None,
        pause_timeout_seconds: 3600,
        started_by: "ops@example.com".into(),
        skip_invalid: true,
    }
}

fn made(waves: Vec<WantedWave>) -> Blueprint {
    blueprint(&id(), &wanted(waves), &BTreeMap::new(), at(0))
}

/// Each of these servers fails two critical checks.
fn failing(servers: impl IntoIterator<Item = usize>) -> BTreeMap<SourceServerId, Vec<Check>> {
    let check = |id: &SourceServerId, message| {
        Check::fail("awsdrs_tag", Severity::Critical, id, message, "Tag it")
    };
    servers
        .into_iter()
        .map(|n| {
            let id = server(n);
            let checks = vec![check(&id, "first reason"), check(&id, "second reason")];
            (id, checks)
        })
        .collect()
}

#[test]
fn a_job_never_holds_more_than_100_servers() {
    for (servers, batches) in [
        (0, vec![]),
        (1, vec![1]),
        (99, vec![99]),
        (100, vec![100]),
        (101, vec![100, 1]),
        (250, vec![100, 100, 50]),
    ] {
        let made = made(vec![wave("w", 0..servers)]);
        let sizes: Vec<usize> = made.batches.iter().map(|b| b.servers.len()).collect();
        assert_eq!(sizes, batches, "{servers} servers");
        assert_eq!(made.execution.waves[0].batches, batches.len());
    }
}

#[test]
fn a_wave_of_1000_servers_is_10_batches_that_hold_each_server_once() {
    // Requirement 004, "Scalability Limits".
    let made = made(vec![wave("all", 0..1000)]);
    assert_eq!(made.batches.len(), 10);
    let mut seen = BTreeSet::new();
    for (number, batch) in made.batches.iter().enumerate() {
        assert_eq!((batch.wave, batch.number), (0, number));
        assert_eq!(batch.servers.len(), MAX_SERVERS_PER_JOB);
        assert_eq!(batch.launch, BatchLaunch::Waiting);
        assert_eq!(batch.execution_id, id());
        for server in &batch.servers {
            assert!(seen.insert(server.blueprint.source_server_id.clone()));
        }
    }
    assert_eq!(seen.len(), 1000);
    assert_eq!(made.execution.waves[0].tally.waiting, 1000);
}

#[test]
fn waves_keep_their_order_names_pauses_and_tallies() {
    let mut second = wave("web", 10..160);
    second.pause_before = true;
    second.on_failure = OnFailure::Pause;
    let made = made(vec![wave("db", 0..10), second]);
    let waves = &made.execution.waves;
    assert_eq!(waves.len(), 2);
    assert_eq!(
        (waves[0].name.as_str(), waves[1].name.as_str()),
        ("db", "web")
    );
    assert_eq!((waves[0].batches, waves[1].batches), (1, 2));
    assert!(!waves[0].pause_before && waves[1].pause_before);
    assert_eq!(waves[0].on_failure, OnFailure::Continue);
    assert_eq!(waves[1].on_failure, OnFailure::Pause);
    assert_eq!((waves[0].tally.total(), waves[1].tally.total()), (10, 150));
    // Numbers begin again in each wave: they are the batch's key.
    let keys: Vec<_> = made.batches.iter().map(|b| (b.wave, b.number)).collect();
    assert_eq!(keys, [(0, 0), (1, 0), (1, 1)]);
    for (number, run) in waves.iter().enumerate() {
        let of_wave = made.batches.iter().filter(|b| b.wave == number);
        assert_eq!(run.tally, Tally::of(of_wave));
        assert_eq!((run.started_at, run.ended_at), (None, None));
    }
}

#[test]
fn an_execution_begins_pending_at_its_first_wave_with_what_was_wanted() {
    let made = made(vec![wave("w", 0..3)]);
    let execution = &made.execution;
    assert_eq!(execution.id, id());
    assert_eq!(execution.status, ExecutionStatus::Pending);
    assert_eq!((execution.wave, execution.released_wave), (0, None));
    assert_eq!(execution.created_at, at(0));
    assert_eq!(execution.rto_target_seconds, 1800);
    assert_eq!(execution.pause_timeout_seconds, 3600);
    assert_eq!(execution.started_by, "ops@example.com");
    assert_eq!(execution.direction, direction());
    assert!(!execution.pause_requested && execution.ended_at.is_none());
}

#[test]
fn servers_left_out_come_last_and_say_why() {
    // Requirement 004: test_partial_failure_handling.
    let failed = failing([0, 2]);
    let made = blueprint(&id(), &wanted(vec![wave("w", 0..4)]), &failed, at(0));
    // Those that launch fill jobs of their own: the others are never in one.
    assert_eq!(made.batches.len(), 2);
    let of = |batch: usize| -> Vec<_> {
        let servers = made.batches[batch].servers.iter();
        servers
            .map(|s| (s.blueprint.source_server_id.clone(), s.progress.status))
            .collect()
    };
    assert_eq!(
        of(0),
        [
            (server(1), ServerStatus::Waiting),
            (server(3), ServerStatus::Waiting)
        ]
    );
    assert_eq!(
        of(1),
        [
            (server(0), ServerStatus::Skipped),
            (server(2), ServerStatus::Skipped)
        ]
    );
    let reason = made.batches[1].servers[0].progress.reason.as_deref();
    assert_eq!(reason, Some("Left out: first reason"));
    assert_eq!(made.batches[0].servers[0].progress.reason, None);
    let tally = made.execution.waves[0].tally;
    assert_eq!((tally.waiting, tally.skipped, tally.total()), (2, 2, 4));
}

#[test]
fn servers_left_out_cost_no_room_of_those_that_launch() {
    let failed = failing((0..300).filter(|n| n % 2 == 0));
    let made = blueprint(&id(), &wanted(vec![wave("w", 0..300)]), &failed, at(0));
    let sizes: Vec<_> = made.batches.iter().map(|b| b.servers.len()).collect();
    assert_eq!(sizes, [100, 50, 100, 50]);
    for (number, batch) in made.batches.iter().enumerate() {
        let left_out = batch
            .servers
            .iter()
            .filter(|s| s.progress.status == ServerStatus::Skipped);
        let expected = if number < 2 { 0 } else { batch.servers.len() };
        assert_eq!(left_out.count(), expected);
    }
}

#[test]
fn a_failed_check_of_a_server_that_is_not_asked_for_changes_nothing() {
    let waves = || wanted(vec![wave("w", 0..3)]);
    let with = blueprint(&id(), &waves(), &failing([77]), at(0));
    let without = blueprint(&id(), &waves(), &BTreeMap::new(), at(0));
    assert_eq!(with.batches, without.batches);
    assert_eq!(with.execution, without.execution);
}

#[test]
fn an_entry_without_checks_leaves_nobody_out() {
    let failed = BTreeMap::from([(server(0), Vec::new())]);
    let made = blueprint(&id(), &wanted(vec![wave("w", 0..1)]), &failed, at(0));
    assert_eq!(made.execution.waves[0].tally.waiting, 1);
}

#[test]
fn the_same_wish_makes_the_same_blueprint() {
    let wish = wanted(vec![wave("a", 0..130), wave("b", 130..150)]);
    let failed = failing([3, 77, 140]);
    let first = blueprint(&id(), &wish, &failed, at(5));
    let second = blueprint(&id(), &wish, &failed, at(5));
    assert_eq!(first.execution, second.execution);
    assert_eq!(first.batches, second.batches);
}

#[test]
fn a_server_named_twice_is_found_with_the_wave_that_names_it_again() {
    // DRS would launch it twice, and the second launch would terminate the first.
    assert!(named_twice(&[wave("a", 0..3), wave("b", 3..6)]).is_empty());
    assert_eq!(
        named_twice(&[wave("a", 0..3), wave("b", 2..4), wave("c", [2])]),
        [(server(2), "b".to_owned()), (server(2), "c".to_owned())]
    );
    // Two groups of one wave may hold the same server.
    assert_eq!(
        named_twice(&[wave("a", [1, 1])]),
        [(server(1), "a".to_owned())]
    );
    assert!(named_twice(&[]).is_empty());
}

#[test]
fn destinations_are_those_of_every_wave() {
    let mut second = wave("b", [5]);
    second.servers[0].launch_into = into_target();
    let destinations = destinations(&[wave("a", 0..2), second]);
    assert_eq!(
        destinations,
        BTreeMap::from([
            (server(0), LaunchInto::NewInstance),
            (server(1), LaunchInto::NewInstance),
            (server(5), into_target()),
        ])
    );
}
