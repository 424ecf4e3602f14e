//! `dr configure`: the DRS launch configuration of paired servers.

use std::io;

use clap::{Args, Subcommand};
use dr_api::bounded::FuzzyTolerance;
use dr_api::configuration::{
    ConfigurationRequest, ConfigurationResult, ConfigureAllowLaunching,
    ConfigureAllowLaunchingRequest, GetConfiguration, ListConfigurations,
    ListConfigurationsRequest, RevertAllowLaunching, RevertAllowLaunchingRequest,
    ServerConfiguration,
};
use dr_model::config_run::{ConfigRun, ConfigRunStatus};
use dr_model::ids::{AccountId, ConfigId, SourceServerId};

use super::matching::WhereArgs;
use super::validate::failed;
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given::{self, PageArgs};
use crate::screen::{Cell, Screen, Tone};
use crate::{names, row, text};

/// Launch configuration.
#[derive(Debug, Subcommand)]
pub enum Configure {
    /// See what applying would change; nothing is changed.
    #[command(after_help = "Examples:\n  dr configure preview --group web")]
    Preview(Apply),
    /// Apply what launching into the paired instances needs.
    #[command(
        after_help = "Examples:\n  dr configure apply --group web\n  dr configure apply --from 111122223333/us-east-1 --to 444455556666/us-west-2 --tolerance 0.1"
    )]
    Apply(Apply),
    /// Restore the launch configuration that applying replaced.
    #[command(
        after_help = "Examples:\n  dr configure revert web\n  dr configure revert web --server s-0123456789abcdef0"
    )]
    Revert(Revert),
    /// List configuration runs of a primary account, newest first.
    #[command(after_help = "Examples:\n  dr configure list --account 111122223333")]
    List(List),
    /// Show a configuration run, server by server.
    #[command(
        after_help = "Examples:\n  dr configure get cfg-0f8fad5b-d9cb-469f-a165-70867728950e"
    )]
    Get(Get),
}

/// Previews or applies.
#[derive(Debug, Args)]
pub struct Apply {
    #[command(flatten)]
    place: WhereArgs,
    /// Without a group: how unlike two names may be and still be paired.
    #[arg(long, default_value = "0", value_parser = given::tolerance, conflicts_with = "group")]
    tolerance: FuzzyTolerance,
    /// Do not check each pair first. A pair that fails a critical check is then configured as well.
    #[arg(long)]
    without_checks: bool,
}

/// Reverts.
#[derive(Debug, Args)]
pub struct Revert {
    /// The group: id or name.
    group: String,
    /// Only this server; repeat, or separate by commas.
    #[arg(long = "server", value_name = "ID", value_delimiter = ',')]
    servers: Vec<SourceServerId>,
}

/// Lists.
#[derive(Debug, Args)]
pub struct List {
    /// The primary account.
    #[arg(long)]
    account: AccountId,
    #[command(flatten)]
    page: PageArgs,
}

/// Gets.
#[derive(Debug, Args)]
pub struct Get {
    /// The run.
    #[arg(value_name = "CONFIGURATION")]
    config_id: ConfigId,
}

impl Configure {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::Preview(apply) => apply.run(desk, false).await,
            Self::Apply(apply) => apply.run(desk, true).await,
            Self::Revert(Revert { group, servers }) => {
                let request = RevertAllowLaunchingRequest {
                    group_id: names::group_id(&desk.client, &group).await?,
                    source_server_ids: (!servers.is_empty()).then_some(servers),
                };
                let answer = desk.client.call::<RevertAllowLaunching>(&request).await?;
                desk.judge(&answer, draw, outcome)
            }
            Self::List(List { account, page }) => {
                let request = ListConfigurationsRequest {
                    primary_account_id: account,
                    limit: Default::default(),
                    next_token: None,
                };
                let answer = desk
                    .client
                    .list::<ListConfigurations>(&request, page.paging())
                    .await?;
                desk.show(&answer, |screen, list| {
                    let rows = list.configurations.iter().map(run_row).collect();
                    let headings = ["when", "status", "matched", "by", "from", "to", "id"];
                    screen.table(&headings, rows, "No configuration run.")?;
                    super::say_if_more(screen, list.next_token.as_ref())
                })
            }
            Self::Get(Get { config_id }) => {
                let request = ConfigurationRequest { config_id };
                let answer = desk.client.call::<GetConfiguration>(&request).await?;
                desk.show(&answer, |screen, run| draw_run(screen, &run))
            }
        }
    }
}

impl Apply {
    async fn run(self, desk: &mut Desk<'_>, apply: bool) -> Result<Outcome, Failure> {
        let place = self.place.find(desk).await?;
        let mut request = ConfigureAllowLaunchingRequest {
            group_id: place.group_id,
            primary_account_id: None,
            dr_account_id: None,
            primary_region: None,
            dr_region: None,
            fuzzy_matching_tolerance: self.tolerance,
            validate_prerequisites: !self.without_checks,
            auto_configure: apply,
        };
        // A group, or the four places: the API takes one or the other.
        if request.group_id.is_none() {
            request.primary_account_id = Some(place.direction.primary.account_id);
            request.primary_region = Some(place.direction.primary.region);
            request.dr_account_id = Some(place.direction.recovery.account_id);
            request.dr_region = Some(place.direction.recovery.region);
        }
        let answer = desk
            .client
            .call::<ConfigureAllowLaunching>(&request)
            .await?;
        desk.judge(&answer, draw, outcome)
    }
}

