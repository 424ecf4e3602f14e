//! Failover sessions on the wire: what they are, and what a person may do with each.

use chrono::{DateTime, Utc};
use dr_model::execution::LaunchInto;
use dr_model::ids::{ExecutionId, GroupId, InstanceId, PlanId, Region, SessionId, SourceServerId};
use dr_model::place::Direction;
use dr_model::session::{
    Action, AgentRepair, AtWindowEnd, Cleanup, CommitPolicy, CommitWindow, Intent, MirroredGroup,
    MirroredServer, Probe, Recovered, Return, ReverseProgress, ReverseState, SessionStatus, Stage,
    StageTally, StepError, WayBack,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::{LagSeconds, Limit, Line, OutOfBounds, Port, Servers, WindowMinutes};
use crate::endpoint::endpoints;

/// Names a failover session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionRequest {
    /// The session.
    pub session_id: SessionId,
}

/// Lists failover sessions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListSessionsRequest {
    /// Only those with this status.
    #[serde(default)]
    pub status: Option<SessionStatus>,
    /// Only those from or to this region.
    #[serde(default)]
    pub region: Option<Region>,
    /// Only those of this recovery: more than one where it was split.
    #[serde(default)]
    pub execution_id: Option<ExecutionId>,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// Whether an action may be done now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActionView {
    /// The action.
    pub action: Action,
    /// It may.
    pub allowed: bool,
    /// How many servers it would take.
    pub servers: usize,
    /// Why it may not.
    pub reason: Option<String>,
}

/// How many servers are in one state of reverse replication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReverseCount {
    /// The state.
    pub state: ReverseState,
    /// How many.
    pub servers: usize,
}

/// Reverse replication of a session's servers together, those left out aside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReverseTotals {
    /// Servers by state; states without a server are left out.
    pub states: Vec<ReverseCount>,
    /// Servers that count.
    pub servers: usize,
    /// Servers that can fail back.
    pub ready: usize,
    /// Servers whose replication has an error.
    pub in_error: usize,
    /// Bytes of all disks.
    pub total_bytes: u64,
    /// Bytes that are done.
    pub done_bytes: u64,
    /// Bytes that changed and are not copied yet.
    pub backlogged_bytes: u64,
    /// Bytes per second of all together.
    pub bytes_per_second: u64,
    /// 0 to 100, by bytes.
    pub progress_percent: f64,
    /// The largest lag.
    pub max_lag_seconds: Option<u64>,
    /// When the last of them is expected to be whole; none where that is not known of one.
    pub eta: Option<DateTime<Utc>>,
}

/// A failover session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// Its id.
    pub session_id: SessionId,
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
    /// Groups and plan for the way home exist.
    pub is_mirrored: bool,
    /// Where it stands.
    pub status: SessionStatus,
    /// Servers, those left out aside.
    pub total_servers: usize,
    /// Servers by stage.
    pub stages: StageTally,
    /// Servers whose last step failed.
    pub failed_servers: usize,
    /// What may be done now, and why not: every action.
    pub actions: Vec<ActionView>,
    /// Bytes of reverse replication that are done, 0 to 100. None in a list.
    pub progress_percent: Option<f64>,
    /// Reverse replication of all servers together. None in a list.
    pub reverse: Option<ReverseTotals>,
    /// The failback that runs or ran last.
    pub failback_execution_id: Option<ExecutionId>,
    /// How a failback is committed; none commits at once.
    pub commit_policy: Option<CommitPolicy>,
    /// The commit window, while uncommitted.
    pub commit_window: Option<CommitWindow>,
    /// A reverse replication with at most this lag is ready, with lag.
    pub lag_threshold_seconds: u64,
    /// Why the last step failed for the session as a whole. Not `error`: an answer with that is a refusal.
    pub last_error: Option<StepError>,
    /// Work is under way: it is looked at every minute.
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
    /// Seconds since it was made, until its end or until now.
    pub elapsed_seconds: u64,
    /// Version for optimistic locking.
    pub version: u64,
}

