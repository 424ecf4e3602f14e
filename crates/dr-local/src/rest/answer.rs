//! Answers: a function's, and the door's own refusals in the product's error body.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use dr_api::{ErrorBody, ErrorDetails, ErrorEnvelope};
use dr_model::role::Permission;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Something the door refuses by itself.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    remediation: Option<&'static str>,
    header: Option<(HeaderName, String)>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            remediation: None,
            header: None,
        }
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NO_SUCH_ROUTE",
            "There is no such path",
        )
    }

    pub(super) fn method(allow: &str) -> Self {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self {
            header: Some((header::ALLOW, allow.to_owned())),
            ..Self::new(
                status,
                "METHOD_NOT_ALLOWED",
                format!("This path has {allow}"),
            )
        }
    }

    pub(super) fn unauthenticated(message: &str) -> Self {
        Self {
            remediation: Some("POST /auth/sign-in, then send `Authorization: Bearer <id_token>`"),
            header: Some((header::WWW_AUTHENTICATE, "Bearer".to_owned())),
            ..Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
        }
    }

    /// As the functions say it.
    pub(super) fn forbidden(needed: Permission) -> Self {
        let word = serde_json::to_value(needed).unwrap_or_default();
        let message = format!("This needs the permission {}", word.as_str().unwrap_or("?"));
        Self {
            remediation: Some("Ask an administrator for a role that holds it"),
            ..Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
        }
    }

    pub(super) fn not_found(message: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    pub(super) fn conflict(message: String) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", message)
    }

    pub(super) fn wrong_password() -> Self {
        let message = "The user name or the password is wrong";
        Self::new(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS", message)
    }

    pub(super) fn too_many_attempts(wait: i64) -> Self {
        let message = format!("Too many wrong passwords: wait {wait} s");
        Self {
            header: Some((header::RETRY_AFTER, wait.to_string())),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_ATTEMPTS", message)
        }
    }

    pub(super) fn too_large(largest: usize) -> Self {
        let message = format!("The body is larger than {largest} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "REQUEST_TOO_LARGE", message)
    }

    pub(super) fn cut_off() -> Self {
        let message = "The body ended before it was complete";
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_FAILED", message)
    }

    pub(super) fn not_json() -> Self {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let message = "A body must be JSON in UTF-8, not compressed";
        Self {
            remediation: Some("Send `Content-Type: application/json`"),
            ..Self::new(status, "UNSUPPORTED_MEDIA_TYPE", message)
        }
    }

    pub(super) fn not_utf8(what: &str) -> Self {
        let message = format!("{what} is not UTF-8");
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_FAILED", message)
    }

    pub(super) fn invalid(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_FAILED", message)
    }

    pub(super) fn bad_gateway() -> Self {
        let message = "Something is wrong on our side. The log has it under the request id.";
        Self::new(StatusCode::BAD_GATEWAY, "INTERNAL", message)
    }

    pub(super) fn internal() -> Self {
        let message = "Something is wrong on our side. The log has it under the request id.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", message)
    }

    pub(super) fn timed_out() -> Self {
        let message = "It took longer than 29 s. What was begun goes on.";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "TIMED_OUT", message)
    }

    pub(super) fn response(self, request_id: &str, now: DateTime<Utc>) -> Response {
        let envelope = ErrorEnvelope {
            error: ErrorBody {
                code: self.code.to_owned(),
                message: self.message,
                details: ErrorDetails {
                    remediation: self.remediation.map(str::to_owned),
                    ..ErrorDetails::default()
                },
                request_id: request_id.to_owned(),
                timestamp: now,
            },
        };
        let body = serde_json::to_string(&envelope).unwrap_or_default();
        let mut response = json(self.status, body);
        if let Some((name, value)) = self.header
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// An answer without content.
pub(super) fn empty() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// The answer to OPTIONS.
pub(super) fn options(allow: &str) -> Response {
    let mut response = empty();
    if let Ok(allow) = HeaderValue::from_str(allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// What a Lambda proxy integration must answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProxyAnswer {
    status_code: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    multi_value_headers: Option<Map<String, Value>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// A function's answer as an HTTP response, or why it is none.
pub(super) fn from_proxy(answer: Value) -> Result<Response, String> {
    let answer: ProxyAnswer = serde_json::from_value(answer).map_err(|e| e.to_string())?;
    let body = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded {
        STANDARD.decode(body).map_err(|e| e.to_string())?
    } else {
        body.into_bytes()
    };
    let mut response = json(
        StatusCode::from_u16(answer.status_code).map_err(|e| e.to_string())?,
        body,
    );
    let single = answer.headers.unwrap_or_default();
    for (name, value) in &single {
        set(response.headers_mut(), name, value, false)?;
    }
    for (name, values) in &answer.multi_value_headers.unwrap_or_default() {
        for value in values.as_array().into_iter().flatten() {
            set(response.headers_mut(), name, value, true)?;
        }
    }
    Ok(response)
}

fn set(headers: &mut HeaderMap, name: &str, value: &Value, append: bool) -> Result<(), String> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|e| e.to_string())?;
    let value = HeaderValue::from_str(&text).map_err(|e| e.to_string())?;
    if append {
        headers.append(name, value);
    } else {
        headers.insert(name, value);
    }
    Ok(())
}

/// What every answer carries: nothing of it is to be run, framed, guessed at or kept.
pub(super) fn finish(mut response: Response, request_id: &str, head_only: bool) -> Response {
    let fixed = [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-amzn-requestid"), id);
    }
    if head_only {
        *response.body_mut() = Body::empty();
    }
    response
}
