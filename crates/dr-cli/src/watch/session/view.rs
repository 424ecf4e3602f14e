//! A failover session in words: the same whether it is shown once or watched.

use std::io;

use dr_api::sessions::{ReverseTotals, SessionServerView, SessionView};
use dr_model::execution::LaunchInto;
use dr_model::session::{ReverseState, SessionStatus, Stage, StageTally, StepError};

use super::next;
use crate::screen::{Cell, Screen, Tone};
use crate::{row, text};

/// What it brings home.
#[must_use]
pub fn subject(view: &SessionView) -> String {
    let name = view.plan_name.as_deref().unwrap_or("pairs");
    format!(
        "{name} {} -> {}",
        view.direction.recovery.region, view.direction.primary.region
    )
}

/// Its status. What moves has no colour, verdicts have.
#[must_use]
pub fn status(status: SessionStatus) -> Cell {
    use SessionStatus as S;
    let tone = match status {
        S::ReadyForFailback | S::FailbackComplete | S::ReProtected | S::CleanupComplete => {
            Tone::Good
        }
        S::FailbackUncommitted | S::GoingBack => Tone::Doubtful,
        S::Pending
        | S::FailoverComplete
        | S::InstallingAgents
        | S::ReverseReplicating
        | S::ConfigMirrored
        | S::FailbackInProgress
        | S::ReProtecting
        | S::CleaningUp => Tone::Plain,
    };
    Cell::toned(status.as_str(), tone)
}

/// A state of reverse replication.
#[must_use]
pub fn reverse_state(state: ReverseState) -> Cell {
    let tone = match state {
        ReverseState::Ready => Tone::Good,
        ReverseState::ReadyWithLag => Tone::Doubtful,
        ReverseState::Error => Tone::Bad,
        ReverseState::NotStarted
        | ReverseState::Initiating
        | ReverseState::InitialSync
        | ReverseState::Continuous => Tone::Plain,
    };
    Cell::toned(text::word(&state), tone)
}

/// How far a server is.
#[must_use]
pub fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::LeftOut => "left out",
        Stage::Pending => "being looked up",
        Stage::Recovered => "in the recovery region",
        Stage::Repairing => "agent being repaired",
        Stage::Reversing => "replicating back",
        Stage::Ready => "ready",
        Stage::FailingBack => "failing back",
        Stage::FailedBack => "came home",
        Stage::GoingBack => "going back",
        Stage::ReProtecting => "being re-protected",
        Stage::ReProtected => "re-protected",
        Stage::CleaningUp => "being cleaned up",
        Stage::Home => "home for good",
    }
}

/// `3 replicating back, 5 ready`, in the order of the way home.
#[must_use]
pub fn stages(tally: StageTally) -> String {
    let counts: Vec<String> = Stage::ALL
        .into_iter()
        .map(|stage| (tally.of(stage), stage))
        .filter(|(count, _)| *count > 0)
        .map(|(count, stage)| format!("{count} {}", stage_words(stage)))
        .collect();
    if counts.is_empty() {
        "no server".to_owned()
    } else {
        counts.join(", ")
    }
}

/// A copy of many servers, summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copying {
    /// Bytes of all disks.
    pub total_bytes: u64,
    /// Bytes that are done.
    pub done_bytes: u64,
    /// Bytes per second of all together.
    pub bytes_per_second: u64,
    /// When the last of them is expected to be whole, in seconds since 1970; none where that is not known of one.
    pub eta: Option<i64>,
    /// The largest lag.
    pub max_lag_seconds: Option<u64>,
    /// Servers whose replication has an error.
    pub in_error: usize,
}

impl Copying {
    /// Of reverse replication.
    #[must_use]
    pub fn back(totals: &ReverseTotals) -> Self {
        Self {
            total_bytes: totals.total_bytes,
            done_bytes: totals.done_bytes,
            bytes_per_second: totals.bytes_per_second,
            eta: totals.eta.map(|at| at.timestamp()),
            max_lag_seconds: totals.max_lag_seconds,
            in_error: totals.in_error,
        }
    }

    /// Of re-protection, of these servers.
    #[must_use]
    pub fn forward(servers: &[SessionServerView]) -> Self {
        let all = || servers.iter().map(|server| &server.forward);
        let is_ready = |state: ReverseState| state.is_ready();
        let waited_for = || all().filter(|forward| !is_ready(forward.state));
        let are_known = waited_for().all(|forward| forward.eta.is_some());
        Self {
            total_bytes: all().map(|forward| forward.total_bytes).sum(),
            done_bytes: all().map(|forward| forward.done_bytes).sum(),
            bytes_per_second: all().filter_map(|forward| forward.bytes_per_second).sum(),
            eta: waited_for()
                .filter_map(|forward| forward.eta)
                .map(|at| at.timestamp())
                .max()
                .filter(|_| are_known),
            max_lag_seconds: all().filter_map(|forward| forward.lag_seconds).max(),
            in_error: all()
                .filter(|forward| forward.state == ReverseState::Error)
                .count(),
        }
    }

