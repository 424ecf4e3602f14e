//! A protected server as DRS sees it, in our words.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, InstanceId, RecoveryInstanceId, Region, SourceServerId};
use crate::replication::{Replication, ReplicationDirection};

/// How far replication is. `Other` carries a word that we do not know: it is shown, never fatal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
#[schemars(with = "String")]
pub enum ReplicationState {
    /// Not replicating.
    Stopped,
    /// Starting.
    Initiating,
    /// First full copy.
    InitialSync,
    /// Behind.
    Backlog,
    /// Taking a snapshot.
    CreatingSnapshot,
    /// Up to date.
    Continuous,
    /// Paused.
    Paused,
    /// Comparing disks again.
    Rescan,
    /// Not progressing.
    Stalled,
    /// Agent gone.
    Disconnected,
    /// A word of DRS that we do not know.
    Other(String),
}

const REPLICATION_STATES: [(&str, ReplicationState); 10] = [
    ("STOPPED", ReplicationState::Stopped),
    ("INITIATING", ReplicationState::Initiating),
    ("INITIAL_SYNC", ReplicationState::InitialSync),
    ("BACKLOG", ReplicationState::Backlog),
    ("CREATING_SNAPSHOT", ReplicationState::CreatingSnapshot),
    ("CONTINUOUS", ReplicationState::Continuous),
    ("PAUSED", ReplicationState::Paused),
    ("RESCAN", ReplicationState::Rescan),
    ("STALLED", ReplicationState::Stalled),
    ("DISCONNECTED", ReplicationState::Disconnected),
];

impl From<String> for ReplicationState {
    fn from(word: String) -> Self {
        REPLICATION_STATES
            .iter()
            .find(|(name, _)| *name == word)
            .map_or(Self::Other(word), |(_, state)| state.clone())
    }
}

impl From<ReplicationState> for String {
    fn from(state: ReplicationState) -> String {
        state.as_str().to_owned()
    }
}

impl ReplicationState {
    /// DRS's word for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(word) => word,
            known => REPLICATION_STATES
                .iter()
                .find(|(_, state)| state == known)
                .map_or("UNKNOWN", |(name, _)| name),
        }
    }
}

/// CPU architecture of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// 64-bit Intel or AMD.
    X86_64,
    /// 64-bit ARM.
    Arm64,
    /// Anything else, as EC2 words it.
    Other(String),
}

/// Operating system family, as far as launching cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Any Linux.
    Linux,
    /// Windows.
    Windows,
}

/// Firmware interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BootMode {
    /// Legacy BIOS.
    Bios,
    /// UEFI.
    Uefi,
}

/// One replicated disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Disk {
    /// Device name on the source.
    pub device_name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Its volume cannot be used right now (DRS: `volumeStatus` other than REGULAR), in DRS's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_problem: Option<String>,
}

/// A DRS source server. It lives in the recovery account and region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceServer {
    /// Its id.
    pub id: SourceServerId,
    /// Host name as the agent reported it.
    pub hostname: Option<String>,
    /// The original EC2 instance, if it is one.
    pub origin_instance_id: Option<InstanceId>,
    /// Account of the original instance.
    pub origin_account_id: Option<AccountId>,
    /// Region of the original instance.
    pub origin_region: Option<Region>,
    /// Replication state.
    pub replication_state: ReplicationState,
    /// How far behind it is, in seconds. Absent when DRS does not say.
    pub lag_seconds: Option<u64>,
    /// When it was last wholly consistent (now minus lag), if it ever was.
    pub last_consistent_at: Option<DateTime<Utc>>,
    /// Error of the data replication, in DRS's word.
    pub replication_error: Option<String>,
    /// Whether it replicates from another staging account (an extended source server).
    pub staging_account_id: Option<AccountId>,
    /// Archived, i.e. disconnected for good.
    pub is_archived: bool,
    /// Its recovery instance, if DRS knows one.
    pub recovery_instance_id: Option<RecoveryInstanceId>,
    /// Operating system as text.
    pub os: Option<String>,
    /// Family of the operating system.
    pub platform: Platform,
    /// Primary private IP of the original.
    pub private_ip: Option<String>,
    /// Disks.
    pub disks: Vec<Disk>,
    /// Tags of the source server.
    pub tags: BTreeMap<String, String>,
    /// Its ARN.
    #[serde(default)]
    pub arn: Option<String>,
    /// Which way it replicates.
    #[serde(default)]
    pub direction: ReplicationDirection,
    /// ARN of the source server of the other direction. DRS leaves it standing when that one is deleted.
    #[serde(default)]
    pub reversed_arn: Option<String>,
    /// How far its replication is.
    #[serde(default)]
    pub replication: Replication,
}

impl SourceServer {
    /// Its own name: the Name tag of the source server, or the host name.
    #[must_use]
    pub fn own_name(&self) -> Option<&str> {
        self.tags
            .get("Name")
            .map(String::as_str)
            .or(self.hostname.as_deref())
    }
}

/// What EC2 says of the original instance: its Name tag and how it is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginInstance {
    /// Its id.
    pub id: InstanceId,
    /// Name tag.
    pub name: Option<String>,
    /// CPU architecture.
    pub architecture: Architecture,
    /// Firmware.
    pub boot_mode: Option<BootMode>,
    /// Private IP.
    pub private_ip: Option<String>,
}

/// A recovery instance as DRS records it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryInstance {
    /// Its id.
    pub id: RecoveryInstanceId,
    /// The EC2 instance.
    pub instance_id: Option<InstanceId>,
    /// The source server it was launched from.
    pub source_server_id: SourceServerId,
    /// Launched by a drill.
    pub is_drill: bool,
    /// EC2 state as DRS words it (`RUNNING`, `SHUTTING-DOWN`, ...), upper case.
    pub instance_state: String,
    /// The job that launched it.
    pub job_id: Option<String>,
    /// The point in time it was launched from.
    pub launched_at: Option<DateTime<Utc>>,
    /// Failback state, in DRS's word.
    pub failback_state: Option<String>,
    /// How far the replication from it is, back to where it came from.
    #[serde(default)]
    pub replication: Replication,
    /// When DRS last heard of its agent.
    #[serde(default)]
    pub agent_seen_at: Option<DateTime<Utc>>,
    /// Name tag or host name.
    #[serde(default)]
    pub name: Option<String>,
}

impl RecoveryInstance {
    /// Whether it still runs or could run again: anything but terminated or on its way there.
    #[must_use]
    pub fn is_live(&self) -> bool {
        !matches!(
            self.instance_state.as_str(),
            "TERMINATED" | "SHUTTING-DOWN" | "SHUTTING_DOWN"
        )
    }
}
