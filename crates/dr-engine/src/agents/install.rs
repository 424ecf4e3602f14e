//! First installations: asked for, followed and tried again. One record per request, one SSM command for all of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use dr_error::{AwsClass, Error, FieldProblem, Result};
use dr_model::check::{Check, Severity};
use dr_model::ids::{InstallationId, MachineId, Region};
use dr_model::installation::{Installation, InstallingMachine, MAX_MACHINES};
use dr_model::place::Place;
use dr_model::server::Platform;
use dr_model::session::{AgentRepair, RepairStage};

use crate::agents::candidates::{self, Candidate, Standing};
use crate::agents::command::{self, Job, Order, Sent, Work};
use crate::agents::look::SsmView;
use crate::agents::progress::{self, Seen};
use crate::app::App;
use crate::replication;

/// Tries before giving up: the poller and people write the same record.
const TRIES: usize = 8;
/// How long a command is left alone after it was about to be sent: longer than a call's own timeout of 25 s.
const GRACE_SECONDS: i64 = 60;
/// What AWS's document takes: 21 tags, keys and values of 1 to 50 of these characters; in values blanks too.
const MAX_TAGS: usize = 21;
const TAG_CHARS: usize = 50;
const TAG_SIGNS: &str = "_.:+/@-";

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where the machines are, and SSM reaches them.
    pub place: Place,
    /// The machines.
    pub machine_ids: BTreeSet<MachineId>,
    /// The region to replicate into, in the same account.
    pub target_region: Region,
    /// Tags for the source servers.
    pub tags: BTreeMap<String, String>,
    /// Who asks.
    pub by: String,
}

/// Installs the agent on machines. Requirement 002, phase 1. The intent is stored first; what follows is the poller's.
///
/// # Errors
/// `Invalid` for what can never be; `PrerequisitesNotMet` with a check per machine that is not fit, and where DRS is
/// not set up in the target region; what AWS or the store answers.
pub async fn install(app: &App, wanted: Wanted) -> Result<Installation> {
    let problems = problems(&wanted);
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let target = Place {
        account_id: wanted.place.account_id.clone(),
        region: wanted.target_region.clone(),
    };
    if !app.cloud(&target).await?.drs.is_initialized().await? {
        return Err(Error::PrerequisitesNotMet(vec![Check::fail(
            "drs_initialized",
            Severity::Critical,
            &target,
            "DRS was never initialised here",
            "Set DRS up in this account and region, then try again",
        )]));
    }
    let found = candidates::candidates(app, &wanted.place, true).await?;
    let there = candidates::live(app, &target).await?;
    let checks = unfit(&wanted, &found, &there, &target);
    if !checks.is_empty() {
        return Err(Error::PrerequisitesNotMet(checks));
    }
    let mut installation = planned(app, wanted, &found)?;
    app.store().create_installation(&mut installation).await?;
    match step(app, &installation.id).await {
        Ok(stepped) => Ok(stepped),
        Err(error) => {
            tracing::warn!(%error, installation = %installation.id, "the poller goes on with it");
            Ok(installation)
        }
    }
}

fn planned(app: &App, wanted: Wanted, found: &[Candidate]) -> Result<Installation> {
    let now = app.clock().now();
    let names: BTreeMap<&MachineId, &Candidate> = found
        .iter()
        .map(|candidate| (&candidate.machine_id, candidate))
        .collect();
    let machines = wanted.machine_ids.into_iter().map(|id| InstallingMachine {
        name: names.get(&id).and_then(|candidate| candidate.name.clone()),
        machine_id: id,
        progress: progress::begun(RepairStage::ReadyToInstall, now),
        source_server_id: None,
    });
    Ok(Installation {
        id: app.new_id("ai-")?,
        place: wanted.place,
        target_region: wanted.target_region,
        tags: wanted
            .tags
            .into_iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect(),
        machines: machines.collect(),
        intended_at: None,
        is_active: true,
        created_by: wanted.by,
        created_at: now,
        updated_at: now,
        version: 0,
    })
}

