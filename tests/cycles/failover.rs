//! One failover from the first group to the last comparison.

use chrono::TimeDelta;
use dr_tests::{fleet, product, servers_of, start};
use serde_json::json;

#[tokio::test]
async fn a_fleet_of_24_fails_over_into_its_instances_and_keeps_ids_and_ips() {
    let app = product(24).await;
    let fleet = fleet(&app).await;
    let started = start(
        &app,
        &fleet,
        "RECOVERY",
        json!({ "skip_invalid_servers": true }),
    )
    .await;
    let id = started["execution_id"].as_str().unwrap();
    app.run_until_terminal(id, TimeDelta::hours(3)).await;
    let servers = servers_of(&app, id).await;
    assert_eq!(servers.len(), 24);
    let kept = servers.iter().filter(|s| {
        s["identity"]["instance_id_kept"] == true && s["identity"]["private_ip_kept"] == true
    });
    assert_eq!(
        kept.count(),
        21,
        "all but the running, the untagged and the unpaired"
    );
}
