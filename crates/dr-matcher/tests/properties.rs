//! What holds for all names: checked on random ones against strsim and against brute force.
#![expect(clippy::unwrap_used, reason = "a test stops where its premise fails")]

use std::collections::{BTreeMap, BTreeSet, HashSet};

use dr_matcher::{
    Matching, Method, Named, Options, Reason, Tolerance, confidence, match_names, normalize_name,
};
use proptest::prelude::*;

/// Short names over a small alphabet: many near misses, some duplicates.
fn near() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]{1,5}",
        "web-[abc]{0,2}[0-2]{1,2}",
        "(prod|prd|dev)-(web|app|db)0[1-4]",
        "[a-c]{3}x{60,70}[a-c]{2}",
    ]
}

fn side(most: usize) -> impl Strategy<Value = Vec<Option<String>>> {
    prop::collection::vec(prop::option::weighted(0.95, near()), 0..=most)
}

fn with_ids(names: &[Option<String>]) -> Vec<(String, Option<String>)> {
    names
        .iter()
        .enumerate()
        .map(|(n, name)| (format!("id-{n:03}"), name.clone()))
        .collect()
}

fn named(side: &[(String, Option<String>)]) -> Vec<Named<'_>> {
    side.iter()
        .map(|(id, name)| Named {
            id,
            name: name.as_deref(),
        })
        .collect()
}

fn options(tolerance: f64) -> Options {
    Options {
        tolerance: Tolerance::new(tolerance).unwrap(),
        strip_special: false,
    }
}

/// Positions whose normalised name is present and unique on both sides.
fn unique(own: &[Option<String>], other: &[Option<String>]) -> Vec<usize> {
    let count = |side: &[Option<String>]| {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for name in side.iter().flatten() {
            *count.entry(normalize_name(name, false)).or_default() += 1;
        }
        count
    };
    let (own_count, other_count) = (count(own), count(other));
    (0..own.len())
        .filter(|at| {
            let Some(name) = own[*at].as_deref().map(|name| normalize_name(name, false)) else {
                return false;
            };
            !name.is_empty()
                && own_count[&name] == 1
                && other_count.get(&name).copied().unwrap_or(0) <= 1
        })
        .collect()
}

/// The best total by trying everything: each source takes any free target or none.
fn best_total(weights: &[Vec<f64>], source: usize, taken: &mut Vec<bool>) -> f64 {
    let Some(row) = weights.get(source) else {
        return 0.0;
    };
    let mut best = best_total(weights, source + 1, taken);
    for (target, weight) in row.iter().enumerate() {
        if *weight > 0.0 && !taken[target] {
            taken[target] = true;
            best = best.max(weight + best_total(weights, source + 1, taken));
            taken[target] = false;
        }
    }
    best
}

/// What the determinations promise: exact pairs first, then the best total of the others.
fn promised(sources: &[Option<String>], targets: &[Option<String>], tolerance: f64) -> f64 {
    let names = |side: &[Option<String>], chosen: Vec<usize>| -> Vec<String> {
        chosen
            .into_iter()
            .map(|at| normalize_name(side[at].as_ref().unwrap(), false))
            .collect()
    };
    let own = names(sources, unique(sources, targets));
    let other = names(targets, unique(targets, sources));
    let exact = own.iter().filter(|name| other.contains(name)).count();
    let open: Vec<&String> = own.iter().filter(|name| !other.contains(name)).collect();
    let free: Vec<&String> = other.iter().filter(|name| !own.contains(name)).collect();
    let weights: Vec<Vec<f64>> = open
        .iter()
        .map(|a| {
            free.iter()
                .map(|b| {
                    let alike = strsim::normalized_levenshtein(a, b);
                    if alike >= 1.0 - tolerance { alike } else { 0.0 }
                })
                .collect()
        })
        .collect();
    exact as f64 + best_total(&weights, 0, &mut vec![false; free.len()])
}

/// Two ids, or an id and a reason in words.
type Couples = BTreeSet<(String, String)>;

/// A matching in ids, without positions.
fn by_id(
    matching: &Matching,
    sources: &[(String, Option<String>)],
    targets: &[(String, Option<String>)],
) -> (Couples, Couples) {
    let pairs = matching
        .pairs
        .iter()
        .map(|pair| {
            (
                sources[pair.source].0.clone(),
                targets[pair.target].0.clone(),
            )
        })
        .collect();
    let reason =
        |reason: &Reason, own: &[(String, Option<String>)], other: &[(String, Option<String>)]| {
            reason.describe(|n| &other[n].0, |n| &own[n].0)
        };
    let mut unmatched: BTreeSet<(String, String)> = BTreeSet::new();
    for one in &matching.unmatched_sources {
        unmatched.insert((
            format!("source {}", sources[one.index].0),
            reason(&one.reason, sources, targets),
        ));
    }
    for one in &matching.unmatched_targets {
        unmatched.insert((
            format!("target {}", targets[one.index].0),
            reason(&one.reason, targets, sources),
        ));
    }
    (pairs, unmatched)
}

