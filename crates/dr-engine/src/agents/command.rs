//! What is run on machines through SSM to remove and to install replication agents, and sending it no more than once.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use dr_aws::{Command, SentCommand, Ssm};
use dr_error::{Error, Result};
use dr_model::ids::{AccountId, Region};
use dr_model::installation::MAX_MACHINES;
use dr_model::server::Platform;
use dr_model::session::RepairStage;

use crate::agents::script;

/// AWS's own document. It takes a region and tags, and installs into the account of the machine.
pub const INSTALL_DOCUMENT: &str = "AWSDisasterRecovery-InstallDRAgentOnInstance";
const SHELL_DOCUMENT: &str = "AWS-RunShellScript";
const POWERSHELL_DOCUMENT: &str = "AWS-RunPowerShellScript";
/// How long a command may wait for its delivery.
const DELIVERY_SECONDS: u32 = 600;
/// How long a script may run: as long as the install document allows itself.
const RUN_SECONDS: &str = "3600";
/// Between our clock and that of SSM, while looking for what was sent.
const CLOCK_SLACK_SECONDS: i64 = 60;
/// SSM sends nothing to anybody where one machine of a command is not fit for it.
const OF_ONE_MACHINE: [&str; 2] = ["InvalidInstanceId", "UnsupportedPlatformType"];
const NOT_REACHED: &str = "InvalidInstanceId";

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

/// What came of an order on one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// A command is on its way, sent now or before.
    Command(String),
    /// SSM does not reach the machine after all, in its words.
    Refused(String),
}

/// Sends what was not sent yet. SSM has no client token: first it is looked for what this order sent before, by whom
/// it was for and by its comment.
pub async fn send(
    ssm: &Ssm,
    order: &Order,
    jobs: Vec<Job>,
    now: DateTime<Utc>,
) -> Vec<(String, Result<Sent>)> {
    let Some(earliest) = jobs.iter().map(|job| job.since).min() else {
        return Vec::new();
    };
    let before = match ssm.commands_since(earliest - slack()).await {
        Ok(before) => before,
        Err(error) => return all(&jobs, &error),
    };
    let mut outcomes = Vec::with_capacity(jobs.len());
    let mut open = Vec::new();
    for job in jobs {
        match adopted(order, &job, &before) {
            Some(id) => outcomes.push((job.machine, Ok(Sent::Command(id)))),
            None => open.push(job),
        }
    }
    let mut waiting = batches(order, open);
    let mut number = 0_usize;
    while let Some((document, mut batch)) = waiting.pop() {
        number += 1;
        let comment = format!(
            "{} {}-{number}",
            label(order),
            now.format("%Y%m%dT%H%M%S%3fZ")
        );
        let machines = batch.iter().map(|job| job.machine.clone()).collect();
        match ssm
            .send_command(&command(order, document, machines, comment))
            .await
        {
            Ok(id) => outcomes.extend(
                batch
                    .into_iter()
                    .map(|job| (job.machine, Ok(Sent::Command(id.clone())))),
            ),
            Err(error) if is_of_one(&error) && batch.len() > 1 => {
                let half = batch.split_off(batch.len() / 2);
                waiting.push((document, half));
                waiting.push((document, batch));
            }
            Err(error) => outcomes.extend(refused(&batch, &error)),
        }
    }
    outcomes
}

fn slack() -> Duration {
    Duration::seconds(CLOCK_SLACK_SECONDS)
}

/// How the comments of an order begin.
fn label(order: &Order) -> String {
    format!("{} {}", order.by, order.work.name())
}

/// The command that this order sent to a machine already.
fn adopted(order: &Order, job: &Job, before: &[SentCommand]) -> Option<String> {
    let label = format!("{} ", label(order));
    before
        .iter()
        .filter(|sent| sent.comment.starts_with(&label))
        .filter(|sent| sent.instance_ids.contains(&job.machine))
        .filter(|sent| Some(&sent.id) != job.last_command.as_ref())
        .filter(|sent| sent.requested_at.is_none_or(|at| at >= job.since - slack()))
        .max_by_key(|sent| sent.requested_at)
        .map(|sent| sent.id.clone())
}

/// Batches of one document each, of as many machines as a command takes.
fn batches(order: &Order, jobs: Vec<Job>) -> Vec<(&'static str, Vec<Job>)> {
    let mut sorted: BTreeMap<&'static str, Vec<Job>> = BTreeMap::new();
    for job in jobs {
        let document = document(order, job.platform);
        sorted.entry(document).or_default().push(job);
    }
    sorted
        .into_iter()
        .flat_map(|(document, jobs)| {
            jobs.chunks(MAX_MACHINES)
                .map(|batch| (document, batch.to_vec()))
                .collect::<Vec<_>>()
        })
        .collect()
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

fn code(error: &Error) -> Option<&str> {
    match error {
        Error::Aws(error) => Some(error.code.as_str()),
        _ => None,
    }
}

fn is_of_one(error: &Error) -> bool {
    code(error).is_some_and(|code| OF_ONE_MACHINE.contains(&code))
}

fn refused(batch: &[Job], error: &Error) -> Vec<(String, Result<Sent>)> {
    if code(error) != Some(NOT_REACHED) {
        return all(batch, error);
    }
    batch
        .iter()
        .map(|job| (job.machine.clone(), Ok(Sent::Refused(error.words()))))
        .collect()
}

fn all(jobs: &[Job], error: &Error) -> Vec<(String, Result<Sent>)> {
    let one = || match error {
        Error::Aws(error) => Error::Aws(error.clone()),
        other => Error::internal(other),
    };
    jobs.iter()
        .map(|job| (job.machine.clone(), Err(one())))
        .collect()
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