/// Failover sessions, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionList {
    /// This page.
    pub sessions: Vec<SessionView>,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Lists a session's servers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListSessionServersRequest {
    /// The session.
    pub session_id: SessionId,
    /// Only those at this stage.
    #[serde(default)]
    pub stage: Option<Stage>,
    /// Only those whose last step failed, or only the others.
    #[serde(default)]
    pub has_error: Option<bool>,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// One server of a session, from the original instance to the one that came home.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionServerView {
    /// Its name.
    pub name: String,
    /// The original instance, if it was one.
    pub origin_instance_id: Option<InstanceId>,
    /// Its source server in the recovery region.
    pub source_server_id: SourceServerId,
    /// Where the failover put it.
    pub launched_into: LaunchInto,
    /// The recovery instance, where it runs in the recovery region.
    pub recovery_instance: Option<Recovered>,
    /// Its source server of the way back, in the origin region, and how that was found.
    pub way_back: Option<WayBack>,
    /// How far it is.
    pub stage: Stage,
    /// Why it is left out.
    pub left_out: Option<String>,
    /// The last repair of its agent.
    pub repair: Option<AgentRepair>,
    /// Reverse replication.
    pub reverse: ReverseProgress,
    /// Reverse replication, 0 to 100.
    pub reverse_percent: f64,
    /// Its part in the mirrored configuration.
    pub mirrored: Option<MirroredServer>,
    /// The last failback: DRS's record in the origin region and the instance that came home.
    pub returned: Option<Return>,
    /// Forward replication after re-protection.
    pub forward: ReverseProgress,
    /// Forward replication, 0 to 100.
    pub forward_percent: f64,
    /// Clean-up.
    pub cleanup: Option<Cleanup>,
    /// What is about to be done.
    pub intent: Option<Intent>,
    /// Why the last step failed.
    pub error: Option<StepError>,
}

/// Servers of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SessionServerList {
    /// This page.
    pub servers: Vec<SessionServerView>,
    /// How many there are in all, after filters.
    pub total: usize,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Makes the session of a recovery, where the recovery's end did not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSessionRequest {
    /// The recovery. Where it has a session already, that one is answered.
    pub execution_id: ExecutionId,
}

/// A health check of what came home, run on the instance through SSM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ProbeRequest {
    /// A GET of this URL answers 2xx.
    Http {
        /// Such as `http://localhost:8080/health`.
        url: Line,
    },
    /// This port accepts a connection.
    Tcp {
        /// Host, as the instance sees it.
        host: Line,
        /// Port.
        port: Port,
    },
    /// This command ends with 0.
    Command {
        /// One line of shell or `PowerShell`.
        line: Line,
    },
}

/// At most 10 probes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<ProbeRequest>", into = "Vec<ProbeRequest>")]
#[schemars(with = "Vec<ProbeRequest>", extend("maxItems" = 10))]
pub struct Probes(Vec<ProbeRequest>);

impl TryFrom<Vec<ProbeRequest>> for Probes {
    type Error = OutOfBounds;
    fn try_from(probes: Vec<ProbeRequest>) -> Result<Self, OutOfBounds> {
        (probes.len() <= 10)
            .then_some(Self(probes))
            .ok_or(OutOfBounds("at most 10 probes"))
    }
}

impl From<Probes> for Vec<ProbeRequest> {
    fn from(probes: Probes) -> Self {
        probes.0
    }
}

/// Stay uncommitted for a while after a failback, look, then commit or go back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitPolicyRequest {
    /// How long the session stays uncommitted.
    pub window_minutes: WindowMinutes,
    /// What to do at its end when every probe passes.
    pub when_healthy: AtWindowEnd,
    /// What to do when a probe keeps failing.
    pub when_unhealthy: AtWindowEnd,
    /// What to look at besides EC2's own status checks.
    #[serde(default)]
    pub probes: Probes,
}

impl From<CommitPolicyRequest> for CommitPolicy {
    fn from(policy: CommitPolicyRequest) -> Self {
        let probe = |probe: ProbeRequest| match probe {
            ProbeRequest::Http { url } => Probe::Http { url: url.into() },
            ProbeRequest::Tcp { host, port } => Probe::Tcp {
                host: host.into(),
                port: u16::try_from(port.get()).unwrap_or(u16::MAX),
            },
            ProbeRequest::Command { line } => Probe::Command { line: line.into() },
        };
        Self {
            window_minutes: policy.window_minutes.get(),
            when_healthy: policy.when_healthy,
            when_unhealthy: policy.when_unhealthy,
            probes: policy.probes.0.into_iter().map(probe).collect(),
        }
    }
}

