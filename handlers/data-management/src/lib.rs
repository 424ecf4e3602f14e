//! The data-management function: accounts, groups, pairs, launch configuration, plans.

mod accounts;
mod configuration;
mod groups;
mod pairs;
mod plans;

use chrono::{DateTime, Utc};
use dr_api::{HandlerName, Operation};
use dr_engine::App;
use dr_error::{Error, Result};
use dr_invoke::{Background, Call, Context, Failure, Handler};
use serde_json::Value;

/// Serves one invocation.
///
/// # Errors
/// Only for events that are no calls: this function takes none.
pub async fn handle(app: &App, event: Value, context: Context) -> Result<Value, Failure> {
    dr_invoke::handle(&DataManagement(app), event, context).await
}

struct DataManagement<'a>(&'a App);

impl Handler for DataManagement<'_> {
    const NAME: HandlerName = HandlerName::DataManagement;

    fn now(&self) -> DateTime<Utc> {
        self.0.clock().now()
    }

    async fn serve(&self, call: Call) -> Result<Value> {
        use Operation as O;
        let app = self.0;
        match call.operation {
            O::CreateTargetAccount
            | O::ListTargetAccounts
            | O::GetTargetAccount
            | O::UpdateTargetAccount
            | O::DeleteTargetAccount
            | O::ValidateTargetAccount => accounts::serve(app, call).await,
            O::CreateProtectionGroup
            | O::ListProtectionGroups
            | O::GetProtectionGroup
            | O::UpdateProtectionGroup
            | O::DeleteProtectionGroup
            | O::PreviewSelection => groups::serve(app, call).await,
            O::ConfigureInstancePairs
            | O::ListInstancePairs
            | O::UpdateInstancePair
            | O::DeleteInstancePair => pairs::serve(app, call).await,
            O::ConfigureAllowLaunching
            | O::RevertAllowLaunching
            | O::ListConfigurations
            | O::GetConfiguration => configuration::serve(app, call).await,
            O::CreateRecoveryPlan
            | O::ListRecoveryPlans
            | O::GetRecoveryPlan
            | O::UpdateRecoveryPlan
            | O::DeleteRecoveryPlan => plans::serve(app, call).await,
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
