//! How far an execution is, how long it will still take, and how that compares with the target. Pure.

use chrono::{DateTime, Utc};
use dr_model::execution::{Execution, ExecutionStatus, MAX_SERVERS_PER_JOB, WaveRun};

use crate::room::MAX_SERVERS_IN_JOBS;

/// Seconds that DRS takes for a job when we have not seen one of this execution yet: 1 min snapshot, 2 to 10 min
/// conversion, 1 to 3 min launch (observed durations); the slowest of a full job decides.
pub const TYPICAL_JOB_SECONDS: u64 = 13 * 60;

/// Time, progress and estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// 0 to 100: servers that have come to an end, over all.
    pub percent: u8,
    /// Seconds from start to end or now, pauses included.
    pub elapsed_seconds: u64,
    /// Seconds of that waiting for a person.
    pub paused_seconds: u64,
    /// Seconds still to go; none when paused or over.
    pub remaining_seconds: Option<u64>,
    /// Elapsed time without pauses meets the target, or can still meet it.
    pub rto_met: bool,
}

fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> u64 {
    u64::try_from((to - from).num_seconds()).unwrap_or_default()
}

/// Measures an execution. O(waves).
#[must_use]
pub fn measure(execution: &Execution, now: DateTime<Utc>) -> Progress {
    let until = execution.ended_at.unwrap_or(now);
    let elapsed_seconds = seconds(execution.created_at, until);
    let pausing = execution.paused_at.map_or(0, |since| seconds(since, until));
    let paused_seconds = execution.paused_seconds + pausing;
    let tally = execution.tally();
    let settled = tally.launched + tally.failed + tally.skipped;
    let percent = if execution.status.is_terminal() {
        100
    } else {
        // Below 100 until the state machine has said its last word.
        u8::try_from(
            (settled * 100)
                .checked_div(tally.total())
                .unwrap_or_default()
                .min(99),
        )
        .unwrap_or(99)
    };
    // While paused nobody can say when it ends, and yet it is known how much work is left.
    let to_work = still_to_work(execution, now);
    let remaining_seconds = to_work.filter(|_| execution.status != ExecutionStatus::Paused);
    let working = elapsed_seconds.saturating_sub(paused_seconds);
    let has_recovered_nothing = matches!(
        execution.status,
        ExecutionStatus::Failed | ExecutionStatus::Cancelled
    );
    Progress {
        percent,
        elapsed_seconds,
        paused_seconds,
        remaining_seconds,
        rto_met: !has_recovered_nothing
            && working + to_work.unwrap_or_default() <= execution.rto_target_seconds,
    }
}

/// Seconds of work left; none when it is over.
fn still_to_work(execution: &Execution, now: DateTime<Utc>) -> Option<u64> {
    if execution.status.is_terminal() {
        return None;
    }
    let round = round_seconds(&execution.waves);
    // What is being cancelled begins no further wave.
    let is_ahead = |wave: &WaveRun| {
        wave.started_at.is_some() || execution.status != ExecutionStatus::Cancelling
    };
    let waves = execution
        .waves
        .iter()
        .filter(|wave| wave.ended_at.is_none() && rounds(wave) > 0 && is_ahead(wave));
    Some(
        waves
            .map(|wave| {
                let whole = round * rounds(wave);
                // What is late is still not done: at least a tenth of a round is left.
                let gone = wave.started_at.map_or(0, |since| seconds(since, now));
                whole.saturating_sub(gone).max(round / 10)
            })
            .sum(),
    )
}

/// How often DRS's room for servers must be filled for a wave. Servers left out take none.
fn rounds(wave: &WaveRun) -> u64 {
    let servers = wave.tally.total() - wave.tally.skipped;
    u64::try_from(servers.div_ceil(MAX_SERVERS_IN_JOBS)).unwrap_or(1)
}

/// Seconds that one filling takes: the median of the waves that are over, or what is typical.
fn round_seconds(waves: &[WaveRun]) -> u64 {
    let mut seen: Vec<u64> = waves
        .iter()
        .filter(|wave| wave.tally.launched + wave.tally.failed > 0)
        .filter_map(|wave| Some(seconds(wave.started_at?, wave.ended_at?) / rounds(wave)))
        .collect();
    seen.sort_unstable();
    seen.get(seen.len() / 2)
        .copied()
        .unwrap_or(TYPICAL_JOB_SECONDS)
}

/// DRS jobs that a number of servers needs.
#[must_use]
pub fn jobs_for(servers: usize) -> usize {
    servers.div_ceil(MAX_SERVERS_PER_JOB)
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
