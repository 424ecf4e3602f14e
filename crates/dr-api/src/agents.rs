//! First installations of the replication agent, on the wire.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_model::ids::{AccountId, InstallationId, MachineId, Region, SourceServerId};
use dr_model::installation::InstallingMachine;
use dr_model::place::Place;
use dr_model::server::Platform;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::{Limit, Machines, OutOfBounds};
use crate::endpoint::endpoints;

/// Lists machines that an agent could be installed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListAgentCandidatesRequest {
    /// The account that holds them.
    pub account_id: AccountId,
    /// The region where they are, or where SSM knows them.
    pub region: Region,
    /// Machines on premises too, which SSM manages with a hybrid activation.
    #[serde(default)]
    pub include_on_premises: bool,
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// A source server that stands for a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProtectionView {
    /// Where it replicates into.
    pub place: Place,
    /// The source server.
    pub source_server_id: SourceServerId,
    /// Its agent replicates, or should.
    pub is_connected: bool,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentCandidateView {
    /// The machine.
    pub machine_id: MachineId,
    /// Name tag, or host name.
    pub name: Option<String>,
    /// Operating system family.
    pub platform: Option<Platform>,
    /// Operating system, as SSM words it.
    pub os: Option<String>,
    /// EC2's state; none on premises.
    pub instance_state: Option<String>,
    /// SSM's word: `Online`, `ConnectionLost`, ... None: SSM does not manage it.
    pub ssm_status: Option<String>,
    /// The source servers that stand for it already.
    pub protections: Vec<ProtectionView>,
    /// An agent can be installed now.
    pub can_install: bool,
    /// Why not.
    pub reasons_not: Vec<String>,
}

/// Machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgentCandidateList {
    /// This page.
    pub candidates: Vec<AgentCandidateView>,
    /// How many there are in all.
    pub total: usize,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// Tags for source servers: at most 20, keys of 1 to 127 characters, values of at most 255, without `,` and `=`,
/// which part them in the SSM document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    try_from = "BTreeMap<String, String>",
    into = "BTreeMap<String, String>"
)]
#[schemars(with = "BTreeMap<String, String>", extend("maxProperties" = 20))]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// The tags.
    #[must_use]
    pub fn get(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl TryFrom<BTreeMap<String, String>> for Tags {
    type Error = OutOfBounds;
    fn try_from(tags: BTreeMap<String, String>) -> Result<Self, OutOfBounds> {
        // The value reaches a shell by way of the document's parameter: letters, digits and a few signs, no more.
        let plain = |text: &str| {
            text.chars().all(|c| {
                c.is_alphanumeric() || matches!(c, ' ' | '_' | '.' | ':' | '/' | '+' | '-' | '@')
            })
        };
        let fits = tags.len() <= 20
            && tags.iter().all(|(key, value)| {
                (1..=127).contains(&key.chars().count())
                    && value.chars().count() <= 255
                    && plain(key)
                    && plain(value)
                    && !key.starts_with("aws:")
            });
        fits.then_some(Self(tags)).ok_or(OutOfBounds(
            "at most 20 tags of letters, digits, spaces and _.:/+-@, with keys of 1 to 127 and values of at most 255 characters",
        ))
    }
}

impl From<Tags> for BTreeMap<String, String> {
    fn from(tags: Tags) -> Self {
        tags.0
    }
}

/// Installs the agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallAgentRequest {
    /// The account that holds the machines.
    pub account_id: AccountId,
    /// The region where they are, or where SSM knows them.
    pub region: Region,
    /// The machines.
    pub machine_ids: Machines,
    /// The region that they are to replicate into, in the same account.
    pub target_region: Region,
    /// Tags for the source servers.
    #[serde(default)]
    pub tags: Tags,
}

/// Names an installation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstallationRequest {
    /// The installation.
    pub installation_id: InstallationId,
}

/// Where an installation stands as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InstallationStatus {
    /// Nothing was sent yet.
    Pending,
    /// It runs.
    InProgress,
    /// Every machine replicates.
    Success,
    /// Over; some machines failed.
    PartialFailure,
    /// Over; every machine failed.
    Failed,
}

/// One machine of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstallingMachineView {
    /// How far it is, with SSM's words.
    #[serde(flatten)]
    pub machine: InstallingMachine,
    /// 0 to 100, by stage.
    pub percent: u8,
}

/// A run of agent installations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InstallationView {
    /// Its id.
    pub installation_id: InstallationId,
    /// Where the machines are.
    pub place: Place,
    /// The region that they are to replicate into.
    pub target_region: Region,
    /// Tags for the source servers, as `Key=Value`.
    pub tags: Vec<String>,
    /// Where it stands as a whole.
    pub status: InstallationStatus,
    /// Machines that replicate.
    pub done: usize,
    /// Machines that failed.
    pub failed: usize,
    /// Machine by machine.
    pub machines: Vec<InstallingMachineView>,
    /// Work is under way.
    pub is_active: bool,
    /// Who asked for it.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Version for optimistic locking.
    pub version: u64,
}

/// Installations, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InstallationList {
    /// This page.
    pub installations: Vec<InstallationView>,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

endpoints! {
    /// See [`crate::Operation::ListAgentCandidates`].
    ListAgentCandidates: ListAgentCandidatesRequest => AgentCandidateList;
    /// See [`crate::Operation::InstallAgent`].
    InstallAgent: InstallAgentRequest => InstallationView;
    /// See [`crate::Operation::GetAgentInstallation`].
    GetAgentInstallation: InstallationRequest => InstallationView;
    /// See [`crate::Operation::ListAgentInstallations`].
    ListAgentInstallations: crate::accounts::ListRequest => InstallationList;
    /// See [`crate::Operation::RetryAgentInstallation`].
    RetryAgentInstallation: InstallationRequest => InstallationView;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Tags;

    #[test]
    fn tags_that_could_be_more_than_text_on_the_machine_are_refused() {
        let read = |tags| serde_json::from_value::<Tags>(tags);
        assert!(read(json!({ "Tier": "web 1", "owner": "a.b@example.com" })).is_ok());
        for bad in ["$(reboot)", "a;b", "a\"b", "a`b", "a=b", "a,b", "a\nb"] {
            assert!(read(json!({ "Tier": bad })).is_err(), "{bad}");
            assert!(read(json!({ (bad): "web" })).is_err(), "{bad}");
        }
        assert!(read(json!({ "": "web" })).is_err());
        assert!(read(json!({ "aws:Tier": "web" })).is_err());
    }
}
