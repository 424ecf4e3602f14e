//! Phase, progress and counts of an execution.

use dr_api::executions::{ExecutionRequest, StatusView};
use dr_engine::App;
use dr_error::Result;
use dr_invoke::view::phase;
use dr_monitor::progress::measure;

pub async fn serve(app: &App, request: ExecutionRequest) -> Result<StatusView> {
    let execution = app.store().execution(&request.execution_id).await?;
    let progress = measure(&execution, app.clock().now());
    let tally = execution.tally();
    Ok(StatusView {
        execution_id: execution.id,
        execution_type: "failover".to_owned(),
        is_drill: execution.execution_type.is_drill(),
        status: execution.status,
        current_phase: phase(execution.status),
        progress_percent: progress.percent,
        duration_seconds: progress.elapsed_seconds,
        estimated_remaining_seconds: progress.remaining_seconds,
        instances_launched: tally.launched,
        instances_pending: tally.waiting + tally.launching,
        instances_failed: tally.failed,
        instances_skipped: tally.skipped,
        rto_achieved: progress.rto_met,
    })
}
