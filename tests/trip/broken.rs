//! Each action of the way home fails for one server, for good: the session says what failed and what to do, the others
//! go on, and the same action asked for again does the rest once the cause is gone.

use dr_sim::control::{Aimed, Fault, FaultKind};
use dr_testkit::TestApp;
use dr_tests::home::assert_same;
use dr_tests::way::{Away, Way, assert_home, away, of_stage};
use dr_tests::{PRIMARY, RECOVERY};
use serde_json::{Value, json};

const SERVERS: usize = 6;
const WHY: &str = "Injected: somebody took the permission away";

/// The next call of an operation of DRS at a place is denied.
fn deny(app: &TestApp, (account, region): (&str, &str), operation: &str) {
    app.control().inject(Aimed {
        fault: Fault {
            service: "drs".to_owned(),
            operation: operation.to_owned(),
            nth: 1,
            times: 1,
            kind: FaultKind::Error {
                status: 403,
                code: "AccessDeniedException".to_owned(),
                message: WHY.to_owned(),
            },
        },
        account: Some(account.to_owned()),
        region: Some(region.to_owned()),
    });
}

/// The one server that failed in a step, when it is known for good. It says what, why, and what to do.
async fn told(app: &TestApp, way: &Way, step: &str) -> Value {
    let is_told = |s: &Value| s["error"]["step"] == step && s["error"]["is_final"] == true;
    way.until(app, &format!("told of {step}"), |_, servers| {
        servers.iter().any(is_told)
    })
    .await;
    // Nothing tries it again by itself, and nothing forgets it.
    app.advance(chrono::TimeDelta::minutes(5)).await;
    let servers = way.servers(app).await;
    let failed: Vec<&Value> = servers.iter().filter(|s| s["error"].is_object()).collect();
    let [failed] = failed.as_slice() else {
        panic!("one server fails in {step}: {failed:#?}");
    };
    let error = &failed["error"];
    assert!(is_told(failed), "{failed:#}");
    assert!(
        error["message"].as_str().unwrap().contains("Injected"),
        "{error:#}"
    );
    let advice = error["remediation"].as_str().unwrap();
    assert!(
        advice.contains("try the step again") || advice.contains("again"),
        "{error:#}"
    );
    let server = failed["source_server_id"].as_str().unwrap();
    let correlation_id = format!("{}/{server}/{step}", way.id);
    assert_eq!(error["correlation_id"], correlation_id.as_str());
    let session = way.session(app).await;
    assert_eq!(session["failed_servers"], 1, "{session:#}");
    (*failed).clone()
}

/// The others have come so far as if nothing had failed.
async fn others_are(app: &TestApp, way: &Way, failed: &Value, stage: &str) {
    let id = &failed["source_server_id"];
    let servers = way.until_stage(app, stage, SERVERS - 1).await;
    let still = servers.iter().find(|s| s["source_server_id"] == *id);
    assert_ne!(still.unwrap()["stage"], stage);
}

/// All are there, none has an error left.
async fn all_are(app: &TestApp, way: &Way, stage: &str) {
    let servers = way.until_stage(app, stage, SERVERS).await;
    assert!(servers.iter().all(|s| s["error"].is_null()), "{servers:#?}");
    let session = way.session(app).await;
    assert_eq!(session["failed_servers"], 0, "{session:#}");
}

/// Requirement 001, 5.6, 10.8 and 12.4 to 12.6.
async fn reverse_replication(app: &TestApp, way: &Way) {
    deny(app, RECOVERY, "ReverseReplication");
    let action = "start-reverse-replication";
    way.take(app, action, json!({})).await;
    let failed = told(app, way, "reverse_replication").await;
    others_are(app, way, &failed, "READY").await;
    let before = app.calls("drs", "ReverseReplication");
    let again = json!({ "source_server_ids": [failed["source_server_id"]] });
    way.take(app, action, again).await;
    all_are(app, way, "READY").await;
    assert_eq!(app.calls("drs", "ReverseReplication"), before + 1);
}

