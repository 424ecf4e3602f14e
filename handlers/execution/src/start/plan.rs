//! Starts a drill or a recovery of a plan.

use dr_api::start::{StartExecutionRequest, Started};
use dr_engine::App;
use dr_engine::start::plan::Wanted;
use dr_engine::start::run::{run, subject_of, waves_of_plan};
use dr_error::Result;
use dr_invoke::Caller;

use super::{execution_id, require, view};

pub async fn serve(app: &App, caller: &Caller, request: StartExecutionRequest) -> Result<Started> {
    require(caller, request.execution_type)?;
    let plan = app.store().plan(&request.plan_id).await?;
    let (direction, waves) = waves_of_plan(app, &plan).await?;
    let wanted = Wanted {
        subject: subject_of(&plan),
        execution_type: request.execution_type,
        direction,
        waves,
        rto_target_seconds: plan.rto_target_seconds,
        session_id: None,
        pause_timeout_seconds: plan.pause_timeout_seconds,
        started_by: caller.name().to_owned(),
        skip_invalid: request.skip_invalid_servers,
    };
    let id = execution_id(app, caller, request.client_token.as_ref())?;
    run(app, &id, wanted, request.dry_run).await.map(view)
}
