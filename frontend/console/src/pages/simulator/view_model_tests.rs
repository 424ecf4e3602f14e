//! What the page says and tells.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use ui::Choice;

use super::*;

fn summary() -> Summary {
    serde_json::from_value(json!({
        "now": "2026-11-21T08:00:00Z", "next": null, "speed": 60.0,
        "places": [{ "account": "111122223333", "region": "us-east-1", "servers": {},
            "instances": { "running": 22, "shutting-down": 2 }, "recovery_instances": 3, "jobs": 1 },
            { "account": "444455556666", "region": "us-west-2", "servers": { "CONTINUOUS": 22, "INITIAL_SYNC": 2 },
            "instances": {}, "recovery_instances": 0, "jobs": 0 }],
        "faults": [{ "id": 7, "service": "drs", "operation": "DescribeJobs", "nth": 2, "times": 3,
            "kind": { "is": "throttle" }, "region": "us-west-2" }],
        "outages": { "us-east-1": 24 },
        "stalls": [{ "server": server("s-1", "web-01"), "until": "2026-11-21T08:10:00Z" }],
        "failing_launches": [server("s-2", "db-01")],
    }))
    .unwrap()
}

fn server(id: &str, name: &str) -> Value {
    json!({ "id": id, "name": name, "account": "444455556666", "region": "us-west-2" })
}

fn body(deed: &Deed) -> Value {
    serde_json::from_str(deed.told.body.as_deref().unwrap()).unwrap()
}

#[test]
fn the_estate_is_told_in_numbers_and_the_words_of_its_states() {
    let cards = cards(&summary().places);
    assert_eq!(cards[0].title, "111122223333 in us-east-1");
    assert_eq!(cards[0].pairs[0].1, "0");
    assert_eq!(cards[0].pairs[1].1, "24: 22 running, 2 shutting-down");
    assert_eq!(cards[1].pairs[0].1, "24: 22 continuous, 2 initial sync");
    let regions: Vec<String> = regions(&summary().places)
        .into_iter()
        .map(|choice| choice.value)
        .collect();
    assert_eq!(regions, ["us-east-1", "us-west-2"]);
}

#[test]
fn every_fault_that_stands_says_what_is_wrong_and_how_it_is_ended() {
    let shown = active(&summary());
    let texts: Vec<&str> = shown.iter().map(|one| one.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "us-east-1 is away",
            "web-01 does not replicate",
            "The next launch of db-01 fails",
            "drs DescribeJobs: throttled by the service",
        ]
    );
    assert!(shown[1].detail.ends_with("until 2026-11-21 08:10:00 UTC"));
    assert_eq!(shown[3].detail, "3 calls left, in us-west-2, after 1 call");
    assert_eq!(
        body(&shown[0].end),
        json!({ "command": "end_outage", "region": "us-east-1" })
    );
    assert_eq!(
        body(&shown[1].end),
        json!({ "command": "resume_server", "server": "s-1" })
    );
    assert_eq!(
        body(&shown[2].end),
        json!({ "command": "allow_launch", "server": "s-2" })
    );
    assert_eq!(
        (shown[3].end.told.method, shown[3].end.told.path.as_str()),
        ("DELETE", "/_sim/faults/7")
    );
}

#[test]
fn speeds_are_told_in_words() {
    let words = [None, Some(0.0), Some(1.0), Some(60.0), Some(0.5)].map(pace);
    assert_eq!(words[0], "Moved by hand");
    assert_eq!(words[1], "Stopped");
    assert_eq!(words[2], "As fast as real time");
    assert_eq!(words[3], "60 times as fast as real time");
    assert_eq!(words[4], "0.5 times as fast as real time");
    assert_eq!(
        SPEEDS.map(|(speed, _)| paced(speed))[0],
        "The simulated clock stands"
    );
}

