//! Step Functions: executions, and the answers to their tasks.

use std::sync::Arc;

use aws_config::SdkConfig;
use dr_error::{AwsClass, Clock, Error, Result};
use dr_model::place::Place;
use serde_json::Value;

use dr_error::sdk::{Caller, once_only};

/// What became of the answer to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenAnswer {
    /// The state machine goes on with it.
    Taken,
    /// Nobody waits for it any more: the task timed out, was answered before, or its execution was stopped.
    Gone,
}

/// Step Functions in one account and region.
#[derive(Debug, Clone)]
pub struct StateMachines {
    client: aws_sdk_sfn::Client,
    caller: Caller,
}

impl StateMachines {
    /// Step Functions in `place`, with the credentials and the region of `config`.
    pub fn new(config: &SdkConfig, place: Place, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: aws_sdk_sfn::Client::new(&once_only(config)),
            caller: Caller {
                service: "states",
                place: place.to_string(),
                clock,
            },
        }
    }

    /// Starts an execution under a name of ours and answers its ARN. The name makes it safe to repeat: an
    /// execution of that name is adopted. IAM: `states:StartExecution`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn start(&self, arn: &str, name: &str, input: &Value) -> Result<String> {
        let input = input.to_string();
        let started = self
            .caller
            .send("StartExecution", || {
                self.client
                    .start_execution()
                    .state_machine_arn(arn)
                    .name(name)
                    .input(&input)
                    .send()
            })
            .await;
        match started {
            Ok(answer) => Ok(answer.execution_arn),
            Err(Error::Aws(error)) if error.code == "ExecutionAlreadyExists" => {
                execution_arn(arn, name).ok_or(Error::Aws(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Answers a waiting task. IAM: `states:SendTaskSuccess`.
    ///
    /// # Errors
    /// `Error::Aws`, for a token that was never one, too.
    pub async fn succeed(&self, token: &str, output: &Value) -> Result<TokenAnswer> {
        let output = output.to_string();
        let sent = self.caller.send("SendTaskSuccess", || {
            self.client
                .send_task_success()
                .task_token(token)
                .output(&output)
                .send()
        });
        token_answer(sent.await)
    }
}

fn token_answer<T>(sent: Result<T>) -> Result<TokenAnswer> {
    match sent {
        Ok(_) => Ok(TokenAnswer::Taken),
        Err(error) if error.aws_class() == Some(AwsClass::NotFound) => Ok(TokenAnswer::Gone),
        Err(error) => Err(error),
    }
}

/// ARN of the execution `name` of a state machine.
fn execution_arn(state_machine_arn: &str, name: &str) -> Option<String> {
    let (head, machine) = state_machine_arn.split_once(":stateMachine:")?;
    // A version or an alias follows the name after another colon; executions belong to the machine.
    let machine = machine.split(':').next()?;
    Some(format!("{head}:execution:{machine}:{name}"))
}

#[cfg(test)]
mod tests {
    use super::execution_arn;

    #[test]
    fn an_execution_that_exists_is_found_by_its_name() {
        for arn in [
            "arn:aws:states:us-east-1:111122223333:stateMachine:recovery",
            "arn:aws:states:us-east-1:111122223333:stateMachine:recovery:live",
        ] {
            assert_eq!(
                execution_arn(arn, "exec-1").as_deref(),
                Some("arn:aws:states:us-east-1:111122223333:execution:recovery:exec-1")
            );
        }
        assert_eq!(execution_arn("recovery", "exec-1"), None);
    }
}
