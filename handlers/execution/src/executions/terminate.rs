//! Previews, or does: ends a drill.

use dr_api::executions::{TerminateInstancesRequest, TerminationResult};
use dr_engine::{App, termination};
use dr_error::Result;

pub async fn serve(app: &App, request: TerminateInstancesRequest) -> Result<TerminationResult> {
    let also = request.also_terminate_instance_ids.into_iter().collect();
    let (execution, outcome) =
        termination::run(app, &request.execution_id, &also, request.confirm).await?;
    Ok(TerminationResult {
        execution_id: execution.id,
        preview: !request.confirm,
        terminated: outcome.terminated,
        released: outcome.released,
        job_ids: outcome.job_ids,
        problems: outcome.problems,
    })
}
