//! Registers an account; its external id is generated here and never changes.

use dr_api::accounts::{CreateTargetAccountRequest, TargetAccountView};
use dr_engine::{App, accounts};
use dr_error::Result;
use dr_model::account::TargetAccount;

use super::{check_regions, view};

pub async fn serve(app: &App, request: CreateTargetAccountRequest) -> Result<TargetAccountView> {
    accounts::check_role(app, &request.account_id, request.role_arn.as_deref())?;
    check_regions(&request.regions)?;
    let now = app.clock().now();
    let mut account = TargetAccount {
        external_id: app.new_id("drs-orchestrator-")?,
        account_id: request.account_id,
        name: request.name.into(),
        role_arn: request.role_arn,
        regions: request.regions,
        description: request.description.into(),
        created_at: now,
        updated_at: now,
        version: 0,
    };
    app.store().create_account(&mut account).await?;
    Ok(view(account))
}
