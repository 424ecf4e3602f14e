//! What the replication dashboard makes of answers.

use dr_api::replication::{ActivityView, EstateServer, LagHistoryView, ReplicationDashboard};
use serde_json::{Value, json};

use super::{CARDS, cards, freshness, furthest, happened, lag, server_path, states};

fn place() -> Value {
    json!({ "account_id": "444455556666", "region": "us-west-2" })
}

fn estate(total: usize) -> ReplicationDashboard {
    serde_json::from_value(json!({
        "total_servers": total, "continuous": total / 2, "syncing": 1, "needs_attention": 1,
        "states": [{ "name": "CONTINUOUS", "servers": 2 }, { "name": "A_WORD_OF_TOMORROW", "servers": 1 }],
        "regions": [], "accounts": [], "directions": [],
        "rpo": { "rpo_seconds": 900, "attained": 2, "missed": 1, "unknown": 1, "attained_percent": 66.7 },
        "alerts": [], "activity": [], "age_seconds": 61,
        "places": [{ "place": place(), "servers": 4, "error": "no access" }],
    }))
    .unwrap()
}

fn server(name: &str, lag: Option<u64>) -> EstateServer {
    serde_json::from_value(json!({
        "place": place(), "source_server_id": "s-00000000000000001", "name": name, "direction": "FAILOVER", "state": "CONTINUOUS",
        "lag_seconds": lag, "total_bytes": 1, "done_bytes": 1, "backlogged_bytes": 0, "has_recovery_instance": false,
        "state_since": "2026-01-01T00:00:00Z", "progress_percent": 100.0,
    }))
    .unwrap()
}

fn history(points: &[(&str, Option<u64>)]) -> LagHistoryView {
    let points: Vec<Value> = points.iter().map(|(minute, lag)| json!({ "at": format!("2026-01-01T00:{minute}:00Z"), "lag_seconds": lag })).collect();
    serde_json::from_value(
        json!({ "source_server_id": "s-00000000000000001", "step_seconds": 300, "points": points }),
    )
    .unwrap()
}

#[test]
fn cards_say_their_share_and_an_empty_estate_divides_by_nothing() {
    let shown = cards(&estate(4));
    assert_eq!(shown.len(), CARDS);
    assert_eq!(
        (shown[0].value.as_str(), shown[0].detail.as_str()),
        ("2", "50% of 4: ready to recover")
    );
    assert_eq!(
        (shown[3].value.as_str(), shown[3].detail.as_str()),
        ("67%", "2 within 15 min, 1 not, 1 not known")
    );
    assert_eq!(cards(&estate(0))[1].detail, "no servers");
}

#[test]
fn a_place_that_could_not_be_read_is_said() {
    assert_eq!(
        freshness(&estate(4)),
        "Read 1 min 1 s ago; 1 of 1 places could not be read"
    );
}

#[test]
fn a_state_that_nobody_knows_yet_is_shown_as_it_is() {
    assert_eq!(states(&estate(4).states)[1].name, "A_WORD_OF_TOMORROW");
}

#[test]
fn the_furthest_behind_come_first_and_those_not_known_last() {
    let servers = [
        server("a", None),
        server("b", Some(5)),
        server("c", Some(900)),
        server("d", Some(0)),
    ];
    let names: Vec<String> = furthest(&servers)
        .into_iter()
        .map(|one| one.server.name)
        .collect();
    assert_eq!(names, ["c", "b", "d"]);
}

#[test]
fn histories_share_one_axis_and_a_time_that_one_lacks_breaks_its_line() {
    let shown = lag(&[
        ("a".to_owned(), history(&[("00", Some(1)), ("05", Some(2))])),
        ("b".to_owned(), history(&[("05", None), ("10", Some(3))])),
    ]);
    assert_eq!(shown.places.len(), 3);
    assert_eq!(shown.series[0].values, [Some(1.0), Some(2.0), None]);
    assert_eq!(shown.series[1].values, [None, None, Some(3.0)]);
}

#[test]
fn a_server_that_is_new_came_from_nowhere() {
    let activity: ActivityView = serde_json::from_value(json!({
        "place": place(), "at": "2026-01-01T00:00:00Z", "source_server_id": "s-00000000000000001", "name": "a", "from": "", "to": "INITIATING",
    }))
    .unwrap();
    assert_eq!(happened(&activity), "new → Initiating");
    let id = &activity.activity.source_server_id;
    assert_eq!(
        server_path(&activity.place, id),
        "/source-servers/444455556666/us-west-2/s-00000000000000001"
    );
}
