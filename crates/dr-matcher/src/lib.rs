//! Pairs DRS source servers with pre-provisioned EC2 instances by their Name tags.
//!
//! Pure: no clock, no IO, no randomness; the result depends on the set of names and ids and not on
//! their order. [`match_names`] works in three passes: equal names by hash (`exact`), the best
//! one-to-one assignment of the others within the tolerance (`fuzzy`, on `near`, `trie` and
//! `assign`), and a reason for everything left (`reasons`, `explain`). What it costs and what was decided on
//! the way stands in the README.

mod assign;
mod exact;
mod explain;
mod fuzzy;
mod name;
#[cfg(test)]
#[path = "../benches/names/mod.rs"]
mod names;
mod near;
mod options;
mod outcome;
mod reasons;
mod text;
mod trie;
mod weight;

pub use name::confidence;
pub use name::normalize_name;
pub use options::InvalidTolerance;
pub use options::Options;
pub use options::Tolerance;
pub use outcome::Duplicate;
pub use outcome::Matching;
pub use outcome::Method;
pub use outcome::Pair;
pub use outcome::Reason;
pub use outcome::Side;
pub use outcome::Unmatched;

use exact::{Party, Status, first_pass, join};
use fuzzy::assign_alike;
use name::similarity;
use reasons::third_pass;
use text::Coded;

/// One side of a match: an id and the Name tag, if it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named<'a> {
    /// What orders bearers of one name; never compared with the other side.
    pub id: &'a str,
    /// The Name tag.
    pub name: Option<&'a str>,
}

/// Pairs sources with targets: equal names first, then the one-to-one assignment of greatest total
/// confidence among the rest, within the tolerance.
///
/// Names are compared as [`normalize_name`] leaves them. Never panics, whatever the names.
pub fn match_names(sources: &[Named<'_>], targets: &[Named<'_>], options: &Options) -> Matching {
    let (mut sources, mut targets, duplicates) =
        first_pass(sources, targets, options.strip_special);
    let least = options.tolerance.least_confidence();
    let complete = assign_open(&mut sources, &mut targets, least);
    let (unmatched_sources, unmatched_targets) =
        third_pass(&mut sources, &mut targets, least, complete);
    let pairs = pairs(&sources, &targets);
    Matching {
        pairs,
        unmatched_sources,
        unmatched_targets,
        duplicates,
    }
}

/// The second pass; answers whether it saw every pair within the tolerance.
fn assign_open(sources: &mut Party, targets: &mut Party, least: f64) -> bool {
    let own = sources.in_name_order(|status| status == Status::Open);
    let other = targets.in_name_order(|status| status == Status::Open);
    if own.is_empty() || other.is_empty() || least >= 1.0 {
        return true;
    }
    let coded = Coded::new(sources.names_of(&own), targets.names_of(&other));
    let (pairs, complete) = assign_alike(&coded, least);
    for (source, target) in pairs {
        if let (Some(source), Some(target)) = (own.get(source), other.get(target)) {
            join(sources, targets, *source, *target);
        }
    }
    complete
}

fn pairs(sources: &Party, targets: &Party) -> Vec<Pair> {
    let matched = sources.partners.iter().enumerate();
    matched
        .filter_map(|(source, target)| Some((source, (*target)?)))
        .map(|(source, target)| {
            let (a, b) = (sources.name(source), targets.name(target));
            if a == b {
                return Pair {
                    source,
                    target,
                    confidence: 1.0,
                    method: Method::Exact,
                };
            }
            Pair {
                source,
                target,
                confidence: similarity(a, b),
                method: Method::Fuzzy,
            }
        })
        .collect()
}
