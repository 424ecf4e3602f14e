//! What a person may do with a session, and why not.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::session::{Stage, StageTally};

/// What a person may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Repair agents: uninstall, reboot, install. A full copy follows.
    InstallAgents,
    /// Replicate back.
    StartReverseReplication,
    /// Make groups and plan for the way home.
    MirrorConfig,
    /// Rehearse the way home.
    FailbackDrill,
    /// Go home.
    FailbackRecovery,
    /// Make a failback on trial stand.
    Commit,
    /// Undo a failback on trial.
    GoBack,
    /// Protect again what came home.
    ReProtect,
    /// Remove what is left in the recovery region.
    Cleanup,
    /// Put servers into a session of their own.
    Split,
}

/// Why an action is not allowed now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[error("{reason}")]
pub struct NotAllowed {
    /// For a person.
    pub reason: String,
}

impl Action {
    /// Every action, in the order of the way home.
    pub const ALL: [Action; 10] = [
        Self::InstallAgents,
        Self::StartReverseReplication,
        Self::MirrorConfig,
        Self::FailbackDrill,
        Self::FailbackRecovery,
        Self::Commit,
        Self::GoBack,
        Self::ReProtect,
        Self::Cleanup,
        Self::Split,
    ];

    /// Its name, as in errors and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InstallAgents => "install_agents",
            Self::StartReverseReplication => "start_reverse_replication",
            Self::MirrorConfig => "mirror_config",
            Self::FailbackDrill => "failback_drill",
            Self::FailbackRecovery => "failback_recovery",
            Self::Commit => "commit",
            Self::GoBack => "go_back",
            Self::ReProtect => "re_protect",
            Self::Cleanup => "cleanup",
            Self::Split => "split",
        }
    }

    /// The stages of servers that this action takes. Reversing and Repairing are among those of the steps that
    /// lead to them, because a step that failed is tried again.
    #[must_use]
    pub fn takes(self) -> &'static [Stage] {
        match self {
            Self::InstallAgents => &[
                Stage::Recovered,
                Stage::Repairing,
                Stage::Reversing,
                Stage::Ready,
            ],
            Self::StartReverseReplication => &[Stage::Recovered, Stage::Reversing],
            Self::MirrorConfig => &[Stage::Reversing, Stage::Ready],
            Self::FailbackDrill | Self::FailbackRecovery => &[Stage::Ready],
            Self::Commit => &[Stage::FailedBack],
            Self::GoBack => &[Stage::FailedBack, Stage::GoingBack],
            Self::ReProtect => &[Stage::FailedBack, Stage::ReProtecting],
            Self::Cleanup => &[
                Stage::FailedBack,
                Stage::ReProtecting,
                Stage::ReProtected,
                Stage::CleaningUp,
            ],
            Self::Split => &[
                Stage::LeftOut,
                Stage::Recovered,
                Stage::Reversing,
                Stage::Ready,
                Stage::FailedBack,
                Stage::ReProtected,
            ],
        }
    }

    /// Whether it may be done with a session whose servers are at these stages; answers how many servers it would take.
    ///
    /// # Errors
    /// Why not.
    pub fn allowed(
        self,
        stages: StageTally,
        is_mirrored: bool,
        is_uncommitted: bool,
    ) -> Result<usize, NotAllowed> {
        let no = |reason: &str| {
            Err(NotAllowed {
                reason: reason.to_owned(),
            })
        };
        if stages.pending > 0 {
            return no("The recovery instances are still being looked up");
        }
        if stages.failing_back > 0 {
            return no("A failback is under way: wait until it is over, or cancel its execution");
        }
        // Going back may have failed for good: then it is asked for again.
        if stages.going_back > 0 && self != Self::GoBack {
            return no("The last failback is being undone: wait until that is over");
        }
        if is_uncommitted && !matches!(self, Self::Commit | Self::GoBack) {
            return no("The last failback is on trial: commit it or go back first");
        }
        if !is_uncommitted && matches!(self, Self::Commit | Self::GoBack) {
            return no("No failback is on trial");
        }
        let count = self.takes().iter().map(|stage| stages.of(*stage)).sum();
        if count == 0 {
            return no(self.why_none());
        }
        if !is_mirrored && matches!(self, Self::FailbackDrill | Self::FailbackRecovery) {
            return no(
                "Groups and plan for the way home do not exist yet: mirror the configuration first",
            );
        }
        if self == Self::Split && stages.counted() + stages.left_out < 2 {
            return no("A session of one server cannot be split");
        }
        Ok(count)
    }

    fn why_none(self) -> &'static str {
        match self {
            Self::InstallAgents => "No server runs in the recovery region waiting to go home",
            Self::StartReverseReplication => "No server waits for reverse replication",
            Self::MirrorConfig => {
                "No server replicates back yet: start reverse replication first, for only then DRS has servers to put into the mirrored groups"
            }
            Self::FailbackDrill | Self::FailbackRecovery => {
                "No server is ready: reverse replication must reach READY or READY_WITH_LAG"
            }
            Self::Commit | Self::GoBack => "No server came home by the last failback",
            Self::ReProtect => "No server came home yet: a drill does not count",
            Self::Cleanup => {
                "No server came home yet: what runs in the recovery region is production"
            }
            Self::Split => "Every server is busy or home",
        }
    }
}

#[cfg(test)]
#[path = "action_tests.rs"]
mod tests;
