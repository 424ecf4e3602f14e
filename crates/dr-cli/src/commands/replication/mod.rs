//! `dr replication`: how far replication is, of one server live and of the whole estate from the inventory.

mod draw;

use clap::{Args, Subcommand};
use dr_api::bounded::{Line, RpoSeconds};
use dr_api::replication::{
    GetLagHistory, GetReplicationDashboard, GetReplicationStatus, ListReplicationRequest,
    ListReplicationStatus, RefreshInventory, RefreshInventoryRequest, RefreshedInventory,
    ReplicationDashboardRequest, ServerRequest, WantedDirection,
};
use dr_model::ids::{AccountId, Region};

use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given::{self, PageArgs};
use crate::names;

/// Replication.
#[derive(Debug, Subcommand)]
pub enum Replication {
    /// List the replication of the whole estate, from the inventory.
    #[command(
        after_help = "Examples:\n  dr replication list --alerts\n  dr replication list --direction failback --name web --all"
    )]
    List(List),
    /// Show one server live: steps, disks, lag, and what to do about an error.
    #[command(
        after_help = "Examples:\n  dr replication status web-01\n  dr replication status web-01 --region us-west-2\n  dr replication status s-0123456789abcdef0 --account 444455556666 --region us-west-2"
    )]
    Status(One),
    /// Sum the estate up: states, objective, alerts, activity.
    #[command(
        after_help = "Examples:\n  dr replication dashboard\n  dr replication dashboard --rpo 5m"
    )]
    Dashboard(Dashboard),
    /// Show a server's lag over the last 24 hours, hour by hour.
    #[command(
        after_help = "Examples:\n  dr replication history web-01\n  dr replication history s-0123456789abcdef0 --account 444455556666 --region us-west-2"
    )]
    History(One),
    /// Read the replication of the estate from DRS again, now.
    #[command(
        after_help = "Examples:\n  dr replication refresh\n  dr replication refresh --account 444455556666 --region us-west-2"
    )]
    Refresh(Refresh),
}

/// Names a server. It lives in the account and region that it replicates into.
#[derive(Debug, Args)]
pub struct One {
    /// The source server: its id, or a name that only one has.
    server: String,
    /// The account [otherwise: found in the inventory].
    #[arg(long)]
    account: Option<AccountId>,
    /// The region [otherwise: found in the inventory].
    #[arg(long)]
    region: Option<Region>,
}

/// Lists.
#[derive(Debug, Args)]
pub struct List {
    /// Only servers that replicate into this account.
    #[arg(long)]
    account: Option<AccountId>,
    /// Only servers that replicate into this region.
    #[arg(long)]
    region: Option<Region>,
    /// Only those in this state, such as `continuous`.
    #[arg(long, value_parser = state)]
    state: Option<Line>,
    /// Only those on the way out (`failover`), or only those on the way back (`failback`).
    #[arg(long, value_parser = given::word::<WantedDirection>)]
    direction: Option<WantedDirection>,
    /// Only those with an alert.
    #[arg(long)]
    alerts: bool,
    /// Only those with this in their name, in any case.
    #[arg(long, value_name = "TEXT", value_parser = given::line)]
    name: Option<Line>,
    /// How much data may be lost at most: a server further behind has an alert [default: 15m].
    #[arg(long, value_name = "DURATION", value_parser = given::bounded_seconds::<RpoSeconds>)]
    rpo: Option<RpoSeconds>,
    #[command(flatten)]
    page: PageArgs,
}

fn state(text: &str) -> Result<Line, String> {
    given::line(&text.replace('-', "_").to_uppercase())
}

/// Sums up.
#[derive(Debug, Args)]
pub struct Dashboard {
    /// How much data may be lost at most [default: 15m].
    #[arg(long, value_name = "DURATION", value_parser = given::bounded_seconds::<RpoSeconds>)]
    rpo: Option<RpoSeconds>,
}

/// Reads again.
#[derive(Debug, Args)]
pub struct Refresh {
    /// Only this account [otherwise: every registered one].
    #[arg(long)]
    account: Option<AccountId>,
    /// Only this region [otherwise: every region in use].
    #[arg(long)]
    region: Option<Region>,
}

impl One {
    async fn request(self, desk: &Desk<'_>) -> Result<ServerRequest, Failure> {
        names::replicating(&desk.client, &self.server, self.account, self.region).await
    }
}

impl Replication {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::List(command) => command.run(desk).await,
            Self::Status(one) => {
                let request = one.request(desk).await?;
                let answer = desk.client.call::<GetReplicationStatus>(&request).await?;
                let now = desk.time.now();
                desk.show(&answer, |screen, view| draw::server(screen, &view, now))
            }
            Self::Dashboard(command) => {
                let request = ReplicationDashboardRequest {
                    rpo_seconds: command.rpo.unwrap_or_default(),
                };
                let answer = desk
                    .client
                    .call::<GetReplicationDashboard>(&request)
                    .await?;
                desk.show(&answer, |screen, view| draw::dashboard(screen, &view))
            }
            Self::History(one) => {
                let request = one.request(desk).await?;
                let answer = desk.client.call::<GetLagHistory>(&request).await?;
                desk.show(&answer, |screen, view| draw::history(screen, &view))
            }
            Self::Refresh(command) => {
                let request = RefreshInventoryRequest {
                    account_id: command.account,
                    region: command.region,
                };
                let answer = desk.client.call::<RefreshInventory>(&request).await?;
                desk.judge(
                    &answer,
                    |screen, read| draw::places(screen, &read.places),
                    refreshed,
                )
            }
        }
    }
}

/// A place that could not be read is still shown as it was before.
fn refreshed(read: &RefreshedInventory) -> Outcome {
    match read.places.iter().any(|place| place.error.is_some()) {
        true => Outcome::Incomplete,
        false => Outcome::Done,
    }
}

impl List {
    async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = ListReplicationRequest {
            account_id: self.account,
            region: self.region,
            state: self.state,
            direction: self.direction,
            alerts_only: self.alerts,
            name_contains: self.name,
            rpo_seconds: self.rpo.unwrap_or_default(),
            ..Default::default()
        };
        let answer = desk
            .client
            .list::<ListReplicationStatus>(&request, self.page.paging())
            .await?;
        desk.show(&answer, |screen, list| {
            draw::estate(screen, &list)?;
            super::say_if_more(screen, list.next_token.as_ref())
        })
    }
}