#[test]
fn a_jump_is_between_a_minute_and_a_day() {
    assert_eq!(body(&jump(" 10 ").unwrap()), json!({ "seconds": 600 }));
    assert_eq!(body(&jump("1440").unwrap()), json!({ "seconds": 86_400 }));
    for bad in ["", "0", "1441", "-1", "x", "1.5"] {
        assert!(
            jump(bad).unwrap_err().message.contains("1 to 1440"),
            "{bad}"
        );
    }
}

fn draft(kind: &str) -> Draft {
    Draft {
        kind: kind.to_owned(),
        server: Some(Choice::new("s-1", "web-01")),
        minutes: "5".to_owned(),
        operation: "drs StartRecovery".to_owned(),
        how: "throttle".to_owned(),
        times: "2".to_owned(),
        region: "us-east-1".to_owned(),
    }
}

#[test]
fn what_is_injected_is_what_was_filled_in() {
    let told = |draft: &Draft| body(&injection(draft).unwrap());
    assert_eq!(
        told(&draft("stall")),
        json!({ "command": "stall_for", "server": "s-1", "seconds": 300 })
    );
    let mut open = draft("stall");
    open.minutes.clear();
    assert_eq!(
        told(&open),
        json!({ "command": "stall_server", "server": "s-1" })
    );
    assert_eq!(told(&draft("launch"))["command"], "fail_launch");
    assert_eq!(
        told(&draft("outage")),
        json!({ "command": "outage", "region": "us-east-1" })
    );
    let calls = injection(&draft("calls")).unwrap();
    assert_eq!(calls.says, "drs StartRecovery: the next 2 calls will fail");
    assert_eq!(
        body(&calls),
        json!({ "service": "drs", "operation": "StartRecovery", "times": 2, "kind": { "is": "throttle" },
            "region": "us-east-1" })
    );
    let error = Draft {
        how: "error".to_owned(),
        region: String::new(),
        ..draft("calls")
    };
    assert_eq!(told(&error)["kind"]["status"], 500);
    assert_eq!(told(&error)["region"], Value::Null);
}

#[test]
fn what_is_missing_is_named() {
    let nobody = |kind: &str| Draft {
        server: None,
        operation: String::new(),
        region: String::new(),
        ..draft(kind)
    };
    for (kind, field) in [
        ("stall", "Server"),
        ("launch", "Server"),
        ("calls", "Operation"),
        ("outage", "Region"),
    ] {
        let problem = injection(&nobody(kind)).unwrap_err();
        assert!(problem.message.starts_with(field), "{}", problem.message);
    }
    let none = Draft {
        times: "0".to_owned(),
        ..draft("calls")
    };
    assert!(injection(&none).unwrap_err().message.starts_with("Calls"));
}

#[test]
fn every_kind_says_what_it_does() {
    for kind in kinds() {
        assert!(!explained(&kind.value).is_empty(), "{}", kind.value);
    }
}

#[test]
fn servers_are_found_by_a_part_of_their_name_and_not_more_than_can_be_read() {
    let servers: Vec<Server> = (0..300)
        .map(|at| Server {
            id: format!("s-{at}"),
            name: format!("Web-{at:03}"),
            region: "us-west-2".to_owned(),
        })
        .collect();
    assert_eq!(matching(&servers, "").len(), MOST_CHOICES);
    let found = matching(&servers, " web-29");
    assert_eq!(found.len(), 10);
    assert_eq!(found[0], Choice::new("s-290", "Web-290 (us-west-2)"));
}

#[test]
fn operations_are_offered_service_by_service_without_the_products_own_tables() {
    let known = BTreeMap::from([
        ("drs".to_owned(), vec!["StartRecovery".to_owned()]),
        ("dynamodb".to_owned(), vec!["PutItem".to_owned()]),
    ]);
    assert_eq!(
        operations(&known),
        [
            Choice::new("drs *", "Every call of drs"),
            Choice::new("drs StartRecovery", "drs StartRecovery"),
        ]
    );
}
