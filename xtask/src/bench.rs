//! `cargo xtask bench`: the benchmarks, one after the other (they would disturb each other), and one table of
//! criterion's figures at their end; then the console's figures, in Chromium.

use std::path::Path;

use serde::Deserialize;

use crate::browser;
use crate::prepare::toolchain;
use crate::problem::{Problem, Result};
use crate::process::{self, cargo};
use crate::tree::Tree;
use crate::trip;

/// What is measured, in order. A benchmark that is added to the repository is added here.
const BENCHES: &[Bench] = &[
    Bench {
        package: "dr-matcher",
        target: "matching",
        about: "matching names, assignment included, against brute force",
    },
    Bench {
        package: "dr-matcher",
        target: "memory",
        about: "memory of a matching at its peak",
    },
    Bench {
        package: "dr-tests",
        target: "orchestrator",
        about: "a failover of 1,000 servers: AWS calls, own share of the time, reading over HTTP",
    },
];

/// One benchmark of cargo.
struct Bench {
    package: &'static str,
    target: &'static str,
    about: &'static str,
}

/// What `--only` calls the figures of the web console.
const CONSOLE: &str = "console";

/// Options of `bench`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only benchmarks of this package, or of this name; `console` for those of the web console.
    #[arg(long)]
    only: Option<String>,
    /// Not the benchmarks: the round trip, killed at every nth AWS call on both sides of it (1: at every one; hours).
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1", conflicts_with = "only")]
    crash: Option<u32>,
    /// Not the benchmarks: the round trip with random trouble, so many seeds.
    #[arg(long, value_name = "SEEDS", num_args = 0..=1, default_missing_value = "500", conflicts_with_all = ["only", "crash"])]
    faults: Option<u32>,
    /// Not the benchmarks: a thousand servers there and back; AWS calls per server, sizes of items.
    #[arg(long, conflicts_with_all = ["only", "crash", "faults"])]
    fleet: bool,
}

/// Runs them.
pub fn run(options: &Options) -> Result {
    let tree = Tree::here();
    toolchain(&tree)?;
    if let Some(every) = options.crash {
        return trip::crash(&tree, every);
    }
    if let Some(seeds) = options.faults {
        return trip::faults(&tree, seeds);
    }
    if options.fleet {
        return trip::fleet(&tree);
    }
    let is_chosen = |names: &[&str]| {
        let only = options.only.as_deref();
        only.is_none_or(|only| names.contains(&only))
    };
    let chosen: Vec<&Bench> = BENCHES
        .iter()
        .filter(|bench| is_chosen(&[bench.package, bench.target]))
        .collect();
    let has_console = is_chosen(&[CONSOLE]);
    if chosen.is_empty() && !has_console {
        let names: Vec<String> = BENCHES
            .iter()
            .map(|bench| format!("{} {}", bench.package, bench.target))
            .chain([CONSOLE.to_owned()])
            .collect();
        return Err(Problem::new(format!(
            "no such benchmark; there are {}",
            names.join(", ")
        )));
    }
    for bench in &chosen {
        println!("\n=== {} {}: {}", bench.package, bench.target, bench.about);
        process::run(cargo(&tree).args(["bench", "-p", bench.package, "--bench", bench.target]))?;
    }
    if !chosen.is_empty() {
        print_table(&tree.target().join("criterion"))?;
    }
    if has_console {
        println!("\n=== {CONSOLE}: size, first paints and long tasks of the web console");
        browser::bench(&tree)?;
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Debug, Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Debug, Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

#[derive(Debug, Deserialize)]
struct Identity {
    full_id: String,
}

/// Criterion keeps each measurement in `<id>/new`.
fn print_table(folder: &Path) -> Result {
    let mut rows = Vec::new();
    collect(folder, &mut rows)?;
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    println!("\n{:<56} {:>11}   95% of medians", "benchmark", "median");
    for (name, median) in rows {
        println!(
            "{name:<56} {:>11}   {} to {}",
            duration(median.point_estimate),
            duration(median.confidence_interval.lower_bound),
            duration(median.confidence_interval.upper_bound)
        );
    }
    Ok(())
}

fn collect(folder: &Path, rows: &mut Vec<(String, Estimate)>) -> Result {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if !path.is_dir() {
            continue;
        }
        let (identity, estimates) = (path.join("benchmark.json"), path.join("estimates.json"));
        if entry.file_name() == "new" && identity.exists() {
            let name: Identity = json(&identity)?;
            let found: Estimates = json(&estimates)?;
            rows.push((name.full_id, found.median));
        } else {
            collect(&path, rows)?;
        }
    }
    Ok(())
}

fn json<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T> {
    let text = crate::problem::read(path)?;
    serde_json::from_str(&text)
        .map_err(|error| Problem::new(format!("cannot read {}: {error}", path.display())))
}

/// Nanoseconds for people.
fn duration(nanoseconds: f64) -> String {
    let scale = [(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")];
    let (unit, name) = scale
        .into_iter()
        .find(|(unit, _)| nanoseconds >= *unit)
        .unwrap_or((1.0, "ns"));
    format!("{:.2} {name}", nanoseconds / unit)
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_shown_in_the_unit_that_fits() {
        assert_eq!(duration(12_345_678.0), "12.35 ms");
        assert_eq!(duration(2.0e9), "2.00 s");
        assert_eq!(duration(0.5), "0.50 ns");
    }
}
