//! Creates a recovery plan.

use dr_api::plans::CreateRecoveryPlanRequest;
use dr_engine::{App, plans};
use dr_error::Result;
use dr_model::plan::RecoveryPlan;

pub async fn serve(app: &App, request: CreateRecoveryPlanRequest) -> Result<RecoveryPlan> {
    plans::check_waves(&request.waves)?;
    plans::check_groups(app, &request.waves).await?;
    let now = app.clock().now();
    let mut plan = RecoveryPlan {
        id: app.new_id("rp-")?,
        name: request.name.into(),
        description: request.description.into(),
        waves: request.waves,
        rto_target_seconds: u64::from(request.rto_target_seconds.get()),
        pause_timeout_seconds: u64::from(request.pause_timeout_seconds.get()),
        mirror_of: None,
        mirrored_as: None,
        session_id: None,
        created_at: now,
        updated_at: now,
        version: 0,
    };
    app.store().create_plan(&mut plan).await?;
    Ok(plan)
}
