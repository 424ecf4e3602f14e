//! First installations of the replication agent.

mod candidates;
mod install;

use dr_api::Operation;
use dr_api::agents as api;
use dr_engine::App;
use dr_error::Result;
use dr_invoke::{Call, run};
use serde_json::Value;

use crate::not_served;

/// Serves the operations of agents on machines.
pub async fn serve(app: &App, call: Call) -> Result<Value> {
    let caller = call.caller.clone();
    match call.operation {
        Operation::ListAgentCandidates => {
            run::<api::ListAgentCandidates, _, _>(call, |r| candidates::serve(app, r)).await
        }
        Operation::InstallAgent => {
            run::<api::InstallAgent, _, _>(call, |r| install::install(app, &caller, r)).await
        }
        Operation::GetAgentInstallation => {
            run::<api::GetAgentInstallation, _, _>(call, |r| install::get(app, r)).await
        }
        Operation::ListAgentInstallations => {
            run::<api::ListAgentInstallations, _, _>(call, |r| install::list(app, r)).await
        }
        Operation::RetryAgentInstallation => {
            run::<api::RetryAgentInstallation, _, _>(call, |r| install::retry(app, r)).await
        }
        other => Err(not_served(other)),
    }
}
