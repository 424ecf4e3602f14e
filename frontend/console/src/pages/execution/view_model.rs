//! What the page of an execution says: what may be done with it, its clock, its waves over time.

use chrono::{DateTime, Utc};
use dr_api::executions::{
    ActionView, ExecutionServerView, ExecutionView, TerminationResult, TimelineEntry,
};
use dr_model::action::ActionOnInstance;
use dr_model::execution::{ExecutionStatus, ExecutionType, LaunchInto, ServerStatus, WaveRun};
use ui::Status;

use crate::format::{duration, time};
use crate::words;

/// Why each thing cannot be done now; none: it can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steering {
    /// Pause before the next wave.
    pub pause: Option<String>,
    /// Go on.
    pub resume: Option<String>,
    /// End early.
    pub cancel: Option<String>,
    /// End the drill: terminate what it launched.
    pub end: Option<String>,
}

/// What may be done with it. The server has the last word.
#[must_use]
pub fn steering(run: &ExecutionView) -> Steering {
    let status = run.status;
    let is_paused = status == ExecutionStatus::Paused;
    let over = if status.is_terminal() {
        Some("It is over".to_owned())
    } else if status == ExecutionStatus::Cancelling {
        Some("It is being cancelled".to_owned())
    } else {
        None
    };
    let is_last = matches!(
        status,
        ExecutionStatus::Launching | ExecutionStatus::Validating
    ) && run.current_wave.is_some_and(|wave| wave >= run.waves.len());
    let no_pause = if is_paused {
        Some("It is paused".to_owned())
    } else if run.pause_requested {
        Some("It will pause before the next wave".to_owned())
    } else if is_last {
        Some("The last wave is under way, and DRS cannot pause what it launches".to_owned())
    } else {
        None
    };
    let no_resume = (!is_paused && !run.pause_requested).then(|| "It is not paused".to_owned());
    Steering {
        pause: over.clone().or(no_pause),
        resume: over.clone().or(no_resume),
        cancel: over,
        end: why_not_end(run),
    }
}

fn why_not_end(run: &ExecutionView) -> Option<String> {
    if run.execution_type == ExecutionType::Recovery {
        return Some("These run production: they are brought home by failback".to_owned());
    }
    if !run.status.is_terminal() {
        return Some(
            "The drill is under way: wait until it is over, or cancel it first".to_owned(),
        );
    }
    run.instances_terminated_at
        .map(|at| format!("It was ended at {}", time(at)))
}

/// The time that counts against the target.
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    /// Of the target, 0 to 100 and more.
    pub percent: f64,
    /// In words.
    pub text: String,
    /// What it means.
    pub status: Status,
}

/// The clock, from the server's own times: pauses do not count.
#[must_use]
pub fn clock(run: &ExecutionView) -> Clock {
    let used = run.elapsed_seconds.saturating_sub(run.paused_seconds);
    let target = run.rto_target_seconds.max(1);
    let (status, word) = match (run.status.is_terminal(), run.rto_met) {
        (true, true) => (Status::Success, "target met"),
        (false, true) => (Status::InProgress, "the target can be met"),
        // The server looks ahead: it can be said before the time is over.
        (false, false) if used < target => (Status::Warning, "the target will be missed"),
        (_, false) => (Status::Error, "target missed"),
    };
    Clock {
        percent: used as f64 * 100.0 / target as f64,
        text: format!("{} of {}: {word}", duration(used), duration(target)),
        status,
    }
}

/// What stands beside the bar of progress.
#[must_use]
pub fn progress(run: &ExecutionView) -> String {
    let mut text = format!("{} elapsed", duration(run.elapsed_seconds));
    if run.paused_seconds > 0 {
        text.push_str(&format!(
            ", of which {} paused",
            duration(run.paused_seconds)
        ));
    }
    if let Some(rest) = run.estimated_remaining_seconds {
        text.push_str(&format!(", about {} to go", duration(rest)));
    }
    text
}

/// A wave on the timeline. Places are parts of the whole, 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// `1. db`.
    pub name: String,
    /// Where it stands.
    pub status: Status,
    /// The same in words.
    pub state: String,
    /// Where it begins and ends; none: it has not begun.
    pub span: Option<(f64, f64)>,
    /// Where its launch begins, when SSM actions came before.
    pub launch: Option<f64>,
    /// Its servers in numbers.
    pub servers: String,
    /// When it began, after the start.
    pub begins: String,
    /// How long it took, or takes so far.
    pub took: String,
}

