//! `dr session`: failover sessions, from the end of a real recovery until the fleet is home and protected again.

mod cleanup;
mod failback;
mod mirror;
mod repair;
mod settings;
pub(super) mod step;
mod steps;

pub(super) use self::repair::repair_stage;

use std::time::Duration;

use clap::{Args, Subcommand};
use dr_api::failback::{GetReverseReplicationStatus, ReverseServer, SessionPageRequest};
use dr_api::sessions::{
    CreateFailoverSession, CreateSessionRequest, GetFailoverSession, ListFailoverSessionServers,
    ListFailoverSessions, ListSessionServersRequest, ListSessionsRequest, RefreshFailoverSession,
    SessionRequest, SessionView, SplitFailoverSession, SplitSessionRequest,
};
use dr_model::ids::{Region, SessionId};
use dr_model::session::{SessionStatus, Stage};

use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given::{self, PageArgs};
use crate::screen::Cell;
use crate::watch::session::view::Copying;
use crate::watch::session::{self as watching, next, view};
use crate::{names, row, text};

/// Failover sessions. Each is named by its id, or `latest`; its servers by id or unique name.
#[derive(Debug, Subcommand)]
pub enum Session {
    /// List sessions, newest first.
    #[command(
        after_help = "Examples:\n  dr session list\n  dr session list --status ready-for-failback"
    )]
    List(List),
    /// Show one: where it stands, what may be done, and why the rest may not.
    #[command(after_help = "Examples:\n  dr session get latest")]
    Get(One),
    /// Say in one line what its state allows next, and why other steps are not allowed.
    #[command(after_help = "Examples:\n  dr session next latest")]
    Next(One),
    /// List its servers, from the original instance to the one that came home.
    #[command(
        after_help = "Examples:\n  dr session servers latest --all\n  dr session servers latest --failed\n  dr session servers latest --stage reversing"
    )]
    Servers(ServerList),
    /// Make the session of a recovery, or show the one it has.
    #[command(after_help = "Examples:\n  dr session create latest")]
    Create(Create),
    /// Change its lag threshold, or how a failback is committed.
    #[command(after_help = settings::EXAMPLES)]
    Settings(settings::Settings),
    /// Put some of its servers into a session of their own.
    #[command(after_help = "Examples:\n  dr session split latest --server web-01 --server web-02")]
    Split(Split),
    /// Look at its live state now, and do what is due.
    #[command(after_help = "Examples:\n  dr session refresh latest")]
    Refresh(One),
    /// Check everything that a step needs, with what a copy comes to.
    #[command(
        after_help = "Examples:\n  dr session readiness latest --action reverse\n  dr session readiness latest --action failback-recovery --server web-01"
    )]
    Readiness(steps::CheckReady),
    /// Repair replication agents. Shows the price first: every repaired server is copied whole again.
    #[command(
        after_help = "Examples:\n  dr session repair-agents latest --dry-run\n  dr session repair-agents latest --server web-01 --confirm 'full copy' --watch"
    )]
    RepairAgents(repair::Repair),
    /// Show how far the repair of each agent is.
    #[command(after_help = "Examples:\n  dr session agent-status latest --all")]
    AgentStatus(repair::Status),
    /// Replicate back. Shows first what the copy comes to.
    #[command(
        after_help = "Examples:\n  dr session reverse latest --dry-run\n  dr session reverse latest --server web-01 --yes --watch"
    )]
    Reverse(steps::Reverse),
    /// Show how far reverse replication is, in all and server by server.
    #[command(after_help = "Examples:\n  dr session reverse-status latest --all")]
    ReverseStatus(Paged),
    /// Watch it until nothing is under way; the last line says what to do next. Ctrl-C stops watching alone.
    #[command(
        after_help = "Examples:\n  dr session watch latest\n  dr session watch latest --interval 1m --json | jq .progress_percent"
    )]
    Watch(Watch),
    /// Make groups and plan for the way home.
    #[command(
        after_help = "Examples:\n  dr session mirror latest --dry-run\n  dr session mirror latest --reverse-waves"
    )]
    Mirror(mirror::Mirror),
    /// Show the groups and the plan for the way home, server by server.
    #[command(after_help = "Examples:\n  dr session mirror-status latest")]
    MirrorStatus(One),
    /// Rehearse the way home, or go home. Shows first what will happen.
    #[command(after_help = failback::EXAMPLES)]
    Failback(failback::Failback),
    /// Let a failback on trial stand.
    #[command(after_help = "Examples:\n  dr session commit latest --yes")]
    Commit(steps::Commit),
    /// Undo a failback on trial: what came home is stopped, and what was written there since is given up.
    #[command(after_help = "Examples:\n  dr session go-back latest --confirm 'go back' --watch")]
    GoBack(steps::GoBack),
    /// Protect again what came home.
    #[command(after_help = "Examples:\n  dr session re-protect latest --yes --watch")]
    ReProtect(steps::ReProtect),
    /// Remove what it left in the recovery region. Shows first what goes, what stays and why, and what it costs.
    #[command(after_help = cleanup::EXAMPLES)]
    Cleanup(cleanup::Cleanup),
}

