//! Commands in simulated time: delivered within seconds, run as long as such work takes, ended
//! well, badly, late or not at all. Each step does its part when its time comes and schedules the
//! next.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::command::{Command, Invocation, Status};
use super::documents::{INSTALL, POWERSHELL, Parameters};
use super::script::{self, Script};
use super::{Away, State, fault, node};
use crate::agents::{self, Host, Report};
use crate::world::World;

/// Seconds that an installation of the replication agent takes.
const INSTALL_SECONDS: (u64, u64) = (60, 240);
/// Seconds that its removal takes.
const UNINSTALL_SECONDS: (u64, u64) = (20, 60);
/// Seconds that any other script takes.
const PROBE_SECONDS: (u64, u64) = (2, 10);
/// Seconds from a reboot until Systems Manager hears of the machine again.
const REBOOT_SECONDS: (u64, u64) = (40, 120);
/// Seconds after which a delivery to a machine that is away is tried again.
const REDELIVER_SECONDS: i64 = 30;

/// Something that happens at its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// A command reaches a machine.
    Deliver {
        /// The command.
        command: String,
        /// The machine.
        instance: String,
    },
    /// A command is through, or may run no longer.
    Finish {
        /// The command.
        command: String,
        /// The machine.
        instance: String,
    },
    /// A cancelled command has stopped.
    Stop {
        /// The command.
        command: String,
        /// The machine.
        instance: String,
    },
}

/// Puts a step `seconds` ahead.
pub(super) fn schedule(
    world: &mut World,
    account: &str,
    region: &str,
    now: DateTime<Utc>,
    seconds: u64,
    step: Step,
) {
    world.place(account, region).ssm.due.put(now, seconds, step);
}

impl State {
    fn invocation(&mut self, command: &str, instance: &str) -> Option<&mut Invocation> {
        let command = self.commands.get_mut(command)?;
        command.invocations.get_mut(instance)
    }
}

/// When the next step of any account and region is due.
#[must_use]
pub fn next_due(world: &World) -> Option<DateTime<Utc>> {
    world.next_of(|place| place.ssm.due.next())
}

/// Carries out every step that is due, account by account, region by region.
pub fn advance(world: &mut World, now: DateTime<Utc>) {
    for (account, region) in world.due_of(now, |place| place.ssm.due.next()) {
        while let Some((at, steps)) = world.place(&account, &region).ssm.due.take(now) {
            for step in steps {
                carry_out(world, &account, &region, step, at);
            }
        }
    }
}

fn carry_out(world: &mut World, account: &str, region: &str, step: Step, now: DateTime<Utc>) {
    let (command, instance) = match &step {
        Step::Deliver { command, instance }
        | Step::Finish { command, instance }
        | Step::Stop { command, instance } => (command.clone(), instance.clone()),
    };
    let host = Host {
        account: account.to_owned(),
        region: region.to_owned(),
        id: instance,
    };
    match step {
        Step::Deliver { .. } => deliver(world, &host, &command, now),
        Step::Finish { .. } => finish(world, &host, &command, now),
        Step::Stop { .. } => {
            let ssm = &mut world.place(account, region).ssm;
            if let Some(running) = ssm.invocation(&command, &host.id) {
                running.end(Status::Cancelled, now);
            }
        }
    }
}

fn deliver(world: &mut World, host: &Host, id: &str, now: DateTime<Utc>) {
    let online = node::find(world, &host.account, &host.region, &host.id, now).map(|n| n.online);
    let World { places, dice, .. } = world;
    let place = places.get_mut(&host.account);
    let Some(ssm) = place
        .and_then(|r| r.get_mut(&host.region))
        .map(|p| &mut p.ssm)
    else {
        return;
    };
    let Some(command) = ssm.commands.get_mut(id) else {
        return;
    };
    let deadline = command.requested + Duration::seconds(i64::from(command.timeout_seconds));
    let limit = Duration::seconds(i64::from(command.execution_seconds()));
    let span = span(command);
    let Some(invocation) = command.invocations.get_mut(&host.id) else {
        return;
    };
    if invocation.status != Status::Pending {
        return;
    }
    let again = match online {
        None => {
            invocation.end(Status::Undeliverable, now);
            return;
        }
        Some(true) if !invocation.undelivered => {
            invocation.status = Status::InProgress;
            invocation.started = Some(now);
            let seconds = i64::try_from(dice.between(span.0, span.1)).unwrap_or(0);
            let through = now + Duration::seconds(seconds);
            invocation.through = Some(through);
            let step = Step::Finish {
                command: id.to_owned(),
                instance: host.id.clone(),
            };
            ssm.due.at(through.min(now + limit), step);
            return;
        }
        Some(true) => deadline,
        Some(false) => deadline.min(now + Duration::seconds(REDELIVER_SECONDS)),
    };
    if now >= deadline {
        invocation.end(Status::DeliveryTimedOut, now);
        return;
    }
    let step = Step::Deliver {
        command: id.to_owned(),
        instance: host.id.clone(),
    };
    ssm.due.at(again, step);
}

fn script_of(parameters: &Parameters) -> Script {
    let lines = parameters.get("commands").map_or(&[][..], Vec::as_slice);
    script::read(lines)
}

