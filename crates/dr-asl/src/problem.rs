//! What is wrong with a definition: every problem with the JSON pointer of its place, gathered in
//! one pass so that an author sees them all at once. `Fields` is the reader that makes unknown
//! fields impossible to overlook: what nobody took is a problem.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

/// One reason for which a definition is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// JSON pointer (RFC 6901) into the definition; empty for the whole document.
    pub pointer: String,
    /// What is wrong, in words.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "/"
        } else {
            &self.pointer
        };
        write!(f, "{place}: {}", self.message)
    }
}

/// A definition that this interpreter will not run, with every reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// All problems, in the order of the document; never empty.
    pub problems: Vec<Problem>,
}

impl std::error::Error for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the state machine definition is refused")?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

/// Gathers problems while a definition is read.
#[derive(Debug, Default)]
pub(crate) struct Report(RefCell<Vec<Problem>>);

impl Report {
    pub(crate) fn add(&self, pointer: impl Into<String>, message: impl Into<String>) {
        self.0.borrow_mut().push(Problem {
            pointer: pointer.into(),
            message: message.into(),
        });
    }

    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.0.into_inner()
    }
}

/// Appends one segment to a JSON pointer.
pub(crate) fn below(pointer: &str, segment: impl fmt::Display) -> String {
    let escaped = segment.to_string().replace('~', "~0").replace('/', "~1");
    format!("{pointer}/{escaped}")
}

/// A value together with its place.
#[derive(Debug, Clone)]
pub(crate) struct Located<'a> {
    pub(crate) value: &'a Value,
    pub(crate) pointer: String,
}

/// One JSON object being read: each field is taken by name, and `finish` reports the rest.
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    pub(crate) pointer: String,
    taken: BTreeSet<String>,
    pub(crate) report: &'a Report,
}

impl<'a> Fields<'a> {
    /// Opens an object; anything else is a problem and gives nothing.
    pub(crate) fn open(at: &Located<'a>, report: &'a Report) -> Option<Self> {
        let Some(object) = at.value.as_object() else {
            report.add(&at.pointer, "must be an object");
            return None;
        };
        Some(Self {
            object,
            pointer: at.pointer.clone(),
            taken: BTreeSet::new(),
            report,
        })
    }

    pub(crate) fn problem(&self, field: &str, message: impl Into<String>) {
        self.report.add(below(&self.pointer, field), message);
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.object.contains_key(field)
    }

    pub(crate) fn take(&mut self, field: &str) -> Option<Located<'a>> {
        let value = self.object.get(field)?;
        self.taken.insert(field.to_owned());
        Some(Located {
            value,
            pointer: below(&self.pointer, field),
        })
    }

    pub(crate) fn required(&mut self, field: &str) -> Option<Located<'a>> {
        let found = self.take(field);
        if found.is_none() {
            self.report
                .add(&self.pointer, format!("the field \"{field}\" is missing"));
        }
        found
    }

    pub(crate) fn text(&mut self, field: &str) -> Option<&'a str> {
        let at = self.take(field)?;
        let text = at.value.as_str();
        if text.is_none() {
            self.report.add(at.pointer, "must be a string");
        }
        text
    }

    pub(crate) fn required_text(&mut self, field: &str) -> Option<&'a str> {
        if !self.has(field) {
            self.report
                .add(&self.pointer, format!("the field \"{field}\" is missing"));
        }
        self.text(field)
    }

    /// An integer within `range`.
    pub(crate) fn integer(
        &mut self,
        field: &str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Option<u64> {
        let at = self.take(field)?;
        let number = at.value.as_u64().filter(|number| range.contains(number));
        if number.is_none() {
            let (low, high) = (range.start(), range.end());
            self.report.add(
                at.pointer,
                format!("must be an integer from {low} to {high}"),
            );
        }
        number
    }

    /// The elements of an array that must not be empty; an absent field gives nothing.
    pub(crate) fn list(&mut self, field: &str) -> Vec<Located<'a>> {
        let Some(at) = self.take(field) else {
            return Vec::new();
        };
        match at.value.as_array() {
            Some(items) if !items.is_empty() => items
                .iter()
                .enumerate()
                .map(|(index, value)| Located {
                    value,
                    pointer: below(&at.pointer, index),
                })
                .collect(),
            _ => {
                self.report
                    .add(at.pointer, "must be an array that is not empty");
                Vec::new()
            }
        }
    }

    /// Takes what means nothing to the interpreter.
    pub(crate) fn ignore(&mut self, field: &str) {
        let _ = self.text(field);
    }

    /// Reports every field that nobody took.
    pub(crate) fn finish(self) {
        for field in self
            .object
            .keys()
            .filter(|field| !self.taken.contains(*field))
        {
            self.problem(field, "this field is not supported here");
        }
    }
}
