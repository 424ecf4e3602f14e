//! EC2's refusals, worded as EC2 words them, and the reading of its typed parameters.

use crate::error::{ServiceError, ServiceResult};
use crate::wire::query::Params;

/// A client error, status 400, as nearly all of EC2's are.
pub(super) fn refused(code: &'static str, message: impl Into<String>) -> ServiceError {
    ServiceError::new(400, code, message)
}

/// A required parameter was not sent.
pub(super) fn missing(name: &str) -> ServiceError {
    refused(
        "MissingParameter",
        format!("The request must contain the parameter {name}"),
    )
}

/// A parameter has a value that EC2 does not take.
pub(super) fn value(message: impl Into<String>) -> ServiceError {
    refused("InvalidParameterValue", message)
}

/// One or several ids are unknown: EC2 words the plural differently.
pub(super) fn unknown_ids(code: &'static str, noun: &str, ids: &[&str]) -> ServiceError {
    let (plural, verb) = if ids.len() == 1 {
        ("", "does")
    } else {
        ("s", "do")
    };
    refused(
        code,
        format!(
            "The {noun} ID{plural} '{}' {verb} not exist",
            ids.join(", ")
        ),
    )
}

/// A whole number, if it was sent.
pub(super) fn number<T: std::str::FromStr>(
    params: &Params,
    name: &str,
) -> ServiceResult<Option<T>> {
    read(params, name, "integer", |text| text.parse().ok())
}

/// A truth value, if it was sent.
pub(super) fn flag(params: &Params, name: &str) -> ServiceResult<Option<bool>> {
    read(params, name, "boolean", |text| text.parse().ok())
}

fn read<T>(
    params: &Params,
    name: &str,
    wanted: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> ServiceResult<Option<T>> {
    let Some(text) = params.get(name) else {
        return Ok(None);
    };
    parse(text).map(Some).ok_or_else(|| {
        value(format!(
            "Invalid value '{text}' for {name}. Must be of type {wanted}"
        ))
    })
}
