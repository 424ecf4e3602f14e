//! Tests.

use dr_model::inventory::Inventory;
use dr_model::server::{RecoveryInstance, ReplicationState, SourceServer};

use super::{Reading, inventory, is_point_due};
use crate::samples::{SERVER, at, direction, server, source};

fn numbered(n: usize) -> SourceServer {
    SourceServer {
        id: server(n),
        ..source()
    }
}

fn reading(servers: Vec<SourceServer>) -> Result<Reading, String> {
    Ok(Reading {
        servers,
        recovery_instances: Vec::new(),
    })
}

fn next(previous: Option<&Inventory>, reading: Result<Reading, String>, second: i64) -> Inventory {
    inventory(
        &direction().recovery,
        previous.cloned(),
        reading,
        at(second),
    )
}

fn recovered(is_drill: bool, state: &str) -> RecoveryInstance {
    RecoveryInstance {
        id: "i-0000000000000000c".parse().unwrap(),
        instance_id: "i-0000000000000000c".parse().ok(),
        source_server_id: SERVER.parse().unwrap(),
        is_drill,
        instance_state: state.into(),
        job_id: None,
        launched_at: None,
        failback_state: None,
        replication: dr_model::replication::Replication::default(),
        agent_seen_at: None,
        name: None,
    }
}

#[test]
fn the_first_reading_is_no_news() {
    let first = next(None, reading(vec![numbered(2), numbered(1)]), 0);
    let ids: Vec<_> = first
        .servers
        .iter()
        .map(|s| s.source_server_id.clone())
        .collect();
    assert_eq!(ids, [server(1), server(2)]);
    assert!(first.activity.is_empty());
    assert_eq!(first.refreshed_at, at(0));
}

#[test]
fn a_state_lasts_since_it_was_first_seen_and_each_change_is_activity() {
    let first = next(None, reading(vec![numbered(1)]), 0);
    let same = next(Some(&first), reading(vec![numbered(1)]), 60);
    assert_eq!(same.servers[0].state_since, at(0));
    assert!(same.activity.is_empty());
    let stalled = SourceServer {
        replication_state: ReplicationState::Stalled,
        ..numbered(1)
    };
    let changed = next(Some(&same), reading(vec![stalled]), 120);
    assert_eq!(changed.servers[0].state_since, at(120));
    let seen = &changed.activity[0];
    assert_eq!(
        (seen.from.as_str(), seen.to.as_str(), seen.at),
        ("CONTINUOUS", "STALLED", at(120))
    );
}

#[test]
fn servers_that_come_and_go_are_activity_newest_first_and_only_the_last_hundred_are_kept() {
    let mut known = next(None, reading(vec![]), 0);
    for n in 1..=60 {
        let second = i64::try_from(n).unwrap();
        known = next(Some(&known), reading(vec![numbered(n)]), second);
    }
    assert_eq!(known.activity.len(), 100);
    let (came, went) = (&known.activity[0], &known.activity[1]);
    assert_eq!((came.from.as_str(), came.to.as_str()), ("", "CONTINUOUS"));
    assert_eq!((went.from.as_str(), went.to.as_str()), ("CONTINUOUS", ""));
    assert_eq!(came.at, at(60));
}

#[test]
fn an_error_while_looking_keeps_what_was_known_and_as_old_as_it_was() {
    let first = next(None, reading(vec![numbered(1)]), 0);
    let failed = next(Some(&first), Err("AccessDeniedException".into()), 60);
    assert_eq!(failed.servers, first.servers);
    assert_eq!(failed.refreshed_at, at(0));
    assert_eq!(failed.error.as_deref(), Some("AccessDeniedException"));
    assert!(!is_point_due(&failed, at(600)));
    let again = next(Some(&failed), reading(vec![numbered(1)]), 120);
    assert_eq!((again.error, again.refreshed_at), (None, at(120)));
    assert_eq!(again.servers[0].state_since, at(0));
}

#[test]
fn the_first_reading_after_errors_is_no_news_either() {
    let failed = next(None, Err("refused".into()), 0);
    assert!(failed.servers.is_empty());
    let first = next(Some(&failed), reading(vec![numbered(1)]), 60);
    assert!(first.activity.is_empty());
}

#[test]
fn a_drill_and_an_ended_recovery_are_no_failover() {
    for (is_drill, state, counts) in [
        (false, "RUNNING", true),
        (true, "RUNNING", false),
        (false, "TERMINATED", false),
    ] {
        let reading = Reading {
            servers: vec![source()],
            recovery_instances: vec![recovered(is_drill, state)],
        };
        let seen = next(None, Ok(reading), 0);
        assert_eq!(
            seen.servers[0].has_recovery_instance, counts,
            "{is_drill} {state}"
        );
    }
}

#[test]
fn a_point_of_lag_is_due_every_five_minutes() {
    let mut known = next(None, reading(vec![numbered(1)]), 0);
    assert!(is_point_due(&known, at(0)));
    known.points_at = Some(at(0));
    assert!(!is_point_due(&known, at(269)));
    assert!(is_point_due(&known, at(270)));
}
