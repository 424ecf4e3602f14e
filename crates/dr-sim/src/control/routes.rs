//! `/_sim`: the control over HTTP. Loopback only.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Aimed, Command, Rate, ServerSummary, Standing, Summary};
use crate::error::ServiceError;
use crate::registry::SERVICES;
use crate::sim::Sim;

/// The routes.
pub(crate) fn router(sim: Sim) -> Router {
    Router::new()
        .route("/_sim", get(index))
        .route("/_sim/clock", get(clock).post(advance).put(speed))
        .route("/_sim/faults", get(faults).post(inject).delete(clear))
        .route("/_sim/faults/{id}", delete(end))
        .route("/_sim/summary", get(summary))
        .route("/_sim/servers", get(servers))
        .route("/_sim/throttles", post(throttle))
        .route("/_sim/commands", post(command))
        .route("/_sim/operations", get(operations))
        .route("/_sim/calls", get(calls).delete(reset_calls))
        .route("/_sim/calls/counts", get(call_counts))
        .route("/_sim/inventory", get(inventory))
        .route("/_sim/by-hand", post(by_hand))
        .route("/_sim/world", get(dump).put(load))
        .layer(middleware::from_fn(loopback_only))
        .with_state(sim)
}

async fn loopback_only(request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    if peer.is_some_and(|ip| !ip.is_loopback()) {
        let body = Json(json!({ "message": "the control answers on loopback only" }));
        return (StatusCode::FORBIDDEN, body).into_response();
    }
    next.run(request).await
}

fn refused(error: &ServiceError) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = Json(json!({ "code": error.code, "message": error.message }));
    (status, body).into_response()
}

/// What `/_sim/commands` takes.
const COMMANDS: &str = "command: stall_server | stall_for | break_replication | resume_server | \
    lose_agent | disconnect_agent | write_load | hold_reversal | agent_takes | copy_speed | \
    network | fail_launch | allow_launch | outage | end_outage | events | set_quota | trust | deny | ssm_fault | ssm_heal | scenario";

async fn index() -> Json<Value> {
    Json(json!({
        "GET /_sim/clock": "simulated time and the next change",
        "POST /_sim/clock": "{\"seconds\": 60}: moves it forward",
        "PUT /_sim/clock": "{\"speed\": 60}: simulated seconds per second from now on; 0 stops it",
        "GET /_sim/summary": "clock, estate in numbers by account and region, what was injected",
        "GET /_sim/servers": "source servers by name",
        "POST /_sim/faults": "service, operation, nth, times, kind {is: error|throttle|no_answer|drop_after}, account, region (or none)",
        "GET /_sim/faults": "faults of calls that stand, with their numbers",
        "DELETE /_sim/faults/{id}": "takes one away",
        "DELETE /_sim/faults": "takes faults and throttles away",
        "POST /_sim/throttles": "service, operation (or none), per_second, burst",
        "POST /_sim/commands": COMMANDS,
        "GET /_sim/operations": "every operation that is simulated, by service",
        "GET /_sim/calls": "every call made",
        "GET /_sim/calls/counts": "calls by service and operation",
        "GET /_sim/inventory": "everything that a round trip must leave as it was, without times",
        "POST /_sim/by-hand": "account, region, operation, body: a call of DRS or EC2 by a person",
        "GET /_sim/world": "dump",
        "PUT /_sim/world": "load",
    }))
}

async fn clock(State(sim): State<Sim>) -> Json<Value> {
    Json(json!({ "now": sim.bring_forward(), "next": sim.next_due() }))
}

#[derive(Debug, Deserialize)]
struct Pace {
    speed: f64,
}

async fn speed(State(sim): State<Sim>, Json(pace): Json<Pace>) -> Response {
    match sim.control().set_speed(pace.speed) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error),
    }
}

async fn summary(State(sim): State<Sim>) -> Json<Summary> {
    Json(sim.control().summary())
}

async fn servers(State(sim): State<Sim>) -> Json<Vec<ServerSummary>> {
    Json(sim.control().servers())
}

#[derive(Debug, Deserialize)]
struct Advance {
    seconds: u32,
}

async fn advance(State(sim): State<Sim>, Json(by): Json<Advance>) -> Json<Value> {
    let now = sim
        .control()
        .advance(chrono::Duration::seconds(i64::from(by.seconds)));
    Json(json!({ "now": now, "next": sim.next_due() }))
}

async fn faults(State(sim): State<Sim>) -> Json<Vec<Standing>> {
    Json(sim.control().faults())
}

async fn end(State(sim): State<Sim>, Path(id): Path<u64>) -> Response {
    match sim.control().end_fault(id) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&error),
    }
}

async fn inject(State(sim): State<Sim>, Json(fault): Json<Aimed>) -> StatusCode {
    sim.control().inject(fault);
    StatusCode::NO_CONTENT
}

async fn clear(State(sim): State<Sim>) -> StatusCode {
    sim.control().clear_faults();
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
struct Throttle {
    service: String,
    operation: Option<String>,
    per_second: f64,
    burst: f64,
}

async fn throttle(State(sim): State<Sim>, Json(new): Json<Throttle>) -> StatusCode {
    let rate = Rate {
        per_second: new.per_second,
        burst: new.burst,
    };
    sim.control()
        .throttle(&new.service, new.operation.as_deref(), rate);
    StatusCode::NO_CONTENT
}

async fn command(State(sim): State<Sim>, Json(command): Json<Command>) -> Response {
    match sim.command(command) {
        Ok(done) => Json(done.facts).into_response(),
        Err(error) => refused(&error),
    }
}

async fn operations() -> Json<Value> {
    let by_service = SERVICES
        .iter()
        .filter(|service| !service.operations().is_empty())
        .map(|service| (service.name.to_owned(), json!(service.operations())))
        .collect();
    Json(Value::Object(by_service))
}

async fn calls(State(sim): State<Sim>) -> Response {
    Json(sim.control().calls()).into_response()
}

async fn reset_calls(State(sim): State<Sim>) -> StatusCode {
    sim.control().reset_calls();
    StatusCode::NO_CONTENT
}

async fn call_counts(State(sim): State<Sim>) -> Response {
    Json(sim.control().call_counts()).into_response()
}

async fn inventory(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.control().inventory())
}

#[derive(Debug, Deserialize)]
struct ByHand {
    account: String,
    region: String,
    operation: String,
    #[serde(default)]
    body: Value,
}

async fn by_hand(State(sim): State<Sim>, Json(told): Json<ByHand>) -> Response {
    let done = sim
        .control()
        .by_hand(&told.account, &told.region, &told.operation, &told.body);
    match done {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => refused(&error),
    }
}

async fn dump(State(sim): State<Sim>) -> Response {
    match sim.control().dump() {
        Ok(world) => Json(world).into_response(),
        Err(error) => refused(&ServiceError::new(500, "NotWritable", error.to_string())),
    }
}

async fn load(State(sim): State<Sim>, Json(dump): Json<Value>) -> Response {
    match sim.control().load(dump) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refused(&ServiceError::new(400, "NotAWorld", error.to_string())),
    }
}
