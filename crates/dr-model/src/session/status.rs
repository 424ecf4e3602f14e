//! Where a session stands: one function of its servers' stages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::session::Stage;

/// Where a session stands. The words are those of the requirements, and four of ours for what they leave unnamed while it
/// runs: `FAILBACK_UNCOMMITTED`, `GOING_BACK`, `RE_PROTECTING` and `CLEANING_UP`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SessionStatus {
    /// The recovery instances are being looked up.
    Pending,
    /// The fleet runs in the recovery region; nothing of the way home has begun.
    FailoverComplete,
    /// Agents are being repaired.
    InstallingAgents,
    /// Data goes back; the configuration is not mirrored yet.
    ReverseReplicating,
    /// Data goes back, and groups and plan for the way home exist.
    ConfigMirrored,
    /// Every server can fail back with the mirrored plan.
    ReadyForFailback,
    /// A failback execution runs.
    FailbackInProgress,
    /// Home, on trial: it is committed or undone at the end of the commit window.
    FailbackUncommitted,
    /// What came home is being stopped again.
    GoingBack,
    /// Home.
    FailbackComplete,
    /// Forward replication is being set up again.
    ReProtecting,
    /// Home, and protected as before.
    ReProtected,
    /// What is left in the recovery region is being removed.
    CleaningUp,
    /// Home, protected, and nothing left over.
    CleanupComplete,
}

impl SessionStatus {
    /// Every status.
    pub const ALL: [SessionStatus; 14] = [
        Self::Pending,
        Self::FailoverComplete,
        Self::InstallingAgents,
        Self::ReverseReplicating,
        Self::ConfigMirrored,
        Self::ReadyForFailback,
        Self::FailbackInProgress,
        Self::FailbackUncommitted,
        Self::GoingBack,
        Self::FailbackComplete,
        Self::ReProtecting,
        Self::ReProtected,
        Self::CleaningUp,
        Self::CleanupComplete,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::FailoverComplete => "FAILOVER_COMPLETE",
            Self::InstallingAgents => "INSTALLING_AGENTS",
            Self::ReverseReplicating => "REVERSE_REPLICATING",
            Self::ConfigMirrored => "CONFIG_MIRRORED",
            Self::ReadyForFailback => "READY_FOR_FAILBACK",
            Self::FailbackInProgress => "FAILBACK_IN_PROGRESS",
            Self::FailbackUncommitted => "FAILBACK_UNCOMMITTED",
            Self::GoingBack => "GOING_BACK",
            Self::FailbackComplete => "FAILBACK_COMPLETE",
            Self::ReProtecting => "RE_PROTECTING",
            Self::ReProtected => "RE_PROTECTED",
            Self::CleaningUp => "CLEANING_UP",
            Self::CleanupComplete => "CLEANUP_COMPLETE",
        }
    }

    /// Where a session stands whose servers are at these stages. What runs comes first, then a failback on trial, since
    /// nothing else may be done before that is decided; otherwise the server that is least far decides, since the
    /// session is where its last server is. Servers that are left out do not count.
    #[must_use]
    pub fn of(stages: StageTally, is_mirrored: bool, is_uncommitted: bool) -> Self {
        let any = |stage: Stage| stages.of(stage) > 0;
        let running = [
            (Stage::Repairing, Self::InstallingAgents),
            (Stage::FailingBack, Self::FailbackInProgress),
            (Stage::GoingBack, Self::GoingBack),
        ];
        if any(Stage::Pending) {
            return Self::Pending;
        }
        if let Some((_, status)) = running.into_iter().find(|(stage, _)| any(*stage)) {
            return status;
        }
        if is_uncommitted && any(Stage::FailedBack) {
            return Self::FailbackUncommitted;
        }
        let counted = Stage::ALL.into_iter().skip(1);
        let Some(least) = counted.into_iter().find(|stage| any(*stage)) else {
            // Nothing to bring home.
            return Self::FailoverComplete;
        };
        match least {
            Stage::Reversing if is_mirrored => Self::ConfigMirrored,
            Stage::Ready if is_mirrored => Self::ReadyForFailback,
            Stage::Reversing | Stage::Ready => Self::ReverseReplicating,
            Stage::FailedBack => Self::FailbackComplete,
            Stage::ReProtecting => Self::ReProtecting,
            Stage::ReProtected => Self::ReProtected,
            Stage::CleaningUp => Self::CleaningUp,
            Stage::Home => Self::CleanupComplete,
            Stage::LeftOut
            | Stage::Pending
            | Stage::Recovered
            | Stage::Repairing
            | Stage::FailingBack
            | Stage::GoingBack => Self::FailoverComplete,
        }
    }
}

/// How many servers are at which stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StageTally {
    /// Not part of the way home.
    pub left_out: usize,
    /// Not yet seen.
    pub pending: usize,
    /// Running in the recovery region.
    pub recovered: usize,
    /// Agent being repaired.
    pub repairing: usize,
    /// Replicating back.
    pub reversing: usize,
    /// Ready to fail back.
    pub ready: usize,
    /// In a failback execution.
    pub failing_back: usize,
    /// Home.
    pub failed_back: usize,
    /// Being stopped again.
    pub going_back: usize,
    /// Being protected again.
    pub re_protecting: usize,
    /// Protected again.
    pub re_protected: usize,
    /// Being removed from the recovery region.
    pub cleaning_up: usize,
    /// Home, nothing left over.
    pub home: usize,
}

impl StageTally {
    /// Counts.
    pub fn count(stages: impl IntoIterator<Item = Stage>) -> Self {
        let mut tally = Self::default();
        for stage in stages {
            *tally.at(stage) += 1;
        }
        tally
    }

    /// How many are at a stage.
    #[must_use]
    pub fn of(mut self, stage: Stage) -> usize {
        *self.at(stage)
    }

    /// All servers but those left out.
    #[must_use]
    pub fn counted(self) -> usize {
        Stage::ALL
            .into_iter()
            .skip(1)
            .map(|stage| self.of(stage))
            .sum()
    }

    fn at(&mut self, stage: Stage) -> &mut usize {
        match stage {
            Stage::LeftOut => &mut self.left_out,
            Stage::Pending => &mut self.pending,
            Stage::Recovered => &mut self.recovered,
            Stage::Repairing => &mut self.repairing,
            Stage::Reversing => &mut self.reversing,
            Stage::Ready => &mut self.ready,
            Stage::FailingBack => &mut self.failing_back,
            Stage::FailedBack => &mut self.failed_back,
            Stage::GoingBack => &mut self.going_back,
            Stage::ReProtecting => &mut self.re_protecting,
            Stage::ReProtected => &mut self.re_protected,
            Stage::CleaningUp => &mut self.cleaning_up,
            Stage::Home => &mut self.home,
        }
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