/// Waves over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Gantt {
    /// The waves.
    pub bars: Vec<Bar>,
    /// Where the target ends.
    pub limit: f64,
    /// How long the whole is, in words.
    pub span: String,
    /// The picture in one sentence.
    pub description: String,
}

/// The waves from the start to now or the target, whichever is later. A pause moves the target.
#[must_use]
pub fn gantt(run: &ExecutionView) -> Gantt {
    let limit = run.rto_target_seconds + run.paused_seconds;
    let whole = run.elapsed_seconds.max(limit).max(1);
    let part = |seconds: u64| seconds as f64 / whole as f64;
    let bars: Vec<Bar> = run
        .waves
        .iter()
        .enumerate()
        .map(|(at, wave)| bar(run, at, wave, &part))
        .collect();
    let said: Vec<String> = bars
        .iter()
        .map(|bar| format!("{}: {}", bar.name, bar.state.to_lowercase()))
        .collect();
    Gantt {
        limit: part(limit),
        span: duration(whole),
        description: format!(
            "Waves over {}, target after {}. {}",
            duration(whole),
            duration(limit),
            said.join("; ")
        ),
        bars,
    }
}

fn bar(run: &ExecutionView, at: usize, wave: &WaveRun, part: &impl Fn(u64) -> f64) -> Bar {
    let after_start =
        |at: DateTime<Utc>| u64::try_from((at - run.started_at).num_seconds()).unwrap_or_default();
    let begun = wave.started_at.map(after_start);
    let end = wave.ended_at.map_or(run.elapsed_seconds, after_start);
    let (status, state) = state(wave);
    let tally = &wave.tally;
    let mut servers = format!("{} of {}", tally.launched, tally.total());
    if tally.failed > 0 {
        servers.push_str(&format!(", {} failed", tally.failed));
    }
    if tally.skipped > 0 {
        servers.push_str(&format!(", {} left out", tally.skipped));
    }
    Bar {
        name: format!("{}. {}", at + 1, wave.name),
        status,
        state,
        span: begun.map(|begun| (part(begun), part(end.max(begun)))),
        launch: wave.launch_since.map(|since| part(after_start(since))),
        servers,
        begins: begun.map_or_else(
            || "–".to_owned(),
            |begun| format!("after {}", duration(begun)),
        ),
        took: begun.map_or_else(
            || "–".to_owned(),
            |begun| duration(end.saturating_sub(begun)),
        ),
    }
}

fn state(wave: &WaveRun) -> (Status, String) {
    let tally = &wave.tally;
    if let Some(action) = &wave.held_by {
        return (
            Status::Pending,
            format!("Waits for a person: the action {action} failed"),
        );
    }
    let (status, text) = match (wave.started_at, wave.ended_at) {
        (None, _) if wave.pause_before => {
            (Status::NotStarted, "Not begun, waits for a person first")
        }
        (None, _) => (Status::NotStarted, "Not begun"),
        (Some(_), None) => (Status::InProgress, "Under way"),
        (Some(_), Some(_)) if tally.failed > 0 && tally.launched == 0 => (Status::Error, "Failed"),
        (Some(_), Some(_)) if tally.failed > 0 => (Status::Warning, "Over, with failures"),
        (Some(_), Some(_)) => (Status::Success, "Over"),
    };
    (status, text.to_owned())
}

/// Where a server goes.
#[must_use]
pub fn goes_to(server: &ExecutionServerView) -> String {
    match &server.launch_into {
        LaunchInto::Target { instance_id, .. } => instance_id.to_string(),
        LaunchInto::NewInstance => "A new instance".to_owned(),
    }
}

/// Whether id and private IP were kept.
#[must_use]
pub fn identity(server: &ExecutionServerView) -> String {
    let Some(found) = &server.identity else {
        return "–".to_owned();
    };
    let text = match (found.instance_id_kept, found.private_ip_kept) {
        (true, true) => "Id and IP kept",
        (true, false) => "Id kept, IP not",
        (false, true) => "IP kept, id not",
        (false, false) => "Neither kept",
    };
    match &found.reason {
        Some(reason) => format!("{text}: {reason}"),
        None => text.to_owned(),
    }
}

