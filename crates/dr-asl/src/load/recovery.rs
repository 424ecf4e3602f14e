//! Retry and Catch.

use super::flow::Edge;
use super::state::result_path;
use crate::limits::MAX_SECONDS;
use crate::problem::{Fields, Located, Report, below};
use crate::retry::{Catcher, Recovery, Retrier};

/// The error names of the service ("Error names" in the developer guide). Names of their own that
/// tasks report do not begin with `States.`.
const STATES_ERRORS: [&str; 15] = [
    "States.ALL",
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout",
    "States.Http.Socket",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.Permissions",
    "States.ResultPathMatchFailure",
    "States.Runtime",
    "States.TaskFailed",
    "States.Timeout",
];

/// The most retries that a retrier may ask for.
const MAX_ATTEMPTS: u64 = 99_999_999;

/// "MaxDelaySeconds ... must be greater than 0 and less than 31622400".
const MAX_DELAY_SECONDS: u64 = 31_622_399;

pub(in crate::load) fn read(fields: &mut Fields<'_>, edges: &mut Vec<Edge>) -> Recovery {
    let report = fields.report;
    let retry = fields.list("Retry");
    let catch = fields.list("Catch");
    Recovery {
        retry: retry
            .iter()
            .enumerate()
            .filter_map(|(index, at)| retrier(at, index + 1 == retry.len(), report))
            .collect(),
        catch: catch
            .iter()
            .enumerate()
            .filter_map(|(index, at)| catcher(at, index + 1 == catch.len(), report, edges))
            .collect(),
    }
}

fn retrier(at: &Located<'_>, last: bool, report: &Report) -> Option<Retrier> {
    let mut fields = Fields::open(at, report)?;
    fields.ignore("Comment");
    let errors = errors(&mut fields, last);
    let interval_seconds = fields
        .integer("IntervalSeconds", 1..=MAX_SECONDS)
        .unwrap_or(1);
    let max_attempts = fields.integer("MaxAttempts", 0..=MAX_ATTEMPTS).unwrap_or(3);
    let max_delay_seconds = fields.integer("MaxDelaySeconds", 1..=MAX_DELAY_SECONDS);
    if max_delay_seconds.is_some_and(|most| most <= interval_seconds) {
        fields.problem("MaxDelaySeconds", "must be greater than IntervalSeconds");
    }
    let backoff_rate = match fields.take("BackoffRate").map(|at| at.value.as_f64()) {
        None => 2.0,
        Some(Some(rate)) if rate >= 1.0 => rate,
        Some(_) => {
            fields.problem("BackoffRate", "must be a number of at least 1.0");
            1.0
        }
    };
    let full_jitter = match fields.text("JitterStrategy") {
        None | Some("NONE") => false,
        Some("FULL") => true,
        Some(_) => {
            fields.problem("JitterStrategy", "must be NONE or FULL");
            false
        }
    };
    fields.finish();
    Some(Retrier {
        errors,
        interval_seconds,
        backoff_rate,
        max_attempts,
        max_delay_seconds,
        full_jitter,
    })
}

fn catcher(
    at: &Located<'_>,
    last: bool,
    report: &Report,
    edges: &mut Vec<Edge>,
) -> Option<Catcher> {
    let mut fields = Fields::open(at, report)?;
    fields.ignore("Comment");
    let errors = errors(&mut fields, last);
    let path = result_path(&mut fields);
    let next = fields.required_text("Next").map(str::to_owned);
    if let Some(to) = &next {
        edges.push(Edge {
            pointer: below(&at.pointer, "Next"),
            to: to.clone(),
        });
    }
    fields.finish();
    Some(Catcher {
        errors,
        path: path?,
        next: next?,
    })
}

fn errors(fields: &mut Fields<'_>, last: bool) -> Vec<String> {
    let pointer = below(&fields.pointer, "ErrorEquals");
    let report = fields.report;
    if !fields.has("ErrorEquals") {
        report.add(&fields.pointer, "the field \"ErrorEquals\" is missing");
    }
    let mut errors = Vec::new();
    for at in fields.list("ErrorEquals") {
        match at.value.as_str() {
            Some(name) if name.starts_with("States.") && !STATES_ERRORS.contains(&name) => {
                report.add(
                    at.pointer,
                    format!("\"{name}\" is not an error name of the service"),
                );
            }
            Some(name) => errors.push(name.to_owned()),
            None => report.add(at.pointer, "must be a string"),
        }
    }
    if errors.iter().any(|name| name == "States.ALL") && (errors.len() > 1 || !last) {
        report.add(pointer, "States.ALL must stand alone and in the last place");
    }
    errors
}
