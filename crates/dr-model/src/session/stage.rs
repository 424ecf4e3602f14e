//! How far one server is on the way home, as one function: every legal pair of stage and event is listed here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::execution::ExecutionType;

/// How far one server is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    /// Not part of the way home: it did not launch, or its recovery instance is gone.
    LeftOut,
    /// Launched, and not yet seen as a recovery instance.
    Pending,
    /// Runs in the recovery region.
    Recovered,
    /// Its agent is being repaired.
    Repairing,
    /// Reverse replication is asked for or runs.
    Reversing,
    /// Reverse replication has everything, or nearly: it can fail back.
    Ready,
    /// A failback execution has it.
    FailingBack,
    /// Home by a real failback; the recovery region still has its copy.
    FailedBack,
    /// What came home is being stopped again.
    GoingBack,
    /// Forward replication is being set up again.
    ReProtecting,
    /// Protected as before.
    ReProtected,
    /// What is left of it in the recovery region is being removed.
    CleaningUp,
    /// Home, and nothing left over.
    Home,
}

impl Stage {
    /// Every stage, in the order of the way home.
    pub const ALL: [Stage; 13] = [
        Self::LeftOut,
        Self::Pending,
        Self::Recovered,
        Self::Repairing,
        Self::Reversing,
        Self::Ready,
        Self::FailingBack,
        Self::FailedBack,
        Self::GoingBack,
        Self::ReProtecting,
        Self::ReProtected,
        Self::CleaningUp,
        Self::Home,
    ];

    /// Something goes on that the poller must follow.
    #[must_use]
    pub fn is_active(self) -> bool {
        !matches!(
            self,
            Self::LeftOut | Self::Recovered | Self::FailedBack | Self::ReProtected | Self::Home
        )
    }
}

/// What can happen to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageEvent {
    /// Its recovery instance was seen.
    Seen,
    /// Its recovery instance is gone, by somebody's hand, before it came home.
    Lost,
    /// A repair of its agent was asked for.
    Repair,
    /// The repair is over, and A2 was seen.
    Repaired,
    /// Reverse replication was asked for, or was seen running.
    Reverse,
    /// Reverse replication is ready, with or without lag.
    BecameReady,
    /// Reverse replication is no longer ready.
    LostReadiness,
    /// A failback execution took it.
    FailbackStarted,
    /// The failback execution is over.
    FailbackEnded {
        /// Drill or recovery.
        execution_type: ExecutionType,
        /// It launched.
        launched: bool,
    },
    /// The failback is to be undone.
    GoBack,
    /// It is undone.
    WentBack,
    /// Re-protection was asked for.
    ReProtect,
    /// Forward replication is CONTINUOUS on every disk.
    ReProtected,
    /// Clean-up was asked for.
    CleanUp,
    /// Nothing is left.
    CleanedUp,
}

/// An event that cannot happen in a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a server that is {stage:?} cannot {event:?}")]
pub struct IllegalStep {
    /// Where it stood.
    pub stage: Stage,
    /// What was tried.
    pub event: StageEvent,
}

impl Stage {
    /// The next stage. Repeating the event that led here is legal and changes nothing.
    ///
    /// # Errors
    /// When the event cannot happen in this stage.
    pub fn after(self, event: StageEvent) -> Result<Stage, IllegalStep> {
        use Stage as S;
        use StageEvent as E;
        let next = match (self, event) {
            (S::Pending | S::Recovered, E::Seen) => S::Recovered,
            (
                S::Pending | S::Recovered | S::Repairing | S::Reversing | S::Ready | S::LeftOut,
                E::Lost,
            ) => S::LeftOut,
            (S::Recovered | S::Repairing | S::Reversing | S::Ready, E::Repair) => S::Repairing,
            (S::Repairing | S::Reversing, E::Repaired) => S::Reversing,
            (S::Recovered | S::Reversing | S::Repairing, E::Reverse) => S::Reversing,
            (S::Reversing | S::Ready, E::BecameReady) => S::Ready,
            (S::Reversing | S::Ready, E::LostReadiness) => S::Reversing,
            (S::Ready | S::FailingBack, E::FailbackStarted) => S::FailingBack,
            // A drill never counts as being home: nothing may be re-protected or removed after it.
            (
                S::FailingBack | S::FailedBack,
                E::FailbackEnded {
                    execution_type: ExecutionType::Recovery,
                    launched: true,
                },
            ) => S::FailedBack,
            (S::FailingBack, E::FailbackEnded { .. }) => S::Reversing,
            // Told twice. One that launched for real never leads here: then production runs at home.
            (
                S::Reversing,
                E::FailbackEnded {
                    execution_type: ExecutionType::Drill,
                    ..
                }
                | E::FailbackEnded {
                    launched: false, ..
                },
            ) => S::Reversing,
            (S::FailedBack | S::GoingBack, E::GoBack) => S::GoingBack,
            (S::GoingBack | S::Reversing, E::WentBack) => S::Reversing,
            (S::FailedBack | S::ReProtecting, E::ReProtect) => S::ReProtecting,
            (S::ReProtecting | S::ReProtected, E::ReProtected) => S::ReProtected,
            (S::FailedBack | S::ReProtecting | S::ReProtected | S::CleaningUp, E::CleanUp) => {
                S::CleaningUp
            }
            (S::CleaningUp | S::Home, E::CleanedUp) => S::Home,
            (stage, event) => return Err(IllegalStep { stage, event }),
        };
        Ok(next)
    }
}

#[cfg(test)]
#[path = "stage_tests.rs"]
mod tests;
