//! Changes a registered account.

use dr_api::accounts::{TargetAccountView, UpdateTargetAccountRequest};
use dr_engine::pairs::expect_version;
use dr_engine::{App, accounts};
use dr_error::Result;

use super::{check_regions, view};

pub async fn serve(app: &App, request: UpdateTargetAccountRequest) -> Result<TargetAccountView> {
    let mut account = app.store().account(&request.account_id).await?;
    expect_version(
        "target account",
        account.account_id.as_str(),
        account.version,
        request.version,
    )?;
    if let Some(name) = request.name {
        account.name = name.into();
    }
    if let Some(role_arn) = request.role_arn {
        accounts::check_role(app, &account.account_id, Some(&role_arn))?;
        account.role_arn = Some(role_arn);
    }
    if let Some(regions) = request.regions {
        check_regions(&regions)?;
        account.regions = regions;
    }
    if let Some(description) = request.description {
        account.description = description.into();
    }
    account.updated_at = app.clock().now();
    app.store().update_account(&mut account).await?;
    Ok(view(account))
}
