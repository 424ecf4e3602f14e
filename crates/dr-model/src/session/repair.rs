//! Repair of a replication agent: uninstall, reboot, wait for SSM, install towards the right region, verify.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far a repair, or a first installation, is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RepairStage {
    /// Waits for SSM to reach the instance.
    WaitingForSsm,
    /// Ready to have the old agent removed.
    Queued,
    /// The old agent is being removed and the instance restarted.
    Uninstalling,
    /// Waits for SSM to reach the instance again.
    Rebooting,
    /// Ready to be installed.
    ReadyToInstall,
    /// The agent is being installed.
    Installing,
    /// Waits for the new source server to appear in DRS.
    Verifying,
    /// The new source server is there.
    Done,
    /// Failed: see the reason.
    Failed,
}

impl RepairStage {
    /// Nothing more happens by itself.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed)
    }
}

/// A repair, or a first installation, on one machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentRepair {
    /// How far it is.
    pub stage: RepairStage,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// Since when it is at this stage.
    pub since: DateTime<Utc>,
    /// The SSM command of this stage.
    pub command_id: Option<String>,
    /// SSM's word on it.
    pub command_status: Option<String>,
    /// The end of what the command printed.
    pub output: Option<String>,
    /// Why it failed.
    pub reason: Option<String>,
    /// How often it was tried.
    pub tries: u32,
    /// When SSM was first seen to have lost it after the old agent was removed: it restarts.
    #[serde(default)]
    pub away_at: Option<DateTime<Utc>>,
    /// The stage at which it failed: whoever tries again goes on from there.
    #[serde(default)]
    pub failed_at: Option<RepairStage>,
}
