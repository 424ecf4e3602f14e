//! What comes next between waves, as an exhaustive table.

use dr_model::execution::{Execution, ExecutionStatus, Tally, WaveRun};
use dr_model::plan::OnFailure;

use super::{Next, next};
use crate::samples::{execution, wave};

/// What can lead to a pause before a wave, or past it.
#[derive(Debug, Clone, Copy)]
struct Case {
    status: ExecutionStatus,
    pause_before: bool,
    pause_requested: bool,
    released: Option<usize>,
    failed_before: usize,
    on_failure_before: OnFailure,
    held: bool,
}

const CURRENT: usize = 1;

impl Case {
    /// Every combination: 10 statuses, and 2 · 2 · 4 · 2 · 2 · 2 of the rest.
    fn all() -> Vec<Case> {
        let both = [false, true];
        let mut cases = Vec::new();
        for status in ExecutionStatus::ALL {
            for pause_before in both {
                for pause_requested in both {
                    for released in [None, Some(0), Some(CURRENT), Some(2)] {
                        for failed_before in [0, 3] {
                            for on_failure_before in [OnFailure::Continue, OnFailure::Pause] {
                                cases.extend(both.map(|held| Case {
                                    status,
                                    pause_before,
                                    pause_requested,
                                    released,
                                    failed_before,
                                    on_failure_before,
                                    held,
                                }));
                            }
                        }
                    }
                }
            }
        }
        cases
    }

    fn execution(self) -> Execution {
        let before = WaveRun {
            on_failure: self.on_failure_before,
            tally: Tally {
                launched: 5,
                failed: self.failed_before,
                ..Tally::default()
            },
            ..wave()
        };
        let current = WaveRun {
            pause_before: self.pause_before,
            held_by: self.held.then(|| "stop the queue".to_owned()),
            ..wave()
        };
        Execution {
            wave: CURRENT,
            pause_requested: self.pause_requested,
            released_wave: self.released,
            ..execution(self.status, vec![before, current, wave()])
        }
    }

    /// The table, in the words of a person.
    fn expected(self) -> Next {
        use ExecutionStatus as S;
        match (self.status, self.pause_requested, self.released) {
            (
                S::Completed | S::CompletedWithFailures | S::Failed | S::Cancelled | S::Cancelling,
                _,
                _,
            ) => Next::Finish,
            // What an action's failure holds waits for a word of its own, whatever was said before.
            _ if self.held => Next::Pause,
            // A new request for a pause outweighs an earlier word.
            (_, true, _) => Next::Pause,
            (_, false, Some(CURRENT)) => Next::Launch,
            // A word for another wave lets this one not pass.
            (_, false, None | Some(_)) => {
                match (
                    self.pause_before,
                    self.on_failure_before,
                    self.failed_before,
                ) {
                    (true, _, _) | (false, OnFailure::Pause, 3) => Next::Pause,
                    _ => Next::Launch,
                }
            }
        }
    }
}

#[test]
fn what_comes_next_is_decided_for_every_combination() {
    let cases = Case::all();
    assert_eq!(cases.len(), 10 * 2 * 2 * 4 * 2 * 2 * 2);
    let mut seen = [0; 3];
    for case in cases {
        let next = next(&case.execution());
        assert_eq!(next, case.expected(), "{case:?}");
        seen[next as usize] += 1;
    }
    // The table is no tautology: each answer occurs.
    assert!(seen.iter().all(|count| *count > 0), "{seen:?}");
}

#[test]
fn a_plain_execution_launches_wave_after_wave_and_then_finishes() {
    // Requirement 004: test_wave_based_recovery.
    let mut running = execution(ExecutionStatus::Configuring, vec![wave(), wave()]);
    for current in 0..2 {
        running.wave = current;
        assert_eq!(next(&running), Next::Launch);
        running.status = ExecutionStatus::Validating;
    }
    running.wave = 2;
    assert_eq!(next(&running), Next::Finish);
}

#[test]
fn nothing_follows_the_last_wave_even_when_a_pause_was_asked_for() {
    let mut running = execution(ExecutionStatus::Validating, vec![wave()]);
    running.wave = 1;
    running.pause_requested = true;
    assert_eq!(next(&running), Next::Finish);
    assert_eq!(
        next(&execution(ExecutionStatus::Configuring, Vec::new())),
        Next::Finish
    );
}

#[test]
fn a_persons_word_lets_one_wave_pass_and_not_the_next() {
    let paused = WaveRun {
        pause_before: true,
        ..wave()
    };
    let mut running = execution(ExecutionStatus::Configuring, vec![paused.clone(), paused]);
    assert_eq!(next(&running), Next::Pause);
    running.released_wave = Some(0);
    assert_eq!(next(&running), Next::Launch);
    running.wave = 1;
    assert_eq!(next(&running), Next::Pause);
}

#[test]
fn failures_of_an_earlier_wave_than_the_last_one_do_not_pause_again() {
    let failed = WaveRun {
        on_failure: OnFailure::Pause,
        tally: Tally {
            failed: 1,
            ..Tally::default()
        },
        ..wave()
    };
    let mut running = execution(ExecutionStatus::Validating, vec![failed, wave(), wave()]);
    running.wave = 1;
    assert_eq!(next(&running), Next::Pause);
    running.wave = 2;
    assert_eq!(next(&running), Next::Launch);
}

#[test]
fn the_words_are_those_of_the_state_machine() {
    let words = [Next::Pause, Next::Launch, Next::Finish].map(Next::as_str);
    assert_eq!(words, ["PAUSE", "LAUNCH", "FINISH"]);
}
