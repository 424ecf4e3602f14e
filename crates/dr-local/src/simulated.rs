//! The simulator behind this crate's seams: its time for the driver and for the product, its
//! `states` service answered by the executions held here.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;
use aws_types::region::Region;
use chrono::{DateTime, TimeDelta, Utc};
use dr_error::Clock;
use dr_error::clock::Waiting;
use dr_sim::{Backend, BackendError, Sim, SimClock, Speed};
use serde_json::Value;

use crate::states::Shell;
use crate::world::World;

/// The longest a sleeper goes without looking at the clock again, in real time.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The simulated clock as the product's.
///
/// Scaled, sleeping takes the fraction of real time that the speed makes of it, and lasts while the clock stands. By hand, sleeping
/// moves the clock and returns at once, as `dr_error::clock::ManualClock` does.
#[derive(Debug, Clone)]
pub struct ProductClock(pub SimClock);

impl Clock for ProductClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> Waiting<'static> {
        let by = TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX);
        match self.0.speed() {
            Speed::Manual => {
                self.0.advance(by);
                Box::pin(std::future::ready(()))
            }
            Speed::Scaled(_) => Box::pin(sleep_until(self.0.clone(), self.0.now() + by)),
        }
    }
}

/// Sleeps in pieces: the clock may be stopped, sped up or moved forward meanwhile.
async fn sleep_until(clock: SimClock, at: DateTime<Utc>) {
    loop {
        let left = clock.real_until(at);
        if left.is_zero() {
            return;
        }
        real_sleep(left.min(LOOK_AGAIN)).await;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the scaled clock's own sleep, in real time"
)]
async fn real_sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// The simulator as the driver's world.
#[derive(Debug, Clone)]
pub struct SimWorld(pub Sim);

impl World for SimWorld {
    fn now(&self) -> DateTime<Utc> {
        self.0.clock().now()
    }

    fn next_due(&self) -> Option<DateTime<Utc>> {
        self.0.next_due()
    }

    fn take_events(&self) -> Vec<Value> {
        self.0.take_events()
    }

    fn move_to(&self, time: DateTime<Utc>) {
        if self.0.clock().speed() == Speed::Manual {
            self.0.clock().advance_to(time);
        }
    }

    fn real_time_until(&self, time: DateTime<Utc>) -> Duration {
        self.0.clock().real_until(time)
    }
}

/// `states`, answered by the executions held here.
#[derive(Debug)]
pub struct StatesBackend {
    /// The executions.
    pub shell: Arc<Shell>,
    /// The simulated time.
    pub clock: SimClock,
}

#[async_trait]
impl Backend for StatesBackend {
    async fn call(&self, operation: &str, body: Value) -> Result<Value, BackendError> {
        let answer = self.shell.call(operation, body, self.clock.now());
        answer.map_err(|error| BackendError {
            code: error.code.to_owned(),
            message: error.message,
            status: error.status,
        })
    }
}

/// The SDK's configuration over the simulator, for the account that an access key id stands for.
#[must_use]
pub fn sdk_config(sim: &Sim, access_key_id: &str, region: &str) -> SdkConfig {
    let credentials = Credentials::new(access_key_id, "none", None, None, "dr-local");
    SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(sim.http_client())
        .build()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dr_error::Clock as _;
    use dr_sim::{SimClock, Speed};

    use super::ProductClock;

    #[tokio::test]
    async fn who_sleeps_while_the_clock_stands_wakes_when_it_goes_on() {
        let clock = SimClock::new("2026-11-21T08:00:00Z".parse().unwrap(), Speed::Scaled(0.0));
        let sleeping = tokio::spawn(ProductClock(clock.clone()).sleep(Duration::from_secs(60)));
        tokio::task::yield_now().await;
        assert!(!sleeping.is_finished());
        clock.set_speed(Speed::Scaled(60_000.0));
        let woken = tokio::time::timeout(Duration::from_secs(10), sleeping).await;
        woken.unwrap().unwrap();
    }
}
