//! Lists an execution's servers.

use dr_api::executions::{ExecutionServerList, ExecutionServerView, ListExecutionServersRequest};
use dr_engine::App;
use dr_error::{Error, FieldProblem, Result};
use dr_invoke::page::slice;
use dr_model::execution::{Batch, Execution};

pub async fn serve(app: &App, request: ListExecutionServersRequest) -> Result<ExecutionServerList> {
    let execution = app.store().execution(&request.execution_id).await?;
    let batches = batches(app, &execution, request.wave).await?;
    let mut servers: Vec<ExecutionServerView> = batches.into_iter().flat_map(views).collect();
    if let Some(status) = request.status {
        servers.retain(|server| server.status == status);
    }
    let total = servers.len();
    let (servers, next_token) = slice(servers, request.limit.get(), request.next_token.as_deref())?;
    Ok(ExecutionServerList {
        servers,
        total,
        next_token,
    })
}

/// The batches of one wave, from 1, or of all.
pub async fn batches(app: &App, execution: &Execution, wave: Option<u32>) -> Result<Vec<Batch>> {
    let Some(wave) = wave else {
        return app.store().batches(execution).await;
    };
    let index = usize::try_from(wave).unwrap_or(usize::MAX).checked_sub(1);
    match index.filter(|index| *index < execution.waves.len()) {
        Some(index) => app.store().batches_of_wave(execution, index).await,
        None => {
            let expected = format!("a wave from 1 to {}", execution.waves.len());
            Err(Error::Invalid(vec![
                FieldProblem::new("wave", expected).got(wave),
            ]))
        }
    }
}

fn views(batch: Batch) -> Vec<ExecutionServerView> {
    let job_id = batch.job_id().cloned();
    let wave = batch.wave + 1;
    batch
        .servers
        .into_iter()
        .map(|server| ExecutionServerView {
            source_server_id: server.blueprint.source_server_id,
            name: server.blueprint.name,
            wave,
            job_id: job_id.clone(),
            launch_into: server.blueprint.launch_into,
            status: server.progress.status,
            recovery_instance_id: server.progress.recovery_instance_id,
            reason: server.progress.reason,
            identity: server.progress.identity,
        })
        .collect()
}
