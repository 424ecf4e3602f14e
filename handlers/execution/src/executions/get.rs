//! Gets an execution.

use dr_api::executions::{ExecutionRequest, ExecutionView};
use dr_engine::App;
use dr_error::Result;

use super::shown;

pub async fn serve(app: &App, request: ExecutionRequest) -> Result<ExecutionView> {
    let execution = app.store().execution(&request.execution_id).await?;
    shown(app, execution).await
}