/// How long what a command does takes.
fn span(command: &Command) -> (u64, u64) {
    if command.document == INSTALL {
        return INSTALL_SECONDS;
    }
    let script = script_of(&command.parameters);
    match (script.installs, script.uninstalls) {
        (Some(_), _) => INSTALL_SECONDS,
        (None, true) => UNINSTALL_SECONDS,
        (None, false) => PROBE_SECONDS,
    }
}

fn finish(world: &mut World, host: &Host, id: &str, now: DateTime<Utc>) {
    let online = node::find(world, &host.account, &host.region, &host.id, now)
        .is_some_and(|node| node.online);
    let ssm = &mut world.place(&host.account, &host.region).ssm;
    let Some(command) = ssm.commands.get_mut(id) else {
        return;
    };
    let (document, parameters) = (command.document.clone(), command.parameters.clone());
    let limit = Duration::seconds(i64::from(command.execution_seconds()));
    let Some(invocation) = command.invocations.get_mut(&host.id) else {
        return;
    };
    if invocation.status != Status::InProgress {
        return;
    }
    let limit = invocation.started.unwrap_or(now) + limit;
    if invocation.interrupted || invocation.through.is_some_and(|through| now < through) {
        invocation.end(Status::ExecutionTimedOut, now);
        return;
    }
    if !online {
        // Its process is gone with the machine; nobody reports that before its time is over.
        invocation.interrupted = true;
        let step = Step::Finish {
            command: id.to_owned(),
            instance: host.id.clone(),
        };
        ssm.due.at(limit.max(now), step);
        return;
    }
    let failure = invocation.fails.take();
    let (report, reboots) = match failure {
        Some(failure) => {
            let report = Report {
                exit_code: failure.exit_code,
                stdout: String::new(),
                stderr: failure.stderr,
            };
            (report, false)
        }
        None => work(world, host, &document, &parameters, now),
    };
    let ssm = &mut world.place(&host.account, &host.region).ssm;
    if let Some(invocation) = ssm.invocation(id, &host.id) {
        write(invocation, report, now);
    }
    if reboots {
        reboot(world, host, now);
    }
}

/// What the command does on the machine, and whether it reboots it.
fn work(
    world: &mut World,
    host: &Host,
    document: &str,
    parameters: &Parameters,
    now: DateTime<Utc>,
) -> (Report, bool) {
    let one = |name: &str| {
        let value = parameters.get(name).and_then(|values| values.first());
        value.map(String::as_str).unwrap_or_default()
    };
    if document == INSTALL {
        let tags = agents::read_tags(one("Tags"));
        let report = agents::install(world, host, one("Region"), None, &tags, now);
        return (report, false);
    }
    let Some(node) = node::find(world, &host.account, &host.region, &host.id, now) else {
        return (Report::failed(1, "the machine is not there"), false);
    };
    if document == POWERSHELL && !node.windows() {
        return (Report::failed(127, "pwsh: command not found"), false);
    }
    let script = script_of(parameters);
    let mut report = Report::done(script.output(&node.hostname()));
    if script.uninstalls {
        report = report.then(agents::uninstall(world, host, now));
    }
    if let (Some(installer), 0) = (&script.installs, report.exit_code) {
        let account = installer.account.as_deref();
        let tags = agents::read_tags("");
        let installed = agents::install(world, host, &installer.region, account, &tags, now);
        report = report.then(installed);
    }
    let reboots = script.reboots && report.exit_code == 0;
    (report, reboots)
}

/// Writes down how it ended.
fn write(invocation: &mut Invocation, report: Report, now: DateTime<Utc>) {
    invocation.exit_code = report.exit_code;
    invocation.stdout = report.stdout;
    invocation.stderr = report.stderr;
    if report.exit_code == 0 {
        invocation.end(Status::Success, now);
        return;
    }
    let line = format!("failed to run commands: exit status {}", report.exit_code);
    if !invocation.stderr.is_empty() && !invocation.stderr.ends_with('\n') {
        invocation.stderr.push('\n');
    }
    invocation.stderr.push_str(&line);
    invocation.end(Status::Failed, now);
}

/// A machine reboots: Systems Manager loses it for a while. Whatever waits for a reboot is done.
pub fn reboot(world: &mut World, host: &Host, now: DateTime<Utc>) {
    let seconds = world.dice.between(REBOOT_SECONDS.0, REBOOT_SECONDS.1);
    let place = world.place(&host.account, &host.region);
    if let Some(instance) = place.ec2.instances.get_mut(&host.id) {
        instance.rebooted = Some(now);
    }
    let ssm = &mut place.ssm;
    ssm.removed.remove(&host.id);
    let mut until = Some(now + Duration::seconds(i64::try_from(seconds).unwrap_or(0)));
    if let Some(faults) = ssm.faults.get_mut(&host.id) {
        let before = faults.len();
        faults.retain(|fault| *fault != fault::Fault::NeverReturns);
        if faults.len() < before {
            until = None;
        }
    }
    let away = Away { since: now, until };
    ssm.away.insert(host.id.clone(), away);
}
