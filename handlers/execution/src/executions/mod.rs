//! Watching and steering executions.

pub mod control;
pub mod get;
pub mod list;
pub mod servers;
pub mod terminate;
pub mod timeline;

use chrono::{DateTime, Utc};
use dr_api::executions::{ActionView, ExecutionView};
use dr_engine::App;
use dr_error::Result;
use dr_invoke::view::phase;
use dr_model::action::{ActionRun, ActionSide};
use dr_model::execution::{Execution, ExecutionStatus, WaveRun};
use dr_monitor::progress::measure;

/// An execution as it is shown now, with its SSM actions.
async fn shown(app: &App, execution: Execution) -> Result<ExecutionView> {
    let actions = if execution.has_actions() {
        app.store().actions(&execution).await?
    } else {
        Vec::new()
    };
    Ok(ExecutionView {
        actions: actions.into_iter().map(action).collect(),
        ..view(execution, app.clock().now())
    })
}

fn action(run: ActionRun) -> ActionView {
    ActionView {
        wave: run.wave + 1,
        side: run.side,
        name: run.action.name,
        document_name: run.action.document_name,
        on_failure: run.action.on_failure,
        state: run.state,
        reason: run.reason,
        command_ids: run.command_ids,
        instances: run.instances,
        started_at: run.started_at,
        ended_at: run.ended_at,
    }
}

/// An execution as it is shown now, without its SSM actions.
fn view(execution: Execution, now: DateTime<Utc>) -> ExecutionView {
    let progress = measure(&execution, now);
    ExecutionView {
        current_phase: phase(execution.status),
        waiting_for: waiting_for(&execution),
        current_wave: (execution.wave < execution.waves.len() && !execution.status.is_terminal())
            .then_some(execution.wave + 1),
        servers: execution.tally(),
        progress_percent: progress.percent,
        elapsed_seconds: progress.elapsed_seconds,
        paused_seconds: progress.paused_seconds,
        estimated_remaining_seconds: progress.remaining_seconds,
        rto_met: progress.rto_met,
        execution_id: execution.id,
        subject: execution.subject,
        execution_type: execution.execution_type,
        direction: execution.direction,
        status: execution.status,
        pause_requested: execution.pause_requested,
        waves: execution.waves,
        actions: Vec::new(),
        started_by: execution.started_by,
        started_at: execution.created_at,
        ended_at: execution.ended_at,
        rto_target_seconds: execution.rto_target_seconds,
        reason: execution.reason,
        instances_terminated_at: execution.instances_terminated_at,
        version: execution.version,
    }
}

/// What it waits for, for a person.
fn waiting_for(execution: &Execution) -> Option<String> {
    let wave = execution.waves.get(execution.wave);
    let name = wave.map_or("", |wave| wave.name.as_str());
    let waiting = wave.map_or(0, |wave| wave.tally.waiting);
    let launching = wave.map_or(0, |wave| wave.tally.launching);
    let held_by = wave.and_then(|wave| wave.held_by.as_ref());
    match execution.status {
        ExecutionStatus::Pending => Some("The state machine to begin".to_owned()),
        ExecutionStatus::Configuring => Some("Launch configurations to be set".to_owned()),
        ExecutionStatus::Launching if held_by.is_some() => {
            Some("The state machine to pause".to_owned())
        }
        ExecutionStatus::Launching if wave.is_some_and(|wave| turn(wave).is_some()) => {
            wave.and_then(turn)
        }
        ExecutionStatus::Launching if waiting > 0 && launching > 0 => Some(format!(
            "DRS to launch {launching} servers of wave {name}; {waiting} more wait for room in DRS"
        )),
        ExecutionStatus::Launching => Some(format!(
            "DRS to launch {} servers of wave {name}",
            launching + waiting
        )),
        ExecutionStatus::Validating => Some(format!("The instances of wave {name} to be compared")),
        ExecutionStatus::Paused => Some(match held_by {
            Some(action) => {
                format!("A person to resume or cancel in wave {name}: the action {action} failed")
            }
            None => format!("A person to resume or cancel before wave {name}"),
        }),
        ExecutionStatus::Cancelling if launching > 0 => Some(format!(
            "{launching} servers that DRS is launching: a job cannot be cancelled"
        )),
        ExecutionStatus::Cancelling => Some("The state machine to end".to_owned()),
        ExecutionStatus::Completed
        | ExecutionStatus::CompletedWithFailures
        | ExecutionStatus::Failed
        | ExecutionStatus::Cancelled => None,
    }
}

/// The SSM action whose turn it is in a wave.
fn turn(wave: &WaveRun) -> Option<String> {
    let is_launched = wave.tally.waiting + wave.tally.launching == 0;
    let side = if !wave.actions_before.is_over() {
        ActionSide::Before
    } else if is_launched && !wave.actions_after.is_over() {
        ActionSide::After
    } else {
        return None;
    };
    let tally = wave.actions(side);
    Some(format!(
        "The SSM action {} of {} {} wave {}",
        tally.over + 1,
        tally.total,
        side.as_str(),
        wave.name
    ))
}
