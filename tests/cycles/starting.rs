//! What a start refuses, leaves out, repeats and only tells.

use dr_testkit::{Role, TestApp};
use dr_tests::run::{Wave, ask_pairs, ask_plan, execution_id, plan, server_ids, start_pairs};
use dr_tests::{admin, product, truth, world};
use serde_json::{Value, json};

async fn assert_nothing_is_stored(app: &TestApp) {
    let list = admin(app, "GET", "/executions", Value::Null).await;
    assert_eq!(list["executions"], json!([]));
    assert_eq!(app.calls("states", "StartExecution"), 0);
    assert_eq!(app.poll().await, Ok(false), "the lease is held");
}

fn failed(checks: &Value) -> Vec<(String, String)> {
    let words = |check: &Value, key: &str| check[key].as_str().unwrap().to_owned();
    let checks = checks.as_array().unwrap().iter();
    checks
        .inspect(|check| assert!(!words(check, "remediation").is_empty(), "{check:#}"))
        .map(|check| (words(check, "check_name"), words(check, "message")))
        .collect()
}

/// An estate of 8 has one running and one untagged target.
fn assert_names_both(checks: &Value) {
    let failed = failed(checks);
    let has = |name: &str, word: &str| failed.iter().any(|(n, m)| n == name && m.contains(word));
    assert!(has("target_instance_state", "running"), "{failed:#?}");
    assert!(
        failed.iter().any(|(name, _)| name == "awsdrs_tag"),
        "{failed:#?}"
    );
    assert_eq!(failed.len(), 2, "{failed:#?}");
}

#[tokio::test]
async fn a_running_and_an_untagged_target_are_refused_by_name_and_nothing_is_stored() {
    let app = product(8).await;
    let refused = ask_pairs(&app, &world::pairs(&app), Value::Null).await;
    let body = refused.expect(400);
    assert_eq!(body["error"]["code"], "VALIDATION_FAILED");
    assert_names_both(&body["error"]["details"]["failed_checks"]);
    assert_nothing_is_stored(&app).await;
}

#[tokio::test]
async fn servers_that_cannot_launch_are_left_out_when_asked_to() {
    let app = product(8).await;
    let pairs = world::pairs(&app);
    let id = start_pairs(&app, &pairs, json!({ "skip_invalid_servers": true })).await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.count("SKIPPED"), 2);
    assert_eq!(over.count("LAUNCHED"), pairs.len() - 2);
    assert_eq!(over.status(), "COMPLETED_WITH_FAILURES");
    let skipped = over.servers.iter().filter(|s| s["status"] == "SKIPPED");
    for server in skipped {
        assert!(server["reason"].as_str().unwrap().starts_with("Left out: "));
        assert!(server["job_id"].is_null(), "{server:#}");
    }
}

#[tokio::test]
async fn a_dry_run_tells_everything_and_stores_nothing() {
    let app = product(8).await;
    let pairs = world::pairs(&app);
    let told = ask_pairs(&app, &pairs, json!({ "dry_run": true }))
        .await
        .expect(202);
    assert_eq!(told["execution_id"], Value::Null);
    assert_eq!(told["total_servers"], pairs.len());
    assert_eq!(told["waves"][0]["jobs"], 1);
    assert_names_both(&told["failed_checks"]);
    assert_nothing_is_stored(&app).await;
    let left_out = json!({ "dry_run": true, "skip_invalid_servers": true });
    let told = ask_pairs(&app, &pairs, left_out).await.expect(202);
    assert_eq!(told["waves"][0]["skipped"], 2);
    assert_eq!(told["failed_checks"], json!([]));
    assert_nothing_is_stored(&app).await;
}

#[tokio::test]
async fn nothing_starts_when_every_server_is_invalid_even_if_they_may_be_left_out() {
    let app = product(3).await;
    let pairs = world::pairs(&app);
    let same: Vec<_> = pairs
        .iter()
        .map(|(server, _)| (server.clone(), "i-0123456789abcdef0".to_owned()))
        .collect();
    let refused = ask_pairs(&app, &same, json!({ "skip_invalid_servers": true })).await;
    assert_eq!(refused.expect(400)["error"]["code"], "VALIDATION_FAILED");
    assert_nothing_is_stored(&app).await;
}

