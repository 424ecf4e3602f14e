//! `dr pair`: the instance pairs of a group.

use std::io;

use clap::{Args, Subcommand};
use dr_api::bounded::FuzzyTolerance;
use dr_api::matching::PairRef;
use dr_api::pairs::{
    ConfigureInstancePairs, ConfigurePairsRequest, ConfiguredPairs, DeleteInstancePair,
    ListInstancePairs, ListPairsRequest, PairRequest, UpdateInstancePair, UpdatePairRequest,
};
use dr_model::ids::{InstanceId, PairId};
use dr_model::pair::InstancePair;

use super::matching::{method, unmatched};
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given::{self, PageArgs};
use crate::screen::{Cell, Screen, Tone};
use crate::{names, row, text};

/// Instance pairs.
#[derive(Debug, Subcommand)]
pub enum Pair {
    /// List a group's pairs.
    #[command(after_help = "Examples:\n  dr pair list web --all")]
    List(List),
    /// Match a group's servers to instances by name and save the pairs.
    #[command(after_help = "Examples:\n  dr pair save web\n  dr pair save web --tolerance 0.2")]
    Save(Save),
    /// Save pairs that you choose.
    #[command(
        after_help = "Examples:\n  dr pair set web s-0123456789abcdef0=i-0123456789abcdef0 s-0123456789abcdef1=i-0123456789abcdef1"
    )]
    Set(Set),
    /// Point a pair to another instance.
    #[command(
        after_help = "Examples:\n  dr pair update web pair-0f8fad5b-d9cb-469f-a165-70867728950e --to i-0123456789abcdef0"
    )]
    Update(Update),
    /// Delete a pair.
    #[command(
        after_help = "Examples:\n  dr pair delete web pair-0f8fad5b-d9cb-469f-a165-70867728950e --yes"
    )]
    Delete(Delete),
}

/// Lists.
#[derive(Debug, Args)]
pub struct List {
    /// The group: id or name.
    group: String,
    #[command(flatten)]
    page: PageArgs,
}

/// Saves what matches.
#[derive(Debug, Args)]
pub struct Save {
    /// The group: id or name.
    group: String,
    /// How unlike two names may be and still be paired: 0 takes equal names only.
    #[arg(long, default_value = "0", value_parser = given::tolerance)]
    tolerance: FuzzyTolerance,
    /// Compare letters, digits and spaces only.
    #[arg(long)]
    ignore_special_characters: bool,
}

/// Saves what is given.
#[derive(Debug, Args)]
pub struct Set {
    /// The group: id or name.
    group: String,
    /// The pairs.
    #[arg(value_name = "SERVER=INSTANCE", value_parser = given::pair, required = true)]
    pairs: Vec<PairRef>,
}

/// Updates.
#[derive(Debug, Args)]
pub struct Update {
    /// The group: id or name.
    group: String,
    /// The pair.
    pair: PairId,
    /// The instance to launch into from now on.
    #[arg(long, value_name = "INSTANCE")]
    to: InstanceId,
    /// Only if it still has this version.
    #[arg(long)]
    version: Option<u64>,
}

/// Deletes.
#[derive(Debug, Args)]
pub struct Delete {
    /// The group: id or name.
    group: String,
    /// The pair.
    pair: PairId,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

impl Pair {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::List(List { group, page }) => {
                let request = ListPairsRequest {
                    group_id: names::group_id(&desk.client, &group).await?,
                    limit: Default::default(),
                    next_token: None,
                };
                let answer = desk
                    .client
                    .list::<ListInstancePairs>(&request, page.paging())
                    .await?;
                desk.show(&answer, |screen, list| {
                    draw(screen, &list.pairs)?;
                    super::say_if_more(screen, list.next_token.as_ref())
                })
            }
            Self::Save(save) => {
                let request = ConfigurePairsRequest {
                    group_id: names::group_id(&desk.client, &save.group).await?,
                    pairs: None,
                    fuzzy_matching_tolerance: save.tolerance,
                    ignore_special_characters: save.ignore_special_characters,
                };
                configure(desk, &request).await
            }
            Self::Set(set) => {
                let request = ConfigurePairsRequest {
                    group_id: names::group_id(&desk.client, &set.group).await?,
                    pairs: Some(set.pairs),
                    fuzzy_matching_tolerance: FuzzyTolerance::default(),
                    ignore_special_characters: false,
                };
                configure(desk, &request).await
            }
            Self::Update(update) => {
                let request = UpdatePairRequest {
                    group_id: names::group_id(&desk.client, &update.group).await?,
                    pair_id: update.pair,
                    target_instance_id: update.to,
                    version: update.version,
                };
                let answer = desk.client.call::<UpdateInstancePair>(&request).await?;
                desk.show(&answer, |screen, pair| draw(screen, &[pair]))
            }
            Self::Delete(Delete { group, pair, yes }) => {
                let group_id = names::group_id(&desk.client, &group).await?;
                desk.agree(&format!("Delete the pair {pair} of {group}?"), yes)?;
                let pair_id = pair;
                let request = PairRequest { group_id, pair_id };
                let answer = desk.client.call::<DeleteInstancePair>(&request).await?;
                desk.show(&answer, |screen, gone| {
                    screen.line(&format!("Deleted {}.", gone.deleted))
                })
            }
        }
    }
}

async fn configure(
    desk: &mut Desk<'_>,
    request: &ConfigurePairsRequest,
) -> Result<Outcome, Failure> {
    let answer = desk.client.call::<ConfigureInstancePairs>(request).await?;
    desk.show(&answer, |screen, result| draw_configured(screen, &result))
}

fn draw_configured(screen: &mut Screen, result: &ConfiguredPairs) -> io::Result<()> {
    draw(screen, &result.pairs)?;
    unmatched(
        screen,
        &result.unmatched_sources,
        &result.unmatched_targets,
        &result.duplicates,
    )?;
    screen.line("")?;
    screen.line(&format!(
        "{} saved, {} of them new or changed.",
        text::count(result.pairs.len(), "pair"),
        result.saved
    ))
}

fn draw(screen: &mut Screen, pairs: &[InstancePair]) -> io::Result<()> {
    let headings = [
        "server",
        "name",
        "match",
        "instance",
        "instance name",
        "private ip",
        "configured",
        "pair",
    ];
    let rows = pairs
        .iter()
        .map(|pair| {
            let configured = match &pair.configuration {
                Some(applied) => Cell::toned(text::time(applied.applied_at), Tone::Good),
                None => Cell::from("no"),
            };
            row![
                &pair.source_server_id,
                text::or_dash(pair.source_name.as_ref()),
                method(pair.method, pair.confidence),
                &pair.target_instance_id,
                text::or_dash(pair.target_name.as_ref()),
                text::or_dash(pair.target_private_ip.as_ref()),
                configured,
                &pair.id,
            ]
        })
        .collect();
    screen.table(&headings, rows, "No pair is saved.")
}
