//! Deletes a recovery plan. Its executions stay on record.

use dr_api::accounts::Deleted;
use dr_api::plans::RecoveryPlanRequest;
use dr_engine::App;
use dr_error::Result;

pub async fn serve(app: &App, request: RecoveryPlanRequest) -> Result<Deleted> {
    let plan = app.store().plan(&request.plan_id).await?;
    app.store().delete_plan(&plan).await?;
    Ok(Deleted {
        deleted: plan.id.to_string(),
    })
}
