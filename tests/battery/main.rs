//! Every step run twice, a failure at every step, a crash at every moment that matters: whatever happens on
//! the way, an execution ends as it would have ended undisturbed, and no server is launched twice.

#![expect(
    clippy::unwrap_used,
    reason = "tests: what goes wrong must fail the test that it is in"
)]

mod again;
mod crashes;
mod events;
mod faults;
mod invocations;
mod pollers;
mod strange;

use dr_testkit::TestApp;
use dr_tests::run::{Wave, plan, server_ids, start_pairs, start_plan};
use dr_tests::truth::Over;
use dr_tests::{truth, world};
use serde_json::Value;

/// The smallest fleet with everything in it: a server that launches and one whose launch fails in the first
/// wave, another in the second.
async fn drill(app: &TestApp) -> String {
    let ids = server_ids(app);
    let waves = [Wave::of(&ids[..2]), Wave::of(&ids[2..])];
    let plan = plan(app, &waves, &Value::Null).await;
    app.control()
        .fail_launch(&ids[1], "InsufficientInstanceCapacity: none left")
        .unwrap();
    start_plan(app, &plan, "DRILL").await
}

/// The drill in peace.
async fn undisturbed() -> Over {
    let app = dr_tests::product(3).await;
    let id = drill(&app).await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED_WITH_FAILURES");
    assert_eq!((over.count("LAUNCHED"), over.count("FAILED")), (2, 1));
    assert_eq!(world::launches(&app).len(), 2);
    over
}

/// A drill of one wave, for what is run a hundred times: one server launches, the launch of the other fails.
async fn short_drill(app: &TestApp) -> String {
    let pairs = world::pairs(app);
    app.control()
        .fail_launch(&pairs[1].0, "InsufficientInstanceCapacity: none left")
        .unwrap();
    start_pairs(app, &pairs[..2], Value::Null).await
}

/// To the end, which must be that of the undisturbed one, with as many jobs.
async fn ends_like(app: &TestApp, id: &str, undisturbed: &Over, what: &str) {
    let over = truth::over(app, id).await;
    assert_eq!(over.outcome(), undisturbed.outcome(), "{what}");
    let waves = over.execution["waves"].as_array().unwrap().len();
    assert_eq!(
        world::launches(app).len(),
        waves,
        "{what}: one job per wave"
    );
}
