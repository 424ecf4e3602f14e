//! Agents: repaired on recovery instances of a session, and installed where there were none.

use chrono::TimeDelta;
use dr_testkit::{Cut, Role, TestApp};
use dr_tests::home::{Step, Trip, prepare};
use dr_tests::{PRIMARY, RECOVERY, admin, product};
use serde_json::{Value, json};

/// Servers of the fleet.
const SERVERS: usize = 6;
/// The longest a repair takes with the copy that follows it, in simulated time.
const LIMIT: TimeDelta = TimeDelta::hours(30);

/// A fleet that replicates back, and everything in it ready.
async fn ready_to_come_home(app: &TestApp) -> Trip {
    let mut trip = prepare(app).await;
    let (account, region) = PRIMARY;
    let speed = app.control().copy_speed(account, region, Some(1 << 30));
    speed.expect("a place of the estate");
    for step in [Step::FailOver, Step::StopOriginals, Step::Reverse] {
        trip.take(app, step).await;
    }
    trip
}

/// One of its servers, whose agent DRS no longer hears from now on.
async fn disconnected(app: &TestApp, trip: &Trip) -> Value {
    let servers = trip.servers(app).await;
    let server = servers.first().expect("a server").clone();
    let way_back = server["way_back"]["source_server_id"].as_str();
    let a2 = way_back.expect("it replicates back");
    app.control().disconnect_agent(a2).expect("it is there");
    app.advance(TimeDelta::minutes(2)).await;
    server
}

async fn path(app: &TestApp, trip: &Trip) -> String {
    let session = trip.session(app).await.expect("a session");
    let id = session["session_id"].as_str().expect("an id");
    format!("/failover-sessions/{id}/install-agents")
}

async fn repair(app: &TestApp, trip: &Trip) -> Value {
    let body = json!({ "confirm": "full copy" });
    let path = path(app, trip).await;
    let answered = app.rest(Role::Admin, "POST", &path, Some(&body)).await;
    answered.expect(202)
}

/// The server, as soon as it is as wanted.
async fn until(app: &TestApp, trip: &Trip, id: &Value, wanted: impl Fn(&Value) -> bool) -> Value {
    let last = app.now() + LIMIT;
    loop {
        let servers = trip.servers(app).await;
        let server = servers
            .into_iter()
            .find(|server| server["source_server_id"] == *id)
            .expect("it stays in the session");
        if wanted(&server) {
            return server;
        }
        let moved = app.driver().advance_to_next().await.expect("stored");
        assert!(moved.is_some_and(|now| now < last), "{server:#}");
    }
}

fn is_at(stage: &'static str) -> impl Fn(&Value) -> bool {
    move |server| server["stage"] == stage
}

#[tokio::test]
async fn only_the_agent_that_drs_lost_is_repaired_and_its_server_comes_home_ready_again() {
    // Requirement 001, 2.1 to 2.9, across accounts.
    let app = product(SERVERS).await;
    let trip = ready_to_come_home(&app).await;
    let server = disconnected(&app, &trip).await;
    let id = &server["source_server_id"];
    let preview = admin(&app, "POST", &path(&app, &trip).await, json!({})).await;
    assert_eq!(preview["preview"], true);
    let candidates = preview["candidates"].as_array().expect("a list");
    let needing: Vec<&Value> = candidates
        .iter()
        .filter(|candidate| candidate["is_needed"] == true)
        .map(|candidate| &candidate["source_server_id"])
        .collect();
    assert_eq!((candidates.len(), needing), (SERVERS, vec![id]));
    assert_eq!(app.calls("ssm", "SendCommand"), 0, "a preview does nothing");

    let started = repair(&app, &trip).await;
    assert_eq!(started["source_server_ids"], json!([id]));
    let repaired = until(&app, &trip, id, |server| {
        server["repair"]["stage"] == "DONE"
    })
    .await;
    assert!(repaired["way_back"]["source_server_id"].is_string());
    let ready = until(&app, &trip, id, is_at("READY")).await;
    assert_eq!(ready["repair"]["tries"], 1);
    assert_eq!(app.calls("ssm", "SendCommand"), 2, "removed and installed");
}

