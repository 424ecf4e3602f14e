//! Runs of agent installations, and claims to look at something.

use dr_store::PageRequest;

use crate::door::with_tables;
use crate::samples::{at, code, installation};

#[tokio::test]
async fn a_run_is_listed_newest_first_and_followed_only_while_it_is_active() {
    let (door, store) = with_tables().await;
    let mut runs: Vec<_> = (1..=3).map(installation).collect();
    for run in &mut runs {
        store.create_installation(run).await.unwrap();
        store.create_installation(run).await.unwrap();
        assert_eq!(run.version, 1);
        assert_eq!(store.installation(&run.id).await.unwrap(), *run);
    }
    let page = store.installations(&PageRequest::first(2)).await.unwrap();
    assert_eq!(page.items, [runs[2].clone(), runs[1].clone()]);
    assert!(page.next_token.is_some());
    assert_eq!(store.active_installations().await.unwrap(), runs);

    runs[1].is_active = false;
    runs[1].updated_at = at(100);
    store.update_installation(&mut runs[1]).await.unwrap();
    let active = store.active_installations().await.unwrap();
    assert_eq!(active, [runs[0].clone(), runs[2].clone()]);
    let items = door.scan("agent-installations-test");
    let over: Vec<_> = items.iter().filter(|i| i.get("ttl").is_some()).collect();
    assert_eq!(over.len(), 1, "only what is over expires");
    let ttl: i64 = over[0]["ttl"]["N"].as_str().unwrap().parse().unwrap();
    assert_eq!(ttl - at(100).timestamp(), 90 * 86_400);

    // Tried again: it is active again and expires no more.
    runs[1].is_active = true;
    store.update_installation(&mut runs[1]).await.unwrap();
    let items = door.scan("agent-installations-test");
    assert!(items.iter().all(|i| i.get("ttl").is_none()));
    let mut stale = runs[1].clone();
    stale.version = 1;
    let error = store.update_installation(&mut stale).await.unwrap_err();
    assert_eq!(code(&error), "VersionConflict agent installation");
}

#[tokio::test]
async fn each_thing_is_looked_at_by_one_at_a_time() {
    let (_, store) = with_tables().await;
    let (a, b) = tokio::join!(
        store.claim_look_at("session#1", 50),
        store.claim_look_at("session#1", 50)
    );
    assert!(a.unwrap() != b.unwrap());
    assert!(store.claim_look_at("session#2", 50).await.unwrap());
    assert!(store.claim_look(5).await.unwrap());
    assert!(!store.claim_look_at("session#1", 50).await.unwrap());
    assert!(store.claim_look_at("session#1", 0).await.unwrap());
}

#[tokio::test]
async fn a_claim_that_stands_is_not_asked_of_the_table_again() {
    let (door, store) = with_tables().await;
    assert!(store.claim_look(5).await.unwrap());
    door.forget_calls();
    for _ in 0..1_000 {
        assert!(!store.clone().claim_look(5).await.unwrap());
    }
    assert_eq!(door.all_calls(), 0);
    // Once it is over, the table decides again.
    assert!(store.claim_look(0).await.unwrap());
    assert_eq!(door.all_calls(), 1);
}
