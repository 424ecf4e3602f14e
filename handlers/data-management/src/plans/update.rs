//! Changes a recovery plan. What runs goes on as the plan was when it started.

use dr_api::plans::UpdateRecoveryPlanRequest;
use dr_engine::pairs::expect_version;
use dr_engine::{App, plans};
use dr_error::Result;
use dr_model::plan::RecoveryPlan;

pub async fn serve(app: &App, request: UpdateRecoveryPlanRequest) -> Result<RecoveryPlan> {
    let mut plan = app.store().plan(&request.plan_id).await?;
    expect_version(
        "recovery plan",
        plan.id.as_str(),
        plan.version,
        request.version,
    )?;
    if let Some(name) = request.name {
        plan.name = name.into();
    }
    if let Some(description) = request.description {
        plan.description = description.into();
    }
    if let Some(waves) = request.waves {
        plans::check_waves(&waves)?;
        plans::check_groups(app, &waves).await?;
        plan.waves = waves;
    }
    if let Some(seconds) = request.rto_target_seconds {
        plan.rto_target_seconds = u64::from(seconds.get());
    }
    if let Some(seconds) = request.pause_timeout_seconds {
        plan.pause_timeout_seconds = u64::from(seconds.get());
    }
    plan.updated_at = app.clock().now();
    app.store().update_plan(&mut plan).await?;
    Ok(plan)
}
