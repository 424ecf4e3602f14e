//! Backoff is an iterator of durations; retrying is a loop over it.

use std::time::Duration;

use rand::{Rng, SeedableRng};

use crate::clock::Clock;
use crate::error::{Error, Result};

/// Retries after the first try (requirement 004, "Retry Strategy": MAX_RETRIES).
pub const MAX_RETRIES: usize = 3;
/// First delay: 2 s (the same: BASE_DELAY_SECONDS).
pub const BASE_DELAY: Duration = Duration::from_secs(2);
/// Longest delay: 60 s (the same: MAX_DELAY_SECONDS).
pub const MAX_DELAY: Duration = Duration::from_secs(60);

/// Exponential backoff with equal jitter: each delay lies between half of and the whole of
/// `min(base * 2^n, max)`, so that a fleet of callers does not come back at once, and never at zero.
#[derive(Debug, Clone)]
pub struct Backoff {
    attempt: u32,
    left: usize,
    rng: rand::rngs::StdRng,
}

impl Backoff {
    /// A schedule of [`MAX_RETRIES`] delays. The seed only spreads callers; use anything that differs between them.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            attempt: 0,
            left: MAX_RETRIES,
            rng: rand::rngs::StdRng::seed_from_u64(seed),
        }
    }
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let whole = BASE_DELAY
            .saturating_mul(2_u32.saturating_pow(self.attempt))
            .min(MAX_DELAY);
        self.attempt += 1;
        let half = whole / 2;
        Some(half + half.mul_f64(self.rng.random_range(0.0..=1.0)))
    }
}

/// Calls until it succeeds, fails for good, or the backoff ends; then answers the last error. Waits at
/// least as long as the service asks (`retryAfterSeconds`).
///
/// Only for calls that are safe to repeat: `StartRecovery` never goes through here.
///
/// # Errors
/// The last error of `call`.
pub async fn retry<T, F, Fut>(clock: &dyn Clock, call: F) -> Result<T>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<T>>,
{
    let seed = clock.now().timestamp_subsec_nanos();
    let mut backoff = Backoff::seeded(u64::from(seed));
    loop {
        let error = match call().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let asked = match &error {
            Error::Aws(aws) if aws.class.retryable() => aws.retry_after.unwrap_or_default(),
            _ => return Err(error),
        };
        let Some(delay) = backoff.next() else {
            return Err(error);
        };
        tracing::debug!(%error, ?delay, "trying again");
        clock.sleep(delay.max(asked.min(MAX_DELAY))).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::{Backoff, MAX_RETRIES, retry};
    use crate::aws::{AwsCall, AwsClass, AwsError};
    use crate::clock::{Clock, ManualClock};
    use crate::error::Error;

    fn error(class: AwsClass, retry_after: Option<Duration>) -> Error {
        Error::from(AwsError {
            call: AwsCall {
                service: "drs",
                operation: "DescribeJobs",
                place: String::new(),
            },
            class,
            code: "X".into(),
            message: String::new(),
            retry_after,
            detail: String::new(),
            aws_request_id: None,
        })
    }

    #[test]
    fn delays_double_with_jitter_and_never_pass_the_longest() {
        // Requirement 004: test_retry_logic.
        for seed in 0..100 {
            let delays: Vec<_> = Backoff::seeded(seed).collect();
            assert_eq!(delays.len(), MAX_RETRIES);
            for (n, delay) in delays.iter().enumerate() {
                let whole = Duration::from_secs(2 << n);
                assert!(*delay >= whole / 2 && *delay <= whole, "{delays:?}");
            }
        }
    }

    #[tokio::test]
    async fn what_stays_throttled_fails_after_the_last_retry() {
        // Requirement 004: test_max_retries_exceeded.
        let clock = ManualClock::at_epoch();
        let calls = AtomicUsize::new(0);
        let result: Result<(), _> = retry(&clock, || async {
            calls.fetch_add(1, Ordering::Relaxed);
            Err(error(AwsClass::Throttled, None))
        })
        .await;
        assert!(result.is_err());
        assert_eq!(calls.load(Ordering::Relaxed), 1 + MAX_RETRIES);
    }

    #[tokio::test]
    async fn what_the_service_asks_for_is_waited_for() {
        let clock = ManualClock::at_epoch();
        let start = clock.now();
        let calls = AtomicUsize::new(0);
        let result = retry(&clock, || async {
            if calls.fetch_add(1, Ordering::Relaxed) == 0 {
                Err(error(AwsClass::Throttled, Some(Duration::from_secs(30))))
            } else {
                Ok(())
            }
        })
        .await;
        assert!(result.is_ok());
        assert!(clock.now() - start >= chrono::Duration::seconds(30));
    }

    #[tokio::test]
    async fn a_permanent_error_is_not_tried_again() {
        let clock = ManualClock::at_epoch();
        let calls = AtomicUsize::new(0);
        let result: Result<(), _> = retry(&clock, || async {
            calls.fetch_add(1, Ordering::Relaxed);
            Err(error(AwsClass::Conflict, None))
        })
        .await;
        assert!(result.is_err());
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }
}
