//! The poller: reconciles everything that is not terminal. One DescribeJobs per account and region and tick,
//! however many servers, jobs and executions there are.

use chrono::Duration;
use dr_error::{Error, Result};
use dr_model::execution::{Execution, ExecutionStatus, TaskToken};
use dr_model::ids::ExecutionId;
use dr_model::transition::{Event, transition};
use dr_monitor::look;
use dr_monitor::room::Room;
use dr_store::Lease;
use serde_json::json;

use crate::agents;
use crate::app::App;
use crate::control;
use crate::recovery::header;
use crate::recovery::tick::{Tick, tick};
use crate::sessions;
use crate::start::set_off::{is_unbegun, set_off};

/// How long an execution may be stored before the poller starts its state machine: the starter may be about to.
const START_GRACE_SECONDS: i64 = 15;

/// Reconciles once: executions, sessions on their way home, and installations of agents. `true` while anything is
/// under way. `is_event`: DRS has just said that something happened. An error in one place does not keep the others
/// waiting.
///
/// # Errors
/// When the leases cannot be read.
pub async fn poll(app: &App, is_event: bool) -> Result<bool> {
    let mut is_active = match sessions::step::poll(app, is_event).await {
        Ok(is_active) => is_active,
        Err(error) => {
            tracing::warn!(%error, "could not look at the failover sessions");
            true
        }
    };
    match agents::poll(app).await {
        Ok(is_installing) => is_active |= is_installing,
        Err(error) => {
            tracing::warn!(%error, "could not look at the agent installations");
            is_active = true;
        }
    }
    for lease in app.store().leases().await? {
        if lease.active.is_empty() {
            continue;
        }
        is_active = true;
        if let Err(error) = reconcile(app, &lease).await {
            // An error while polling is never a failed execution: the next tick looks again.
            tracing::warn!(%error, place = %lease.place, "could not look");
        }
    }
    Ok(is_active)
}

async fn reconcile(app: &App, lease: &Lease) -> Result<()> {
    let executions = app.store().executions_by_id(&lease.active).await?;
    for execution in executions.iter().filter(|e| is_unbegun(e)) {
        let age = app.clock().now() - execution.created_at;
        if age > Duration::seconds(START_GRACE_SECONDS) {
            set_off(app, execution).await?;
        }
    }
    // A person let it go on, or cancelled it, and whoever was to tell the state machine did not get to it.
    for execution in executions.iter().filter(|e| is_watched(e)) {
        control::wake(app, execution).await?;
    }
    let launching: Vec<Execution> = executions.into_iter().filter(is_watched).collect();
    let Some(earliest) = launching
        .iter()
        .filter_map(|e| e.waves.get(e.wave)?.started_at)
        .min()
    else {
        return Ok(());
    };
    let cloud = app.cloud(&lease.place).await?;
    let jobs = look::jobs(&cloud.drs, earliest).await?;
    let mut shared = Tick {
        cloud: &cloud,
        room: Room::beside(&jobs, app.limits(&cloud).await),
        jobs: &jobs,
    };
    for execution in launching {
        let id = execution.id.clone();
        match tick(app, &mut shared, execution).await {
            Ok(_) | Err(Error::VersionConflict { .. }) => {}
            Err(error) => tracing::warn!(%error, execution = %id, "could not move it on"),
        }
    }
    Ok(())
}

/// Jobs are watched while a wave is being launched, whether or not the execution is being cancelled.
fn is_watched(execution: &Execution) -> bool {
    matches!(
        execution.status,
        ExecutionStatus::Launching | ExecutionStatus::Cancelling
    )
}

/// A wave begins: keep the token, and make the first move at once.
///
/// # Errors
/// What the store or AWS answers: the state machine tries again.
pub async fn launch_wave(app: &App, id: &ExecutionId, token: TaskToken) -> Result<()> {
    let now = app.clock().now();
    let execution = header::change(app, id, |execution| {
        let wave = execution.wave;
        if execution.status.is_terminal()
            || execution.status == ExecutionStatus::Cancelling
            || wave >= execution.waves.len()
        {
            return Ok(false);
        }
        // An invocation of an earlier try or wave that arrives late.
        let is_newest = execution
            .task_token
            .as_ref()
            .is_none_or(|kept| token.supersedes(kept));
        if token.wave != wave || !is_newest {
            return Ok(false);
        }
        execution.status = transition(execution.status, Event::LaunchWave)?;
        execution.task_token = Some(token.clone());
        if let Some(run) = execution.waves.get_mut(wave) {
            run.started_at.get_or_insert(now);
        }
        Ok(true)
    })
    .await?;
    let is_launching = execution.status == ExecutionStatus::Launching
        && execution.task_token.as_ref() == Some(&token);
    if !is_launching {
        // Cancelled before it began: the next state finds out. Nobody waits for the token of an earlier try.
        return app
            .state_machines()
            .succeed(&token.token, &json!({}))
            .await
            .map(drop);
    }
    let cloud = app.cloud(&execution.direction.recovery).await?;
    let earliest = execution
        .waves
        .get(execution.wave)
        .and_then(|wave| wave.started_at)
        .unwrap_or(now);
    let jobs = look::jobs(&cloud.drs, earliest).await?;
    let mut shared = Tick {
        cloud: &cloud,
        room: Room::beside(&jobs, app.limits(&cloud).await),
        jobs: &jobs,
    };
    tick(app, &mut shared, execution).await.map(drop)
}
