//! Pauses: planned, asked for, after failures, answered and not.

use chrono::{DateTime, TimeDelta, Utc};
use dr_testkit::TestApp;
use dr_tests::run::{Wave, plan, say, server_ids, start_plan, told, until, until_status, view};
use dr_tests::{product, truth, world};
use serde_json::{Value, json};

/// A plan of three waves of one server, the second with more fields.
async fn three_waves(app: &TestApp, second: Value, of_plan: Value) -> String {
    let ids = server_ids(app);
    let mut waves: Vec<Wave> = ids.chunks(1).map(Wave::of).collect();
    waves[1] = waves[1].clone().with(second);
    plan(app, &waves, &of_plan).await
}

fn seconds_between(from: &Value, to: &Value) -> i64 {
    let time = |value: &Value| value.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    (time(to) - time(from)).num_seconds()
}

#[tokio::test]
async fn a_planned_pause_waits_for_a_person_and_its_time_is_told_apart() {
    let app = product(3).await;
    let plan = three_waves(&app, json!({ "pause_before": true }), Value::Null).await;
    let id = start_plan(&app, &plan, "DRILL").await;
    let paused = until_status(&app, &id, "PAUSED").await;
    assert_eq!(paused["current_wave"], 2);
    assert_eq!(paused["current_phase"], "paused");
    assert!(paused["estimated_remaining_seconds"].is_null());
    assert!(
        paused["waiting_for"].as_str().unwrap().contains("wave 1"),
        "{paused:#}"
    );
    app.advance(TimeDelta::minutes(40)).await;
    let shown = view(&app, &id).await;
    assert_eq!(shown["status"], "PAUSED");
    assert_eq!(world::launches(&app).len(), 1, "nothing starts meanwhile");
    let waited = shown["paused_seconds"].as_u64().unwrap();
    assert!((2400..2420).contains(&waited), "{waited}");

    let resumed = told(&app, &id, "resume").await;
    assert_eq!(resumed["status"], "LAUNCHING");
    let paused_seconds = resumed["paused_seconds"].as_u64().unwrap();
    app.advance(TimeDelta::minutes(5)).await;
    let later = view(&app, &id).await;
    assert_eq!(
        later["paused_seconds"], paused_seconds,
        "the clock of the pause stands"
    );
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED");
    let whole = seconds_between(&over.execution["started_at"], &over.execution["ended_at"]);
    assert_eq!(over.execution["elapsed_seconds"], whole);
    assert_eq!(over.execution["paused_seconds"], paused_seconds);
    assert_eq!(world::launches(&app).len(), 3);
}

#[tokio::test]
async fn a_pause_asked_for_mid_wave_takes_effect_before_the_next_wave() {
    let app = product(3).await;
    let plan = three_waves(&app, Value::Null, Value::Null).await;
    let id = start_plan(&app, &plan, "DRILL").await;
    until(&app, &id, |view| view["servers"]["launching"] == 1).await;
    let asked = told(&app, &id, "pause").await;
    assert_eq!(asked["status"], "LAUNCHING", "DRS cannot pause a job");
    assert_eq!(asked["pause_requested"], true);
    let paused = until_status(&app, &id, "PAUSED").await;
    assert_eq!(paused["current_wave"], 2);
    assert_eq!(paused["servers"]["launched"], 1, "what ran went on");
    assert_eq!(world::launches(&app).len(), 1);
    told(&app, &id, "resume").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED");
    assert_eq!(over.execution["pause_requested"], false);
}

#[tokio::test]
async fn a_pause_that_is_taken_back_before_it_is_reached_never_happens() {
    let app = product(3).await;
    let plan = three_waves(&app, Value::Null, Value::Null).await;
    let id = start_plan(&app, &plan, "DRILL").await;
    until(&app, &id, |view| view["servers"]["launching"] == 1).await;
    told(&app, &id, "pause").await;
    let back = told(&app, &id, "resume").await;
    assert_eq!(back["pause_requested"], false);
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED");
    assert_eq!(over.execution["paused_seconds"], 0);
}

#[tokio::test]
async fn there_is_nothing_to_resume_where_nothing_is_paused_and_nothing_to_pause_in_the_last_wave()
{
    let app = product(3).await;
    let plan = three_waves(&app, Value::Null, Value::Null).await;
    let id = start_plan(&app, &plan, "DRILL").await;
    until(&app, &id, |view| view["servers"]["launching"] == 1).await;
    let refused = say(&app, &id, "resume", Value::Null).await.expect(409);
    assert_eq!(refused["error"]["code"], "NOT_PAUSED");
    until(&app, &id, |view| {
        view["current_wave"] == 3 && view["servers"]["launching"] == 1
    })
    .await;
    let refused = say(&app, &id, "pause", Value::Null).await.expect(409);
    assert_eq!(refused["error"]["code"], "NO_WAVE_LEFT");
    truth::over(&app, &id).await;
    for word in ["pause", "resume", "cancel"] {
        let refused = say(&app, &id, word, Value::Null).await.expect(409);
        assert_eq!(refused["error"]["code"], "EXECUTION_IS_OVER", "{word}");
    }
}

#[tokio::test]
async fn a_pause_that_nobody_answers_cancels_the_execution() {
    let app = product(3).await;
    let second = json!({ "pause_before": true });
    let plan = three_waves(&app, second, json!({ "pause_timeout_seconds": 900 })).await;
    let id = start_plan(&app, &plan, "DRILL").await;
    until_status(&app, &id, "PAUSED").await;
    app.advance(TimeDelta::minutes(14)).await;
    assert_eq!(view(&app, &id).await["status"], "PAUSED");
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "CANCELLED");
    assert_eq!(
        over.execution["reason"],
        "The pause was not answered in time"
    );
    assert_eq!((over.count("LAUNCHED"), over.count("SKIPPED")), (1, 2));
    let paused = over.execution["paused_seconds"].as_u64().unwrap();
    assert!((900..920).contains(&paused), "{paused}");
    assert_eq!(world::launches(&app).len(), 1);
}

#[tokio::test]
async fn failures_pause_before_the_next_wave_where_the_plan_says_so() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let on_failure = json!({ "on_failure": "PAUSE" });
    let waves = [
        Wave::of(&ids[..1]).with(on_failure.clone()),
        Wave::of(&ids[1..2]).with(on_failure),
        Wave::of(&ids[2..]),
    ];
    let plan = plan(&app, &waves, &Value::Null).await;
    app.control()
        .fail_launch(&ids[0], "InsufficientInstanceCapacity: none")
        .unwrap();
    let id = start_plan(&app, &plan, "DRILL").await;
    let paused = until_status(&app, &id, "PAUSED").await;
    assert_eq!(paused["current_wave"], 2);
    assert_eq!(paused["servers"]["failed"], 1);
    told(&app, &id, "resume").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED_WITH_FAILURES");
    assert_eq!(
        (over.count("FAILED"), over.count("LAUNCHED")),
        (1, 2),
        "the second wave did not pause"
    );
}
