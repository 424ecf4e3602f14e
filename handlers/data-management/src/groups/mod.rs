//! Protection groups.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod preview;
pub mod update;

use dr_api::Operation;
use dr_api::groups as api;
use dr_engine::App;
use dr_error::{Error, Result};
use dr_invoke::{Call, run};
use dr_model::place::Direction;
use serde_json::Value;

use crate::not_served;

/// A fleet that fails over into the place it runs in has gone nowhere.
fn check_direction(direction: &Direction) -> Result<()> {
    if direction.primary.region == direction.recovery.region
        && direction.primary.account_id == direction.recovery.account_id
    {
        return Err(Error::invalid(
            "direction.recovery",
            "another account or region than direction.primary",
        ));
    }
    Ok(())
}

/// Serves the operations of protection groups.
pub async fn serve(app: &App, call: Call) -> Result<Value> {
    match call.operation {
        Operation::CreateProtectionGroup => {
            run::<api::CreateProtectionGroup, _, _>(call, |r| create::serve(app, r)).await
        }
        Operation::ListProtectionGroups => {
            run::<api::ListProtectionGroups, _, _>(call, |r| list::serve(app, r)).await
        }
        Operation::GetProtectionGroup => {
            run::<api::GetProtectionGroup, _, _>(call, |r| get::serve(app, r)).await
        }
        Operation::UpdateProtectionGroup => {
            run::<api::UpdateProtectionGroup, _, _>(call, |r| update::serve(app, r)).await
        }
        Operation::DeleteProtectionGroup => {
            run::<api::DeleteProtectionGroup, _, _>(call, |r| delete::serve(app, r)).await
        }
        Operation::PreviewSelection => {
            run::<api::PreviewSelection, _, _>(call, |r| preview::serve(app, r)).await
        }
        other => Err(not_served(other)),
    }
}
