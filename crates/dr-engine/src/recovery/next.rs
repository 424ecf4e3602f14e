//! What comes next for an execution between waves. Pure but for the write of the answer.

use dr_error::Result;
use dr_model::execution::{Execution, ExecutionStatus, TaskToken};
use dr_model::ids::ExecutionId;
use dr_model::plan::OnFailure;
use dr_model::transition::{Event, transition};

use crate::app::App;
use crate::recovery::header;
use crate::recovery::tell;

/// What the state machine is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Wait for a person.
    Pause,
    /// Launch the current wave.
    Launch,
    /// Nothing is left.
    Finish,
}

impl Next {
    /// The word in the state machine.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "PAUSE",
            Self::Launch => "LAUNCH",
            Self::Finish => "FINISH",
        }
    }
}

/// Decides. A person's word lets exactly one wave pass.
#[must_use]
pub fn next(execution: &Execution) -> Next {
    let Some(wave) = execution.waves.get(execution.wave) else {
        return Next::Finish;
    };
    if execution.status.is_terminal() || execution.status == ExecutionStatus::Cancelling {
        return Next::Finish;
    }
    // An action has failed after whatever word came before: that wants a word of its own.
    if wave.held_by.is_some() {
        return Next::Pause;
    }
    if execution.released_wave == Some(execution.wave) && !execution.pause_requested {
        return Next::Launch;
    }
    if execution.pause_requested || wave.pause_before || failures_want_a_pause(execution) {
        Next::Pause
    } else {
        Next::Launch
    }
}

fn failures_want_a_pause(execution: &Execution) -> bool {
    execution
        .wave
        .checked_sub(1)
        .and_then(|before| execution.waves.get(before))
        .is_some_and(|before| before.on_failure == OnFailure::Pause && before.tally.failed > 0)
}

/// The state machine has begun.
///
/// # Errors
/// What the store answers.
pub async fn begin(app: &App, id: &ExecutionId) -> Result<Execution> {
    let before = app.store().execution(id).await?.status;
    let execution = header::change(app, id, |execution| {
        if execution.status != ExecutionStatus::Pending {
            return Ok(false);
        }
        execution.status = transition(execution.status, Event::Begin)?;
        Ok(true)
    })
    .await?;
    if before == ExecutionStatus::Pending {
        tell::notify(app, &execution, "started").await;
    }
    Ok(execution)
}

/// A pause was reached: keep the token that lets the state machine go on, and wait for a person. An execution
/// that is being cancelled does not wait.
///
/// # Errors
/// What the store or Step Functions answers.
pub async fn pause(app: &App, id: &ExecutionId, token: TaskToken) -> Result<()> {
    let now = app.clock().now();
    let execution = header::change(app, id, |execution| {
        let is_newest = execution
            .task_token
            .as_ref()
            .is_none_or(|kept| token.supersedes(kept));
        if next(execution) != Next::Pause || token.wave != execution.wave || !is_newest {
            return Ok(false);
        }
        execution.status = transition(execution.status, Event::Pause)?;
        execution.paused_at.get_or_insert(now);
        execution.task_token = Some(token.clone());
        Ok(true)
    })
    .await?;
    if execution.status == ExecutionStatus::Paused {
        if execution.task_token.as_ref() == Some(&token) {
            tell::notify(app, &execution, "paused: it waits for a person").await;
        }
        return Ok(());
    }
    // Cancelled, or let pass, before the pause began.
    app.state_machines()
        .succeed(&token.token, &serde_json::json!({}))
        .await
        .map(drop)
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
