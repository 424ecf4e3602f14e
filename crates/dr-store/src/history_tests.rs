//! Tests.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_model::ids::SourceServerId;
use dr_model::inventory::HISTORY_POINTS;

use super::{History, bucket};
use crate::item::{Item, encode};
use crate::size::{MAX_ITEM_BYTES, item_bytes};

fn at(step: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_770_000_000 + step * 300, 0).unwrap()
}

fn server(n: usize) -> SourceServerId {
    format!("s-{n:017x}").parse().unwrap()
}

fn lags(of: &[(usize, Option<u64>)]) -> BTreeMap<SourceServerId, Option<u64>> {
    of.iter().map(|(n, lag)| (server(*n), *lag)).collect()
}

fn seen(history: &History, n: usize) -> Vec<(i64, Option<u64>)> {
    let step = |at: DateTime<Utc>| (at.timestamp() - 1_770_000_000) / 300;
    let points = history.of(&server(n)).into_iter();
    points.map(|p| (step(p.at), p.lag_seconds)).collect()
}

#[test]
fn servers_come_go_and_return_and_each_point_keeps_its_time() {
    let mut history = History::default();
    assert!(history.keep(at(0), &lags(&[(1, Some(5))])));
    assert!(history.keep(at(1), &lags(&[(1, Some(6)), (2, None)])));
    assert!(history.keep(at(2), &lags(&[(2, Some(7))])));
    assert!(history.keep(at(3), &lags(&[(1, Some(8)), (2, Some(9))])));
    let first = [(0, Some(5)), (1, Some(6)), (2, None), (3, Some(8))];
    assert_eq!(seen(&history, 1), first);
    assert_eq!(seen(&history, 2), [(1, None), (2, Some(7)), (3, Some(9))]);
    assert!(seen(&history, 3).is_empty());
}

#[test]
fn a_second_look_at_the_same_time_keeps_nothing_and_one_a_little_early_does() {
    let mut history = History::default();
    assert!(history.keep(at(0), &lags(&[(1, Some(5))])));
    let before = history.clone();
    assert!(!history.keep(at(0), &lags(&[(1, Some(6)), (2, Some(6))])));
    let soon = at(0) + chrono::Duration::seconds(149);
    assert!(!history.keep(soon, &lags(&[(1, Some(6))])));
    assert!(
        !history.keep(at(-3), &lags(&[(1, Some(6))])),
        "a clock that went back"
    );
    assert_eq!(history, before);
    let early = at(1) - chrono::Duration::seconds(20);
    assert!(history.keep(early, &lags(&[(1, Some(6))])));
}

#[test]
fn the_ring_holds_24_hours_and_forgets_servers_that_are_long_gone() {
    let mut history = History::default();
    assert!(history.keep(at(0), &lags(&[(1, Some(0)), (2, Some(0))])));
    for step in 1..400 {
        assert!(history.keep(at(step), &lags(&[(1, u64::try_from(step).ok())])));
    }
    let points = seen(&history, 1);
    assert_eq!(points.len(), HISTORY_POINTS);
    assert_eq!(points.first(), Some(&(112, Some(112))));
    assert_eq!(points.last(), Some(&(399, Some(399))));
    assert!(
        !history.lags.contains_key(&server(2)),
        "no point is left of it"
    );
    // Nobody looked for a day: what is older goes though there is room for it.
    assert!(history.keep(at(399 + 287), &lags(&[(1, Some(1))])));
    assert_eq!(seen(&history, 1), [(399, Some(399)), (686, Some(1))]);
    assert!(history.keep(at(2000), &lags(&[])));
    assert!(history.lags.is_empty());
}

#[test]
fn a_hundred_servers_of_24_hours_stay_below_300_kb() {
    let mut history = History::default();
    // Half a year behind: more digits than anybody will see.
    let all: Vec<_> = (0..100).map(|n| (n, Some(15_552_000 + n as u64))).collect();
    for step in 0..300 {
        assert!(history.keep(at(step), &lags(&all)));
    }
    let item = Item::from([("data".to_owned(), encode(&history).unwrap())]);
    let bytes = item_bytes(&item);
    assert!(bytes < 300 * 1024, "{bytes}");
    assert!(bytes > 100 * 1024, "the points are there: {bytes}");
}

#[test]
fn the_servers_of_a_full_region_are_spread_so_that_no_item_overflows() {
    let ids = [
        // One after the other, and as DRS makes them.
        (0..4_000).map(server).collect::<Vec<_>>(),
        (0..4_000_u64)
            .map(|n| {
                let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                format!("s-{:017x}", u128::from(mixed) * 15)
                    .parse()
                    .unwrap()
            })
            .collect(),
    ];
    for ids in ids {
        let mut counts = BTreeMap::<u32, usize>::new();
        for id in &ids {
            *counts.entry(bucket(id)).or_default() += 1;
        }
        let most = counts.values().max().copied().unwrap();
        // At 3 KB for a server, as above.
        assert!(most * 3 * 1024 < MAX_ITEM_BYTES, "{most}");
    }
}
