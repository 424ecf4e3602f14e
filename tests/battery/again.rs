//! Everything twice.

use dr_tests::run::{Wave, plan, server_ids, start_plan, told, until_status};
use dr_tests::{truth, world};
use serde_json::{Value, json};

use crate::invocations::{Twist, product};
use crate::{drill, ends_like, undisturbed};

#[tokio::test]
async fn every_task_and_event_delivered_twice_changes_nothing() {
    let (app, switch) = product(Twist::Twice).await;
    let id = drill(&app).await;
    ends_like(&app, &id, &undisturbed().await, "twice").await;
    assert!(switch.twisted() > 50);
    assert_eq!(app.calls("drs", "StartRecovery"), 2);
    let told = world::published(&app);
    assert_eq!(
        told,
        ["Drill plan: started", "Drill plan: over"],
        "each thing is told once"
    );
}

#[tokio::test]
async fn every_task_and_event_delivered_twice_changes_nothing_with_a_pause() {
    let (app, _) = product(Twist::Twice).await;
    let ids = server_ids(&app);
    let second = json!({ "pause_before": true });
    let waves = [Wave::of(&ids[..2]), Wave::of(&ids[2..]).with(second)];
    let plan = plan(&app, &waves, &Value::Null).await;
    let id = start_plan(&app, &plan, "DRILL").await;
    until_status(&app, &id, "PAUSED").await;
    told(&app, &id, "resume").await;
    told(&app, &id, "resume").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED");
    assert_eq!(app.calls("drs", "StartRecovery"), 2);
}

#[tokio::test]
async fn every_task_and_event_delivered_twice_changes_nothing_when_it_is_cancelled() {
    let (app, _) = product(Twist::Twice).await;
    let id = drill(&app).await;
    until_status(&app, &id, "LAUNCHING").await;
    told(&app, &id, "cancel").await;
    told(&app, &id, "cancel").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "CANCELLED");
    assert_eq!(over.count("SKIPPED"), 1, "the second wave");
    assert_eq!(app.calls("drs", "StartRecovery"), 1);
}
