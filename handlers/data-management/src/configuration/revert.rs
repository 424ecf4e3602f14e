//! Restores the launch configuration that applying replaced.

use dr_api::configuration::{ConfigurationResult, RevertAllowLaunchingRequest};
use dr_engine::App;
use dr_engine::configuration::revert;
use dr_error::Result;
use dr_invoke::Caller;

use super::view;

pub async fn serve(
    app: &App,
    caller: &Caller,
    request: RevertAllowLaunchingRequest,
) -> Result<ConfigurationResult> {
    let group = app.store().group(&request.group_id).await?;
    let outcome = revert::run(
        app,
        &group,
        request.source_server_ids.as_deref(),
        caller.name(),
    )
    .await?;
    Ok(view(outcome, false, app.clock().now()))
}
