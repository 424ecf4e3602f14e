//! A line for each change, for logs and pipes.

use dr_api::executions::{ExecutionView, Phase};
use dr_model::execution::{ExecutionStatus, Tally};

use super::view;
use crate::text;

/// What makes two looks differ: everything but the time that passed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    status: ExecutionStatus,
    phase: Phase,
    wave: Option<usize>,
    tallies: Vec<Tally>,
    waiting_for: Option<String>,
    pause_requested: bool,
    rto_met: bool,
}

impl Change {
    /// Of a look.
    #[must_use]
    pub fn of(view: &ExecutionView) -> Self {
        Self {
            status: view.status,
            phase: view.current_phase,
            wave: view.current_wave,
            tallies: view.waves.iter().map(|wave| wave.tally).collect(),
            waiting_for: view.waiting_for.clone(),
            pause_requested: view.pause_requested,
            rto_met: view.rto_met,
        }
    }
}

/// The line.
#[must_use]
pub fn line(view: &ExecutionView) -> String {
    let mut parts = vec![
        format!("[{}]", text::seconds(view.elapsed_seconds)),
        format!("{:>3}%", view.progress_percent),
        format!(
            "{} ({})",
            view.status.as_str(),
            view::phase(view.current_phase)
        ),
    ];
    parts.extend(view::wave(view));
    parts.push(view::counts(&view.servers));
    parts.push(view::time_against_target(view));
    parts.extend(view::waits(view));
    parts.join("  ")
}
