//! One step after another: a lane moves until only the outside world or time can move it further.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::api::{Identity, TaskId};
use super::lane::{Lane, Phase};
use crate::context::{Facts, Scope};
use crate::definition::{Flow, Kind, Next, ResultFlow, ResultPath, State, Window};
use crate::failure::Failure;
use crate::history::{self, History};
use crate::limits;

/// What all lanes of an execution share and change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Shared {
    pub(crate) identity: Identity,
    pub(crate) input: Value,
    pub(crate) started: DateTime<Utc>,
    pub(crate) history: History,
    /// Task attempts scheduled so far.
    pub(crate) tasks: u64,
    /// State of the dice for retries with jitter.
    pub(crate) dice: u64,
}

/// The walk of one call: the shared facts at one moment.
pub(crate) struct Walk<'a> {
    pub(crate) shared: &'a mut Shared,
    pub(crate) now: DateTime<Utc>,
}

/// How far a lane got.
pub(crate) enum Reached {
    Waiting,
    End(Value),
    Failure(Failure),
}

/// What a single step led to.
pub(crate) enum Turn {
    /// Another step can be taken.
    Go,
    Wait,
    End(Value),
    Fail(Failure),
}

impl Walk<'_> {
    pub(crate) fn run(&mut self, flow: &Flow, lane: &mut Lane) -> Reached {
        loop {
            if self.shared.history.is_full() {
                return Reached::Waiting;
            }
            let Some(state) = flow.states.get(&lane.state) else {
                // Only a machine other than the one that was started with can lead here.
                let name = &lane.state;
                return Reached::Failure(Failure::runtime(format!("There is no state '{name}'")));
            };
            let turn = match &lane.phase {
                Phase::Enter => {
                    self.enter(state, lane);
                    Turn::Go
                }
                Phase::Attempt => match self.attempt(state, lane) {
                    Ok(turn) => turn,
                    Err(failure) => self.recover(state, lane, failure),
                },
                Phase::Sleeping { until } | Phase::Retrying { until } if self.now < *until => {
                    Turn::Wait
                }
                Phase::Sleeping { .. } => self.wake(state, lane),
                Phase::Retrying { .. } => {
                    lane.phase = Phase::Attempt;
                    Turn::Go
                }
                Phase::Task(_) => self.drive_task(state, lane),
                Phase::Fork(_) => self.drive_fork(state, lane),
            };
            match turn {
                Turn::Go => {}
                Turn::Wait => return Reached::Waiting,
                Turn::End(output) => return Reached::End(output),
                Turn::Fail(failure) => return Reached::Failure(failure),
            }
        }
    }

    /// Records an event of a lane.
    pub(crate) fn log(&mut self, lane: &mut Lane, event_type: &str, details: Option<Value>) {
        let details = details.map(|value| history::details_of(event_type, value));
        lane.last_event = self
            .shared
            .history
            .push(event_type, details, lane.last_event, self.now);
    }

    fn enter(&mut self, state: &State, lane: &mut Lane) {
        lane.entered = self.now;
        lane.retries = vec![
            0;
            state
                .kind
                .recovery()
                .map_or(0, |recovery| recovery.retry.len())
        ];
        lane.phase = Phase::Attempt;
        let details = json!({
            "name": lane.state, "input": lane.input.to_string(), "inputDetails": {"truncated": false},
        });
        self.log(
            lane,
            &format!("{}StateEntered", state.kind.name()),
            Some(details),
        );
    }

    /// Leaves a state with its output.
    pub(crate) fn exit(
        &mut self,
        state: &State,
        lane: &mut Lane,
        output: Value,
        next: &Next,
    ) -> Result<Turn, Failure> {
        let output = limits::within_payload_limit(output, &lane.state)?;
        let details = json!({
            "name": lane.state, "output": output.to_string(), "outputDetails": {"truncated": false},
        });
        self.log(
            lane,
            &format!("{}StateExited", state.kind.name()),
            Some(details),
        );
        match next {
            Next::End => Ok(Turn::End(output)),
            Next::State(name) => {
                lane.state.clone_from(name);
                lane.input = output;
                lane.phase = Phase::Enter;
                Ok(Turn::Go)
            }
        }
    }

    /// A failed attempt: retry, catch, or fail the lane.
    pub(crate) fn recover(&mut self, state: &State, lane: &mut Lane, failure: Failure) -> Turn {
        let recovery = match state.kind.recovery() {
            Some(recovery) if !failure.is_fatal() => recovery,
            _ => return Turn::Fail(failure),
        };
        if let Some((index, retrier)) = recovery.retrier(&failure)
            && let Some(used) = lane.retries.get_mut(index)
            && u64::from(*used) < retrier.max_attempts
        {
            let delay = retrier.delay(*used, roll(&mut self.shared.dice));
            *used += 1;
            lane.phase = Phase::Retrying {
                until: self.now + delay,
            };
            return Turn::Go;
        }
        let Some(catcher) = recovery.catcher(&failure) else {
            return Turn::Fail(failure);
        };
        put(&catcher.path, lane.input.clone(), failure.as_output())
            .and_then(|output| self.exit(state, lane, output, &Next::State(catcher.next.clone())))
            .unwrap_or_else(Turn::Fail)
    }

    /// Takes a Task's, Parallel's or Map's result through ResultSelector, ResultPath and OutputPath.
    pub(crate) fn finish(
        &mut self,
        state: &State,
        lane: &mut Lane,
        result: Value,
        (flow, next): (&ResultFlow, &Next),
    ) -> Result<Turn, Failure> {
        let selected = match &flow.selector {
            Some(selector) => selector.resolve(&self.scope(lane, &result, None))?,
            None => result,
        };
        let combined = put(&flow.path, lane.input.clone(), selected)?;
        let output = self.show(&state.output_path, lane, combined, "OutputPath")?;
        self.exit(state, lane, output, next)
    }

    /// InputPath or OutputPath.
    pub(crate) fn show(
        &self,
        window: &Window,
        lane: &Lane,
        value: Value,
        field: &str,
    ) -> Result<Value, Failure> {
        match window {
            Window::Nothing => Ok(Value::Object(Map::new())),
            Window::At(source) => self.scope(lane, &value, None).value(source, field).cloned(),
        }
    }

    pub(crate) fn effective_input(&self, state: &State, lane: &Lane) -> Result<Value, Failure> {
        self.show(&state.input_path, lane, lane.input.clone(), "InputPath")
    }

    pub(crate) fn scope<'b>(
        &'b self,
        lane: &'b Lane,
        input: &'b Value,
        token: Option<&'b str>,
    ) -> Scope<'b> {
        Scope::new(input, self.facts(lane, token))
    }

    pub(crate) fn facts<'b>(&'b self, lane: &'b Lane, token: Option<&'b str>) -> Facts<'b> {
        Facts {
            identity: &self.shared.identity,
            execution_input: &self.shared.input,
            started: self.shared.started,
            state: &lane.state,
            entered: lane.entered,
            retry_count: lane.retry_count(),
            item: lane.item.as_ref().map(|item| (item.index, &item.value)),
            token,
        }
    }

    pub(crate) fn next_task_id(&mut self) -> TaskId {
        self.shared.tasks += 1;
        TaskId::numbered(self.shared.tasks)
    }

    fn attempt(&mut self, state: &State, lane: &mut Lane) -> Result<Turn, Failure> {
        match &state.kind {
            Kind::Task(task) => self.schedule(state, task, lane),
            Kind::Parallel(parallel) => self.fork_branches(state, parallel, lane),
            Kind::Map(map) => self.fork_items(state, map, lane),
            Kind::Pass {
                result,
                parameters,
                path,
                next,
            } => self.pass(
                state,
                lane,
                (result.as_ref(), parameters.as_ref(), path, next),
            ),
            Kind::Choice { rules, default } => self.choose(state, lane, rules, default.as_deref()),
            Kind::Wait { until, .. } => self.sleep(state, lane, until),
            Kind::Succeed => self.succeed(state, lane),
            Kind::Fail { error, cause } => self.fail(lane, error.as_ref(), cause.as_ref()),
        }
    }
}

/// ResultPath.
pub(crate) fn put(path: &ResultPath, input: Value, result: Value) -> Result<Value, Failure> {
    match path {
        ResultPath::Drop => Ok(input),
        ResultPath::At(path) => path.put(input, result),
    }
}

/// SplitMix64 (public domain), as a number in [0, 1): small, seeded and part of the stored state.
fn roll(dice: &mut u64) -> f64 {
    *dice = dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *dice;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    // 53 bits fill an f64's mantissa.
    let numerator = (mixed >> 11) as f64;
    numerator / 9_007_199_254_740_992.0
}
