//! A DRS job as one observation of it shows, in our words.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{JobId, RecoveryInstanceId, SourceServerId};

/// Status of a job. There is no FAILED: a job with failed servers is COMPLETED.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobStatus {
    /// Accepted.
    Pending,
    /// Under way.
    Started,
    /// Over, with or without failed servers.
    Completed,
    /// A word of DRS that we do not know; treated as under way.
    Other(String),
}

/// Launch status of one server in a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LaunchStatus {
    /// Not begun.
    Pending,
    /// Under way.
    InProgress,
    /// Runs.
    Launched,
    /// Did not launch; the reason is in the job log.
    Failed,
    /// Terminated.
    Terminated,
    /// A word of DRS that we do not know.
    Other(String),
}

/// One server in a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipatingServer {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its status.
    pub launch_status: LaunchStatus,
    /// The recovery instance, once there is one.
    pub recovery_instance_id: Option<RecoveryInstanceId>,
}

/// A DRS job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// `LAUNCH`, `TERMINATE`, or another word of DRS.
    pub kind: String,
    /// What started it: `START_DRILL`, `START_RECOVERY`, `TERMINATE_RECOVERY_INSTANCES`, ...
    pub initiated_by: String,
    /// Status.
    pub status: JobStatus,
    /// When it was created.
    pub created_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Its servers.
    pub servers: Vec<ParticipatingServer>,
}

impl Job {
    /// Whether it still counts against the quotas.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.status != JobStatus::Completed
    }
}

/// One entry of a job's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobLogEntry {
    /// When.
    pub at: Option<DateTime<Utc>>,
    /// DRS's event name: `SNAPSHOT_START`, `CONVERSION_END`, `LAUNCH_FAILED`, ...
    pub event: String,
    /// The server it is about, absent for the job itself.
    pub source_server_id: Option<SourceServerId>,
    /// The EC2 instance it names: target or conversion server.
    pub instance_id: Option<String>,
    /// The reason of a failure, as DRS words it.
    pub error: Option<String>,
}
