//! Replication: one server live, the estate from the inventory.

mod estate;
mod server;

use dr_api::Operation;
use dr_api::replication as api;
use dr_engine::App;
use dr_error::Result;
use dr_invoke::{Call, run};
use serde_json::Value;

use crate::not_served;

/// Serves the operations of replication.
pub async fn serve(app: &App, call: Call) -> Result<Value> {
    match call.operation {
        Operation::GetReplicationStatus => {
            run::<api::GetReplicationStatus, _, _>(call, |r| server::status(app, r)).await
        }
        Operation::GetLagHistory => {
            run::<api::GetLagHistory, _, _>(call, |r| server::lag_history(app, r)).await
        }
        Operation::ListRecoveryPoints => {
            run::<api::ListRecoveryPoints, _, _>(call, |r| server::points(app, r)).await
        }
        Operation::ListReplicationStatus => {
            run::<api::ListReplicationStatus, _, _>(call, |r| estate::list(app, r)).await
        }
        Operation::GetReplicationDashboard => {
            run::<api::GetReplicationDashboard, _, _>(call, |r| estate::dashboard(app, r)).await
        }
        other => Err(not_served(other)),
    }
}
