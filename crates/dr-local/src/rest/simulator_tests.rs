//! The simulator behind the product's door: who may look, who may break, and what is not there.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use dr_error::clock::ManualClock;
use dr_error::ids::CountedIds;
use dr_model::role::Role;
use dr_sim::scenario::Estate;
use dr_sim::{Home, Sim, SimOptions, Speed};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt as _;

use super::super::{Door, Parts, Routes};
use crate::auth::{Issuer, Who};
use crate::fakes::{FakeHandlers, FakeWorld};
use crate::state_dir::StateDir;

struct Stand {
    sim: Sim,
    issuer: Arc<Issuer>,
    router: Router,
    _temp: tempfile::TempDir,
}

impl Stand {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let dir = StateDir::open(temp.path()).unwrap();
        let ids = Arc::new(CountedIds::from_seed(1));
        let clock = Arc::new(ManualClock::at_epoch());
        let issuer = Issuer::open(&dir, "local", clock, Arc::clone(&ids) as _).unwrap();
        let issuer = Arc::new(issuer);
        let sim = Sim::open(SimOptions {
            seed: 1,
            start: "2026-11-21T08:00:00Z".parse().unwrap(),
            speed: Speed::Scaled(0.0),
            tables: None,
            world: None,
            home: Home {
                account: "999988887777".to_owned(),
                region: "us-west-2".to_owned(),
                principal_arn: "arn:aws:sts::999988887777:assumed-role/dr/test".to_owned(),
            },
        })
        .unwrap();
        let estate = Estate {
            servers: 3,
            ..Estate::default()
        };
        sim.control().scenario(&estate).unwrap();
        let door = Door::new(Parts {
            handlers: Arc::new(FakeHandlers::default()),
            routes: Routes::of_operations().unwrap(),
            issuer: Arc::clone(&issuer),
            accounts: None,
            simulator: Some(sim.control()),
            world: Arc::new(FakeWorld::at("2026-11-21T08:00:30Z")),
            ids,
            changed: Arc::new(Notify::new()),
            account: "111111111111".to_owned(),
            stage: "local".to_owned(),
        });
        Self {
            sim,
            issuer,
            router: door.router(),
            _temp: temp,
        }
    }

    async fn call(
        &self,
        role: Option<Role>,
        (method, path): (&str, &str),
        body: Value,
    ) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(role) = role {
            let username = role.name().to_owned();
            let token = self.issuer.issue(&Who { username, role }).unwrap();
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = match body {
            Value::Null => Body::empty(),
            body => Body::from(body.to_string()),
        };
        let request = request.header("content-type", "application/json");
        let response = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (
            status,
            serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        )
    }

    async fn admin(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.call(Some(Role::Admin), (method, path), body).await
    }

    fn server(&self) -> String {
        self.sim.control().servers()[0].id.clone()
    }
}

const CHANGES: [(&str, &str); 6] = [
    ("PUT", "/_sim/clock"),
    ("POST", "/_sim/clock"),
    ("POST", "/_sim/faults"),
    ("DELETE", "/_sim/faults"),
    ("DELETE", "/_sim/faults/1"),
    ("POST", "/_sim/commands"),
];

