//! The whole put together over the real simulator, with functions that do as they are told.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use dr_error::clock::ManualClock;
use dr_error::ids::CountedIds;
use dr_sim::Speed;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;

use super::{Local, LocalOptions, OpenError, Product, SignIn, machine_name};
use crate::fakes::{Does, FakeHandlers};
use crate::server::{Ports, ServeError, serve};
use crate::states::MachineSpec;

const TICK: &str = r#"{"StartAt": "Tick", "States": {"Tick": {"Type": "Task",
  "Resource": "arn:aws:states:::lambda:invoke",
  "Parameters": {"FunctionName": "dr-execution-local", "Payload": {"task": "poll"}}, "End": true}}}"#;

fn options(state: &Path) -> LocalOptions {
    LocalOptions {
        state: state.to_owned(),
        reset: false,
        servers: 8,
        seed: 1,
        speed: Speed::Manual,
        start: "2026-11-21T08:00:30Z".parse().unwrap(),
        environment: "local".to_owned(),
        sign_in: SignIn::Off,
        wall: Arc::new(ManualClock::at_epoch()),
        ids: Arc::new(CountedIds::from_seed(1)),
        machines: vec![MachineSpec {
            name: machine_name(super::POLLER, "local"),
            definition: TICK.to_owned(),
            keep: Some(3),
        }],
    }
}

async fn open(options: LocalOptions, handlers: &Arc<FakeHandlers>) -> Result<Local, OpenError> {
    let handlers = Arc::clone(handlers) as _;
    Local::open(options, |_| Product {
        handlers,
        prepare: Box::pin(std::future::ready(Ok(()))),
    })
    .await
}

/// Functions that register two accounts.
fn registering() -> Arc<FakeHandlers> {
    let handlers = FakeHandlers::default();
    handlers.then(Does::Answer(json!({"external_id": "x-1"})));
    handlers.then(Does::Answer(json!({"external_id": "x-2"})));
    Arc::new(handlers)
}

