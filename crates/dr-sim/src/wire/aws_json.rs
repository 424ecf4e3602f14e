//! awsJson1_0 and awsJson1_1 (`dynamodb`, `states`; `ssm`, `kms`, `servicequotas`): the
//! operation in `X-Amz-Target`, the error's name in `__type`.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};

/// Which of the two JSON protocols: they differ in the content type alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `application/x-amz-json-1.0`.
    V1_0,
    /// `application/x-amz-json-1.1`.
    V1_1,
}

impl Version {
    fn content_type(self) -> &'static str {
        match self {
            Self::V1_0 => "application/x-amz-json-1.0",
            Self::V1_1 => "application/x-amz-json-1.1",
        }
    }
}

/// Reads the body of a call; an empty body is an empty object.
///
/// # Errors
/// `SerializationException` where the body is not the JSON that the operation takes.
pub fn parse<T: DeserializeOwned>(call: &Call) -> ServiceResult<T> {
    let body: &[u8] = if call.body.is_empty() {
        b"{}"
    } else {
        &call.body
    };
    serde_json::from_slice(body)
        .map_err(|error| ServiceError::new(400, "SerializationException", error.to_string()))
}

/// 200 with a JSON body.
#[must_use]
pub fn ok(call: &Call, version: Version, body: &Value) -> Answer {
    answer(call, version, 200, body)
}

/// An error with its name in `__type`.
#[must_use]
pub fn error(call: &Call, version: Version, error: &ServiceError) -> Answer {
    let mut body = Map::new();
    body.insert("__type".to_owned(), json!(error.code));
    body.insert("message".to_owned(), json!(error.message));
    for (name, value) in error.fields.iter() {
        body.insert(name.clone(), value.clone());
    }
    answer(call, version, error.status, &Value::Object(body))
}

fn answer(call: &Call, version: Version, status: u16, body: &Value) -> Answer {
    Answer {
        status,
        headers: vec![
            ("content-type", version.content_type().to_owned()),
            ("x-amzn-requestid", call.request_id.clone()),
        ],
        body: Bytes::from(body.to_string()),
    }
}
