//! A state machine as parsed: only valid things exist here. `load` makes it, `run` walks it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::choice::Rule;
use crate::load;
use crate::path::{ReferencePath, Source};
use crate::problem::Refused;
use crate::retry::Recovery;
use crate::template::{Query, Template};

/// A state machine that this interpreter can run in full.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    pub(crate) flow: Flow,
    /// The longest an execution may take, in seconds.
    pub(crate) timeout_seconds: Option<u64>,
}

impl Machine {
    /// Reads a definition (JSON text of the Amazon States Language, JSONPath). Substitutions
    /// (`${...}`) must have been resolved.
    ///
    /// # Errors
    /// [`Refused`] with every problem found: what is malformed, dangling or unreachable, and
    /// everything that this interpreter does not support.
    pub fn parse(definition: &str) -> Result<Self, Refused> {
        load::machine(definition)
    }
}

/// A start and the states it can reach: the machine itself, a branch, or what a Map runs per item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Flow {
    pub(crate) start_at: String,
    pub(crate) states: BTreeMap<String, State>,
}

/// One state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) input_path: Window,
    pub(crate) output_path: Window,
    pub(crate) kind: Kind,
}

/// InputPath or OutputPath: `null` shows an empty object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Window {
    At(Source),
    Nothing,
}

/// Where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    State(String),
    End,
}

/// What a state does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Task(Box<Task>),
    Pass {
        result: Option<Value>,
        parameters: Option<Template>,
        path: ResultPath,
        next: Next,
    },
    Choice {
        rules: Vec<(Rule, String)>,
        default: Option<String>,
    },
    Wait {
        until: Until,
        next: Next,
    },
    Parallel(Box<Parallel>),
    Map(Box<MapState>),
    Succeed,
    Fail {
        error: Option<Words>,
        cause: Option<Words>,
    },
}

impl Kind {
    /// The state's type as it stands in event names.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Task(_) => "Task",
            Self::Pass { .. } => "Pass",
            Self::Choice { .. } => "Choice",
            Self::Wait { .. } => "Wait",
            Self::Parallel(_) => "Parallel",
            Self::Map(_) => "Map",
            Self::Succeed => "Succeed",
            Self::Fail { .. } => "Fail",
        }
    }

    pub(crate) fn recovery(&self) -> Option<&Recovery> {
        match self {
            Self::Task(task) => Some(&task.recovery),
            Self::Parallel(parallel) => Some(&parallel.recovery),
            Self::Map(map) => Some(&map.recovery),
            _ => None,
        }
    }
}

/// A Task: one invocation of a Lambda function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Task {
    /// `.waitForTaskToken`: the answer comes with the token.
    pub(crate) callback: bool,
    /// FunctionName and Payload.
    pub(crate) parameters: Template,
    pub(crate) timeout: Option<Seconds>,
    pub(crate) heartbeat: Option<Seconds>,
    pub(crate) result: ResultFlow,
    pub(crate) recovery: Recovery,
    pub(crate) next: Next,
}

/// A Parallel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parallel {
    pub(crate) branches: Vec<Flow>,
    pub(crate) parameters: Option<Template>,
    pub(crate) result: ResultFlow,
    pub(crate) recovery: Recovery,
    pub(crate) next: Next,
}

/// A Map with an inline processor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MapState {
    pub(crate) items: Source,
    pub(crate) selector: Option<Template>,
    pub(crate) processor: Flow,
    /// How many iterations run at a time; `None` is all.
    pub(crate) max_concurrency: Option<usize>,
    pub(crate) result: ResultFlow,
    pub(crate) recovery: Recovery,
    pub(crate) next: Next,
}

/// What becomes of a result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ResultFlow {
    pub(crate) selector: Option<Template>,
    pub(crate) path: ResultPath,
}

/// ResultPath: where the result goes in the state's input; `null` drops it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ResultPath {
    At(ReferencePath),
    Drop,
}

/// How long a Wait waits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Until {
    Seconds(u64),
    SecondsPath(Source),
    Timestamp(DateTime<Utc>),
    TimestampPath(Source),
}

/// A number of seconds, written down or read from the input.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seconds {
    Fixed(u64),
    Path(Source),
}

/// A Fail state's error or cause.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Words {
    Text(String),
    Query(Query),
}
