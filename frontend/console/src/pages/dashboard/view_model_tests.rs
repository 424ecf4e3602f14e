//! What the dashboard makes of answers.

use dr_api::replication::ReplicationDashboard;
use serde_json::json;
use ui::Status;

use super::{CARDS, Overview};

fn replication() -> ReplicationDashboard {
    let place = json!({ "account_id": "444455556666", "region": "us-west-2" });
    serde_json::from_value(json!({
        "total_servers": 3, "continuous": 2, "syncing": 0, "needs_attention": 1,
        "states": [{ "name": "CONTINUOUS", "servers": 2 }, { "name": "STALLED", "servers": 1 }],
        "regions": [{ "name": "us-west-2", "servers": 3 }], "accounts": [], "directions": [],
        "rpo": { "rpo_seconds": 900, "attained": 2, "missed": 1, "unknown": 0, "attained_percent": 66.7 },
        "alerts": [{ "place": place, "source_server_id": "s-00000000000000001", "name": "web-1", "severity": "critical",
            "message": "it stalled", "remediation": "look at the agent", "since": "2026-01-01T00:00:00Z" }],
        "activity": [], "age_seconds": 61, "places": [],
    }))
    .unwrap()
}

#[test]
fn cards_say_their_numbers_and_how_old_they_are() {
    let overview = Overview::of(replication(), &[], &[]);
    assert_eq!(overview.cards.len(), CARDS);
    assert_eq!(
        (
            overview.cards[0].value.as_str(),
            overview.cards[0].detail.as_str()
        ),
        ("2 of 3", "0 syncing, read 1 min 1 s ago")
    );
    assert_eq!(
        (
            overview.cards[1].value.as_str(),
            overview.cards[1].detail.as_str()
        ),
        ("67%", "2 of 3 within 15 min")
    );
}

#[test]
fn alerts_keep_their_remediation_and_states_their_words() {
    let overview = Overview::of(replication(), &[], &[]);
    assert_eq!(
        (
            overview.alerts[0].status,
            overview.alerts[0].remediation.as_str()
        ),
        (Status::Error, "look at the agent")
    );
    assert_eq!(overview.states[1].name, "Stalled");
}
