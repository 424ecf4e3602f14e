//! Previews, or does: terminates one recovery instance.

use dr_api::bounded::Line;
use dr_api::recovery_instances::{TerminateRecoveryInstanceRequest, TerminatedRecoveryInstance};
use dr_engine::{App, instances};
use dr_error::Result;
use dr_model::place::Place;

pub async fn serve(
    app: &App,
    request: TerminateRecoveryInstanceRequest,
) -> Result<TerminatedRecoveryInstance> {
    let place = Place {
        account_id: request.account_id,
        region: request.region,
    };
    let id = request.recovery_instance_id;
    let confirm = request.confirm.as_ref().map(Line::as_str);
    let done = instances::terminate(app, &place, &id, confirm, request.dry_run).await?;
    Ok(TerminatedRecoveryInstance {
        recovery_instance_id: id,
        dry_run: request.dry_run,
        losses: done.losses,
        confirmation: done.confirmation,
        refused: done.refused,
        job_id: done.job_id,
    })
}
