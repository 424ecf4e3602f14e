//! A thousand servers there and back: they replicate through staging accounts on the way out; on the way home 300 at a
//! time, for no more replicate into one account and region (a quota that AWS does not raise).

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test room: what goes wrong must fail the test, and the figures are printed"
)]

use std::collections::BTreeSet;

use dr_testkit::TestApp;
use dr_tests::home::{Step, Trip, assert_same, prepare_in_groups};
use dr_tests::{admin, product};
use serde_json::Value;

/// Servers of the fleet.
const SERVERS: usize = 1_000;
/// Servers that come home together: what DRS replicates into one account and region (L-C1D14A2B).
const AT_A_TIME: usize = 300;
/// The largest item of DynamoDB.
const LARGEST_ITEM: usize = 400 * 1024;
/// The largest request and answer of a Lambda function that is invoked and waited for.
const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;
/// AWS calls of the whole way out and home, for each server: 70 were counted. 22 of DRS and 7 of EC2, most of which cannot be
/// shared among servers (launch configurations, reversing, deleting on either side, volumes), and 41 of DynamoDB.
const CALLS_PER_SERVER: u64 = 75;

/// Requirement 001 at the size of requirement 004, "Scalability Limits".
#[tokio::test]
#[ignore = "minutes: `cargo xtask bench --fleet`"]
#[expect(
    clippy::disallowed_methods,
    reason = "the figure is how long it really takes"
)]
async fn a_thousand_servers_go_and_come_home_three_hundred_at_a_time() {
    let began = std::time::Instant::now();
    let app = product(SERVERS).await;
    let mut trip = prepare_in_groups(&app, 10).await;
    let before = app.control().inventory();
    app.control().reset_calls();
    trip.take(&app, Step::FailOver).await;
    trip.take(&app, Step::StopOriginals).await;
    let all = servers(&app, &trip).await;
    assert_eq!(all.len(), SERVERS);
    let ids: Vec<&str> = all
        .iter()
        .map(|server| server["source_server_id"].as_str().expect("an id"))
        .collect();
    for chunk in ids.chunks(AT_A_TIME) {
        let chosen: BTreeSet<&str> = chunk.iter().copied().collect();
        trip.bring_home(&app, &chosen).await;
    }
    let after = app.control().inventory();
    assert_same(&before, &after);
    report(&app, began.elapsed());
}

fn report(app: &TestApp, took: std::time::Duration) {
    let counts = app.control().call_counts();
    let all: u64 = counts.values().flat_map(|one| one.values()).sum();
    let servers = u64::try_from(SERVERS).expect("small");
    println!(
        "{SERVERS} servers there and back: {took:.0?}, {all} AWS calls, {:.1} per server",
        all as f64 / servers as f64
    );
    for (service, operations) in &counts {
        let of_service: u64 = operations.values().sum();
        println!("  {service}: {of_service}");
        for (operation, count) in operations {
            println!("    {operation}: {count}");
        }
    }
    let largest = app.largest_requests();
    let item = ["PutItem", "UpdateItem"]
        .into_iter()
        .filter_map(|name| largest.get(name))
        .max()
        .copied()
        .unwrap_or_default();
    println!("  largest item: {item} bytes; largest requests: {largest:?}");
    assert!(item < LARGEST_ITEM, "{item} bytes in an item");
    assert!(all <= CALLS_PER_SERVER * servers, "{all} calls");
}

/// Every server of the session, page by page; no page is too large for a function's answer.
async fn servers(app: &TestApp, trip: &Trip) -> Vec<Value> {
    let session = trip.session(app).await.expect("a session");
    let id = session["session_id"].as_str().expect("an id");
    let mut servers = Vec::new();
    let mut token = String::new();
    loop {
        let path = format!("/failover-sessions/{id}/servers?limit=1000{token}");
        let page = admin(app, "GET", &path, Value::Null).await;
        assert!(page.to_string().len() < LARGEST_PAYLOAD);
        servers.extend(page["servers"].as_array().expect("servers").iter().cloned());
        match page["next_token"].as_str() {
            Some(next) => token = format!("&next_token={next}"),
            None => return servers,
        }
    }
}
