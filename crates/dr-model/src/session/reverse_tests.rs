//! DRS's states to our seven, and what progress says.

use chrono::{DateTime, Duration, Utc};

use super::{ReverseProgress, ReverseState};
use crate::replication::{DiskProgress, Replication};
use crate::server::ReplicationState;

const THRESHOLD: u64 = 60;

/// A disk of 100 bytes.
fn disk(replicated: u64, rescanned: u64, backlogged: u64) -> DiskProgress {
    DiskProgress {
        device_name: "/dev/xvda".into(),
        total_bytes: 100,
        replicated_bytes: replicated,
        rescanned_bytes: rescanned,
        backlogged_bytes: backlogged,
    }
}

fn replication(state: &str, lag: Option<u64>, disks: Vec<DiskProgress>) -> Replication {
    Replication {
        state: (state != "none").then(|| ReplicationState::from(state.to_owned())),
        lag_seconds: lag,
        disks,
        ..Replication::default()
    }
}

/// Rescan: none was needed, half done, whole.
const RESCANNED: [u64; 3] = [0, 50, 100];
const LAGS: [Option<u64>; 5] = [None, Some(0), Some(1), Some(THRESHOLD), Some(THRESHOLD + 1)];
/// DRS's words of a replication; `none` is no word at all.
const STATES: [&str; 14] = [
    "none",
    "NOT_STARTED",
    "REPLICATION_STATE_NOT_AVAILABLE",
    "STOPPED",
    "INITIATING",
    "INITIAL_SYNC",
    "BACKLOG",
    "CREATING_SNAPSHOT",
    "CONTINUOUS",
    "PAUSED",
    "RESCAN",
    "STALLED",
    "DISCONNECTED",
    "A_WORD_OF_TOMORROW",
];
const FAILBACK_STATES: [Option<&str>; 9] = [
    None,
    Some("FAILBACK_NOT_STARTED"),
    Some("FAILBACK_IN_PROGRESS"),
    Some("FAILBACK_READY_FOR_LAUNCH"),
    Some("FAILBACK_COMPLETED"),
    Some("FAILBACK_ERROR"),
    Some("FAILBACK_NOT_READY_FOR_LAUNCH"),
    Some("FAILBACK_LAUNCH_STATE_NOT_AVAILABLE"),
    Some("A_WORD_OF_TOMORROW"),
];

/// States in which nothing but DRS's word on the failback can change ours.
fn by_word(state: &str) -> Option<ReverseState> {
    match state {
        "none" | "NOT_STARTED" | "REPLICATION_STATE_NOT_AVAILABLE" => {
            Some(ReverseState::NotStarted)
        }
        "STOPPED" | "PAUSED" | "STALLED" | "DISCONNECTED" => Some(ReverseState::Error),
        "INITIATING" | "A_WORD_OF_TOMORROW" => Some(ReverseState::Initiating),
        "INITIAL_SYNC" | "RESCAN" => Some(ReverseState::InitialSync),
        _ => None,
    }
}

/// What is stated for a copy that is whole: lag (`-` where DRS does not say), bytes behind, and our state for
/// CONTINUOUS and CREATING_SNAPSHOT, then for BACKLOG.
const WHOLE: &str = "
    -   0   Ready         Continuous
    -   5   Continuous    Continuous
    0   0   Ready         ReadyWithLag
    0   5   ReadyWithLag  ReadyWithLag
    1   0   ReadyWithLag  ReadyWithLag
    1   5   ReadyWithLag  ReadyWithLag
    60  0   ReadyWithLag  ReadyWithLag
    60  5   ReadyWithLag  ReadyWithLag
    61  0   Continuous    Continuous
    61  5   Continuous    Continuous
";

fn stated_when_whole(state: &str, lag: Option<u64>, backlogged: u64) -> &'static str {
    let lag = lag.map_or_else(|| "-".to_owned(), |lag| lag.to_string());
    let row = WHOLE
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|row| row.len() == 4 && row[0] == lag && row[1] == backlogged.to_string())
        .unwrap();
    if state == "BACKLOG" { row[3] } else { row[2] }
}

