//! The one place that names the real functions and the real state machines.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use dr_engine::{App, Settings};
use dr_invoke::Context;
use dr_model::place::Place;
use serde_json::Value;

use crate::function::{Failure, Function, Handlers};
use crate::local::{
    Connection, HOME_ACCOUNT, HOME_REGION, POLLER, Product, RECOVERY, machine_name,
};
use crate::states::{MachineError, MachineSpec, substitute};

/// The poller's definition, as deployed.
const POLLER_DEFINITION: &str = include_str!("../../../statemachine/poller.asl.json");
/// The recovery machine's definition, as deployed.
const RECOVERY_DEFINITION: &str = include_str!("../../../statemachine/recovery.asl.json");

/// Finished executions of the poller that are kept: it runs once a minute, so this is the last
/// half hour. Those of recoveries are all kept.
const POLLS_KEPT: u32 = 30;

/// The state machines, for an environment.
///
/// # Errors
/// [`MachineError::Placeholder`] for one that CloudFormation fills in and this does not.
pub fn machines(environment: &str) -> Result<Vec<MachineSpec>, MachineError> {
    let function = |function: Function| function.arn(HOME_REGION, HOME_ACCOUNT, environment);
    let values = BTreeMap::from([
        ("ExecutionFunctionArn", function(Function::Execution)),
        (
            "DataManagementFunctionArn",
            function(Function::DataManagement),
        ),
        ("QueryFunctionArn", function(Function::Query)),
    ]);
    let spec = |name: &str, text: &str, keep| {
        Ok(MachineSpec {
            name: machine_name(name, environment),
            definition: substitute(text, &values)?,
            keep,
        })
    };
    Ok(vec![
        spec(POLLER, POLLER_DEFINITION, Some(POLLS_KEPT))?,
        spec(RECOVERY, RECOVERY_DEFINITION, None)?,
    ])
}

/// The real functions over a connection.
#[expect(
    clippy::expect_used,
    reason = "the home account and region are constants"
)]
pub fn product(connection: Connection) -> Product {
    let settings = Settings {
        environment: connection.environment,
        home: Place {
            account_id: HOME_ACCOUNT.parse().expect("an account id"),
            region: HOME_REGION.parse().expect("a region"),
        },
        recovery_state_machine_arn: connection.recovery_state_machine_arn,
        topic_arn: Some(connection.topic_arn),
    };
    let app = App::new(connection.sdk, settings, connection.clock, connection.ids);
    let store = app.store().clone();
    Product {
        handlers: Arc::new(Real { app }),
        prepare: Box::pin(async move {
            let created = store.create_all().await;
            created.map_err(|error| format!("{error}: {error:?}"))
        }),
    }
}

struct Real {
    app: App,
}

#[async_trait]
impl Handlers for Real {
    async fn invoke(
        &self,
        function: Function,
        event: Value,
        request_id: String,
    ) -> Result<Value, Failure> {
        let context = Context { request_id };
        let answered = match function {
            Function::DataManagement => data_management::handle(&self.app, event, context).await,
            Function::Execution => execution::handle(&self.app, event, context).await,
            Function::Query => query::handle(&self.app, event, context).await,
        };
        answered.map_err(|failure| Failure {
            error_type: failure.error_type,
            error_message: failure.error_message,
        })
    }
}
