//! Single steps for one recovery instance.

mod home;
mod terminate;

use dr_api::Operation;
use dr_api::recovery_instances as api;
use dr_engine::App;
use dr_error::Result;
use dr_invoke::{Call, run};
use serde_json::Value;

use crate::not_served;

/// Serves the operations of recovery instances.
pub async fn serve(app: &App, call: Call) -> Result<Value> {
    let caller = call.caller.clone();
    match call.operation {
        Operation::ReverseRecoveryInstance => {
            run::<api::ReverseRecoveryInstance, _, _>(call, |r| home::reverse(app, r)).await
        }
        Operation::FailbackRecoveryInstance => {
            run::<api::FailbackRecoveryInstance, _, _>(call, |r| home::failback(app, &caller, r))
                .await
        }
        Operation::TerminateRecoveryInstance => {
            run::<api::TerminateRecoveryInstance, _, _>(call, |r| terminate::serve(app, r)).await
        }
        other => Err(not_served(other)),
    }
}
