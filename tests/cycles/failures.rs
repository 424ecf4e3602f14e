//! Servers that fail, and servers that have no instance to launch into.

use dr_tests::run::{Wave, group, plan, server_ids, start_pairs, start_plan};
use dr_tests::{admin, product, truth, world};
use serde_json::{Value, json};

const RAW: &str = "InsufficientInstanceCapacity: We currently do not have sufficient capacity";

/// Requirement 004: test_partial_failure_recovery, test_job_failure_detection, test_per_instance_status_tracking.
#[tokio::test]
async fn a_failed_launch_is_a_failed_server_with_the_logs_reason() {
    let app = product(3).await;
    let pairs = world::pairs(&app);
    app.control().fail_launch(&pairs[1].0, RAW).unwrap();
    let id = start_pairs(&app, &pairs, Value::Null).await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED_WITH_FAILURES");
    assert_eq!((over.count("LAUNCHED"), over.count("FAILED")), (2, 1));
    let failed = over.server(&pairs[1].0);
    assert_eq!(failed["status"], "FAILED");
    assert!(
        failed["reason"].as_str().unwrap().contains(RAW),
        "{failed:#}"
    );
    assert!(failed["identity"].is_null());
    let path = format!("/executions/{id}/servers?status=FAILED");
    assert_eq!(admin(&app, "GET", &path, Value::Null).await["total"], 1);
}

#[tokio::test]
async fn an_execution_of_which_no_server_launches_has_failed() {
    let app = product(3).await;
    let pairs = world::pairs(&app);
    for (server, _) in &pairs {
        app.control().fail_launch(server, RAW).unwrap();
    }
    let id = start_pairs(&app, &pairs, Value::Null).await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "FAILED");
    assert_eq!(over.execution["reason"], "No server launched");
    assert_eq!(over.count("FAILED"), 3);
}

#[tokio::test]
async fn failures_of_one_wave_do_not_stop_the_next_unless_the_plan_says_so() {
    let app = product(3).await;
    let ids = server_ids(&app);
    app.control().fail_launch(&ids[0], RAW).unwrap();
    let plan = plan(
        &app,
        &[Wave::of(&ids[..1]), Wave::of(&ids[1..])],
        &Value::Null,
    )
    .await;
    let id = start_plan(&app, &plan, "RECOVERY").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED_WITH_FAILURES");
    assert_eq!(over.count("LAUNCHED"), 2);
}

#[tokio::test]
async fn a_server_without_a_pair_launches_new_and_says_that_nothing_was_kept_and_why() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let group = group(&app, "two of three", &ids).await;
    let path = format!("/protection-groups/{group}/instance-pairs");
    let pairs = admin(&app, "GET", &path, Value::Null).await;
    let pairs = pairs["pairs"].as_array().unwrap().clone();
    let pair = pairs
        .iter()
        .find(|pair| pair["source_server_id"] == ids[0].as_str())
        .unwrap();
    admin(
        &app,
        "DELETE",
        &format!("{path}/{}", pair["id"].as_str().unwrap()),
        Value::Null,
    )
    .await;
    let body = json!({ "name": "p", "waves": [{ "name": "w", "group_ids": [group] }] });
    let plan = admin(&app, "POST", "/recovery-plans", body).await;
    let plan = plan["id"].as_str().unwrap();
    let told = dr_tests::run::ask_plan(&app, plan, "DRILL", json!({ "dry_run": true }))
        .await
        .expect(202);
    assert_eq!(told["waves"][0]["new_instances"], 1);
    let id = start_plan(&app, plan, "DRILL").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED");
    let new = over.server(&ids[0]);
    assert_eq!(new["launch_into"], "new_instance");
    assert_eq!(new["identity"]["instance_id_kept"], false);
    assert_eq!(new["identity"]["private_ip_kept"], false);
    assert_eq!(
        new["identity"]["reason"],
        "No instance pair: it launched into a new instance"
    );
}
