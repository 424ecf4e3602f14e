//! A failover session: everything between a real recovery and the day the fleet is home and protected again.
//!
//! Names as in the AWS guide: A1 the original instance; B1 its source server in the recovery region; B2 the recovery
//! instance there; A2 the source server of the way back, in the origin region; A3 the recovery instance record there;
//! A4 the instance that came home, which is A1 again where it was launched into.

mod action;
mod repair;
mod reverse;
mod stage;
mod status;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::session::action::{Action, NotAllowed};
pub use crate::session::repair::{AgentRepair, RepairStage};
pub use crate::session::reverse::{ReverseProgress, ReverseState};
pub use crate::session::stage::{IllegalStep, Stage, StageEvent};
pub use crate::session::status::{SessionStatus, StageTally};

use crate::execution::{ExecutionType, LaunchInto};
use crate::ids::{
    ExecutionId, GroupId, InstanceId, PlanId, RecoveryInstanceId, SessionId, SourceServerId,
};
use crate::place::Direction;

/// Servers in one stored part of a session.
pub const SERVERS_PER_PART: usize = 100;
/// A reverse replication with at most this lag is ready, with lag (requirement 004: 60 seconds).
pub const DEFAULT_LAG_THRESHOLD_SECONDS: u64 = 60;

/// Why a step failed, kept until the step is tried again or succeeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepError {
    /// The step: `start_reverse_replication`, `install_agents`, ...
    pub step: String,
    /// What went wrong, with the words of the service that said it.
    pub message: String,
    /// What to do about it.
    pub remediation: Option<String>,
    /// When it failed first.
    pub first_at: DateTime<Utc>,
    /// When it failed last.
    pub at: DateTime<Utc>,
    /// Ties the tries of one step together in the logs (requirement 001, 12.6).
    pub correlation_id: String,
    /// How often it was tried.
    pub tries: u32,
    /// It is not tried again by itself: a person has to ask for it.
    pub is_final: bool,
}

/// Something about to be done, or done and not recorded: look before doing it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Intent {
    /// What: `reverse_replication`, `stop_replication`, ...
    pub action: String,
    /// Since when.
    pub at: DateTime<Utc>,
}

/// B2: where the server runs in the recovery region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Recovered {
    /// DRS's record.
    pub recovery_instance_id: RecoveryInstanceId,
    /// The EC2 instance.
    pub instance_id: InstanceId,
    /// Its private IP, as it was validated.
    pub private_ip: Option<String>,
}

/// By what A2 was found to be the way back of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MappedBy {
    /// The ARN that DRS answered or keeps.
    Arn,
    /// Its EC2 instance is B2.
    InstanceId,
    /// Host name or Name tag: the last resort.
    Name,
}

/// A2: the source server of the way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WayBack {
    /// Its id, in the origin region.
    pub source_server_id: SourceServerId,
    /// How it was found.
    pub mapped_by: MappedBy,
}

/// A server's part in the mirrored configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MirroredServer {
    /// The mirrored group that holds A2.
    pub group_id: GroupId,
    /// The original instance as target; none launches a new one.
    pub target_instance_id: Option<InstanceId>,
    /// Subnet of the original instance.
    pub subnet_id: Option<String>,
    /// Its security groups.
    pub security_group_ids: Vec<String>,
    /// Its instance profile.
    pub instance_profile: Option<String>,
    /// Its type.
    pub instance_type: Option<String>,
    /// Its private IP.
    pub private_ip: Option<String>,
    /// When this was applied to DRS, or failed for good; none while it is still to be done.
    #[serde(default)]
    pub applied_at: Option<DateTime<Utc>>,
    /// Why the server cannot go home as it was, and what to do about it.
    #[serde(default)]
    pub problem: Option<String>,
}

