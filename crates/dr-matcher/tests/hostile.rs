//! Fleets made to hurt: they must end soon, keep to memory, and still be matched one to one.
#![expect(clippy::unwrap_used, reason = "a test stops where its premise fails")]

use std::collections::HashSet;

use dr_matcher::{Matching, Named, Options, Tolerance, match_names};

fn run(sources: &[String], targets: &[String], tolerance: f64) -> Matching {
    let named = |names: &'_ [String]| -> Vec<(String, String)> {
        names
            .iter()
            .enumerate()
            .map(|(n, name)| (n.to_string(), name.clone()))
            .collect()
    };
    let (sources, targets) = (named(sources), named(targets));
    fn side(names: &[(String, String)]) -> Vec<Named<'_>> {
        names
            .iter()
            .map(|(id, name)| Named {
                id,
                name: Some(name),
            })
            .collect()
    }
    let options = Options {
        tolerance: Tolerance::new(tolerance).unwrap(),
        strip_special: false,
    };
    let matching = match_names(&side(&sources), &side(&targets), &options);
    let own: HashSet<usize> = matching.pairs.iter().map(|pair| pair.source).collect();
    let other: HashSet<usize> = matching.pairs.iter().map(|pair| pair.target).collect();
    assert_eq!(
        (own.len(), other.len()),
        (matching.pairs.len(), matching.pairs.len())
    );
    matching
}

fn numbered(prefix: &str, from: usize, step: usize, count: usize, suffix: &str) -> Vec<String> {
    (0..count)
        .map(|n| format!("{prefix}{:05}{suffix}", from + step * n))
        .collect()
}

#[test]
fn ten_thousand_names_that_differ_by_digits_all_find_a_partner() {
    let sources = numbered("server", 0, 2, 10_000, "");
    let targets = numbered("server", 1, 2, 10_000, "");
    let matching = run(&sources, &targets, 0.2);
    // Every even number has an odd one at one edit: 1 - 1/11 each is the optimum.
    assert_eq!(matching.pairs.len(), 10_000);
    assert!((matching.total_confidence() - 10_000.0 * (10.0 / 11.0)).abs() < 1e-6);
}

#[test]
fn twice_as_many_sources_as_targets_fill_every_target() {
    let sources = numbered("server", 0, 2, 6_000, "");
    let targets = numbered("server", 1, 4, 3_000, "");
    assert_eq!(run(&sources, &targets, 0.2).pairs.len(), 3_000);
}

#[test]
fn long_names_that_differ_at_the_front_end_too() {
    let tail = "x".repeat(200);
    let sources = numbered("", 0, 2, 1_000, &tail);
    let targets = numbered("", 1, 2, 1_000, &tail);
    assert_eq!(run(&sources, &targets, 0.2).pairs.len(), 1_000);
}

#[test]
fn two_fleets_with_nothing_in_common_stay_apart() {
    let sources = numbered("alpha-", 0, 1, 5_000, "");
    let targets: Vec<String> = (0..5_000)
        .map(|n| {
            format!(
                "zz{}",
                "qwjkv".repeat(2) + &"uy".repeat(n % 7) + &n.to_string()
            )
        })
        .collect();
    assert_eq!(run(&sources, &targets, 0.2).pairs.len(), 0);
}