/// Names a session.
#[derive(Debug, Args)]
pub struct One {
    /// The session: id or `latest`.
    session: String,
}

impl One {
    pub(super) async fn request(&self, desk: &Desk<'_>) -> Result<SessionRequest, Failure> {
        let session_id = names::session_id(&desk.client, &self.session).await?;
        Ok(SessionRequest { session_id })
    }
}

/// A session and some of its servers.
#[derive(Debug, Args)]
pub struct Chosen {
    /// The session: id or `latest`.
    session: String,
    /// Only this server, by id or unique name; repeat for more [otherwise: all that the step takes].
    #[arg(long = "server", value_name = "SERVER")]
    servers: Vec<String>,
}

impl Chosen {
    pub(super) async fn find(
        &self,
        desk: &Desk<'_>,
    ) -> Result<(SessionId, Option<dr_api::bounded::Servers>), Failure> {
        let id = names::session_id(&desk.client, &self.session).await?;
        let servers = names::servers(&desk.client, &id, &self.servers).await?;
        Ok((id, servers))
    }
}

/// How to watch after a step.
#[derive(Debug, Clone, Copy, Args)]
pub struct WatchArgs {
    /// Watch until nothing is under way.
    #[arg(long)]
    watch: bool,
    /// How often to look while watching.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = given::interval)]
    interval: Duration,
}

impl WatchArgs {
    /// Watches if asked to, and otherwise says how.
    pub(super) async fn follow(
        self,
        desk: &mut Desk<'_>,
        session_id: &SessionId,
    ) -> Result<Outcome, Failure> {
        if self.watch {
            return watching::watch(desk, session_id, self.interval).await;
        }
        desk.screen
            .note(&format!("Watch it: dr session watch {session_id}"))?;
        Ok(Outcome::Done)
    }
}

/// Lists.
#[derive(Debug, Args)]
pub struct List {
    /// Only those with this status, such as `ready-for-failback`.
    #[arg(long, value_parser = given::word::<SessionStatus>)]
    status: Option<SessionStatus>,
    /// Only those from or to this region.
    #[arg(long)]
    region: Option<Region>,
    /// Only those of this recovery: id or `latest`. More than one where it was split.
    #[arg(long)]
    execution: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

/// Lists servers.
#[derive(Debug, Args)]
pub struct ServerList {
    /// The session: id or `latest`.
    session: String,
    /// Only those at this stage, such as `reversing`.
    #[arg(long, value_parser = given::word::<Stage>)]
    stage: Option<Stage>,
    /// Only those whose last step failed.
    #[arg(long)]
    failed: bool,
    #[command(flatten)]
    page: PageArgs,
}

/// Something of a session, page by page.
#[derive(Debug, Args)]
pub struct Paged {
    /// The session: id or `latest`.
    session: String,
    #[command(flatten)]
    page: PageArgs,
}

impl Paged {
    pub(super) async fn request(&self, desk: &Desk<'_>) -> Result<SessionPageRequest, Failure> {
        Ok(SessionPageRequest {
            session_id: names::session_id(&desk.client, &self.session).await?,
            limit: Default::default(),
            next_token: None,
        })
    }
}

/// Makes the session of a recovery.
#[derive(Debug, Args)]
pub struct Create {
    /// The recovery: id of the execution, or `latest`.
    execution: String,
}

/// Splits.
#[derive(Debug, Args)]
pub struct Split {
    /// The session: id or `latest`.
    session: String,
    /// A server that leaves it, by id or unique name; repeat for more.
    #[arg(long = "server", value_name = "SERVER", required = true)]
    servers: Vec<String>,
}

/// Watches.
#[derive(Debug, Args)]
pub struct Watch {
    /// The session: id or `latest`.
    session: String,
    /// How often to look.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = given::interval)]
    interval: Duration,
}

impl Session {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::List(command) => command.run(desk).await,
            Self::Get(one) => {
                let request = one.request(desk).await?;
                let answer = desk.client.call::<GetFailoverSession>(&request).await?;
                show(desk, &answer)
            }
            Self::Next(one) => {
                let request = one.request(desk).await?;
                let answer = desk.client.call::<GetFailoverSession>(&request).await?;
                desk.show(&answer, |screen, session| {
                    screen.line(&next::line(&session))
                })
            }
            Self::Servers(command) => command.run(desk).await,
            Self::Create(command) => {
                let execution_id = names::execution_id(&desk.client, &command.execution).await?;
                let request = CreateSessionRequest { execution_id };
                let answer = desk.client.call::<CreateFailoverSession>(&request).await?;
                show(desk, &answer)
            }
            Self::Settings(command) => command.run(desk).await,
            Self::Split(command) => command.run(desk).await,
            Self::Refresh(one) => {
                let request = one.request(desk).await?;
                let answer = desk.client.call::<RefreshFailoverSession>(&request).await?;
                show(desk, &answer)
            }
            Self::Readiness(command) => command.run(desk).await,
            Self::RepairAgents(command) => command.run(desk).await,
            Self::AgentStatus(command) => command.run(desk).await,
            Self::Reverse(command) => command.run(desk).await,
            Self::ReverseStatus(command) => command.reverse_status(desk).await,
            Self::Watch(command) => {
                let id = names::session_id(&desk.client, &command.session).await?;
                watching::watch(desk, &id, command.interval).await
            }
            Self::Mirror(command) => command.run(desk).await,
            Self::MirrorStatus(one) => mirror::status(&one, desk).await,
            Self::Failback(command) => command.run(desk).await,
            Self::Commit(command) => command.run(desk).await,
            Self::GoBack(command) => command.run(desk).await,
            Self::ReProtect(command) => command.run(desk).await,
            Self::Cleanup(command) => command.run(desk).await,
        }
    }
}

