//! Looking things up in the caller's account and region, and what is said where they are not.

use super::state::{RecoveryInstance, SourceServer, State};
use crate::error::{ServiceError, ServiceResult};
use crate::service::Call;
use crate::world::World;

/// `ResourceNotFoundException`.
#[must_use]
pub fn not_found(kind: &str, id: &str) -> ServiceError {
    ServiceError::new(
        404,
        "ResourceNotFoundException",
        format!("{kind} with ID {id} does not exist in this account."),
    )
    .with("code", "ResourceNotFoundException")
    .with("resourceId", id)
    .with("resourceType", kind)
}

/// An unknown id in an operation whose model declares no `ResourceNotFoundException`.
#[must_use]
pub fn unknown(kind: &str, id: &str) -> ServiceError {
    ServiceError::validation(format!(
        "{kind} with ID {id} does not exist in this account."
    ))
    .with("code", "ValidationException")
    .with("reason", "other")
}

/// `ConflictException`.
#[must_use]
pub fn conflict(kind: &str, id: &str, message: impl Into<String>) -> ServiceError {
    ServiceError::new(409, "ConflictException", message)
        .with("code", "ConflictException")
        .with("resourceId", id)
        .with("resourceType", kind)
}

/// What DRS keeps for the caller.
pub fn state<'a>(world: &'a mut World, call: &Call) -> &'a mut State {
    &mut world.place(&call.caller.account, &call.region).drs
}

/// A source server.
///
/// # Errors
/// `ResourceNotFoundException`.
pub fn server<'a>(
    world: &'a mut World,
    call: &Call,
    id: &str,
) -> ServiceResult<&'a mut SourceServer> {
    state(world, call)
        .servers
        .get_mut(id)
        .ok_or_else(|| not_found("SourceServer", id))
}

/// A recovery instance.
///
/// # Errors
/// `ResourceNotFoundException`.
pub fn instance<'a>(
    world: &'a mut World,
    call: &Call,
    id: &str,
) -> ServiceResult<&'a mut RecoveryInstance> {
    state(world, call)
        .instances
        .get_mut(id)
        .ok_or_else(|| not_found("RecoveryInstance", id))
}

/// Refuses a server that is in a job.
///
/// # Errors
/// `ConflictException` that names the job.
pub fn idle(state: &State, server: &str) -> ServiceResult<()> {
    match state.busy.get(server) {
        Some(job) => Err(conflict(
            "SourceServer",
            server,
            format!("Source server {server} is already participating in job {job}."),
        )),
        None => Ok(()),
    }
}
