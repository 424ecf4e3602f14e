//! Pauses, resumes and cancels.

use dr_api::executions::{CancelExecutionRequest, ExecutionRequest, ExecutionView};
use dr_engine::{App, control};
use dr_error::Result;
use dr_invoke::Caller;

use super::shown;

pub async fn pause(app: &App, request: ExecutionRequest) -> Result<ExecutionView> {
    let execution = control::pause(app, &request.execution_id).await?;
    shown(app, execution).await
}

pub async fn resume(app: &App, request: ExecutionRequest) -> Result<ExecutionView> {
    let execution = control::resume(app, &request.execution_id).await?;
    shown(app, execution).await
}

pub async fn cancel(
    app: &App,
    caller: &Caller,
    request: CancelExecutionRequest,
) -> Result<ExecutionView> {
    let reason = match request.reason {
        Some(reason) => format!("Cancelled by {}: {reason}", caller.name()),
        None => format!("Cancelled by {}", caller.name()),
    };
    let execution = control::cancel(app, &request.execution_id, &reason).await?;
    shown(app, execution).await
}
