//! Watching and steering executions.

pub mod control;
pub mod get;
pub mod list;
pub mod servers;
pub mod terminate;
pub mod timeline;

use chrono::{DateTime, Utc};
use dr_api::executions::ExecutionView;
use dr_invoke::view::phase;
use dr_model::execution::{Execution, ExecutionStatus};
use dr_monitor::progress::measure;

/// An execution as it is shown now.
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
    match execution.status {
        ExecutionStatus::Pending => Some("The state machine to begin".to_owned()),
        ExecutionStatus::Configuring => Some("Launch configurations to be set".to_owned()),
        ExecutionStatus::Launching if waiting > 0 && launching > 0 => Some(format!(
            "DRS to launch {launching} servers of wave {name}; {waiting} more wait for room in DRS"
        )),
        ExecutionStatus::Launching => Some(format!(
            "DRS to launch {} servers of wave {name}",
            launching + waiting
        )),
        ExecutionStatus::Validating => Some(format!("The instances of wave {name} to be compared")),
        ExecutionStatus::Paused => Some(format!("A person to resume or cancel before wave {name}")),
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
