//! Leases: the set of active executions of a place.

use std::collections::BTreeSet;

use dr_model::execution::ExecutionStatus;
use dr_store::Started;

use crate::door::with_tables;
use crate::samples::{at, batches, code, execution, place};

#[tokio::test]
async fn an_execution_is_in_the_lease_from_its_start_to_its_end() {
    let (door, store) = with_tables().await;
    let (mut first, mut second) = (execution(1), execution(2));
    for one in [&mut first, &mut second] {
        let mut parts = batches(one, 10);
        let lease = store.lease(&one.direction.recovery).await.unwrap();
        store
            .start_execution(one, &mut parts, &lease)
            .await
            .unwrap();
    }
    door.forget_calls();
    let leases = store.leases().await.unwrap();
    assert_eq!((door.calls("Scan"), door.all_calls()), (0, 2));
    assert_eq!(leases.len(), 1);
    assert_eq!(
        leases[0].active,
        BTreeSet::from([first.id.clone(), second.id.clone()])
    );
    assert_eq!(leases[0].version, 2);
    first.status = ExecutionStatus::Completed;
    first.ended_at = Some(at(60));
    store.end_execution(&mut first).await.unwrap();
    let lease = store.lease(&first.direction.recovery).await.unwrap();
    assert_eq!(lease.active, BTreeSet::from([second.id.clone()]));
    assert_eq!(lease.version, 3);
    // Ending it again is harmless.
    store.end_execution(&mut first).await.unwrap();
    second.status = ExecutionStatus::Cancelled;
    second.ended_at = Some(at(60));
    store.end_execution(&mut second).await.unwrap();
    assert!(store.leases().await.unwrap().is_empty());
    assert!(
        store
            .lease(&second.direction.recovery)
            .await
            .unwrap()
            .active
            .is_empty()
    );
    // And from empty to used again.
    let mut third = execution(3);
    let lease = store.lease(&third.direction.recovery).await.unwrap();
    store
        .start_execution(&mut third, &mut [], &lease)
        .await
        .unwrap();
    assert_eq!(
        store.leases().await.unwrap()[0].active,
        BTreeSet::from([third.id])
    );
}

#[tokio::test]
async fn of_two_starts_that_saw_the_same_lease_one_is_told_to_look_again() {
    let (_, store) = with_tables().await;
    let (mut first, mut second) = (execution(1), execution(2));
    let (mut a, mut b) = (batches(&first, 10), batches(&second, 10));
    let lease = store.lease(&first.direction.recovery).await.unwrap();
    let (x, y) = tokio::join!(
        store.start_execution(&mut first, &mut a, &lease),
        store.start_execution(&mut second, &mut b, &lease)
    );
    assert!(x.is_ok() != y.is_ok());
    assert_eq!(code(&x.err().or(y.err()).unwrap()), "VersionConflict lease");
    // Nothing of the loser is to be seen, and it may begin again.
    let loser = if first.version == 0 {
        &mut first
    } else {
        &mut second
    };
    assert_eq!(
        code(&store.execution(&loser.id).await.unwrap_err()),
        "NotFound execution"
    );
    let mut parts = batches(loser, 10);
    let lease = store.lease(&loser.direction.recovery).await.unwrap();
    let started = store
        .start_execution(loser, &mut parts, &lease)
        .await
        .unwrap();
    assert_eq!(started, Started::Now);
    assert_eq!(store.batches(loser).await.unwrap(), parts);
}

#[tokio::test]
async fn a_start_run_twice_finds_the_first_and_resets_nothing() {
    let (_, store) = with_tables().await;
    let mut first = execution(1);
    let mut parts = batches(&first, 10);
    let lease = store.lease(&first.direction.recovery).await.unwrap();
    store
        .start_execution(&mut first, &mut parts, &lease)
        .await
        .unwrap();
    store.update_batch(&first, &mut parts[0]).await.unwrap();
    // With the old lease, with a new one, and with another time of creation.
    let fresh = store.lease(&first.direction.recovery).await.unwrap();
    for (seen, seconds) in [(&lease, 0), (&fresh, 0), (&fresh, 500)] {
        let mut again = execution(1);
        again.created_at += chrono::Duration::seconds(seconds);
        let mut new_parts = batches(&again, 10);
        let started = store
            .start_execution(&mut again, &mut new_parts, seen)
            .await
            .unwrap();
        assert_eq!(started, Started::Before(Box::new(first.clone())));
    }
    assert_eq!(store.batches(&first).await.unwrap(), parts);
    assert_eq!(store.lease(&first.direction.recovery).await.unwrap(), fresh);
}

#[tokio::test]
async fn of_two_starts_of_one_id_at_once_one_starts() {
    let (_, store) = with_tables().await;
    let (mut first, mut second) = (execution(1), execution(1));
    // The same request, retried a moment later by somebody who has no answer yet.
    second.created_at += chrono::Duration::seconds(2);
    let (mut a, mut b) = (batches(&first, 10), batches(&second, 10));
    let lease = store.lease(&first.direction.recovery).await.unwrap();
    let (x, y) = tokio::join!(
        store.start_execution(&mut first, &mut a, &lease),
        store.start_execution(&mut second, &mut b, &lease)
    );
    let now = |r: &dr_error::Result<Started>| matches!(r, Ok(Started::Now));
    assert!(now(&x) != now(&y), "{x:?} {y:?}");
    let winner = if now(&x) { &first } else { &second };
    assert_eq!(&store.execution(&winner.id).await.unwrap(), winner);
    assert_eq!(
        store
            .lease(&winner.direction.recovery)
            .await
            .unwrap()
            .version,
        1
    );
}

#[tokio::test]
async fn other_servers_under_an_id_that_was_begun_are_refused() {
    let (door, store) = with_tables().await;
    let mut first = execution(1);
    let mut parts = batches(&first, 10);
    let mut lease = store.lease(&first.direction.recovery).await.unwrap();
    // A start that comes no further than its batches: the lease it saw is stale.
    lease.version = 7;
    let error = store
        .start_execution(&mut first, &mut parts, &lease)
        .await
        .unwrap_err();
    assert_eq!(code(&error), "VersionConflict lease");
    lease.version = 0;
    let mut other = batches(&first, 11);
    let error = store
        .start_execution(&mut first, &mut other, &lease)
        .await
        .unwrap_err();
    assert_eq!(code(&error), "ALREADY_EXISTS");
    door.forget_calls();
    let started = store
        .start_execution(&mut first, &mut parts, &lease)
        .await
        .unwrap();
    assert_eq!(started, Started::Now);
}

#[tokio::test]
async fn places_have_their_own_leases() {
    let (_, store) = with_tables().await;
    let (mut first, mut second) = (execution(1), execution(2));
    second.direction.recovery = place("333333333333", "eu-west-1");
    let lease = store.lease(&first.direction.recovery).await.unwrap();
    assert!(
        store
            .start_execution(&mut second, &mut [], &lease)
            .await
            .is_err()
    );
    store
        .start_execution(&mut first, &mut [], &lease)
        .await
        .unwrap();
    let lease = store.lease(&second.direction.recovery).await.unwrap();
    assert_eq!(lease.version, 0);
    store
        .start_execution(&mut second, &mut [], &lease)
        .await
        .unwrap();
    let places: Vec<_> = store
        .leases()
        .await
        .unwrap()
        .into_iter()
        .map(|l| l.place)
        .collect();
    assert_eq!(
        places,
        [first.direction.recovery, second.direction.recovery]
    );
}
