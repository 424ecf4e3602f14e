//! Recovery plans.

pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;

use dr_api::Operation;
use dr_api::accounts::ListRequest;
use dr_api::plans as api;
use dr_engine::App;
use dr_error::Result;
use dr_invoke::{Call, run};
use dr_store::PageRequest;
use serde_json::Value;

use crate::not_served;

/// A page as the store takes it.
pub fn page(request: ListRequest) -> PageRequest {
    PageRequest {
        limit: usize::try_from(request.limit.get()).unwrap_or(dr_store::MAX_PAGE),
        next_token: request.next_token,
    }
}

/// Serves the operations of recovery plans.
pub async fn serve(app: &App, call: Call) -> Result<Value> {
    match call.operation {
        Operation::CreateRecoveryPlan => {
            run::<api::CreateRecoveryPlan, _, _>(call, |r| create::serve(app, r)).await
        }
        Operation::ListRecoveryPlans => {
            run::<api::ListRecoveryPlans, _, _>(call, |r| list::serve(app, r)).await
        }
        Operation::GetRecoveryPlan => {
            run::<api::GetRecoveryPlan, _, _>(call, |r| get::serve(app, r)).await
        }
        Operation::UpdateRecoveryPlan => {
            run::<api::UpdateRecoveryPlan, _, _>(call, |r| update::serve(app, r)).await
        }
        Operation::DeleteRecoveryPlan => {
            run::<api::DeleteRecoveryPlan, _, _>(call, |r| delete::serve(app, r)).await
        }
        other => Err(not_served(other)),
    }
}
