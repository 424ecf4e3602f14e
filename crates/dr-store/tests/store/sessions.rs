//! Failover sessions: created once, updated under versions, found, and split whole.

use std::collections::{BTreeMap, BTreeSet};

use dr_model::ids::SourceServerId;
use dr_model::session::{FailoverSession, SessionPart, SessionStatus};
use dr_store::{PageRequest, SessionFilter, Store};
use serde_json::{Value, json};

use crate::door::{Door, Fault, with_tables};
use crate::samples::{code, inventory, session, session_id, source, target, worn};

const TABLE: &str = "failover-sessions-test";

fn key(n: usize, part: &str) -> Value {
    json!({ "session_id": { "S": session_id(n).as_str() }, "part": { "S": part } })
}

/// Keys of an index.
fn keys_of(door: &Door, index: &str, attribute: &str, value: &str) -> Vec<Value> {
    let answer = door.raw(
        "Query",
        &json!({ "TableName": TABLE, "IndexName": index, "KeyConditionExpression": "#a = :v",
                 "ExpressionAttributeNames": { "#a": attribute },
                 "ExpressionAttributeValues": { ":v": { "S": value } } }),
    );
    answer["Items"].as_array().unwrap().clone()
}

async fn stored(store: &Store, n: usize, servers: usize) -> (FailoverSession, Vec<SessionPart>) {
    let (mut one, mut parts) = session(n, servers);
    assert!(store.create_session(&mut one, &mut parts).await.unwrap());
    (one, parts)
}

#[tokio::test]
async fn a_session_of_1_000_servers_is_read_back_whole_and_made_once() {
    let (door, store) = with_tables().await;
    let (one, mut parts) = stored(&store, 1, 1_000).await;
    assert_eq!((one.version, parts.len()), (1, 10));
    assert_eq!(store.session(&one.id).await.unwrap(), one);
    assert_eq!(store.session_parts(&one).await.unwrap(), parts);
    assert_eq!(store.session_part(&one.id, 7).await.unwrap(), parts[7]);

    // The end of the recovery is handled again after the session has moved on.
    parts[3].servers[0].left_out = Some("gone".to_owned());
    store.update_session_part(&mut parts[3]).await.unwrap();
    let (mut again, mut others) = session(1, 1_000);
    door.forget_calls();
    assert!(!store.create_session(&mut again, &mut others).await.unwrap());
    assert_eq!(again.version, 0);
    assert_eq!(door.all_calls(), 1);
    assert_eq!(store.session_parts(&one).await.unwrap(), parts);

    let missing = store.session(&session_id(9)).await.unwrap_err();
    assert_eq!(code(&missing), "NotFound failover session");
    assert!(store.session_part(&one.id, 10).await.is_err());
}

#[tokio::test]
async fn of_two_creators_one_makes_it_and_the_other_is_told() {
    for servers in [0, 1, 250] {
        let (_, store) = with_tables().await;
        let ((mut a, mut a_parts), (mut b, mut b_parts)) =
            (session(1, servers), session(1, servers));
        let (x, y) = tokio::join!(
            store.create_session(&mut a, &mut a_parts),
            store.create_session(&mut b, &mut b_parts)
        );
        assert!(x.unwrap() != y.unwrap());
        let read = store.session(&a.id).await.unwrap();
        assert_eq!((read.version, read.parts), (1, servers.div_ceil(100)));
        let versions: Vec<_> = store.session_parts(&read).await.unwrap();
        assert!(versions.iter().all(|part| part.version == 1));
    }
}

#[tokio::test]
async fn a_creation_that_died_is_unseen_and_the_next_one_completes_it() {
    let (door, store) = with_tables().await;
    let (one, parts) = stored(&store, 1, 250).await;
    for part in ["header", "servers#0001"] {
        door.raw(
            "DeleteItem",
            &json!({ "TableName": TABLE, "Key": key(1, part) }),
        );
    }
    assert!(store.session(&one.id).await.is_err());
    assert!(store.active_sessions().await.unwrap().is_empty());
    // Another list of servers under this id is a mistake, not to be mixed in.
    let (mut other, mut strangers) = session(1, 250);
    strangers[0].servers.swap(0, 1);
    let error = store
        .create_session(&mut other, &mut strangers)
        .await
        .unwrap_err();
    assert_eq!(code(&error), "ALREADY_EXISTS");
    let (again, others) = stored(&store, 1, 250).await;
    assert_eq!((again, others), (one.clone(), parts.clone()));
    assert_eq!(store.session_parts(&one).await.unwrap(), parts);
    // A missing part is never taken for fewer servers.
    door.raw(
        "DeleteItem",
        &json!({ "TableName": TABLE, "Key": key(1, "servers#0001") }),
    );
    assert!(store.session_parts(&one).await.is_err());
}

