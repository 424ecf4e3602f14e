//! `dr execution terminate`: what a drill launched, seen first.

use std::io;

use clap::Args;
use dr_api::executions::{
    TerminateExecutionInstances, TerminateInstancesRequest, TerminationResult,
};
use dr_model::ids::{ExecutionId, InstanceId};

use super::validate::failed;
use crate::client::Answer;
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::screen::{Cell, Screen};
use crate::{names, row, text};

/// Terminates.
#[derive(Debug, Args)]
pub struct Terminate {
    /// The execution, a drill: id or `latest`.
    execution: String,
    /// Only show what would be done.
    #[arg(long, conflicts_with = "yes")]
    preview: bool,
    /// A pre-provisioned instance to terminate as well, instead of handing it back stopped: its id and IP
    /// are gone for good. Repeat for more.
    #[arg(long = "also-terminate", value_name = "INSTANCE")]
    also_terminate: Vec<InstanceId>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Terminate {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let execution_id = names::execution_id(&desk.client, &self.execution).await?;
        if !self.yes {
            let answer = self.call(desk, &execution_id, false).await?;
            if self.preview {
                return desk.judge(&answer, draw_termination, termination_outcome);
            }
            let would = answer.read()?;
            if !desk.screen.is_json() {
                draw_termination(desk.screen, &would)?;
            }
            let question = format!(
                "Terminate {} and hand back {}?",
                text::count(would.terminated.len(), "instance"),
                would.released.len()
            );
            desk.agree(&question, false)?;
        }
        let answer = self.call(desk, &execution_id, true).await?;
        desk.judge(&answer, draw_termination, termination_outcome)
    }

    async fn call(
        &self,
        desk: &Desk<'_>,
        execution_id: &ExecutionId,
        confirm: bool,
    ) -> Result<Answer<TerminationResult>, Failure> {
        let request = TerminateInstancesRequest {
            execution_id: execution_id.clone(),
            confirm,
            also_terminate_instance_ids: self.also_terminate.clone(),
        };
        desk.client
            .call::<TerminateExecutionInstances>(&request)
            .await
    }
}

fn termination_outcome(result: &TerminationResult) -> Outcome {
    if result.problems.iter().any(|problem| !problem.passed) {
        Outcome::Incomplete
    } else {
        Outcome::Done
    }
}

fn draw_termination(screen: &mut Screen, result: &TerminationResult) -> io::Result<()> {
    let done = |what: &str| match result.preview {
        true => format!("would be {what}"),
        false => what.to_owned(),
    };
    let mut rows: Vec<Vec<Cell>> = result
        .terminated
        .iter()
        .map(|loss| row![&loss.instance_id, done("terminated"), &loss.why])
        .collect();
    rows.extend(result.released.iter().map(|id| {
        let kept = "pre-provisioned: id, IP and tag are kept";
        row![id, done("handed back stopped"), kept]
    }));
    screen.table(&["instance", "what", "why"], rows, "Nothing to terminate.")?;
    failed(screen, &result.problems)
}
