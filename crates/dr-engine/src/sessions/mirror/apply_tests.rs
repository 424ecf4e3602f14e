//! Which servers are applied next.

use dr_model::session::{SessionPart, SessionServer, Stage};

use super::{SERVERS_PER_CALL, needs_tag, next_orders, wanted_configuration};
use crate::samples::{at, launch, target};
use crate::sessions::mirror::plan::{Subject, mirrored};
use crate::sessions::samples::{A1, A2, B1, server, session, way_back};

fn subject() -> Subject {
    Subject {
        source_server_id: B1.parse().unwrap(),
        name: "web-1".into(),
        way_back: A2.parse().unwrap(),
        mapped_by: way_back().mapped_by,
        origin_instance_id: A1.parse().ok(),
        is_home: false,
    }
}

fn pending(n: usize) -> SessionServer {
    let group = "pg-00000000-0000-0000-0000-000000000001".parse().unwrap();
    SessionServer {
        source_server_id: format!("s-{n:017}").parse().unwrap(),
        mirrored: Some(mirrored(&subject(), &group, Some(&target()))),
        ..server(Stage::Ready)
    }
}

fn parts(servers: Vec<SessionServer>) -> Vec<SessionPart> {
    servers
        .chunks(100)
        .enumerate()
        .map(|(number, servers)| SessionPart {
            session_id: session(Stage::Ready).id,
            number,
            servers: servers.to_vec(),
            version: 1,
        })
        .collect()
}

#[test]
fn a_thousand_servers_are_applied_in_four_calls() {
    let mut servers: Vec<SessionServer> = (0..1_000).map(pending).collect();
    let mut calls = Vec::new();
    loop {
        let (orders, left) = next_orders(&parts(servers.clone()));
        if orders.is_empty() {
            break;
        }
        calls.push((orders.len(), left));
        for order in orders {
            let server = servers
                .iter_mut()
                .find(|server| server.source_server_id == order.source_server_id);
            if let Some(mirrored) = server.and_then(|server| server.mirrored.as_mut()) {
                mirrored.applied_at = Some(at(1));
            }
        }
    }
    assert_eq!(SERVERS_PER_CALL, 300);
    assert_eq!(calls, [(300, 700), (300, 400), (300, 100), (100, 0)]);
}

#[test]
fn a_launch_into_the_original_switches_off_what_would_change_it() {
    // Requirement 001, 3.6: what the copy flags would do, the original instance itself keeps.
    let mirrored = pending(1).mirrored.unwrap();
    let mut fresh = launch();
    fresh.copy_tags = true;
    fresh.copy_private_ip = true;
    fresh.right_sizing = "BASIC".into();
    fresh.target_instance_id = None;
    let wanted = wanted_configuration(&fresh, &mirrored);
    assert!(!wanted.copy_tags && !wanted.copy_private_ip);
    assert_eq!(wanted.right_sizing, "NONE");
    assert_eq!(wanted.target_instance_id, mirrored.target_instance_id);
}

#[test]
fn without_an_original_a_stale_target_is_taken_away_and_the_rest_stays() {
    let mut mirrored = pending(1).mirrored.unwrap();
    mirrored.target_instance_id = None;
    let wanted = wanted_configuration(&launch(), &mirrored);
    assert_eq!(wanted.target_instance_id, None);
    assert_eq!(launch().changes_to(&wanted).len(), 1);
}

#[test]
fn only_a_stopped_original_without_the_tag_is_tagged() {
    let mut a1 = target();
    assert!(!needs_tag(&a1));
    a1.tags.clear();
    assert!(needs_tag(&a1));
    a1.state = "running".into();
    assert!(!needs_tag(&a1));
}
