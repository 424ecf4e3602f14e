//! Task states: scheduling an attempt, and what its answer, its timeout or a missed heartbeat does.

use serde_json::{Value, json};

use super::lane::{Answer, Lane, Phase, TaskRun};
use super::states::unfit;
use super::walk::{Turn, Walk};
use crate::definition::{Kind, Seconds, State, Task};
use crate::failure::Failure;
use crate::limits::{self, MAX_SECONDS};
use crate::token;

const RESOURCE_TYPE: &str = "lambda";

/// The action as events name it.
fn resource(callback: bool) -> &'static str {
    if callback {
        "invoke.waitForTaskToken"
    } else {
        "invoke"
    }
}

/// What `lambda:invoke` makes of a function's payload.
pub(super) fn invoke_result(payload: Value) -> Value {
    json!({"ExecutedVersion": "$LATEST", "Payload": payload, "StatusCode": 200})
}

impl Walk<'_> {
    pub(super) fn schedule(
        &mut self,
        state: &State,
        task: &Task,
        lane: &mut Lane,
    ) -> Result<Turn, Failure> {
        let id = self.next_task_id();
        let token = task
            .callback
            .then(|| token::make(&self.shared.identity.execution_arn, id));
        let input = self.effective_input(state, lane)?;
        let scope = self.scope(lane, &input, token.as_deref());
        let parameters =
            limits::within_payload_limit(task.parameters.resolve(&scope)?, &lane.state)?;
        let seconds = |given: Option<&Seconds>, field: &str| match given {
            None => Ok(None),
            Some(Seconds::Fixed(seconds)) => Ok(Some(*seconds)),
            Some(Seconds::Path(source)) => {
                let value = scope.value(source, field)?;
                let seconds = value
                    .as_u64()
                    .filter(|number| (1..=MAX_SECONDS).contains(number));
                seconds.map(Some).ok_or_else(|| unfit(field, lane, value))
            }
        };
        let timeout_seconds = seconds(task.timeout.as_ref(), "TimeoutSecondsPath")?;
        let heartbeat_seconds = seconds(task.heartbeat.as_ref(), "HeartbeatSecondsPath")?;
        drop(scope);
        let function = match parameters.get("FunctionName") {
            Some(Value::String(name)) => name.clone(),
            other => return Err(unfit("FunctionName", lane, other.unwrap_or(&Value::Null))),
        };
        let payload = parameters
            .get("Payload")
            .cloned()
            .unwrap_or_else(|| json!({}));
        self.log_scheduled(
            lane,
            task,
            &parameters,
            (timeout_seconds, heartbeat_seconds),
        );
        let started = json!({"resourceType": RESOURCE_TYPE, "resource": resource(task.callback)});
        self.log(lane, "TaskStarted", Some(started));
        lane.phase = Phase::Task(Box::new(TaskRun {
            id,
            function,
            payload,
            token,
            handed_out: false,
            submitted: false,
            timeout_at: timeout_seconds.map(|seconds| self.after(seconds)),
            heartbeat_seconds,
            heartbeat_at: heartbeat_seconds.map(|seconds| self.after(seconds)),
            answer: None,
        }));
        Ok(Turn::Go)
    }

    fn log_scheduled(
        &mut self,
        lane: &mut Lane,
        task: &Task,
        parameters: &Value,
        (timeout, heartbeat): (Option<u64>, Option<u64>),
    ) {
        let region = self
            .shared
            .identity
            .execution_arn
            .split(':')
            .nth(3)
            .unwrap_or_default();
        let mut details = json!({
            "resourceType": RESOURCE_TYPE,
            "resource": resource(task.callback),
            "region": region,
            "parameters": parameters.to_string(),
        });
        if let Some(object) = details.as_object_mut() {
            if let Some(seconds) = timeout {
                object.insert("timeoutInSeconds".to_owned(), json!(seconds));
            }
            if let Some(seconds) = heartbeat {
                object.insert("heartbeatInSeconds".to_owned(), json!(seconds));
            }
        }
        self.log(lane, "TaskScheduled", Some(details));
    }

    pub(super) fn drive_task(&mut self, state: &State, lane: &mut Lane) -> Turn {
        let (Kind::Task(task), Phase::Task(run)) = (&state.kind, &mut lane.phase) else {
            return Turn::Fail(Failure::runtime(format!("'{}' is not a Task", lane.state)));
        };
        match run.answer.take() {
            Some(Answer::Succeeded(result)) => {
                match limits::within_payload_limit(result, &lane.state) {
                    Ok(result) => self.task_succeeded(state, task, lane, result),
                    Err(failure) => self.task_failed(state, task, lane, failure),
                }
            }
            Some(Answer::Failed(failure)) => self.task_failed(state, task, lane, failure),
            None => match self.missed_deadline(run) {
                Some(failure) => {
                    self.log_task(lane, task, "TaskTimedOut", &failure);
                    self.recover(state, lane, failure)
                }
                None => Turn::Wait,
            },
        }
    }

    fn task_succeeded(
        &mut self,
        state: &State,
        task: &Task,
        lane: &mut Lane,
        result: Value,
    ) -> Turn {
        self.log(
            lane,
            "TaskSucceeded",
            Some(output_details(task.callback, &result)),
        );
        match self.finish(state, lane, result, (&task.result, &task.next)) {
            Ok(turn) => turn,
            Err(failure) => self.recover(state, lane, failure),
        }
    }

    fn task_failed(
        &mut self,
        state: &State,
        task: &Task,
        lane: &mut Lane,
        failure: Failure,
    ) -> Turn {
        self.log_task(lane, task, "TaskFailed", &failure);
        self.recover(state, lane, failure)
    }

    fn log_task(&mut self, lane: &mut Lane, task: &Task, event_type: &str, failure: &Failure) {
        let mut details = failure.as_details();
        details.insert("resourceType".to_owned(), json!(RESOURCE_TYPE));
        details.insert("resource".to_owned(), json!(resource(task.callback)));
        self.log(lane, event_type, Some(Value::Object(details)));
    }

    /// The timeout wins where both are due: it was the harder promise.
    fn missed_deadline(&self, run: &TaskRun) -> Option<Failure> {
        if run.timeout_at.is_some_and(|at| at <= self.now) {
            return Some(Failure::new(
                Failure::TIMEOUT,
                "The task ran longer than TimeoutSeconds",
            ));
        }
        run.heartbeat_at.filter(|at| *at <= self.now).map(|_| {
            Failure::new(
                Failure::HEARTBEAT,
                "No heartbeat came within HeartbeatSeconds",
            )
        })
    }

    /// The invocation of a `.waitForTaskToken` task has returned.
    pub(super) fn submitted(&mut self, lane: &mut Lane, payload: Value) {
        if let Phase::Task(run) = &mut lane.phase {
            run.submitted = true;
        }
        let details = output_details(true, &invoke_result(payload));
        self.log(lane, "TaskSubmitted", Some(details));
    }
}

fn output_details(callback: bool, output: &Value) -> Value {
    json!({
        "resourceType": RESOURCE_TYPE,
        "resource": resource(callback),
        "output": output.to_string(),
        "outputDetails": {"truncated": false},
    })
}

impl TaskRun {
    /// A heartbeat has come: the next one is due a whole interval from now.
    pub(super) fn beat(&mut self, now: chrono::DateTime<chrono::Utc>) {
        self.heartbeat_at = self
            .heartbeat_seconds
            .map(|seconds| now + limits::span(seconds));
    }
}
