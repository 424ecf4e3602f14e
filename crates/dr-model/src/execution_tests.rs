//! Which token of a task is waited for.

use chrono::{DateTime, Duration};

use super::TaskToken;

fn token(name: &str, wave: usize, second: i64, is_pause: bool, attempt: u32) -> TaskToken {
    TaskToken {
        token: name.to_owned(),
        wave,
        is_pause,
        entered_at: DateTime::UNIX_EPOCH + Duration::seconds(second),
        attempt,
    }
}

#[test]
fn a_late_try_does_not_displace_the_token_that_is_waited_for() {
    let second_try = token("b", 1, 10, false, 1);
    assert!(second_try.supersedes(&token("a", 1, 10, false, 0)));
    assert!(!token("a", 1, 10, false, 0).supersedes(&second_try));
    assert!(!second_try.supersedes(&second_try));
}

#[test]
fn a_later_wave_a_later_pause_and_the_launch_after_a_pause_displace_what_was_before() {
    let retried_pause = token("p", 1, 10, true, 3);
    assert!(token("q", 1, 11, true, 0).supersedes(&retried_pause));
    assert!(token("l", 1, 10, false, 0).supersedes(&retried_pause));
    assert!(token("l", 2, 10, false, 0).supersedes(&retried_pause));
    assert!(!token("o", 0, 9, false, 0).supersedes(&retried_pause));
}
