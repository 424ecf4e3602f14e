//! Makes, changes and splits failover sessions.

use dr_api::sessions::{
    CreateSessionRequest, SessionView, SplitSession, SplitSessionRequest, UpdateSessionRequest,
};
use dr_engine::App;
use dr_engine::sessions::change::{SettingsChange, settings};
use dr_engine::sessions::{create as engine, split as splitting};
use dr_error::{Error, Result};
use dr_invoke::Caller;

use super::get::whole;

pub async fn create(
    app: &App,
    caller: &Caller,
    request: CreateSessionRequest,
) -> Result<SessionView> {
    let session = engine::on_demand(app, &request.execution_id, caller.name()).await?;
    whole(app, session).await
}

pub async fn update(app: &App, request: UpdateSessionRequest) -> Result<SessionView> {
    let commit_policy = match (request.commit_policy, request.clear_commit_policy) {
        (Some(_), true) => {
            let expected = "false, or no commit_policy: one of the two";
            return Err(Error::invalid("clear_commit_policy", expected));
        }
        (Some(policy), false) => Some(Some(policy.into())),
        (None, true) => Some(None),
        (None, false) => None,
    };
    let change = SettingsChange {
        lag_threshold_seconds: request
            .lag_threshold_seconds
            .map(|seconds| u64::from(seconds.get())),
        commit_policy,
        version: request.version,
    };
    let session = settings(app, &request.session_id, change).await?;
    whole(app, session).await
}

pub async fn split(
    app: &App,
    caller: &Caller,
    request: SplitSessionRequest,
) -> Result<SplitSession> {
    let chosen = request.source_server_ids.get();
    let (kept, new) = splitting::split(app, &request.session_id, chosen, caller.name()).await?;
    Ok(SplitSession {
        session: whole(app, kept).await?,
        split_off: whole(app, new).await?,
    })
}
