//! Words of DRS that our SDK does not know: shown, and never fatal.

use dr_tests::run::{until, view};
use dr_tests::{RECOVERY, admin, product};
use serde_json::{Value, json};

use crate::{drill, ends_like, undisturbed};

#[tokio::test]
async fn words_that_nobody_knows_are_shown_and_nothing_fails_for_them() {
    let undisturbed = undisturbed().await;
    let app = product(3).await;
    let id = drill(&app).await;
    until(&app, &id, |view| view["servers"]["launching"] == 2).await;
    app.advance(chrono::TimeDelta::seconds(50)).await;
    // A later DRS: other words for a job, for its servers, and in its log.
    let mut dump = app.control().dump().unwrap();
    let jobs = &mut dump["places"][RECOVERY.0][RECOVERY.1]["drs"]["jobs"];
    for job in jobs.as_object_mut().unwrap().values_mut() {
        job["status"] = json!("ORCHESTRATING");
        for server in job["participants"].as_array_mut().unwrap() {
            server["status"] = json!("TELEPORTING");
        }
        let mut entry = job["log"][0].clone();
        entry["event"] = json!("QUANTUM_STEP_START");
        job["log"].as_array_mut().unwrap().push(entry);
    }
    app.control().load(dump).unwrap();
    app.advance(chrono::TimeDelta::seconds(60)).await;
    let shown = view(&app, &id).await;
    assert_eq!(shown["status"], "LAUNCHING");
    assert_eq!(shown["servers"]["launching"], 2, "{shown:#}");
    let path = format!("/executions/{id}/timeline?limit=1000");
    let timeline = admin(&app, "GET", &path, Value::Null).await;
    let strange = |entry: &Value| entry["event"] == "QUANTUM_STEP_START";
    assert!(
        timeline["entries"].as_array().unwrap().iter().any(strange),
        "{timeline:#}"
    );
    ends_like(&app, &id, &undisturbed, "unknown words").await;
}
