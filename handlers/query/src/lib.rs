//! The query function: everything that only reads AWS.

mod infrastructure;
mod instances;
mod recovery;
mod replication;
mod status;

use chrono::{DateTime, Utc};
use dr_api::executions::GetAllowLaunchingStatus;
use dr_api::failback::ValidateReverseReplication;
use dr_api::infrastructure::{GetQuotas, ListSourceServers};
use dr_api::matching::{MatchInstances, ValidateInstancePairs, ValidateIpPreservation};
use dr_api::recovery_instances::ListRecoveryInstances;
use dr_api::{HandlerName, Operation};
use dr_engine::App;
use dr_error::{Error, Result};
use dr_invoke::{Background, Call, Context, Failure, Handler, run};
use serde_json::Value;

/// Serves one invocation.
///
/// # Errors
/// Only for events that are no calls: this function takes none.
pub async fn handle(app: &App, event: Value, context: Context) -> Result<Value, Failure> {
    dr_invoke::handle(&Query(app), event, context).await
}

struct Query<'a>(&'a App);

impl Handler for Query<'_> {
    const NAME: HandlerName = HandlerName::Query;

    fn now(&self) -> DateTime<Utc> {
        self.0.clock().now()
    }

    async fn serve(&self, call: Call) -> Result<Value> {
        let app = self.0;
        match call.operation {
            Operation::MatchInstances => {
                run::<MatchInstances, _, _>(call, |r| instances::matching::serve(app, r)).await
            }
            Operation::ValidateInstancePairs => {
                run::<ValidateInstancePairs, _, _>(call, |r| instances::validate::serve(app, r))
                    .await
            }
            Operation::ValidateIpPreservation => {
                run::<ValidateIpPreservation, _, _>(call, |r| instances::validate_ip::serve(app, r))
                    .await
            }
            Operation::GetAllowLaunchingStatus => {
                run::<GetAllowLaunchingStatus, _, _>(call, |r| status::serve(app, r)).await
            }
            Operation::ListSourceServers => {
                run::<ListSourceServers, _, _>(call, |r| {
                    infrastructure::list_source_servers::serve(app, r)
                })
                .await
            }
            Operation::GetQuotas => {
                run::<GetQuotas, _, _>(call, |r| infrastructure::get_quotas::serve(app, r)).await
            }
            Operation::ValidateReverseReplication => {
                run::<ValidateReverseReplication, _, _>(call, |r| {
                    recovery::validate_reverse::serve(app, r)
                })
                .await
            }
            Operation::ListRecoveryInstances => {
                run::<ListRecoveryInstances, _, _>(call, |r| recovery::list::serve(app, r)).await
            }
            Operation::GetReplicationStatus
            | Operation::ListReplicationStatus
            | Operation::GetReplicationDashboard
            | Operation::GetLagHistory
            | Operation::ListRecoveryPoints => replication::serve(app, call).await,
            other => Err(not_served(other)),
        }
    }

    async fn background(&self, _: Background) -> Result<Value> {
        Err(Error::invalid(
            "event",
            "a call of an operation: this function takes no events",
        ))
    }
}

/// The table of operations names this function and no arm serves it: a test would have said so.
fn not_served(operation: Operation) -> Error {
    Error::internal(format!("{} is not served here", operation.name()))
}
