//! A failback on trial: probed, undone, tried again, committed at the end of its window. And what mirroring makes.

use chrono::TimeDelta;
use dr_testkit::TestApp;
use dr_tests::home::{Step, Trip, originals, prepare};
use dr_tests::{PRIMARY, RECOVERY, admin, product};
use serde_json::{Value, json};

/// Failed over, replicated back and mirrored.
async fn ready() -> (TestApp, Trip, String) {
    let app = product(6).await;
    let mut trip = prepare(&app).await;
    trip.take(&app, Step::FailOver).await;
    trip.take(&app, Step::StopOriginals).await;
    let session = trip.session(&app).await.unwrap();
    let id = session["session_id"].as_str().unwrap().to_owned();
    post(&app, &id, "start-reverse-replication", json!({})).await;
    let is_ready = |session: &Value| session["stages"]["ready"] == session["total_servers"];
    until(&app, &trip, "ready", is_ready).await;
    let mirrored = post(&app, &id, "mirror-config", json!({})).await;
    assert_eq!(mirrored["status"], "READY_FOR_FAILBACK", "{mirrored:#}");
    (app, trip, id)
}

async fn post(app: &TestApp, id: &str, action: &str, body: Value) -> Value {
    let path = format!("/failover-sessions/{id}/{action}");
    admin(app, "POST", &path, body).await
}

/// Goes on until the session is as wanted; gives it.
async fn until(app: &TestApp, trip: &Trip, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    let last = app.now() + TimeDelta::hours(30);
    loop {
        let session = trip.session(app).await.unwrap();
        if is(&session) {
            return session;
        }
        assert!(app.now() <= last, "never {what}: {session:#}");
        app.advance(TimeDelta::minutes(2)).await;
    }
}

async fn until_status(app: &TestApp, trip: &Trip, status: &str) -> Value {
    until(app, trip, status, |session| session["status"] == status).await
}

/// States of instances, by EC2's word, sorted and without doubles.
fn states(app: &TestApp, (account, region): (&str, &str), ids: &[String]) -> Vec<String> {
    app.control().inspect(|world| {
        let place = world.at(account, region).expect("a place of the estate");
        let states = ids.iter().filter_map(|id| place.ec2.instances.get(id));
        let words = states.map(|one| one.state.word().to_owned());
        words
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect()
    })
}

async fn hold_on_trial(app: &TestApp, id: &str, probes: Value) {
    let policy = json!({
        "window_minutes": 30, "when_healthy": "COMMIT", "when_unhealthy": "WAIT", "probes": probes,
    });
    let path = format!("/failover-sessions/{id}");
    admin(app, "PUT", &path, json!({ "commit_policy": policy })).await;
}

async fn fail_back(app: &TestApp, id: &str, token: &str) {
    let body = json!({ "execution_type": "RECOVERY", "client_token": token });
    post(app, id, "execute-failback", body).await;
}

#[tokio::test]
async fn a_failback_on_trial_is_undone_and_tried_again_and_commits_itself_when_all_is_well() {
    let (app, trip, id) = ready().await;
    let probe = json!([{ "command": { "line": "systemctl is-active web" } }]);
    hold_on_trial(&app, &id, probe).await;
    let recovered: Vec<String> = trip
        .servers(&app)
        .await
        .iter()
        .map(|s| {
            s["recovery_instance"]["instance_id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(recovered.len(), 6);

    fail_back(&app, &id, "failback-of-trial-1").await;
    let session = until_status(&app, &trip, "FAILBACK_UNCOMMITTED").await;
    assert!(session["commit_window"]["until"].is_string());
    assert_eq!(states(&app, PRIMARY, &originals(&app)), ["running"]);

    // Only the typed words undo it.
    let path = format!("/failover-sessions/{id}/go-back");
    let refused = json!({ "confirm": "yes" });
    let answer = app
        .rest(dr_testkit::Role::Admin, "POST", &path, Some(&refused))
        .await;
    assert_eq!(answer.status, 400, "{:#}", answer.body);
    post(&app, &id, "go-back", json!({ "confirm": "go back" })).await;
    let session = until_status(&app, &trip, "READY_FOR_FAILBACK").await;
    assert!(session["commit_window"].is_null());
    assert_eq!(states(&app, PRIMARY, &originals(&app)), ["stopped"]);
    assert_eq!(states(&app, RECOVERY, &recovered), ["running"]);
    app.control().inspect(|world| {
        let place = world.at(PRIMARY.0, PRIMARY.1).expect("the primary place");
        assert!(place.drs.instances.is_empty(), "no record of A3 is left");
    });

    fail_back(&app, &id, "failback-of-trial-2").await;
    until_status(&app, &trip, "FAILBACK_UNCOMMITTED").await;
    let since = app.now();
    let session = until_status(&app, &trip, "FAILBACK_COMPLETE").await;
    assert!(app.now() - since >= TimeDelta::minutes(25));
    assert!(session["commit_window"].is_null());
    assert_eq!(states(&app, PRIMARY, &originals(&app)), ["running"]);
    assert!(app.calls("ssm", "SendCommand") >= 2);
}

#[tokio::test]
async fn mirroring_twice_makes_everything_once_and_asks_drs_once_per_server() {
    // Requirements 001, 3.1 to 3.8 and 4.1 to 4.6.
    let (app, trip, id) = ready().await;
    let before = admin(
        &app,
        "GET",
        &format!("/failover-sessions/{id}/mirror-status"),
        Value::Null,
    )
    .await;
    let (gets, updates, versions) = (
        app.calls("drs", "GetLaunchConfiguration"),
        app.calls("drs", "UpdateLaunchConfiguration"),
        app.calls("ec2", "CreateLaunchTemplateVersion"),
    );
    let again = post(&app, &id, "mirror-config", json!({})).await;
    assert_eq!(again["mirrored_groups"], before["mirrored_groups"]);
    assert_eq!(again["mirrored_plan_id"], before["mirrored_plan_id"]);
    assert_eq!(again["warnings"], json!([]), "{again:#}");
    assert_eq!(again["remaining"], 0);
    assert_eq!(app.calls("drs", "GetLaunchConfiguration"), gets + 6);
    assert_eq!(app.calls("drs", "UpdateLaunchConfiguration"), updates);
    assert_eq!(app.calls("ec2", "CreateLaunchTemplateVersion"), versions);
    for server in again["servers"].as_array().unwrap() {
        let origin = &server["mirrored"]["target_instance_id"];
        assert!(originals(&app).iter().any(|id| origin == id.as_str()));
        assert!(server["mirrored"]["subnet_id"].is_string());
    }
    // The original knows its way home, and the way home its original.
    let plan = &trip.fleet.plan_id;
    let original = admin(&app, "GET", &format!("/recovery-plans/{plan}"), Value::Null).await;
    assert_eq!(original["mirrored_as"], before["mirrored_plan_id"]);
    let home = before["mirrored_plan_id"].as_str().unwrap();
    let mirrored = admin(&app, "GET", &format!("/recovery-plans/{home}"), Value::Null).await;
    assert_eq!(mirrored["mirror_of"], plan.as_str());
    assert_eq!(
        mirrored["waves"].as_array().unwrap().len(),
        original["waves"].as_array().unwrap().len()
    );
}
