//! Where the failback wizard stands: the progress is the session's, so that a reload, another browser or another person
//! goes on where it stood.

use dr_api::sessions::SessionView;
use dr_model::session::{Action, SessionStatus, StageTally};

/// What is on the way home, and how far.
pub const REVIEW: usize = 0;
/// Agents checked, and repaired where needed.
pub const AGENTS: usize = 1;
/// Reverse replication started.
pub const REVERSE: usize = 2;
/// Groups and plan for the way home made: only now, since DRS has no servers to put into them before.
pub const MIRROR: usize = 3;
/// Replication watched until it is ready.
pub const MONITOR: usize = 4;
/// Drill or recovery.
pub const EXECUTE: usize = 5;

/// The step that the wizard opens on.
#[must_use]
pub fn opens_on(session: &SessionView) -> usize {
    let has_begun = session.stages.reversing + beyond(session.stages) > 0;
    match session.status {
        SessionStatus::Pending => REVIEW,
        SessionStatus::FailoverComplete if has_begun => REVERSE,
        SessionStatus::FailoverComplete => REVIEW,
        SessionStatus::InstallingAgents => AGENTS,
        SessionStatus::ReverseReplicating => MIRROR,
        SessionStatus::ConfigMirrored => MONITOR,
        SessionStatus::ReadyForFailback
        | SessionStatus::FailbackInProgress
        | SessionStatus::FailbackUncommitted
        | SessionStatus::GoingBack
        | SessionStatus::FailbackComplete
        | SessionStatus::ReProtecting
        | SessionStatus::ReProtected
        | SessionStatus::CleaningUp
        | SessionStatus::CleanupComplete => EXECUTE,
    }
}

/// Servers that can fail back, or did.
fn beyond(stages: StageTally) -> usize {
    stages.counted() - stages.pending - stages.recovered - stages.repairing - stages.reversing
}

/// Why the step after this one may not be entered yet; none if it may.
#[must_use]
pub fn why_not_after(session: &SessionView, step: usize) -> Option<String> {
    let stages = session.stages;
    let (is_met, reason) = match step {
        REVIEW if session.total_servers == 0 => {
            (false, "No server of this session is on the way home")
        }
        REVIEW => (
            stages.pending == 0,
            "The recovery instances are still being looked up",
        ),
        AGENTS => (
            stages.recovered + stages.reversing + beyond(stages) > 0,
            "Agents are being repaired: reverse replication begins after that",
        ),
        REVERSE => (
            stages.reversing + beyond(stages) > 0,
            "No server replicates back yet: start reverse replication first",
        ),
        MIRROR => (
            session.is_mirrored,
            "Groups and plan for the way home do not exist yet: mirror the configuration first",
        ),
        MONITOR => (
            beyond(stages) > 0,
            "No server is ready yet: reverse replication must reach READY or READY_WITH_LAG",
        ),
        _ => (true, ""),
    };
    (!is_met).then(|| reason.to_owned())
}

/// What the last step asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// A drill or a failback.
    Launch,
    /// Nothing: it runs.
    Running,
    /// Whether what came home on trial stands.
    Decide,
    /// Nothing more here: what came home is protected again, and the rest removed, from the session's page.
    Home,
}

/// What the last step asks for, by where the session stands.
#[must_use]
pub fn last(status: SessionStatus) -> Last {
    match status {
        SessionStatus::FailbackInProgress | SessionStatus::GoingBack => Last::Running,
        SessionStatus::FailbackUncommitted => Last::Decide,
        SessionStatus::FailbackComplete
        | SessionStatus::ReProtecting
        | SessionStatus::ReProtected
        | SessionStatus::CleaningUp
        | SessionStatus::CleanupComplete => Last::Home,
        SessionStatus::Pending
        | SessionStatus::FailoverComplete
        | SessionStatus::InstallingAgents
        | SessionStatus::ReverseReplicating
        | SessionStatus::ConfigMirrored
        | SessionStatus::ReadyForFailback => Last::Launch,
    }
}

/// The step that follows once an action was taken; none stays.
#[must_use]
pub fn after(action: Action) -> Option<usize> {
    match action {
        Action::StartReverseReplication => Some(MIRROR),
        Action::MirrorConfig => Some(MONITOR),
        Action::InstallAgents
        | Action::FailbackDrill
        | Action::FailbackRecovery
        | Action::Commit
        | Action::GoBack
        | Action::ReProtect
        | Action::Cleanup
        | Action::Split => None,
    }
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
