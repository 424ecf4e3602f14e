//! How an execution ends.

use dr_model::execution::{ExecutionStatus, Tally};
use dr_model::transition::{Event, transition};

use super::ending;

fn tally(launched: usize, failed: usize, skipped: usize) -> Tally {
    Tally {
        launched,
        failed,
        skipped,
        ..Tally::default()
    }
}

#[test]
fn how_it_ends_follows_from_how_many_launched() {
    // Requirement 004: test_partial_failure_handling, test_recovery_job_failure_handling.
    for (launched, failed, skipped, event) in [
        (3, 0, 0, Event::Complete),
        (2, 1, 0, Event::CompleteWithFailures),
        (2, 0, 1, Event::CompleteWithFailures),
        (1, 1, 1, Event::CompleteWithFailures),
        (0, 3, 0, Event::Fail),
        (0, 0, 3, Event::Fail),
        (0, 1, 2, Event::Fail),
    ] {
        let tally = tally(launched, failed, skipped);
        for status in [
            ExecutionStatus::Configuring,
            ExecutionStatus::Launching,
            ExecutionStatus::Validating,
        ] {
            assert_eq!(ending(status, tally, 0), event, "{tally:?}");
        }
    }
}

#[test]
fn a_server_that_never_came_to_an_end_is_not_launched() {
    let open = Tally {
        waiting: 1,
        ..tally(2, 0, 0)
    };
    assert_eq!(
        ending(ExecutionStatus::Validating, open, 0),
        Event::CompleteWithFailures
    );
    let open = Tally {
        launching: 1,
        ..tally(0, 0, 0)
    };
    assert_eq!(ending(ExecutionStatus::Validating, open, 0), Event::Fail);
}

#[test]
fn a_failed_action_is_a_failure_of_an_execution_that_launched_and_nothing_to_one_that_did_not() {
    let ends = |tally| ending(ExecutionStatus::Validating, tally, 1);
    assert_eq!(ends(tally(3, 0, 0)), Event::CompleteWithFailures);
    assert_eq!(ends(tally(1, 1, 0)), Event::CompleteWithFailures);
    assert_eq!(ends(tally(0, 1, 0)), Event::Fail);
}

#[test]
fn what_was_cancelled_ends_cancelled_however_many_launched() {
    // Requirement 004: test_recovery_job_cancellation.
    for status in [ExecutionStatus::Cancelling, ExecutionStatus::Cancelled] {
        for tally in [
            tally(3, 0, 0),
            tally(1, 1, 1),
            tally(0, 3, 0),
            tally(0, 0, 0),
        ] {
            assert_eq!(ending(status, tally, 1), Event::CancelSettled);
        }
    }
}

#[test]
fn every_ending_is_a_legal_end() {
    for status in [
        ExecutionStatus::Configuring,
        ExecutionStatus::Launching,
        ExecutionStatus::Validating,
        ExecutionStatus::Cancelling,
    ] {
        for tally in [tally(3, 0, 0), tally(1, 1, 1), tally(0, 3, 0)] {
            let end = transition(status, ending(status, tally, 1)).unwrap();
            assert!(end.is_terminal(), "{status:?} {tally:?}");
        }
    }
}
