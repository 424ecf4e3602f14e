//! What API Gateway answers by itself: errors before or after a function.

use serde_json::{Value, json};

use super::map;

/// An error of the gateway: its name for it, our status, our code, and what to do.
struct GatewayError {
    kind: &'static str,
    status: Option<u16>,
    code: &'static str,
    message: &'static str,
}

const fn error(
    kind: &'static str,
    status: u16,
    code: &'static str,
    message: &'static str,
) -> GatewayError {
    GatewayError {
        kind,
        status: Some(status),
        code,
        message,
    }
}

const SIGN_IN: &str = "Sign in: the request has no token, or one that is not valid";
const NO_ROUTE: &str = "There is no such path or method";
const NOT_ALLOWED: &str = "Access is denied";
const SLOW_DOWN: &str = "Too many requests: try again later";
const TIMEOUT: &str =
    "Not finished within 29 seconds: it may still succeed, look before you repeat";
const BROKEN: &str = "The service failed: try again, and give the request id when you report it";
const BAD: &str = "The request cannot be read";

const ERRORS: &[GatewayError] = &[
    error("UNAUTHORIZED", 401, "UNAUTHENTICATED", SIGN_IN),
    error("EXPIRED_TOKEN", 401, "UNAUTHENTICATED", SIGN_IN),
    error("INVALID_SIGNATURE", 401, "UNAUTHENTICATED", SIGN_IN),
    error("ACCESS_DENIED", 403, "FORBIDDEN", NOT_ALLOWED),
    // Also what a path that does not exist answers, by whatever method.
    error(
        "MISSING_AUTHENTICATION_TOKEN",
        404,
        "NO_SUCH_ROUTE",
        NO_ROUTE,
    ),
    error("RESOURCE_NOT_FOUND", 404, "NO_SUCH_ROUTE", NO_ROUTE),
    error(
        "REQUEST_TOO_LARGE",
        413,
        "REQUEST_TOO_LARGE",
        "The body is too large",
    ),
    error(
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "UNSUPPORTED_MEDIA_TYPE",
        "The body must be application/json",
    ),
    error("THROTTLED", 429, "TOO_MANY_REQUESTS", SLOW_DOWN),
    error("QUOTA_EXCEEDED", 429, "TOO_MANY_REQUESTS", SLOW_DOWN),
    error("INTEGRATION_TIMEOUT", 504, "TIMED_OUT", TIMEOUT),
    error("INTEGRATION_FAILURE", 502, "INTERNAL", BROKEN),
    GatewayError {
        kind: "DEFAULT_4XX",
        status: None,
        code: "VALIDATION_FAILED",
        message: BAD,
    },
    GatewayError {
        kind: "DEFAULT_5XX",
        status: None,
        code: "INTERNAL",
        message: BROKEN,
    },
];

/// `x-amazon-apigateway-gateway-responses`: our error body (requirement 004, "Error Response Structure").
/// Determination: its timestamp is API Gateway's own (`21/Nov/2026:09:00:00 +0000`), as it offers no other.
pub fn responses() -> Value {
    map(ERRORS.iter().map(|error| {
        let body = json!({ "error": {
            "code": error.code,
            "message": error.message,
            "details": {},
            "request_id": "$context.requestId",
            "timestamp": "$context.requestTime",
        }});
        let mut response = json!({
            "responseTemplates": { "application/json": body.to_string() },
            "responseParameters": {
                "gatewayresponse.header.Cache-Control": "'no-store'",
            },
        });
        if let Some(status) = error.status {
            response["statusCode"] = json!(status);
        }
        (error.kind.to_owned(), response)
    }))
}
