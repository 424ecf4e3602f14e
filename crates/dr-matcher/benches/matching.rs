//! How long a matching takes, assignment and reasons included, and how that compares with
//! strsim's distance of all pairs (without any assignment) in the same run.
//!
//! `cargo bench -p dr-matcher --bench matching`. At 10,000 names the brute force is sampled: one
//! source in ten is compared with all targets, and its time counted ten times.
#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, SamplingMode};
use dr_matcher::{Matching, Named, Options, Tolerance, match_names, normalize_name};

#[path = "names/mod.rs"]
mod names;

use names::{Dice, fleet, retyped};

/// The tolerance that the figures are stated for.
const TOLERANCE: f64 = 0.2;

struct Estate {
    sources: Vec<String>,
    targets: Vec<String>,
    ids: Vec<String>,
}

impl Estate {
    fn new(count: usize, percent: usize) -> Self {
        let mut dice = Dice::new(20_260_301);
        let sources = fleet(count, &mut dice);
        let targets = retyped(&sources, percent, &mut dice);
        Self {
            ids: (0..count).map(|n| format!("id-{n:05}")).collect(),
            sources,
            targets,
        }
    }

    fn side<'a>(&'a self, names: &'a [String]) -> Vec<Named<'a>> {
        names
            .iter()
            .zip(&self.ids)
            .map(|(name, id)| Named {
                id,
                name: Some(name),
            })
            .collect()
    }
}

fn options() -> Options {
    let tolerance = Tolerance::new(TOLERANCE).unwrap_or_default();
    Options {
        tolerance,
        strip_special: false,
    }
}

/// All pairs by strsim, every `every`th source, scaled to all of them.
fn brute_force(estate: &Estate, every: usize) -> Duration {
    let normal = |names: &[String]| -> Vec<String> {
        names
            .iter()
            .map(|name| normalize_name(name, false))
            .collect()
    };
    let (sources, targets) = (normal(&estate.sources), normal(&estate.targets));
    let start = Instant::now();
    let mut alike = 0_usize;
    for source in sources.iter().step_by(every) {
        for target in &targets {
            let confidence = strsim::normalized_levenshtein(source, target);
            alike += usize::from(confidence >= 1.0 - TOLERANCE);
        }
    }
    black_box(alike);
    let scale = u32::try_from(every).unwrap_or(1);
    start.elapsed() * scale
}

/// The median of a few runs.
fn median(mut run: impl FnMut() -> Matching, runs: usize) -> (Duration, Matching) {
    let mut last = run();
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            last = black_box(run());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    (times.get(runs / 2).copied().unwrap_or_default(), last)
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut lines = Vec::new();
    for (count, every) in [(1_000, 1), (10_000, 10)] {
        for percent in [5, 100] {
            let estate = Estate::new(count, percent);
            let (sources, targets) = (estate.side(&estate.sources), estate.side(&estate.targets));
            let mut group = criterion.benchmark_group("match_names");
            group
                .sample_size(20)
                .sampling_mode(SamplingMode::Flat)
                .warm_up_time(Duration::from_millis(500))
                .measurement_time(Duration::from_secs(4));
            group.bench_function(format!("{count} names, {percent}% misspelled"), |bench| {
                bench.iter_batched(
                    || (),
                    |()| match_names(&sources, &targets, &options()),
                    BatchSize::PerIteration,
                );
            });
            group.finish();
            let (time, matching) = median(|| match_names(&sources, &targets, &options()), 11);
            let brute = brute_force(&estate, every);
            let right = matching
                .pairs
                .iter()
                .filter(|pair| pair.source == pair.target)
                .count();
            let ratio = brute.as_secs_f64() / time.as_secs_f64();
            lines.push(format!(
                "{count:>6} {percent:>4}% {:>9.2} ms {:>10.1} ms {ratio:>7.0} x {:>7} {right:>7}",
                time.as_secs_f64() * 1e3,
                brute.as_secs_f64() * 1e3,
                matching.pairs.len(),
            ));
        }
    }
    println!(" names wrong       median        strsim     ratio   pairs   right");
    for line in lines {
        println!("{line}");
    }
    println!("strsim: all pairs, distance only; at 10,000 names one row in ten, times ten");
    criterion.final_summary();
}
