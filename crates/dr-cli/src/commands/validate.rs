//! `dr validate` and `dr validate-ip`, and how checks are shown everywhere.

use std::io;

use clap::Args;
use dr_api::matching::{
    IpReport, PairRef, ValidateInstancePairs, ValidateIpPreservation, ValidateIpRequest,
    ValidatePairsRequest, ValidationReport, ValidationType,
};
use dr_model::check::{Check, Severity};

use super::matching::WhereArgs;
use crate::desk::Desk;
use crate::failure::{Failure, Outcome, push_check};
use crate::given;
use crate::screen::{Cell, Screen, Tone};
use crate::{names, row, text};

/// Validates pairs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dr validate --group web
  dr validate --from 111122223333/us-east-1 --to 444455556666/us-west-2
  dr validate --group web --pair s-0123456789abcdef0=i-0123456789abcdef0")]
pub struct Validate {
    #[command(flatten)]
    place: WhereArgs,
    /// Only this pair; repeat for more [otherwise: every saved pair of the group, or of the direction].
    #[arg(long = "pair", value_name = "SERVER=INSTANCE", value_parser = given::pair)]
    pairs: Vec<PairRef>,
    /// Leave launch configurations out: they take one call of DRS for each server.
    #[arg(long)]
    without_launch_configuration: bool,
}

impl Validate {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let place = self.place.find(desk).await?;
        let request = ValidatePairsRequest {
            primary_account_id: place.direction.primary.account_id,
            dr_account_id: place.direction.recovery.account_id,
            primary_region: place.direction.primary.region,
            dr_region: place.direction.recovery.region,
            validation_type: ValidationType::Failover,
            pairs: (!self.pairs.is_empty()).then_some(self.pairs),
            group_id: place.group_id,
            include_launch_configuration: !self.without_launch_configuration,
        };
        let answer = desk.client.call::<ValidateInstancePairs>(&request).await?;
        desk.judge(&answer, draw, |report| outcome(report.validation_passed))
    }
}

/// What a verdict means for scripts.
pub(super) fn outcome(passed: bool) -> Outcome {
    if passed {
        Outcome::Done
    } else {
        Outcome::ChecksFailed
    }
}

fn draw(screen: &mut Screen, report: &ValidationReport) -> io::Result<()> {
    checks(screen, &report.checks)?;
    let rows = report
        .pairs
        .iter()
        .map(|pair| {
            let valid = if pair.valid {
                Cell::toned("valid", Tone::Good)
            } else {
                Cell::toned("not valid", Tone::Bad)
            };
            row![
                &pair.source_server_id,
                text::or_dash(pair.target_instance_id.as_ref()),
                valid,
                pair.passed_checks,
                pair.failed_checks.len(),
            ]
        })
        .collect();
    let headings = ["server", "instance", "verdict", "passed", "failed"];
    screen.line("")?;
    screen.table(&headings, rows, "No pair is saved.")?;
    for pair in &report.pairs {
        failed(screen, &pair.failed_checks)?;
    }
    verdict(screen, report.validation_passed)
}

/// A table of checks, passed and failed; then what to do about those that failed.
pub(super) fn checks(screen: &mut Screen, checks: &[Check]) -> io::Result<()> {
    let rows = checks
        .iter()
        .map(|check| {
            let verdict = match (check.passed, check.severity) {
                (true, _) => Cell::toned("passed", Tone::Good),
                (false, Severity::Critical) => Cell::toned("failed", Tone::Bad),
                (false, Severity::Warning) => Cell::toned("warning", Tone::Doubtful),
                (false, Severity::Info) => Cell::from("note"),
            };
            row![&check.name, verdict, &check.subject, &check.message]
        })
        .collect();
    screen.table(&["check", "verdict", "of", "seen"], rows, "No check.")?;
    failed(screen, checks)
}

/// The failed ones in full.
pub(super) fn failed(screen: &mut Screen, checks: &[Check]) -> io::Result<()> {
    let mut block = String::new();
    for check in checks.iter().filter(|check| !check.passed) {
        push_check(&mut block, check);
    }
    screen.block(&block)
}

/// The last word.
pub(super) fn verdict(screen: &mut Screen, passed: bool) -> io::Result<()> {
    screen.line(if passed {
        "Passed: no critical check failed."
    } else {
        "Not passed: a critical check failed."
    })
}

/// Validates IPs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dr validate-ip --group web
  dr validate-ip --execution latest")]
pub struct ValidateIp {
    /// Will they be kept? By the saved pairs of this group: id or name.
    #[arg(long, required_unless_present = "execution")]
    group: Option<String>,
    /// Were they kept? In this execution: id or `latest`.
    #[arg(long, conflicts_with = "group")]
    execution: Option<String>,
}

impl ValidateIp {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let group_id = match &self.group {
            Some(group) => Some(names::group_id(&desk.client, group).await?),
            None => None,
        };
        let execution_id = match &self.execution {
            Some(execution) => Some(names::execution_id(&desk.client, execution).await?),
            None => None,
        };
        let request = ValidateIpRequest {
            execution_id,
            group_id,
        };
        let answer = desk.client.call::<ValidateIpPreservation>(&request).await?;
        desk.judge(&answer, draw_ips, |report| outcome(report.all_preserved))
    }
}

fn draw_ips(screen: &mut Screen, report: &IpReport) -> io::Result<()> {
    let rows = report
        .servers
        .iter()
        .map(|server| {
            row![
                &server.source_server_id,
                text::or_dash(server.target_instance_id.as_ref()),
                text::or_dash(server.source_private_ip.as_ref()),
                text::or_dash(server.target_private_ip.as_ref()),
                text::or_dash(server.recovered_private_ip.as_ref()),
                Cell::good_if(server.preserved),
                if server.same_as_source { "yes" } else { "no" },
                text::or_dash(server.reason.as_ref()),
            ]
        })
        .collect();
    let headings = [
        "server",
        "instance",
        "source ip",
        "target ip",
        "recovered ip",
        "kept",
        "same as source",
        "why not",
    ];
    screen.table(&headings, rows, "No server.")?;
    screen.line(&format!(
        "{} of {} kept.",
        report.preserved_count,
        text::count(report.servers.len(), "private IP")
    ))
}
