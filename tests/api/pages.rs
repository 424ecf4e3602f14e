//! Every list, walked entry by entry: no gap, no repeat; tokens that are none.

use dr_api::Operation;
use dr_testkit::{Role, TestApp};
use dr_tests::home::{self, Step};
use dr_tests::{PRIMARY, RECOVERY, admin, product};
use serde_json::{Value, json};

use crate::doors::Door;
use crate::expect::text;
use crate::mutations::schema_of;
use crate::requests::{World, valid, with};

fn lists() -> Vec<Operation> {
    let all = Operation::ALL.iter().copied();
    all.filter(|one| schema_of(*one)["properties"].get("next_token").is_some())
        .collect()
}

/// Lists of the way home, which another world holds.
const OF_THE_WAY_HOME: [Operation; 9] = [
    Operation::ListFailoverSessions,
    Operation::ListFailoverSessionServers,
    Operation::GetAgentStatus,
    Operation::GetReverseReplicationStatus,
    Operation::ListAgentCandidates,
    Operation::ListAgentInstallations,
    Operation::ListReplicationStatus,
    Operation::ListRecoveryPoints,
    Operation::ListRecoveryInstances,
];

fn is_of_the_way_home(operation: Operation) -> bool {
    OF_THE_WAY_HOME.contains(&operation)
}

/// The whole list: without the filters of the table, so that there is something to walk.
fn whole(operation: Operation, world: &World) -> Value {
    let mut fields = valid(operation, world);
    let fields_of = fields.as_object_mut().unwrap();
    for filter in [
        "limit",
        "wave",
        "name_contains",
        "replication_state",
        "execution_type",
        "stage",
        "has_error",
        "state",
        "direction",
    ] {
        fields_of.shift_remove(filter);
    }
    if operation == Operation::ListFailoverSessions {
        fields_of.clear();
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
    // Some answers sum up beside their list.
    let beside = ["places", "repairs"];
    let lists = body.as_object().unwrap().iter();
    let lists = lists.filter(|(name, _)| !beside.contains(&name.as_str()));
    let mut lists = lists.filter_map(|(_, value)| value.as_array());
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

/// A fleet in the recovery region, two sessions, two installations, an inventory that was read.
async fn away(app: &TestApp) -> World {
    let mut trip = Box::pin(home::prepare(app)).await;
    Box::pin(trip.take(app, Step::FailOver)).await;
    let session = trip.session(app).await.unwrap();
    let id = text(&session["session_id"]).to_owned();
    let servers = trip.servers(app).await;
    let ids = |range: std::ops::Range<usize>| -> Vec<&Value> {
        servers[range]
            .iter()
            .map(|server| &server["source_server_id"])
            .collect()
    };
    let some = json!({ "source_server_ids": ids(0..3) });
    admin(app, "POST", &format!("/failover-sessions/{id}/split"), some).await;
    admin(app, "POST", "/replication/refresh", json!({})).await;
    let there = (PRIMARY.0, RECOVERY.1);
    let regions = json!({ "regions": [PRIMARY.1, RECOVERY.1] });
    admin(
        app,
        "PUT",
        &format!("/target-accounts/{}", PRIMARY.0),
        regions,
    )
    .await;
    let set_up = app.drs(there, "InitializeService", &json!({})).await;
    assert_eq!(set_up.status, 204, "{:#}", set_up.body);
    let path = format!(
        "/agent/candidates?account_id={}&region={}",
        PRIMARY.0, PRIMARY.1
    );
    let candidates = admin(app, "GET", &path, Value::Null).await;
    let candidates = candidates["candidates"].as_array().unwrap();
    let free = candidates.iter().filter(|one| one["can_install"] == true);
    let mut installed = 0;
    for candidate in free.take(2) {
        let body = json!({
            "account_id": PRIMARY.0, "region": PRIMARY.1, "target_region": RECOVERY.1,
            "machine_ids": [candidate["machine_id"]],
        });
        admin(app, "POST", "/agent/install", body).await;
        installed += 1;
    }
    assert_eq!(installed, 2);
    let mut world = crate::permissions::nowhere();
    world.home.session_id = id;
    world.home.server_id = text(&servers[3]["source_server_id"]).to_owned();
    world
}

/// A long list is walked in longer steps: each reads it from AWS again.
const LONG: usize = 60;

#[tokio::test]
async fn every_list_walked_in_small_pages_is_the_list() {
    let app = product(24).await;
    let world = world(&app).await;
    let lists = lists().into_iter().filter(|one| !is_of_the_way_home(*one));
    let lists: Vec<Operation> = lists.collect();
    assert!(lists.len() >= 9, "{lists:?}");
    walk(&app, &world, &lists).await;
}

#[tokio::test]
async fn every_list_of_the_way_home_walked_in_small_pages_is_the_list() {
    let app = product(8).await;
    let world = away(&app).await;
    walk(&app, &world, &OF_THE_WAY_HOME).await;
}

async fn walk(app: &TestApp, world: &World, lists: &[Operation]) {
    for operation in lists.iter().copied() {
        for door in [Door::Direct, Door::Rest(0)] {
            let base = whole(operation, world);
            let all = with(base.clone(), json!({ "limit": 1000 }));
            let at_once = page(app, door, operation, &all).await;
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
                let body = page(app, door, operation, &fields).await;
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
    let lists = lists().into_iter().filter(|one| !is_of_the_way_home(*one));
    let first = json!({ "limit": 1 });
    let plans = page(&app, Door::Direct, Operation::ListRecoveryPlans, &first).await;
    let of_plans = text(&plans["next_token"]);
    refuse_tokens(&app, &world, lists.collect(), of_plans).await;
    let app = product(8).await;
    let world = away(&app).await;
    refuse_tokens(&app, &world, OF_THE_WAY_HOME.into(), of_plans).await;
}

async fn refuse_tokens(app: &TestApp, world: &World, lists: Vec<Operation>, of_plans: &str) {
    for operation in lists {
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
                tokens.push(of_plans);
            }
            for token in tokens {
                let fields = with(whole(operation, world), json!({ "next_token": token }));
                let asked = door.ask(app, Role::ReadOnly, operation, &fields).await;
                let (status, body) = asked.unwrap();
                let what = format!("{operation:?} {token:?}: {body:#}");
                assert!(status.is_none_or(|status| status == 400), "{what}");
                let problem = &body["error"]["details"]["fields"][0];
                assert_eq!(problem["field"], "next_token", "{what}");
            }
        }
    }
}
