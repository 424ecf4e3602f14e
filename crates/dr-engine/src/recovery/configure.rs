//! Setting launch configurations before the first wave: one Get and at most one Update per server, a batch of
//! servers per invocation, so that no invocation runs long.

use std::collections::BTreeMap;

use dr_error::{Error, Result};
use dr_model::execution::{Batch, Execution, ExecutionStatus, LaunchInto, ServerStatus};
use dr_model::ids::{ExecutionId, InstanceId, SourceServerId};
use futures::{StreamExt, stream};

use crate::app::App;
use crate::cloud::Cloud;
use crate::configuration::run::{ensure_target, is_about_one_server};
use crate::validation::gather::CONCURRENCY;

/// Batches per invocation: 300 servers at two calls each, a good minute at 10 calls a second.
const BATCHES_PER_STEP: usize = 3;

/// Configures the next batches; `true` when none is left.
///
/// # Errors
/// What DRS answers where it is not about one server: the state machine tries again.
pub async fn step(app: &App, id: &ExecutionId) -> Result<bool> {
    let execution = app.store().execution(id).await?;
    if execution.status != ExecutionStatus::Configuring {
        return Ok(true);
    }
    let batches = app.store().batches(&execution).await?;
    let mut open: Vec<Batch> = batches.into_iter().filter(is_open).collect();
    if open.is_empty() {
        return Ok(true);
    }
    let done = open.len() <= BATCHES_PER_STEP;
    open.truncate(BATCHES_PER_STEP);
    let cloud = app.cloud(&execution.direction.recovery).await?;
    for batch in &mut open {
        configure(app, &cloud, &execution, batch).await?;
    }
    Ok(done)
}

fn is_open(batch: &Batch) -> bool {
    batch.servers.iter().any(|server| {
        !server.progress.configured && server.progress.status == ServerStatus::Waiting
    })
}

async fn configure(
    app: &App,
    cloud: &Cloud,
    execution: &Execution,
    batch: &mut Batch,
) -> Result<()> {
    let wanted: Vec<(SourceServerId, InstanceId)> = batch
        .servers
        .iter()
        .filter(|server| {
            !server.progress.configured && server.progress.status == ServerStatus::Waiting
        })
        .filter_map(|server| match &server.blueprint.launch_into {
            LaunchInto::Target { instance_id, .. } => Some((
                server.blueprint.source_server_id.clone(),
                instance_id.clone(),
            )),
            // A new instance is launched as the template says: nothing to set.
            LaunchInto::NewInstance => None,
        })
        .collect();
    let calls = wanted.iter().map(|(server, target)| async move {
        let ensured = ensure_target(cloud, server, target, true).await;
        (server.clone(), ensured.map(drop))
    });
    let outcomes: BTreeMap<SourceServerId, Result<()>> = stream::iter(calls.collect::<Vec<_>>())
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    let later = take_over(batch, outcomes);
    // What was set is stored before the error is answered: the next try begins there.
    app.store().update_batch(execution, batch).await?;
    later.map_or(Ok(()), Err)
}

/// Marks what was set and what cannot be. Answers the error of a server that is to be tried again.
fn take_over(
    batch: &mut Batch,
    mut outcomes: BTreeMap<SourceServerId, Result<()>>,
) -> Option<Error> {
    let mut later = None;
    for server in &mut batch.servers {
        match outcomes.remove(&server.blueprint.source_server_id) {
            Some(Err(error)) if is_about_one_server(&error) => {
                server.progress.status = ServerStatus::Failed;
                server.progress.reason = Some(format!(
                    "Its launch configuration could not be set: {}",
                    error.words()
                ));
            }
            Some(Err(error)) => later = Some(error),
            Some(Ok(())) | None => server.progress.configured = true,
        }
    }
    later
}
