//! SSM actions of a plan: stored as they are given, and refused by field.

use dr_tests::{admin, fleet, product};
use serde_json::{Value, json};

use crate::expect::{fields, refused, text};
use crate::requests::with;

fn action() -> Value {
    json!({
        "name": "drain", "document_name": "AWS-RunShellScript",
        "parameters": { "commands": ["systemctl stop queue", "true"] },
        "on": { "instance_ids": ["i-0123456789abcdef0"] },
        "timeout_seconds": 90, "on_failure": "STOP", "skip_in_drills": true,
    })
}

#[tokio::test]
async fn a_plan_keeps_its_actions_and_what_is_left_out_of_one_has_the_default() {
    let app = product(8).await;
    let fleet = fleet(&app).await;
    let path = format!("/recovery-plans/{}", fleet.plan_id);
    let short = json!({ "name": "check", "document_name": "own.check-shop_1", "on": "WAVE" });
    let wave = json!({
        "name": "all", "group_ids": fleet.group_ids,
        "actions_before": [action()], "actions_after": [short],
    });
    admin(&app, "PUT", &path, json!({ "waves": [wave] })).await;
    let stored = admin(&app, "GET", &path, Value::Null).await;
    assert_eq!(stored["waves"][0]["actions_before"], json!([action()]));
    assert_eq!(
        stored["waves"][0]["actions_after"],
        json!([{
            "name": "check", "document_name": "own.check-shop_1", "on": "WAVE", "parameters": {},
            "timeout_seconds": 3600, "on_failure": "CONTINUE", "skip_in_drills": false,
        }])
    );
    // What is stored can be sent back.
    let waves = stored["waves"].clone();
    admin(&app, "PUT", &path, json!({ "waves": waves })).await;
}

#[tokio::test]
async fn every_wrong_field_of_an_action_is_refused_by_its_path() {
    let app = product(8).await;
    let fleet = fleet(&app).await;
    let many: Vec<Value> = (0..11)
        .map(|n| with(action(), json!({ "name": format!("a{n}") })))
        .collect();
    let ids: Vec<String> = (0..51).map(|n| format!("i-{n:017x}")).collect();
    let one = |key: &str, value: Value| json!({ "actions_before": [with(action(), json!({ key: value }))] });
    let cases = [
        (json!({ "actions_before": many }), "waves[0].actions_before"),
        (
            json!({ "actions_after": [action(), action()] }),
            "waves[0].actions_after[1].name",
        ),
        (one("name", json!(" ")), "waves[0].actions_before[0].name"),
        (
            one("document_name", json!("x; reboot")),
            "waves[0].actions_before[0].document_name",
        ),
        (one("on", json!("WAVE")), "waves[0].actions_before[0].on"),
        (
            one("on", json!({ "instance_ids": [] })),
            "waves[0].actions_before[0].on.instance_ids",
        ),
        (
            one("on", json!({ "instance_ids": ids })),
            "waves[0].actions_before[0].on.instance_ids",
        ),
        (
            one("timeout_seconds", json!(29)),
            "waves[0].actions_before[0].timeout_seconds",
        ),
        (
            one("parameters", json!({ "a b": ["c"] })),
            "waves[0].actions_before[0].parameters",
        ),
    ];
    for (more, field) in cases {
        let mut wave = json!({ "name": "all", "group_ids": fleet.group_ids });
        for (key, value) in more.as_object().unwrap() {
            wave[key] = value.clone();
        }
        let plan = json!({ "name": "new", "waves": [wave] });
        let error = refused(
            &app,
            "POST",
            "/recovery-plans",
            plan,
            (400, "VALIDATION_FAILED"),
        )
        .await;
        assert_eq!(fields(&error), [field], "{error:#}");
    }
}

#[tokio::test]
async fn what_an_action_cannot_hold_is_refused_where_it_stands() {
    let app = product(8).await;
    let fleet = fleet(&app).await;
    for (key, value) in [
        ("on", json!("SOMEWHERE")),
        ("on", json!({ "instance_ids": ["db-1"] })),
        ("on_failure", json!("RETRY")),
        ("timeout_seconds", json!("soon")),
        ("parameters", json!({ "commands": "true" })),
        ("sudo", json!(true)),
    ] {
        let wave = json!({
            "name": "all", "group_ids": fleet.group_ids,
            "actions_after": [with(action(), json!({ key: value }))],
        });
        let plan = json!({ "name": "new", "waves": [wave] });
        let error = refused(
            &app,
            "POST",
            "/recovery-plans",
            plan,
            (400, "VALIDATION_FAILED"),
        )
        .await;
        let found = fields(&error);
        assert!(
            text(&json!(found[0])).starts_with("waves[0].actions_after[0]"),
            "{error:#}"
        );
    }
}
