//! The history of an execution: events with the service's names and details.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::limits::MAX_HISTORY_EVENTS;

/// An event's type by the service's name, for example `TaskStateEntered`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventType(String);

impl EventType {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An event's details under the member name that `GetExecutionHistory` gives them, for example
/// `taskScheduledEventDetails`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventDetails {
    /// The member's name.
    pub member: String,
    /// The member's value.
    pub value: Value,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryEvent {
    /// Its place in the history, from 1.
    pub id: u64,
    /// The event that led to it, within its branch; 0 for the first.
    pub previous_event_id: u64,
    /// When it was recorded.
    pub timestamp: DateTime<Utc>,
    /// What happened.
    pub event_type: EventType,
    /// The details, where the type has any.
    pub details: Option<EventDetails>,
}

impl HistoryEvent {
    /// The event as `GetExecutionHistory` answers it over AWS JSON 1.0 (timestamps in seconds since
    /// 1970, with milliseconds).
    pub fn to_aws_json(&self) -> Value {
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds of this era are exact in f64"
        )]
        let seconds = self.timestamp.timestamp_millis() as f64 / 1000.0;
        let mut event = Map::new();
        event.insert("id".to_owned(), json!(self.id));
        event.insert("previousEventId".to_owned(), json!(self.previous_event_id));
        event.insert("timestamp".to_owned(), json!(seconds));
        event.insert("type".to_owned(), json!(self.event_type));
        if let Some(details) = &self.details {
            event.insert(details.member.clone(), details.value.clone());
        }
        Value::Object(event)
    }
}

/// The growing list. One place is kept for the event that ends an execution whose history is full.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct History {
    events: Vec<HistoryEvent>,
    full: bool,
}

impl History {
    pub(crate) fn events(&self) -> &[HistoryEvent] {
        &self.events
    }

    /// Whether an event was refused because only the last place is left.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    /// Appends an event and gives its id.
    pub(crate) fn push(
        &mut self,
        event_type: &str,
        details: Option<EventDetails>,
        previous_event_id: u64,
        timestamp: DateTime<Utc>,
    ) -> u64 {
        if self.events.len() + 1 >= MAX_HISTORY_EVENTS {
            self.full = true;
            return previous_event_id;
        }
        self.append(event_type, details, previous_event_id, timestamp)
    }

    /// Appends the event that ends the execution; there is always room for it.
    pub(crate) fn close(
        &mut self,
        event_type: &str,
        details: Map<String, Value>,
        previous_event_id: u64,
        timestamp: DateTime<Utc>,
    ) {
        let details = details_of(event_type, Value::Object(details));
        self.append(event_type, Some(details), previous_event_id, timestamp);
    }

    fn append(
        &mut self,
        event_type: &str,
        details: Option<EventDetails>,
        previous_event_id: u64,
        timestamp: DateTime<Utc>,
    ) -> u64 {
        let id = self.events.len() as u64 + 1;
        let event_type = EventType::new(event_type);
        self.events.push(HistoryEvent {
            id,
            previous_event_id,
            timestamp,
            event_type,
            details,
        });
        id
    }
}

/// Details under the member name that follows from the type: `TaskFailed` has
/// `taskFailedEventDetails`, and all `...StateEntered` share `stateEnteredEventDetails`.
pub(crate) fn details_of(event_type: &str, value: Value) -> EventDetails {
    let name = if event_type.ends_with("StateEntered") {
        "stateEntered".to_owned()
    } else if event_type.ends_with("StateExited") {
        "stateExited".to_owned()
    } else {
        let mut chars = event_type.chars();
        chars
            .next()
            .map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
    };
    EventDetails {
        member: format!("{name}EventDetails"),
        value,
    }
}
