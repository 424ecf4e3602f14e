//! The orchestrator's own share of an execution's time: what is left when DRS's own work is taken out.

#![expect(
    clippy::expect_used,
    reason = "what is not as it must be fails the test, or ends the benchmark"
)]

use chrono::{DateTime, Utc};
use dr_testkit::TestApp;
use dr_tests::RECOVERY;
use serde_json::Value;

/// Seconds in which DRS had nothing to do and could have had.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// Over the whole execution.
    pub total_seconds: f64,
    /// Of the worst wave.
    pub worst_wave_seconds: f64,
}

/// Measures an execution that is over: from each wave's end before to its first job, from each end of a job to the
/// start of one that waited for its room, and from the last job's end to the next wave or the end.
pub fn of(app: &TestApp, over: &Value) -> Share {
    let time = |value: &Value| -> DateTime<Utc> {
        value.as_str().expect("a time").parse().expect("a time")
    };
    let mut jobs: Vec<(DateTime<Utc>, DateTime<Utc>)> = app.control().inspect(|world| {
        let place = &world.places[RECOVERY.0][RECOVERY.1];
        place
            .drs
            .jobs
            .values()
            .map(|job| (job.created, job.ended.expect("over")))
            .collect()
    });
    jobs.sort_unstable();
    let waves = over["waves"].as_array().expect("waves");
    let mut share = Share {
        total_seconds: 0.0,
        worst_wave_seconds: 0.0,
    };
    let mut before = time(&over["started_at"]);
    for (number, wave) in waves.iter().enumerate() {
        let (from, seen) = (time(&wave["started_at"]), time(&wave["ended_at"]));
        let after = waves
            .get(number + 1)
            .map_or_else(|| time(&over["ended_at"]), |next| time(&next["started_at"]));
        // The next wave's first job may be created at the very moment at which this one's end is seen.
        let of_wave: Vec<_> = jobs
            .iter()
            .filter(|(created, _)| *created >= from && *created < seen)
            .collect();
        let first = of_wave
            .iter()
            .map(|(created, _)| *created)
            .min()
            .expect("a job");
        let last = of_wave
            .iter()
            .map(|(_, ended)| *ended)
            .max()
            .expect("a job");
        let queued: f64 = of_wave
            .iter()
            .filter_map(|(created, _)| {
                // The end that made room for it, if it had to wait for one.
                let room = of_wave
                    .iter()
                    .map(|(_, ended)| *ended)
                    .filter(|ended| ended <= created)
                    .max()?;
                Some((*created - room).as_seconds_f64())
            })
            .fold(0.0, f64::max);
        let own = (first - before).as_seconds_f64() + queued + (after - last).as_seconds_f64();
        share.total_seconds += own;
        share.worst_wave_seconds = share.worst_wave_seconds.max(own);
        before = after;
    }
    share
}
