//! A small stage for the tests: one machine, one execution, a clock that only the test moves. The
//! execution is stored and reloaded after every call, so each test is also one of resuming.

#![expect(dead_code, reason = "each test binary uses another part of the stage")]
#![expect(clippy::unwrap_used, reason = "tests")]

use chrono::{DateTime, TimeDelta, Utc};
use dr_asl::{
    Delivery, Execution, Identity, Machine, Status, TaskCall, TaskError, TokenError, UnknownTask,
};
use serde_json::{Value, json};

pub struct Stage {
    pub machine: Machine,
    pub execution: Execution,
    pub now: DateTime<Utc>,
}

impl Stage {
    pub fn start(definition: &Value, input: Value) -> Self {
        let machine = Machine::parse(&definition.to_string()).unwrap_or_else(|e| panic!("{e}"));
        let now = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let identity = Identity::local("stage", "one");
        let execution = Execution::start(&machine, identity, input, 42, now).unwrap();
        Self {
            machine,
            execution,
            now,
        }
    }

    /// A machine of one state.
    pub fn of(state: Value, input: Value) -> Self {
        Self::start(&json!({"StartAt": "A", "States": {"A": state}}), input)
    }

    fn reload(&mut self) {
        let stored = serde_json::to_string(&self.execution).unwrap();
        self.execution = serde_json::from_str(&stored).unwrap();
    }

    pub fn advance(&mut self) -> Vec<TaskCall> {
        let calls = self.execution.advance(&self.machine, self.now);
        self.reload();
        calls
    }

    /// The only task that there is to invoke.
    pub fn task(&mut self) -> TaskCall {
        let mut calls = self.advance();
        assert_eq!(calls.len(), 1, "{:?} {:?}", calls, self.execution.status());
        calls.remove(0)
    }

    pub fn later(&mut self, seconds: i64) -> Vec<TaskCall> {
        self.now += TimeDelta::seconds(seconds);
        self.advance()
    }

    pub fn finish(
        &mut self,
        call: &TaskCall,
        result: Result<Value, TaskError>,
    ) -> Result<Delivery, UnknownTask> {
        let told = self
            .execution
            .task_finished(&self.machine, call.id, result, self.now);
        self.reload();
        told
    }

    pub fn succeed(&mut self, call: &TaskCall, output: Value) {
        assert_eq!(self.finish(call, Ok(output)), Ok(Delivery::Accepted));
    }

    pub fn fail(&mut self, call: &TaskCall, name: &str) {
        assert_eq!(self.finish(call, Err(error(name))), Ok(Delivery::Accepted));
    }

    pub fn token_success(&mut self, token: &str, output: Value) -> Result<(), TokenError> {
        let told = self
            .execution
            .send_task_success(&self.machine, token, output, self.now);
        self.reload();
        told
    }

    pub fn token_failure(&mut self, token: &str, name: &str) -> Result<(), TokenError> {
        let told = self
            .execution
            .send_task_failure(&self.machine, token, error(name), self.now);
        self.reload();
        told
    }

    pub fn heartbeat(&mut self, token: &str) -> Result<(), TokenError> {
        let told = self
            .execution
            .send_task_heartbeat(&self.machine, token, self.now);
        self.reload();
        told
    }

    pub fn due_in(&self) -> Option<i64> {
        self.execution
            .next_due()
            .map(|due| (due - self.now).num_seconds())
    }

    pub fn output(&self) -> &Value {
        match self.execution.status() {
            Status::Succeeded { output } => output,
            other => panic!("not succeeded: {other:?}"),
        }
    }

    pub fn error(&self) -> &str {
        match self.execution.status() {
            Status::Failed { error, .. } => error.as_deref().unwrap_or("no error name"),
            other => panic!("not failed: {other:?}"),
        }
    }

    pub fn types(&self) -> Vec<&str> {
        self.execution
            .history()
            .iter()
            .map(|event| event.event_type.as_str())
            .collect()
    }

    pub fn count(&self, event_type: &str) -> usize {
        self.types()
            .into_iter()
            .filter(|name| *name == event_type)
            .count()
    }
}

pub fn error(name: &str) -> TaskError {
    TaskError {
        error: name.to_owned(),
        cause: "why".to_owned(),
    }
}

/// A Task state with the given fields beside the usual ones.
pub fn task(extra: Value) -> Value {
    let mut state = json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f", "Payload.$": "$"},
    });
    merge(&mut state, extra);
    state
}

/// The same with a token, which its payload carries.
pub fn callback(extra: Value) -> Value {
    let mut state = json!({
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}},
    });
    merge(&mut state, extra);
    state
}

fn merge(state: &mut Value, extra: Value) {
    let has_next = extra.get("Next").is_some();
    let object = state.as_object_mut().unwrap();
    object.extend(extra.as_object().unwrap().clone());
    if !has_next {
        object.insert("End".to_owned(), json!(true));
    }
}
