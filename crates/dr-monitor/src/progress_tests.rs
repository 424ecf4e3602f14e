//! Progress, estimate and the target time.

use dr_model::execution::{Execution, ExecutionStatus, Tally, WaveRun};

use super::{TYPICAL_JOB_SECONDS, jobs_for, measure};
use crate::samples::{at, execution, finished, wave};

/// How much is left at a second.
fn left(execution: &Execution, second: i64) -> Option<u64> {
    measure(execution, at(second)).remaining_seconds
}

#[test]
fn nothing_is_whole_until_the_last_word_is_said() {
    // Requirement 004: test_job_status_polling, test_per_instance_status_tracking.
    for status in ExecutionStatus::ALL {
        let done = execution(status, vec![finished(7, 0, 60)]);
        let percent = measure(&done, at(99)).percent;
        assert_eq!(
            percent,
            if status.is_terminal() { 100 } else { 99 },
            "{status:?}"
        );
    }
}

#[test]
fn percent_counts_every_server_that_has_come_to_an_end_over_all_waves() {
    let mixed = WaveRun {
        tally: Tally {
            waiting: 1,
            launching: 1,
            launched: 4,
            failed: 1,
            skipped: 1,
        },
        ..wave(0)
    };
    let running = execution(ExecutionStatus::Launching, vec![mixed, wave(4)]);
    assert_eq!(measure(&running, at(1)).percent, 50);
    let fresh = execution(ExecutionStatus::Pending, vec![wave(3)]);
    assert_eq!(measure(&fresh, at(1)).percent, 0);
}

#[test]
fn an_execution_without_servers_or_waves_divides_by_nothing() {
    for waves in [vec![], vec![wave(0)]] {
        let running = measure(
            &execution(ExecutionStatus::Configuring, waves.clone()),
            at(1),
        );
        assert_eq!(running.percent, 0);
        assert!(running.rto_met);
        let over = measure(&execution(ExecutionStatus::Completed, waves), at(1));
        assert_eq!((over.percent, over.remaining_seconds), (100, None));
    }
    assert_eq!(
        left(&execution(ExecutionStatus::Configuring, vec![]), 1),
        Some(0)
    );
}

#[test]
fn time_stops_at_the_end() {
    // Requirement 004: test_job_duration_measurement.
    let mut over = execution(ExecutionStatus::Completed, vec![finished(1, 0, 60)]);
    over.ended_at = Some(at(90));
    assert_eq!(measure(&over, at(90)), measure(&over, at(9_999)));
    assert_eq!(measure(&over, at(90)).elapsed_seconds, 90);
}

#[test]
fn the_target_is_met_up_to_its_last_second() {
    // Requirement 004: test_rto_calculation.
    let mut over = execution(ExecutionStatus::Completed, vec![finished(1, 0, 60)]);
    for (ended, met) in [(1799, true), (1800, true), (1801, false)] {
        over.ended_at = Some(at(ended));
        assert_eq!(measure(&over, at(9_999)).rto_met, met, "{ended} s");
    }
}

#[test]
fn waiting_for_a_person_does_not_count_against_the_target() {
    let mut over = execution(ExecutionStatus::Completed, vec![finished(1, 0, 60)]);
    over.ended_at = Some(at(5_000));
    assert!(!measure(&over, at(5_000)).rto_met);
    over.paused_seconds = 3_200;
    let progress = measure(&over, at(5_000));
    assert!(progress.rto_met);
    // And is not hidden either.
    assert_eq!(
        (progress.elapsed_seconds, progress.paused_seconds),
        (5_000, 3_200)
    );
}

#[test]
fn a_pause_under_way_counts_as_paused_beside_those_before() {
    let mut paused = execution(ExecutionStatus::Paused, vec![finished(1, 0, 60), wave(1)]);
    paused.paused_at = Some(at(100));
    paused.paused_seconds = 30;
    let progress = measure(&paused, at(10_100));
    assert_eq!(progress.paused_seconds, 10_030);
    assert_eq!(progress.elapsed_seconds, 10_100);
    assert_eq!(progress.remaining_seconds, None);
    // 70 s of work and a wave of 60 s to go.
    assert!(progress.rto_met);
}

#[test]
fn a_pause_hides_no_target_that_can_no_longer_be_met() {
    let mut paused = execution(
        ExecutionStatus::Paused,
        vec![finished(1, 0, 1_700), wave(1)],
    );
    paused.paused_at = Some(at(1_700));
    assert!(!measure(&paused, at(9_999)).rto_met);
}