#[tokio::test]
async fn creations_and_updates_survive_lost_answers() {
    for fault in [Fault::LoseAnswer, Fault::LoseRequest] {
        let (door, store) = with_tables().await;
        for _ in 0..3 {
            door.fail_next("PutItem", fault.clone());
        }
        let (mut one, mut parts) = stored(&store, 1, 150).await;
        door.fail_next("PutItem", fault.clone());
        one.status = SessionStatus::FailoverComplete;
        store.update_session(&mut one).await.unwrap();
        door.fail_next("PutItem", fault);
        store.update_session_part(&mut parts[1]).await.unwrap();
        assert_eq!((one.version, parts[1].version), (2, 2));
        assert_eq!(store.session(&one.id).await.unwrap(), one);
    }
}

#[tokio::test]
async fn of_two_writers_of_a_header_or_a_part_one_wins() {
    let (_, store) = with_tables().await;
    let (mut one, mut parts) = stored(&store, 1, 1).await;
    let (mut other, mut part) = (one.clone(), parts[0].clone());
    let (a, b) = tokio::join!(
        store.update_session(&mut one),
        store.update_session(&mut other)
    );
    let error = a.and(b).unwrap_err();
    assert_eq!(code(&error), "VersionConflict failover session");
    let (a, b) = tokio::join!(
        store.update_session_part(&mut parts[0]),
        store.update_session_part(&mut part)
    );
    let error = a.and(b).unwrap_err();
    assert_eq!(code(&error), "VersionConflict part of a failover session");
}

#[tokio::test]
async fn sessions_are_listed_by_time_status_and_execution() {
    let (_, store) = with_tables().await;
    let mut made = Vec::new();
    for n in 1..=4 {
        made.push(stored(&store, n, 1).await.0);
    }
    made[1].status = SessionStatus::ReadyForFailback;
    store.update_session(&mut made[1]).await.unwrap();
    let newest: Vec<_> = made.iter().rev().cloned().collect();
    let first = PageRequest::first(3);
    let page = store.sessions(&SessionFilter::All, &first).await.unwrap();
    assert_eq!(page.items, newest[..3]);
    let next = PageRequest {
        next_token: page.next_token,
        ..first.clone()
    };
    let rest = store.sessions(&SessionFilter::All, &next).await.unwrap();
    assert_eq!((rest.items, rest.next_token), (newest[3..].to_vec(), None));
    let ready = SessionFilter::Status(SessionStatus::ReadyForFailback);
    let ready = store.sessions(&ready, &first).await.unwrap();
    assert_eq!(ready.items, [made[1].clone()]);
    let of = store.sessions_of_execution(&made[2].execution_id).await;
    assert_eq!(of.unwrap(), [made[2].clone()]);
}

#[tokio::test]
async fn the_index_of_active_ones_holds_only_those() {
    let (door, store) = with_tables().await;
    let (mut one, _) = stored(&store, 1, 150).await;
    let (two, _) = stored(&store, 2, 1).await;
    assert_eq!(keys_of(&door, "ActiveIndex", "active", "1").len(), 2);
    one.is_active = false;
    store.update_session(&mut one).await.unwrap();
    let keys = keys_of(&door, "ActiveIndex", "active", "1");
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0]["session_id"]["S"], two.id.as_str());
    door.forget_calls();
    assert_eq!(
        store.active_sessions().await.unwrap(),
        std::slice::from_ref(&two)
    );
    assert_eq!(door.all_calls(), 2);
    one.is_active = true;
    store.update_session(&mut one).await.unwrap();
    assert_eq!(store.active_sessions().await.unwrap(), [one, two]);
    // Parts are in no index at all.
    assert_eq!(keys_of(&door, "KindIndex", "kind", "session").len(), 2);
}

