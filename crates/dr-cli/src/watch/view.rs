//! An execution in words: the same whether it is shown once or watched.

use std::io;

use dr_api::executions::{ActionView, ExecutionServerView, ExecutionView, Phase};
use dr_model::action::ActionState;
use dr_model::execution::{
    ExecutionStatus, ExecutionType, LaunchInto, ServerStatus, Subject, Tally, WaveRun,
};

use crate::screen::{Cell, Screen, Tone};
use crate::{row, text};

/// What it runs.
#[must_use]
pub fn subject(view: &ExecutionView) -> String {
    match &view.subject {
        Subject::Plan { name, .. } => name.clone(),
        Subject::Pairs => "pairs".to_owned(),
    }
}

/// Its status. What moves has no colour, verdicts have.
#[must_use]
pub fn status(status: ExecutionStatus) -> Cell {
    let tone = match status {
        ExecutionStatus::Completed => Tone::Good,
        ExecutionStatus::CompletedWithFailures | ExecutionStatus::Paused => Tone::Doubtful,
        ExecutionStatus::Failed | ExecutionStatus::Cancelled => Tone::Bad,
        ExecutionStatus::Pending
        | ExecutionStatus::Configuring
        | ExecutionStatus::Launching
        | ExecutionStatus::Validating
        | ExecutionStatus::Cancelling => Tone::Plain,
    };
    Cell::toned(status.as_str(), tone)
}

/// What goes on, in words.
#[must_use]
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Queued => "queued",
        Phase::Configuration => "setting launch configurations",
        Phase::Recovery => "DRS launches",
        Phase::Validation => "comparing ids and IPs",
        Phase::Paused => "waits for a person",
        Phase::Cancelling => "starts nothing more",
        Phase::Finished => "over",
    }
}

/// Servers that have come to their end.
#[must_use]
pub fn settled(tally: &Tally) -> usize {
    tally.launched + tally.failed + tally.skipped
}

/// `38/40 launched, 1 launching, 1 failed`: zeros are left out but for the first.
#[must_use]
pub fn counts(tally: &Tally) -> String {
    let mut text = format!("{}/{} launched", tally.launched, tally.total());
    for (count, word) in [
        (tally.launching, "launching"),
        (tally.waiting, "waiting"),
        (tally.failed, "failed"),
        (tally.skipped, "left out"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {count} {word}"));
        }
    }
    text
}

/// `4m 10s of 30m, about 5m to go`.
#[must_use]
pub fn time_against_target(view: &ExecutionView) -> String {
    let mut text = format!(
        "{} of {}",
        text::seconds(view.elapsed_seconds.saturating_sub(view.paused_seconds)),
        text::seconds(view.rto_target_seconds)
    );
    if view.paused_seconds > 0 {
        text.push_str(&format!(
            " (and {} paused)",
            text::seconds(view.paused_seconds)
        ));
    }
    if let Some(seconds) = view.estimated_remaining_seconds {
        text.push_str(&format!(", about {} to go", text::seconds(seconds)));
    }
    let working = view.elapsed_seconds.saturating_sub(view.paused_seconds);
    if working > view.rto_target_seconds {
        text.push_str(", RTO target missed");
    } else if !view.rto_met {
        // By the estimate of what remains: it may still turn out otherwise.
        text.push_str(", RTO target at risk");
    }
    text
}

fn kind(view: &ExecutionView) -> &'static str {
    match view.execution_type {
        ExecutionType::Drill => "drill",
        ExecutionType::Recovery => "REAL RECOVERY",
    }
}

/// `drill of shop`.
#[must_use]
pub fn title(view: &ExecutionView) -> String {
    format!("{} of {}", kind(view), subject(view))
}

/// The wave that runs: `wave 2/3 Web`.
#[must_use]
pub fn wave(view: &ExecutionView) -> Option<String> {
    let number = view.current_wave?;
    let wave = view.waves.get(number.checked_sub(1)?)?;
    Some(format!("wave {number}/{} {}", view.waves.len(), wave.name))
}