/// A server that did not launch, with why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub server: String,
    /// How it ended.
    pub status: ServerStatus,
    /// Why, and where it is known, what to do.
    pub reason: String,
}

/// Those that failed, then those that were left out for a reason; the first few, and how many more there are.
#[must_use]
pub fn failures(servers: &[ExecutionServerView]) -> (Vec<Failure>, usize) {
    let of = |status: ServerStatus| {
        servers
            .iter()
            .filter(move |one| one.status == status)
            .map(|one| Failure {
                server: one.name.clone(),
                status: one.status,
                reason: one
                    .reason
                    .clone()
                    .unwrap_or_else(|| "No reason is known".to_owned()),
            })
    };
    let mut all: Vec<Failure> = of(ServerStatus::Failed)
        .chain(of(ServerStatus::Skipped))
        .collect();
    let more = all.len().saturating_sub(MOST_FAILURES);
    all.truncate(MOST_FAILURES);
    (all, more)
}

/// Failures that are spelt out; the list has them all.
const MOST_FAILURES: usize = 10;

/// An entry of the job log with its place, by which it is known.
#[derive(Debug, Clone, PartialEq)]
pub struct LogRow {
    /// Its place, from 1, the oldest first.
    pub number: usize,
    /// The entry.
    pub entry: TimelineEntry,
}

/// The log, newest first: what happens now is on top.
#[must_use]
pub fn log(entries: Vec<TimelineEntry>) -> Vec<LogRow> {
    let mut rows: Vec<LogRow> = entries
        .into_iter()
        .enumerate()
        .map(|(at, entry)| LogRow {
            number: at + 1,
            entry,
        })
        .collect();
    rows.reverse();
    rows
}

/// What became of an SSM action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionLine {
    /// How far it is, with its sign.
    pub state: (Status, String),
    /// Where it stands and when it ran.
    pub facts: String,
    /// Instance by instance, what failed first: how it went, and the end of what it wrote.
    pub instances: Vec<(Status, String, Option<String>)>,
    /// How many more instances there are.
    pub more: usize,
}

/// Instances of an action that are spelt out: as many as an action may name.
const MOST_INSTANCES: usize = 50;

/// What became of an SSM action, in words.
#[must_use]
pub fn action_line(action: &ActionView) -> ActionLine {
    let (status, state) = words::ssm_action(action.state);
    let mut text = format!("{}: {}", action.name, state.to_lowercase());
    if let Some(reason) = &action.reason {
        text.push_str(&format!(" – {reason}"));
    }
    let mut facts = format!(
        "{} wave {}, {}",
        words::spelt(action.side.as_str()),
        action.wave,
        action.document_name
    );
    for (what, at) in [("began", action.started_at), ("ended", action.ended_at)] {
        if let Some(at) = at {
            facts.push_str(&format!(", {what} {}", time(at)));
        }
    }
    if !action.command_ids.is_empty() {
        facts.push_str(&format!(", command {}", action.command_ids.join(", ")));
    }
    let mut all: Vec<&ActionOnInstance> = action.instances.iter().collect();
    all.sort_by_key(|one| !one.state.is_failure());
    let instance = |one: &&ActionOnInstance| {
        let (status, state) = words::ssm_action(one.state);
        let mut text = format!("{} {}", one.instance_id, state.to_lowercase());
        if let Some(reason) = &one.reason {
            text.push_str(&format!(": {reason}"));
        }
        (status, text, one.output.clone())
    };
    ActionLine {
        state: (status, text),
        facts,
        instances: all.iter().take(MOST_INSTANCES).map(instance).collect(),
        more: all.len().saturating_sub(MOST_INSTANCES),
    }
}

/// What the end of a drill came to, and whether that was all.
#[must_use]
pub fn ended(done: &TerminationResult) -> (String, bool) {
    let mut text = format!(
        "Being terminated: {}. Handed back: {}",
        words::counted(done.terminated.len(), "instance"),
        words::counted(done.released.len(), "instance")
    );
    for problem in &done.problems {
        text.push_str(&format!("; {}: {}", problem.subject, problem.message));
        if let Some(remediation) = &problem.remediation {
            text.push_str(&format!(" ({remediation})"));
        }
    }
    (text, done.problems.is_empty())
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
pub(super) mod tests;
