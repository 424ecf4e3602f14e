//! restJson1 (`drs`): JSON bodies, the error's name in `x-amzn-errortype`.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};

/// The one member of the error shapes that the model binds to a header (`Retry-After`).
const RETRY_AFTER: &str = "retryAfterSeconds";
const CONTENT_TYPE: &str = "application/json";

/// Reads the body of a call; an empty body is an empty object.
///
/// # Errors
/// `ValidationException` where the body is not the JSON that the operation takes.
pub fn parse<T: DeserializeOwned>(call: &Call) -> ServiceResult<T> {
    let body: &[u8] = if call.body.is_empty() {
        b"{}"
    } else {
        &call.body
    };
    serde_json::from_slice(body).map_err(|error| {
        ServiceError::validation(format!("Invalid request body: {error}"))
            .with("code", "ValidationException")
            .with("reason", "cannotParse")
    })
}

/// 200 with a JSON body.
#[must_use]
pub fn ok(call: &Call, body: &Value) -> Answer {
    answer(call, 200, body, None)
}

/// `status` with a JSON body (202 of `StartRecovery`, 201 of the create operations) or, for
/// `Value::Null`, with none (204).
#[must_use]
pub fn with_status(call: &Call, status: u16, body: &Value) -> Answer {
    answer(call, status, body, None)
}

/// An error: `message` and `code` in the body, the name in the header.
#[must_use]
pub fn error(call: &Call, error: &ServiceError) -> Answer {
    let mut body = Map::new();
    body.insert("message".to_owned(), json!(error.message));
    for (name, value) in error.fields.iter().filter(|(name, _)| *name != RETRY_AFTER) {
        body.insert(name.clone(), value.clone());
    }
    let mut answer = answer(call, error.status, &Value::Object(body), Some(&error.code));
    if let Some(seconds) = error.fields.get(RETRY_AFTER) {
        let seconds = seconds
            .as_str()
            .map_or_else(|| seconds.to_string(), str::to_owned);
        answer.headers.push(("retry-after", seconds));
    }
    answer
}

fn answer(call: &Call, status: u16, body: &Value, error_type: Option<&str>) -> Answer {
    let mut headers = vec![
        ("content-type", CONTENT_TYPE.to_owned()),
        ("x-amzn-requestid", call.request_id.clone()),
    ];
    if let Some(name) = error_type {
        headers.push(("x-amzn-errortype", name.to_owned()));
    }
    let body = if body.is_null() {
        Bytes::new()
    } else {
        Bytes::from(body.to_string())
    };
    Answer {
        status,
        headers,
        body,
    }
}
