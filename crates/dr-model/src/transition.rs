//! The state machine of an execution as one function: every legal pair of status and event is listed here.

use crate::execution::ExecutionStatus;

/// What can happen to an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The state machine began.
    Begin,
    /// All launch configurations are as they must be; or a wave is over and the next begins.
    LaunchWave,
    /// A wave's launches are over.
    ValidateWave,
    /// A pause was reached.
    Pause,
    /// A person let it go on.
    Resume,
    /// A person wants it to end, or a pause was not answered in time.
    Cancel,
    /// Nothing is left to do. All servers launched.
    Complete,
    /// Nothing is left to do. Some servers launched and some did not.
    CompleteWithFailures,
    /// Nothing is left to do and no server launched, or the orchestration itself failed.
    Fail,
    /// What ran when it was cancelled is over.
    CancelSettled,
}

impl Event {
    /// Every event.
    pub const ALL: [Event; 10] = [
        Self::Begin,
        Self::LaunchWave,
        Self::ValidateWave,
        Self::Pause,
        Self::Resume,
        Self::Cancel,
        Self::Complete,
        Self::CompleteWithFailures,
        Self::Fail,
        Self::CancelSettled,
    ];
}

/// An event that cannot happen in a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an execution that is {} cannot {event:?}", status.as_str())]
pub struct IllegalTransition {
    /// Where it stood.
    pub status: ExecutionStatus,
    /// What was tried.
    pub event: Event,
}

/// The next status. Repeating the event that led to the current status is legal and changes nothing,
/// because every step may happen twice.
///
/// # Errors
/// When the event cannot happen in that status.
pub fn transition(
    status: ExecutionStatus,
    event: Event,
) -> Result<ExecutionStatus, IllegalTransition> {
    use Event as E;
    use ExecutionStatus as S;
    let next = match (status, event) {
        (S::Pending | S::Configuring, E::Begin) => S::Configuring,
        (S::Configuring | S::Validating | S::Paused | S::Launching, E::LaunchWave) => S::Launching,
        (S::Launching | S::Validating, E::ValidateWave) => S::Validating,
        (S::Configuring | S::Validating | S::Launching | S::Paused, E::Pause) => S::Paused,
        (S::Paused, E::Resume) => S::Launching,
        (
            S::Pending | S::Configuring | S::Launching | S::Validating | S::Paused | S::Cancelling,
            E::Cancel,
        ) => S::Cancelling,
        (S::Configuring | S::Launching | S::Validating | S::Completed, E::Complete) => S::Completed,
        (
            S::Configuring | S::Launching | S::Validating | S::CompletedWithFailures,
            E::CompleteWithFailures,
        ) => S::CompletedWithFailures,
        (
            S::Pending
            | S::Configuring
            | S::Launching
            | S::Validating
            | S::Paused
            | S::Cancelling
            | S::Failed,
            E::Fail,
        ) => S::Failed,
        (S::Cancelling | S::Cancelled, E::CancelSettled) => S::Cancelled,
        (status, event) => return Err(IllegalTransition { status, event }),
    };
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::{Event, transition};
    use crate::execution::ExecutionStatus;

    #[test]
    fn a_terminal_status_is_never_left() {
        for status in ExecutionStatus::ALL.into_iter().filter(|s| s.is_terminal()) {
            for event in Event::ALL {
                if let Ok(next) = transition(status, event) {
                    assert_eq!(next, status, "{status:?} {event:?}");
                }
            }
        }
    }

    #[test]
    fn every_status_that_is_not_terminal_can_be_cancelled_and_can_fail() {
        for status in ExecutionStatus::ALL
            .into_iter()
            .filter(|s| !s.is_terminal())
        {
            assert_eq!(
                transition(status, Event::Cancel),
                Ok(ExecutionStatus::Cancelling)
            );
            assert_eq!(transition(status, Event::Fail), Ok(ExecutionStatus::Failed));
        }
    }

    #[test]
    fn repeating_an_event_changes_nothing() {
        for status in ExecutionStatus::ALL {
            for event in Event::ALL.into_iter().filter(|e| *e != Event::Resume) {
                if let Ok(next) = transition(status, event) {
                    assert_eq!(transition(next, event), Ok(next), "{status:?} {event:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_cancelled_launches_nothing_more() {
        assert!(transition(ExecutionStatus::Cancelling, Event::LaunchWave).is_err());
        assert!(transition(ExecutionStatus::Cancelling, Event::Pause).is_err());
        assert!(transition(ExecutionStatus::Cancelling, Event::Resume).is_err());
    }
}
