//! `dr execution`: watching and steering.

use std::time::Duration;

use clap::{Args, Subcommand};
use dr_api::bounded::Name;
use dr_api::executions::{
    CancelExecution, CancelExecutionRequest, ExecutionRequest, ExecutionView, GetExecution,
    GetExecutionTimeline, ListExecutionServers, ListExecutionServersRequest, ListExecutions,
    ListExecutionsRequest, PauseExecution, ResumeExecution, TimelineRequest,
};
use dr_model::execution::{ExecutionStatus, ExecutionType, ServerStatus};

use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given::{self, PageArgs};
use crate::screen::Cell;
use crate::watch::{self, view};
use crate::{names, row, text};

/// Executions. Each is named by its id, or `latest`.
#[derive(Debug, Subcommand)]
pub enum Execution {
    /// List executions, newest first.
    #[command(
        after_help = "Examples:\n  dr execution list\n  dr execution list --type recovery --status completed-with-failures"
    )]
    List(List),
    /// Show one: waves, progress, time against the RTO target.
    #[command(after_help = "Examples:\n  dr execution get latest")]
    Get(One),
    /// Watch one until it is over; its outcome is the exit code. Ctrl-C stops watching, not the execution.
    #[command(
        after_help = "Examples:\n  dr execution watch latest\n  dr execution watch latest --json | jq .progress_percent"
    )]
    Watch(Watch),
    /// List its servers, with launch status and identity.
    #[command(after_help = "Examples:\n  dr execution servers latest --status failed --all")]
    Servers(Servers),
    /// Read the job logs of DRS as one timeline.
    #[command(after_help = "Examples:\n  dr execution timeline latest --wave 2 --all")]
    Timeline(Timeline),
    /// Pause before the next wave.
    #[command(after_help = "Examples:\n  dr execution pause latest")]
    Pause(One),
    /// Go on from a pause.
    #[command(after_help = "Examples:\n  dr execution resume latest")]
    Resume(One),
    /// Start nothing more, and end when what runs is over: DRS cannot cancel a job.
    #[command(after_help = "Examples:\n  dr execution cancel latest --reason 'wrong plan'")]
    Cancel(Cancel),
    /// Terminate what a drill launched, and hand pre-provisioned instances back stopped. Shows it first.
    #[command(
        after_help = "Examples:\n  dr execution terminate latest --preview\n  dr execution terminate latest --yes"
    )]
    Terminate(super::terminate::Terminate),
}

/// Names an execution.
#[derive(Debug, Args)]
pub struct One {
    /// The execution: id or `latest`.
    execution: String,
}

/// Lists.
#[derive(Debug, Args)]
pub struct List {
    /// Only `drill`s, or only `recovery`s.
    #[arg(long = "type", value_name = "TYPE", value_parser = given::word::<ExecutionType>)]
    execution_type: Option<ExecutionType>,
    /// Only those with this status, such as `paused`.
    #[arg(long, value_parser = given::word::<ExecutionStatus>)]
    status: Option<ExecutionStatus>,
    #[command(flatten)]
    page: PageArgs,
}

/// Watches.
#[derive(Debug, Args)]
pub struct Watch {
    /// The execution: id or `latest`.
    execution: String,
    /// How often to look.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = given::interval)]
    interval: Duration,
}

/// Lists servers.
#[derive(Debug, Args)]
pub struct Servers {
    /// The execution: id or `latest`.
    execution: String,
    /// Only this wave, from 1.
    #[arg(long)]
    wave: Option<u32>,
    /// Only those with this status, such as `failed`.
    #[arg(long, value_parser = given::word::<ServerStatus>)]
    status: Option<ServerStatus>,
    #[command(flatten)]
    page: PageArgs,
}

/// Reads the timeline.
#[derive(Debug, Args)]
pub struct Timeline {
    /// The execution: id or `latest`.
    execution: String,
    /// Only this wave, from 1.
    #[arg(long)]
    wave: Option<u32>,
    #[command(flatten)]
    page: PageArgs,
}

