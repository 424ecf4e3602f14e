//! The `states` API, operation by operation (AWS JSON 1.0).

use chrono::{DateTime, Utc};
use dr_asl::{Execution, Status, TaskError, TokenError, execution_of_token};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::error::ApiError;
use super::history::{HistoryRequest, page_size, read_token, write_token};
use super::shell::Shell;
use super::store::{self, Held, Summary};

/// What is answered here.
pub const OPERATIONS: &[&str] = &[
    "DescribeExecution",
    "GetExecutionHistory",
    "ListExecutions",
    "SendTaskFailure",
    "SendTaskHeartbeat",
    "SendTaskSuccess",
    "StartExecution",
    "StopExecution",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartRequest {
    state_machine_arn: String,
    name: Option<String>,
    input: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StopRequest {
    execution_arn: String,
    error: Option<String>,
    cause: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeRequest {
    execution_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListRequest {
    state_machine_arn: Option<String>,
    status_filter: Option<String>,
    max_results: Option<u32>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenRequest {
    task_token: String,
    output: Option<String>,
    error: Option<String>,
    cause: Option<String>,
}

impl Shell {
    /// Answers one operation of the API.
    ///
    /// # Errors
    /// [`ApiError`], by the service's names.
    pub fn call(
        &self,
        operation: &str,
        body: Value,
        now: DateTime<Utc>,
    ) -> Result<Value, ApiError> {
        match operation {
            "StartExecution" => self.start_execution(parse(body)?, now),
            "StopExecution" => self.stop_execution(parse(body)?, now),
            "DescribeExecution" => {
                let request: DescribeRequest = parse(body)?;
                self.look(&request.execution_arn, describe)?
                    .ok_or_else(|| ApiError::no_execution(&request.execution_arn))
            }
            "GetExecutionHistory" => {
                let request: HistoryRequest = parse(body)?;
                self.look(&request.execution_arn, |execution| {
                    request.page(execution.history())
                })?
                .ok_or_else(|| ApiError::no_execution(&request.execution_arn))?
            }
            "ListExecutions" => self.list_executions(&parse(body)?),
            "SendTaskSuccess" => self.send_task_success(parse(body)?, now),
            "SendTaskFailure" => {
                let request: TokenRequest = parse(body)?;
                let error = TaskError {
                    error: request.error.unwrap_or_default(),
                    cause: request.cause.unwrap_or_default(),
                };
                self.with_token(&request.task_token, |held, token| {
                    let Held {
                        execution, machine, ..
                    } = held;
                    execution.send_task_failure(machine, token, error, now)
                })
            }
            "SendTaskHeartbeat" => {
                let request: TokenRequest = parse(body)?;
                self.with_token(&request.task_token, |held, token| {
                    let Held {
                        execution, machine, ..
                    } = held;
                    execution.send_task_heartbeat(machine, token, now)
                })
            }
            other => Err(ApiError {
                status: 501,
                code: "NotSimulated",
                message: format!("states:{other} is not simulated"),
            }),
        }
    }

    fn start_execution(
        &self,
        request: StartRequest,
        now: DateTime<Utc>,
    ) -> Result<Value, ApiError> {
        if let Some(name) = &request.name {
            check_name(name)?;
        }
        let input = request.input.as_deref().unwrap_or("{}");
        let input = serde_json::from_str(input).map_err(|error| {
            let message = format!("Invalid State Machine Execution Input: '{error}'");
            ApiError::new("InvalidExecutionInput", message)
        })?;
        let (arn, started) = self.start(&request.state_machine_arn, request.name, input, now)?;
        Ok(json!({"executionArn": arn, "startDate": seconds(started)}))
    }

    fn stop_execution(&self, request: StopRequest, now: DateTime<Utc>) -> Result<Value, ApiError> {
        let StopRequest {
            execution_arn,
            error,
            cause,
        } = request;
        let stopped = self.change(&execution_arn, |held| {
            held.execution.stop(error, cause, now);
            held.execution.stopped_at()
        })?;
        let stopped = match stopped {
            Some(stopped) => stopped,
            None => self
                .look(&execution_arn, Execution::stopped_at)?
                .ok_or_else(|| ApiError::no_execution(&execution_arn))?,
        };
        Ok(json!({"stopDate": seconds(stopped.unwrap_or(now))}))
    }

    fn list_executions(&self, request: &ListRequest) -> Result<Value, ApiError> {
        let Some(machine) = &request.state_machine_arn else {
            return Err(ApiError::new(
                "ValidationException",
                "stateMachineArn is required: Map Runs are not simulated",
            ));
        };
        if self.machines.get(machine).is_none() {
            return Err(ApiError::new(
                "StateMachineDoesNotExist",
                format!("State Machine Does Not Exist: '{machine}'"),
            ));
        }
        let size = page_size(request.max_results)?;
        let before = match &request.next_token {
            Some(token) => read_token(token)?,
            None => i64::MAX,
        };
        let status = request.status_filter.as_deref();
        // One more than the page tells whether there is another.
        let mut found = self
            .db
            .with(|db| store::list(db, machine, status, (before, size + 1)))?;
        let more = found.len() > size as usize;
        found.truncate(size as usize);
        let mut answer = json!({"executions": found.iter().map(summary).collect::<Vec<_>>()});
        if let (true, Some(last)) = (more, found.last()) {
            answer["nextToken"] = json!(write_token(last.number));
        }
        Ok(answer)
    }

    fn send_task_success(
        &self,
        request: TokenRequest,
        now: DateTime<Utc>,
    ) -> Result<Value, ApiError> {
        let output = request.output.as_deref().unwrap_or_default();
        let output = serde_json::from_str(output).map_err(|error| {
            ApiError::new("InvalidOutput", format!("Invalid Output: '{error}'"))
        })?;
        self.with_token(&request.task_token, |held, token| {
            let Held {
                execution, machine, ..
            } = held;
            execution.send_task_success(machine, token, output, now)
        })
    }

    /// Answers a task by its token.
    fn with_token(
        &self,
        token: &str,
        answer: impl FnOnce(&mut Held, &str) -> Result<(), TokenError>,
    ) -> Result<Value, ApiError> {
        let arn = execution_of_token(token).ok_or(TokenError::InvalidToken)?;
        match self.change(&arn, |held| answer(held, token))? {
            Some(answered) => answered?,
            // The execution is over, and its tasks with it.
            None if self.status(&arn)?.is_some() => Err(TokenError::TaskTimedOut)?,
            None => Err(TokenError::TaskDoesNotExist)?,
        }
        Ok(json!({}))
    }
}

fn parse<T: DeserializeOwned>(body: Value) -> Result<T, ApiError> {
    serde_json::from_value(body)
        .map_err(|error| ApiError::new("ValidationException", error.to_string()))
}

/// The service's rule: 1 to 80 characters, none of them white space, a control character or one of
/// `< > { } [ ] ? * " # % \ ^ | ~ ` $ & , ; : /`.
fn check_name(name: &str) -> Result<(), ApiError> {
    let bad =
        |c: char| c.is_whitespace() || c.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(c);
    if name.is_empty() || name.chars().count() > 80 || name.contains(bad) {
        return Err(ApiError::new(
            "InvalidName",
            format!("Invalid Name: '{name}'"),
        ));
    }
    Ok(())
}

fn describe(execution: &Execution) -> Value {
    let identity = execution.identity();
    let mut shown = json!({
        "executionArn": identity.execution_arn,
        "stateMachineArn": identity.state_machine_arn,
        "name": identity.name,
        "status": execution.status().name(),
        "startDate": seconds(execution.started_at()),
        "input": execution.input().to_string(),
        "inputDetails": {"included": true},
        "redriveCount": 0,
        "redriveStatus": "NOT_REDRIVABLE",
    });
    if let Some(stopped) = execution.stopped_at() {
        shown["stopDate"] = json!(seconds(stopped));
    }
    match execution.status() {
        Status::Running | Status::TimedOut => {}
        Status::Succeeded { output } => {
            shown["output"] = json!(output.to_string());
            shown["outputDetails"] = json!({"included": true});
        }
        Status::Failed { error, cause } | Status::Aborted { error, cause } => {
            for (name, text) in [("error", error), ("cause", cause)] {
                if let Some(text) = text {
                    shown[name] = json!(text);
                }
            }
        }
    }
    shown
}

fn summary(one: &Summary) -> Value {
    let mut shown = json!({
        "executionArn": one.arn,
        "stateMachineArn": one.machine,
        "name": one.name,
        "status": one.status,
        "startDate": seconds(one.started),
    });
    if let Some(stopped) = one.stopped {
        shown["stopDate"] = json!(seconds(stopped));
    }
    shown
}

/// Times in this protocol are seconds since 1970, with milliseconds.
#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of this era are exact in f64"
)]
fn seconds(time: DateTime<Utc>) -> f64 {
    time.timestamp_millis() as f64 / 1000.0
}
