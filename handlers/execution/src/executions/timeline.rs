//! Reads the job logs of an execution as one timeline.

use dr_api::executions::{Timeline, TimelineEntry, TimelineRequest};
use dr_engine::App;
use dr_error::Result;
use dr_invoke::page::slice;
use dr_model::ids::JobId;
use dr_model::job::JobLogEntry;

use super::servers::batches;

pub async fn serve(app: &App, request: TimelineRequest) -> Result<Timeline> {
    let execution = app.store().execution(&request.execution_id).await?;
    let mut entries = Vec::new();
    for batch in batches(app, &execution, request.wave).await? {
        let log = app
            .store()
            .batch_log(&execution, batch.wave, batch.number)
            .await?;
        entries.extend(log.into_iter().map(|entry| view(entry, batch.job_id())));
    }
    entries.sort_by_key(|entry| entry.timestamp);
    let total = entries.len();
    let (entries, next_token) = slice(entries, request.limit.get(), request.next_token.as_deref())?;
    Ok(Timeline {
        entries,
        total,
        next_token,
    })
}

fn view(entry: JobLogEntry, job_id: Option<&JobId>) -> TimelineEntry {
    TimelineEntry {
        timestamp: entry.at,
        event: entry.event,
        job_id: job_id.cloned(),
        source_server_id: entry.source_server_id,
        instance_id: entry.instance_id,
        error: entry.error,
    }
}
