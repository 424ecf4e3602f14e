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
use dr_model::place::Place;
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

/// The same for the inventory of the event's place. A stall is what somebody waits to be shown; launches and steps of
/// failbacks come by the hundred, and the inventory shows little of them.
const TROUBLE_SECONDS: u32 = 10;
const PROGRESS_SECONDS: u32 = 60;

/// Any event of DRS is a reason to look now; none is believed without looking, for they come twice, late or not at
/// all. What comes while somebody has just looked is left to the poller, which looks every 10 seconds. The inventory of
/// the place is read after that: nothing waits for it.
pub async fn event(app: &App, event: &Value) -> Result<Value> {
    if event.get("source").and_then(Value::as_str) != Some("aws.drs") {
        return Err(Error::invalid("source", "aws.drs"));
    }
    let mut answer = if app.store().claim_look(EVENTS_SECONDS).await? {
        let active = poll::poll(app, true).await?;
        json!({ "looked": true, "active": active })
    } else {
        json!({ "looked": false })
    };
    if let Some(place) = place_of(event) {
        let is_read = replication::refresh_told(app, &place, pause_of(event)).await;
        answer["inventory_read"] = json!(is_read);
    }
    Ok(answer)
}

/// Where it happened: EventBridge's envelope says, also of an event that another account forwarded.
fn place_of(event: &Value) -> Option<Place> {
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    Some(Place {
        account_id: text("account")?.parse().ok()?,
        region: text("region")?.parse().ok()?,
    })
}

fn pause_of(event: &Value) -> u32 {
    match event.pointer("/detail/state").and_then(Value::as_str) {
        Some("STALLED" | "NOT_STALLED" | "FAILBACK_ERROR") => TROUBLE_SECONDS,
        _ => PROGRESS_SECONDS,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{pause_of, place_of};

    #[test]
    fn an_event_says_where_it_happened_and_a_stall_is_read_at_once() {
        let event = |state: &str| {
            json!({
                "source": "aws.drs", "account": "444455556666", "region": "us-west-2",
                "detail-type": "DRS Source Server Data Replication Stalled Change",
                "detail": { "state": state },
            })
        };
        let place = place_of(&event("STALLED")).unwrap();
        assert_eq!(place.to_string(), "444455556666/us-west-2");
        for (state, pause) in [
            ("STALLED", 10),
            ("NOT_STALLED", 10),
            ("FAILBACK_ERROR", 10),
            ("FAILBACK_IN_PROGRESS", 60),
            ("RECOVERY_LAUNCH_SUCCEEDED", 60),
        ] {
            assert_eq!(pause_of(&event(state)), pause, "{state}");
        }
    }

    #[test]
    fn an_event_without_a_place_is_of_no_place() {
        for event in [
            json!({ "source": "aws.drs" }),
            json!({ "source": "aws.drs", "account": "12", "region": "us-west-2" }),
            json!({ "source": "aws.drs", "account": "444455556666" }),
        ] {
            assert_eq!(place_of(&event), None);
            assert_eq!(pause_of(&event), 60);
        }
    }
}
