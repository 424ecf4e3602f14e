//! Tests.

use dr_model::inventory::{Inventory, InventoryServer};
use dr_model::replication::ReplicationDirection;

use super::{Estate, Filter, estate};
use crate::replication::inventory::{Reading, inventory};
use crate::samples::{at, direction, server, source};

fn known(names: &[&str]) -> Vec<Inventory> {
    let reading = Reading {
        servers: vec![source()],
        recovery_instances: Vec::new(),
    };
    let mut known = inventory(&direction().recovery, None, Ok(reading), at(0));
    let sample = known.servers.remove(0);
    known.servers = names
        .iter()
        .enumerate()
        .map(|(n, name)| InventoryServer {
            source_server_id: server(n),
            name: (*name).into(),
            ..sample.clone()
        })
        .collect();
    vec![known]
}

fn page(filter: &Filter, inventories: &[Inventory]) -> Estate {
    let places = [direction().primary, direction().recovery];
    estate(filter, &places, inventories, at(30)).unwrap()
}

fn names(estate: &Estate) -> Vec<&str> {
    estate
        .servers
        .iter()
        .map(|listed| listed.server.name.as_str())
        .collect()
}

#[test]
fn servers_are_listed_by_name_whatever_the_case_with_the_age_of_their_place() {
    let estate = page(&Filter::all(10), &known(&["web-2", "DB-1", "web-1"]));
    assert_eq!(names(&estate), ["DB-1", "web-1", "web-2"]);
    assert_eq!((estate.total, estate.next_token), (3, None));
    assert_eq!(estate.places[1].age_seconds, Some(30));
}

#[test]
fn pages_hold_every_server_once_though_one_comes_and_one_goes_between_them() {
    let before = known(&["a", "b", "c", "d", "e"]);
    let first = page(&Filter::all(2), &before);
    assert_eq!(names(&first), ["a", "b"]);
    let mut after = before;
    // The last of the page goes; one comes before it.
    after[0].servers[1].name = "aa".into();
    let mut filter = Filter::all(2);
    filter.page.next_token = first.next_token;
    let second = page(&filter, &after);
    assert_eq!(names(&second), ["c", "d"]);
    filter.page.next_token = second.next_token;
    let third = page(&filter, &after);
    assert_eq!((names(&third), &third.next_token), (vec!["e"], &None));
}

#[test]
fn equal_names_do_not_hold_a_page_up() {
    let same = known(&["web", "web", "web"]);
    let mut filter = Filter::all(1);
    let mut seen = Vec::new();
    for _ in 0..3 {
        let found = page(&filter, &same);
        seen.extend(
            found
                .servers
                .into_iter()
                .map(|listed| listed.server.source_server_id),
        );
        filter.page.next_token = found.next_token;
    }
    assert_eq!(seen, [server(0), server(1), server(2)]);
    assert_eq!(filter.page.next_token, None);
}

#[test]
fn each_filter_takes_what_it_says() {
    let mut inventories = known(&["web-1", "db-1", "db-2"]);
    inventories[0].servers[1].state = "STALLED".into();
    inventories[0].servers[2].direction = ReplicationDirection::Failback;
    let by = |change: &dyn Fn(&mut Filter)| {
        let mut filter = Filter::all(10);
        change(&mut filter);
        let found = page(&filter, &inventories);
        names(&found)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(by(&|f| f.state = Some("STALLED".into())), ["db-1"]);
    assert_eq!(by(&|f| f.alerts_only = true), ["db-1"]);
    assert_eq!(by(&|f| f.name_contains = Some("WEB".into())), ["web-1"]);
    assert_eq!(
        by(&|f| f.direction = Some(ReplicationDirection::Failback)),
        ["db-2"]
    );
    assert_eq!(by(&|f| f.region = "eu-west-1".parse().ok()), [""; 0]);
    assert_eq!(by(&|f| f.account_id = "444455556666".parse().ok()).len(), 3);
}

#[test]
fn a_token_of_another_kind_and_a_limit_out_of_bounds_are_refused_by_name() {
    for token in ["zz", "abc", "7b7d", "é"] {
        let mut filter = Filter::all(10);
        filter.page.next_token = Some(token.into());
        let error = estate(&filter, &[], &[], at(0)).unwrap_err();
        assert!(format!("{error:?}").contains("next_token"), "{token}");
    }
    for limit in [0, 1001] {
        assert!(estate(&Filter::all(limit), &[], &[], at(0)).is_err());
    }
}