#[test]
fn every_word_of_drs_comes_to_one_of_our_seven_states() {
    // Requirement 001, 5.4.
    for state in STATES {
        for failback in FAILBACK_STATES {
            for lag in LAGS {
                for backlogged in [0, 5] {
                    for rescanned in RESCANNED {
                        let seen = replication(state, lag, vec![disk(100, rescanned, backlogged)]);
                        let stated = if failback == Some("FAILBACK_ERROR") {
                            "Error".to_owned()
                        } else if let Some(by_word) = by_word(state) {
                            format!("{by_word:?}")
                        } else if rescanned == 50 {
                            "InitialSync".to_owned()
                        } else if failback == Some("FAILBACK_NOT_READY_FOR_LAUNCH") {
                            "Continuous".to_owned()
                        } else {
                            stated_when_whole(state, lag, backlogged).to_owned()
                        };
                        assert_eq!(
                            format!("{:?}", ReverseState::of(&seen, failback, THRESHOLD)),
                            stated,
                            "{state} {failback:?} lag {lag:?} behind {backlogged} rescanned {rescanned}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_threshold_is_the_callers_and_zero_allows_no_lag() {
    let seen = |lag| replication("CONTINUOUS", Some(lag), vec![disk(100, 0, 0)]);
    assert_eq!(
        ReverseState::of(&seen(1), None, 0),
        ReverseState::Continuous
    );
    assert_eq!(ReverseState::of(&seen(0), None, 0), ReverseState::Ready);
    assert_eq!(
        ReverseState::of(&seen(600), None, 600),
        ReverseState::ReadyWithLag
    );
}

#[test]
fn one_disk_that_is_not_rescanned_keeps_a_server_from_being_ready() {
    let seen = replication(
        "CONTINUOUS",
        Some(0),
        vec![disk(100, 100, 0), disk(100, 99, 0)],
    );
    assert_eq!(
        ReverseState::of(&seen, None, THRESHOLD),
        ReverseState::InitialSync
    );
}

#[test]
fn only_ready_and_ready_with_lag_can_fail_back() {
    use ReverseState as S;
    let all = [
        S::NotStarted,
        S::Initiating,
        S::InitialSync,
        S::Continuous,
        S::Ready,
        S::ReadyWithLag,
        S::Error,
    ];
    let ready: Vec<_> = all.into_iter().filter(|state| state.is_ready()).collect();
    assert_eq!(ready, [S::Ready, S::ReadyWithLag]);
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + Duration::seconds(second)
}

fn copying(done: u64) -> Replication {
    let mut seen = replication("INITIAL_SYNC", None, vec![disk(done, 0, 0)]);
    seen.disks[0].total_bytes = 10_000;
    seen
}

#[test]
fn the_rate_is_what_came_since_the_last_look_and_the_estimate_what_is_left_at_that_rate() {
    let first = ReverseProgress::default().seen(&copying(1_000), None, THRESHOLD, at(0));
    // After one look nothing can be said.
    assert_eq!((first.bytes_per_second, first.eta), (None, None));
    let second = first.seen(&copying(2_000), None, THRESHOLD, at(10));
    assert_eq!(second.bytes_per_second, Some(100));
    assert_eq!(second.eta, Some(at(10 + 80)));
    assert!((second.percent() - 20.0).abs() < 0.01);
}

#[test]
fn one_slow_look_moves_the_rate_by_a_quarter() {
    let known = ReverseProgress::default()
        .seen(&copying(0), None, THRESHOLD, at(0))
        .seen(&copying(1_000), None, THRESHOLD, at(10));
    let slow = known.seen(&copying(1_000), None, THRESHOLD, at(20));
    assert_eq!(slow.bytes_per_second, Some(75));
}

#[test]
fn looking_twice_in_one_second_or_a_rescan_that_begins_again_leaves_the_rate() {
    let known = ReverseProgress::default()
        .seen(&copying(0), None, THRESHOLD, at(0))
        .seen(&copying(1_000), None, THRESHOLD, at(10));
    for again in [
        known.seen(&copying(2_000), None, THRESHOLD, at(10)),
        known.seen(&copying(10), None, THRESHOLD, at(20)),
        // A clock that went back.
        known.seen(&copying(2_000), None, THRESHOLD, at(5)),
    ] {
        assert_eq!(again.bytes_per_second, Some(100));
    }
}

#[test]
fn what_drs_expects_goes_before_our_own_estimate() {
    let mut seen = copying(2_000);
    seen.eta = Some(at(777));
    let progress = ReverseProgress::default()
        .seen(&copying(1_000), None, THRESHOLD, at(0))
        .seen(&seen, None, THRESHOLD, at(10));
    assert_eq!(progress.eta, Some(at(777)));
}

#[test]
fn an_estimate_beyond_the_calendar_is_none() {
    let huge = |done| {
        let mut seen = copying(done);
        seen.disks[0].total_bytes = 1 << 62;
        seen
    };
    let progress = ReverseProgress::default()
        .seen(&huge(0), None, THRESHOLD, at(0))
        .seen(&huge(10), None, THRESHOLD, at(10));
    assert_eq!(progress.bytes_per_second, Some(1));
    assert_eq!(progress.eta, None);
}

#[test]
fn a_stall_is_dated_from_when_it_was_first_seen_until_it_is_over_and_promises_no_end() {
    let stalled = || {
        let mut seen = copying(2_000);
        seen.state = Some(ReplicationState::Stalled);
        seen.error = Some("AGENT_NOT_SEEN".into());
        seen.raw_error = Some("no contact for 5 minutes".into());
        seen
    };
    let before = ReverseProgress::default()
        .seen(&copying(0), None, THRESHOLD, at(0))
        .seen(&copying(1_000), None, THRESHOLD, at(10));
    assert_eq!(before.stalled_since, None);
    let first = before.seen(&stalled(), None, THRESHOLD, at(20));
    let later = first.seen(&stalled(), None, THRESHOLD, at(50));
    assert_eq!(later.state, ReverseState::Error);
    assert_eq!(later.stalled_since, Some(at(20)));
    assert_eq!(later.eta, None);
    // Requirement 001, 12.4: DRS's own words.
    assert_eq!(
        later.problem.as_deref(),
        Some("AGENT_NOT_SEEN no contact for 5 minutes")
    );
    let over = later.seen(&copying(3_000), None, THRESHOLD, at(60));
    assert_eq!((over.stalled_since, over.problem), (None, None));
}

#[test]
fn an_error_without_words_names_the_state() {
    let seen = replication("DISCONNECTED", None, Vec::new());
    let progress = ReverseProgress::default().seen(&seen, None, THRESHOLD, at(0));
    assert_eq!(
        progress.problem.as_deref(),
        Some("Replication is DISCONNECTED")
    );
    assert_eq!(progress.replication_state.as_deref(), Some("DISCONNECTED"));
}

#[test]
fn when_it_was_asked_for_and_first_ready_is_kept() {
    let asked = ReverseProgress {
        asked_at: Some(at(1)),
        ..ReverseProgress::default()
    };
    let level = || replication("CONTINUOUS", Some(0), vec![disk(100, 0, 0)]);
    let ready = asked.seen(&level(), None, THRESHOLD, at(10));
    assert_eq!(ready.ready_at, Some(at(10)));
    let behind = replication("BACKLOG", Some(900), vec![disk(100, 0, 50)]);
    let again =
        ready
            .seen(&behind, None, THRESHOLD, at(20))
            .seen(&level(), None, THRESHOLD, at(30));
    assert_eq!(
        (again.asked_at, again.ready_at),
        (Some(at(1)), Some(at(10)))
    );
    assert_eq!(again.state, ReverseState::Ready);
}