/// Requirement 001, 3.7 and 12.3: the server that was not applied says so, and no other is touched again.
async fn mirroring(app: &TestApp, way: &Way) {
    deny(app, PRIMARY, "UpdateLaunchConfiguration");
    way.take(app, "mirror-config", json!({})).await;
    let problems = |servers: &[Value]| -> Vec<Value> {
        let problem = |s: &Value| s["mirrored"]["problem"].clone();
        servers
            .iter()
            .map(problem)
            .filter(Value::is_string)
            .collect()
    };
    let found = problems(&way.servers(app).await);
    let [problem] = found.as_slice() else {
        panic!("one server is not applied: {found:#?}");
    };
    let words = problem.as_str().unwrap();
    assert!(words.contains("Injected"), "{words}");
    assert!(words.contains("mirror the configuration again"), "{words}");
    let before = app.calls("drs", "UpdateLaunchConfiguration");
    way.take(app, "mirror-config", json!({})).await;
    assert_eq!(problems(&way.servers(app).await), Vec::<Value>::new());
    assert_eq!(app.calls("drs", "UpdateLaunchConfiguration"), before + 1);
    all_are(app, way, "READY").await;
    way.until_status(app, "READY_FOR_FAILBACK").await;
}

/// Requirement 001, 6.6.
async fn failback(app: &TestApp, way: &Way, before: &Value) {
    let servers = way.servers(app).await;
    let a2 = servers[0]["way_back"]["source_server_id"].as_str().unwrap();
    app.control().fail_launch(a2, WHY).unwrap();
    way.fail_back(app, json!({ "execution_type": "RECOVERY" }))
        .await;
    let failed = told(app, way, "failback").await;
    others_are(app, way, &failed, "FAILED_BACK").await;
    let servers = way.until_stage(app, "READY", 1).await;
    assert_home(app, before, &of_stage(&servers, "FAILED_BACK"));
    let jobs = app.calls("drs", "StartRecovery");
    way.fail_back(app, json!({ "execution_type": "RECOVERY" }))
        .await;
    all_are(app, way, "FAILED_BACK").await;
    assert_eq!(app.calls("drs", "StartRecovery"), jobs + 1);
    let servers = way.servers(app).await;
    assert_home(app, before, &servers.iter().collect::<Vec<_>>());
}

/// Requirement 001, 7.
async fn re_protection(app: &TestApp, way: &Way) {
    deny(app, PRIMARY, "ReverseReplication");
    way.take(app, "re-protect", json!({})).await;
    let failed = told(app, way, "re_protect").await;
    others_are(app, way, &failed, "RE_PROTECTED").await;
    let before = app.calls("drs", "ReverseReplication");
    way.take(app, "re-protect", json!({})).await;
    all_are(app, way, "RE_PROTECTED").await;
    assert_eq!(app.calls("drs", "ReverseReplication"), before + 1);
}

/// Requirement 001, 8: whichever step of it fails, the same request does the rest.
async fn clean_up(app: &TestApp, way: &Way) {
    for (place, operation, step) in [
        (PRIMARY, "StopReplication", "stop_reverse_replication"),
        (
            PRIMARY,
            "DeleteRecoveryInstance",
            "forget_failed_back_instance",
        ),
        (PRIMARY, "DisconnectSourceServer", "disconnect_way_back"),
        (PRIMARY, "DeleteSourceServer", "delete_way_back"),
        (
            RECOVERY,
            "GetLaunchConfiguration",
            "delete_detached_volumes",
        ),
    ] {
        deny(app, place, operation);
        way.clean_up(app).await;
        let failed = told(app, way, step).await;
        assert_eq!(failed["stage"], "CLEANING_UP", "{failed:#}");
        others_are(app, way, &failed, "HOME").await;
    }
    way.clean_up(app).await;
    all_are(app, way, "HOME").await;
    way.until_status(app, "CLEANUP_COMPLETE").await;
}

/// Requirement 001, 12.5 with 10.8: "without losing progress".
#[tokio::test]
async fn an_action_that_fails_for_one_server_says_so_and_asked_for_again_does_only_what_is_left() {
    let Away {
        app, way, before, ..
    } = away(SERVERS).await;
    reverse_replication(&app, &way).await;
    mirroring(&app, &way).await;
    failback(&app, &way, &before).await;
    re_protection(&app, &way).await;
    clean_up(&app, &way).await;
    assert_same(&before, &app.control().inventory());
}
