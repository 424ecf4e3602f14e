//! `dr agent`: the replication agent on machines that have none.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use clap::{Args, Subcommand};
use dr_api::accounts::ListRequest;
use dr_api::agents::{
    AgentCandidateView, GetAgentInstallation, InstallAgent, InstallAgentRequest,
    InstallationRequest, InstallationStatus, InstallationView, InstallingMachineView,
    ListAgentCandidates, ListAgentCandidatesRequest, ListAgentInstallations,
    RetryAgentInstallation, Tags,
};
use dr_api::bounded::Machines;
use dr_model::ids::{InstallationId, MachineId, Region};

use super::session::repair_stage;
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given::{self, PageArgs, PlaceArgs};
use crate::screen::{Cell, Screen, Tone};
use crate::{names, row, text, watch};

/// The replication agent. A run of installations is named by its id, or `latest`.
#[derive(Debug, Subcommand)]
pub enum Agent {
    /// List machines that an agent could be installed on, and why on others it cannot.
    #[command(
        after_help = "Examples:\n  dr agent candidates --account 111122223333 --region us-east-1 --all\n  dr agent candidates --account 111122223333 --region us-east-1 --on-premises"
    )]
    Candidates(Candidates),
    /// Install the agent on machines that SSM reaches, at most 50 at a time.
    #[command(
        after_help = "Examples:\n  dr agent install --account 111122223333 --region us-east-1 --target-region us-west-2 \\\n    --machine i-0123456789abcdef0 --machine mi-0123456789abcdef0 --tag Tier=web --yes --watch"
    )]
    Install(Install),
    /// Show a run of installations, machine by machine; or watch it until it is over.
    #[command(after_help = "Examples:\n  dr agent status latest\n  dr agent status latest --watch")]
    Status(Status),
    /// List runs of installations, newest first.
    #[command(after_help = "Examples:\n  dr agent list --limit 10")]
    List(List),
    /// Try the failed machines of a run again.
    #[command(after_help = "Examples:\n  dr agent retry latest --watch")]
    Retry(Retry),
}

/// Lists candidates.
#[derive(Debug, Args)]
pub struct Candidates {
    #[command(flatten)]
    place: PlaceArgs,
    /// Machines on premises too, which SSM manages with a hybrid activation.
    #[arg(long)]
    on_premises: bool,
    #[command(flatten)]
    page: PageArgs,
}

/// How to watch.
#[derive(Debug, Clone, Copy, Args)]
pub struct WatchArgs {
    /// Watch until it is over; its outcome is then the exit code.
    #[arg(long)]
    watch: bool,
    /// How often to look while watching.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = given::interval)]
    interval: Duration,
}

/// Installs.
#[derive(Debug, Args)]
pub struct Install {
    #[command(flatten)]
    place: PlaceArgs,
    /// The region that they are to replicate into, in the same account.
    #[arg(long)]
    target_region: Region,
    /// A machine: `i-...`, or `mi-...` on premises. Repeat for more.
    #[arg(long = "machine", value_name = "MACHINE", required = true)]
    machines: Vec<MachineId>,
    /// A tag for the source servers; repeat for more.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = given::tag)]
    tags: Vec<(String, String)>,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    watch: WatchArgs,
}

/// Shows one.
#[derive(Debug, Args)]
pub struct Status {
    /// The run: id or `latest`.
    installation: String,
    #[command(flatten)]
    watch: WatchArgs,
}

/// Lists.
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    page: PageArgs,
}

/// Tries again.
#[derive(Debug, Args)]
pub struct Retry {
    /// The run: id or `latest`.
    installation: String,
    #[command(flatten)]
    watch: WatchArgs,
}

impl Agent {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::Candidates(command) => command.run(desk).await,
            Self::Install(command) => command.run(desk).await,
            Self::Status(command) => command.run(desk).await,
            Self::List(command) => command.run(desk).await,
            Self::Retry(command) => command.run(desk).await,
        }
    }
}

impl Candidates {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = ListAgentCandidatesRequest {
            account_id: self.place.account,
            region: self.place.region,
            include_on_premises: self.on_premises,
            limit: Default::default(),
            next_token: None,
        };
        let answer = desk
            .client
            .list::<ListAgentCandidates>(&request, self.page.paging())
            .await?;
        desk.show(&answer, |screen, list| {
            let rows = list.candidates.iter().map(candidate_row).collect();
            let headings = [
                "machine",
                "name",
                "os",
                "state",
                "ssm",
                "protected by",
                "can install",
                "why not",
            ];
            screen.table(&headings, rows, "No machine.")?;
            super::say_if_more(screen, list.next_token.as_ref())
        })
    }
}

fn candidate_row(one: &AgentCandidateView) -> Vec<Cell> {
    let protections: Vec<String> = one
        .protections
        .iter()
        .map(|by| {
            let gone = if by.is_connected {
                ""
            } else {
                " (disconnected)"
            };
            format!("{} in {}{gone}", by.source_server_id, by.place.region)
        })
        .collect();
    row![
        &one.machine_id,
        text::or_dash(one.name.as_ref()),
        text::or_dash(one.os.as_ref()),
        text::or_dash(one.instance_state.as_ref()),
        text::or_dash(one.ssm_status.as_ref()),
        text::or_dash((!protections.is_empty()).then(|| protections.join(", "))),
        Cell::good_if(one.can_install),
        text::or_dash((!one.reasons_not.is_empty()).then(|| one.reasons_not.join("; "))),
    ]
}

