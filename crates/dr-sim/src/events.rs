//! EventBridge as far as DRS uses it: events with a due time, and the rules that lose, double or
//! delay them on request.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::world::World;

/// One event on its way to the account's default bus.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it is delivered.
    pub due: DateTime<Utc>,
    /// The envelope as EventBridge delivers it.
    pub envelope: Value,
}

/// What goes wrong with events that are emitted from now on. EventBridge delivery of DRS events
/// is best effort, so each of these can happen for real.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Lose this many of the next events.
    pub lose: u32,
    /// Deliver this many of the next events twice.
    pub double: u32,
    /// Deliver every event late by this many simulated seconds.
    #[serde(default)]
    pub delay_seconds: u32,
}

/// An event to emit: everything that is not the same for all.
#[derive(Debug, Clone)]
pub struct Emission {
    /// Account whose bus gets it.
    pub account: String,
    /// Region whose bus gets it.
    pub region: String,
    /// `detail-type`, for example `DRS Source Server Launch Result`.
    pub detail_type: &'static str,
    /// ARNs of what it is about.
    pub resources: Vec<String>,
    /// `detail`.
    pub detail: Value,
}

/// Emits an event of source `aws.drs`, subject to the world's event rules.
pub fn emit(world: &mut World, emission: &Emission, at: DateTime<Utc>) {
    let envelope = json!({
        "version": "0",
        "id": world.dice.uuid(),
        "detail-type": emission.detail_type,
        "source": "aws.drs",
        "account": emission.account,
        "time": at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "region": emission.region,
        "resources": emission.resources,
        "detail": emission.detail,
    });
    let rules = &mut world.event_rules;
    if rules.lose > 0 {
        rules.lose -= 1;
        return;
    }
    let due = at + chrono::Duration::seconds(i64::from(rules.delay_seconds));
    let event = Event { due, envelope };
    if rules.double > 0 {
        rules.double -= 1;
        world.events.push(event.clone());
    }
    world.events.push(event);
}

/// Takes the events that are due at `now`, oldest first.
pub fn take(world: &mut World, now: DateTime<Utc>) -> Vec<Value> {
    let (mut due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut world.events)
        .into_iter()
        .partition(|event| event.due <= now);
    world.events = later;
    due.sort_by_key(|event| event.due);
    due.into_iter().map(|event| event.envelope).collect()
}

/// When the next event is due.
#[must_use]
pub fn next_due(world: &World) -> Option<DateTime<Utc>> {
    world.events.iter().map(|event| event.due).min()
}
