//! What a state's templates and paths can read: its input and the context object `$$`. The context
//! is built only when somebody asks for it, and the execution's input, which may be large and is
//! asked for once per item of a Map, is copied into it only for a path that ends above it.

use std::cell::OnceCell;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::path::{ReferencePath, Root, Source};
use crate::run::Identity;

/// The facts from which the context object is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) execution_input: &'a Value,
    pub(crate) started: DateTime<Utc>,
    pub(crate) state: &'a str,
    pub(crate) entered: DateTime<Utc>,
    pub(crate) retry_count: u32,
    pub(crate) item: Option<(usize, &'a Value)>,
    pub(crate) token: Option<&'a str>,
}

impl Facts<'_> {
    fn object(&self, with_input: bool) -> Value {
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut context = json!({
            "Execution": {
                "Id": self.identity.execution_arn,
                "Input": with_input.then_some(self.execution_input),
                "Name": self.identity.name,
                "StartTime": time(self.started),
            },
            "State": {
                "Name": self.state,
                "EnteredTime": time(self.entered),
                "RetryCount": self.retry_count,
            },
            "StateMachine": {
                "Id": self.identity.state_machine_arn,
                "Name": self.identity.state_machine_name(),
            },
        });
        if let Some(object) = context.as_object_mut() {
            if let Some((index, value)) = self.item {
                object.insert(
                    "Map".to_owned(),
                    json!({"Item": {"Index": index, "Value": value}}),
                );
            }
            if let Some(token) = self.token {
                object.insert("Task".to_owned(), json!({"Token": token}));
            }
        }
        context
    }
}

/// One place to read from: `$` is `input`, `$$` the context object.
pub(crate) struct Scope<'a> {
    pub(crate) input: &'a Value,
    facts: Facts<'a>,
    context: OnceCell<Value>,
    with_input: OnceCell<Value>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(input: &'a Value, facts: Facts<'a>) -> Self {
        Self {
            input,
            facts,
            context: OnceCell::new(),
            with_input: OnceCell::new(),
        }
    }

    pub(crate) fn find(&self, source: &Source) -> Option<&Value> {
        match source.root {
            Root::Input => source.path.find(self.input),
            Root::Context => self.find_in_context(&source.path),
        }
    }

    fn find_in_context(&self, path: &ReferencePath) -> Option<&Value> {
        const INPUT: [&str; 2] = ["Execution", "Input"];
        if let Some(found) = path.find_below(&INPUT, self.facts.execution_input) {
            return found;
        }
        if path.len() < INPUT.len() {
            return path.find(self.with_input.get_or_init(|| self.facts.object(true)));
        }
        path.find(self.context.get_or_init(|| self.facts.object(false)))
    }

    /// The value of a path that must exist; `field` names where the path stands, for the message.
    pub(crate) fn value(&self, source: &Source, field: &str) -> Result<&Value, Failure> {
        self.find(source).ok_or_else(|| {
            Failure::runtime(format!(
                "An error occurred while executing the state '{}'. The JSONPath '{}' specified for \
                 the field '{field}' could not be found in the input",
                self.facts.state, source.text
            ))
        })
    }

    pub(crate) fn state(&self) -> &str {
        self.facts.state
    }
}
