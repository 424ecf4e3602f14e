//! The simulated clock: moved by hand, or running along real time at a chosen speed. The only
//! place that looks at real time, and only to run along it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration as RealDuration, Instant};

use chrono::{DateTime, Duration, Utc};

/// How simulated time passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// Only when told.
    Manual,
    /// This many simulated seconds per real second.
    Scaled(f64),
}

/// The simulated clock. Clones show the same time.
#[derive(Debug, Clone)]
pub struct SimClock {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    hand: Mutex<Hand>,
}

/// Where the clock stood when its speed was last set, and how it runs from there.
#[derive(Debug)]
struct Hand {
    speed: Speed,
    base: DateTime<Utc>,
    since: Option<Instant>,
}

impl Hand {
    fn at(base: DateTime<Utc>, speed: Speed) -> Self {
        let since = match speed {
            Speed::Manual => None,
            Speed::Scaled(_) => Some(real_now()),
        };
        Self { speed, base, since }
    }

    fn now(&self) -> DateTime<Utc> {
        self.base + self.run()
    }

    /// Simulated time that passed by itself since then.
    fn run(&self) -> Duration {
        match (self.speed, self.since) {
            (Speed::Scaled(factor), Some(since)) => {
                let real = real_now().saturating_duration_since(since).as_secs_f64();
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "microseconds of a simulation fit in 64 bits for 292,000 years"
                )]
                let micros = (real * factor.max(0.0) * 1e6) as i64;
                Duration::microseconds(micros)
            }
            _ => Duration::zero(),
        }
    }
}

impl SimClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn new(start: DateTime<Utc>, speed: Speed) -> Self {
        Self {
            inner: Arc::new(Inner {
                hand: Mutex::new(Hand::at(start, speed)),
            }),
        }
    }

    fn hand<R>(&self, work: impl FnOnce(&mut Hand) -> R) -> R {
        let mut hand = self
            .inner
            .hand
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        work(&mut hand)
    }

    /// Simulated time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.hand(|hand| hand.now())
    }

    /// Moves time forward; on a running clock this is a jump.
    pub fn advance(&self, by: Duration) {
        self.hand(|hand| hand.base += by.max(Duration::zero()));
    }

    /// Moves time forward to `to`; never back.
    pub fn advance_to(&self, to: DateTime<Utc>) {
        self.advance(to - self.now());
    }

    /// Sets the time, back as well: for a world that is loaded with its own.
    pub(crate) fn set(&self, to: DateTime<Utc>) {
        self.hand(|hand| hand.base = to - hand.run());
    }

    /// How simulated time passes.
    #[must_use]
    pub fn speed(&self) -> Speed {
        self.hand(|hand| hand.speed)
    }

    /// How simulated time passes from now on; no moment is left out or comes twice.
    pub fn set_speed(&self, speed: Speed) {
        self.hand(|hand| *hand = Hand::at(hand.now(), speed));
    }

    /// Real time until simulated time is `at`; on a clock that stands or is moved by hand that is for
    /// ever, unless `at` has come.
    #[must_use]
    pub fn real_until(&self, at: DateTime<Utc>) -> RealDuration {
        let left = (at - self.now()).to_std().unwrap_or(RealDuration::ZERO);
        if left.is_zero() {
            return RealDuration::ZERO;
        }
        match self.speed() {
            Speed::Scaled(factor) if factor > 0.0 => {
                RealDuration::try_from_secs_f64(left.as_secs_f64() / factor)
                    .unwrap_or(RealDuration::MAX)
            }
            _ => RealDuration::MAX,
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a scaled clock runs along real time; nothing else may look at it"
)]
fn real_now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> DateTime<Utc> {
        "2026-11-21T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = SimClock::new(start(), Speed::Manual);
        let other = clock.clone();
        clock.advance(Duration::seconds(90));
        assert_eq!(other.now(), start() + Duration::seconds(90));
        clock.advance_to(start());
        assert_eq!(other.now(), start() + Duration::seconds(90));
        assert_eq!(
            clock.real_until(start() + Duration::days(1)),
            RealDuration::MAX
        );
        assert_eq!(clock.real_until(start()), RealDuration::ZERO);
    }

    #[test]
    fn a_scaled_clock_says_how_long_to_wait() {
        let clock = SimClock::new(start(), Speed::Scaled(60.0));
        let wait = clock.real_until(start() + Duration::hours(1));
        assert!(wait <= RealDuration::from_secs(60), "{wait:?}");
        assert!(wait > RealDuration::from_secs(50), "{wait:?}");
    }

    #[test]
    fn a_clock_that_is_told_another_speed_goes_on_from_where_it_is() {
        let clock = SimClock::new(start(), Speed::Manual);
        clock.advance(Duration::hours(1));
        clock.set_speed(Speed::Scaled(0.0));
        let stands = clock.now();
        assert_eq!(stands, start() + Duration::hours(1));
        assert_eq!(clock.now(), stands);
        assert_eq!(
            clock.real_until(stands + Duration::seconds(1)),
            RealDuration::MAX
        );
        clock.set_speed(Speed::Scaled(60.0));
        assert!(clock.now() >= stands);
        assert!(clock.real_until(stands + Duration::hours(1)) <= RealDuration::from_secs(60));
        clock.set(start());
        assert!(clock.now() < stands);
    }
}