/// Cancels.
#[derive(Debug, Args)]
pub struct Cancel {
    /// The execution: id or `latest`.
    execution: String,
    /// Why, for the record.
    #[arg(long, value_parser = given::name)]
    reason: Option<Name>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Execution {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::List(command) => command.run(desk).await,
            Self::Get(one) => {
                let request = one.request(desk).await?;
                let answer = desk.client.call::<GetExecution>(&request).await?;
                desk.show(&answer, |screen, view| view::draw(screen, &view))
            }
            Self::Watch(Watch {
                execution,
                interval,
            }) => {
                let id = names::execution_id(&desk.client, &execution).await?;
                watch::watch(desk, &id, interval).await
            }
            Self::Servers(command) => command.run(desk).await,
            Self::Timeline(command) => command.run(desk).await,
            Self::Pause(one) => {
                let request = one.request(desk).await?;
                let answer = desk.client.call::<PauseExecution>(&request).await?;
                desk.show(&answer, |screen, view| view::draw(screen, &view))
            }
            Self::Resume(one) => {
                let request = one.request(desk).await?;
                let answer = desk.client.call::<ResumeExecution>(&request).await?;
                desk.show(&answer, |screen, view| view::draw(screen, &view))
            }
            Self::Cancel(command) => command.run(desk).await,
            Self::Terminate(command) => command.run(desk).await,
        }
    }
}

impl One {
    async fn request(&self, desk: &Desk<'_>) -> Result<ExecutionRequest, Failure> {
        let execution_id = names::execution_id(&desk.client, &self.execution).await?;
        Ok(ExecutionRequest { execution_id })
    }
}

impl List {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = ListExecutionsRequest {
            execution_type: self.execution_type,
            status: self.status,
            ..Default::default()
        };
        let answer = desk
            .client
            .list::<ListExecutions>(&request, self.page.paging())
            .await?;
        desk.show(&answer, |screen, list| {
            let rows = list.executions.iter().map(list_row).collect();
            let headings = [
                "started", "what", "type", "status", "servers", "took", "rto", "by", "id",
            ];
            screen.table(&headings, rows, "No execution.")?;
            super::say_if_more(screen, list.next_token.as_ref())
        })
    }
}

fn list_row(one: &ExecutionView) -> Vec<Cell> {
    row![
        text::time(one.started_at),
        view::subject(one),
        text::word(&one.execution_type),
        view::status(one.status),
        format!("{}/{}", one.servers.launched, one.servers.total()),
        text::seconds(one.elapsed_seconds),
        Cell::good_if(one.rto_met),
        &one.started_by,
        &one.execution_id,
    ]
}

impl Servers {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = ListExecutionServersRequest {
            execution_id: names::execution_id(&desk.client, &self.execution).await?,
            wave: self.wave,
            status: self.status,
            limit: Default::default(),
            next_token: None,
        };
        let answer = desk
            .client
            .list::<ListExecutionServers>(&request, self.page.paging())
            .await?;
        desk.show(&answer, |screen, list| {
            view::servers(screen, &list.servers)?;
            super::say_if_more(screen, list.next_token.as_ref())
        })
    }
}

impl Timeline {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = TimelineRequest {
            execution_id: names::execution_id(&desk.client, &self.execution).await?,
            wave: self.wave,
            limit: Default::default(),
            next_token: None,
        };
        let answer = desk
            .client
            .list::<GetExecutionTimeline>(&request, self.page.paging())
            .await?;
        desk.show(&answer, |screen, timeline| {
            let rows = timeline
                .entries
                .iter()
                .map(|entry| {
                    row![
                        text::or_dash(entry.timestamp.map(text::time)),
                        &entry.event,
                        text::or_dash(entry.source_server_id.as_ref()),
                        text::or_dash(entry.instance_id.as_ref()),
                        text::or_dash(entry.error.as_ref()),
                        text::or_dash(entry.job_id.as_ref()),
                    ]
                })
                .collect();
            let headings = ["when", "event", "server", "instance", "error", "job"];
            screen.table(&headings, rows, "Nothing happened yet.")?;
            super::say_if_more(screen, timeline.next_token.as_ref())
        })
    }
}

impl Cancel {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let execution_id = names::execution_id(&desk.client, &self.execution).await?;
        let question =
            format!("Cancel {execution_id}? What DRS launches now, it launches to the end.");
        desk.agree(&question, self.yes)?;
        let request = CancelExecutionRequest {
            execution_id,
            reason: self.reason,
        };
        let answer = desk.client.call::<CancelExecution>(&request).await?;
        desk.show(&answer, |screen, view| view::draw(screen, &view))
    }
}
