//! `DryRun`: whether the caller may, without doing it.

use super::fault;
use crate::error::{ServiceError, ServiceResult};
use crate::iam;
use crate::service::Call;
use crate::wire::query::Params;
use crate::world::World;

/// Ends a dry run, with EC2's answer for "you may" (412) or "you may not" (403). A call that is
/// not a dry run goes on.
pub(super) fn dry_run(world: &World, call: &Call, params: &Params) -> ServiceResult<()> {
    if fault::flag(params, "DryRun")? != Some(true) {
        return Ok(());
    }
    let action = format!("ec2:{}", call.operation);
    if iam::allowed(world, &call.caller.arn, &action) {
        return Err(ServiceError::new(
            412,
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
        ));
    }
    Err(ServiceError::new(
        403,
        "UnauthorizedOperation",
        format!(
            "You are not authorized to perform this operation. User: {} is not authorized to perform: {action}",
            call.caller.arn
        ),
    ))
}
