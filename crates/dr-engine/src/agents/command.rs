//! What is run on machines through SSM to remove and to install replication agents, and sending it no more than once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_aws::{Command, Ssm};
use dr_error::Result;
use dr_model::ids::{AccountId, Region};
use dr_model::server::Platform;
use dr_model::session::RepairStage;

use crate::agents::script;
use crate::commands::{self, Addressee};

pub use crate::commands::Sent;

/// AWS's own document. It takes a region and tags, and installs into the account of the machine.
pub const INSTALL_DOCUMENT: &str = "AWSDisasterRecovery-InstallDRAgentOnInstance";
pub(crate) const SHELL_DOCUMENT: &str = "AWS-RunShellScript";
pub(crate) const POWERSHELL_DOCUMENT: &str = "AWS-RunPowerShellScript";
/// How long a command may wait for its delivery.
const DELIVERY_SECONDS: u32 = 600;
/// How long a script may run: as long as the install document allows itself.
const RUN_SECONDS: &str = "3600";

/// What is to be done on a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Remove the agent and restart.
    Uninstall,
    /// Install the agent.
    Install,
}

impl Work {
    /// Its name, in comments of commands, in intents, errors and logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uninstall => "remove_agent",
            Self::Install => "install_agent",
        }
    }

    /// The stage that waits for it.
    #[must_use]
    pub fn before(self) -> RepairStage {
        match self {
            Self::Uninstall => RepairStage::Queued,
            Self::Install => RepairStage::ReadyToInstall,
        }
    }

    /// The stage while it is done.
    #[must_use]
    pub fn during(self) -> RepairStage {
        match self {
            Self::Uninstall => RepairStage::Uninstalling,
            Self::Install => RepairStage::Installing,
        }
    }
}

/// What is ordered for a number of machines.
#[derive(Debug, Clone)]
pub struct Order {
    /// The session or installation that orders it: commands are found again by it.
    pub by: String,
    /// What.
    pub work: Work,
    /// The region to replicate into.
    pub region: Region,
    /// The account to replicate into; none for the account of the machines.
    pub other_account: Option<AccountId>,
    /// Tags for the source servers, as `Key=Value`.
    pub tags: Vec<String>,
}

/// One machine of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The machine.
    pub machine: String,
    /// Its operating system family.
    pub platform: Platform,
    /// Not before then.
    pub since: DateTime<Utc>,
    /// The command before this one.
    pub last_command: Option<String>,
}

/// Sends what was not sent yet.
pub async fn send(
    ssm: &Ssm,
    order: &Order,
    jobs: Vec<Job>,
    now: DateTime<Utc>,
) -> Vec<(String, Result<Sent>)> {
    let command = |document: &&'static str, machines: Vec<String>, comment: String| {
        command(order, document, machines, comment)
    };
    commands::send(ssm, &label(order), addressed(order, jobs), command, now).await
}

/// Who gets which document.
fn addressed(order: &Order, jobs: Vec<Job>) -> Vec<(&'static str, Addressee)> {
    jobs.into_iter()
        .map(|job| {
            let document = document(order, job.platform);
            let addressee = Addressee {
                machine: job.machine,
                since: job.since,
                last_command: job.last_command,
            };
            (document, addressee)
        })
        .collect()
}

/// How the comments of an order begin.
fn label(order: &Order) -> String {
    format!("{} {}", order.by, order.work.name())
}

fn document(order: &Order, platform: Platform) -> &'static str {
    match (order.work, &order.other_account, platform) {
        (Work::Install, None, _) => INSTALL_DOCUMENT,
        (_, _, Platform::Linux) => SHELL_DOCUMENT,
        (_, _, Platform::Windows) => POWERSHELL_DOCUMENT,
    }
}

/// What SSM is asked for. Requirement 001, 2.2 to 2.5.
fn command(
    order: &Order,
    document: &'static str,
    instance_ids: Vec<String>,
    comment: String,
) -> Command {
    let platform = if document == POWERSHELL_DOCUMENT {
        Platform::Windows
    } else {
        Platform::Linux
    };
    let parameters = if document == INSTALL_DOCUMENT {
        let region = ("Region".to_owned(), vec![order.region.to_string()]);
        let tags = ("Tags".to_owned(), vec![order.tags.join(",")]);
        let given = !order.tags.is_empty();
        std::iter::once(region)
            .chain(given.then_some(tags))
            .collect()
    } else {
        let lines = match (order.work, &order.other_account) {
            (Work::Install, Some(account)) => {
                script::install(platform, &order.region, account, &order.tags)
            }
            _ => script::uninstall(platform),
        };
        BTreeMap::from([
            ("commands".to_owned(), lines),
            ("executionTimeout".to_owned(), vec![RUN_SECONDS.to_owned()]),
        ])
    };
    Command {
        document: document.to_owned(),
        instance_ids,
        parameters,
        comment,
        timeout_seconds: DELIVERY_SECONDS,
    }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
