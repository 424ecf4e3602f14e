//! Against guessing: after five wrong passwords a user name waits, twice as long each time, as
//! Cognito does it. Kept in memory: who can restart the process can also reset the passwords.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Wrong passwords that cost nothing (Amazon Cognito developer guide, "Lockout behavior").
const FREE: u32 = 5;
/// The first wait, in seconds; each further one is twice as long.
const FIRST_SECONDS: i64 = 1;
/// The longest wait, in seconds: about 15 minutes.
const LONGEST_SECONDS: i64 = 15 * 60;
/// Names remembered at once, so that invented names do not fill the memory.
const NAMES: usize = 1_000;

/// Wrong passwords by user name.
#[derive(Debug, Default)]
pub struct Guessing {
    wrong: Mutex<BTreeMap<String, Wrong>>,
}

#[derive(Debug, Clone, Copy)]
struct Wrong {
    times: u32,
    until: DateTime<Utc>,
}

impl Guessing {
    /// How many seconds this name still has to wait before its password is looked at.
    #[must_use]
    pub fn wait(&self, username: &str, now: DateTime<Utc>) -> Option<i64> {
        let wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let left = wrong.get(username)?.until - now;
        (left > TimeDelta::zero()).then(|| left.num_seconds().max(0) + 1)
    }

    /// A wrong password.
    pub fn wrong(&self, username: &str, now: DateTime<Utc>) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= NAMES && !wrong.contains_key(username) {
            let longest = TimeDelta::seconds(LONGEST_SECONDS);
            wrong.retain(|_, one| one.until + longest > now);
            if wrong.len() >= NAMES {
                return;
            }
        }
        let one = wrong.entry(username.to_owned()).or_insert(Wrong {
            times: 0,
            until: now,
        });
        one.times = one.times.saturating_add(1);
        one.until = now;
        if let Some(over) = one.times.checked_sub(FREE) {
            let seconds = FIRST_SECONDS
                .checked_shl(over.min(30))
                .unwrap_or(LONGEST_SECONDS);
            one.until = now + TimeDelta::seconds(seconds.min(LONGEST_SECONDS));
        }
    }

    /// The right password: what was wrong before is forgotten.
    pub fn right(&self, username: &str) {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.remove(username);
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::{Guessing, LONGEST_SECONDS};

    #[test]
    fn the_wait_starts_with_the_fifth_wrong_password_and_doubles_up_to_its_limit() {
        let guessing = Guessing::default();
        let mut now = DateTime::UNIX_EPOCH;
        for _ in 0..4 {
            guessing.wrong("admin", now);
            assert_eq!(guessing.wait("admin", now), None);
        }
        let mut last = 0;
        for _ in 0..40 {
            guessing.wrong("admin", now);
            let wait = guessing.wait("admin", now).unwrap();
            assert!(wait >= last && wait <= LONGEST_SECONDS + 1, "{wait}");
            last = wait;
            now += TimeDelta::seconds(wait);
            assert_eq!(guessing.wait("admin", now), None);
        }
        assert_eq!(last, LONGEST_SECONDS + 1);
        assert_eq!(guessing.wait("operator", now), None);
    }

    #[test]
    fn the_right_password_forgets_the_wrong_ones() {
        let guessing = Guessing::default();
        let now = DateTime::UNIX_EPOCH;
        (0..6).for_each(|_| guessing.wrong("admin", now));
        guessing.right("admin");
        assert_eq!(guessing.wait("admin", now), None);
    }

    #[test]
    fn invented_names_do_not_fill_the_memory() {
        let guessing = Guessing::default();
        let now = DateTime::UNIX_EPOCH;
        (0..5_000).for_each(|n| guessing.wrong(&format!("user-{n}"), now));
        assert!(guessing.wrong.lock().unwrap().len() <= super::NAMES);
    }
}