    /// Tenths of a percent. Of nothing to copy, nothing is done.
    #[must_use]
    pub fn tenths(&self) -> u64 {
        let tenths = u128::from(self.done_bytes) * 1000;
        let share = tenths.checked_div(u128::from(self.total_bytes));
        u64::try_from(share.unwrap_or_default())
            .unwrap_or(1000)
            .min(1000)
    }

    /// `41.2%  12.0 GiB of 30.0 GiB  35.0 MiB/s  about 9m to go`, and what is wrong.
    #[must_use]
    pub fn words(&self, now: i64) -> String {
        let tenths = self.tenths();
        let mut parts = vec![
            format!("{}.{}%", tenths / 10, tenths % 10),
            format!(
                "{} of {}",
                text::gibibytes(self.done_bytes),
                text::gibibytes(self.total_bytes)
            ),
        ];
        if self.done_bytes < self.total_bytes {
            parts.push(text::rate(self.bytes_per_second));
            let left = self
                .eta
                .map(|at| u64::try_from(at - now).unwrap_or_default());
            parts.push(match left {
                Some(seconds) => format!("about {} to go", text::seconds(seconds)),
                None => "time to go unknown".to_owned(),
            });
        } else if let Some(lag) = self.max_lag_seconds.filter(|lag| *lag > 0) {
            parts.push(format!("at most {} behind", text::seconds(lag)));
        }
        if self.in_error > 0 {
            parts.push(format!("{} in error", self.in_error));
        }
        parts.join("  ")
    }
}

/// A session, shown once.
///
/// # Errors
/// When it cannot be written.
pub fn draw(screen: &mut Screen, view: &SessionView, now: i64) -> io::Result<()> {
    let mut facts = vec![
        ("Failover session", Cell::from(&view.session_id)),
        ("Recovery", Cell::from(&view.execution_id)),
        ("What", Cell::from(subject(view))),
        ("Home", Cell::from(&view.direction.primary)),
        ("Runs in", Cell::from(&view.direction.recovery)),
        ("Status", status(view.status)),
        ("Servers", Cell::from(stages(view.stages))),
        ("Way home", Cell::from(mirrored(view))),
        (
            "Ready when behind at most",
            Cell::from(text::seconds(view.lag_threshold_seconds)),
        ),
        ("Commits", Cell::from(policy(view))),
        (
            "Made",
            Cell::from(format!(
                "{} by {}",
                text::time(view.created_at),
                view.created_by
            )),
        ),
    ];
    let copy = view
        .reverse
        .as_ref()
        .filter(|totals| totals.total_bytes > 0);
    let trial = view.commit_window.as_ref().map(|window| {
        let health = match window.is_healthy {
            Some(true) => "healthy",
            Some(false) => "not healthy",
            None => "not looked at yet",
        };
        format!("until {}, {health}", text::time(window.until))
    });
    let optional = [
        (
            "Split from",
            view.split_from.as_ref().map(ToString::to_string),
        ),
        (
            "Replication back",
            copy.map(|totals| Copying::back(totals).words(now)),
        ),
        (
            "Failback",
            view.failback_execution_id.as_ref().map(ToString::to_string),
        ),
        ("On trial", trial),
        ("Looked at", view.looked_at.map(text::time)),
        ("Failed", view.last_error.as_ref().map(problem)),
    ];
    for (name, value) in optional {
        facts.extend(value.map(|value| (name, Cell::from(value))));
    }
    screen.facts(facts)?;
    for problem in view
        .commit_window
        .iter()
        .flat_map(|window| &window.problems)
    {
        screen.line(&format!("not healthy: {problem}"))?;
    }
    screen.line("")?;
    let rows = view.actions.iter().map(|one| {
        let servers = text::or_dash(one.allowed.then_some(one.servers));
        row![
            text::step(one.action),
            Cell::toned(if one.allowed { "yes" } else { "no" }, Tone::Plain),
            servers,
            text::or_dash(one.reason.as_ref()),
        ]
    });
    let headings = ["step", "allowed", "servers", "why not"];
    screen.table(&headings, rows.collect(), "No step is known.")?;
    screen.line("")?;
    screen.line(&next::advice(view))
}

