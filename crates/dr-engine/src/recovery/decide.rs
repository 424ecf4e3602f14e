//! What to do next with each batch of a wave, from what is stored and what was just seen. Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use dr_model::execution::{Batch, BatchLaunch, Execution, ExecutionStatus, ServerStatus};
use dr_model::ids::{JobId, SourceServerId};
use dr_model::job::Job;

use dr_monitor::room::Room;

/// How long an intent without a job id is left alone: the call behind it may still be under way. Longer than
/// the call's own timeout (25 s) and than DRS takes to list a new job.
pub const INTENT_GRACE_SECONDS: i64 = 60;
/// How far DRS's clock and ours may differ when a job is compared with an intent.
const CLOCK_SKEW_SECONDS: i64 = 5;

/// The one action for a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Store the intent, then call StartRecovery.
    Launch,
    /// A job that we started and did not record: record it.
    Adopt(JobId),
    /// Take over what the job shows.
    Observe(Job),
    /// Launch nothing of it: the execution is being cancelled, or no server is left to launch.
    Settle,
    /// Nothing to do now.
    Wait,
}

/// The servers of a batch that are to be launched, or were.
#[must_use]
pub fn launchable(batch: &Batch) -> Vec<SourceServerId> {
    batch
        .servers
        .iter()
        .filter(|server| {
            !matches!(
                server.progress.status,
                ServerStatus::Skipped | ServerStatus::Failed
            )
        })
        .map(|server| server.blueprint.source_server_id.clone())
        .collect()
}

/// Decides for one batch; takes room when it launches. O(jobs · servers per job).
#[must_use]
pub fn decide(
    execution: &Execution,
    batch: &Batch,
    jobs: &[Job],
    room: &mut Room,
    now: DateTime<Utc>,
) -> Action {
    let launching = execution.status == ExecutionStatus::Launching;
    match &batch.launch {
        BatchLaunch::Done { .. } => Action::Wait,
        BatchLaunch::Started { job_id, .. } => jobs
            .iter()
            .find(|job| job.id == *job_id)
            .map_or(Action::Wait, |job| Action::Observe(job.clone())),
        BatchLaunch::Waiting => launch_or_settle(batch, launching, room),
        BatchLaunch::Intended { at } => {
            if let Some(job) = job_of_intent(execution, batch, jobs, *at) {
                Action::Adopt(job.id.clone())
            } else if now - *at < Duration::seconds(INTENT_GRACE_SECONDS) {
                Action::Wait
            } else {
                launch_or_settle(batch, launching, room)
            }
        }
    }
}

fn launch_or_settle(batch: &Batch, launching: bool, room: &mut Room) -> Action {
    let servers = launchable(batch).len();
    if !launching || servers == 0 {
        Action::Settle
    } else if room.take(servers) {
        Action::Launch
    } else {
        Action::Wait
    }
}

/// A launch job of the right kind that holds exactly these servers and is no older than the intent.
fn job_of_intent<'a>(
    execution: &Execution,
    batch: &Batch,
    jobs: &'a [Job],
    at: DateTime<Utc>,
) -> Option<&'a Job> {
    let wanted: BTreeSet<SourceServerId> = launchable(batch).into_iter().collect();
    let initiated_by = if execution.execution_type.is_drill() {
        "START_DRILL"
    } else {
        "START_RECOVERY"
    };
    jobs.iter().find(|job| {
        job.kind == "LAUNCH"
            && job.initiated_by == initiated_by
            && job
                .created_at
                .is_some_and(|created| created >= at - Duration::seconds(CLOCK_SKEW_SECONDS))
            && job.servers.len() == wanted.len()
            && job
                .servers
                .iter()
                .all(|server| wanted.contains(&server.source_server_id))
    })
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
