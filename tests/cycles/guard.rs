//! The guard: no launch over a live recovery, whoever launched it.

use dr_testkit::TestApp;
use dr_tests::run::{
    Wave, ask_pairs, ask_plan, plan, server_ids, start_pairs, start_plan, told, until_status,
};
use dr_tests::{product, truth, world};
use serde_json::{Value, json};

/// Both kinds are refused, by plan and by pairs, and nothing happens.
async fn assert_refused(app: &TestApp, plan: &str, pairs: &[(String, String)], lost: &[String]) {
    let jobs = world::jobs(app);
    for execution_type in ["DRILL", "RECOVERY"] {
        let is_drill = execution_type == "DRILL";
        let by_plan = ask_plan(app, plan, execution_type, Value::Null).await;
        let by_pairs = ask_pairs(app, pairs, json!({ "is_drill": is_drill })).await;
        // Leaving invalid servers out is no way around it, and neither is a dry run.
        let skip = json!({ "is_drill": is_drill, "skip_invalid_servers": true });
        let skipping = ask_pairs(app, pairs, skip).await;
        let dry = ask_pairs(app, pairs, json!({ "is_drill": is_drill, "dry_run": true })).await;
        for answered in [by_plan, by_pairs, skipping, dry] {
            let error = &answered.expect(409)["error"];
            assert_eq!(error["code"], "GUARD_REFUSED");
            let losses = error["details"]["losses"].as_array().unwrap();
            let mut named: Vec<&str> = losses
                .iter()
                .map(|l| l["instance_id"].as_str().unwrap())
                .collect();
            named.sort_unstable();
            assert_eq!(named, lost);
            assert!(
                losses.iter().all(|loss| loss["is_drill"] == false),
                "{losses:#?}"
            );
        }
    }
    assert_eq!(world::jobs(app), jobs);
}

#[tokio::test]
async fn after_a_recovery_a_drill_and_a_recovery_are_refused_naming_each_live_instance() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let pairs = world::pairs(&app);
    let plan = plan(&app, &[Wave::of(&ids)], &Value::Null).await;
    let id = start_plan(&app, &plan, "RECOVERY").await;
    truth::over(&app, &id).await;
    let mut lost: Vec<String> = pairs.iter().map(|(_, target)| target.clone()).collect();
    lost.sort_unstable();
    assert_refused(&app, &plan, &pairs, &lost).await;
}

#[tokio::test]
async fn a_recovery_that_somebody_launched_beside_us_is_guarded_like_our_own() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let pairs = world::pairs(&app);
    let plan = plan(&app, &[Wave::of(&ids)], &Value::Null).await;
    world::others_start(&app, &[&ids[0]], false).await;
    app.advance(chrono::TimeDelta::minutes(30)).await;
    let lost = world::recovery_instances(&app);
    assert_eq!(lost.len(), 1);
    assert_refused(&app, &plan, &pairs, &lost).await;
}

/// A wave may begin hours after the start: what is live then is what counts.
#[tokio::test]
async fn a_recovery_launched_beside_us_during_a_pause_is_not_destroyed_by_the_next_wave() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let waves = [
        Wave::of(&ids[..1]),
        Wave::of(&ids[1..]).with(json!({ "pause_before": true })),
    ];
    let plan = plan(&app, &waves, &Value::Null).await;
    let id = start_plan(&app, &plan, "DRILL").await;
    until_status(&app, &id, "PAUSED").await;
    let ours = world::recovery_instances(&app);
    // Not into our target: with the launch configuration that a person in a hurry resets.
    world::reset_launch_configuration(&app, &ids[1]).await;
    world::others_start(&app, &[&ids[1]], false).await;
    app.advance(chrono::TimeDelta::minutes(30)).await;
    let mut theirs = world::recovery_instances(&app);
    theirs.retain(|instance| !ours.contains(instance));
    assert_eq!(theirs.len(), 1);
    told(&app, &id, "resume").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(world::machine(&app, &theirs[0]).unwrap().state, "running");
    assert_eq!(over.status(), "COMPLETED_WITH_FAILURES");
    let spared = over.server(&ids[1]);
    assert_eq!(spared["status"], "FAILED");
    assert!(
        spared["reason"].as_str().unwrap().contains(&theirs[0]),
        "{spared:#}"
    );
    assert_eq!(
        over.server(&ids[2])["status"],
        "LAUNCHED",
        "the others of the wave go on"
    );
}

#[tokio::test]
async fn an_earlier_drill_in_a_new_instance_is_no_loss() {
    let app = product(3).await;
    let pairs = world::pairs(&app);
    world::others_start(&app, &[&pairs[0].0], true).await;
    app.advance(chrono::TimeDelta::minutes(30)).await;
    assert_eq!(world::recovery_instances(&app).len(), 1);
    let id = start_pairs(&app, &pairs, Value::Null).await;
    assert_eq!(truth::over(&app, &id).await.status(), "COMPLETED");
}
