//! Taking over what a job shows into the batch that it launches. Pure.

use chrono::{DateTime, Utc};
use dr_model::execution::{Batch, BatchLaunch, ServerRun, ServerStatus};
use dr_model::ids::{JobId, SourceServerId};
use dr_model::job::{Job, JobLogEntry, JobStatus, LaunchStatus};

/// What a failed server is told when the job's log has no reason.
const NO_REASON: &str = "DRS gives no reason in the job log. Gaps in permissions show like this, about 5 minutes into the launch: look for denied calls of the launching role in CloudTrail";
/// What a server is told whose job ended without saying anything of it.
const NO_INSTANCE: &str = "The job ended without an instance and without an error. Check the launch template: without a subnet, security group or instance profile DRS launches nothing";

/// The batch with what the job shows now. `log` is the whole log of the job as read just now, if it was.
#[must_use]
pub fn observed(
    batch: &Batch,
    job: &Job,
    log: Option<&[JobLogEntry]>,
    now: DateTime<Utc>,
) -> Batch {
    let mut next = batch.clone();
    let over = job.status == JobStatus::Completed;
    for server in &mut next.servers {
        if matches!(
            server.progress.status,
            ServerStatus::Skipped | ServerStatus::Failed
        ) {
            continue;
        }
        observe_server(server, job, over);
    }
    if let Some(entries) = log {
        next.log = entries.to_vec();
        next.log_copied_at = Some(now);
    }
    if over {
        next.launch = BatchLaunch::Done {
            job_id: Some(job.id.clone()),
            at: now,
        };
        explain_failures(&mut next);
    }
    next
}

fn observe_server(server: &mut ServerRun, job: &Job, over: bool) {
    let seen = job
        .servers
        .iter()
        .find(|participant| participant.source_server_id == server.blueprint.source_server_id);
    let Some(seen) = seen else {
        if over {
            server.progress.status = ServerStatus::Failed;
            server.progress.reason = Some(NO_INSTANCE.to_owned());
        }
        return;
    };
    if seen.recovery_instance_id.is_some() {
        server
            .progress
            .recovery_instance_id
            .clone_from(&seen.recovery_instance_id);
    }
    server.progress.status = match (&seen.launch_status, over) {
        (LaunchStatus::Launched, _) => ServerStatus::Launched,
        (LaunchStatus::Failed, _) => ServerStatus::Failed,
        (LaunchStatus::Terminated, _) => {
            server.progress.reason = Some(
                "The instance was terminated after its launch, not by this execution".to_owned(),
            );
            ServerStatus::Failed
        }
        // A job that is over leaves nobody waiting: what did not launch has failed.
        (_, true) => ServerStatus::Failed,
        (LaunchStatus::Pending, false) => ServerStatus::Pending,
        (LaunchStatus::InProgress | LaunchStatus::Other(_), false) => ServerStatus::InProgress,
    };
}

/// Gives every failed server a reason: the last error that the log has for it.
fn explain_failures(batch: &mut Batch) {
    let log = std::mem::take(&mut batch.log);
    for server in &mut batch.servers {
        let progress = &mut server.progress;
        if progress.status == ServerStatus::Failed && progress.reason.is_none() {
            progress.reason = Some(reason_in(&log, &server.blueprint.source_server_id));
        }
    }
    batch.log = log;
}

fn reason_in(log: &[JobLogEntry], server: &SourceServerId) -> String {
    let of_server = || {
        log.iter()
            .filter(|entry| entry.source_server_id.as_ref() == Some(server))
    };
    let failed = of_server().rfind(|entry| entry.error.is_some());
    match failed {
        Some(entry) => format!(
            "{}: {}",
            entry.event,
            entry.error.as_deref().unwrap_or_default()
        ),
        None if of_server()
            .any(|entry| entry.event.ends_with("_FAILED") || entry.event.ends_with("_FAIL")) =>
        {
            NO_REASON.to_owned()
        }
        None if of_server().next().is_some() => NO_INSTANCE.to_owned(),
        None => NO_REASON.to_owned(),
    }
}

/// The batch as it stands once DRS has it as a job.
#[must_use]
pub fn started(batch: &Batch, job_id: JobId, intended_at: DateTime<Utc>) -> Batch {
    let mut next = batch.clone();
    next.launch = BatchLaunch::Started {
        job_id,
        at: intended_at,
    };
    for server in &mut next.servers {
        if server.progress.status == ServerStatus::Waiting {
            server.progress.status = ServerStatus::Pending;
        }
    }
    next
}

/// The batch when nothing of it is to be launched any more.
#[must_use]
pub fn settled(batch: &Batch, why: &str, now: DateTime<Utc>) -> Batch {
    let mut next = batch.clone();
    for server in &mut next.servers {
        if server.progress.status == ServerStatus::Waiting {
            server.progress.status = ServerStatus::Skipped;
            server.progress.reason = Some(why.to_owned());
        }
    }
    next.launch = BatchLaunch::Done {
        job_id: None,
        at: now,
    };
    next
}

/// The batch with some of its servers failed before they were launched.
#[must_use]
pub fn failed(batch: &Batch, servers: &[SourceServerId], reason: &str) -> Batch {
    let mut next = batch.clone();
    next.launch = BatchLaunch::Waiting;
    for server in &mut next.servers {
        if server.progress.status == ServerStatus::Waiting
            && servers.contains(&server.blueprint.source_server_id)
        {
            server.progress.status = ServerStatus::Failed;
            server.progress.reason = Some(reason.to_owned());
        }
    }
    next
}

#[cfg(test)]
#[path = "observe_tests.rs"]
mod tests;
