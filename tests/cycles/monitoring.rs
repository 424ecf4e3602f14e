//! How replication goes over the whole estate: what pages are drawn from (requirement 002, phases 2 and 4).

use chrono::TimeDelta;
use dr_testkit::TestApp;
use dr_tests::run::server_ids;
use dr_tests::{PRIMARY, RECOVERY, admin, product};
use serde_json::{Value, json};

async fn dashboard(app: &TestApp) -> Value {
    admin(app, "GET", "/replication/dashboard", Value::Null).await
}

async fn refresh(app: &TestApp) -> Value {
    admin(app, "POST", "/replication/refresh", json!({})).await
}

fn here(id: &str, what: &str) -> String {
    let (account, region) = RECOVERY;
    format!("/servers/{id}/{what}?account_id={account}&region={region}")
}

/// Requirement 002, 4.2: state distribution, servers by region, alerts, recent activity.
#[tokio::test]
async fn a_stall_is_an_alert_and_an_activity_and_goes_when_it_is_over() {
    let app = product(6).await;
    let stalled = server_ids(&app)[0].clone();
    refresh(&app).await;
    let quiet = dashboard(&app).await;
    assert_eq!(quiet["total_servers"], 6, "{quiet:#}");
    assert_eq!(
        (&quiet["needs_attention"], &quiet["activity"]),
        (&json!(0), &json!([]))
    );
    app.control().stall_server(&stalled).unwrap();
    app.advance(TimeDelta::minutes(2)).await;
    refresh(&app).await;
    let alarmed = dashboard(&app).await;
    let alert = &alarmed["alerts"][0];
    assert_eq!(alarmed["needs_attention"], 1, "{alarmed:#}");
    assert_eq!(
        (&alert["source_server_id"], &alert["severity"]),
        (&json!(stalled), &json!("critical"))
    );
    assert!(
        !alert["remediation"].as_str().unwrap().is_empty(),
        "{alert:#}"
    );
    assert_eq!(
        (
            &alarmed["activity"][0]["from"],
            &alarmed["activity"][0]["to"]
        ),
        (&json!("CONTINUOUS"), &json!("STALLED"))
    );
    // The live look at the one server says the same, and what to do.
    let status = admin(
        &app,
        "GET",
        &here(&stalled, "replication-status"),
        Value::Null,
    )
    .await;
    assert!(
        !status["advice"].as_array().unwrap().is_empty(),
        "{status:#}"
    );
    let listed = admin(
        &app,
        "GET",
        "/servers/replication-status?alerts_only=true",
        Value::Null,
    )
    .await;
    assert_eq!(listed["total"], 1, "{listed:#}");
    app.control().resume_server(&stalled).unwrap();
    app.advance(TimeDelta::hours(2)).await;
    refresh(&app).await;
    assert_eq!(dashboard(&app).await["needs_attention"], 0);
}

#[tokio::test]
async fn the_poller_keeps_the_inventory_fresh_and_a_point_of_lag_every_five_minutes() {
    let app = product(3).await;
    let id = server_ids(&app)[0].clone();
    app.advance(TimeDelta::minutes(31)).await;
    let shown = dashboard(&app).await;
    let age = shown["places"]
        .as_array()
        .unwrap()
        .iter()
        .find(|place| place["servers"] == 3);
    let age = age.unwrap()["age_seconds"].as_u64().unwrap();
    assert!(age <= 360, "{shown:#}");
    let history = admin(&app, "GET", &here(&id, "lag-history"), Value::Null).await;
    let points = history["points"].as_array().unwrap().len();
    assert!((6..=7).contains(&points), "{history:#}");
    // Nothing moves: a sweep every five minutes, and none for recovery instances, of which there are none.
    let sweeps = app
        .control()
        .calls()
        .into_iter()
        .filter(|call| call.operation == "DescribeSourceServers" && call.region == RECOVERY.1);
    assert!(sweeps.count() <= 8);
    assert_eq!(app.calls("drs", "DescribeRecoveryInstances"), 0);
}