fn outcome(result: &ConfigurationResult) -> Outcome {
    let blocked = result
        .matched_pairs
        .iter()
        .any(|pair| !pair.failed_checks.is_empty());
    let refused = result.matched_pairs.iter().any(|pair| pair.error.is_some());
    if !result.configuration_errors.is_empty() || refused {
        Outcome::Incomplete
    } else if blocked {
        Outcome::ChecksFailed
    } else {
        Outcome::Done
    }
}

fn draw(screen: &mut Screen, result: &ConfigurationResult) -> io::Result<()> {
    let rows = result
        .matched_pairs
        .iter()
        .map(|pair| server_row(pair, result.preview))
        .collect();
    let headings = ["server", "instance", "configuration", "changes"];
    screen.table(&headings, rows, "No server has a pair.")?;
    for pair in &result.matched_pairs {
        failed(screen, &pair.failed_checks)?;
    }
    for one in &result.unmatched_sources {
        let (server, reason) = (&one.source_server_id, &one.reason);
        screen.line(&format!("{server} has no pair: {reason}"))?;
    }
    for error in &result.configuration_errors {
        screen.line(&format!("error: {error}"))?;
    }
    screen.line("")?;
    let done = if result.preview {
        "Only a preview: nothing was changed.".to_owned()
    } else {
        format!("{} updated.", text::count(result.updated_count, "server"))
    };
    let kept = match &result.config_id {
        Some(id) => format!(" Kept as {id}."),
        None => String::new(),
    };
    screen.line(&format!(
        "{} of {} have a pair. {done}{kept}",
        result.matched_count,
        text::count(result.total_sources, "server"),
    ))
}

fn server_row(pair: &ServerConfiguration, preview: bool) -> Vec<Cell> {
    let state = match (&pair.error, pair.failed_checks.is_empty()) {
        (Some(error), _) => Cell::toned(format!("failed: {error}"), Tone::Bad),
        (None, false) => Cell::toned("left out: a check failed", Tone::Bad),
        (None, true) if pair.configuration_applied => Cell::toned("as it must be", Tone::Good),
        (None, true) if preview => Cell::toned("would change", Tone::Doubtful),
        (None, true) => Cell::toned("not applied", Tone::Doubtful),
    };
    let changes: Vec<String> = pair
        .changes
        .iter()
        .map(|change| format!("{}: {} -> {}", change.setting, change.from, change.to))
        .collect();
    let changes = if changes.is_empty() {
        "none".to_owned()
    } else {
        changes.join(", ")
    };
    row![
        &pair.source_server_id,
        &pair.target_instance_id,
        state,
        changes
    ]
}

fn status(status: ConfigRunStatus) -> Cell {
    let tone = match status {
        ConfigRunStatus::Configured => Tone::Good,
        ConfigRunStatus::PartiallyConfigured => Tone::Doubtful,
        ConfigRunStatus::Failed => Tone::Bad,
        ConfigRunStatus::Matched | ConfigRunStatus::Reverted => Tone::Plain,
    };
    Cell::toned(status.as_str(), tone)
}

fn run_row(run: &ConfigRun) -> Vec<Cell> {
    row![
        text::time(run.created_at),
        status(run.status),
        format!("{} of {}", run.matched_count, run.total_sources),
        &run.created_by,
        &run.direction.primary,
        &run.direction.recovery,
        &run.id,
    ]
}

fn draw_run(screen: &mut Screen, run: &ConfigRun) -> io::Result<()> {
    screen.facts(vec![
        ("Run", Cell::from(&run.id)),
        ("Status", status(run.status)),
        ("When", Cell::from(text::time(run.created_at))),
        ("By", Cell::from(&run.created_by)),
        ("From", Cell::from(&run.direction.primary)),
        ("To", Cell::from(&run.direction.recovery)),
        ("Match rate", Cell::from(text::percent(run.match_rate))),
    ])?;
    let rows = run
        .servers
        .iter()
        .map(|server| {
            row![
                &server.source_server_id,
                &server.target_instance_id,
                Cell::good_if(server.applied),
                text::or_dash(server.error.as_ref()),
            ]
        })
        .collect();
    screen.line("")?;
    let headings = ["server", "instance", "applied", "why not"];
    screen.table(&headings, rows, "No server.")?;
    for one in &run.unmatched_sources {
        let (server, name) = (&one.source_server_id, &one.name);
        screen.line(&format!("{server} ({name}) had no pair: {}", one.reason))?;
    }
    Ok(())
}