/// What can never be installed like this.
fn problems(wanted: &Wanted) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let machines = wanted.machine_ids.len();
    if !(1..=MAX_MACHINES).contains(&machines) {
        let expected = format!("1 to {MAX_MACHINES} machines");
        problems.push(FieldProblem::new("machine_ids", expected).got(machines));
    }
    if wanted.tags.len() > MAX_TAGS {
        let expected = format!("at most {MAX_TAGS} tags");
        problems.push(FieldProblem::new("tags", expected).got(wanted.tags.len()));
    }
    for (key, value) in &wanted.tags {
        if !is_plain(key, "") || !is_plain(value, " ") {
            let expected = format!(
                "1 to {TAG_CHARS} letters, digits or {TAG_SIGNS} in keys and values, and in values blanks: the SSM \
                 document takes nothing else"
            );
            let given = format!("{key}={value}");
            problems.push(FieldProblem::new(format!("tags.{key}"), expected).got(given));
        }
    }
    problems
}

fn is_plain(text: &str, more: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || TAG_SIGNS.contains(c) || more.contains(c);
    (1..=TAG_CHARS).contains(&text.chars().count()) && text.chars().all(fits)
}

/// A check for each machine that is not fit now. `there` is what stands in the target region, as DRS shows it now.
fn unfit(wanted: &Wanted, found: &[Candidate], there: &[Standing], target: &Place) -> Vec<Check> {
    wanted
        .machine_ids
        .iter()
        .filter_map(|id| {
            let candidate = found.iter().find(|found| found.machine_id == *id);
            let why = why_not(id, candidate, there, target)?;
            Some(Check::fail(
                "agent_installable",
                Severity::Critical,
                id,
                why,
                "Leave this machine out, or do what is missing, then try again",
            ))
        })
        .collect()
}

fn why_not(
    id: &MachineId,
    candidate: Option<&Candidate>,
    there: &[Standing],
    target: &Place,
) -> Option<String> {
    let Some(candidate) = candidate else {
        return Some("Neither EC2 nor SSM knows it in this account and region".to_owned());
    };
    if !candidate.can_install {
        return Some(candidate.reasons_not.join("; "));
    }
    if let Some(standing) = there
        .iter()
        .find(|standing| stands_for(standing, id) && standing.protection.is_connected)
    {
        let server = &standing.protection.source_server_id;
        return Some(format!(
            "It is already protected: {server} replicates it into {target}"
        ));
    }
    // An installer does not go where another one went elsewhere.
    let elsewhere = candidate
        .protections
        .iter()
        .find(|protection| protection.place != *target)?;
    Some(format!(
        "{} in {} stands for it, disconnected: delete that source server first, or install towards {} again",
        elsewhere.source_server_id, elsewhere.place, elsewhere.place.region
    ))
}

fn stands_for(standing: &Standing, machine: &MachineId) -> bool {
    standing
        .instance_id
        .as_ref()
        .is_some_and(|id| id.as_str() == machine.as_str())
}

/// Moves every installation on that is under way; answers whether there is any. An error in one does not keep the
/// others waiting.
///
/// # Errors
/// When they cannot be read.
pub async fn poll(app: &App) -> Result<bool> {
    let active = app.store().active_installations().await?;
    let any = !active.is_empty();
    for installation in active {
        if let Err(error) = step(app, &installation.id).await {
            tracing::warn!(%error, installation = %installation.id, "could not move it on");
        }
    }
    Ok(any)
}

/// Tries the machines again that failed.
///
/// # Errors
/// `NOT_ALLOWED` where none failed; what the store answers.
pub async fn retry(app: &App, id: &InstallationId) -> Result<Installation> {
    let now = app.clock().now();
    let installation = change(app, id, |installation| {
        let mut any = false;
        for machine in &mut installation.machines {
            if machine.progress.stage == RepairStage::Failed {
                machine.progress = AgentRepair {
                    stage: RepairStage::ReadyToInstall,
                    ..progress::retried(machine.progress.clone(), now)
                };
                any = true;
            }
        }
        if !any {
            return Err(Error::Conflict {
                code: "NOT_ALLOWED",
                message: "No machine of this installation failed".to_owned(),
            });
        }
        installation.is_active = true;
        installation.intended_at = None;
        Ok(true)
    })
    .await?;
    match step(app, id).await {
        Ok(stepped) => Ok(stepped),
        Err(error) => {
            tracing::warn!(%error, installation = %id, "the poller goes on with it");
            Ok(installation)
        }
    }
}