/// The pause that it is in, or comes to next: `waits at the pause before wave 2/3 Web: dr execution resume ...`.
#[must_use]
pub fn pause(view: &ExecutionView) -> Option<String> {
    let number = view.current_wave.unwrap_or_default();
    let named = |index: usize| {
        let wave = view.waves.get(index)?;
        Some(format!(
            "wave {}/{} {}",
            index + 1,
            view.waves.len(),
            wave.name
        ))
    };
    let held_by = number
        .checked_sub(1)
        .and_then(|index| view.waves.get(index)?.held_by.as_ref());
    if let (ExecutionStatus::Paused, Some(action)) = (view.status, held_by) {
        return Some(format!(
            "waits since the action {action} failed: dr execution resume {}",
            view.execution_id
        ));
    }
    if view.status == ExecutionStatus::Paused {
        let before = number.checked_sub(1).and_then(named);
        let before = before.unwrap_or_else(|| "the next wave".to_owned());
        return Some(format!(
            "waits at the pause before {before}: dr execution resume {}",
            view.execution_id
        ));
    }
    if view.status.is_terminal() || view.status == ExecutionStatus::Cancelling {
        return None;
    }
    // Waves are numbered from 1: the number of this one is the index of the next. Before the first none has begun.
    let is_pending = view.status == ExecutionStatus::Pending;
    let ahead = number.saturating_sub(usize::from(is_pending));
    let is_planned = view.waves.get(ahead).is_some_and(|wave| wave.pause_before);
    match named(ahead) {
        Some(next) if is_planned || view.pause_requested => Some(format!("pauses before {next}")),
        _ => None,
    }
}

/// What it waits for, and the pause that it is in or comes to.
#[must_use]
pub fn waits(view: &ExecutionView) -> Vec<String> {
    let pause = pause(view);
    let is_paused = view.status == ExecutionStatus::Paused;
    let waiting = view.waiting_for.as_ref().filter(|_| !is_paused);
    let waiting = waiting.map(|waiting| format!("waits for: {waiting}"));
    waiting.into_iter().chain(pause).collect()
}

/// An execution, shown once.
///
/// # Errors
/// When it cannot be written.
pub fn draw(screen: &mut Screen, view: &ExecutionView) -> io::Result<()> {
    let mut facts = vec![
        ("Execution", Cell::from(&view.execution_id)),
        ("What", Cell::from(title(view))),
        ("From", Cell::from(&view.direction.primary)),
        ("To", Cell::from(&view.direction.recovery)),
        ("Status", status(view.status)),
        ("Phase", Cell::from(phase(view.current_phase))),
        (
            "Progress",
            Cell::from(format!("{}%", view.progress_percent)),
        ),
        ("Servers", Cell::from(counts(&view.servers))),
        ("Time", Cell::from(time_against_target(view))),
        (
            "Started",
            Cell::from(format!(
                "{} by {}",
                text::time(view.started_at),
                view.started_by
            )),
        ),
    ];
    let optional = [
        ("Waits for", view.waiting_for.clone()),
        ("Ended", view.ended_at.map(text::time)),
        ("Why", view.reason.clone()),
        (
            "Instances terminated",
            view.instances_terminated_at.map(text::time),
        ),
    ];
    for (name, value) in optional {
        facts.extend(value.map(|value| (name, Cell::from(value))));
    }
    if view.pause_requested {
        facts.push(("Pause", Cell::from("asked for, before the next wave")));
    }
    screen.facts(facts)?;
    let rows = view.waves.iter().enumerate().map(wave_row).collect();
    screen.line("")?;
    let headings = ["wave", "name", "servers", "started", "ended"];
    screen.table(&headings, rows, "No wave.")?;
    actions(screen, &view.actions)
}

/// SSM actions, and the instances on which one failed; nothing where there are none.
///
/// # Errors
/// When it cannot be written.
pub fn actions(screen: &mut Screen, actions: &[ActionView]) -> io::Result<()> {
    if actions.is_empty() {
        return Ok(());
    }
    screen.line("")?;
    let headings = [
        "wave", "when", "action", "document", "state", "done on", "why",
    ];
    let rows = actions.iter().map(action_row).collect();
    screen.table(&headings, rows, "No action.")?;
    let failed: Vec<Vec<Cell>> = actions
        .iter()
        .flat_map(|action| action.instances.iter().map(move |one| (action, one)))
        .filter(|(_, one)| one.state.is_failure())
        .map(|(action, one)| {
            row![
                &action.name,
                &one.instance_id,
                Cell::toned(words(one.state), Tone::Bad),
                text::or_dash(one.reason.clone()),
                text::or_dash(one.output.as_deref().and_then(|text| text.lines().last())),
            ]
        })
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    screen.line("")?;
    let headings = ["action", "instance", "state", "why", "last words"];
    screen.table(&headings, failed, "No instance.")
}

