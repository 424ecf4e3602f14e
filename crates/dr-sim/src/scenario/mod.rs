//! Ready-made worlds: a protected fleet in a primary region, its source servers in a recovery
//! region, and the pre-provisioned instances that wait for it there.

mod build;
mod machines;
mod outside;
mod places;

pub(crate) use build::build;

use serde::{Deserialize, Serialize};

/// What goes wrong in an estate on purpose; an estate of fewer servers has none of it.
pub const SMALLEST_WITH_FLAWS: usize = 8;

/// Most servers of an estate: what the three subnets hold.
pub const LARGEST: usize = 12_000;

/// An account and a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
}

impl Site {
    /// An account and a region.
    #[must_use]
    pub fn new(account: &str, region: &str) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }
}

/// A fleet to be built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Estate {
    /// Protected servers, and as many pre-provisioned instances.
    pub servers: usize,
    /// Seed of what differs between servers: sizes, systems, lag.
    pub seed: u64,
    /// Further EC2 instances beside the servers, that nobody protects yet: by turns Linux, Windows,
    /// one that Systems Manager does not manage, and a stopped one.
    pub unprotected: usize,
    /// Machines outside AWS that Systems Manager manages in the primary region.
    pub on_premises: usize,
    /// Where the servers run.
    pub primary: Site,
    /// Where they are recovered.
    pub recovery: Site,
    /// Role of the product in both accounts.
    pub role_name: String,
    /// Account id of the first staging account; further ones follow it. Staging accounts are
    /// made as needed beyond 300 servers.
    pub first_staging_account: u64,
}

impl Default for Estate {
    fn default() -> Self {
        Self {
            servers: 24,
            unprotected: 4,
            on_premises: 2,
            seed: 1,
            primary: Site::new("111122223333", "us-east-1"),
            recovery: Site::new("444455556666", "us-west-2"),
            role_name: "DROrchestratorRole".to_owned(),
            first_staging_account: 555_500_000_001,
        }
    }
}

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    /// Source servers in the recovery account.
    pub servers: usize,
    /// Pre-provisioned instances, flawed ones included.
    pub targets: usize,
    /// Staging accounts.
    pub staging_accounts: Vec<String>,
    /// ARNs of the product's roles, primary first.
    pub roles: Vec<String>,
    /// The flawed pre-provisioned instances.
    pub flaws: Vec<Flaw>,
    /// Instances in the primary region that nobody protects.
    #[serde(default)]
    pub unprotected: Vec<String>,
    /// Managed machines outside AWS (`mi-`).
    #[serde(default)]
    pub on_premises: Vec<String>,
}

/// A pre-provisioned instance that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaw {
    /// The instance.
    pub instance_id: String,
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub flaw: FlawKind,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlawKind {
    /// Two letters of its name are swapped.
    Typo,
    /// It belongs to no server.
    NoPartner,
    /// It is running.
    Running,
    /// It lacks the AWSDRS tag.
    NotTagged,
}
