//! Target accounts.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;
pub mod validate;

use std::collections::BTreeSet;

use dr_api::Operation;
use dr_api::accounts as api;
use dr_api::accounts::TargetAccountView;
use dr_engine::App;
use dr_error::{Error, Result};
use dr_invoke::{Call, run};
use dr_model::account::TargetAccount;
use dr_model::ids::Region;
use serde_json::Value;

use crate::not_served;

/// Regions that one account may have: AWS has fewer.
const MAX_REGIONS: usize = 50;

fn view(account: TargetAccount) -> TargetAccountView {
    TargetAccountView {
        account_id: account.account_id,
        name: account.name,
        role_arn: account.role_arn,
        external_id: account.external_id,
        regions: account.regions,
        description: account.description,
        created_at: account.created_at,
        updated_at: account.updated_at,
        version: account.version,
    }
}

fn check_regions(regions: &BTreeSet<Region>) -> Result<()> {
    if (1..=MAX_REGIONS).contains(&regions.len()) {
        Ok(())
    } else {
        Err(Error::invalid(
            "regions",
            format!("1 to {MAX_REGIONS} regions"),
        ))
    }
}

/// Serves the operations of target accounts.
pub async fn serve(app: &App, call: Call) -> Result<Value> {
    match call.operation {
        Operation::CreateTargetAccount => {
            run::<api::CreateTargetAccount, _, _>(call, |r| create::serve(app, r)).await
        }
        Operation::ListTargetAccounts => {
            run::<api::ListTargetAccounts, _, _>(call, |r| list::serve(app, r)).await
        }
        Operation::GetTargetAccount => {
            run::<api::GetTargetAccount, _, _>(call, |r| get::serve(app, r)).await
        }
        Operation::UpdateTargetAccount => {
            run::<api::UpdateTargetAccount, _, _>(call, |r| update::serve(app, r)).await
        }
        Operation::DeleteTargetAccount => {
            run::<api::DeleteTargetAccount, _, _>(call, |r| delete::serve(app, r)).await
        }
        Operation::ValidateTargetAccount => {
            run::<api::ValidateTargetAccount, _, _>(call, |r| validate::serve(app, r)).await
        }
        other => Err(not_served(other)),
    }
}
