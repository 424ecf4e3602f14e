//! Assumes the account's role and looks at DRS in each of its regions.

use dr_api::accounts::{TargetAccountRequest, TargetAccountValidation};
use dr_engine::{App, accounts};
use dr_error::Result;

pub async fn serve(app: &App, request: TargetAccountRequest) -> Result<TargetAccountValidation> {
    let (account, checks) = accounts::validate(app, &request.account_id).await?;
    Ok(TargetAccountValidation {
        account_id: account.account_id,
        validation_passed: !checks.iter().any(dr_model::check::Check::is_blocking),
        checks,
    })
}
