//! The simulated world as the driver sees it: a time, what is due in it, and the events it sends.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

/// A world with its own time. All methods are short and never wait.
pub trait World: Send + Sync + 'static {
    /// What time it is there.
    fn now(&self) -> DateTime<Utc>;

    /// When the world next changes by itself or has an event to deliver.
    fn next_due(&self) -> Option<DateTime<Utc>>;

    /// Brings the world up to `now()` and takes the EventBridge envelopes that are due.
    fn take_events(&self) -> Vec<Value>;

    /// Moves a clock that is moved by hand. A clock that runs by itself ignores it.
    fn move_to(&self, time: DateTime<Utc>);

    /// How long it takes in real time until the world's clock shows `time`; for ever on a clock
    /// that is moved by hand.
    fn real_time_until(&self, time: DateTime<Utc>) -> Duration;
}
