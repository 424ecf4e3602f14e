//! Payload templates (Parameters, ResultSelector, ItemSelector): JSON in which a key that ends in
//! `.$` has a path or an intrinsic function as its value.

use serde_json::{Map, Value};

use crate::context::Scope;
use crate::failure::Failure;
use crate::intrinsic::{self, Call};
use crate::path::Source;
use crate::problem::{Located, Report, below};

/// A template as parsed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Template {
    Literal(Value),
    Query { key: String, query: Query },
    Object(Vec<(String, Template)>),
    Array(Vec<Template>),
}

/// The value of a `.$` key, and of ErrorPath and CausePath.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Query {
    Path(Source),
    Call(Call),
}

impl Query {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with('$') {
            return Source::parse(text).map(Self::Path);
        }
        if text.starts_with("States.") {
            return intrinsic::parse(text).map(Self::Call);
        }
        Err("must be a path or an intrinsic function".to_owned())
    }

    pub(crate) fn resolve(&self, scope: &Scope<'_>, field: &str) -> Result<Value, Failure> {
        match self {
            Self::Path(source) => scope.value(source, field).cloned(),
            Self::Call(call) => call.evaluate(scope, field),
        }
    }

    fn visit_paths(&self, visit: &mut dyn FnMut(&Source)) {
        match self {
            Self::Path(source) => visit(source),
            Self::Call(call) => call.visit_paths(visit),
        }
    }
}

impl Template {
    pub(crate) fn parse(at: &Located<'_>, report: &Report) -> Self {
        match at.value {
            Value::Object(object) => Self::Object(fields(object, &at.pointer, report)),
            Value::Array(items) => Self::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, value)| {
                        Self::parse(
                            &Located {
                                value,
                                pointer: below(&at.pointer, index),
                            },
                            report,
                        )
                    })
                    .collect(),
            ),
            literal => Self::Literal(literal.clone()),
        }
    }

    pub(crate) fn resolve(&self, scope: &Scope<'_>) -> Result<Value, Failure> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Query { key, query } => query.resolve(scope, key),
            Self::Object(fields) => fields
                .iter()
                .map(|(key, template)| Ok((key.clone(), template.resolve(scope)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object),
            Self::Array(items) => items
                .iter()
                .map(|item| item.resolve(scope))
                .collect::<Result<_, _>>()
                .map(Value::Array),
        }
    }

    /// Every path in the template, those inside function calls too.
    pub(crate) fn visit_paths(&self, visit: &mut dyn FnMut(&Source)) {
        match self {
            Self::Literal(_) => {}
            Self::Query { query, .. } => query.visit_paths(visit),
            Self::Object(fields) => fields
                .iter()
                .for_each(|(_, field)| field.visit_paths(visit)),
            Self::Array(items) => items.iter().for_each(|item| item.visit_paths(visit)),
        }
    }
}

fn fields(object: &Map<String, Value>, pointer: &str, report: &Report) -> Vec<(String, Template)> {
    let mut fields = Vec::new();
    for (key, value) in object {
        let at = Located {
            value,
            pointer: below(pointer, key),
        };
        let Some(name) = key.strip_suffix(".$") else {
            fields.push((key.clone(), Template::parse(&at, report)));
            continue;
        };
        if object.contains_key(name) {
            report.add(&at.pointer, format!("\"{name}\" is given twice"));
        }
        let parsed = value
            .as_str()
            .ok_or_else(|| "must be a string".to_owned())
            .and_then(Query::parse);
        match parsed {
            Ok(query) => {
                fields.push((
                    name.to_owned(),
                    Template::Query {
                        key: key.clone(),
                        query,
                    },
                ));
            }
            Err(message) => report.add(at.pointer, message),
        }
    }
    fields
}
