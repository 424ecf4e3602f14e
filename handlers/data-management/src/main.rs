//! The Lambda function: wiring only.

use dr_engine::wiring::from_environment;
use dr_invoke::Context;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    dr_invoke::lambda::start_logging();
    let app = from_environment().await?;
    run(service_fn(move |event: LambdaEvent<Value>| {
        let app = app.clone();
        async move {
            let context = Context {
                request_id: event.context.request_id,
            };
            data_management::handle(&app, event.payload, context)
                .await
                .map_err(Diagnostic::from)
        }
    }))
    .await
}
