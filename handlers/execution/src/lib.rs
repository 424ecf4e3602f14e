//! The execution function: starting, watching and steering executions; tasks of the state machines; events of DRS.

mod agents;
mod background;
mod executions;
mod inventory;
mod recovery_instances;
mod sessions;
mod start;

use chrono::{DateTime, Utc};
use dr_api::executions::{
    CancelExecution, GetExecution, GetExecutionTimeline, ListExecutionServers, ListExecutions,
    PauseExecution, ResumeExecution, TerminateExecutionInstances,
};
use dr_api::replication::RefreshInventory;
use dr_api::start::{ExecuteFailover, StartExecution};
use dr_api::{HandlerName, Operation};
use dr_engine::App;
use dr_error::{Error, Result};
use dr_invoke::{Background, Call, Context, Failure, Handler, run};
use serde_json::Value;

/// Serves one invocation.
///
/// # Errors
/// For tasks and events that fail: the state machine's Retry and Catch match the failure's type.
pub async fn handle(app: &App, event: Value, context: Context) -> Result<Value, Failure> {
    dr_invoke::handle(&Execution(app), event, context).await
}

struct Execution<'a>(&'a App);

impl Handler for Execution<'_> {
    const NAME: HandlerName = HandlerName::Execution;

    fn now(&self) -> DateTime<Utc> {
        self.0.clock().now()
    }

    async fn serve(&self, call: Call) -> Result<Value> {
        use Operation as O;
        let app = self.0;
        let caller = call.caller.clone();
        match call.operation {
            O::StartExecution => {
                run::<StartExecution, _, _>(call, |r| start::plan::serve(app, &caller, r)).await
            }
            O::ExecuteFailover => {
                run::<ExecuteFailover, _, _>(call, |r| start::pairs::serve(app, &caller, r)).await
            }
            O::ListExecutions => {
                run::<ListExecutions, _, _>(call, |r| executions::list::serve(app, r)).await
            }
            O::GetExecution => {
                run::<GetExecution, _, _>(call, |r| executions::get::serve(app, r)).await
            }
            O::ListExecutionServers => {
                run::<ListExecutionServers, _, _>(call, |r| executions::servers::serve(app, r))
                    .await
            }
            O::GetExecutionTimeline => {
                run::<GetExecutionTimeline, _, _>(call, |r| executions::timeline::serve(app, r))
                    .await
            }
            O::PauseExecution => {
                run::<PauseExecution, _, _>(call, |r| executions::control::pause(app, r)).await
            }
            O::ResumeExecution => {
                run::<ResumeExecution, _, _>(call, |r| executions::control::resume(app, r)).await
            }
            O::CancelExecution => {
                run::<CancelExecution, _, _>(call, |r| executions::control::cancel(app, &caller, r))
                    .await
            }
            O::TerminateExecutionInstances => {
                run::<TerminateExecutionInstances, _, _>(call, |r| {
                    executions::terminate::serve(app, r)
                })
                .await
            }
            other => way_home(app, other, call).await,
        }
    }

    async fn background(&self, background: Background) -> Result<Value> {
        match background {
            Background::Task(task) => background::task(self.0, task).await,
            Background::Event(event) => background::event(self.0, &event).await,
        }
    }
}

/// Sessions, agents, recovery instances and the inventory.
async fn way_home(app: &App, operation: Operation, call: Call) -> Result<Value> {
    use Operation as O;
    match operation {
        O::ListFailoverSessions
        | O::GetFailoverSession
        | O::ListFailoverSessionServers
        | O::CreateFailoverSession
        | O::UpdateFailoverSession
        | O::SplitFailoverSession
        | O::RefreshFailoverSession
        | O::GetAgentStatus
        | O::GetReverseReplicationStatus => sessions::serve(app, call).await,
        O::CheckReadiness
        | O::InstallAgents
        | O::MirrorConfig
        | O::GetMirrorStatus
        | O::StartReverseReplication
        | O::ExecuteFailback
        | O::ExecuteAllowLaunchingFailback
        | O::CommitFailback
        | O::GoBack
        | O::ReProtect
        | O::GetCleanupInventory
        | O::Cleanup => sessions::step(app, call).await,
        O::ListAgentCandidates
        | O::InstallAgent
        | O::GetAgentInstallation
        | O::ListAgentInstallations
        | O::RetryAgentInstallation => agents::serve(app, call).await,
        O::ReverseRecoveryInstance | O::FailbackRecoveryInstance | O::TerminateRecoveryInstance => {
            recovery_instances::serve(app, call).await
        }
        O::RefreshInventory => {
            run::<RefreshInventory, _, _>(call, |r| inventory::serve(app, r)).await
        }
        other => Err(not_served(other)),
    }
}

/// The table of operations names this function and no arm serves it: a test would have said so.
fn not_served(operation: Operation) -> Error {
    Error::internal(format!("{} is not served here", operation.name()))
}
