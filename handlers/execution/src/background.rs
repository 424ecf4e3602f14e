//! Tasks of the state machines, and events of DRS.

use chrono::{DateTime, Utc};
use dr_engine::App;
use dr_engine::control;
use dr_engine::recovery::next::Next;
use dr_engine::recovery::{configure, finish, next, poll, validate};
use dr_engine::replication;
use dr_error::{Error, Result};
use dr_model::execution::TaskToken;
use dr_model::ids::ExecutionId;
use serde::Deserialize;
use serde_json::{Value, json};

/// What a state machine asks for. The names are those in `statemachine/*.asl.json`.
#[derive(Debug, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case", deny_unknown_fields)]
enum Task {
    Begin {
        execution_id: ExecutionId,
    },
    Configure {
        execution_id: ExecutionId,
    },
    Next {
        execution_id: ExecutionId,
    },
    Pause(Waiting),
    PauseNotAnswered {
        execution_id: ExecutionId,
    },
    Launch(Waiting),
    Validate {
        execution_id: ExecutionId,
    },
    Finish {
        execution_id: ExecutionId,
    },
    Fail {
        execution_id: ExecutionId,
        error: Value,
    },
    Poll {},
    RefreshInventory {},
}

/// A task that waits, with what tells its tries apart.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    execution_id: ExecutionId,
    token: String,
    wave: usize,
    entered_at: DateTime<Utc>,
    attempt: u32,
}

impl Waiting {
    fn token(&self, is_pause: bool) -> TaskToken {
        TaskToken {
            token: self.token.clone(),
            wave: self.wave,
            is_pause,
            entered_at: self.entered_at,
            attempt: self.attempt,
        }
    }
}

pub async fn task(app: &App, task: Value) -> Result<Value> {
    let task: Task =
        serde_json::from_value(task).map_err(|error| Error::invalid("task", error.to_string()))?;
    match task {
        Task::Begin { execution_id } => next::begin(app, &execution_id).await.map(|_| json!({})),
        Task::Configure { execution_id } => {
            let done = configure::step(app, &execution_id).await?;
            Ok(json!({ "done": done }))
        }
        Task::Next { execution_id } => {
            let execution = app.store().execution(&execution_id).await?;
            let what: Next = next::next(&execution);
            Ok(
                json!({ "next": what.as_str(), "wave": execution.wave, "pause_timeout_seconds": execution.pause_timeout_seconds }),
            )
        }
        Task::Pause(waiting) => {
            next::pause(app, &waiting.execution_id, waiting.token(true)).await?;
            Ok(json!({}))
        }
        Task::PauseNotAnswered { execution_id } => {
            let reason = "The pause was not answered in time";
            match control::cancel(app, &execution_id, reason).await {
                Ok(_) | Err(Error::Conflict { .. }) => Ok(json!({})),
                Err(error) => Err(error),
            }
        }
        Task::Launch(waiting) => {
            poll::launch_wave(app, &waiting.execution_id, waiting.token(false)).await?;
            Ok(json!({}))
        }
        Task::Validate { execution_id } => {
            let done = validate::step(app, &execution_id).await?;
            Ok(json!({ "done": done }))
        }
        Task::Finish { execution_id } => {
            finish::finish(app, &execution_id).await.map(|_| json!({}))
        }
        Task::Fail {
            execution_id,
            error,
        } => {
            let word = |key: &str| {
                error
                    .get(key)
                    .and_then(Value::as_str)
                    .unwrap_or("unknown")
                    .to_owned()
            };
            let reason = format!(
                "The orchestration stopped: {}: {}",
                word("Error"),
                word("Cause")
            );
            finish::fail(app, &execution_id, &reason)
                .await
                .map(|_| json!({}))
        }
        Task::Poll {} => {
            let active = poll::poll(app, false).await?;
            Ok(json!({ "active": active }))
        }
        Task::RefreshInventory {} => replication::poll(app).await.map(|()| json!({})),
    }
}

/// Seconds within which further events are no further reason to look: a wave of 1,000 servers sends 1,000.
const EVENTS_SECONDS: u32 = 5;

/// Any event of DRS is a reason to look now; none is believed without looking, for they come twice, late or not at
/// all. What comes while somebody has just looked is left to the poller, which looks every 10 seconds.
pub async fn event(app: &App, event: &Value) -> Result<Value> {
    if event.get("source").and_then(Value::as_str) != Some("aws.drs") {
        return Err(Error::invalid("source", "aws.drs"));
    }
    if !app.store().claim_look(EVENTS_SECONDS).await? {
        return Ok(json!({ "looked": false }));
    }
    let active = poll::poll(app, true).await?;
    Ok(json!({ "looked": true, "active": active }))
}
