//! One real drill through the whole product: undisturbed, and killed around its most delicate call.
#![expect(clippy::unwrap_used, reason = "tests")]

use chrono::TimeDelta;
use dr_api::Operation;
use dr_model::role::Role;
use dr_testkit::{Cut, TestApp};
use serde_json::{Value, json};

const LIMIT: TimeDelta = TimeDelta::hours(3);

fn between() -> Value {
    json!({
        "primary_account_id": "111122223333", "dr_account_id": "444455556666",
        "primary_region": "us-east-1", "dr_region": "us-west-2",
    })
}

/// Starts a drill of every exactly matched pair and gives its id.
async fn start(app: &TestApp) -> String {
    let matched = app.operation(Operation::MatchInstances, &between()).await;
    let pairs: Vec<Value> = matched["matched_pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| {
            json!({"source_server_id": pair["source_server_id"],
                   "target_instance_id": pair["target_instance_id"]})
        })
        .collect();
    assert!(pairs.len() >= 20, "{matched:#}");
    let mut body = between();
    body["pairs"] = json!(pairs);
    body["skip_invalid_servers"] = json!(true);
    let started = app
        .rest(
            Role::Operator,
            "POST",
            "/drs/recovery/failover",
            Some(&body),
        )
        .await
        .expect(202);
    started["execution_id"].as_str().unwrap().to_owned()
}

/// The running and the untagged target are left out, all others are launched.
fn assert_over(execution: &Value, when: &str) {
    assert_eq!(
        execution["status"], "COMPLETED_WITH_FAILURES",
        "{when}: {execution:#}"
    );
    let servers = &execution["servers"];
    assert_eq!(
        *servers,
        json!({"waiting": 0, "launching": 0, "launched": 20, "failed": 0, "skipped": 2}),
        "{when}"
    );
}

#[tokio::test]
async fn a_drill_runs_to_its_end() {
    let app = TestApp::start().await;
    let id = start(&app).await;
    let over = app.run_until_terminal(&id, LIMIT).await;
    assert_over(&over, "undisturbed");
    assert_eq!(app.calls("drs", "StartRecovery"), 1);
    app.run_until_idle(TimeDelta::minutes(10)).await;
}

#[tokio::test]
async fn killed_around_its_launch_a_drill_ends_the_same_with_one_job() {
    for cut in [
        Cut::before("StartRecovery", 1),
        Cut::after("StartRecovery", 1),
        Cut::before("SendTaskSuccess", 1),
        Cut::after("SendTaskSuccess", 1),
    ] {
        let mut app = TestApp::start().await;
        let id = start(&app).await;
        app.crash_at(cut.clone(), LIMIT).await;
        let over = app.run_until_terminal(&id, LIMIT).await;
        assert_over(&over, &format!("{cut:?}"));
        let world = app.control().dump().unwrap();
        let jobs = &world["places"]["444455556666"]["us-west-2"]["drs"]["jobs"];
        assert_eq!(jobs.as_object().unwrap().len(), 1, "{cut:?}");
        app.run_until_idle(TimeDelta::minutes(10)).await;
    }
}