/// One step of one installation: look, decide, store the intent, send, record.
///
/// # Errors
/// What AWS or the store answers while looking.
pub async fn step(app: &App, id: &InstallationId) -> Result<Installation> {
    let installation = app.store().installation(id).await?;
    if !installation.is_active {
        return Ok(installation);
    }
    let (ssm, appeared) = look(app, &installation).await?;
    let now = app.clock().now();
    let before = done(&installation);
    let planned = change(app, id, |installation| {
        let before = installation.clone();
        observe(installation, &ssm, &appeared, now);
        Ok(*installation != before)
    })
    .await?;
    if done(&planned) > before {
        // Whoever looks for machines without an agent must not find these.
        if let Err(error) = replication::refresh(app, &target(&planned)).await {
            tracing::warn!(%error, "the inventory is not refreshed");
        }
    }
    // Only who wrote the intent may act on it.
    if planned.intended_at != Some(now) {
        return Ok(planned);
    }
    let cloud = app.cloud(&planned.place).await?;
    let jobs = jobs(&planned, &ssm);
    let sent = command::send(&cloud.ssm, &order(&planned), jobs, now).await;
    let at = app.clock().now();
    change(app, id, |installation| {
        record(installation, &sent, at);
        Ok(true)
    })
    .await
}

fn done(installation: &Installation) -> usize {
    let machines = installation.machines.iter();
    machines
        .filter(|machine| machine.progress.stage == RepairStage::Done)
        .count()
}

fn target(installation: &Installation) -> Place {
    Place {
        account_id: installation.place.account_id.clone(),
        region: installation.target_region.clone(),
    }
}

/// What SSM says, and which source servers stand for the machines whose installer is done.
async fn look(
    app: &App,
    installation: &Installation,
) -> Result<(SsmView, BTreeMap<MachineId, Standing>)> {
    let open = || {
        installation
            .machines
            .iter()
            .filter(|machine| !machine.progress.stage.is_over())
    };
    let machines: Vec<String> = open().map(|m| m.machine_id.to_string()).collect();
    let commands = open()
        .filter(|machine| machine.progress.stage == RepairStage::Installing)
        .filter_map(|machine| machine.progress.command_id.clone())
        .collect();
    let cloud = app.cloud(&installation.place).await?;
    let ssm = SsmView::of(&cloud.ssm, &machines, commands).await;
    let is_awaited = open().any(|machine| machine.progress.stage >= RepairStage::Installing);
    if !is_awaited {
        return Ok((ssm, BTreeMap::new()));
    }
    let standing = candidates::live(app, &target(installation)).await?;
    let appeared = open()
        .filter_map(|machine| {
            let host = ssm
                .machine(machine.machine_id.as_str())
                .and_then(|managed| managed.computer_name.as_deref());
            let found = standing
                .iter()
                .filter(|standing| standing.protection.is_connected)
                .find(|standing| is_of(standing, &machine.machine_id, host))?;
            Some((machine.machine_id.clone(), found.clone()))
        })
        .collect();
    Ok((ssm, appeared))
}

/// Whether a source server stands for a machine. One on premises is known by its host name alone.
fn is_of(standing: &Standing, machine: &MachineId, host: Option<&str>) -> bool {
    if machine.as_str().starts_with("i-") {
        return stands_for(standing, machine);
    }
    match (&standing.name, host) {
        (Some(name), Some(host)) => name.eq_ignore_ascii_case(host),
        _ => false,
    }
}

