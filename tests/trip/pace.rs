//! How often a session is looked at: once a minute while data is awaited, at once when DRS says that something
//! happened, and not at all while nothing is awaited.

use chrono::{DateTime, TimeDelta, Utc};
use dr_testkit::TestApp;
use dr_tests::way::{Away, Way, away};
use dr_tests::{PRIMARY, RECOVERY};
use serde_json::{Value, json};

const SERVERS: usize = 6;
/// Slow enough for hours of copying.
const BYTES_PER_SECOND: u64 = 1 << 20;

async fn looked_at(app: &TestApp, way: &Way) -> DateTime<Utc> {
    let session = way.session(app).await;
    let at = session["looked_at"].as_str().unwrap();
    at.parse().unwrap()
}

/// Every moment at which the session was looked at while time goes on.
async fn looks(app: &TestApp, way: &Way, span: TimeDelta) -> Vec<DateTime<Utc>> {
    let until = app.now() + span;
    let mut looks = vec![looked_at(app, way).await];
    while app.now() < until {
        app.advance(TimeDelta::seconds(5)).await;
        let at = looked_at(app, way).await;
        if looks.last() != Some(&at) {
            looks.push(at);
        }
    }
    looks.remove(0);
    looks
}

/// The product's calls of an operation, by moment.
fn calls(app: &TestApp, (account, region): (&str, &str), operation: &str) -> Vec<DateTime<Utc>> {
    let calls = app.control().calls();
    calls
        .into_iter()
        .filter(|call| call.operation == operation && call.service == "drs")
        .filter(|call| (call.account.as_str(), call.region.as_str()) == (account, region))
        .map(|call| call.at)
        .collect()
}

/// Data goes back for hours, and nothing else happens.
async fn awaiting_data() -> (TestApp, Way, Vec<Value>) {
    let Away { app, way, .. } = away(SERVERS).await;
    let slow = Some(BYTES_PER_SECOND);
    app.control()
        .copy_speed(PRIMARY.0, PRIMARY.1, slow)
        .unwrap();
    way.take(&app, "start-reverse-replication", json!({})).await;
    let servers = way
        .until(&app, "copying", |_, servers| {
            let is_copying = |s: &Value| s["reverse"]["state"] == "INITIAL_SYNC";
            servers.iter().all(is_copying)
        })
        .await;
    (app, way, servers)
}

/// Requirement 001, 5.3.
#[tokio::test]
async fn while_data_is_awaited_a_session_is_looked_at_every_60_seconds_and_not_more_often() {
    let (app, way, _) = awaiting_data().await;
    app.control().reset_calls();
    let span = TimeDelta::minutes(20);
    let looks = looks(&app, &way, span).await;
    assert_eq!(looks.len(), 20, "{looks:?}");
    for pair in looks.windows(2) {
        assert_eq!(pair[1] - pair[0], TimeDelta::seconds(60), "{looks:?}");
    }
    // A look is one call for the recovery instances and one for the source servers of each side. What else asks is
    // the inventory of the estate: once a minute at most, each place, while something is copied.
    for (place, operation) in [
        (RECOVERY, "DescribeRecoveryInstances"),
        (RECOVERY, "DescribeSourceServers"),
        (PRIMARY, "DescribeSourceServers"),
    ] {
        let made = calls(&app, place, operation);
        let count = made.len();
        assert!(
            (20..=41).contains(&count),
            "{operation} in {place:?}: {count} calls"
        );
        for at in &looks {
            assert!(made.contains(at), "{operation} in {place:?}, {at}");
        }
    }
    let session = way.session(&app).await;
    assert_eq!(session["status"], "REVERSE_REPLICATING", "{session:#}");
}

/// Requirement 001, 5.3: what DRS tells is looked at when it is told.
#[tokio::test]
async fn an_event_wakes_a_session_before_its_minute_is_over() {
    let (app, way, servers) = awaiting_data().await;
    let known = looked_at(&app, &way).await;
    while looked_at(&app, &way).await == known {
        app.advance(TimeDelta::seconds(5)).await;
    }
    let before = looked_at(&app, &way).await;
    app.advance(TimeDelta::seconds(20)).await;
    assert_eq!(looked_at(&app, &way).await, before, "nothing is due yet");
    let a2 = servers[0]["way_back"]["source_server_id"].as_str().unwrap();
    app.control().stall_server(a2).unwrap();
    app.advance(TimeDelta::seconds(5)).await;
    let after = looked_at(&app, &way).await;
    assert!(after > before && after < before + TimeDelta::seconds(60));
    let server = way.server(&app, &servers[0]["source_server_id"]).await;
    assert_eq!(server["reverse"]["state"], "ERROR", "{server:#}");
    // And then by the minute again.
    let looks = looks(&app, &way, TimeDelta::minutes(5)).await;
    assert!((4..=5).contains(&looks.len()), "{looks:?}");
}

/// Requirement 001, 5.3: nothing is awaited before reverse replication is asked for.
#[tokio::test]
async fn a_session_that_waits_for_a_person_is_not_looked_at() {
    let Away { app, way, .. } = away(SERVERS).await;
    let before = looked_at(&app, &way).await;
    let looks = looks(&app, &way, TimeDelta::minutes(20)).await;
    assert!(looks.is_empty(), "{looks:?}");
    assert_eq!(looked_at(&app, &way).await, before);
}
