//! `dr server` and `dr quotas`: what AWS holds.

use std::io;

use clap::{Args, Subcommand};
use dr_api::infrastructure::{
    GetQuotas, GetQuotasRequest, ListSourceServers, ListSourceServersRequest, SourceServerList,
    SourceServerView,
};
use dr_model::ids::{AccountId, Region};
use dr_model::server::ReplicationState;

use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given::PageArgs;
use crate::screen::{Cell, Screen, Tone};
use crate::{row, text};

/// Protected servers.
#[derive(Debug, Subcommand)]
pub enum Server {
    /// List the protected servers of an account and region.
    #[command(
        after_help = "Examples:\n  dr server list --account 444455556666 --region us-west-2 --all\n  dr server list --account 444455556666 --region us-west-2 --state stalled --name web"
    )]
    List(List),
}

/// Which servers.
#[derive(Debug, Args)]
pub struct List {
    /// The recovery account: DRS keeps source servers where they replicate to.
    #[arg(long)]
    account: AccountId,
    /// The recovery region.
    #[arg(long)]
    region: Region,
    /// Only those in this replication state, such as `continuous`.
    #[arg(long)]
    state: Option<String>,
    /// Only those whose name or host name holds this, in any case.
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    #[command(flatten)]
    page: PageArgs,
}

/// Quotas.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dr quotas --account 444455556666 --region us-west-2")]
pub struct Quotas {
    /// The recovery account.
    #[arg(long)]
    account: AccountId,
    /// The recovery region.
    #[arg(long)]
    region: Region,
}

impl Server {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let Self::List(list) = self;
        let request = ListSourceServersRequest {
            account_id: list.account,
            region: list.region,
            replication_state: list
                .state
                .map(|state| state.replace('-', "_").to_uppercase()),
            name_contains: list.name,
            limit: Default::default(),
            next_token: None,
        };
        let answer = desk
            .client
            .list::<ListSourceServers>(&request, list.page.paging())
            .await?;
        desk.show(&answer, |screen, list| draw(screen, &list))
    }
}

fn draw(screen: &mut Screen, list: &SourceServerList) -> io::Result<()> {
    servers(screen, &list.source_servers)?;
    if list.next_token.is_some() {
        let shown = list.source_servers.len();
        screen.note(&format!("{shown} of {} are shown.", list.total))?;
    }
    super::say_if_more(screen, list.next_token.as_ref())
}

/// A table of servers.
pub(super) fn servers(screen: &mut Screen, servers: &[SourceServerView]) -> io::Result<()> {
    let headings = [
        "server",
        "name",
        "replication",
        "lag",
        "size",
        "instance",
        "os",
    ];
    let rows = servers
        .iter()
        .map(|server| {
            row![
                &server.source_server_id,
                text::or_dash(server.name.as_ref()),
                replication(&server.replication_state),
                text::lag(server.lag_seconds),
                text::gibibytes(server.total_bytes),
                text::or_dash(server.origin_instance_id.as_ref()),
                text::or_dash(server.os.as_ref()),
            ]
        })
        .collect();
    screen.table(&headings, rows, "No server.")
}

/// A state of replication.
pub(super) fn replication(state: &ReplicationState) -> Cell {
    use ReplicationState as S;
    let tone = match state {
        S::Continuous => Tone::Good,
        S::Stopped | S::Stalled | S::Disconnected => Tone::Bad,
        S::Initiating
        | S::InitialSync
        | S::Backlog
        | S::CreatingSnapshot
        | S::Paused
        | S::Rescan => Tone::Doubtful,
        S::Other(_) => Tone::Plain,
    };
    Cell::toned(state.as_str(), tone)
}

impl Quotas {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = GetQuotasRequest {
            account_id: self.account,
            region: self.region,
        };
        let answer = desk.client.call::<GetQuotas>(&request).await?;
        desk.show(&answer, |screen, report| {
            let rows = report
                .quotas
                .iter()
                .map(|quota| {
                    let tone = match quota.used {
                        Some(used) if used >= quota.limit => Tone::Bad,
                        // Nine tenths: the next wave may not fit.
                        Some(used) if used * 10 >= quota.limit * 9 => Tone::Doubtful,
                        _ => Tone::Plain,
                    };
                    let source = if quota.is_live {
                        "Service Quotas"
                    } else {
                        "documented default"
                    };
                    row![
                        &quota.name,
                        Cell::toned(text::or_dash(quota.used), tone),
                        quota.limit,
                        &quota.code,
                        source
                    ]
                })
                .collect();
            let headings = ["quota", "used", "limit", "code", "limit from"];
            screen.table(&headings, rows, "No quota is known.")
        })
    }
}
