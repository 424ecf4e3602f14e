//! The inventory of replication: readings that replace each other, and the lag over time.

use chrono::Duration;

use crate::door::{Fault, with_tables};
use crate::samples::{at, inventory, place, source};

const TABLE: &str = "replication-inventory-test";

#[tokio::test]
async fn readings_are_read_back_whole_by_place_and_a_shrunk_one_shows_no_more_than_it_has() {
    let (_, store) = with_tables().await;
    let (west, east) = (
        place("222222222222", "us-west-2"),
        place("222222222222", "us-east-1"),
    );
    assert_eq!(store.inventory(&west).await.unwrap(), None);
    assert!(store.places().await.unwrap().is_empty());
    let big = inventory(west.clone(), 1_000, 10);
    let empty = inventory(east.clone(), 0, 10);
    assert!(store.put_inventory(&big).await.unwrap());
    assert!(store.put_inventory(&empty).await.unwrap());
    assert_eq!(store.inventory(&west).await.unwrap(), Some(big.clone()));
    let other = place("333333333333", "us-east-1");
    let places = [west.clone(), other, east.clone()];
    let all = store.inventory_of(&places).await.unwrap();
    assert_eq!(all, [big, empty]);
    assert_eq!(store.places().await.unwrap(), [east, west.clone()]);

    let small = inventory(west.clone(), 151, 20);
    assert!(store.put_inventory(&small).await.unwrap());
    assert_eq!(store.inventory(&west).await.unwrap(), Some(small));
}

#[tokio::test]
async fn an_older_reading_never_replaces_a_newer_one_whoever_comes_last() {
    let (door, store) = with_tables().await;
    let west = place("222222222222", "us-west-2");
    let (old, new) = (
        inventory(west.clone(), 200, 10),
        inventory(west.clone(), 300, 20),
    );
    assert!(store.put_inventory(&new).await.unwrap());
    assert!(!store.put_inventory(&old).await.unwrap());
    assert_eq!(store.inventory(&west).await.unwrap(), Some(new.clone()));
    // The same again, also when nobody heard of the first time.
    door.fail_next("TransactWriteItems", Fault::LoseAnswer);
    assert!(store.put_inventory(&new).await.unwrap());
    let newer = inventory(west.clone(), 100, 30);
    let (a, b) = tokio::join!(store.put_inventory(&newer), store.put_inventory(&old));
    assert_eq!((a.unwrap(), b.unwrap()), (true, false));
    assert_eq!(store.inventory(&west).await.unwrap(), Some(newer));
}

#[tokio::test]
async fn a_reader_that_meets_a_writer_sees_one_reading_and_not_some_of_each() {
    let (door, store) = with_tables().await;
    let west = place("222222222222", "us-west-2");
    let (old, new) = (
        inventory(west.clone(), 151, 10),
        inventory(west.clone(), 151, 20),
    );
    let mut was_stale = false;
    for delay in 0..10 {
        let read = delay * 10;
        let (mut old, mut new) = (old.clone(), new.clone());
        (old.refreshed_at, new.refreshed_at) = (at(read), at(read + 5));
        store.put_inventory(&old).await.unwrap();
        door.forget_calls();
        let write = async {
            for _ in 0..delay {
                tokio::task::yield_now().await;
            }
            store.put_inventory(&new).await
        };
        // Always in this order: taking turns to be first, they would never meet.
        let (read, written) = futures::join!(store.inventory(&west), write);
        assert!(written.unwrap());
        let read = read.unwrap().unwrap();
        assert!(read == old || read == new);
        was_stale |= door.calls("GetItem") > 1;
    }
    assert!(was_stale, "in none of these was the header stale");
}

#[tokio::test]
async fn a_full_region_of_4_000_servers_is_stored() {
    let (door, store) = with_tables().await;
    let west = place("222222222222", "us-west-2");
    let full = inventory(west.clone(), 4_000, 10);
    assert!(store.put_inventory(&full).await.unwrap());
    store.keep_lag_points(&full, at(0)).await.unwrap();
    assert_eq!(door.calls("TransactWriteItems"), 1);
    assert_eq!(store.inventory(&west).await.unwrap(), Some(full));
    let history = store.lag_history(&west, &source(3_999)).await.unwrap();
    assert_eq!(history.len(), 1);
}

#[tokio::test]
async fn the_lag_is_kept_once_per_step_and_not_from_failed_readings() {
    let (door, store) = with_tables().await;
    let west = place("222222222222", "us-west-2");
    let step = |n: i64| at(n * 300);
    for n in 0..12 {
        let reading = inventory(west.clone(), 3, n);
        // Two pollers at once, and one that comes again.
        let (a, b) = tokio::join!(
            store.keep_lag_points(&reading, step(n)),
            store.keep_lag_points(&reading, step(n) + Duration::seconds(1))
        );
        a.unwrap();
        b.unwrap();
    }
    let mut failed = inventory(west.clone(), 3, 12);
    failed.error = Some("no permission".to_owned());
    store.keep_lag_points(&failed, step(12)).await.unwrap();
    let history = store.lag_history(&west, &source(2)).await.unwrap();
    assert_eq!(history.len(), 12);
    let ends = [history.first(), history.last()];
    assert_eq!(ends.map(|p| p.unwrap().lag_seconds), [Some(0), Some(11)]);
    let last = history.last().unwrap().at;
    assert!((last - step(11)).num_seconds() <= 1, "{last}");
    assert!(
        store
            .lag_history(&west, &source(9))
            .await
            .unwrap()
            .is_empty()
    );
    let elsewhere = place("222222222222", "us-east-1");
    let none = store.lag_history(&elsewhere, &source(2)).await.unwrap();
    assert!(none.is_empty());
    assert_eq!(door.scan(TABLE).len(), 3, "no item but the histories");
    assert_eq!(store.inventory(&west).await.unwrap(), None);
}

#[tokio::test]
async fn a_point_whose_answer_was_lost_is_kept_once() {
    let (door, store) = with_tables().await;
    let west = place("222222222222", "us-west-2");
    let reading = inventory(west.clone(), 1, 10);
    for n in 0..3 {
        door.fail_next("PutItem", Fault::LoseAnswer);
        store.keep_lag_points(&reading, at(n * 300)).await.unwrap();
    }
    let history = store.lag_history(&west, &source(0)).await.unwrap();
    assert_eq!(history.len(), 3);
}
