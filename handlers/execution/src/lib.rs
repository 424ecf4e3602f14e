//! The execution function: starting, watching and steering executions; tasks of the state machines; events of DRS.

mod background;
mod executions;
mod start;

use chrono::{DateTime, Utc};
use dr_api::executions::{
    CancelExecution, GetExecution, GetExecutionTimeline, ListExecutionServers, ListExecutions,
    PauseExecution, ResumeExecution, TerminateExecutionInstances,
};
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
            other => Err(Error::internal(format!(
                "{} is not served here",
                other.name()
            ))),
        }
    }

    async fn background(&self, background: Background) -> Result<Value> {
        match background {
            Background::Task(task) => background::task(self.0, task).await,
            Background::Event(event) => background::event(self.0, &event).await,
        }
    }
}
