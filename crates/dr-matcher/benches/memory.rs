//! How much memory a matching takes at its peak beyond its input, result included.
//!
//! `cargo bench -p dr-matcher --bench memory`. A bench of its own, because counting every
//! allocation would slow the timed one down.
#![expect(clippy::print_stdout, reason = "a benchmark reports on the terminal")]

use std::hint::black_box;

use dr_matcher::{Named, Options, Tolerance, match_names};
use peak_alloc::PeakAlloc;

#[path = "names/mod.rs"]
mod names;

use names::{Dice, fleet, retyped};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

fn named(names: &[String]) -> Vec<Named<'_>> {
    names
        .iter()
        .map(|name| Named {
            id: name,
            name: Some(name),
        })
        .collect()
}

fn report(what: &str, sources: &[String], targets: &[String]) {
    let tolerance = Tolerance::new(0.2).unwrap_or_default();
    let options = Options {
        tolerance,
        strip_special: false,
    };
    let (sources, targets) = (named(sources), named(targets));
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    let matching = black_box(match_names(&sources, &targets, &options));
    let megabytes = (ALLOCATED.peak_usage() - before) as f64 / 1e6;
    println!(
        "{what:<40} {megabytes:>8.2} MB at the peak, {} pairs",
        matching.pairs.len()
    );
}

fn main() {
    for count in [1_000, 10_000] {
        for percent in [5, 100] {
            let mut dice = Dice::new(20_260_301);
            let sources = fleet(count, &mut dice);
            let targets = retyped(&sources, percent, &mut dice);
            report(
                &format!("{count} names, {percent}% misspelled"),
                &sources,
                &targets,
            );
        }
    }
    let numbered = |from: usize| -> Vec<String> {
        (0..10_000)
            .map(|n| format!("server{:05}", from + 2 * n))
            .collect()
    };
    report(
        "server00000, server00002, ... to odd ones",
        &numbered(0),
        &numbered(1),
    );
}
