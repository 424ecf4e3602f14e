//! One invocation from event to answer, the same for all three handlers.

use std::future::Future;

use chrono::{DateTime, Utc};
use dr_api::{Endpoint, HandlerName};
use dr_error::{Error, Result};
use serde_json::Value;

use crate::event::{Background, Call, Door, Refusal, open};
use crate::request::parse;
use crate::respond::{Answer, Stamp, proxy_response};

/// What the platform says of an invocation.
#[derive(Debug, Clone)]
pub struct Context {
    /// Its id.
    pub request_id: String,
}

/// What Lambda answers as a function error: Retry and Catch of a state machine match `error_type`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `Dr.Transient` or `Dr.Permanent`.
    pub error_type: String,
    /// For a person.
    pub error_message: String,
}

/// One of the three functions.
pub trait Handler: Sync {
    /// Which one.
    const NAME: HandlerName;

    /// What time it is.
    fn now(&self) -> DateTime<Utc>;

    /// Carries out an operation. Permission has been checked.
    fn serve(&self, call: Call) -> impl Future<Output = Result<Value>> + Send;

    /// Carries out a task or takes an event.
    fn background(&self, background: Background) -> impl Future<Output = Result<Value>> + Send;
}

/// Reads a call's request, runs the verb, and writes its response.
///
/// # Errors
/// What the verb answers, or [`Error::Invalid`].
pub async fn run<E, F, Fut>(call: Call, verb: F) -> Result<Value>
where
    E: Endpoint,
    F: FnOnce(E::Request) -> Fut,
    Fut: Future<Output = Result<E::Response>>,
{
    // Boxed: an operation's future holds many SDK calls, and the layers above it would copy all of it.
    let response = Box::pin(verb(parse::<E>(call)?)).await?;
    serde_json::to_value(response).map_err(Error::internal)
}

/// Serves one invocation.
///
/// # Errors
/// Only for tasks and events: a bad request by either other door is an answer, not a failure.
pub async fn handle<H: Handler>(
    handler: &H,
    event: Value,
    context: Context,
) -> Result<Value, Failure> {
    let stamp = || Stamp {
        request_id: context.request_id.clone(),
        now: handler.now(),
    };
    match open(H::NAME, event) {
        Door::Api(call) => {
            let (status, body) = answer(handler, call, &context, "api", stamp).await;
            Ok(proxy_response(status, &body, &context.request_id))
        }
        Door::Direct(call) => Ok(answer(handler, call, &context, "direct", stamp).await.1),
        Door::Background(background) => {
            let what = name_of(&background);
            let result = Box::pin(handler.background(background)).await;
            match &result {
                Ok(_) => {
                    tracing::info!(request_id = %context.request_id, door = "background", what, outcome = "done")
                }
                Err(error) => {
                    tracing::warn!(request_id = %context.request_id, door = "background", what, outcome = "failed", error = ?error);
                }
            }
            result.map_err(|error| Failure {
                error_type: error.task_error_name().to_owned(),
                error_message: error.to_string(),
            })
        }
    }
}

async fn answer<H: Handler>(
    handler: &H,
    call: Result<Call, Refusal>,
    context: &Context,
    door: &str,
    stamp: impl Fn() -> Stamp,
) -> (u16, Value) {
    let refused = |answer: Answer| {
        let body = serde_json::to_value(&answer.body).unwrap_or_default();
        (answer.status, body, answer.body.error.code)
    };
    let (operation, caller, success, result) = match call {
        Err(refusal) => {
            let (status, body, code) = refused(stamp().refusal(refusal));
            tracing::info!(request_id = %context.request_id, door, status, code);
            return (status, body);
        }
        Ok(call) => {
            let operation = call.operation;
            let caller = call.caller.name().to_owned();
            let success = call.success;
            let result = match call.caller.require(operation.permission()) {
                Ok(()) => handler.serve(call).await,
                Err(error) => Err(error),
            };
            (operation.name(), caller, success, result)
        }
    };
    match result {
        Ok(body) => {
            tracing::info!(request_id = %context.request_id, door, operation, caller, status = success);
            (success, body)
        }
        Err(error) => {
            // The whole chain goes to the log, once; the caller gets the public part.
            let detail = format!("{error:?}");
            let (status, body, code) = refused(stamp().error(error));
            tracing::warn!(request_id = %context.request_id, door, operation, caller, status, code, detail);
            (status, body)
        }
    }
}

fn name_of(background: &Background) -> String {
    let (value, key) = match background {
        Background::Task(value) => (value, "task"),
        Background::Event(value) => (value, "detail-type"),
    };
    value
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or("?")
        .chars()
        .take(64)
        .collect()
}
