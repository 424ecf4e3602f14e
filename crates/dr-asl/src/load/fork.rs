//! Parallel and Map.

use super::flow::{self, Edge};
use super::state::{next, result, source, template};
use super::{Reading, query_language, recovery};
use crate::definition::{Flow, Kind, MapState, Parallel};
use crate::path::Source;
use crate::problem::{Fields, Located};

/// MaxConcurrency of a Map with an inline processor; 0 is no limit.
const MAX_CONCURRENCY: u64 = 10_000;

pub(super) fn parallel(
    fields: &mut Fields<'_>,
    reading: &mut Reading<'_>,
    edges: &mut Vec<Edge>,
) -> Option<Kind> {
    if !fields.has("Branches") {
        fields
            .report
            .add(&fields.pointer, "the field \"Branches\" is missing");
    }
    let branches: Vec<Option<Flow>> = fields
        .list("Branches")
        .iter()
        .map(|at| inner_flow(at, reading, false))
        .collect();
    let parameters = template(fields, "Parameters");
    let result = result(fields);
    let recovery = recovery::read(fields, edges);
    let next = next(fields, edges);
    Some(Kind::Parallel(Box::new(Parallel {
        branches: branches.into_iter().collect::<Option<_>>()?,
        parameters,
        result: result?,
        recovery,
        next: next?,
    })))
}

pub(super) fn map(
    fields: &mut Fields<'_>,
    reading: &mut Reading<'_>,
    edges: &mut Vec<Edge>,
) -> Option<Kind> {
    let items = if fields.has("ItemsPath") {
        source(fields, "ItemsPath")
    } else {
        Some(Source::whole_input())
    };
    let selector = either(fields, "ItemSelector", "Parameters", template);
    // Iterator and Parameters are the names that ItemProcessor and ItemSelector had before.
    let processor = either(fields, "ItemProcessor", "Iterator", Fields::take)
        .map(|at| inner_flow(&at, reading, true));
    if processor.is_none() {
        fields
            .report
            .add(&fields.pointer, "the field \"ItemProcessor\" is missing");
    }
    let max_concurrency = fields
        .integer("MaxConcurrency", 0..=MAX_CONCURRENCY)
        .and_then(|most| usize::try_from(most).ok())
        .filter(|most| *most > 0);
    let result = result(fields);
    let recovery = recovery::read(fields, edges);
    let next = next(fields, edges);
    Some(Kind::Map(Box::new(MapState {
        items: items?,
        selector,
        processor: processor??,
        max_concurrency,
        result: result?,
        recovery,
        next: next?,
    })))
}

/// Takes one of two names for the same thing.
fn either<'a, T>(
    fields: &mut Fields<'a>,
    name: &str,
    former: &str,
    take: impl Fn(&mut Fields<'a>, &str) -> Option<T>,
) -> Option<T> {
    if fields.has(name) && fields.has(former) {
        fields.problem(former, format!("{name} and {former} exclude each other"));
    }
    let old = take(fields, former);
    take(fields, name).or(old)
}

fn inner_flow(at: &Located<'_>, reading: &mut Reading<'_>, processor: bool) -> Option<Flow> {
    let mut fields = Fields::open(at, reading.report)?;
    fields.ignore("Comment");
    query_language(&mut fields);
    if processor
        && let Some(config) = fields.take("ProcessorConfig")
        && let Some(mut config) = Fields::open(&config, reading.report)
    {
        if config.text("Mode").is_some_and(|mode| mode != "INLINE") {
            config.problem("Mode", "only INLINE is supported");
        }
        config.finish();
    }
    let flow = flow::read(&mut fields, reading);
    fields.finish();
    flow
}
