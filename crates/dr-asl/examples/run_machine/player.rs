//! Plays a scripted case in virtual time: the fake world of the example and of the tests.

use std::collections::BTreeMap;
use std::error::Error;

use chrono::{DateTime, TimeDelta, Utc};
use dr_asl::{Execution, Identity, Machine, Status, TaskCall, TaskError, TaskId};
use serde_json::{Value, json};

/// 2026-01-01T00:00:00Z: any fixed moment will do.
const START: i64 = 1_767_225_600;

/// What the world does to the execution.
enum Deed {
    Return(TaskId, Result<Value, TaskError>),
    TokenSuccess(String, Value),
    TokenFailure(String, TaskError),
    Heartbeat(String),
}

struct World {
    tasks: BTreeMap<String, Vec<Value>>,
    /// Keyed by moment and order of planning.
    plan: BTreeMap<(DateTime<Utc>, u64), Deed>,
    planned: u64,
}

/// Plays a case to its end. `between` sees the execution after every call and gives it back: a
/// program passes it through, a test stores and reloads it.
pub fn play(
    case: &Value,
    between: &mut dyn FnMut(Execution) -> Execution,
) -> Result<Execution, Box<dyn Error>> {
    let machine = &Machine::parse(&case["machine"].to_string())?;
    let tasks = serde_json::from_value(case.get("tasks").cloned().unwrap_or_else(|| json!({})))?;
    let identity = Identity::local(case["machine_name"].as_str().unwrap_or("oracle"), "case");
    let mut now = DateTime::from_timestamp(START, 0).ok_or("no such moment")?;
    let mut world = World {
        tasks,
        plan: BTreeMap::new(),
        planned: 0,
    };
    let input = case["input"].clone();
    let mut execution = between(Execution::start(machine, identity, input, 1, now)?);
    loop {
        for call in execution.advance(machine, now) {
            world.invoke(&call, now)?;
        }
        execution = between(execution);
        if execution.status() != &Status::Running {
            return Ok(execution);
        }
        let deed_at = world.plan.keys().next().map(|(at, _)| *at);
        let Some(next) = deed_at.into_iter().chain(execution.next_due()).min() else {
            return Err("the execution waits for something that the case does not script".into());
        };
        now = next.max(now);
        if deed_at.is_some_and(|at| at <= now)
            && let Some((_, deed)) = world.plan.pop_first()
        {
            // A late answer is part of what is tried; its refusal is not an error here.
            match deed {
                Deed::Return(id, result) => {
                    execution.task_finished(machine, id, result, now)?;
                }
                Deed::TokenSuccess(token, output) => {
                    let _ = execution.send_task_success(machine, &token, output, now);
                }
                Deed::TokenFailure(token, error) => {
                    let _ = execution.send_task_failure(machine, &token, error, now);
                }
                Deed::Heartbeat(token) => {
                    let _ = execution.send_task_heartbeat(machine, &token, now);
                }
            }
            execution = between(execution);
        }
    }
}

impl World {
    fn at(&mut self, moment: DateTime<Utc>, deed: Deed) {
        self.planned += 1;
        self.plan.insert((moment, self.planned), deed);
    }

    fn invoke(&mut self, call: &TaskCall, now: DateTime<Utc>) -> Result<(), Box<dyn Error>> {
        let answer = self.pick(call)?;
        let returned = now + seconds(&answer["delay_seconds"]);
        let result = match answer.get("error") {
            None => Ok(answer["return"].clone()),
            Some(error) => {
                let cause = json!({"errorMessage": error["message"], "errorType": error["type"]});
                Err(TaskError {
                    error: text(&error["type"]),
                    cause: cause.to_string(),
                })
            }
        };
        let early = answer["token"]["before_return"] == json!(true);
        if !early {
            self.at(returned, Deed::Return(call.id, result.clone()));
        }
        if let (Some(token), Some(plan)) = (&call.token, answer.get("token")) {
            for beat in plan["heartbeats_at_seconds"]
                .as_array()
                .into_iter()
                .flatten()
            {
                self.at(returned + seconds(beat), Deed::Heartbeat(token.clone()));
            }
            let moment = returned + seconds(&plan["delay_seconds"]);
            if let Some(output) = plan.get("success") {
                self.at(moment, Deed::TokenSuccess(token.clone(), output.clone()));
            }
            if let Some(failure) = plan.get("failure") {
                let error = TaskError {
                    error: text(&failure["error"]),
                    cause: text(&failure["cause"]),
                };
                self.at(moment, Deed::TokenFailure(token.clone(), error));
            }
        }
        if early {
            self.at(returned, Deed::Return(call.id, result));
        }
        Ok(())
    }

    /// The first answer left whose `when` fits the payload; one with `repeat` is never used up.
    fn pick(&mut self, call: &TaskCall) -> Result<Value, Box<dyn Error>> {
        let answers = self
            .tasks
            .get_mut(&call.function)
            .ok_or("a function has no script")?;
        let at = answers
            .iter()
            .position(|answer| {
                answer
                    .get("when")
                    .is_none_or(|when| within(when, &call.payload))
            })
            .ok_or_else(|| format!("no answer left for {} {}", call.function, call.payload))?;
        let answer = answers[at].clone();
        if answer["repeat"] != json!(true) {
            answers.remove(at);
        }
        Ok(answer)
    }
}

/// Whether every member of `part` is in `whole`, at any depth.
fn within(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|other| within(value, other))),
        (part, whole) => part == whole,
    }
}

fn seconds(value: &Value) -> TimeDelta {
    TimeDelta::milliseconds((value.as_f64().unwrap_or(0.0) * 1000.0) as i64)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
