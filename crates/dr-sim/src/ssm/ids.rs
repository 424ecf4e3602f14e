//! Ids in requests, and what is said of bad ones.

use crate::error::{ServiceError, ServiceResult};

/// An instance id that is none, or none that is meant here.
pub(super) fn bad_instance(id: &str) -> ServiceError {
    ServiceError::new(
        400,
        "InvalidInstanceId",
        format!("The instance ID {id} is not valid."),
    )
}

/// Checks the form of an instance id: `i-` and 8 or 17 characters, `mi-` and 17 (model).
///
/// # Errors
/// `InvalidInstanceId`.
pub(super) fn instance(id: &str) -> ServiceResult<()> {
    let word = |rest: &str| rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let good = match (id.strip_prefix("mi-"), id.strip_prefix("i-")) {
        (Some(rest), _) => rest.len() == 17 && word(rest),
        (None, Some(rest)) => (rest.len() == 8 || rest.len() == 17) && word(rest),
        (None, None) => false,
    };
    if good { Ok(()) } else { Err(bad_instance(id)) }
}

/// A command id that nobody has.
pub(super) fn unknown_command() -> ServiceError {
    ServiceError::new(
        400,
        "InvalidCommandId",
        "The specified command ID isn't valid.",
    )
}

/// Checks the form of a command id: 36 characters.
///
/// # Errors
/// `InvalidCommandId`.
pub(super) fn command(id: Option<&str>) -> ServiceResult<&str> {
    id.filter(|id| id.len() == 36).ok_or_else(unknown_command)
}