/// Changes a session's settings. What is left out stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateSessionRequest {
    /// The session.
    pub session_id: SessionId,
    /// A reverse replication with at most this lag is ready, with lag.
    #[serde(default)]
    pub lag_threshold_seconds: Option<LagSeconds>,
    /// How a failback is committed.
    #[serde(default)]
    pub commit_policy: Option<CommitPolicyRequest>,
    /// Commit a failback at once: the policy is taken away. Not together with `commit_policy`.
    #[serde(default)]
    pub clear_commit_policy: bool,
    /// The version that was read; when given, a change by somebody else since then is a conflict.
    #[serde(default)]
    pub version: Option<u64>,
}

/// Puts servers into a session of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitSessionRequest {
    /// The session.
    pub session_id: SessionId,
    /// The servers that leave it: some, not all.
    pub source_server_ids: Servers,
}

/// Two sessions where there was one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SplitSession {
    /// The session that was split, with the servers that stayed.
    pub session: SessionView,
    /// The new one.
    pub split_off: SessionView,
}

endpoints! {
    /// See [`crate::Operation::ListFailoverSessions`].
    ListFailoverSessions: ListSessionsRequest => SessionList;
    /// See [`crate::Operation::GetFailoverSession`].
    GetFailoverSession: SessionRequest => SessionView;
    /// See [`crate::Operation::ListFailoverSessionServers`].
    ListFailoverSessionServers: ListSessionServersRequest => SessionServerList;
    /// See [`crate::Operation::CreateFailoverSession`].
    CreateFailoverSession: CreateSessionRequest => SessionView;
    /// See [`crate::Operation::UpdateFailoverSession`].
    UpdateFailoverSession: UpdateSessionRequest => SessionView;
    /// See [`crate::Operation::SplitFailoverSession`].
    SplitFailoverSession: SplitSessionRequest => SplitSession;
    /// See [`crate::Operation::RefreshFailoverSession`].
    RefreshFailoverSession: SessionRequest => SessionView;
}

#[cfg(test)]
mod tests {
    use dr_model::session::{CommitPolicy, Probe};
    use serde_json::json;

    use super::UpdateSessionRequest;

    const ID: &str = "fs-01234567-89ab-4cde-8f01-23456789abcd";

    fn update(policy: &serde_json::Value) -> Result<UpdateSessionRequest, serde_json::Error> {
        serde_json::from_value(json!({ "session_id": ID, "commit_policy": policy }))
    }

    #[test]
    fn a_commit_policy_within_bounds_is_the_models() {
        let policy = json!({
            "window_minutes": 30, "when_healthy": "COMMIT", "when_unhealthy": "GO_BACK",
            "probes": [{ "tcp": { "host": "localhost", "port": 443 } }],
        });
        let policy: CommitPolicy = update(&policy).unwrap().commit_policy.unwrap().into();
        assert_eq!(policy.window_minutes, 30);
        let host = "localhost".to_owned();
        assert_eq!(policy.probes, [Probe::Tcp { host, port: 443 }]);
    }

    #[test]
    fn a_status_cannot_be_set_by_hand_and_bounds_are_kept() {
        let fields = json!({ "session_id": ID, "status": "CLEANUP_COMPLETE" });
        assert!(serde_json::from_value::<UpdateSessionRequest>(fields).is_err());
        let with = |minutes: u32, probe: serde_json::Value| json!({ "window_minutes": minutes, "when_healthy": "WAIT", "when_unhealthy": "WAIT", "probes": [probe] });
        let good = json!({ "command": { "line": "systemctl is-active web" } });
        assert!(update(&with(1, good.clone())).is_ok());
        assert!(update(&with(0, good)).is_err());
        let broken = json!({ "command": { "line": "a\nb" } });
        assert!(update(&with(1, broken)).is_err());
        assert!(update(&with(1, json!({ "tcp": { "host": "h", "port": 0 } }))).is_err());
    }
}