#[tokio::test]
async fn an_installation_that_fails_says_why_and_is_tried_again_without_removing_anything_again() {
    // Requirement 001, 2.7, 2.8 and 12.2.
    let app = product(SERVERS).await;
    let trip = ready_to_come_home(&app).await;
    let server = disconnected(&app, &trip).await;
    let id = &server["source_server_id"];
    let b2 = server["recovery_instance"]["instance_id"]
        .as_str()
        .expect("B2");
    repair(&app, &trip).await;
    // The first command removes the agent; the next one installs.
    let is_away = |server: &Value| server["repair"]["stage"] == "REBOOTING";
    until(&app, &trip, id, is_away).await;
    app.control()
        .fail_next_command(b2, "no space left on device", 4)
        .expect("it is managed");
    let is_failed = |server: &Value| server["repair"]["stage"] == "FAILED";
    let failed = until(&app, &trip, id, is_failed).await;
    let output = failed["repair"]["output"].to_string();
    assert!(output.contains("no space left on device"), "{failed:#}");
    assert_eq!(failed["repair"]["command_status"], "Failed");
    assert_eq!(failed["repair"]["failed_at"], "INSTALLING");
    let session = trip.session(&app).await.expect("a session");
    assert_eq!(session["status"], "INSTALLING_AGENTS", "{session:#}");

    repair(&app, &trip).await;
    let ready = until(&app, &trip, id, is_at("READY")).await;
    assert_eq!(ready["repair"]["tries"], 2);
    assert_eq!(app.calls("ssm", "SendCommand"), 3);
}

#[tokio::test]
async fn a_process_that_dies_after_a_command_was_sent_finds_it_again() {
    let mut app = product(SERVERS).await;
    let trip = ready_to_come_home(&app).await;
    let server = disconnected(&app, &trip).await;
    let id = &server["source_server_id"];
    repair(&app, &trip).await;
    // Once after the agent was to be removed, once after it was to be installed.
    for _ in 0..2 {
        app.crash_at(Cut::after("SendCommand", 1), LIMIT).await;
    }
    until(&app, &trip, id, is_at("READY")).await;
    let sent = app.control().inspect(|world| {
        let place = world.at(RECOVERY.0, RECOVERY.1);
        place.map_or(0, |place| place.ssm.commands.len())
    });
    assert_eq!(sent, 2);
}

#[tokio::test]
async fn an_agent_is_installed_where_there_was_none_and_nowhere_else() {
    // Requirement 002, phase 1.
    let app = product(SERVERS).await;
    let (account, region) = PRIMARY;
    let list = format!("/agent/candidates?account_id={account}&region={region}&limit=1000");
    let found = admin(&app, "GET", &list, Value::Null).await;
    let candidates = found["candidates"].as_array().expect("a list");
    let (fit, unfit): (Vec<&Value>, Vec<&Value>) = candidates
        .iter()
        .partition(|candidate| candidate["can_install"] == true);
    assert!(!fit.is_empty() && unfit.len() >= SERVERS, "{found:#}");
    for candidate in &unfit {
        assert!(candidate["reasons_not"][0].is_string(), "{candidate:#}");
    }
    let ask = |machines: Vec<&Value>| {
        json!({
            "account_id": account, "region": region, "target_region": region,
            "machine_ids": machines, "tags": { "Tier": "web" },
        })
    };
    let protected = ask(vec![&unfit[0]["machine_id"]]);
    let refused = app
        .rest(Role::Admin, "POST", "/agent/install", Some(&protected))
        .await;
    assert!((400..500).contains(&refused.status), "{:#}", refused.body);

    let machines: Vec<&Value> = fit.iter().map(|one| &one["machine_id"]).collect();
    let wanted = machines.len();
    let body = ask(machines);
    let started = app
        .rest(Role::Admin, "POST", "/agent/install", Some(&body))
        .await
        .expect(202);
    let id = started["installation_id"].as_str().expect("an id");
    let status = format!("/agent/install/{id}/status");
    let last = app.now() + TimeDelta::hours(2);
    let over = loop {
        let seen = admin(&app, "GET", &status, Value::Null).await;
        if seen["is_active"] == false {
            break seen;
        }
        let moved = app.driver().advance_to_next().await.expect("stored");
        assert!(moved.is_some_and(|now| now < last), "{seen:#}");
    };
    assert_eq!(
        (&over["status"], &over["done"]),
        (&json!("SUCCESS"), &json!(wanted)),
        "{over:#}"
    );
    assert_eq!(app.calls("ssm", "SendCommand"), 1);
    let again = admin(&app, "GET", &list, Value::Null).await;
    let none = again["candidates"].as_array().expect("a list");
    assert!(
        none.iter().all(|one| one["can_install"] == false),
        "{again:#}"
    );
}
