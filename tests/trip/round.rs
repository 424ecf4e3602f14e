//! 24 servers there and back, twice. `cargo xtask trip` prints what happens.

use dr_testkit::TestApp;
use dr_tests::home::{Trip, originals, prepare};
use dr_tests::{PRIMARY, product};
use serde_json::Value;

/// Every original runs again, and the session says that id and private IP were kept.
async fn everybody_is_home(app: &TestApp, trip: &Trip, before: &Value) {
    let servers = trip.servers(app).await;
    assert_eq!(servers.len(), 24);
    for server in &servers {
        assert_eq!(server["stage"], "HOME", "{server:#}");
    }
    let after = app.control().inventory();
    dr_tests::home::assert_same(before, &after);
    let originals = originals(app);
    let running = app.control().inspect(|world| {
        let place = world.at(PRIMARY.0, PRIMARY.1).expect("the primary place");
        originals
            .iter()
            .filter(|id| place.ec2.instances[*id].state.word() == "running")
            .count()
    });
    assert_eq!(
        running,
        servers.len(),
        "every server runs in its original instance"
    );
}

/// Requirement 001, 1 to 8, and requirement 000, "Success Criteria".
#[tokio::test]
async fn a_fleet_of_24_fails_over_comes_home_and_does_it_again() {
    let app = product(24).await;
    let mut trip = prepare(&app).await;
    let before = app.control().inventory();
    for cycle in 1..=2 {
        trip.cycle = cycle;
        trip.whole(&app).await;
        everybody_is_home(&app, &trip, &before).await;
    }
}
