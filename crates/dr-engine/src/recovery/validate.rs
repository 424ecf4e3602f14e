//! ValidateRecoveryInstances: after each wave, compare every launched server with its blueprint.

use dr_error::Result;
use dr_model::execution::{Batch, Execution, ExecutionStatus};
use dr_model::ids::ExecutionId;
use dr_model::transition::{Event, transition};

use crate::app::App;
use crate::recovery::header;
use crate::recovery::identity::{unvalidated, validated};

/// How long DRS may take to show a recovery instance after its launch: then it is reported as not seen.
const PATIENCE_SECONDS: i64 = 300;

/// Validates the current wave; `true` when it is done and the next wave is current.
///
/// # Errors
/// What AWS or the store answers: the state machine tries again.
pub async fn step(app: &App, id: &ExecutionId) -> Result<bool> {
    let execution = header::change(app, id, |execution| {
        if execution.status != ExecutionStatus::Launching || !is_wave_over(execution) {
            return Ok(false);
        }
        execution.status = transition(execution.status, Event::ValidateWave)?;
        execution.task_token = None;
        Ok(true)
    })
    .await?;
    if !matches!(
        execution.status,
        ExecutionStatus::Validating | ExecutionStatus::Cancelling
    ) {
        return Ok(true);
    }
    // Asked a second time, after the answer to the first was lost: the next wave, which has not run, is current.
    if !is_wave_over(&execution) {
        return Ok(true);
    }
    let left = validate_batches(app, &execution).await?;
    if left > 0 && !is_late(app, &execution) {
        return Ok(false);
    }
    let wave = execution.wave;
    header::change(app, id, |execution| {
        let is_current = execution.wave == wave && !execution.status.is_terminal();
        if is_current {
            execution.wave = wave + 1;
            execution.task_token = None;
        }
        Ok(is_current)
    })
    .await?;
    Ok(true)
}

/// Whether there is a current wave and its last server has come to an end.
fn is_wave_over(execution: &Execution) -> bool {
    let wave = execution.waves.get(execution.wave);
    wave.is_some_and(|wave| wave.ended_at.is_some())
}

fn is_late(app: &App, execution: &Execution) -> bool {
    let ended = execution
        .waves
        .get(execution.wave)
        .and_then(|wave| wave.ended_at);
    ended.is_none_or(|at| (app.clock().now() - at).num_seconds() > PATIENCE_SECONDS)
}

/// Compares what is left to compare; answers how many servers DRS or EC2 does not show yet. Two calls per batch.
async fn validate_batches(app: &App, execution: &Execution) -> Result<usize> {
    let mut open: Vec<Batch> = app
        .store()
        .batches_of_wave(execution, execution.wave)
        .await?
        .into_iter()
        .filter(|batch| unvalidated(batch).next().is_some())
        .collect();
    if open.is_empty() {
        return Ok(0);
    }
    let cloud = app.cloud(&execution.direction.recovery).await?;
    let mut left = 0;
    for batch in &mut open {
        let servers: Vec<_> = unvalidated(batch)
            .map(|server| server.blueprint.source_server_id.clone())
            .collect();
        let recovery = cloud.drs.recovery_instances_of(&servers).await?;
        let ids: Vec<_> = recovery
            .iter()
            .filter_map(|instance| instance.instance_id.clone())
            .collect();
        let instances = cloud.ec2.instances(&ids).await?;
        let next = validated(batch, &recovery, &instances);
        if next != *batch {
            *batch = next;
            app.store().update_batch(execution, batch).await?;
        }
        left += unvalidated(batch).count();
    }
    Ok(left)
}
