//! What a person does next with a failover session. The server says what is allowed and why the rest is not; here
//! it is decided which of the allowed steps leads home, and put into words.

use dr_api::sessions::{ActionView, SessionView};
use dr_model::session::{Action, SessionStatus};

use crate::text;

/// What a session's state allows next, and why the other steps are not allowed: one line.
#[must_use]
pub fn line(view: &SessionView) -> String {
    let mut line = advice(view);
    let also: Vec<&str> = view
        .actions
        .iter()
        .filter(|one| one.allowed && !steps(view).contains(&one.action))
        .map(|one| text::step(one.action))
        .collect();
    if !also.is_empty() {
        line.push_str(&format!(" Also allowed: {}.", also.join(", ")));
    }
    let refused = refusals(&view.actions);
    if !refused.is_empty() {
        line.push_str(&format!(" Not now: {}.", refused.join("; ")));
    }
    line
}

/// Steps that are not allowed, those with the same reason together: `commit, go-back (No failback is on trial)`.
fn refusals(actions: &[ActionView]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in actions.iter().filter(|one| !one.allowed) {
        let reason = one.reason.as_deref().unwrap_or("no reason is given");
        let word = text::step(one.action);
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, words)) => words.push(word),
            None => reasons.push((reason, vec![word])),
        }
    }
    reasons
        .into_iter()
        .map(|(reason, words)| format!("{} ({reason})", words.join(", ")))
        .collect()
}

/// What to do next, in a sentence or two.
#[must_use]
pub fn advice(view: &SessionView) -> String {
    let mut text = format!("{}.", view.status.as_str());
    let commands: Vec<String> = steps(view)
        .into_iter()
        .filter_map(|action| {
            let found = view.actions.iter().find(|one| one.action == action)?;
            let servers = text::count(found.servers, "server");
            Some(format!("{} ({servers})", command(view, action)))
        })
        .collect();
    if !commands.is_empty() {
        text.push_str(&format!(" Next: {}.", commands.join(", or ")));
    } else if view.status == SessionStatus::CleanupComplete {
        text.push_str(" Nothing is left to do.");
    } else if moves(view) > 0 {
        let id = &view.session_id;
        text.push_str(&format!(" Next: wait; dr session watch {id}."));
    } else if view.total_servers == 0 {
        text.push_str(" Next: nothing; no server of it is part of the way home.");
    } else {
        text.push_str(&format!(" Next: dr session get {}.", view.session_id));
    }
    if let Some(window) = &view.commit_window {
        let until = text::time(window.until);
        text.push_str(&format!(" It is on trial until {until}."));
    }
    if view.failed_servers > 0 {
        text.push_str(&format!(
            " The last step failed for {}: dr session servers {} --failed.",
            text::count(view.failed_servers, "server"),
            view.session_id
        ));
    }
    text
}

/// Servers with which something goes on. One that is ready waits for a person.
#[must_use]
pub fn moves(view: &SessionView) -> usize {
    let stages = &view.stages;
    stages.pending
        + stages.repairing
        + stages.reversing
        + stages.failing_back
        + stages.going_back
        + stages.re_protecting
        + stages.cleaning_up
}

/// The steps that lead home from here, among those that are allowed: the first is the one to take. None while it is
/// better to wait.
fn steps(view: &SessionView) -> Vec<Action> {
    let wanted: &[Action] = match view.status {
        SessionStatus::FailoverComplete => &[Action::StartReverseReplication],
        SessionStatus::ReverseReplicating => &[Action::MirrorConfig],
        SessionStatus::ReadyForFailback => &[Action::FailbackDrill, Action::FailbackRecovery],
        SessionStatus::FailbackUncommitted => &[Action::Commit, Action::GoBack],
        SessionStatus::FailbackComplete => &[Action::ReProtect],
        SessionStatus::ReProtected => &[Action::Cleanup],
        SessionStatus::Pending
        | SessionStatus::InstallingAgents
        | SessionStatus::ConfigMirrored
        | SessionStatus::FailbackInProgress
        | SessionStatus::GoingBack
        | SessionStatus::ReProtecting
        | SessionStatus::CleaningUp
        | SessionStatus::CleanupComplete => &[],
    };
    let is_allowed = |action: &Action| {
        let mut all = view.actions.iter();
        all.any(|one| one.action == *action && one.allowed && one.servers > 0)
    };
    wanted.iter().copied().filter(is_allowed).collect()
}

/// The command that takes a step.
#[must_use]
pub fn command(view: &SessionView, action: Action) -> String {
    let id = &view.session_id;
    match action {
        Action::FailbackDrill => format!("dr session failback {id} --drill"),
        Action::FailbackRecovery => format!("dr session failback {id} --recovery"),
        other => format!("dr session {} {id}", text::step(other)),
    }
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