/// Shows a session in full.
fn show(
    desk: &mut Desk<'_>,
    answer: &crate::client::Answer<SessionView>,
) -> Result<Outcome, Failure> {
    let now = desk.time.now();
    desk.show(answer, |screen, session| view::draw(screen, &session, now))
}

impl List {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let execution_id = match &self.execution {
            Some(execution) => Some(names::execution_id(&desk.client, execution).await?),
            None => None,
        };
        let request = ListSessionsRequest {
            status: self.status,
            region: self.region,
            execution_id,
            ..Default::default()
        };
        let answer = desk
            .client
            .list::<ListFailoverSessions>(&request, self.page.paging())
            .await?;
        desk.show(&answer, |screen, list| {
            let rows = list.sessions.iter().map(list_row).collect();
            let headings = ["made", "what", "status", "servers", "failed", "by", "id"];
            let nothing = "No failover session: a real recovery makes one.";
            screen.table(&headings, rows, nothing)?;
            super::say_if_more(screen, list.next_token.as_ref())
        })
    }
}

fn list_row(one: &SessionView) -> Vec<Cell> {
    row![
        text::time(one.created_at),
        view::subject(one),
        view::status(one.status),
        view::stages(one.stages),
        super::count_of_failed(one.failed_servers),
        &one.created_by,
        &one.session_id,
    ]
}

impl ServerList {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = ListSessionServersRequest {
            session_id: names::session_id(&desk.client, &self.session).await?,
            stage: self.stage,
            has_error: self.failed.then_some(true),
            limit: Default::default(),
            next_token: None,
        };
        let answer = desk
            .client
            .list::<ListFailoverSessionServers>(&request, self.page.paging())
            .await?;
        desk.show(&answer, |screen, list| {
            view::servers(screen, &list.servers)?;
            super::say_if_more(screen, list.next_token.as_ref())
        })
    }
}

impl Split {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let session_id = names::session_id(&desk.client, &self.session).await?;
        let servers = names::servers(&desk.client, &session_id, &self.servers).await?;
        let source_server_ids =
            servers.ok_or_else(|| Failure::Usage("Give at least one --server".to_owned()))?;
        let request = SplitSessionRequest {
            session_id,
            source_server_ids,
        };
        let answer = desk.client.call::<SplitFailoverSession>(&request).await?;
        desk.show(&answer, |screen, split| {
            let rows = [("stayed", &split.session), ("split off", &split.split_off)]
                .map(|(what, one)| {
                    let stages = view::stages(one.stages);
                    row![what, &one.session_id, view::status(one.status), stages]
                })
                .to_vec();
            screen.table(&["what", "session", "status", "servers"], rows, "")
        })
    }
}

impl Paged {
    async fn reverse_status(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = self.request(desk).await?;
        let answer = desk
            .client
            .list::<GetReverseReplicationStatus>(&request, self.page.paging())
            .await?;
        let now = desk.time.now();
        desk.show(&answer, |screen, status| {
            let rows = status.servers.iter().map(reverse_row).collect();
            let headings = [
                "name", "server", "state", "done", "lag", "rate", "way back", "why not",
            ];
            screen.table(&headings, rows, "No server is part of the way home.")?;
            let totals = &status.totals;
            screen.line(&format!(
                "{} of {} ready.  {}",
                totals.ready,
                text::count(totals.servers, "server"),
                Copying::back(totals).words(now)
            ))?;
            super::say_if_more(screen, status.next_token.as_ref())
        })
    }
}

fn reverse_row(one: &ReverseServer) -> Vec<Cell> {
    let problem = one
        .error
        .as_ref()
        .map(view::problem)
        .or_else(|| one.progress.problem.clone());
    row![
        &one.name,
        &one.source_server_id,
        view::reverse_state(one.progress.state),
        format!("{:.1}%", one.progress_percent),
        text::or_dash(one.progress.lag_seconds.map(text::seconds)),
        text::or_dash(one.progress.bytes_per_second.map(text::rate)),
        text::or_dash(one.way_back.as_ref().map(|way| &way.source_server_id)),
        text::or_dash(problem),
    ]
}
