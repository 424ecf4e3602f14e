//! One look at what an execution has under way, and one action per batch. Run by the state machine when a wave
//! begins and by the poller ever after; anybody may run it at any time.

use dr_error::{Error, Result};
use dr_model::action::ActionSide;
use dr_model::execution::{Batch, Execution, ExecutionStatus, Tally};
use dr_model::job::{Job, JobLogEntry, JobStatus};
use dr_monitor::observe::{observed, settled, started};
use dr_monitor::room::Room;
use serde_json::json;

use crate::app::App;
use crate::cloud::Cloud;
use crate::recovery::actions;
use crate::recovery::decide::{Action, decide};
use crate::recovery::header;
use crate::recovery::launch::{Launched, launch};

/// Seconds between copies of a running job's log, so that its timeline is never older.
const LOG_COPY_SECONDS: i64 = 30;

/// What everybody who ticks in a place shares: its services, the jobs just seen, and the room they leave.
#[derive(Debug)]
pub struct Tick<'a> {
    /// Services of the recovery place.
    pub cloud: &'a Cloud,
    /// Jobs just seen.
    pub jobs: &'a [Job],
    /// Room in DRS.
    pub room: Room,
}

/// Moves an execution's current wave as far as it can be moved now. Answers the header as it stands.
///
/// # Errors
/// What the store answers. A version conflict means that somebody else is moving it: nothing is lost.
pub async fn tick(app: &App, tick: &mut Tick<'_>, execution: Execution) -> Result<Execution> {
    if !matches!(
        execution.status,
        ExecutionStatus::Launching | ExecutionStatus::Cancelling
    ) {
        return Ok(execution);
    }
    let Some(wave) = execution.waves.get(execution.wave) else {
        return Ok(execution);
    };
    // Resumed, and the state machine has not begun the wave yet: it makes the first move.
    if wave.started_at.is_none() && execution.status == ExecutionStatus::Launching {
        return Ok(execution);
    }
    if actions::is_held(app, &execution).await? {
        return Ok(execution);
    }
    let (execution, may_launch) =
        actions::turn(app, tick.cloud, execution, ActionSide::Before, &[]).await?;
    if !may_launch {
        return Ok(execution);
    }
    let mut batches = app
        .store()
        .batches_of_wave(&execution, execution.wave)
        .await?;
    for batch in &mut batches {
        match act(app, tick, &execution, batch).await {
            Ok(()) => {}
            // Somebody else moved this batch. Leave it to him; the next look shows where it is.
            Err(Error::VersionConflict { .. }) => {
                *batch = app
                    .store()
                    .batch(&execution, batch.wave, batch.number)
                    .await?;
            }
            Err(error) => return Err(error),
        }
    }
    conclude(app, tick.cloud, execution, &batches).await
}

async fn act(
    app: &App,
    tick: &mut Tick<'_>,
    execution: &Execution,
    batch: &mut Batch,
) -> Result<()> {
    let now = app.clock().now();
    let next = match decide(execution, batch, tick.jobs, &mut tick.room, now) {
        Action::Wait => return Ok(()),
        Action::Launch => {
            if launch(app, tick.cloud, execution, batch, tick.jobs).await? == Launched::NoRoom {
                tick.room.close();
            }
            return Ok(());
        }
        Action::Adopt(job_id) => {
            tracing::info!(execution = %execution.id, job = %job_id, "adopting a job that was started and not recorded");
            started(batch, job_id, now)
        }
        Action::Observe(job) => {
            match copy_log(app, tick.cloud, batch, &job).await {
                Ok(log) => observed(batch, &job, log.as_deref(), now),
                // The reasons of failures are only in the log: the job is over as soon as it can be read.
                Err(error) if job.status == JobStatus::Completed && error.retryable() => {
                    return Ok(());
                }
                Err(_) => observed(batch, &job, None, now),
            }
        }
        Action::Settle => settled(
            batch,
            "Not launched: the execution was cancelled, or nothing of it was left to launch",
            now,
        ),
    };
    if next != *batch {
        *batch = next;
        app.store().update_batch(execution, batch).await?;
    }
    Ok(())
}

/// The job's log, when it is over or our copy is old. An error while looking is not the job's failure.
async fn copy_log(
    app: &App,
    cloud: &Cloud,
    batch: &Batch,
    job: &Job,
) -> Result<Option<Vec<JobLogEntry>>> {
    let now = app.clock().now();
    let is_old = batch
        .log_copied_at
        .is_none_or(|at| (now - at).num_seconds() >= LOG_COPY_SECONDS);
    if job.status != JobStatus::Completed && !is_old {
        return Ok(None);
    }
    let log = cloud.drs.job_log(&job.id).await;
    if let Err(error) = &log {
        tracing::warn!(%error, job = %job.id, "the job's log cannot be read now");
    }
    log.map(Some)
}

/// Takes the batches' count over into the header, moves the actions after the wave on, and wakes the state machine when
/// the wave is over. Reads and writes nothing while nothing has changed.
async fn conclude(
    app: &App,
    cloud: &Cloud,
    execution: Execution,
    batches: &[Batch],
) -> Result<Execution> {
    let wave = execution.wave;
    let tally = Tally::of(batches);
    let (execution, is_over) = if batches.iter().all(Batch::is_settled) {
        actions::turn(app, cloud, execution, ActionSide::After, batches).await?
    } else {
        (execution, false)
    };
    let now = app.clock().now();
    let take_over = |execution: &mut Execution| {
        // A later wave, or the end: this look is stale.
        if execution.wave != wave || execution.status.is_terminal() {
            return Ok(false);
        }
        let Some(run) = execution.waves.get_mut(wave) else {
            return Ok(false);
        };
        let ended_at = if is_over {
            run.ended_at.or(Some(now))
        } else {
            None
        };
        if run.tally == tally && run.ended_at == ended_at {
            return Ok(false);
        }
        run.tally = tally;
        run.ended_at = ended_at;
        Ok(true)
    };
    let execution = if is_over || take_over(&mut execution.clone())? {
        header::change(app, &execution.id, take_over).await?
    } else {
        execution
    };
    if is_over
        && execution.wave == wave
        && matches!(
            execution.status,
            ExecutionStatus::Launching | ExecutionStatus::Cancelling
        )
        && let Some(token) = &execution.task_token
        && token.wave == wave
    {
        // Stored first, told second: telling twice is harmless, the token is gone after the first time.
        app.state_machines()
            .succeed(&token.token, &json!({}))
            .await?;
    }
    Ok(execution)
}