/// A failback of one server: A3 and A4.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Return {
    /// The execution that launched it.
    pub execution_id: ExecutionId,
    /// Drill or recovery.
    pub execution_type: ExecutionType,
    /// A3, DRS's record in the origin region.
    pub recovery_instance_id: Option<RecoveryInstanceId>,
    /// A4.
    pub instance_id: Option<InstanceId>,
    /// It runs in the original instance.
    pub instance_id_kept: bool,
    /// It has the original private IP.
    pub private_ip_kept: bool,
    /// Why it failed, or why id or IP were not kept.
    pub reason: Option<String>,
    /// Volumes that failbacks left detached in the origin region, drills included.
    #[serde(default)]
    pub replaced_volume_ids: Vec<String>,
}

/// What of a server's recovery is already gone. Each is looked for before it is done.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CleanupStep {
    /// Nothing yet: A2 is to be stopped first.
    #[default]
    StopWayBack,
    /// B2 is to be ended: handed back stopped, or terminated.
    EndRecoveryInstance,
    /// The record A3 is to be forgotten. Never terminated: it is the live primary.
    ForgetReturn,
    /// A2 is to be disconnected.
    DisconnectWayBack,
    /// A2 is to be deleted.
    DeleteWayBack,
    /// Volumes that launches left detached are to be deleted.
    DeleteVolumes,
    /// Nothing is left.
    Done,
}

/// How far cleaning up one server is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cleanup {
    /// What comes next.
    pub step: CleanupStep,
    /// Terminate B2 though it was pre-provisioned: the user named it.
    pub terminate: bool,
    /// Delete the detached volumes too.
    pub delete_volumes: bool,
    /// The user said that what came home may stay unprotected.
    #[serde(default)]
    pub accept_unprotected: bool,
    /// What could not be removed, with what to do by hand.
    pub manual: Vec<String>,
}

/// One server of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionServer {
    /// B1.
    pub source_server_id: SourceServerId,
    /// Its name, for people.
    pub name: String,
    /// A1, if it was an EC2 instance.
    pub origin_instance_id: Option<InstanceId>,
    /// Where the failover put it.
    pub launched_into: LaunchInto,
    /// Volumes that the failover left detached in the recovery region.
    #[serde(default)]
    pub replaced_volume_ids: Vec<String>,
    /// How far it is on the way home.
    pub stage: Stage,
    /// B2.
    pub recovered: Option<Recovered>,
    /// Why it is left out.
    pub left_out: Option<String>,
    /// Agent repair, the last one.
    pub repair: Option<AgentRepair>,
    /// Reverse replication.
    pub reverse: ReverseProgress,
    /// A2.
    pub way_back: Option<WayBack>,
    /// Its part in the mirrored configuration.
    pub mirrored: Option<MirroredServer>,
    /// The last failback.
    pub returned: Option<Return>,
    /// Re-protection: forward replication, from A4 into B1.
    pub forward: ReverseProgress,
    /// Clean-up.
    pub cleanup: Option<Cleanup>,
    /// What is about to be done.
    pub intent: Option<Intent>,
    /// Why the last step failed.
    pub error: Option<StepError>,
}

/// At most [`SERVERS_PER_PART`] servers: one stored item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionPart {
    /// The session.
    pub session_id: SessionId,
    /// From 0.
    pub number: usize,
    /// Its servers, as the failover had them.
    pub servers: Vec<SessionServer>,
    /// Version for optimistic locking.
    pub version: u64,
}

impl SessionPart {
    /// New parts for all of these servers, in their order.
    #[must_use]
    pub fn all_of(id: &SessionId, servers: &[SessionServer]) -> Vec<Self> {
        servers
            .chunks(SERVERS_PER_PART)
            .enumerate()
            .map(|(number, servers)| Self {
                session_id: id.clone(),
                number,
                servers: servers.to_vec(),
                version: 0,
            })
            .collect()
    }
}

/// Stay uncommitted for a while after a failback, look, then commit or go back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitPolicy {
    /// How long the session stays uncommitted, in minutes.
    pub window_minutes: u32,
    /// What to do at its end when every probe passes.
    pub when_healthy: AtWindowEnd,
    /// What to do when a probe keeps failing.
    pub when_unhealthy: AtWindowEnd,
    /// What to look at besides EC2's own status checks.
    #[serde(default)]
    pub probes: Vec<Probe>,
}

