//! Faults, throttles, the call log and the control's own door.

use axum::body::{Body, to_bytes};
use axum::http::Request;
use dr_sim::control::{Fault, FaultKind, Outcome, Rate};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::harness::Bench;

fn fault(operation: &str, nth: u32, kind: FaultKind) -> Fault {
    Fault {
        service: "drs".to_owned(),
        operation: operation.to_owned(),
        nth,
        times: 1,
        kind,
    }
}

#[tokio::test]
async fn the_nth_call_fails_as_told() {
    let bench = Bench::with(3);
    let kind = FaultKind::Error {
        status: 500,
        code: "InternalServerException".to_owned(),
        message: "told so".to_owned(),
    };
    bench.sim.control().inject(fault("DescribeJobs", 2, kind));
    assert_eq!(bench.drs("DescribeJobs", json!({})).await.0, 200);
    let (status, answer) = bench.drs("DescribeJobs", json!({})).await;
    assert_eq!(status, 500);
    assert_eq!(answer["errorType"], "InternalServerException");
    assert_eq!(bench.drs("DescribeJobs", json!({})).await.0, 200);
}

#[tokio::test]
async fn an_answer_lost_after_the_call_leaves_the_job_behind() {
    let bench = Bench::with(3);
    let server = bench.server("web-portal-01").await;
    let control = bench.sim.control();
    control.inject(fault("StartRecovery", 1, FaultKind::DropAfter));
    let body = json!({ "sourceServers": [{ "sourceServerID": server }] });
    let (_, answer) = bench.drs("StartRecovery", body.clone()).await;
    assert_eq!(answer, Value::Null);
    let jobs = bench.ok("DescribeJobs", json!({})).await;
    assert_eq!(jobs["items"].as_array().unwrap().len(), 1);
    assert_eq!(bench.refused("StartRecovery", body).await.0, 409);
    let last = control.calls().into_iter().rev().nth(2).unwrap();
    assert_eq!(last.operation, "StartRecovery");
    assert_eq!(last.outcome, Outcome::Unanswered);
}

#[tokio::test]
async fn a_call_without_answer_does_nothing() {
    let bench = Bench::with(3);
    let server = bench.server("web-portal-01").await;
    let control = bench.sim.control();
    control.inject(fault("StartRecovery", 1, FaultKind::NoAnswer));
    let body = json!({ "sourceServers": [{ "sourceServerID": server }] });
    let (_, answer) = bench.drs("StartRecovery", body).await;
    assert_eq!(answer, Value::Null);
    let jobs = bench.ok("DescribeJobs", json!({})).await;
    assert_eq!(jobs["items"], json!([]));
}

#[tokio::test]
async fn an_empty_bucket_answers_429_until_time_fills_it() {
    let bench = Bench::with(3);
    let rate = Rate {
        per_second: 0.2,
        burst: 2.0,
    };
    let control = bench.sim.control();
    control.throttle("drs", Some("DescribeJobs"), rate);
    for _ in 0..2 {
        bench.ok("DescribeJobs", json!({})).await;
    }
    let (status, answer) = bench.drs("DescribeJobs", json!({})).await;
    assert_eq!(status, 429);
    assert_eq!(answer["errorType"], "ThrottlingException");
    assert_eq!(answer["retryAfterSeconds"], "5");
    bench.ok("DescribeSourceServers", json!({})).await;
    bench.pass(5);
    bench.ok("DescribeJobs", json!({})).await;
}

#[tokio::test]
async fn every_call_is_listed_and_counted() {
    let bench = Bench::with(3);
    bench.ok("DescribeJobs", json!({})).await;
    bench.ok("DescribeJobs", json!({})).await;
    let control = bench.sim.control();
    assert_eq!(control.call_counts()["drs"]["DescribeJobs"], 2);
    let call = &control.calls()[0];
    assert_eq!(call.account, "444455556666");
    assert_eq!(call.region, "us-west-2");
    assert_eq!(call.outcome, Outcome::Answered(200));
    control.reset_calls();
    assert!(control.call_counts().is_empty());
}

async fn sim(bench: &Bench, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = bench.sim.http_router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (
        status,
        serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    )
}

#[tokio::test]
async fn the_control_answers_over_http() {
    let bench = Bench::with(3);
    let (_, clock) = sim(&bench, "POST", "/_sim/clock", json!({ "seconds": 90 })).await;
    assert_eq!(clock["now"], "2026-11-21T08:01:30Z");
    let fault = json!({
        "service": "drs", "operation": "DescribeJobs", "kind": { "is": "throttle" },
    });
    assert_eq!(sim(&bench, "POST", "/_sim/faults", fault).await.0, 204);
    assert_eq!(bench.drs("DescribeJobs", json!({})).await.0, 429);
    let stall = json!({ "command": "stall_server", "server": "s-00000000000000000" });
    assert_eq!(sim(&bench, "POST", "/_sim/commands", stall).await.0, 404);
    let (_, counts) = sim(&bench, "GET", "/_sim/calls/counts", Value::Null).await;
    assert_eq!(counts["drs"]["DescribeJobs"], 1);
}

#[tokio::test]
async fn a_dumped_world_can_be_loaded_elsewhere() {
    let bench = Bench::with(3);
    let (server, _) = bench.aim("web-portal-01").await;
    let job = bench.start(&[&server], true).await;
    bench.pass(30);
    let (_, dump) = sim(&bench, "GET", "/_sim/world", Value::Null).await;
    let other = Bench::with(0);
    assert_eq!(sim(&other, "PUT", "/_sim/world", dump).await.0, 204);
    let here = bench.finish(&job).await;
    let there = other.finish(&job).await;
    assert_eq!(here, there, "the same seed goes on in the same way");
    let (status, _) = sim(&other, "PUT", "/_sim/world", json!({ "no": "world" })).await;
    assert_eq!(status, 400);
}