fn mirrored(view: &SessionView) -> String {
    match (&view.mirrored_plan_id, view.is_mirrored) {
        (Some(plan), true) => format!("plan {plan}"),
        _ => "no groups and plan yet".to_owned(),
    }
}

fn policy(view: &SessionView) -> String {
    match &view.commit_policy {
        None => "at once".to_owned(),
        Some(policy) => format!(
            "after {} on trial: {} when healthy, {} when not; {}",
            text::seconds(u64::from(policy.window_minutes) * 60),
            text::word(&policy.when_healthy),
            text::word(&policy.when_unhealthy),
            text::count(policy.probes.len(), "probe"),
        ),
    }
}

/// A step that failed, in a line.
#[must_use]
pub fn problem(error: &StepError) -> String {
    let mut line = format!("{}: {}", error.step, error.message);
    if let Some(remediation) = &error.remediation {
        line.push_str(&format!(" What to do: {remediation}"));
    }
    line
}

/// Server by server.
///
/// # Errors
/// When it cannot be written.
pub fn servers(screen: &mut Screen, servers: &[SessionServerView]) -> io::Result<()> {
    let headings = [
        "name", "server", "stage", "runs as", "back", "lag", "way back", "home as", "forward",
        "why not",
    ];
    let rows = servers.iter().map(server_row).collect();
    screen.table(&headings, rows, "No server.")
}

fn server_row(server: &SessionServerView) -> Vec<Cell> {
    let tone = match (server.stage, &server.error) {
        (_, Some(_)) => Tone::Bad,
        (Stage::LeftOut, None) => Tone::Doubtful,
        (Stage::Ready | Stage::FailedBack | Stage::ReProtected | Stage::Home, None) => Tone::Good,
        _ => Tone::Plain,
    };
    let pre = match server.launched_into {
        LaunchInto::Target { .. } => "",
        LaunchInto::NewInstance => " (new)",
    };
    let runs = server.recovery_instance.as_ref();
    let home = server.returned.as_ref();
    let forward = server.forward.state != ReverseState::NotStarted;
    let reason = server
        .error
        .as_ref()
        .map(problem)
        .or_else(|| server.left_out.clone())
        .or_else(|| server.reverse.problem.clone())
        .or_else(|| home.and_then(|home| home.reason.clone()));
    row![
        &server.name,
        &server.source_server_id,
        Cell::toned(stage_words(server.stage), tone),
        text::or_dash(runs.map(|runs| format!("{}{pre}", runs.instance_id))),
        format!(
            "{} {:.1}%",
            text::word(&server.reverse.state),
            server.reverse_percent
        ),
        text::or_dash(server.reverse.lag_seconds.map(text::seconds)),
        text::or_dash(server.way_back.as_ref().map(|way| &way.source_server_id)),
        text::or_dash(home.and_then(|home| home.instance_id.as_ref())),
        text::or_dash(forward.then(|| format!("{:.1}%", server.forward_percent))),
        text::or_dash(reason),
    ]
}

#[cfg(test)]
mod tests {
    use dr_model::session::{Stage, StageTally};

    use super::{Copying, stages};

    const GIB: u64 = 1 << 30;

    #[test]
    fn a_copy_says_how_far_it_is_how_fast_and_how_long_it_takes() {
        let mut copy = Copying {
            total_bytes: 30 * GIB,
            done_bytes: 12 * GIB,
            bytes_per_second: 35 << 20,
            eta: Some(1_600),
            ..Copying::default()
        };
        assert_eq!(
            copy.words(1_000),
            "40.0%  12.0 GiB of 30.0 GiB  35.0 MiB/s  about 10m to go"
        );
        copy.eta = None;
        copy.in_error = 2;
        assert!(copy.words(0).ends_with("time to go unknown  2 in error"));
        // What is late is not told a negative time.
        copy.eta = Some(5);
        assert!(
            copy.words(1_000).contains("about 0s to go"),
            "{}",
            copy.words(1_000)
        );
    }

    #[test]
    fn a_copy_that_is_whole_says_how_far_behind_it_is_instead() {
        let copy = Copying {
            total_bytes: GIB,
            done_bytes: GIB,
            max_lag_seconds: Some(7),
            ..Copying::default()
        };
        assert_eq!(
            copy.words(0),
            "100.0%  1.0 GiB of 1.0 GiB  at most 7s behind"
        );
        assert_eq!(Copying::default().tenths(), 0);
    }

    #[test]
    fn stages_are_told_in_the_order_of_the_way_home() {
        let tally = StageTally::count([Stage::Ready, Stage::Reversing, Stage::Ready]);
        assert_eq!(stages(tally), "1 replicating back, 2 ready");
        assert_eq!(stages(StageTally::default()), "no server");
    }
}