/// What happens at the end of a commit window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AtWindowEnd {
    /// The failback stands.
    Commit,
    /// The instances that came home are stopped; production stays in the recovery region.
    GoBack,
    /// Wait for a person.
    Wait,
}

/// A health check of what came home, run on the instance through SSM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Probe {
    /// A GET of this URL answers 2xx.
    Http {
        /// Such as `http://localhost:8080/health`.
        url: String,
    },
    /// This port accepts a connection.
    Tcp {
        /// Host, as the instance sees it.
        host: String,
        /// Port.
        port: u16,
    },
    /// This command ends with 0.
    Command {
        /// One line of shell or PowerShell.
        line: String,
    },
}

/// The commit window of a session, once a failback is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommitWindow {
    /// Until when.
    pub until: DateTime<Utc>,
    /// The command that probes now, if one does.
    pub command_ids: Vec<String>,
    /// When the probes were last begun.
    pub probed_at: Option<DateTime<Utc>>,
    /// What the last probes found wrong, server by server; empty when all was well.
    pub problems: Vec<String>,
    /// All was well when last looked at.
    pub is_healthy: Option<bool>,
}

/// A session without its servers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FailoverSession {
    /// Its id.
    pub id: SessionId,
    /// The recovery that it brings home.
    pub execution_id: ExecutionId,
    /// The session that this one was split from.
    pub split_from: Option<SessionId>,
    /// Of the failover: `primary` is the origin, `recovery` where the fleet runs now.
    pub direction: Direction,
    /// The plan that failed over; none for a plain set of pairs.
    pub plan_id: Option<PlanId>,
    /// Its name then.
    pub plan_name: Option<String>,
    /// Groups that failed over.
    pub group_ids: Vec<GroupId>,
    /// The mirrored plan.
    pub mirrored_plan_id: Option<PlanId>,
    /// The mirrored groups, with the group each was made from.
    pub mirrored_groups: Vec<MirroredGroup>,
    /// Where it stands.
    pub status: SessionStatus,
    /// Servers by stage.
    pub stages: StageTally,
    /// How many parts it has.
    pub parts: usize,
    /// The failback that runs or ran last.
    pub failback_execution_id: Option<ExecutionId>,
    /// How a failback is committed; none commits at once.
    pub commit_policy: Option<CommitPolicy>,
    /// The commit window, while uncommitted.
    pub commit_window: Option<CommitWindow>,
    /// A reverse replication with at most this lag is ready, with lag.
    pub lag_threshold_seconds: u64,
    /// Why the last step failed for the session as a whole.
    pub error: Option<StepError>,
    /// Servers whose last step failed.
    pub failed_servers: usize,
    /// Work is under way: the poller follows it.
    pub is_active: bool,
    /// When the live state was last looked at.
    pub looked_at: Option<DateTime<Utc>>,
    /// When the word went out that it is ready.
    pub ready_told_at: Option<DateTime<Utc>>,
    /// Who made it; `system` for those that a recovery made by itself.
    pub created_by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Version for optimistic locking.
    pub version: u64,
}

/// A mirrored group and what it mirrors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MirroredGroup {
    /// The group that failed over.
    pub original_id: GroupId,
    /// The group that brings it home.
    pub mirrored_id: GroupId,
}

impl FailoverSession {
    /// Both the mirrored groups and, where there was one, the mirrored plan exist.
    #[must_use]
    pub fn is_mirrored(&self) -> bool {
        !self.mirrored_groups.is_empty() && self.mirrored_plan_id.is_some()
    }

    /// Where it stands, by its servers' stages and whether its configuration is mirrored.
    #[must_use]
    pub fn status_of(&self, stages: StageTally) -> SessionStatus {
        SessionStatus::of(stages, self.is_mirrored(), self.commit_window.is_some())
    }
}