#[tokio::test]
async fn the_same_client_token_is_the_same_execution_before_during_and_after() {
    let app = product(3).await;
    let pairs = world::pairs(&app);
    // A real recovery: once it is over, a second one would be refused by the guard.
    let more = || json!({ "client_token": "once-and-only", "is_drill": false });
    let id = start_pairs(&app, &pairs, more()).await;
    let again = ask_pairs(&app, &pairs, more()).await.expect(202);
    assert_eq!(execution_id(&again), id, "before it began");
    dr_tests::run::until_status(&app, &id, "LAUNCHING").await;
    let again = ask_pairs(&app, &pairs, more()).await.expect(202);
    assert_eq!(execution_id(&again), id, "while it runs");
    assert_eq!(again["total_servers"], 3);
    truth::over(&app, &id).await;
    let again = ask_pairs(&app, &pairs, more()).await.expect(202);
    assert_eq!(execution_id(&again), id, "when it is over");
    assert_eq!(again["status"], "COMPLETED");
    truth::over(&app, &id).await;
    assert_eq!(app.calls("drs", "StartRecovery"), 1);
}

#[tokio::test]
async fn a_client_token_is_a_persons_own() {
    let app = product(3).await;
    let pairs = world::pairs(&app);
    let id = start_pairs(&app, &pairs[..1], json!({ "client_token": "shared-token" })).await;
    let mut body = dr_tests::places();
    body["pairs"] = json!([{ "source_server_id": pairs[1].0, "target_instance_id": pairs[1].1 }]);
    body["client_token"] = json!("shared-token");
    let answered = app
        .rest(
            Role::Operator,
            "POST",
            "/drs/recovery/failover",
            Some(&body),
        )
        .await;
    let other = execution_id(&answered.expect(202));
    assert_ne!(id, other);
    app.run_until_terminal(&id, dr_tests::run::LIMIT).await;
    truth::over(&app, &other).await;
}

#[tokio::test]
async fn a_second_execution_of_the_same_servers_is_refused_and_names_the_first() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let pairs = world::pairs(&app);
    let plan = plan(&app, &[Wave::of(&ids)], &Value::Null).await;
    let first = start_pairs(&app, &pairs[..1], Value::Null).await;
    for skip in [false, true] {
        let one = ask_pairs(&app, &pairs[..1], json!({ "skip_invalid_servers": skip })).await;
        let checks = failed(&one.expect(400)["error"]["details"]["failed_checks"]);
        let named = checks
            .iter()
            .any(|(name, message)| name == "no_other_execution" && message.contains(&first));
        assert!(named, "{checks:#?}");
    }
    // With others in it, the held one can be left out.
    let started = ask_plan(
        &app,
        &plan,
        "DRILL",
        json!({ "skip_invalid_servers": true }),
    )
    .await;
    let second = execution_id(&started.expect(202));
    app.run_until_terminal(&first, dr_tests::run::LIMIT).await;
    let over = truth::over(&app, &second).await;
    assert_eq!((over.count("SKIPPED"), over.count("LAUNCHED")), (1, 2));
    let held = over.server(&pairs[0].0);
    assert!(
        held["reason"].as_str().unwrap().contains(&first),
        "{held:#}"
    );
}

#[tokio::test]
async fn a_recovery_takes_more_than_the_role_that_may_drill() {
    let app = product(3).await;
    let (server, target) = world::pairs(&app).remove(0);
    let mut body = dr_tests::places();
    body["pairs"] = json!([{ "source_server_id": server, "target_instance_id": target }]);
    let refused = app
        .rest(
            Role::ReadOnly,
            "POST",
            "/drs/recovery/failover",
            Some(&body),
        )
        .await;
    assert_eq!(refused.expect(403)["error"]["code"], "FORBIDDEN");
    assert_nothing_is_stored(&app).await;
}

/// Nobody may read or write the tables for four hours: neither the first step of the state machine nor the record of its
/// failure gets through, and the machine is over by then.
#[tokio::test]
async fn an_execution_that_its_state_machine_could_not_begin_is_begun_by_another_and_launches_once()
{
    use chrono::TimeDelta;
    use dr_sim::control::{Fault, FaultKind};
    let app = product(3).await;
    let id = start_pairs(&app, &world::pairs(&app), Value::Null).await;
    let outage = app.control().inject(Fault {
        service: "dynamodb".to_owned(),
        operation: "*".to_owned(),
        nth: 1,
        times: u32::MAX,
        kind: FaultKind::Error {
            status: 400,
            code: "AccessDeniedException".to_owned(),
            message: "not authorized".to_owned(),
        },
    });
    app.advance(TimeDelta::hours(4)).await;
    app.control().end_fault(outage).unwrap();
    let over = truth::over(&app, &id).await;
    assert_eq!((over.status(), over.count("LAUNCHED")), ("COMPLETED", 3));
    assert_eq!(app.calls("drs", "StartRecovery"), 1);
}