#[test]
fn before_anything_was_seen_a_typical_job_is_expected_for_each_wave() {
    let fresh = execution(ExecutionStatus::Pending, vec![wave(10), wave(10)]);
    assert_eq!(left(&fresh, 0), Some(2 * TYPICAL_JOB_SECONDS));
    assert!(measure(&fresh, at(0)).rto_met);
    let long = execution(ExecutionStatus::Pending, vec![wave(10); 3]);
    assert!(!measure(&long, at(0)).rto_met);
}

#[test]
fn a_wave_beyond_500_servers_fills_drs_more_than_once() {
    for (servers, rounds) in [(1, 1), (500, 1), (501, 2), (1000, 2)] {
        let fresh = execution(ExecutionStatus::Pending, vec![wave(servers)]);
        assert_eq!(
            left(&fresh, 0),
            Some(rounds * TYPICAL_JOB_SECONDS),
            "{servers}"
        );
    }
}

#[test]
fn servers_left_out_take_no_time() {
    let mut most = wave(400);
    most.tally.skipped = 300;
    let fresh = execution(ExecutionStatus::Pending, vec![most]);
    assert_eq!(left(&fresh, 0), Some(TYPICAL_JOB_SECONDS));
    let mut all = wave(0);
    all.tally.skipped = 300;
    let fresh = execution(ExecutionStatus::Pending, vec![all]);
    assert_eq!(left(&fresh, 0), Some(0));
}

#[test]
fn the_estimate_is_the_median_of_the_waves_that_are_over() {
    let waves = |seconds: &[i64]| {
        let mut waves: Vec<_> = seconds.iter().map(|s| finished(5, 0, *s)).collect();
        waves.push(wave(5));
        execution(ExecutionStatus::Launching, waves)
    };
    assert_eq!(left(&waves(&[300]), 0), Some(300));
    // One wave that took an hour says little of the next.
    assert_eq!(left(&waves(&[300, 3_600, 310]), 0), Some(310));
    assert_eq!(left(&waves(&[310, 300, 3_600]), 0), Some(310));
}

#[test]
fn a_wave_in_which_nothing_was_launched_says_nothing_of_the_next() {
    let mut empty = finished(0, 0, 1);
    empty.tally.skipped = 9;
    let running = execution(ExecutionStatus::Launching, vec![empty, wave(5)]);
    assert_eq!(left(&running, 0), Some(TYPICAL_JOB_SECONDS));
}

#[test]
fn a_running_wave_gets_shorter_and_never_negative() {
    let mut running = wave(5);
    running.started_at = Some(at(300));
    let running = execution(
        ExecutionStatus::Launching,
        vec![finished(5, 0, 300), running],
    );
    let mut before = u64::MAX;
    for second in (300..5_000).step_by(10) {
        let now = left(&running, second).unwrap();
        assert!(now <= before, "at {second} s: {now} after {before}");
        // What is late is still not done: a tenth of a round is left.
        assert!(now >= 30, "at {second} s: {now}");
        before = now;
    }
    assert_eq!(before, 30);
}

#[test]
fn a_clock_that_goes_back_yields_nothing_negative() {
    let mut running = wave(5);
    running.started_at = Some(at(100));
    let mut odd = execution(ExecutionStatus::Launching, vec![running]);
    odd.paused_seconds = 500;
    let progress = measure(&odd, at(-50));
    assert_eq!(progress.elapsed_seconds, 0);
    assert_eq!(progress.remaining_seconds, Some(TYPICAL_JOB_SECONDS));
    assert!(progress.rto_met);
}

#[test]
fn an_execution_that_is_being_cancelled_waits_for_what_runs_only() {
    let mut running = wave(5);
    running.started_at = Some(at(0));
    let cancelling = execution(
        ExecutionStatus::Cancelling,
        vec![running, wave(5), wave(500)],
    );
    assert_eq!(left(&cancelling, 100), Some(TYPICAL_JOB_SECONDS - 100));
}

#[test]
fn jobs_are_counted_by_hundreds() {
    for (servers, jobs) in [(0, 0), (1, 1), (100, 1), (101, 2), (1000, 10)] {
        assert_eq!(jobs_for(servers), jobs);
    }
}
