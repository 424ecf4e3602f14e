//! Starting the state machine of an execution, once.

use chrono::{DateTime, Utc};
use dr_error::Result;
use dr_model::execution::{Execution, ExecutionStatus};
use serde_json::json;

use crate::app::App;

/// A state machine that could not begin is over after so many seconds. Its tries of `Begin` and then of `RecordFailure`
/// (`recovery.asl.json`), each at its longest, take three hours; the fourth is for whatever is late.
const GIVEN_UP_SECONDS: i64 = 4 * 3600;

/// Starts the state machine. The execution's id is its name, so that doing it twice starts it once; the poller does it
/// again for an execution that has not begun, and under another name once the run of that name must be over: nothing
/// reached us from it, and Step Functions would answer for that name with it for 90 days.
///
/// # Errors
/// Whatever Step Functions answers.
pub async fn set_off(app: &App, execution: &Execution) -> Result<()> {
    if !is_unbegun(execution) {
        return Ok(());
    }
    let input = json!({ "execution_id": execution.id });
    let arn = &app.settings().recovery_state_machine_arn;
    let name = run_name(execution, app.clock().now());
    app.state_machines()
        .start(arn, &name, &input)
        .await
        .map(drop)
}

/// What the run of the state machine is called that is to begin an execution now.
fn run_name(execution: &Execution, now: DateTime<Utc>) -> String {
    match (now - execution.created_at).num_seconds() / GIVEN_UP_SECONDS {
        given_up if given_up > 0 => format!("{}-{}", execution.id, given_up + 1),
        _ => execution.id.to_string(),
    }
}

/// Whether the state machine may not have been started yet. One that was cancelled before it began ends by its
/// state machine like any other, so it too needs one.
#[must_use]
pub fn is_unbegun(execution: &Execution) -> bool {
    let has_launched = execution.waves.iter().any(|wave| wave.started_at.is_some());
    match execution.status {
        ExecutionStatus::Pending => true,
        ExecutionStatus::Cancelling => !has_launched && execution.task_token.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use dr_model::execution::ExecutionStatus;

    use super::{GIVEN_UP_SECONDS, run_name};
    use crate::samples::execution;

    #[test]
    fn a_run_has_the_executions_name_until_it_must_be_over_and_another_one_then() {
        let execution = execution(ExecutionStatus::Pending, Vec::new());
        let after = |seconds: i64| {
            run_name(
                &execution,
                execution.created_at + TimeDelta::seconds(seconds),
            )
        };
        let id = execution.id.as_str();
        assert_eq!([after(0), after(GIVEN_UP_SECONDS - 1)], [id, id]);
        assert_eq!(after(GIVEN_UP_SECONDS), format!("{id}-2"));
        assert_eq!(after(2 * GIVEN_UP_SECONDS - 1), format!("{id}-2"));
        assert_eq!(after(2 * GIVEN_UP_SECONDS), format!("{id}-3"));
        assert!(
            after(90 * 24 * 3600).len() <= 80,
            "as Step Functions allows"
        );
        assert_eq!(after(-60), id, "clocks differ");
    }
}
