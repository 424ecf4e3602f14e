//! The end of an execution, good or bad.

use dr_error::Result;
use dr_model::execution::{Execution, ExecutionStatus, Tally};
use dr_model::ids::ExecutionId;
use dr_model::transition::{Event, transition};

use crate::app::App;
use crate::recovery::actions;
use crate::recovery::header;
use crate::recovery::tell;
use crate::sessions;

/// How an execution ends that has nothing left to do. A failed server is not a failed fleet, nor is a failed action.
#[must_use]
pub fn ending(status: ExecutionStatus, tally: Tally, failed_actions: usize) -> Event {
    if matches!(
        status,
        ExecutionStatus::Cancelling | ExecutionStatus::Cancelled
    ) {
        Event::CancelSettled
    } else if tally.launched == tally.total() && failed_actions == 0 {
        Event::Complete
    } else if tally.launched > 0 {
        Event::CompleteWithFailures
    } else {
        Event::Fail
    }
}

/// Ends it. Waves that a cancelled execution never reached keep their servers as left out.
///
/// # Errors
/// What the store answers.
pub async fn finish(app: &App, id: &ExecutionId) -> Result<Execution> {
    let execution = app.store().execution(id).await?;
    if execution.status == ExecutionStatus::Cancelling {
        skip_unreached_waves(app, &execution).await?;
    }
    end(app, id, None).await
}

/// The orchestration itself failed: say so, and leave what runs alone.
///
/// # Errors
/// What the store answers.
pub async fn fail(app: &App, id: &ExecutionId, reason: &str) -> Result<Execution> {
    end(app, id, Some(reason)).await
}

async fn end(app: &App, id: &ExecutionId, failure: Option<&str>) -> Result<Execution> {
    let now = app.clock().now();
    let stored = app.store().execution(id).await?;
    let was_over = stored.status.is_terminal();
    if !was_over {
        actions::give_up(app, &stored, now).await?;
    }
    sessions::create::at_end(app, &stored).await?;
    let execution = header::change(app, id, |execution| {
        if execution.status.is_terminal() {
            return Ok(false);
        }
        let event = match failure {
            Some(_) => Event::Fail,
            None => ending(
                execution.status,
                execution.tally(),
                execution.failed_actions(),
            ),
        };
        execution.status = transition(execution.status, event)?;
        if let Some(since) = execution.paused_at.take() {
            execution.paused_seconds +=
                u64::try_from((now - since).num_seconds()).unwrap_or_default();
        }
        execution.ended_at = Some(now);
        execution.task_token = None;
        if let Some(reason) = failure {
            execution.reason = Some(reason.to_owned());
        } else if event == Event::Fail {
            execution.reason = Some("No server launched".to_owned());
        }
        Ok(true)
    })
    .await?;
    if !was_over {
        tell::metrics(app, &execution).await;
        tell::notify(app, &execution, "over").await;
    }
    if let Some(session) = &execution.session_id
        && let Err(error) = sessions::step::refresh(app, session).await
    {
        // The poller looks at it again.
        tracing::warn!(%error, %session, "could not look at the session of a failback");
    }
    Ok(execution)
}

async fn skip_unreached_waves(app: &App, execution: &Execution) -> Result<()> {
    let now = app.clock().now();
    let mut tallies = Vec::new();
    for wave in execution.wave..execution.waves.len() {
        let mut batches = app.store().batches_of_wave(execution, wave).await?;
        for batch in batches.iter_mut().filter(|batch| !batch.is_settled()) {
            *batch = dr_monitor::observe::settled(
                batch,
                "Not launched: the execution was cancelled",
                now,
            );
            app.store().update_batch(execution, batch).await?;
        }
        tallies.push((wave, Tally::of(&batches)));
    }
    header::change(app, &execution.id, |execution| {
        let mut changed = false;
        for (wave, tally) in &tallies {
            if let Some(run) = execution
                .waves
                .get_mut(*wave)
                .filter(|run| run.tally != *tally)
            {
                run.tally = *tally;
                changed = true;
            }
        }
        Ok(changed)
    })
    .await
    .map(drop)
}

#[cfg(test)]
#[path = "finish_tests.rs"]
mod tests;