#[tokio::test]
async fn the_session_of_an_instance_is_the_newest_that_is_not_cleaned_up() {
    let (_, store) = with_tables().await;
    let (one, _) = stored(&store, 1, 250).await;
    let (mut two, mut parts) = stored(&store, 2, 150).await;
    let find = async |n| store.find_session_of_instance(&target(n)).await.unwrap();
    assert_eq!(find(10_249).await, Some(one.clone()));
    assert_eq!(find(20_149).await, Some(two.clone()));
    assert_eq!(find(20_150).await, None);
    // The same instance was recovered into again.
    let again = parts[1].servers[0].recovered.as_mut().unwrap();
    again.instance_id = target(10_000);
    store.update_session_part(&mut parts[1]).await.unwrap();
    assert_eq!(find(10_000).await, Some(two.clone()));
    let wanted = BTreeSet::from([target(10_000), target(10_001), target(5)]);
    let found = store.sessions_of_instances(&wanted).await.unwrap();
    let both = BTreeMap::from([(target(10_000), two.clone()), (target(10_001), one.clone())]);
    assert_eq!(found, both);
    two.status = SessionStatus::CleanupComplete;
    store.update_session(&mut two).await.unwrap();
    assert_eq!(find(10_000).await, Some(one));
    assert_eq!(find(20_149).await, None);
}

/// Moves every second server of a session into a new one.
fn halved(
    kept: &FailoverSession,
    parts: &[SessionPart],
) -> (Vec<SessionPart>, FailoverSession, Vec<SessionPart>) {
    let (mut new, _) = session(2, 0);
    new.split_from = Some(kept.id.clone());
    new.execution_id = kept.execution_id.clone();
    let mut changed = parts.to_vec();
    let mut gone = Vec::new();
    for part in &mut changed {
        let (go, stay) = part
            .servers
            .drain(..)
            .enumerate()
            .partition::<Vec<_>, _>(|(n, _)| n % 2 == 0);
        gone.extend(go.into_iter().map(|(_, server)| server));
        part.servers = stay.into_iter().map(|(_, server)| server).collect();
    }
    let new_parts: Vec<_> = gone
        .chunks(100)
        .enumerate()
        .map(|(number, servers)| SessionPart {
            session_id: new.id.clone(),
            number,
            servers: servers.to_vec(),
            version: 0,
        })
        .collect();
    new.parts = new_parts.len();
    (changed, new, new_parts)
}

/// How often each server is in a session that can be seen.
async fn counts(store: &Store) -> BTreeMap<SourceServerId, usize> {
    let mut counts = BTreeMap::new();
    for n in [1, 2] {
        if let Ok(one) = store.session(&session_id(n)).await {
            for part in store.session_parts(&one).await.unwrap() {
                for server in part.servers {
                    *counts.entry(server.source_server_id).or_default() += 1;
                }
            }
        }
    }
    counts
}

#[tokio::test]
async fn a_split_of_1_000_worn_servers_is_one_transaction() {
    let (door, store) = with_tables().await;
    let (mut one, mut parts) = stored(&store, 1, 1_000).await;
    for part in &mut parts {
        part.servers = part.servers.iter().map(worn).collect();
        store.update_session_part(part).await.unwrap();
    }
    let (mut changed, mut new, mut new_parts) = halved(&one, &parts);
    one.stages.pending = 500;
    store
        .split_session(&mut one, &mut changed, &mut new, &mut new_parts)
        .await
        .unwrap();
    assert_eq!(door.calls("TransactWriteItems"), 1);
    assert_eq!((one.version, new.version), (2, 1));
    assert_eq!(store.session(&one.id).await.unwrap(), one);
    assert_eq!(store.session(&new.id).await.unwrap(), new);
    assert_eq!(store.session_parts(&one).await.unwrap(), changed);
    assert_eq!(store.session_parts(&new).await.unwrap(), new_parts);
    let counts = counts(&store).await;
    assert_eq!(counts.len(), 1_000);
    assert!(counts.values().all(|count| *count == 1));
    let of = store
        .sessions_of_execution(&one.execution_id)
        .await
        .unwrap();
    assert_eq!(of, [one, new]);
}

#[tokio::test]
async fn a_split_killed_anywhere_loses_no_server_and_doubles_none() {
    for (fault, is_done) in [(Fault::LoseRequest, false), (Fault::LoseAnswer, true)] {
        let (door, store) = with_tables().await;
        let (mut one, parts) = stored(&store, 1, 250).await;
        let (mut changed, mut new, mut new_parts) = halved(&one, &parts);
        for _ in 0..4 {
            door.fail_next("TransactWriteItems", fault.clone());
        }
        let killed = store
            .split_session(&mut one, &mut changed, &mut new, &mut new_parts)
            .await;
        assert!(killed.unwrap_err().aws_class().is_some());
        assert_eq!((one.version, new.version), (1, 0));
        assert_eq!(store.session(&new.id).await.is_ok(), is_done);
        let seen = counts(&store).await;
        assert_eq!(seen.len(), 250);
        assert!(seen.values().all(|count| *count == 1));
        // Tried again by somebody who did not look.
        let again = store
            .split_session(&mut one, &mut changed, &mut new, &mut new_parts)
            .await;
        match again {
            Ok(()) => assert!(!is_done),
            Err(error) => {
                assert!(is_done);
                assert_eq!(code(&error), "VersionConflict failover session");
            }
        }
        let seen = counts(&store).await;
        assert!(seen.len() == 250 && seen.values().all(|count| *count == 1));
    }
}

