//! Starting an execution.

pub mod pairs;
pub mod plan;

use dr_api::bounded::ClientToken;
use dr_api::start::{Started, StartedWave};
use dr_engine::App;
use dr_engine::start::run::Outcome;
use dr_error::{Error, Result, ids};
use dr_invoke::Caller;
use dr_model::action::ActionSide;
use dr_model::execution::{Batch, ExecutionType, LaunchInto, ServerStatus};
use dr_model::ids::ExecutionId;
use dr_model::role::Permission;

/// A real recovery takes more than a drill, which the table of operations asks for.
pub fn require(caller: &Caller, execution_type: ExecutionType) -> Result<()> {
    match execution_type {
        ExecutionType::Drill => Ok(()),
        ExecutionType::Recovery => caller.require(Permission::StartRecovery),
    }
}

/// The same caller with the same token gets the same id, and with it the execution of the first try.
pub fn execution_id(
    app: &App,
    caller: &Caller,
    token: Option<&ClientToken>,
) -> Result<ExecutionId> {
    match token {
        None => app.new_id("exec-"),
        Some(token) => {
            let uuid = ids::derived(
                "execution",
                &format!("{}/{}", caller.name(), token.as_str()),
            );
            format!("exec-{uuid}").parse().map_err(Error::internal)
        }
    }
}

pub fn view(outcome: Outcome) -> Started {
    let execution = &outcome.blueprint.execution;
    let waves = execution
        .waves
        .iter()
        .enumerate()
        .map(|(number, wave)| {
            let batches = outcome.blueprint.batches.iter();
            let started = started_wave(wave, batches.filter(|batch| batch.wave == number));
            let run = |side| actions(&outcome, number, side);
            StartedWave {
                actions_before: run(ActionSide::Before),
                actions_after: run(ActionSide::After),
                ..started
            }
        })
        .collect();
    Started {
        execution_id: outcome.is_started.then(|| execution.id.clone()),
        status: outcome.is_started.then_some(execution.status),
        execution_type: execution.execution_type,
        total_servers: execution.tally().total(),
        waves,
        warnings: outcome.warnings,
        failed_checks: outcome.failed_checks,
    }
}

/// Names of the SSM actions that run on one side of a wave.
fn actions(outcome: &Outcome, wave: usize, side: ActionSide) -> Vec<String> {
    let is_drill = outcome.blueprint.execution.execution_type.is_drill();
    outcome
        .blueprint
        .actions
        .iter()
        .filter(|run| run.wave == wave && run.side == side)
        .filter(|run| !(is_drill && run.action.skip_in_drills))
        .map(|run| run.action.name.clone())
        .collect()
}

fn started_wave<'a>(
    wave: &dr_model::execution::WaveRun,
    batches: impl Iterator<Item = &'a Batch>,
) -> StartedWave {
    let mut started = StartedWave {
        name: wave.name.clone(),
        pause_before: wave.pause_before,
        servers: wave.tally.total(),
        jobs: 0,
        skipped: wave.tally.skipped,
        new_instances: 0,
        actions_before: Vec::new(),
        actions_after: Vec::new(),
    };
    for batch in batches {
        started.jobs += usize::from(
            batch
                .servers
                .iter()
                .any(|s| s.progress.status != ServerStatus::Skipped),
        );
        started.new_instances += batch
            .servers
            .iter()
            .filter(|s| {
                s.progress.status != ServerStatus::Skipped
                    && s.blueprint.launch_into == LaunchInto::NewInstance
            })
            .count();
    }
    started
}