fn well_formed(matching: &Matching, sources: usize, targets: usize) {
    let mut own: HashSet<usize> = HashSet::new();
    let mut other: HashSet<usize> = HashSet::new();
    for pair in &matching.pairs {
        assert!(
            own.insert(pair.source) && other.insert(pair.target),
            "one to one"
        );
    }
    for one in &matching.unmatched_sources {
        assert!(own.insert(one.index), "matched or not");
    }
    for one in &matching.unmatched_targets {
        assert!(other.insert(one.index), "matched or not");
    }
    assert_eq!(
        (own.len(), other.len()),
        (sources, targets),
        "nobody is forgotten"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn confidence_is_strsims_of_the_normalised_names(a in "\\PC{0,80}", b in "\\PC{0,80}") {
        let (a_normal, b_normal) = (normalize_name(&a, false), normalize_name(&b, false));
        prop_assert_eq!(confidence(&a, &b), strsim::normalized_levenshtein(&a_normal, &b_normal));
    }

    #[test]
    fn confidence_of_near_names_is_strsims_and_symmetric(a in near(), b in near()) {
        prop_assert_eq!(confidence(&a, &b), strsim::normalized_levenshtein(&a, &b));
        prop_assert_eq!(confidence(&a, &b), confidence(&b, &a));
    }

    #[test]
    fn normalising_twice_changes_nothing(name in "\\PC*", strip in any::<bool>()) {
        let once = normalize_name(&name, strip);
        prop_assert_eq!(normalize_name(&once, strip), once);
    }

    #[test]
    fn the_total_is_the_optimum_of_brute_force(
        sources in side(6), targets in side(6),
        tolerance in prop_oneof![Just(0.0), Just(0.2), Just(0.4), Just(1.0), 0.0..=1.0_f64],
    ) {
        let (a, b) = (with_ids(&sources), with_ids(&targets));
        let matching = match_names(&named(&a), &named(&b), &options(tolerance));
        well_formed(&matching, sources.len(), targets.len());
        let promised = promised(&sources, &targets, tolerance);
        prop_assert!((matching.total_confidence() - promised).abs() < 1e-9,
            "{} instead of {promised}", matching.total_confidence());
        for pair in &matching.pairs {
            let (a, b) = (sources[pair.source].as_ref(), targets[pair.target].as_ref());
            prop_assert_eq!(pair.confidence, confidence(a.unwrap(), b.unwrap()));
            prop_assert!(pair.confidence >= 1.0 - tolerance);
        }
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(
        (sources, shuffled_sources) in side(20).prop_flat_map(|side| {
            let side = with_ids(&side);
            (Just(side.clone()), Just(side).prop_shuffle())
        }),
        (targets, shuffled_targets) in side(20).prop_flat_map(|side| {
            let side = with_ids(&side);
            (Just(side.clone()), Just(side).prop_shuffle())
        }),
        tolerance in 0.0..=1.0_f64,
    ) {
        let options = options(tolerance);
        let one = match_names(&named(&sources), &named(&targets), &options);
        let two = match_names(&named(&shuffled_sources), &named(&shuffled_targets), &options);
        prop_assert_eq!(
            by_id(&one, &sources, &targets),
            by_id(&two, &shuffled_sources, &shuffled_targets)
        );
    }

    #[test]
    fn exact_beats_fuzzy(sources in side(12), targets in side(12), tolerance in 0.0..=1.0_f64) {
        let (a, b) = (with_ids(&sources), with_ids(&targets));
        let matching = match_names(&named(&a), &named(&b), &options(tolerance));
        let partners: BTreeMap<usize, usize> =
            matching.pairs.iter().map(|pair| (pair.source, pair.target)).collect();
        let open_targets = unique(&targets, &sources);
        for source in unique(&sources, &targets) {
            let name = normalize_name(sources[source].as_ref().unwrap(), false);
            let equal = open_targets.iter().find(|target| {
                normalize_name(targets[**target].as_ref().unwrap(), false) == name
            });
            if let Some(equal) = equal {
                prop_assert_eq!(partners.get(&source), Some(equal));
            }
        }
        for pair in &matching.pairs {
            prop_assert_eq!(pair.method == Method::Exact, pair.confidence == 1.0);
        }
    }

    #[test]
    fn swapping_the_sides_keeps_the_total(
        sources in side(12), targets in side(12), tolerance in 0.0..=1.0_f64,
    ) {
        let (a, b) = (with_ids(&sources), with_ids(&targets));
        let there = match_names(&named(&a), &named(&b), &options(tolerance));
        let back = match_names(&named(&b), &named(&a), &options(tolerance));
        prop_assert!((there.total_confidence() - back.total_confidence()).abs() < 1e-9);
    }

    #[test]
    fn a_reason_names_the_most_similar_one(
        sources in side(8), targets in side(8), tolerance in 0.0..=1.0_f64,
    ) {
        let (a, b) = (with_ids(&sources), with_ids(&targets));
        let matching = match_names(&named(&a), &named(&b), &options(tolerance));
        let candidates = unique(&targets, &sources);
        for one in &matching.unmatched_sources {
            let alike = |target: usize| {
                confidence(sources[one.index].as_ref().unwrap(), targets[target].as_ref().unwrap())
            };
            match &one.reason {
                Reason::NoName | Reason::DuplicateName { .. } => {}
                Reason::NoCandidate => {
                    prop_assert!(candidates.iter().all(|target| alike(*target) < 0.5));
                }
                Reason::BestBelowTolerance { index_of_other, confidence }
                | Reason::TakenByBetter { index_of_other, confidence, .. } => {
                    prop_assert_eq!(*confidence, alike(*index_of_other));
                    prop_assert!(candidates.iter().all(|target| alike(*target) <= *confidence));
                    let taken = matches!(one.reason, Reason::TakenByBetter { .. });
                    prop_assert_eq!(taken, *confidence >= 1.0 - tolerance);
                }
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(
        sources in prop::collection::vec(prop::option::of("\\PC{0,400}|[\\x00-\\x20]*"), 0..6),
        targets in prop::collection::vec(prop::option::of("\\PC{0,400}|[\\x00-\\x20]*"), 0..6),
        tolerance in 0.0..=1.0_f64, strip_special in any::<bool>(),
    ) {
        let (a, b) = (with_ids(&sources), with_ids(&targets));
        let options = Options { strip_special, ..options(tolerance) };
        well_formed(&match_names(&named(&a), &named(&b), &options), sources.len(), targets.len());
    }
}