#[tokio::test]
async fn a_split_of_what_has_changed_or_into_what_exists_is_refused_whole() {
    let (_, store) = with_tables().await;
    let (mut one, parts) = stored(&store, 1, 250).await;
    let (mut changed, mut new, mut new_parts) = halved(&one, &parts);
    let mut moved = parts[2].clone();
    moved.servers[1] = worn(&moved.servers[1]);
    store.update_session_part(&mut moved).await.unwrap();
    let error = store
        .split_session(&mut one, &mut changed, &mut new, &mut new_parts)
        .await
        .unwrap_err();
    assert_eq!(code(&error), "VersionConflict failover session");
    assert!(store.session(&new.id).await.is_err());
    assert_eq!(store.session_part(&one.id, 2).await.unwrap(), moved);

    let (_other, _) = stored(&store, 2, 1).await;
    let parts = store.session_parts(&one).await.unwrap();
    let (mut changed, mut new, mut new_parts) = halved(&one, &parts);
    let error = store
        .split_session(&mut one, &mut changed, &mut new, &mut new_parts)
        .await
        .unwrap_err();
    assert_eq!(code(&error), "ALREADY_EXISTS");
    assert_eq!(store.session_parts(&one).await.unwrap(), parts);
    // A part of somebody else, or one that is not there.
    changed[0].session_id = session_id(7);
    let error = store
        .split_session(&mut one, &mut changed, &mut new, &mut new_parts)
        .await;
    assert!(error.is_err());
}

#[tokio::test]
async fn a_part_whose_servers_all_leave_stays_and_is_empty() {
    let (_, store) = with_tables().await;
    let (mut one, parts) = stored(&store, 1, 150).await;
    let (mut new, _) = session(2, 0);
    new.parts = 1;
    let mut emptied = parts[1].clone();
    let servers = std::mem::take(&mut emptied.servers);
    let mut new_parts = [SessionPart {
        session_id: new.id.clone(),
        number: 0,
        servers,
        version: 0,
    }];
    let mut changed = [emptied];
    store
        .split_session(&mut one, &mut changed, &mut new, &mut new_parts)
        .await
        .unwrap();
    let left = store.session_parts(&one).await.unwrap();
    assert_eq!((left.len(), left[1].servers.len()), (2, 0));
    let gone = store.session_parts(&new).await.unwrap();
    assert_eq!(gone[0].servers[0].source_server_id, source(100));
}

#[tokio::test]
async fn a_part_too_large_is_refused_with_a_clear_word() {
    let (_, store) = with_tables().await;
    let (_, mut parts) = stored(&store, 1, 100).await;
    for server in &mut parts[0].servers {
        server.left_out = Some("x".repeat(4_000));
    }
    let error = store.update_session_part(&mut parts[0]).await.unwrap_err();
    assert_eq!(code(&error), "ITEM_TOO_LARGE");
    assert_eq!(parts[0].version, 1);
}

#[test]
fn every_future_may_move_between_threads() {
    fn assert_send<T: Send>(_: &T) {}
    let store = Door::open().store();
    let (mut one, mut parts) = session(1, 1);
    let (mut new, mut new_parts) = session(2, 1);
    assert_send(&store.create_session(&mut one, &mut parts));
    assert_send(&store.split_session(&mut one, &mut parts, &mut new, &mut new_parts));
    assert_send(&store.update_session_part(&mut parts[0]));
    assert_send(&store.sessions_of_instances(&BTreeSet::new()));
    let reading = inventory(one.direction.recovery.clone(), 1, 1);
    assert_send(&store.keep_lag_points(&reading, reading.refreshed_at));
    assert_send(&store.put_inventory(&reading));
    let places = [reading.place.clone()];
    assert_send(&store.inventory_of(&places));
    assert_send(&store.claim_look_at("session#1", 50));
}
