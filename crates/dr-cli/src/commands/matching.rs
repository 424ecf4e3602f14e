//! `dr match`: servers to instances by name.

use std::io;

use clap::Args;
use dr_api::bounded::FuzzyTolerance;
use dr_api::matching::{
    DuplicateName, MatchInstances, MatchInstancesRequest, MatchReport, MatchedPair,
    UnmatchedSource, UnmatchedTarget,
};
use dr_model::pair::MatchMethod;
use dr_model::place::{Direction, Place};

use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given;
use crate::screen::{Cell, Screen, Tone};
use crate::{names, row, text};

/// A direction, or a group that has one.
#[derive(Debug, Args)]
pub struct WhereArgs {
    /// The group: id or name. Says from where to where as well.
    #[arg(long, value_name = "GROUP", required_unless_present_all = ["from", "to"])]
    group: Option<String>,
    /// Where the original instances run.
    #[arg(long, value_name = "ACCOUNT/REGION", requires = "to")]
    from: Option<Place>,
    /// Where they are recovered, and where DRS has their source servers.
    #[arg(long, value_name = "ACCOUNT/REGION", requires = "from")]
    to: Option<Place>,
}

/// What [`WhereArgs`] means.
pub(super) struct Where {
    pub(super) direction: Direction,
    pub(super) group_id: Option<dr_model::ids::GroupId>,
}

impl WhereArgs {
    pub(super) async fn find(self, desk: &Desk<'_>) -> Result<Where, Failure> {
        let given = match (self.from, self.to) {
            (Some(primary), Some(recovery)) => Some(Direction { primary, recovery }),
            _ => None,
        };
        match (self.group, given) {
            (None, Some(direction)) => Ok(Where {
                direction,
                group_id: None,
            }),
            (None, None) => Err(Failure::Usage(
                "Give --group, or --from and --to".to_owned(),
            )),
            (Some(name), given) => {
                let group = names::group(&desk.client, &name).await?;
                if given.is_some_and(|given| given != group.direction) {
                    return Err(Failure::Usage(format!(
                        "The group {} goes from {} to {}",
                        group.name, group.direction.primary, group.direction.recovery
                    )));
                }
                Ok(Where {
                    direction: group.direction,
                    group_id: Some(group.id),
                })
            }
        }
    }
}

/// Matches.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dr match --group web
  dr match --from 111122223333/us-east-1 --to 444455556666/us-west-2 --tolerance 0.2")]
pub struct Match {
    #[command(flatten)]
    place: WhereArgs,
    /// How unlike two names may be and still be paired: 0 takes equal names only.
    #[arg(long, default_value = "0", value_parser = given::tolerance)]
    tolerance: FuzzyTolerance,
    /// Compare letters, digits and spaces only.
    #[arg(long)]
    ignore_special_characters: bool,
}

impl Match {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let place = self.place.find(desk).await?;
        let request = MatchInstancesRequest {
            primary_account_id: place.direction.primary.account_id,
            dr_account_id: place.direction.recovery.account_id,
            primary_region: place.direction.primary.region,
            dr_region: place.direction.recovery.region,
            fuzzy_matching_tolerance: self.tolerance,
            ignore_special_characters: self.ignore_special_characters,
            group_id: place.group_id,
        };
        let answer = desk.client.call::<MatchInstances>(&request).await?;
        desk.show(&answer, |screen, report| draw(screen, &report))
    }
}

fn draw(screen: &mut Screen, report: &MatchReport) -> io::Result<()> {
    let rows = report.matched_pairs.iter().map(matched_row).collect();
    let headings = [
        "server",
        "name",
        "match",
        "instance",
        "instance name",
        "private ip",
    ];
    screen.table(&headings, rows, "No server matches an instance.")?;
    unmatched(
        screen,
        &report.unmatched_sources,
        &report.unmatched_targets,
        &report.duplicates,
    )?;
    screen.line("")?;
    screen.line(&format!(
        "{} of {} matched ({}); {} in question.",
        report.matched_count,
        text::count(report.total_sources, "server"),
        text::percent(report.match_rate),
        text::count(report.total_targets, "instance"),
    ))
}

fn matched_row(pair: &MatchedPair) -> Vec<Cell> {
    let name = pair
        .source_name_tag
        .as_ref()
        .or(pair.source_hostname.as_ref());
    row![
        &pair.source_server_id,
        text::or_dash(name),
        method(pair.match_method, pair.match_confidence),
        &pair.target_instance_id,
        text::or_dash(pair.target_name_tag.as_ref()),
        text::or_dash(pair.target_private_ip.as_ref()),
    ]
}

/// How a pair came about, with the likeness of a fuzzy one.
pub(super) fn method(method: MatchMethod, confidence: f64) -> Cell {
    match method {
        MatchMethod::Exact => Cell::toned("exact", Tone::Good),
        MatchMethod::Fuzzy => Cell::toned(
            format!("fuzzy {}", text::percent(confidence)),
            Tone::Doubtful,
        ),
        MatchMethod::Manual => Cell::from("manual"),
    }
}

/// What has no counterpart, and why.
pub(super) fn unmatched(
    screen: &mut Screen,
    sources: &[UnmatchedSource],
    targets: &[UnmatchedTarget],
    duplicates: &[DuplicateName],
) -> io::Result<()> {
    if !sources.is_empty() {
        let rows = sources
            .iter()
            .map(|one| {
                let name = text::or_dash(one.source_name_tag.as_ref());
                row![&one.source_server_id, name, &one.reason]
            })
            .collect();
        screen.line("")?;
        screen.table(&["server without instance", "name", "why"], rows, "")?;
    }
    if !targets.is_empty() {
        let rows = targets
            .iter()
            .map(|one| {
                let name = text::or_dash(one.target_name_tag.as_ref());
                row![&one.target_instance_id, name, &one.reason]
            })
            .collect();
        screen.line("")?;
        screen.table(&["instance without server", "name", "why"], rows, "")?;
    }
    if !duplicates.is_empty() {
        let rows = duplicates
            .iter()
            .map(|one| row![&one.name, &one.side, one.ids.join(" ")])
            .collect();
        screen.line("")?;
        screen.table(&["name that is not unique", "side", "ids"], rows, "")?;
    }
    Ok(())
}
