//! `dr validate` and `dr validate-ip`, and how checks are shown everywhere.

use std::collections::HashMap;
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
    // The checks of all pairs together: each in full comes below, by its pairs.
    check_table(screen, &report.checks)?;
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
    let all = report.pairs.iter().flat_map(|pair| &pair.failed_checks);
    failed(screen, &told_once(all))?;
    verdict(screen, report.validation_passed)
}

/// Checks that say the same of several subjects, as one that names them all: in the order they come.
fn told_once<'a>(checks: impl Iterator<Item = &'a Check>) -> Vec<Check> {
    /// Subjects that are named; more are counted.
    const NAMED: usize = 4;
    let mut kinds: Vec<(Check, Vec<&str>)> = Vec::new();
    let mut known = HashMap::new();
    for check in checks {
        // A message that names its subject is the same message.
        let message = match check.subject.as_str() {
            "" => check.message.clone(),
            subject => check.message.replace(subject, "it"),
        };
        let seen = (check.expected.as_deref(), check.actual.as_deref());
        let kind = (
            (check.name.as_str(), check.severity),
            message.clone(),
            seen,
            check.remediation.as_deref(),
        );
        let index = *known.entry(kind).or_insert(kinds.len());
        match kinds.get_mut(index) {
            Some((first, subjects)) => {
                subjects.push(&check.subject);
                first.message = message;
            }
            None => kinds.push((check.clone(), vec![&check.subject])),
        }
    }
    kinds
        .into_iter()
        .map(|(check, subjects)| {
            let more = match subjects.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let named: Vec<&str> = subjects.into_iter().take(NAMED).collect();
            Check {
                subject: format!("{}{more}", named.join(", ")),
                ..check
            }
        })
        .collect()
}

/// A table of checks, passed and failed; then what to do about those that failed.
pub(super) fn checks(screen: &mut Screen, checks: &[Check]) -> io::Result<()> {
    check_table(screen, checks)?;
    failed(screen, checks)
}

fn check_table(screen: &mut Screen, checks: &[Check]) -> io::Result<()> {
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
    screen.table(&["check", "verdict", "of", "seen"], rows, "No check.")
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

#[cfg(test)]
mod tests {
    use dr_model::check::{Check, Severity};

    use super::told_once;

    fn lag(server: &str, remediation: &str) -> Check {
        let message = format!("{server} is behind");
        Check::fail("lag", Severity::Info, server, message, remediation)
    }

    #[test]
    fn what_is_the_same_for_many_is_told_once_with_those_it_is_true_of() {
        let names = ["s-1", "s-2", "s-3", "s-4", "s-5", "s-6"];
        let mut checks: Vec<Check> = names.iter().map(|name| lag(name, "Wait")).collect();
        checks.insert(1, lag("s-9", "Look"));
        let told = told_once(checks.iter());
        let subjects: Vec<&str> = told.iter().map(|check| check.subject.as_str()).collect();
        assert_eq!(subjects, ["s-1, s-2, s-3, s-4 and 2 more", "s-9"]);
        let messages: Vec<&str> = told.iter().map(|check| check.message.as_str()).collect();
        assert_eq!(messages, ["it is behind", "s-9 is behind"]);
    }
}