impl Install {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let machines: BTreeSet<MachineId> = self.machines.into_iter().collect();
        let question = format!(
            "Install the agent on {}, to replicate into {}? Each disk is then copied in full.",
            text::count(machines.len(), "machine"),
            self.target_region
        );
        let usage = |error: dr_api::bounded::OutOfBounds| Failure::Usage(error.to_string());
        let request = InstallAgentRequest {
            account_id: self.place.account,
            region: self.place.region,
            machine_ids: Machines::try_from(machines).map_err(usage)?,
            target_region: self.target_region,
            tags: Tags::try_from(
                self.tags
                    .into_iter()
                    .collect::<std::collections::BTreeMap<_, _>>(),
            )
            .map_err(usage)?,
        };
        desk.agree(&question, self.yes)?;
        let answer = desk.client.call::<InstallAgent>(&request).await?;
        desk.show(&answer, |screen, view| draw(screen, &view))?;
        self.watch
            .follow(desk, &answer.read()?.installation_id)
            .await
    }
}

impl WatchArgs {
    async fn follow(self, desk: &mut Desk<'_>, id: &InstallationId) -> Result<Outcome, Failure> {
        if self.watch {
            return watch::installation(desk, id, self.interval).await;
        }
        desk.screen
            .note(&format!("Watch it: dr agent status {id} --watch"))?;
        Ok(Outcome::Done)
    }
}

impl Status {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let installation_id = names::installation_id(&desk.client, &self.installation).await?;
        if self.watch.watch {
            return watch::installation(desk, &installation_id, self.watch.interval).await;
        }
        let request = InstallationRequest { installation_id };
        let answer = desk.client.call::<GetAgentInstallation>(&request).await?;
        desk.show(&answer, |screen, view| draw(screen, &view))
    }
}

impl Retry {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let installation_id = names::installation_id(&desk.client, &self.installation).await?;
        let request = InstallationRequest { installation_id };
        let answer = desk.client.call::<RetryAgentInstallation>(&request).await?;
        desk.show(&answer, |screen, view| draw(screen, &view))?;
        self.watch.follow(desk, &request.installation_id).await
    }
}

impl List {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = ListRequest::default();
        let answer = desk
            .client
            .list::<ListAgentInstallations>(&request, self.page.paging())
            .await?;
        desk.show(&answer, |screen, list| {
            let rows = list
                .installations
                .iter()
                .map(|one| {
                    row![
                        text::time(one.created_at),
                        status(one.status),
                        &one.place,
                        &one.target_region,
                        format!("{}/{}", one.done, one.machines.len()),
                        super::count_of_failed(one.failed),
                        &one.created_by,
                        &one.installation_id,
                    ]
                })
                .collect();
            let headings = [
                "asked for",
                "status",
                "where",
                "into",
                "replicate",
                "failed",
                "by",
                "id",
            ];
            screen.table(&headings, rows, "No installation.")?;
            super::say_if_more(screen, list.next_token.as_ref())
        })
    }
}

fn status(status: InstallationStatus) -> Cell {
    let tone = match status {
        InstallationStatus::Success => Tone::Good,
        InstallationStatus::PartialFailure => Tone::Doubtful,
        InstallationStatus::Failed => Tone::Bad,
        InstallationStatus::Pending | InstallationStatus::InProgress => Tone::Plain,
    };
    Cell::toned(text::word(&status), tone)
}

fn draw(screen: &mut Screen, view: &InstallationView) -> io::Result<()> {
    let replicate = format!("{} of {}", view.done, view.machines.len());
    screen.facts(vec![
        ("Installation", Cell::from(&view.installation_id)),
        ("Status", status(view.status)),
        ("Where", Cell::from(&view.place)),
        ("Into", Cell::from(&view.target_region)),
        ("Replicate", Cell::from(replicate)),
        ("Failed", super::count_of_failed(view.failed)),
        (
            "Asked for",
            Cell::from(format!(
                "{} by {}",
                text::time(view.created_at),
                view.created_by
            )),
        ),
    ])?;
    screen.line("")?;
    let rows = view.machines.iter().map(machine_row).collect();
    let headings = [
        "machine", "name", "stage", "done", "since", "ssm", "server", "why not",
    ];
    screen.table(&headings, rows, "No machine.")
}

fn machine_row(one: &InstallingMachineView) -> Vec<Cell> {
    let machine = &one.machine;
    let progress = &machine.progress;
    row![
        &machine.machine_id,
        text::or_dash(machine.name.as_ref()),
        repair_stage(progress.stage),
        format!("{}%", one.percent),
        text::time(progress.since),
        text::or_dash(progress.command_status.as_ref()),
        text::or_dash(machine.source_server_id.as_ref()),
        text::or_dash(progress.reason.as_ref()),
    ]
}
