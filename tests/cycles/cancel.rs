//! Cancelling: nothing more starts, what runs is waited for, the rest is left out.

use dr_testkit::{Role, TestApp};
use dr_tests::run::{Wave, plan, say, server_ids, start_plan, told, until, until_status, view};
use dr_tests::{product, truth, world};
use serde_json::{Value, json};

async fn started(app: &TestApp, pause_before_second: bool) -> String {
    let ids = server_ids(app);
    let second = json!({ "pause_before": pause_before_second });
    let waves = [Wave::of(&ids[..1]), Wave::of(&ids[1..]).with(second)];
    let plan = plan(app, &waves, &Value::Null).await;
    start_plan(app, &plan, "DRILL").await
}

#[tokio::test]
async fn cancelled_while_paused_the_rest_is_left_out_and_what_launched_runs_on() {
    let app = product(3).await;
    let id = started(&app, true).await;
    until_status(&app, &id, "PAUSED").await;
    let body = json!({ "reason": "The drill took too long" });
    let cancelling = say(&app, &id, "cancel", body).await.expect(200);
    assert_eq!(cancelling["status"], "CANCELLING");
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "CANCELLED");
    assert_eq!((over.count("LAUNCHED"), over.count("SKIPPED")), (1, 2));
    let reason = over.execution["reason"].as_str().unwrap();
    assert!(
        reason.contains("The drill took too long") && reason.contains(Role::Admin.name()),
        "{reason}"
    );
    assert_eq!(world::launches(&app).len(), 1);
}

/// Requirement 004: test_recovery_job_cancellation.
#[tokio::test]
async fn cancelled_while_launching_the_job_is_waited_for_and_nothing_more_starts() {
    let app = product(3).await;
    let id = started(&app, false).await;
    until(&app, &id, |view| view["servers"]["launching"] == 1).await;
    told(&app, &id, "cancel").await;
    let waits = view(&app, &id).await;
    assert_eq!(
        (&waits["status"], &waits["current_phase"]),
        (&json!("CANCELLING"), &json!("cancelling"))
    );
    assert!(
        waits["waiting_for"]
            .as_str()
            .unwrap()
            .contains("cannot be cancelled"),
        "{waits:#}"
    );
    // Saying it again changes nothing.
    told(&app, &id, "cancel").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "CANCELLED");
    assert_eq!((over.count("LAUNCHED"), over.count("SKIPPED")), (1, 2));
    let jobs = world::launches(&app);
    assert_eq!(jobs.len(), 1);
    assert!(!jobs[0].is_active, "it ended after the job");
}

#[tokio::test]
async fn cancelled_before_anything_launches_every_server_is_left_out() {
    let app = product(3).await;
    let id = started(&app, false).await;
    // The state machine has not begun: the first cancel meets a pending execution.
    assert_eq!(view(&app, &id).await["status"], "PENDING");
    told(&app, &id, "cancel").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "CANCELLED");
    assert_eq!(over.count("SKIPPED"), 3);
    assert_eq!(world::jobs(&app), []);
}

#[tokio::test]
async fn cancelled_while_configuring_nothing_launches() {
    use dr_sim::control::{Fault, FaultKind};
    let app = product(3).await;
    let id = started(&app, false).await;
    // Configuring takes its time: DRS asks to slow down for a while.
    app.control().inject(Fault {
        service: "drs".to_owned(),
        operation: "GetLaunchConfiguration".to_owned(),
        nth: 1,
        times: 24,
        kind: FaultKind::Throttle,
    });
    until_status(&app, &id, "CONFIGURING").await;
    told(&app, &id, "cancel").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "CANCELLED");
    assert_eq!(over.count("SKIPPED"), 3);
    assert_eq!(world::jobs(&app), []);
}

#[tokio::test]
async fn cancelled_before_its_state_machine_could_be_started_it_ends_all_the_same() {
    use dr_sim::control::{Fault, FaultKind};
    use dr_tests::run::ask_pairs;
    let app = product(3).await;
    // Four tries of the call, and nobody answers.
    app.control().inject(Fault {
        service: "states".to_owned(),
        operation: "StartExecution".to_owned(),
        nth: 1,
        times: 4,
        kind: FaultKind::NoAnswer,
    });
    let lost = ask_pairs(&app, &world::pairs(&app), Value::Null).await;
    assert_eq!(lost.expect(503)["error"]["code"], "AWS_UNAVAILABLE");
    let list = dr_tests::admin(&app, "GET", "/executions", Value::Null).await;
    let id = dr_tests::run::execution_id(&list["executions"][0]);
    told(&app, &id, "cancel").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "CANCELLED");
    assert_eq!(over.count("SKIPPED"), 3);
}
