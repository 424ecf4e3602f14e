//! One state: the fields that several types share, and the small types.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::flow::Edge;
use super::{Reading, choice, fork, query_language, task};
use crate::definition::{Kind, Next, ResultFlow, ResultPath, State, Until, Window, Words};
use crate::limits::MAX_SECONDS;
use crate::path::{ReferencePath, Source};
use crate::problem::{Fields, Located, below};
use crate::template::{Query, Template};

pub(super) fn read(
    at: &Located<'_>,
    reading: &mut Reading<'_>,
    edges: &mut Vec<Edge>,
) -> Option<State> {
    let mut fields = Fields::open(at, reading.report)?;
    fields.ignore("Comment");
    query_language(&mut fields);
    let kind_name = fields.required_text("Type")?;
    let is_fail = kind_name == "Fail";
    let window = |fields: &mut Fields<'_>, field: &str| {
        if is_fail {
            Some(Window::At(Source::whole_input()))
        } else {
            window(fields, field)
        }
    };
    let input_path = window(&mut fields, "InputPath");
    let output_path = window(&mut fields, "OutputPath");
    let kind = match kind_name {
        "Task" => task::read(&mut fields, edges).map(|task| Kind::Task(Box::new(task))),
        "Parallel" => fork::parallel(&mut fields, reading, edges),
        "Map" => fork::map(&mut fields, reading, edges),
        "Choice" => choice::read(&mut fields, edges),
        "Pass" => pass(&mut fields, edges),
        "Wait" => wait(&mut fields, edges),
        "Succeed" => Some(Kind::Succeed),
        "Fail" => Some(Kind::Fail {
            error: words(&mut fields, "Error"),
            cause: words(&mut fields, "Cause"),
        }),
        other => {
            fields.problem(
                "Type",
                format!("the state type \"{other}\" is not supported"),
            );
            return None;
        }
    };
    fields.finish();
    Some(State {
        input_path: input_path?,
        output_path: output_path?,
        kind: kind?,
    })
}

fn pass(fields: &mut Fields<'_>, edges: &mut Vec<Edge>) -> Option<Kind> {
    let result = fields.take("Result").map(|at| at.value.clone());
    let parameters = template(fields, "Parameters");
    let path = result_path(fields);
    let next = next(fields, edges);
    Some(Kind::Pass {
        result,
        parameters,
        path: path?,
        next: next?,
    })
}

fn wait(fields: &mut Fields<'_>, edges: &mut Vec<Edge>) -> Option<Kind> {
    let next = next(fields, edges);
    let mut given = Vec::new();
    if fields.has("Seconds") {
        given.push(
            fields
                .integer("Seconds", 0..=MAX_SECONDS)
                .map(Until::Seconds),
        );
    }
    if fields.has("SecondsPath") {
        given.push(input_source(fields, "SecondsPath").map(Until::SecondsPath));
    }
    if fields.has("Timestamp") {
        let text = fields.text("Timestamp");
        let at = text.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        if text.is_some() && at.is_none() {
            fields.problem("Timestamp", "must be an RFC 3339 timestamp");
        }
        given.push(at.map(|at| Until::Timestamp(at.with_timezone(&Utc))));
    }
    if fields.has("TimestampPath") {
        given.push(input_source(fields, "TimestampPath").map(Until::TimestampPath));
    }
    if given.len() != 1 {
        fields.report.add(
            &fields.pointer,
            "a Wait has exactly one of Seconds, SecondsPath, Timestamp and TimestampPath",
        );
        return None;
    }
    Some(Kind::Wait {
        until: given.pop()??,
        next: next?,
    })
}

fn words(fields: &mut Fields<'_>, field: &str) -> Option<Words> {
    let path_field = format!("{field}Path");
    if fields.has(field) && fields.has(&path_field) {
        fields.problem(
            &path_field,
            format!("{field} and {path_field} exclude each other"),
        );
    }
    let text = fields.text(field).map(|text| Words::Text(text.to_owned()));
    let query = fields.text(&path_field).map(Query::parse);
    match query {
        Some(Ok(query)) => Some(Words::Query(query)),
        Some(Err(message)) => {
            fields.problem(&path_field, message);
            None
        }
        None => text,
    }
}

/// Next or End: exactly one of them.
pub(super) fn next(fields: &mut Fields<'_>, edges: &mut Vec<Edge>) -> Option<Next> {
    let end = fields.take("End");
    if let Some(at) = &end
        && at.value != &Value::Bool(true)
    {
        fields.report.add(&at.pointer, "must be true");
    }
    match (fields.has("Next"), end) {
        (true, None) => {
            let to = fields.text("Next")?.to_owned();
            edges.push(Edge {
                pointer: below(&fields.pointer, "Next"),
                to: to.clone(),
            });
            Some(Next::State(to))
        }
        (false, Some(_)) => Some(Next::End),
        _ => {
            let _ = fields.take("Next");
            fields
                .report
                .add(&fields.pointer, "a state has exactly one of Next and End");
            None
        }
    }
}

pub(super) fn template(fields: &mut Fields<'_>, field: &str) -> Option<Template> {
    let at = fields.take(field)?;
    let template = Template::parse(&at, fields.report);
    refuse_token(fields, &template, &at.pointer);
    Some(template)
}

/// `$$.Task` exists only while a `.waitForTaskToken` task is being called.
pub(super) fn refuse_token(fields: &Fields<'_>, template: &Template, pointer: &str) {
    template.visit_paths(&mut |source| {
        if source.is_context_field("Task") {
            fields.report.add(
                pointer,
                format!(
                    "{} exists only in the Parameters of a .waitForTaskToken task",
                    source.text
                ),
            );
        }
    });
}

pub(super) fn source(fields: &mut Fields<'_>, field: &str) -> Option<Source> {
    let text = fields.text(field)?;
    match Source::parse(text) {
        Ok(source) if source.is_context_field("Task") => {
            fields.problem(field, "the task token cannot be read here");
            None
        }
        Ok(source) => Some(source),
        Err(message) => {
            fields.problem(field, message);
            None
        }
    }
}

/// A path that cannot read the context object.
pub(super) fn input_source(fields: &mut Fields<'_>, field: &str) -> Option<Source> {
    let source = source(fields, field)?;
    if source.root == crate::path::Root::Context {
        fields.problem(field, "the context object cannot be used here");
        return None;
    }
    Some(source)
}

fn window(fields: &mut Fields<'_>, field: &str) -> Option<Window> {
    if !fields.has(field) {
        return Some(Window::At(Source::whole_input()));
    }
    let at = fields.take(field)?;
    if at.value.is_null() {
        return Some(Window::Nothing);
    }
    source(fields, field).map(Window::At)
}

pub(super) fn result_path(fields: &mut Fields<'_>) -> Option<ResultPath> {
    let text = match fields.take("ResultPath").map(|at| at.value) {
        None => Some("$"),
        Some(Value::Null) => return Some(ResultPath::Drop),
        Some(value) => value.as_str(),
    };
    let parsed = text
        .ok_or_else(|| "must be a string or null".to_owned())
        .and_then(ReferencePath::parse);
    match parsed {
        Ok(path) => Some(ResultPath::At(path)),
        Err(message) => {
            fields.problem("ResultPath", message);
            None
        }
    }
}

pub(super) fn result(fields: &mut Fields<'_>) -> Option<ResultFlow> {
    let selector = template(fields, "ResultSelector");
    Some(ResultFlow {
        selector,
        path: result_path(fields)?,
    })
}
