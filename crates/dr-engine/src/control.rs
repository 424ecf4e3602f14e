//! A person's word to a running execution: pause, resume, cancel.

use dr_error::{Error, Result};
use dr_model::execution::{Execution, ExecutionStatus};
use dr_model::ids::ExecutionId;
use dr_model::transition::{Event, transition};
use serde_json::json;

use crate::app::App;
use crate::recovery::{header, tell};

fn over(execution: &Execution) -> Error {
    Error::Conflict {
        code: "EXECUTION_IS_OVER",
        message: format!(
            "The execution is {}: nothing of it can be changed any more",
            execution.status.as_str()
        ),
    }
}

/// Pauses before the next wave. What runs in DRS goes on: DRS cannot pause a job.
///
/// # Errors
/// When it is over, is being cancelled, or has no wave left to pause before.
pub async fn pause(app: &App, id: &ExecutionId) -> Result<Execution> {
    header::change(app, id, |execution| {
        if execution.status.is_terminal() || execution.status == ExecutionStatus::Cancelling {
            return Err(over(execution));
        }
        let begun = matches!(execution.status, ExecutionStatus::Launching | ExecutionStatus::Validating);
        if begun && execution.wave + 1 >= execution.waves.len() {
            return Err(Error::Conflict {
                code: "NO_WAVE_LEFT",
                message: "The last wave is under way: there is nothing to pause before. DRS cannot pause what it launches".to_owned(),
            });
        }
        let changed = !execution.pause_requested && execution.status != ExecutionStatus::Paused;
        execution.pause_requested |= changed;
        Ok(changed)
    })
    .await
}

/// Lets a paused execution go on, or takes back a pause that was asked for and not reached.
///
/// # Errors
/// When there is nothing to resume.
pub async fn resume(app: &App, id: &ExecutionId) -> Result<Execution> {
    let now = app.clock().now();
    let execution = header::change(app, id, |execution| {
        if execution.status.is_terminal() || execution.status == ExecutionStatus::Cancelling {
            return Err(over(execution));
        }
        if execution.status == ExecutionStatus::Paused {
            execution.status = transition(execution.status, Event::Resume)?;
            if let Some(since) = execution.paused_at.take() {
                execution.paused_seconds +=
                    u64::try_from((now - since).num_seconds()).unwrap_or_default();
            }
            execution.pause_requested = false;
            execution.released_wave = Some(execution.wave);
            if let Some(wave) = execution.waves.get_mut(execution.wave) {
                wave.held_by = None;
                if wave.launch_since.is_some() {
                    wave.launch_since = Some(now);
                }
            }
            return Ok(true);
        }
        if execution.pause_requested {
            execution.pause_requested = false;
            return Ok(true);
        }
        // Resumed already, and the state machine has not gone on yet: say it once more.
        if execution.released_wave == Some(execution.wave) {
            return Ok(false);
        }
        Err(Error::Conflict {
            code: "NOT_PAUSED",
            message: "The execution is not paused and no pause was asked for".to_owned(),
        })
    })
    .await?;
    wake(app, &execution).await?;
    tell::notify(app, &execution, "resumed").await;
    Ok(execution)
}

/// Starts nothing more and ends when what runs in DRS is over: DRS cannot cancel a job.
///
/// # Errors
/// When it is over.
pub async fn cancel(app: &App, id: &ExecutionId, reason: &str) -> Result<Execution> {
    let now = app.clock().now();
    let execution = header::change(app, id, |execution| {
        if execution.status.is_terminal() {
            return Err(over(execution));
        }
        if execution.status == ExecutionStatus::Cancelling {
            return Ok(false);
        }
        execution.status = transition(execution.status, Event::Cancel)?;
        if let Some(since) = execution.paused_at.take() {
            execution.paused_seconds +=
                u64::try_from((now - since).num_seconds()).unwrap_or_default();
        }
        execution.reason = Some(reason.to_owned());
        Ok(true)
    })
    .await?;
    // Also when it was cancelled before: whoever did that may not have come this far.
    wake(app, &execution).await?;
    Ok(execution)
}

/// Wakes the state machine out of a pause that is over. The token is taken once; a second time does no harm.
///
/// # Errors
/// What Step Functions answers.
pub async fn wake(app: &App, execution: &Execution) -> Result<()> {
    let Some(token) = &execution.task_token else {
        return Ok(());
    };
    if !token.is_pause {
        // A wave's: the wave's end answers it.
        return Ok(());
    }
    app.state_machines()
        .succeed(&token.token, &json!({}))
        .await
        .map(drop)
}
