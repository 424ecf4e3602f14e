//! Failover sessions: what they are, and every step of the way home.

mod change;
mod cleanup;
pub mod failback;
mod get;
mod list;
mod mirror;
pub mod readiness;
mod repair;
mod view;

use dr_api::failback as steps;
use dr_api::{Operation, cleanup as removal, mirror as mirroring, sessions as api};
use dr_engine::App;
use dr_error::Result;
use dr_invoke::{Call, run};
use serde_json::Value;

use crate::not_served;

/// Serves the operations of sessions: looking, making, changing.
pub async fn serve(app: &App, call: Call) -> Result<Value> {
    let caller = call.caller.clone();
    match call.operation {
        Operation::ListFailoverSessions => {
            run::<api::ListFailoverSessions, _, _>(call, |r| list::serve(app, r)).await
        }
        Operation::GetFailoverSession => {
            run::<api::GetFailoverSession, _, _>(call, |r| get::serve(app, r)).await
        }
        Operation::ListFailoverSessionServers => {
            run::<api::ListFailoverSessionServers, _, _>(call, |r| get::servers(app, r)).await
        }
        Operation::CreateFailoverSession => {
            run::<api::CreateFailoverSession, _, _>(call, |r| change::create(app, &caller, r)).await
        }
        Operation::UpdateFailoverSession => {
            run::<api::UpdateFailoverSession, _, _>(call, |r| change::update(app, r)).await
        }
        Operation::SplitFailoverSession => {
            run::<api::SplitFailoverSession, _, _>(call, |r| change::split(app, &caller, r)).await
        }
        Operation::RefreshFailoverSession => {
            run::<api::RefreshFailoverSession, _, _>(call, |r| get::refresh(app, r)).await
        }
        Operation::GetAgentStatus => {
            run::<steps::GetAgentStatus, _, _>(call, |r| get::agent_status(app, r)).await
        }
        Operation::GetReverseReplicationStatus => {
            run::<steps::GetReverseReplicationStatus, _, _>(call, |r| get::reverse_status(app, r))
                .await
        }
        other => Err(not_served(other)),
    }
}

/// Serves the steps of the way home.
pub async fn step(app: &App, call: Call) -> Result<Value> {
    let caller = call.caller.clone();
    match call.operation {
        Operation::CheckReadiness => {
            run::<steps::CheckReadiness, _, _>(call, |r| readiness::serve(app, r)).await
        }
        Operation::InstallAgents => {
            run::<steps::InstallAgents, _, _>(call, |r| repair::serve(app, r)).await
        }
        Operation::MirrorConfig => {
            run::<mirroring::MirrorConfig, _, _>(call, |r| mirror::serve(app, r)).await
        }
        Operation::GetMirrorStatus => {
            run::<mirroring::GetMirrorStatus, _, _>(call, |r| mirror::status(app, r)).await
        }
        Operation::StartReverseReplication => {
            run::<steps::StartReverseReplication, _, _>(call, |r| readiness::reverse(app, r)).await
        }
        Operation::ExecuteFailback => {
            run::<steps::ExecuteFailback, _, _>(call, |r| failback::serve(app, &caller, r)).await
        }
        Operation::ExecuteAllowLaunchingFailback => {
            run::<steps::ExecuteAllowLaunchingFailback, _, _>(call, |r| {
                failback::of_instances(app, &caller, r)
            })
            .await
        }
        Operation::CommitFailback => {
            run::<steps::CommitFailback, _, _>(call, |r| failback::commit(app, r)).await
        }
        Operation::GoBack => run::<steps::GoBack, _, _>(call, |r| failback::undo(app, r)).await,
        Operation::ReProtect => {
            run::<steps::ReProtect, _, _>(call, |r| readiness::re_protect(app, r)).await
        }
        Operation::GetCleanupInventory => {
            run::<removal::GetCleanupInventory, _, _>(call, |r| cleanup::inventory(app, r)).await
        }
        Operation::Cleanup => run::<removal::Cleanup, _, _>(call, |r| cleanup::serve(app, r)).await,
        other => Err(not_served(other)),
    }
}
