//! What people see while it runs and afterwards: progress, timeline, notifications, metrics.

use dr_tests::run::{LIMIT, Wave, drill_all, plan, server_ids, start_plan, view};
use dr_tests::{admin, product, truth, world};
use serde_json::{Value, json};

/// Requirement 004: test_job_status_polling, test_job_completion_detection, test_job_duration_measurement, test_rto_calculation.
#[tokio::test]
async fn progress_grows_the_estimate_shrinks_and_the_target_is_judged() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let waves: Vec<Wave> = ids.chunks(1).map(Wave::of).collect();
    let target = json!({ "rto_target_seconds": 3600 });
    let plan = plan(&app, &waves, &target).await;
    let id = start_plan(&app, &plan, "DRILL").await;
    let (mut last, mut phases, mut seen) = (0, Vec::new(), Vec::new());
    let end = app.now() + LIMIT;
    loop {
        let shown = view(&app, &id).await;
        let percent = shown["progress_percent"].as_u64().unwrap();
        assert!(percent >= last, "{shown:#}");
        last = percent;
        let phase = shown["current_phase"].as_str().unwrap().to_owned();
        if phases.last() != Some(&phase) {
            phases.push(phase);
        }
        if shown["status"] == "COMPLETED" {
            break;
        }
        assert!(percent < 100, "{shown:#}");
        assert!(shown["waiting_for"].is_string(), "{shown:#}");
        let remaining = shown["estimated_remaining_seconds"].as_u64().unwrap();
        let elapsed = shown["elapsed_seconds"].as_u64().unwrap();
        assert!(remaining > 0, "what is not done takes time: {shown:#}");
        assert_eq!(shown["rto_met"], elapsed + remaining <= 3600, "{shown:#}");
        seen.push((elapsed, remaining));
        app.driver().advance_to_next().await.unwrap();
        assert!(app.now() < end);
    }
    let over = truth::over(&app, &id).await;
    let elapsed = over.execution["elapsed_seconds"].as_u64().unwrap();
    assert_eq!(over.execution["rto_met"], elapsed <= 3600);
    assert!(seen.iter().all(|(at, _)| *at <= elapsed));
    // Half way, the estimate is no more than twice wrong.
    let (at, remaining) = seen.iter().rfind(|(at, _)| *at <= elapsed / 2).unwrap();
    let left = elapsed - at;
    assert!(
        (left / 2..=left * 2).contains(remaining),
        "{remaining} s of {left} s"
    );
    assert_eq!(
        phases,
        ["queued", "recovery", "finished"],
        "the rest takes no simulated time"
    );
}

#[tokio::test]
async fn an_execution_that_takes_longer_than_its_target_says_so() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let plan = plan(
        &app,
        &[Wave::of(&ids)],
        &json!({ "rto_target_seconds": 60 }),
    )
    .await;
    let id = start_plan(&app, &plan, "DRILL").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.execution["rto_met"], false);
    assert_eq!(world::metrics(&app, "DRILL")["RTOAchieved"], 0.0);
}

/// Requirement 004: test_job_log_retrieval, test_job_timeline_tracking.
#[tokio::test]
async fn the_timeline_has_every_stage_of_every_server_in_order() {
    let app = product(3).await;
    let id = drill_all(&app).await;
    truth::over(&app, &id).await;
    let path = format!("/executions/{id}/timeline?limit=1000");
    let timeline = admin(&app, "GET", &path, Value::Null).await;
    let entries = timeline["entries"].as_array().unwrap();
    assert_eq!(timeline["total"], entries.len());
    let times: Vec<&str> = entries
        .iter()
        .map(|e| e["timestamp"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted());
    for server in server_ids(&app) {
        let of_server: Vec<&str> = entries
            .iter()
            .filter(|entry| entry["source_server_id"] == server.as_str())
            .map(|entry| entry["event"].as_str().unwrap())
            .collect();
        let stages = [
            "SNAPSHOT_START",
            "SNAPSHOT_END",
            "CONVERSION_START",
            "CONVERSION_END",
            "LAUNCH_START",
        ];
        let places: Vec<Option<usize>> = stages
            .iter()
            .map(|stage| of_server.iter().position(|event| event == stage))
            .collect();
        assert!(
            places.iter().all(Option::is_some) && places.is_sorted(),
            "{of_server:?}"
        );
    }
    assert_eq!(entries.first().unwrap()["event"], "JOB_START");
    assert_eq!(entries.last().unwrap()["event"], "JOB_END");
}

#[tokio::test]
async fn the_timeline_can_be_read_while_the_job_runs() {
    let app = product(3).await;
    let id = drill_all(&app).await;
    dr_tests::run::until(&app, &id, |view| view["servers"]["launching"] == 3).await;
    app.advance(chrono::TimeDelta::minutes(4)).await;
    let path = format!("/executions/{id}/timeline?limit=1000");
    let timeline = admin(&app, "GET", &path, Value::Null).await;
    let snapshot = |entry: &Value| entry["event"] == "SNAPSHOT_START";
    assert!(
        timeline["entries"].as_array().unwrap().iter().any(snapshot),
        "{timeline:#}"
    );
    truth::over(&app, &id).await;
}

/// Requirement 004: test_cloudwatch_metrics_publishing.
#[tokio::test]
async fn metrics_and_notifications_tell_how_it_went() {
    let app = product(3).await;
    let pairs = world::pairs(&app);
    app.control()
        .fail_launch(&pairs[0].0, "Server.InternalError")
        .unwrap();
    let id = dr_tests::run::start_pairs(&app, &pairs, Value::Null).await;
    let over = truth::over(&app, &id).await;
    let metrics = world::metrics(&app, "DRILL");
    let elapsed = over.execution["elapsed_seconds"].as_f64().unwrap();
    let wanted = [
        ("RecoveryJobDuration", elapsed),
        ("RecoveryJobSuccess", 0.0),
        ("RecoveryJobFailure", 1.0),
        ("InstancesLaunched", 2.0),
        ("InstancesFailed", 1.0),
        ("RTOAchieved", 1.0),
        ("RTOActual", elapsed),
    ];
    for (name, value) in wanted {
        assert_eq!(metrics.get(name), Some(&value), "{name}: {metrics:#?}");
    }
    let subjects = world::published(&app);
    assert_eq!(
        subjects,
        [
            "Drill instance pairs: started",
            "Drill instance pairs: over"
        ]
    );
}

#[tokio::test]
async fn the_short_status_says_the_same_by_all_its_paths() {
    let app = product(3).await;
    let id = drill_all(&app).await;
    dr_tests::run::until(&app, &id, |view| view["servers"]["launching"] == 3).await;
    let paths = [
        format!("/executions/{id}/allow-launching/status"),
        format!("/drs/executions/{id}/status"),
        format!("/drs/recovery/status/{id}"),
    ];
    let mut answers = Vec::new();
    for path in paths {
        answers.push(admin(&app, "GET", &path, Value::Null).await);
    }
    assert_eq!(answers[0]["instances_pending"], 3);
    assert_eq!(answers[0]["current_phase"], "recovery");
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    truth::over(&app, &id).await;
}
