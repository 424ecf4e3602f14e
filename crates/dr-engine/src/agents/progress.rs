//! How the repair or installation of an agent goes on, decided purely from what SSM and DRS show.

use chrono::{DateTime, Duration, Utc};
use dr_aws::{Invocation, ManagedInstance};
use dr_model::session::{AgentRepair, RepairStage};

use crate::agents::command::Work;

/// How long SSM may not reach a machine before that is given up.
const REACH_MINUTES: i64 = 30;
/// How long a machine may take to come back from its restart.
const RESTART_MINUTES: i64 = 15;
/// A restart begins this long after the command that asks for it, so that SSM still hears how that command ended.
pub const RESTART_DELAY_SECONDS: i64 = 60;
/// How long a command may go without an end: 10 minutes for its delivery and 60 to run, which is what the AWS document
/// allows, and a little more. SSM itself ends it before.
const COMMAND_MINUTES: i64 = 75;
/// How long the new source server may take to appear after the installer is done.
const APPEAR_MINUTES: i64 = 30;
/// What the installer says where another agent was there before.
const INSTALLED_BEFORE: &str = "previously installed";
/// How much of what a command wrote is kept.
const OUTPUT_CHARS: usize = 1_000;

/// What is seen of a machine.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// When.
    pub now: DateTime<Utc>,
    /// What SSM says of it; none where SSM does not manage it.
    pub machine: Option<&'a ManagedInstance>,
    /// What became of its command.
    pub invocation: Option<&'a Invocation>,
    /// Why SSM could not be asked.
    pub problem: Option<&'a str>,
    /// The source server that is waited for is there.
    pub has_appeared: bool,
}

/// A repair or an installation that begins.
#[must_use]
pub fn begun(stage: RepairStage, now: DateTime<Utc>) -> AgentRepair {
    AgentRepair {
        stage,
        asked_at: now,
        since: now,
        command_id: None,
        command_status: None,
        output: None,
        reason: None,
        tries: 1,
        away_at: None,
        failed_at: None,
    }
}

/// One that failed, tried again from where that makes sense: what was removed need not be removed again, unless the
/// installer found it. The last command stays named, so that it is not taken for the next one.
#[must_use]
pub fn retried(failed: AgentRepair, now: DateTime<Utc>) -> AgentRepair {
    let says_installed = |text: &Option<String>| {
        text.as_deref()
            .is_some_and(|text| text.contains(INSTALLED_BEFORE))
    };
    let is_removed = matches!(
        failed.failed_at,
        Some(
            RepairStage::Rebooting
                | RepairStage::ReadyToInstall
                | RepairStage::Installing
                | RepairStage::Verifying
        )
    ) && !says_installed(&failed.output)
        && !says_installed(&failed.reason);
    let stage = if is_removed {
        RepairStage::ReadyToInstall
    } else {
        RepairStage::WaitingForSsm
    };
    AgentRepair {
        command_id: failed.command_id,
        tries: failed.tries + 1,
        ..begun(stage, now)
    }
}

/// What was sent is noted; nothing, where it went on meanwhile.
pub fn note_sent(progress: &mut AgentRepair, work: Work, command_id: &str, now: DateTime<Utc>) {
    if progress.stage != work.before() {
        return;
    }
    progress.stage = work.during();
    progress.since = now;
    progress.command_id = Some(command_id.to_owned());
    progress.command_status = None;
    progress.output = None;
    progress.reason = None;
}

/// SSM said that it reaches the machine, and then refused it: it is waited for.
pub fn note_refused(progress: &mut AgentRepair, work: Work, why: &str, now: DateTime<Utc>) {
    if progress.stage != work.before() {
        return;
    }
    if now - progress.since > Duration::minutes(REACH_MINUTES) {
        *progress = failed(progress.clone(), now, why);
    } else {
        progress.reason = Some(why.to_owned());
    }
}

/// Given up.
#[must_use]
pub fn failed(progress: AgentRepair, now: DateTime<Utc>, why: &str) -> AgentRepair {
    AgentRepair {
        failed_at: Some(progress.stage),
        stage: RepairStage::Failed,
        since: now,
        reason: Some(why.to_owned()),
        ..progress
    }
}

/// Where it stands after a look, and what there is to do.
#[must_use]
pub fn advance(progress: AgentRepair, seen: &Seen<'_>) -> (AgentRepair, Option<Work>) {
    use RepairStage as S;
    let waited = seen.now - progress.since;
    if let Some(problem) = seen.problem.filter(|_| progress.stage < S::Verifying) {
        let why = format!("SSM could not be asked: {problem}");
        return wait(progress, seen.now, waited > minutes(COMMAND_MINUTES), why);
    }
    match progress.stage {
        S::WaitingForSsm | S::Queued => reached(progress, seen, Work::Uninstall),
        S::ReadyToInstall => reached(progress, seen, Work::Install),
        S::Uninstalling => ran(progress, seen, S::Rebooting),
        S::Installing => ran(progress, seen, S::Verifying),
        S::Rebooting => restarted(progress, seen),
        S::Verifying if seen.has_appeared => (entered(progress, S::Done, seen.now), None),
        S::Verifying => {
            let why = "The agent is installed; its source server has not appeared in DRS yet. If it does not, look \
                       whether the machine reaches DRS, S3 and EC2 on port 443 and whether its role may register it";
            wait(
                progress,
                seen.now,
                waited > minutes(APPEAR_MINUTES),
                why.to_owned(),
            )
        }
        S::Done | S::Failed => (progress, None),
    }
}

