//! A world and functions without anything behind them, for the tests of this crate.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::function::{Failure, Function, Handlers};
use crate::world::World;

/// A clock moved by hand and events put in by hand.
#[derive(Debug)]
pub(crate) struct FakeWorld {
    now: Mutex<DateTime<Utc>>,
    events: Mutex<BTreeMap<DateTime<Utc>, Vec<Value>>>,
}

impl FakeWorld {
    pub(crate) fn at(time: &str) -> Self {
        Self {
            now: Mutex::new(time.parse().unwrap()),
            events: Mutex::default(),
        }
    }

    pub(crate) fn send(&self, at: DateTime<Utc>, envelope: Value) {
        self.events
            .lock()
            .unwrap()
            .entry(at)
            .or_default()
            .push(envelope);
    }
}

impl World for FakeWorld {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap()
    }

    fn next_due(&self) -> Option<DateTime<Utc>> {
        self.events.lock().unwrap().keys().next().copied()
    }

    fn take_events(&self) -> Vec<Value> {
        let now = self.now();
        let mut events = self.events.lock().unwrap();
        let later = events.split_off(&(now + chrono::TimeDelta::nanoseconds(1)));
        std::mem::replace(&mut *events, later)
            .into_values()
            .flatten()
            .collect()
    }

    fn move_to(&self, time: DateTime<Utc>) {
        *self.now.lock().unwrap() = time;
    }

    fn real_time_until(&self, time: DateTime<Utc>) -> Duration {
        if time <= self.now() {
            Duration::ZERO
        } else {
            Duration::MAX
        }
    }
}

/// What a fake function does with an event.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    Answer(Value),
    Fail(&'static str),
    Hang,
    Panic,
}

/// Functions that note what they are invoked with and do what they were told; then they answer
/// `{"done": true}`.
#[derive(Debug, Default)]
pub(crate) struct FakeHandlers {
    pub(crate) seen: Mutex<Vec<(Function, Value)>>,
    next: Mutex<VecDeque<Does>>,
}

impl FakeHandlers {
    pub(crate) fn then(&self, does: Does) {
        self.next.lock().unwrap().push_back(does);
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    pub(crate) fn event(&self, at: usize) -> Value {
        self.seen.lock().unwrap()[at].1.clone()
    }
}

#[async_trait]
impl Handlers for FakeHandlers {
    async fn invoke(
        &self,
        function: Function,
        event: Value,
        _request_id: String,
    ) -> Result<Value, Failure> {
        self.seen.lock().unwrap().push((function, event));
        let does = self.next.lock().unwrap().pop_front();
        match does {
            None => Ok(json!({"done": true})),
            Some(Does::Answer(answer)) => Ok(answer),
            Some(Does::Fail(error_type)) => Err(Failure {
                error_type: error_type.to_owned(),
                error_message: "as told".to_owned(),
            }),
            Some(Does::Hang) => std::future::pending().await,
            Some(Does::Panic) => panic!("as told"),
        }
    }
}