#[tokio::test]
async fn without_a_token_nothing_of_the_simulator_is_shown_or_done() {
    let stand = Stand::new();
    let looks = [
        ("GET", "/_sim/summary"),
        ("GET", "/_sim/servers"),
        ("GET", "/_sim/operations"),
    ];
    for ask in looks.into_iter().chain(CHANGES) {
        let (status, body) = stand.call(None, ask, Value::Null).await;
        assert_eq!(status, 401, "{ask:?}");
        assert_eq!(body["error"]["code"], "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn who_may_read_sees_the_estate_and_only_an_administrator_breaks_it() {
    let stand = Stand::new();
    for role in Role::ALL {
        let (status, body) = stand
            .call(Some(role), ("GET", "/_sim/summary"), Value::Null)
            .await;
        assert_eq!(status, 200, "{role:?}");
        assert_eq!(body["speed"], 0.0);
        for ask in CHANGES {
            let (status, body) = stand.call(Some(role), ask, json!({ "bad": 1 })).await;
            if role == Role::Admin {
                assert_ne!(status, 403, "{ask:?}");
            } else {
                assert_eq!(status, 403, "{role:?} {ask:?}");
                assert_eq!(body["error"]["code"], "FORBIDDEN");
                assert!(body["error"]["request_id"].is_string());
            }
        }
    }
    assert_eq!(stand.sim.control().faults(), []);
}

#[tokio::test]
async fn an_administrator_injects_and_ends_faults() {
    let stand = Stand::new();
    let server = stand.server();
    let fault = json!({ "service": "drs", "operation": "DescribeJobs", "times": 3, "kind": { "is": "throttle" } });
    assert_eq!(stand.admin("POST", "/_sim/faults", fault).await.0, 204);
    for command in [
        json!({ "command": "fail_launch", "server": server, "raw_error": "told so" }),
        json!({ "command": "stall_for", "server": server, "seconds": 600 }),
        json!({ "command": "outage", "region": "us-east-1" }),
    ] {
        let told = stand.admin("POST", "/_sim/commands", command.clone()).await;
        assert_eq!(told.0, 204, "{command}");
    }
    let (_, shown) = stand.admin("GET", "/_sim/summary", Value::Null).await;
    assert_eq!(shown["faults"][0]["operation"], "DescribeJobs");
    assert_eq!(shown["faults"][0]["id"], 1);
    assert_eq!(shown["failing_launches"][0]["id"], server);
    assert_eq!(shown["stalls"][0]["server"]["id"], server);
    assert_eq!(shown["outages"]["us-east-1"], 2, "one stalled before");
    let other = stand.sim.control().servers()[1].id.clone();
    let resume = json!({ "command": "resume_server", "server": other });
    let (status, body) = stand.admin("POST", "/_sim/commands", resume).await;
    assert_eq!((status, &body["error"]["code"]), (409, &json!("CONFLICT")));
    assert_eq!(
        stand.admin("DELETE", "/_sim/faults/1", Value::Null).await.0,
        204
    );
    let (status, body) = stand.admin("DELETE", "/_sim/faults/1", Value::Null).await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!("NOT_FOUND")));
}

#[tokio::test]
async fn an_administrator_sets_the_speed_and_moves_the_clock() {
    let stand = Stand::new();
    let before = stand.sim.clock().now();
    let jump = json!({ "seconds": 600 });
    assert_eq!(stand.admin("POST", "/_sim/clock", jump).await.0, 204);
    assert_eq!(
        stand.sim.clock().now() - before,
        chrono::TimeDelta::minutes(10)
    );
    let pace = json!({ "speed": 300.0 });
    assert_eq!(stand.admin("PUT", "/_sim/clock", pace).await.0, 204);
    assert_eq!(stand.sim.clock().speed(), Speed::Scaled(300.0));
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_what_is_expected() {
    let stand = Stand::new();
    for (method, path, body, expected) in [
        ("PUT", "/_sim/clock", json!({ "speed": -1 }), "speed"),
        ("PUT", "/_sim/clock", json!({ "pace": 1 }), "pace"),
        ("POST", "/_sim/clock", json!({ "seconds": 0 }), "seconds"),
        (
            "POST",
            "/_sim/clock",
            json!({ "seconds": 86_401 }),
            "seconds",
        ),
        (
            "POST",
            "/_sim/commands",
            json!({ "command": "explode" }),
            "explode",
        ),
        (
            "POST",
            "/_sim/faults",
            json!({ "service": "drs", "operation": "DescribeJob", "kind": { "is": "throttle" } }),
            "DescribeJob",
        ),
        (
            "POST",
            "/_sim/faults",
            json!({ "service": "drs", "operation": "*", "times": 0, "kind": { "is": "throttle" } }),
            "times",
        ),
    ] {
        let (status, answer) = stand.admin(method, path, body).await;
        assert_eq!(status, 400, "{method} {path}: {answer}");
        assert_eq!(answer["error"]["code"], "VALIDATION_FAILED");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{message}");
    }
    let nobody = json!({ "command": "resume_server", "server": "s-00000000000000000" });
    assert_eq!(stand.admin("POST", "/_sim/commands", nobody).await.0, 404);
}

#[tokio::test]
async fn dumps_and_calls_by_hand_are_not_on_the_products_port() {
    let stand = Stand::new();
    for path in [
        "/_sim",
        "/_sim/world",
        "/_sim/by-hand",
        "/_sim/calls",
        "/_sim/faults/x",
        "/_sim/throttles",
    ] {
        let (status, body) = stand.admin("GET", path, Value::Null).await;
        assert_eq!(status, 404, "{path}");
        assert_eq!(body["error"]["code"], "NO_SUCH_ROUTE");
    }
    let (status, _) = stand.admin("PATCH", "/_sim/clock", Value::Null).await;
    assert_eq!(status, 405);
}

#[test]
fn no_operation_has_a_path_of_the_simulator() {
    for operation in dr_api::Operation::ALL {
        let mut routes = operation.routes().iter();
        assert!(routes.all(|route| !route.path.starts_with("/_sim")));
    }
}
