//! What will happen by itself in a service of one place, by when it is due.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

/// Steps that are due, earliest first; those of one moment in the order in which they were put.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Agenda<S>(BTreeMap<DateTime<Utc>, Vec<S>>);

impl<S> Default for Agenda<S> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<S> Agenda<S> {
    /// Puts a step `seconds` ahead of `now`.
    pub fn put(&mut self, now: DateTime<Utc>, seconds: u64, step: S) {
        self.at(
            now + Duration::seconds(i64::try_from(seconds).unwrap_or(0)),
            step,
        );
    }

    /// Puts a step.
    pub fn at(&mut self, at: DateTime<Utc>, step: S) {
        self.0.entry(at).or_default().push(step);
    }

    /// When the next step is due.
    #[must_use]
    pub fn next(&self) -> Option<DateTime<Utc>> {
        self.0.keys().next().copied()
    }

    /// Takes the steps of the earliest moment, if it has come by `now`.
    pub fn take(&mut self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Vec<S>)> {
        let entry = self.0.first_entry().filter(|entry| *entry.key() <= now)?;
        Some(entry.remove_entry())
    }
}
