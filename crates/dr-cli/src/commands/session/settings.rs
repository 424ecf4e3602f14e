//! `dr session settings`: when reverse replication counts as ready, and how a failback is committed.

use clap::{ArgGroup, Args};
use dr_api::bounded::{LagSeconds, WindowMinutes};
use dr_api::sessions::{
    CommitPolicyRequest, ProbeRequest, Probes, UpdateFailoverSession, UpdateSessionRequest,
};
use dr_model::session::AtWindowEnd;

use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::{given, names};

/// Shown by its help.
pub const EXAMPLES: &str = "\
Examples:
  dr session settings latest --lag-threshold 2m
  dr session settings latest --window 4h --when-healthy commit --when-unhealthy wait \\
    --probe http=http://localhost:8080/health
  dr session settings latest --commit-at-once";

/// Changes settings. What is left out stays.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("setting").required(true).multiple(true))]
pub struct Settings {
    /// The session: id or `latest`.
    session: String,
    /// A reverse replication that is at most this far behind is ready, with lag; at most 1h.
    #[arg(long, value_name = "DURATION", group = "setting", value_parser = given::bounded_seconds::<LagSeconds>)]
    lag_threshold: Option<LagSeconds>,
    /// Keep a failback on trial for this long, 1m to a week, before it stands or is undone.
    #[arg(long, value_name = "DURATION", group = "setting", value_parser = given::bounded_minutes::<WindowMinutes>)]
    window: Option<WindowMinutes>,
    /// At the end of the window, all being well: `commit`, `go-back`, or `wait` for a person.
    #[arg(
        long, value_name = "WHAT", requires = "window", default_value = "wait",
        value_parser = given::word::<AtWindowEnd>
    )]
    when_healthy: AtWindowEnd,
    /// When a probe keeps failing: `commit`, `go-back`, or `wait` for a person.
    #[arg(
        long, value_name = "WHAT", requires = "window", default_value = "wait",
        value_parser = given::word::<AtWindowEnd>
    )]
    when_unhealthy: AtWindowEnd,
    /// What to look at on each server besides EC2's status checks: `http=URL`, `tcp=HOST:PORT` or `command=LINE`.
    /// Repeat for more, at most 10.
    #[arg(long = "probe", value_name = "PROBE", requires = "window", value_parser = given::probe)]
    probes: Vec<ProbeRequest>,
    /// Commit a failback at once, without a trial.
    #[arg(long, group = "setting", conflicts_with = "window")]
    commit_at_once: bool,
    /// Refuse when somebody changed the session since this version of it was read.
    #[arg(long)]
    version: Option<u64>,
}

impl Settings {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let session_id = names::session_id(&desk.client, &self.session).await?;
        let probes =
            Probes::try_from(self.probes).map_err(|error| Failure::Usage(error.to_string()))?;
        let commit_policy = self.window.map(|window_minutes| CommitPolicyRequest {
            window_minutes,
            when_healthy: self.when_healthy,
            when_unhealthy: self.when_unhealthy,
            probes,
        });
        let request = UpdateSessionRequest {
            session_id,
            lag_threshold_seconds: self.lag_threshold,
            commit_policy,
            clear_commit_policy: self.commit_at_once,
            version: self.version,
        };
        let answer = desk.client.call::<UpdateFailoverSession>(&request).await?;
        super::show(desk, &answer)
    }
}
