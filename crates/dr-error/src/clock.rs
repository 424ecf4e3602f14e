//! The only door to the time of day, and to waiting for it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use chrono::{DateTime, Utc};

/// A future of nothing.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Time: real in AWS, scaled on one machine, by hand in tests.
pub trait Clock: Send + Sync + fmt::Debug {
    /// What time it is.
    fn now(&self) -> DateTime<Utc>;
    /// Waits for a while of this clock's time. Only for backoff between retries; never to sit out a job.
    fn sleep(&self, duration: Duration) -> Waiting<'static>;
}

/// The real clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one door")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one door")]
    fn sleep(&self, duration: Duration) -> Waiting<'static> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that a test moves. Sleeping moves it, and returns at once.
#[derive(Debug, Default)]
pub struct ManualClock {
    now: Mutex<DateTime<Utc>>,
}

impl ManualClock {
    /// Starts at 1970.
    #[must_use]
    pub fn at_epoch() -> Self {
        Self::default()
    }

    /// Starts at a time.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self {
            now: Mutex::new(now),
        }
    }

    /// Moves forward.
    pub fn advance(&self, duration: Duration) {
        let mut now = self
            .now
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *now += duration;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self
            .now
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn sleep(&self, duration: Duration) -> Waiting<'static> {
        self.advance(duration);
        Box::pin(std::future::ready(()))
    }
}

/// The SDK's timeouts wait by the real clock: they guard a socket, not a simulated job.
#[derive(Debug, Clone, Copy, Default)]
pub struct SocketSleep;

impl AsyncSleep for SocketSleep {
    #[expect(clippy::disallowed_methods, reason = "guards a socket in real time")]
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(tokio::time::sleep(duration))
    }
}
