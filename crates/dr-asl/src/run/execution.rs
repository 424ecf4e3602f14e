//! An execution and its door: the shell starts it, gives it answers and the time, and takes tasks
//! to invoke. Every call first lets the time do its work, so a late answer meets a timed-out task.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::api::{
    Delivery, Identity, StartError, Status, TaskCall, TaskId, TokenError, UnknownTask,
};
use super::lane::{Answer, Lane, Phase, TaskRun};
use super::task::invoke_result;
use super::walk::{Reached, Shared, Walk};
use crate::definition::Machine;
use crate::failure::{Failure, TaskError};
use crate::history::{self, History, HistoryEvent};
use crate::limits::{self, MAX_HISTORY_EVENTS, MAX_PAYLOAD_BYTES, payload_bytes};
use crate::token;

/// One run of a machine: all that is needed to go on after a crash, given the same [`Machine`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Execution {
    shared: Shared,
    status: Status,
    deadline: Option<DateTime<Utc>>,
    /// The latest moment seen; time does not go back within an execution.
    clock: DateTime<Utc>,
    stopped_at: Option<DateTime<Utc>>,
    root: Option<Lane>,
}

impl Execution {
    /// Starts an execution. Nothing moves before the first [`Execution::advance`]. `seed` decides
    /// retries with full jitter.
    ///
    /// # Errors
    /// [`StartError`] for an input over the payload quota.
    pub fn start(
        machine: &Machine,
        identity: Identity,
        input: Value,
        seed: u64,
        now: DateTime<Utc>,
    ) -> Result<Self, StartError> {
        let bytes = payload_bytes(&input);
        if bytes > MAX_PAYLOAD_BYTES {
            return Err(StartError::InputTooLong { bytes });
        }
        let mut history = History::default();
        let details = json!({"input": input.to_string(), "inputDetails": {"truncated": false}});
        let details = history::details_of("ExecutionStarted", details);
        let first = history.push("ExecutionStarted", Some(details), 0, now);
        let root = Lane::new(&machine.flow.start_at, input.clone(), None, first, now);
        let deadline = machine
            .timeout_seconds
            .map(|seconds| now + limits::span(seconds));
        let shared = Shared {
            identity,
            input,
            started: now,
            history,
            tasks: 0,
            dice: seed,
        };
        Ok(Self {
            shared,
            status: Status::Running,
            deadline,
            clock: now,
            stopped_at: None,
            root: Some(root),
        })
    }

    /// Goes on as far as it can without the outside world and gives the tasks that have become due
    /// for invocation. Each is given once; store the execution before invoking them and use
    /// [`Execution::in_flight`] after a restart.
    pub fn advance(&mut self, machine: &Machine, now: DateTime<Utc>) -> Vec<TaskCall> {
        self.run(machine, now);
        let mut calls = Vec::new();
        if let Some(root) = &mut self.root {
            root.visit_tasks_mut(&mut |task| {
                if !task.handed_out {
                    task.handed_out = true;
                    calls.push(call(task));
                }
            });
        }
        calls
    }

    /// The tasks handed out whose invocation has not returned: to be invoked again after a restart.
    pub fn in_flight(&self) -> Vec<TaskCall> {
        self.tasks()
            .into_iter()
            .filter(|task| task.handed_out && !task.submitted)
            .map(call)
            .collect()
    }

    /// An invocation has returned. For a `.waitForTaskToken` task a success only means that the
    /// request was submitted; an error ends the attempt.
    ///
    /// # Errors
    /// [`UnknownTask`] for an id that this execution never gave out.
    pub fn task_finished(
        &mut self,
        machine: &Machine,
        id: TaskId,
        result: Result<Value, TaskError>,
        now: DateTime<Utc>,
    ) -> Result<Delivery, UnknownTask> {
        if id.number() == 0 || id.number() > self.shared.tasks {
            return Err(UnknownTask(id));
        }
        self.run(machine, now);
        let now = self.clock;
        let Some(lane) = self.root.as_mut().and_then(|root| root.lane_of(id)) else {
            return Ok(Delivery::Late);
        };
        let Phase::Task(task) = &mut lane.phase else {
            return Ok(Delivery::Late);
        };
        if task.submitted {
            return Ok(Delivery::Late);
        }
        match (result, &task.token) {
            (Err(error), _) => task.answer = Some(Answer::Failed(error.into())),
            (Ok(payload), None) => task.answer = Some(Answer::Succeeded(invoke_result(payload))),
            (Ok(payload), Some(_)) => {
                Walk {
                    shared: &mut self.shared,
                    now,
                }
                .submitted(lane, payload);
            }
        }
        self.run(machine, now);
        Ok(Delivery::Accepted)
    }

    /// SendTaskSuccess.
    ///
    /// # Errors
    /// [`TokenError`], as the service answers.
    pub fn send_task_success(
        &mut self,
        machine: &Machine,
        token: &str,
        output: Value,
        now: DateTime<Utc>,
    ) -> Result<(), TokenError> {
        if payload_bytes(&output) > MAX_PAYLOAD_BYTES {
            return Err(TokenError::InvalidOutput);
        }
        self.answer(machine, token, Answer::Succeeded(output), now)
    }