async fn aws(router: Router, key: &str, target: &str, body: &Value) -> (StatusCode, Value) {
    let scope = format!("{key}/20261121/us-west-2/states/aws4_request");
    let request = Request::post("/")
        .header("x-amz-target", target)
        .header("content-type", "application/x-amz-json-1.0")
        .header(
            "authorization",
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        )
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn the_first_start_builds_the_estate_and_the_roles_trust_the_product() {
    let temp = tempfile::tempdir().unwrap();
    let handlers = registering();
    let local = open(options(temp.path()), &handlers).await.unwrap();
    let asked = handlers.event(0);
    assert_eq!(asked["operation"], "create_target_account");
    assert_eq!(asked["body"]["account_id"], "111122223333");
    assert_eq!(handlers.event(1)["body"]["regions"], json!(["us-west-2"]));
    let dump = local.sim.control().dump().unwrap();
    let trust = dump["accounts"]["444455556666"]["iam"].to_string();
    assert!(
        trust.contains("x-2") && trust.contains("role/dr-orchestrator"),
        "{trust}"
    );
    assert_eq!(local.sim.control().call_counts()["sns"]["CreateTopic"], 1);
}

#[tokio::test]
async fn a_restart_keeps_the_estate_and_says_when_another_was_asked_for() {
    let temp = tempfile::tempdir().unwrap();
    let handlers = registering();
    let local = open(options(temp.path()), &handlers).await.unwrap();
    assert!(local.installation.notes.is_empty());
    let before = local.sim.control().dump().unwrap();
    drop(local);
    let other = LocalOptions {
        servers: 9,
        seed: 2,
        ..options(temp.path())
    };
    let local = open(other, &handlers).await.unwrap();
    assert_eq!(handlers.count(), 2);
    assert!(local.installation.notes[0].contains("--servers 8 --seed 1"));
    assert_eq!(local.sim.control().dump().unwrap(), before);
    drop(local);
    let reset = LocalOptions {
        reset: true,
        servers: 9,
        ..options(temp.path())
    };
    handlers.then(Does::Answer(json!({"external_id": "x-3"})));
    handlers.then(Does::Answer(json!({"external_id": "x-4"})));
    let local = open(reset, &handlers).await.unwrap();
    assert_eq!(local.installation.estate.servers, 9);
    assert_ne!(local.sim.control().dump().unwrap(), before);
}

#[tokio::test]
async fn a_first_start_that_was_cut_off_begins_again() {
    let temp = tempfile::tempdir().unwrap();
    let handlers = Arc::new(FakeHandlers::default());
    handlers.then(Does::Answer(json!({"external_id": "x-1"})));
    handlers.then(Does::Answer(json!({"error": {"code": "INTERNAL"}})));
    let failed = open(options(temp.path()), &handlers).await.err().unwrap();
    assert!(
        failed
            .to_string()
            .contains("registering the target accounts"),
        "{failed}"
    );
    let local = open(options(temp.path()), &registering()).await.unwrap();
    let servers = &local.sim.control().dump().unwrap()["places"]["444455556666"]["us-west-2"]["drs"]
        ["servers"];
    assert_eq!(servers.as_object().unwrap().len(), 8);
}

#[tokio::test]
async fn step_functions_is_answered_over_the_simulated_wire_and_driven() {
    let temp = tempfile::tempdir().unwrap();
    let handlers = registering();
    let local = open(options(temp.path()), &handlers).await.unwrap();
    let key = local.installation.access_key_id.clone();
    let machine = "arn:aws:states:us-west-2:999988887777:stateMachine:dr-poller-local";
    let body = json!({"stateMachineArn": machine, "name": "by-hand"});
    let (status, started) = aws(
        local.sim_router(),
        &key,
        "AWSStepFunctions.StartExecution",
        &body,
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    local.driver.run_ready().await.unwrap();
    assert_eq!(handlers.event(2), json!({"task": "poll"}));
    let body = json!({"executionArn": started["executionArn"]});
    let (_, shown) = aws(
        local.sim_router(),
        &key,
        "AWSStepFunctions.DescribeExecution",
        &body,
    )
    .await;
    assert_eq!(shown["status"], "SUCCEEDED");
    let body = json!({"executionArn": "arn:aws:states:us-west-2:999988887777:execution:x:y"});
    let (status, error) = aws(
        local.sim_router(),
        &key,
        "AWSStepFunctions.DescribeExecution",
        &body,
    )
    .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        error["__type"]
            .as_str()
            .unwrap()
            .ends_with("ExecutionDoesNotExist")
    );
}

#[tokio::test]
async fn the_poller_runs_every_simulated_minute() {
    let temp = tempfile::tempdir().unwrap();
    let handlers = registering();
    let local = open(options(temp.path()), &handlers).await.unwrap();
    local
        .driver
        .advance(chrono::TimeDelta::minutes(5))
        .await
        .unwrap();
    let polls = handlers
        .seen
        .lock()
        .unwrap()
        .iter()
        .filter(|(_, event)| event["task"] == "poll")
        .count();
    assert_eq!(polls, 5);
}

#[tokio::test]
async fn both_ports_are_served_until_the_end_is_asked_for() {
    let temp = tempfile::tempdir().unwrap();
    let handlers = registering();
    let with_users = LocalOptions {
        sign_in: SignIn::Keep,
        speed: Speed::Scaled(1000.0),
        ..options(temp.path())
    };
    let local = open(with_users, &handlers).await.unwrap();
    assert_eq!(local.new_users.len(), 5);
    let ports = Ports::open(IpAddr::V4(Ipv4Addr::LOCALHOST), 0, 0)
        .await
        .unwrap();
    let (api, sim) = (ports.api().unwrap(), ports.sim().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let asked = async {
        for (address, path) in [(api, "/healthz"), (sim, "/_sim")] {
            let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
            let request =
                format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
            socket.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        }
        stop.send(()).unwrap();
    };
    let served = serve(&local, ports, async { stopped.await.unwrap() });
    let (served, ()) = tokio::join!(served, asked);
    served.unwrap();
}

#[tokio::test]
async fn an_address_beyond_this_machine_is_refused() {
    for host in ["0.0.0.0", "10.1.2.3", "::"] {
        let refused = Ports::open(host.parse().unwrap(), 0, 0)
            .await
            .err()
            .unwrap();
        assert!(matches!(refused, ServeError::NotLoopback(_)), "{host}");
    }
}
