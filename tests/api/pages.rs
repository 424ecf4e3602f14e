//! Every list, walked entry by entry: no gap, no repeat; tokens that are none.

use dr_api::Operation;
use dr_testkit::{Role, TestApp};
use dr_tests::product;
use serde_json::{Value, json};

use crate::doors::Door;
use crate::mutations::schema_of;
use crate::requests::{World, valid, with};

fn lists() -> Vec<Operation> {
    let all = Operation::ALL.iter().copied();
    all.filter(|one| schema_of(*one)["properties"].get("next_token").is_some())
        .collect()
}

/// The whole list: without the filters of the table, so that there is something to walk.
fn whole(operation: Operation, world: &World) -> Value {
    let mut fields = valid(operation, world);
    for filter in [
        "limit",
        "wave",
        "name_contains",
        "replication_state",
        "execution_type",
    ] {
        fields.as_object_mut().unwrap().shift_remove(filter);
    }
    fields
}

async fn page(app: &TestApp, door: Door, operation: Operation, fields: &Value) -> Value {
    let asked = door.ask(app, Role::ReadOnly, operation, fields).await;
    let body = asked.unwrap().1;
    assert!(body.get("error").is_none(), "{operation:?} {body:#}");
    body
}

fn entries(body: &Value) -> Vec<Value> {
    let lists = body.as_object().unwrap().values();
    let mut lists = lists.filter_map(Value::as_array);
    let list = lists.next().unwrap().clone();
    assert!(lists.next().is_none(), "two lists in one answer");
    list
}

/// Second configuration run and second execution, so that every list has more than one entry.
async fn world(app: &TestApp) -> World {
    let world = World::build(app).await;
    let group = &world.fleet.group_ids[1];
    let path = format!("/protection-groups/{group}/configure-allow-launching");
    dr_tests::admin(app, "POST", &path, json!({})).await;
    let id = &world.execution_id;
    let path = format!("/executions/{id}/terminate-instances");
    dr_tests::admin(app, "POST", &path, json!({ "confirm": true })).await;
    app.advance(chrono::TimeDelta::hours(1)).await;
    let more = json!({ "skip_invalid_servers": true });
    let started = dr_tests::start(app, &world.fleet, "DRILL", more).await;
    let second = started["execution_id"].as_str().unwrap();
    let path = format!("/executions/{second}/cancel");
    dr_tests::admin(app, "POST", &path, json!({})).await;
    app.run_until_terminal(second, chrono::TimeDelta::hours(3))
        .await;
    world
}

/// A long list is walked in longer steps: each reads it from AWS again.
const LONG: usize = 60;

#[tokio::test]
async fn every_list_walked_in_small_pages_is_the_list() {
    let app = product(24).await;
    let world = world(&app).await;
    let lists = lists();
    assert!(lists.len() >= 9, "{lists:?}");
    for operation in lists {
        for door in [Door::Direct, Door::Rest(0)] {
            let base = whole(operation, &world);
            let all = with(base.clone(), json!({ "limit": 1000 }));
            let at_once = page(&app, door, operation, &all).await;
            assert!(at_once["next_token"].is_null(), "{operation:?}");
            let expected = entries(&at_once);
            assert!(
                expected.len() > 1,
                "{operation:?} is too short a list to walk"
            );
            let step = if expected.len() > LONG { 17 } else { 1 };
            let mut walked = Vec::new();
            let mut fields = with(base, json!({ "limit": step }));
            loop {
                let body = page(&app, door, operation, &fields).await;
                let found = entries(&body);
                assert!(found.len() <= step, "{operation:?}");
                walked.extend(found);
                assert!(
                    walked.len() <= expected.len(),
                    "{operation:?} goes on too long"
                );
                if body["next_token"].is_null() {
                    break;
                }
                fields["next_token"] = body["next_token"].clone();
            }
            assert_eq!(walked, expected, "{operation:?} by {door:?}");
        }
    }
}

#[tokio::test]
async fn a_filtered_list_holds_exactly_what_the_filter_takes_across_pages() {
    let app = product(24).await;
    let world = world(&app).await;
    let operation = Operation::ListExecutions;
    let page_of = async |fields: Value| page(&app, Door::Direct, operation, &fields).await;
    let all = entries(&page_of(json!({})).await);
    for status in [
        "CANCELLED",
        "COMPLETED",
        "COMPLETED_WITH_FAILURES",
        "FAILED",
    ] {
        let expected: Vec<&Value> = all.iter().filter(|one| one["status"] == status).collect();
        let found = entries(&page_of(json!({ "status": status, "limit": 1 })).await);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{status}");
    }
    let recoveries = page_of(json!({ "execution_type": "RECOVERY" })).await;
    assert_eq!(entries(&recoveries), [] as [Value; 0]);
    let id = json!({ "execution_id": world.execution_id });
    let mut of_waves = 0;
    for wave in 1..=3 {
        let fields = with(id.clone(), json!({ "wave": wave }));
        let body = page(&app, Door::Direct, Operation::ListExecutionServers, &fields).await;
        assert!(entries(&body).iter().all(|server| server["wave"] == wave));
        of_waves += entries(&body).len();
    }
    assert_eq!(of_waves, 24);
}

#[tokio::test]
async fn tokens_that_are_malformed_or_of_another_list_are_refused() {
    let app = product(24).await;
    let world = world(&app).await;
    let plans = page(
        &app,
        Door::Direct,
        Operation::ListRecoveryPlans,
        &json!({ "limit": 1 }),
    )
    .await;
    let of_plans = plans["next_token"].as_str().unwrap().to_owned();
    for operation in lists() {
        for door in Door::of(operation) {
            let mut tokens = vec![
                "nope",
                "",
                "p-1",
                "pNaN",
                "\u{1f525}",
                "eyJhIjoxfQ",
                "p1e9",
                "' OR 1=1",
            ];
            if operation != Operation::ListRecoveryPlans {
                tokens.push(&of_plans);
            }
            for token in tokens {
                let fields = with(whole(operation, &world), json!({ "next_token": token }));
                let asked = door.ask(&app, Role::ReadOnly, operation, &fields).await;
                let (status, body) = asked.unwrap();
                let what = format!("{operation:?} {token:?}: {body:#}");
                assert!(status.is_none_or(|status| status == 400), "{what}");
                let problem = &body["error"]["details"]["fields"][0];
                assert_eq!(problem["field"], "next_token", "{what}");
            }
        }
    }
}
