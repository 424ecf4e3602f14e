//! The poller that stands still, the two that run at once, and what only the poller repairs.

use chrono::TimeDelta;
use dr_sim::control::{Fault, FaultKind};
use dr_tests::run::{ask_pairs, execution_id, until_status, view};
use dr_tests::{admin, product, truth, world};
use serde_json::{Value, json};

use crate::invocations::{self, Twist};
use crate::{drill, ends_like, undisturbed};

#[tokio::test]
async fn a_poller_that_stood_still_for_20_minutes_catches_up() {
    let (app, switch) = invocations::product(Twist::Stopped).await;
    let id = drill(&app).await;
    until_status(&app, &id, "LAUNCHING").await;
    switch.turn(true);
    app.advance(TimeDelta::minutes(20)).await;
    assert_eq!(
        view(&app, &id).await["status"],
        "LAUNCHING",
        "nobody looked"
    );
    assert!(switch.twisted() >= 20);
    switch.turn(false);
    ends_like(&app, &id, &undisturbed().await, "stood still").await;
}

#[tokio::test]
async fn two_pollers_at_once_launch_nothing_twice() {
    let (app, switch) = invocations::product(Twist::Twins).await;
    let id = drill(&app).await;
    ends_like(&app, &id, &undisturbed().await, "twins").await;
    assert!(switch.twisted() > 50);
    assert_eq!(app.calls("drs", "StartRecovery"), 2);
}

/// The launch itself is left to the poller: what waits for room is launched by whoever looks first.
#[tokio::test]
async fn two_pollers_that_find_room_at_once_launch_nothing_twice() {
    let (app, _) = invocations::product(Twist::Twins).await;
    let (account, region) = dr_tests::RECOVERY;
    app.control()
        .set_quota(account, region, "L-D88FAC3A", 1.0)
        .unwrap();
    let pairs = world::pairs(&app);
    world::others_start(&app, &[&pairs[0].0], true).await;
    let id = execution_id(&ask_pairs(&app, &pairs[1..], Value::Null).await.expect(202));
    let over = truth::over(&app, &id).await;
    assert_eq!((over.status(), over.count("LAUNCHED")), ("COMPLETED", 2));
    let taken = app.control().calls().into_iter().filter(|call| {
        call.operation == "StartRecovery" && call.outcome == dr_sim::control::Outcome::Answered(202)
    });
    assert_eq!(taken.count(), 2, "theirs and ours");
}

async fn lose_start_of_machine(app: &dr_testkit::TestApp, kind: FaultKind) {
    // The first try and its three retries.
    app.control().inject(Fault {
        service: "states".to_owned(),
        operation: "StartExecution".to_owned(),
        nth: 1,
        times: 4,
        kind,
    });
}

#[tokio::test]
async fn an_execution_whose_state_machine_was_not_started_is_set_off_by_the_poller() {
    for kind in [FaultKind::NoAnswer, FaultKind::DropAfter] {
        let app = product(3).await;
        lose_start_of_machine(&app, kind).await;
        let lost = ask_pairs(&app, &world::pairs(&app), Value::Null)
            .await
            .expect(503);
        assert_eq!(lost["error"]["code"], "AWS_UNAVAILABLE");
        let list = admin(&app, "GET", "/executions", Value::Null).await;
        let id = execution_id(&list["executions"][0]);
        let over = truth::over(&app, &id).await;
        assert_eq!((over.status(), over.count("LAUNCHED")), ("COMPLETED", 3));
        assert_eq!(world::launches(&app).len(), 1);
    }
}

#[tokio::test]
async fn a_start_repeated_with_its_token_after_a_lost_answer_is_one_execution() {
    let app = product(3).await;
    let more = || json!({ "client_token": "try-and-try-again" });
    lose_start_of_machine(&app, FaultKind::NoAnswer).await;
    let pairs = world::pairs(&app);
    ask_pairs(&app, &pairs, more()).await.expect(503)["error"].take();
    let id = execution_id(&ask_pairs(&app, &pairs, more()).await.expect(202));
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED");
    let list = admin(&app, "GET", "/executions", Value::Null).await;
    assert_eq!(list["executions"].as_array().unwrap().len(), 1);
}
