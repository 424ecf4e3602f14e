//! Jobs and their logs.

use aws_sdk_drs::types as sdk;
use dr_model::job::{Job, JobLogEntry, JobStatus, LaunchStatus, ParticipatingServer};

use super::{UNSAID, filled, optional, required};
use crate::time::instant;

/// One job.
pub(crate) fn job(job: &sdk::Job) -> Option<Job> {
    Some(Job {
        id: required("job", Some(job.job_id()))?,
        kind: job.r#type().map_or(UNSAID, |kind| kind.as_str()).to_owned(),
        initiated_by: job
            .initiated_by()
            .map_or(UNSAID, |by| by.as_str())
            .to_owned(),
        status: job
            .status()
            .map_or_else(|| JobStatus::Other(UNSAID.to_owned()), status),
        created_at: job.creation_date_time().and_then(instant),
        ended_at: job.end_date_time().and_then(instant),
        servers: job
            .participating_servers()
            .iter()
            .filter_map(participant)
            .collect(),
    })
}

fn status(status: &sdk::JobStatus) -> JobStatus {
    match status {
        sdk::JobStatus::Pending => JobStatus::Pending,
        sdk::JobStatus::Started => JobStatus::Started,
        sdk::JobStatus::Completed => JobStatus::Completed,
        other => JobStatus::Other(other.as_str().to_owned()),
    }
}

fn participant(server: &sdk::ParticipatingServer) -> Option<ParticipatingServer> {
    Some(ParticipatingServer {
        source_server_id: required("server of a job", server.source_server_id())?,
        // A job that has not begun may not say yet.
        launch_status: server
            .launch_status()
            .map_or(LaunchStatus::Pending, launch_status),
        recovery_instance_id: optional(server.recovery_instance_id()),
    })
}

fn launch_status(status: &sdk::LaunchStatus) -> LaunchStatus {
    match status {
        sdk::LaunchStatus::Pending => LaunchStatus::Pending,
        sdk::LaunchStatus::InProgress => LaunchStatus::InProgress,
        sdk::LaunchStatus::Launched => LaunchStatus::Launched,
        sdk::LaunchStatus::Failed => LaunchStatus::Failed,
        sdk::LaunchStatus::Terminated => LaunchStatus::Terminated,
        other => LaunchStatus::Other(other.as_str().to_owned()),
    }
}

/// One entry of a job's log.
pub(crate) fn log_entry(entry: &sdk::JobLog) -> JobLogEntry {
    let data = entry.event_data();
    JobLogEntry {
        at: entry.log_date_time().and_then(instant),
        event: entry
            .event()
            .map_or(UNSAID, |event| event.as_str())
            .to_owned(),
        source_server_id: optional(data.and_then(|d| d.source_server_id())),
        instance_id: data.and_then(|d| {
            filled(d.target_instance_id()).or_else(|| filled(d.conversion_server_id()))
        }),
        error: data.and_then(|d| filled(d.raw_error())),
    }
}
