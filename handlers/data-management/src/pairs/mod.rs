//! Instance pairs.

pub mod configure;
pub mod delete;
pub mod list;
pub mod update;

use dr_api::Operation;
use dr_api::pairs as api;
use dr_engine::App;
use dr_error::Result;
use dr_invoke::{Call, run};
use serde_json::Value;

use crate::not_served;

/// Serves the operations of instance pairs.
pub async fn serve(app: &App, call: Call) -> Result<Value> {
    match call.operation {
        Operation::ConfigureInstancePairs => {
            run::<api::ConfigureInstancePairs, _, _>(call, |r| configure::serve(app, r)).await
        }
        Operation::ListInstancePairs => {
            run::<api::ListInstancePairs, _, _>(call, |r| list::serve(app, r)).await
        }
        Operation::UpdateInstancePair => {
            run::<api::UpdateInstancePair, _, _>(call, |r| update::serve(app, r)).await
        }
        Operation::DeleteInstancePair => {
            run::<api::DeleteInstancePair, _, _>(call, |r| delete::serve(app, r)).await
        }
        other => Err(not_served(other)),
    }
}