fn action_row(action: &ActionView) -> Vec<Cell> {
    let tone = match action.state {
        ActionState::Succeeded => Tone::Good,
        ActionState::Failed | ActionState::TimedOut => Tone::Bad,
        ActionState::Abandoned => Tone::Doubtful,
        ActionState::Pending | ActionState::Running | ActionState::Skipped => Tone::Plain,
    };
    let is_done = |state| state == ActionState::Succeeded;
    let done = action.instances.iter().filter(|one| is_done(one.state));
    row![
        action.wave,
        action.side.as_str(),
        &action.name,
        &action.document_name,
        Cell::toned(words(action.state), tone),
        format!("{}/{}", done.count(), action.instances.len()),
        text::or_dash(action.reason.clone()),
    ]
}

fn words(state: ActionState) -> &'static str {
    match state {
        ActionState::Pending => "to come",
        ActionState::Running => "runs",
        ActionState::Succeeded => "done",
        ActionState::Failed => "failed",
        ActionState::TimedOut => "not in time",
        ActionState::Skipped => "left out",
        ActionState::Abandoned => "not awaited",
    }
}

fn wave_row((index, wave): (usize, &WaveRun)) -> Vec<Cell> {
    let tone = if wave.tally.failed > 0 {
        Tone::Bad
    } else {
        Tone::Plain
    };
    row![
        index + 1,
        &wave.name,
        Cell::toned(counts(&wave.tally), tone),
        text::or_dash(wave.started_at.map(text::time)),
        text::or_dash(wave.ended_at.map(text::time)),
    ]
}

/// Server by server: where it runs, whether id and IP were kept, and why not.
///
/// # Errors
/// When it cannot be written.
pub fn servers(screen: &mut Screen, servers: &[ExecutionServerView]) -> io::Result<()> {
    let headings = [
        "wave",
        "name",
        "server",
        "status",
        "instance",
        "id kept",
        "private ip",
        "ip kept",
        "why not",
    ];
    let rows = servers.iter().map(server_row).collect();
    screen.table(&headings, rows, "No server.")
}

fn server_row(server: &ExecutionServerView) -> Vec<Cell> {
    let identity = server.identity.as_ref();
    let instance = match (identity, &server.recovery_instance_id, &server.launch_into) {
        (Some(identity), _, _) => identity.instance_id.to_string(),
        (None, Some(id), _) => id.to_string(),
        (None, None, LaunchInto::Target { instance_id, .. }) => format!("into {instance_id}"),
        (None, None, LaunchInto::NewInstance) => "a new one".to_owned(),
    };
    let is_new = server.launch_into == LaunchInto::NewInstance;
    let kept = |kept: Option<bool>| match kept {
        // There was none to keep.
        Some(false) if is_new => Cell::from("new"),
        Some(kept) => Cell::good_if(kept),
        None => Cell::from("-"),
    };
    let reason = server
        .reason
        .as_ref()
        .or(identity.and_then(|identity| identity.reason.as_ref()));
    row![
        server.wave,
        &server.name,
        &server.source_server_id,
        server_status(server.status),
        instance,
        kept(identity.map(|identity| identity.instance_id_kept)),
        text::or_dash(identity.and_then(|identity| identity.private_ip.as_ref())),
        kept(identity.map(|identity| identity.private_ip_kept)),
        text::or_dash(reason),
    ]
}

fn server_status(status: ServerStatus) -> Cell {
    let tone = match status {
        ServerStatus::Launched => Tone::Good,
        ServerStatus::Failed => Tone::Bad,
        ServerStatus::Skipped => Tone::Doubtful,
        ServerStatus::Waiting | ServerStatus::Pending | ServerStatus::InProgress => Tone::Plain,
    };
    Cell::toned(text::word(&status), tone)
}