/// Writes what was seen, and the intent where something is to be sent that nobody is sending.
fn observe(
    installation: &mut Installation,
    ssm: &SsmView,
    appeared: &BTreeMap<MachineId, Standing>,
    now: DateTime<Utc>,
) {
    let mut is_due = false;
    for machine in &mut installation.machines {
        let id = machine.machine_id.as_str();
        let found = appeared.get(&machine.machine_id);
        let seen = Seen {
            now,
            machine: ssm.machine(id),
            invocation: ssm.invocation(machine.progress.command_id.as_deref(), id),
            problem: ssm.problem(),
            has_appeared: found.is_some(),
        };
        let (progress, work) = progress::advance(machine.progress.clone(), &seen);
        is_due |= work.is_some();
        if progress.stage == RepairStage::Done && machine.source_server_id.is_none() {
            machine.source_server_id = found.map(|f| f.protection.source_server_id.clone());
        }
        machine.progress = progress;
    }
    let is_under_way = installation
        .intended_at
        .is_some_and(|at| now - at < Duration::seconds(GRACE_SECONDS));
    if is_due && !is_under_way {
        installation.intended_at = Some(now);
    }
    settle(installation);
}

fn settle(installation: &mut Installation) {
    installation.is_active = installation
        .machines
        .iter()
        .any(|machine| !machine.progress.stage.is_over());
}

fn order(installation: &Installation) -> Order {
    Order {
        by: installation.id.to_string(),
        work: Work::Install,
        region: installation.target_region.clone(),
        other_account: None,
        tags: installation.tags.clone(),
    }
}

fn jobs(installation: &Installation, ssm: &SsmView) -> Vec<Job> {
    let is_online = |id: &str| ssm.machine(id).is_some_and(|machine| machine.is_online);
    installation
        .machines
        .iter()
        .filter(|machine| machine.progress.stage == RepairStage::ReadyToInstall)
        .filter(|machine| is_online(machine.machine_id.as_str()))
        .map(|machine| Job {
            machine: machine.machine_id.to_string(),
            // One document for every platform.
            platform: Platform::Linux,
            since: machine.progress.since,
            last_command: machine.progress.command_id.clone(),
        })
        .collect()
}

/// Writes what came of sending. What may have arrived is looked for again when the intent is old; what did not is
/// tried again at the next look; what never will is a failure.
fn record(installation: &mut Installation, sent: &[(String, Result<Sent>)], now: DateTime<Utc>) {
    let mut may_have_arrived = false;
    for (id, outcome) in sent {
        let machine = installation
            .machines
            .iter_mut()
            .find(|machine| machine.machine_id.as_str() == id);
        let Some(machine) = machine else { continue };
        let progress = &mut machine.progress;
        match outcome {
            Ok(Sent::Command(command)) => {
                progress::note_sent(progress, Work::Install, command, now);
            }
            Ok(Sent::Refused(why)) => progress::note_refused(progress, Work::Install, why, now),
            Err(error) if error.aws_class() == Some(AwsClass::Unavailable) => {
                may_have_arrived = true;
                progress.reason = Some(error.words());
            }
            Err(error) if error.retryable() => progress.reason = Some(error.words()),
            Err(error) => *progress = progress::failed(progress.clone(), now, &error.words()),
        }
    }
    if !may_have_arrived {
        installation.intended_at = None;
    }
    settle(installation);
}

/// Applies `change` to the stored record until it is written; it answers whether there is anything to write.
async fn change<F>(app: &App, id: &InstallationId, change: F) -> Result<Installation>
where
    F: Fn(&mut Installation) -> Result<bool>,
{
    for _ in 0..TRIES {
        let mut installation = app.store().installation(id).await?;
        if !change(&mut installation)? {
            return Ok(installation);
        }
        installation.updated_at = app.clock().now();
        match app.store().update_installation(&mut installation).await {
            Ok(()) => return Ok(installation),
            Err(Error::VersionConflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::VersionConflict {
        kind: "agent installation",
        id: id.to_string(),
    })
}

#[cfg(test)]
#[path = "install_tests.rs"]
mod tests;