    /// SendTaskFailure.
    ///
    /// # Errors
    /// [`TokenError`], as the service answers.
    pub fn send_task_failure(
        &mut self,
        machine: &Machine,
        token: &str,
        error: TaskError,
        now: DateTime<Utc>,
    ) -> Result<(), TokenError> {
        self.answer(machine, token, Answer::Failed(error.into()), now)
    }

    /// SendTaskHeartbeat.
    ///
    /// # Errors
    /// [`TokenError`], as the service answers.
    pub fn send_task_heartbeat(
        &mut self,
        machine: &Machine,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<(), TokenError> {
        let now = now.max(self.clock);
        self.task_of(machine, token, now)?.beat(now);
        Ok(())
    }

    /// StopExecution. An execution that is over stays as it is.
    pub fn stop(&mut self, error: Option<String>, cause: Option<String>, now: DateTime<Utc>) {
        if self.status != Status::Running {
            return;
        }
        self.clock = now.max(self.clock);
        let details = Failure {
            error: error.clone(),
            cause: cause.clone(),
        }
        .as_details();
        self.close(
            "ExecutionAborted",
            details,
            Status::Aborted { error, cause },
        );
    }

    /// When time alone will move it: the earliest wait, retry, timeout or heartbeat.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let root = self.root.as_ref()?;
        let mut due = self.deadline;
        root.visit(&mut |lane| due = due.into_iter().chain(lane.due()).min());
        due
    }

    /// Whether a running task of this execution waits for this token.
    pub fn holds_token(&self, token: &str) -> bool {
        self.tasks()
            .iter()
            .any(|task| task.token.as_deref() == Some(token))
    }

    /// How it stands.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.shared.identity
    }

    /// Its input.
    pub fn input(&self) -> &Value {
        &self.shared.input
    }

    /// When it was started.
    pub fn started_at(&self) -> DateTime<Utc> {
        self.shared.started
    }

    /// When it ended.
    pub fn stopped_at(&self) -> Option<DateTime<Utc>> {
        self.stopped_at
    }

    /// What has happened, oldest first.
    pub fn history(&self) -> &[HistoryEvent] {
        self.shared.history.events()
    }

    fn tasks(&self) -> Vec<&TaskRun> {
        let mut tasks = Vec::new();
        if let Some(root) = &self.root {
            root.visit(&mut |lane| {
                if let Phase::Task(task) = &lane.phase {
                    tasks.push(task.as_ref());
                }
            });
        }
        tasks
    }

    fn answer(
        &mut self,
        machine: &Machine,
        token: &str,
        answer: Answer,
        now: DateTime<Utc>,
    ) -> Result<(), TokenError> {
        self.task_of(machine, token, now)?.answer = Some(answer);
        self.run(machine, now);
        Ok(())
    }

    fn task_of(
        &mut self,
        machine: &Machine,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<&mut TaskRun, TokenError> {
        let (arn, id) = token::read(token).ok_or(TokenError::InvalidToken)?;
        let known = (1..=self.shared.tasks).contains(&id.number());
        if arn != self.shared.identity.execution_arn || !known {
            return Err(TokenError::TaskDoesNotExist);
        }
        self.run(machine, now);
        match self
            .root
            .as_mut()
            .and_then(|root| root.lane_of(id))
            .map(|lane| &mut lane.phase)
        {
            Some(Phase::Task(task)) if task.token.is_some() => Ok(task),
            _ => Err(TokenError::TaskTimedOut),
        }
    }

    fn run(&mut self, machine: &Machine, now: DateTime<Utc>) {
        self.clock = now.max(self.clock);
        if self.deadline.is_some_and(|deadline| deadline <= self.clock) && self.root.is_some() {
            self.close("ExecutionTimedOut", Map::new(), Status::TimedOut);
        }
        let Some(root) = &mut self.root else { return };
        let reached = Walk {
            shared: &mut self.shared,
            now: self.clock,
        }
        .run(&machine.flow, root);
        if self.shared.history.is_full() {
            self.fail(Failure::runtime(format!(
                "The execution reached the maximum number of history events ({MAX_HISTORY_EVENTS})."
            )));
            return;
        }
        match reached {
            Reached::Waiting => {}
            Reached::Failure(failure) => self.fail(failure),
            Reached::End(output) => {
                let mut details = Map::new();
                details.insert("output".to_owned(), json!(output.to_string()));
                details.insert("outputDetails".to_owned(), json!({"truncated": false}));
                self.close("ExecutionSucceeded", details, Status::Succeeded { output });
            }
        }
    }

    fn fail(&mut self, failure: Failure) {
        let details = failure.as_details();
        let Failure { error, cause } = failure;
        self.close("ExecutionFailed", details, Status::Failed { error, cause });
    }

    fn close(&mut self, event_type: &str, details: Map<String, Value>, status: Status) {
        let previous = self.root.take().map_or(0, |root| root.last_event);
        self.shared
            .history
            .close(event_type, details, previous, self.clock);
        self.status = status;
        self.stopped_at = Some(self.clock);
    }
}

fn call(task: &TaskRun) -> TaskCall {
    TaskCall {
        id: task.id,
        function: task.function.clone(),
        payload: task.payload.clone(),
        token: task.token.clone(),
    }
}
