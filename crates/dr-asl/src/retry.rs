//! Retry and Catch: which retrier or catcher an error meets, and how long a retry waits.

use chrono::TimeDelta;

use crate::definition::ResultPath;
use crate::failure::Failure;
use crate::limits::MAX_SECONDS;

/// A state's Retry and Catch.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Recovery {
    pub(crate) retry: Vec<Retrier>,
    pub(crate) catch: Vec<Catcher>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Retrier {
    pub(crate) errors: Vec<String>,
    pub(crate) interval_seconds: u64,
    pub(crate) backoff_rate: f64,
    pub(crate) max_attempts: u64,
    pub(crate) max_delay_seconds: Option<u64>,
    pub(crate) full_jitter: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Catcher {
    pub(crate) errors: Vec<String>,
    pub(crate) path: ResultPath,
    pub(crate) next: String,
}

impl Recovery {
    /// The first retrier that names the failure decides, even when its attempts are used up.
    pub(crate) fn retrier(&self, failure: &Failure) -> Option<(usize, &Retrier)> {
        self.retry
            .iter()
            .enumerate()
            .find(|(_, retrier)| meets(&retrier.errors, failure))
    }

    pub(crate) fn catcher(&self, failure: &Failure) -> Option<&Catcher> {
        self.catch
            .iter()
            .find(|catcher| meets(&catcher.errors, failure))
    }
}

impl Retrier {
    /// How long to wait before the next attempt when `used` retries have been made. `roll` is in
    /// [0, 1); with full jitter the delay is anything from zero to the computed one.
    pub(crate) fn delay(&self, used: u32, roll: f64) -> TimeDelta {
        let exponent = i32::try_from(used).unwrap_or(i32::MAX);
        let cap = self.max_delay_seconds.unwrap_or(MAX_SECONDS) as f64;
        let mut seconds =
            (self.interval_seconds as f64 * self.backoff_rate.powi(exponent)).min(cap);
        if self.full_jitter {
            seconds *= roll;
        }
        TimeDelta::milliseconds((seconds * 1000.0).round() as i64)
    }
}

/// Whether a list of error names covers a failure ("Error names" in the developer guide).
fn meets(names: &[String], failure: &Failure) -> bool {
    let error = failure.error.as_deref().unwrap_or_default();
    names.iter().any(|name| match name.as_str() {
        name if name == error => true,
        "States.ALL" => error != Failure::DATA_LIMIT,
        // "acts as a wildcard that matches any known error name except for States.Timeout"
        "States.TaskFailed" => {
            ![Failure::TIMEOUT, Failure::HEARTBEAT, Failure::DATA_LIMIT].contains(&error)
        }
        Failure::TIMEOUT => error == Failure::HEARTBEAT,
        _ => false,
    })
}
