//! StartAt and States, and what can only be seen from above: transitions that lead nowhere, states
//! that nothing leads to, and flows that cannot end.

use std::collections::{BTreeMap, BTreeSet};

use super::{Reading, state};
use crate::definition::{Flow, Kind, Next, State};
use crate::limits::MAX_STATE_NAME;
use crate::problem::{Fields, Located, Report, below};

/// A reference from one state to another, with its place.
pub(super) struct Edge {
    pub(super) pointer: String,
    pub(super) to: String,
}

pub(super) fn read(fields: &mut Fields<'_>, reading: &mut Reading<'_>) -> Option<Flow> {
    let report = reading.report;
    let start_at = fields.required_text("StartAt").map(str::to_owned);
    let states_at = fields.required("States")?;
    let Some(object) = states_at.value.as_object() else {
        report.add(&states_at.pointer, "must be an object");
        return None;
    };
    let mut states = BTreeMap::new();
    let mut edges: BTreeMap<String, Vec<Edge>> = BTreeMap::new();
    for (name, value) in object {
        let at = Located {
            value,
            pointer: below(&states_at.pointer, name),
        };
        check_name(name, &at.pointer, reading);
        let mut out = Vec::new();
        if let Some(state) = state::read(&at, reading, &mut out) {
            states.insert(name.clone(), state);
        }
        edges.insert(name.clone(), out);
    }
    if object.is_empty() {
        report.add(&states_at.pointer, "there are no states");
    }
    let start_at = start_at?;
    if !object.contains_key(&start_at) {
        fields.problem("StartAt", format!("there is no state \"{start_at}\""));
    }
    check_graph(&start_at, &edges, &states_at.pointer, report);
    // A state that was refused may have been the terminal one: complain only of whole flows.
    if !states.is_empty() && states.len() == object.len() && !states.values().any(is_terminal) {
        report.add(
            &states_at.pointer,
            "no state ends the flow (End, Succeed or Fail)",
        );
    }
    Some(Flow { start_at, states })
}

fn check_name(name: &str, pointer: &str, reading: &mut Reading<'_>) {
    if name.is_empty() || name.chars().count() > MAX_STATE_NAME {
        reading.report.add(
            pointer,
            format!("a state's name has 1 to {MAX_STATE_NAME} characters"),
        );
    }
    if !reading.names.insert(name.to_owned()) {
        reading
            .report
            .add(pointer, format!("the state name \"{name}\" is used twice"));
    }
}

fn check_graph(
    start_at: &str,
    edges: &BTreeMap<String, Vec<Edge>>,
    pointer: &str,
    report: &Report,
) {
    for edge in edges
        .values()
        .flatten()
        .filter(|edge| !edges.contains_key(&edge.to))
    {
        report.add(
            &edge.pointer,
            format!("there is no state \"{}\" here", edge.to),
        );
    }
    let mut reached = BTreeSet::new();
    let mut todo = vec![start_at];
    while let Some(name) = todo.pop() {
        if let Some(out) = edges.get(name)
            && reached.insert(name)
        {
            todo.extend(out.iter().map(|edge| edge.to.as_str()));
        }
    }
    if edges.contains_key(start_at) {
        for name in edges.keys().filter(|name| !reached.contains(name.as_str())) {
            report.add(below(pointer, name), "nothing leads to this state");
        }
    }
}

fn is_terminal(state: &State) -> bool {
    match &state.kind {
        Kind::Succeed | Kind::Fail { .. } => true,
        Kind::Choice { .. } => false,
        Kind::Pass { next, .. } | Kind::Wait { next, .. } => *next == Next::End,
        Kind::Task(task) => task.next == Next::End,
        Kind::Parallel(parallel) => parallel.next == Next::End,
        Kind::Map(map) => map.next == Next::End,
    }
}
