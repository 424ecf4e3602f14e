//! Lists recovery plans.

use dr_api::accounts::ListRequest;
use dr_api::plans::RecoveryPlanList;
use dr_engine::App;
use dr_error::Result;

use super::page;

pub async fn serve(app: &App, request: ListRequest) -> Result<RecoveryPlanList> {
    let found = app.store().plans(&page(request)).await?;
    Ok(RecoveryPlanList {
        recovery_plans: found.items,
        next_token: found.next_token,
    })
}
