//! Quotas of DRS, and other people's jobs: what does not fit waits, and nothing is refused for it.

use dr_testkit::TestApp;
use dr_tests::run::{start_pairs, told, until, view};
use dr_tests::{RECOVERY, product, truth, world};
use serde_json::Value;

/// Concurrent jobs.
const JOBS: &str = "L-D88FAC3A";
/// Servers in all jobs.
const SERVERS_IN_JOBS: &str = "L-05AFA8C6";

fn quota(app: &TestApp, code: &str, value: f64) {
    app.control()
        .set_quota(RECOVERY.0, RECOVERY.1, code, value)
        .unwrap();
}

async fn both_end(app: &TestApp, first: &str, second: &str) {
    app.run_until_terminal(first, dr_tests::run::LIMIT).await;
    for id in [second, first] {
        let over = truth::over(app, id).await;
        assert_eq!(over.status(), "COMPLETED");
    }
}

/// No two jobs at a time, whoever started them.
async fn runs_alone(app: &TestApp, id: &str) -> Value {
    until(app, id, |_| {
        let active = world::jobs(app).iter().filter(|job| job.is_active).count();
        assert!(active <= 1);
        world::launches(app).len() == 2
    })
    .await
}

#[tokio::test]
async fn what_finds_no_room_for_a_job_waits_and_launches_when_there_is() {
    let app = product(6).await;
    quota(&app, JOBS, 1.0);
    let pairs = world::pairs(&app);
    let first = start_pairs(&app, &pairs[..3], Value::Null).await;
    until(&app, &first, |view| view["servers"]["launching"] == 3).await;
    let second = start_pairs(&app, &pairs[3..], Value::Null).await;
    app.advance(chrono::TimeDelta::minutes(2)).await;
    let waits = view(&app, &second).await;
    assert_eq!(
        (&waits["status"], &waits["servers"]["waiting"]),
        (&"LAUNCHING".into(), &3.into())
    );
    runs_alone(&app, &second).await;
    both_end(&app, &first, &second).await;
}

#[tokio::test]
async fn what_finds_no_room_for_its_servers_waits_and_launches_when_there_is() {
    let app = product(6).await;
    quota(&app, SERVERS_IN_JOBS, 4.0);
    let pairs = world::pairs(&app);
    let first = start_pairs(&app, &pairs[..3], Value::Null).await;
    let second = start_pairs(&app, &pairs[3..], Value::Null).await;
    runs_alone(&app, &second).await;
    both_end(&app, &first, &second).await;
}

#[tokio::test]
async fn other_peoples_jobs_take_room_too() {
    let app = product(3).await;
    quota(&app, JOBS, 1.0);
    let pairs = world::pairs(&app);
    let theirs = world::others_start(&app, &[&pairs[0].0], true).await;
    let id = start_pairs(&app, &pairs[1..], Value::Null).await;
    until(&app, &id, |_| {
        let jobs = world::jobs(&app);
        assert!(jobs.iter().filter(|job| job.is_active).count() <= 1);
        let theirs = jobs.iter().find(|job| job.id == theirs).unwrap();
        !theirs.is_active
    })
    .await;
    let over = truth::over(&app, &id).await;
    assert_eq!((over.status(), over.count("LAUNCHED")), ("COMPLETED", 2));
}

/// Somebody drills one of the servers between our start and its wave.
#[tokio::test]
async fn a_server_in_somebody_elses_job_is_waited_for() {
    use dr_tests::run::{Wave, plan, server_ids, start_plan, until_status};
    let app = product(3).await;
    let ids = server_ids(&app);
    let second = serde_json::json!({ "pause_before": true });
    let waves = [Wave::of(&ids[..1]), Wave::of(&ids[1..]).with(second)];
    let plan = plan(&app, &waves, &Value::Null).await;
    let id = start_plan(&app, &plan, "DRILL").await;
    until_status(&app, &id, "PAUSED").await;
    world::reset_launch_configuration(&app, &ids[1]).await;
    world::others_start(&app, &[&ids[1]], true).await;
    app.advance(chrono::TimeDelta::minutes(2)).await;
    told(&app, &id, "resume").await;
    app.run_until_terminal(&id, dr_tests::run::LIMIT).await;
    app.run_until_idle(chrono::TimeDelta::minutes(30)).await;
    let servers = dr_tests::servers_of(&app, &id).await;
    let of = |id: &str| {
        servers
            .iter()
            .find(|s| s["source_server_id"] == id)
            .unwrap()
    };
    assert_eq!(of(&ids[2])["status"], "LAUNCHED", "{servers:#?}");
    assert_eq!(of(&ids[1])["status"], "LAUNCHED", "{servers:#?}");
}
