//! From JSON text to a `Machine`: every field is either understood or a problem.

mod choice;
mod flow;
mod fork;
mod recovery;
mod state;
mod task;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::definition::Machine;
use crate::limits::MAX_SECONDS;
use crate::problem::{Fields, Located, Problem, Refused, Report};

/// What the reading of a whole definition shares.
pub(super) struct Reading<'a> {
    pub(super) report: &'a Report,
    /// State names seen so far: they must be unique in the whole machine.
    pub(super) names: BTreeSet<String>,
}

pub(crate) fn machine(definition: &str) -> Result<Machine, Refused> {
    let refused = |problems: Vec<Problem>| Refused { problems };
    let value: Value = serde_json::from_str(definition).map_err(|error| {
        refused(vec![Problem {
            pointer: String::new(),
            message: format!("not JSON: {error}"),
        }])
    })?;
    let report = Report::default();
    let machine = read(
        &Located {
            value: &value,
            pointer: String::new(),
        },
        &report,
    );
    let problems = report.into_problems();
    match machine {
        Some(machine) if problems.is_empty() => Ok(machine),
        _ => Err(refused(problems)),
    }
}

fn read(at: &Located<'_>, report: &Report) -> Option<Machine> {
    let mut fields = Fields::open(at, report)?;
    let mut reading = Reading {
        report,
        names: BTreeSet::new(),
    };
    fields.ignore("Comment");
    query_language(&mut fields);
    if fields
        .text("Version")
        .is_some_and(|version| version != "1.0")
    {
        fields.problem("Version", "only version 1.0 is supported");
    }
    let timeout_seconds = fields.integer("TimeoutSeconds", 1..=MAX_SECONDS);
    let flow = flow::read(&mut fields, &mut reading);
    fields.finish();
    Some(Machine {
        flow: flow?,
        timeout_seconds,
    })
}

pub(super) fn query_language(fields: &mut Fields<'_>) {
    if fields
        .text("QueryLanguage")
        .is_some_and(|language| language != "JSONPath")
    {
        fields.problem("QueryLanguage", "only JSONPath is supported");
    }
}
