//! The states that need nobody: Pass, Choice, Wait, Succeed and Fail.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::lane::{Lane, Phase};
use super::walk::{Turn, Walk, put};
use crate::choice::Rule;
use crate::definition::{Kind, Next, ResultPath, State, Until, Words};
use crate::failure::Failure;
use crate::limits::{self, MAX_SECONDS};
use crate::template::Template;

impl Walk<'_> {
    pub(super) fn pass(
        &mut self,
        state: &State,
        lane: &mut Lane,
        (result, parameters, path, next): (Option<&Value>, Option<&Template>, &ResultPath, &Next),
    ) -> Result<Turn, Failure> {
        let input = self.effective_input(state, lane)?;
        let passed = match (result, parameters) {
            (Some(result), _) => result.clone(),
            (None, Some(template)) => template.resolve(&self.scope(lane, &input, None))?,
            (None, None) => input,
        };
        let combined = put(path, lane.input.clone(), passed)?;
        let output = self.show(&state.output_path, lane, combined, "OutputPath")?;
        self.exit(state, lane, output, next)
    }

    pub(super) fn choose(
        &mut self,
        state: &State,
        lane: &mut Lane,
        rules: &[(Rule, String)],
        default: Option<&str>,
    ) -> Result<Turn, Failure> {
        let input = self.effective_input(state, lane)?;
        let mut chosen = default;
        let scope = self.scope(lane, &input, None);
        for (rule, next) in rules {
            if rule.holds(&scope)? {
                chosen = Some(next);
                break;
            }
        }
        drop(scope);
        let Some(next) = chosen else {
            return Err(Failure::runtime(format!(
                "An error occurred while executing the state '{}'. Failed to transition out of \
                 the state. The state does not point to a next state.",
                lane.state
            )));
        };
        let output = self.show(&state.output_path, lane, input, "OutputPath")?;
        self.exit(state, lane, output, &Next::State(next.to_owned()))
    }

    pub(super) fn sleep(
        &mut self,
        state: &State,
        lane: &mut Lane,
        until: &Until,
    ) -> Result<Turn, Failure> {
        let input = self.effective_input(state, lane)?;
        let scope = self.scope(lane, &input, None);
        let until = match until {
            Until::Seconds(seconds) => self.after(*seconds),
            Until::Timestamp(at) => *at,
            Until::SecondsPath(source) => {
                let value = scope.value(source, "SecondsPath")?;
                let seconds = value.as_u64().filter(|seconds| *seconds <= MAX_SECONDS);
                self.after(seconds.ok_or_else(|| unfit("SecondsPath", lane, value))?)
            }
            Until::TimestampPath(source) => {
                let value = scope.value(source, "TimestampPath")?;
                value
                    .as_str()
                    .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
                    .ok_or_else(|| unfit("TimestampPath", lane, value))?
                    .with_timezone(&Utc)
            }
        };
        drop(scope);
        lane.phase = Phase::Sleeping { until };
        Ok(Turn::Go)
    }

    /// A Wait is over.
    pub(super) fn wake(&mut self, state: &State, lane: &mut Lane) -> Turn {
        let Kind::Wait { next, .. } = &state.kind else {
            return Turn::Fail(Failure::runtime(format!("'{}' is not a Wait", lane.state)));
        };
        self.effective_input(state, lane)
            .and_then(|input| self.show(&state.output_path, lane, input, "OutputPath"))
            .and_then(|output| self.exit(state, lane, output, next))
            .unwrap_or_else(Turn::Fail)
    }

    pub(super) fn succeed(&mut self, state: &State, lane: &mut Lane) -> Result<Turn, Failure> {
        let input = self.effective_input(state, lane)?;
        let output = self.show(&state.output_path, lane, input, "OutputPath")?;
        self.exit(state, lane, output, &Next::End)
    }

    pub(super) fn fail(
        &mut self,
        lane: &Lane,
        error: Option<&Words>,
        cause: Option<&Words>,
    ) -> Result<Turn, Failure> {
        let say = |words: Option<&Words>, field: &str| match words {
            None => Ok(None),
            Some(Words::Text(text)) => Ok(Some(text.clone())),
            Some(Words::Query(query)) => {
                let scope = self.scope(lane, &lane.input, None);
                match query.resolve(&scope, field)? {
                    Value::String(text) => Ok(Some(text)),
                    other => Err(unfit(field, lane, &other)),
                }
            }
        };
        Ok(Turn::Fail(Failure {
            error: say(error, "ErrorPath")?,
            cause: say(cause, "CausePath")?,
        }))
    }

    pub(super) fn after(&self, seconds: u64) -> DateTime<Utc> {
        self.now + limits::span(seconds)
    }
}

pub(super) fn unfit(field: &str, lane: &Lane, value: &Value) -> Failure {
    Failure::runtime(format!(
        "An error occurred while executing the state '{}'. The value of the field '{field}' is of \
         the wrong type or out of range: {value}",
        lane.state
    ))
}