#[tokio::test]
async fn a_stall_that_drs_tells_of_is_in_the_inventory_at_once_and_a_storm_of_them_is_one_reading()
{
    let app = product(5).await;
    app.advance(TimeDelta::minutes(20)).await;
    let sweeps = || {
        let calls = app.control().calls().into_iter();
        let is_sweep =
            |name: &str, region: &str| name == "DescribeSourceServers" && region == RECOVERY.1;
        calls
            .filter(|call| is_sweep(&call.operation, &call.region))
            .count()
    };
    let servers = server_ids(&app);
    assert_eq!(dashboard(&app).await["needs_attention"], 0);
    let before = sweeps();
    for server in &servers {
        app.control().stall_server(server).unwrap();
    }
    // By schedule a place in which nothing moves is read every five minutes.
    app.advance(TimeDelta::seconds(8)).await;
    assert_eq!(dashboard(&app).await["needs_attention"], servers.len());
    assert_eq!(sweeps(), before + 1);
}

/// Pages ask no region: they are as fast on the worst day.
#[tokio::test]
async fn the_estate_is_answered_without_a_call_to_drs_and_a_region_that_is_away_keeps_what_was_known()
 {
    let app = product(3).await;
    refresh(&app).await;
    app.control().reset_calls();
    dashboard(&app).await;
    admin(&app, "GET", "/servers/replication-status", Value::Null).await;
    assert_eq!(app.control().call_counts().get("drs"), None);
    app.control().inject(dr_sim::control::Fault {
        service: "drs".to_owned(),
        operation: "*".to_owned(),
        nth: 1,
        times: u32::MAX,
        kind: dr_sim::control::FaultKind::NoAnswer,
    });
    app.advance(TimeDelta::minutes(10)).await;
    let shown = dashboard(&app).await;
    assert_eq!(shown["total_servers"], 3, "{shown:#}");
    let places = shown["places"].as_array().unwrap();
    let away = places
        .iter()
        .find(|place| place["region"] == RECOVERY.1 || place["place"]["region"] == RECOVERY.1);
    let away = away.unwrap();
    assert!(
        away["error"].is_string() && away["age_seconds"].as_u64().unwrap() >= 500,
        "{away:#}"
    );
    app.control().clear_faults();
}

/// Requirement 004, "Validate Reverse Replication Prerequisites".
#[tokio::test]
async fn before_reverse_replication_every_prerequisite_is_named_and_a_stopped_instance_is_refused()
{
    let app = product(3).await;
    let id = dr_tests::run::start_pairs(
        &app,
        &dr_tests::world::pairs(&app),
        json!({ "is_drill": false }),
    )
    .await;
    app.run_until_terminal(&id, TimeDelta::hours(3)).await;
    app.advance(TimeDelta::minutes(10)).await;
    let instance = dr_tests::world::recovery_instances(&app)[0].clone();
    let body = json!({
        "recovery_instance_id": instance, "primary_region": PRIMARY.1, "dr_region": RECOVERY.1,
    });
    let path = "/drs/recovery/validate-reverse-replication";
    let well = admin(&app, "POST", path, body.clone()).await;
    assert_eq!(well["ready_for_reverse_replication"], true, "{well:#}");
    let checks = well["checks"].as_array().unwrap();
    for name in [
        "recovery_instance_running",
        "network_connectivity_port_1500",
        "security_groups",
        "iam_permissions",
    ] {
        assert!(
            checks.iter().any(|check| check["check_name"] == name),
            "{name}"
        );
    }
    dr_tests::world::stop(&app, &instance).await;
    let ill = admin(&app, "POST", path, body).await;
    assert_eq!(ill["ready_for_reverse_replication"], false);
    assert_eq!(
        ill["critical_failures"][0]["check_name"], "recovery_instance_running",
        "{ill:#}"
    );
}
