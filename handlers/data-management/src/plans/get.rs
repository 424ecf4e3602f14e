//! Gets a recovery plan.

use dr_api::plans::RecoveryPlanRequest;
use dr_engine::App;
use dr_error::Result;
use dr_model::plan::RecoveryPlan;

pub async fn serve(app: &App, request: RecoveryPlanRequest) -> Result<RecoveryPlan> {
    app.store().plan(&request.plan_id).await
}