fn minutes(minutes: i64) -> Duration {
    Duration::minutes(minutes)
}

fn entered(progress: AgentRepair, stage: RepairStage, since: DateTime<Utc>) -> AgentRepair {
    AgentRepair {
        stage,
        since,
        reason: None,
        ..progress
    }
}

/// Waits for a reason, or gives up for it.
fn wait(
    progress: AgentRepair,
    now: DateTime<Utc>,
    is_too_long: bool,
    why: String,
) -> (AgentRepair, Option<Work>) {
    if is_too_long {
        return (failed(progress, now, &why), None);
    }
    let reason = Some(why);
    (AgentRepair { reason, ..progress }, None)
}

/// Ready as soon as SSM reaches the machine. Requirement 001, 2.1.
fn reached(progress: AgentRepair, seen: &Seen<'_>, work: Work) -> (AgentRepair, Option<Work>) {
    if seen.machine.is_some_and(|machine| machine.is_online) {
        // Since it was asked for, not since it is reachable: what was sent in between must be found again.
        let since = progress.since;
        return (entered(progress, work.before(), since), Some(work));
    }
    let status = seen.machine.map_or_else(
        || "SSM does not manage this machine".to_owned(),
        |machine| format!("SSM does not reach this machine: {}", machine.ping_status),
    );
    let why = format!(
        "{status}. It must run, its SSM agent too, with AmazonSSMManagedInstanceCore in its instance profile and a way \
         to SSM on port 443"
    );
    let is_too_long = seen.now - progress.since > minutes(REACH_MINUTES);
    let stage = match work {
        Work::Uninstall => RepairStage::WaitingForSsm,
        Work::Install => RepairStage::ReadyToInstall,
    };
    wait(
        AgentRepair { stage, ..progress },
        seen.now,
        is_too_long,
        why,
    )
}

/// Follows a command. Requirement 001, 2.7 and 12.2: SSM's word and what the command wrote are kept.
fn ran(progress: AgentRepair, seen: &Seen<'_>, next: RepairStage) -> (AgentRepair, Option<Work>) {
    let is_too_long = seen.now - progress.since > minutes(COMMAND_MINUTES);
    let Some(invocation) = seen.invocation else {
        let why = "SSM does not show its command yet".to_owned();
        return wait(progress, seen.now, is_too_long, why);
    };
    let written = written(invocation);
    let progress = AgentRepair {
        command_status: Some(invocation.status_details.clone()),
        output: written.clone(),
        reason: None,
        ..progress
    };
    if !invocation.is_over {
        return if is_too_long {
            let why = "Its command does not come to an end";
            (failed(progress, seen.now, why), None)
        } else {
            (progress, None)
        };
    }
    if invocation.succeeded {
        let since = invocation.ended_at.unwrap_or(seen.now);
        return advance(entered(progress, next, since), seen);
    }
    let last = written.as_deref().and_then(|text| text.lines().last());
    let code = invocation
        .response_code
        .map_or_else(String::new, |code| format!(", exit code {code}"));
    let why = format!(
        "Its command ended with {}{code}: {}",
        invocation.status_details,
        last.unwrap_or("it wrote nothing")
    );
    (failed(progress, seen.now, &why), None)
}

/// Errors count more than output, and the end more than the beginning.
fn written(invocation: &Invocation) -> Option<String> {
    let text = [invocation.output.trim(), invocation.error.trim()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("\n");
    let skip = text.chars().count().saturating_sub(OUTPUT_CHARS);
    Some(text.chars().skip(skip).collect::<String>()).filter(|text| !text.is_empty())
}

/// Back from its restart: SSM had lost it and has it again, or has heard of it after the restart must have begun. SSM
/// shows a machine as online for minutes after it went away, so that being online alone says nothing. Requirement 001, 2.3.
fn restarted(mut progress: AgentRepair, seen: &Seen<'_>) -> (AgentRepair, Option<Work>) {
    let online = seen.machine.filter(|machine| machine.is_online);
    let Some(machine) = online else {
        progress.away_at.get_or_insert(seen.now);
        return still_away(progress, seen);
    };
    let begins = progress.since + Duration::seconds(RESTART_DELAY_SECONDS);
    let is_heard = machine.last_ping_at.is_some_and(|at| at > begins);
    if progress.away_at.is_none() && !is_heard {
        return still_away(progress, seen);
    }
    advance(
        entered(progress, RepairStage::ReadyToInstall, seen.now),
        seen,
    )
}

fn still_away(progress: AgentRepair, seen: &Seen<'_>) -> (AgentRepair, Option<Work>) {
    let is_too_long = seen.now - progress.since > minutes(RESTART_MINUTES);
    let why = if is_too_long {
        "SSM did not hear of it again after its restart: look at its console, start it, then try again"
    } else {
        "It restarts"
    };
    wait(progress, seen.now, is_too_long, why.to_owned())
}

/// 0 to 100, by stage: for people to see that it moves.
#[must_use]
pub fn percent(progress: &AgentRepair) -> u8 {
    use RepairStage as S;
    let of = |stage| match stage {
        S::WaitingForSsm => 0,
        S::Queued => 5,
        S::Uninstalling => 15,
        S::Rebooting => 30,
        S::ReadyToInstall => 45,
        S::Installing => 60,
        S::Verifying => 85,
        S::Done => 100,
        S::Failed => 0,
    };
    match progress.stage {
        S::Failed => progress.failed_at.map_or(0, of),
        stage => of(stage),
    }
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
