//! The first pass: equal names by hash, duplicates set aside, and what is left for the fuzzy pass.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::Named;
use crate::name::usable;
use crate::outcome::{Duplicate, Side};

/// What each one on a side became in the first pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// No usable name.
    Nameless,
    /// Its name is borne twice on this side or the other.
    Ambiguous,
    /// Its name is unique, and so is the other side's equal one, at this position.
    Exact(usize),
    /// Its name is unique and no other is equal.
    Open,
}

/// One side after the first pass.
pub(crate) struct Party {
    /// The normalised names, by position.
    names: Vec<Option<String>>,
    /// What became of each, by position.
    pub status: Vec<Status>,
    /// Everybody's partner so far, by position: positions on the other side.
    pub partners: Vec<Option<usize>>,
}

impl Party {
    fn new(names: Vec<Option<String>>, status: Vec<Status>) -> Self {
        let exact = |status: &Status| match status {
            Status::Exact(other) => Some(*other),
            Status::Nameless | Status::Ambiguous | Status::Open => None,
        };
        let partners = status.iter().map(exact).collect();
        Self {
            names,
            status,
            partners,
        }
    }

    /// The name at a position; empty for one without.
    pub fn name(&self, index: usize) -> &str {
        self.names
            .get(index)
            .and_then(Option::as_deref)
            .unwrap_or_default()
    }

    /// The names at these positions.
    pub fn names_of<'p>(&'p self, indices: &'p [usize]) -> impl Iterator<Item = &'p str> + Clone {
        indices.iter().map(|index| self.name(*index))
    }

    /// The partner at a position, if any.
    pub fn partner(&self, index: usize) -> Option<usize> {
        self.partners.get(index).copied().flatten()
    }

    /// Positions whose status passes, in order of name. Names that pass must be unique: that
    /// makes the order the same however the input was ordered.
    pub fn in_name_order(&self, pass: impl Fn(Status) -> bool) -> Vec<usize> {
        let mut chosen: Vec<usize> = (0..self.status.len())
            .zip(&self.status)
            .filter(|(_, status)| pass(**status))
            .map(|(index, _)| index)
            .collect();
        chosen.sort_unstable_by(|a, b| self.name(*a).cmp(self.name(*b)));
        chosen
    }
}

/// Makes two partners, unless one of them has one already.
pub(crate) fn join(sources: &mut Party, targets: &mut Party, source: usize, target: usize) {
    if let (Some(of_source), Some(of_target)) = (
        sources.partners.get_mut(source),
        targets.partners.get_mut(target),
    ) && of_source.is_none()
        && of_target.is_none()
    {
        (*of_source, *of_target) = (Some(target), Some(source));
    }
}

/// Who bears a name.
#[derive(Default)]
struct Bearers {
    /// First position and how many, of sources and of targets.
    sources: (usize, usize),
    targets: (usize, usize),
}

fn count(seen: &mut (usize, usize), index: usize) {
    if seen.1 == 0 {
        seen.0 = index;
    }
    seen.1 += 1;
}

/// Normalises both sides, pairs equal names and reports the duplicates.
pub(crate) fn first_pass(
    sources: &[Named<'_>],
    targets: &[Named<'_>],
    strip_special: bool,
) -> (Party, Party, Vec<Duplicate>) {
    let normal = |side: &[Named<'_>]| -> Vec<Option<String>> {
        side.iter()
            .map(|one| usable(one.name, strip_special))
            .collect()
    };
    let (source_names, target_names) = (normal(sources), normal(targets));
    let mut bearers: HashMap<&str, Bearers> =
        HashMap::with_capacity(source_names.len() + target_names.len());
    for (index, name) in named(&source_names) {
        count(&mut bearers.entry(name).or_default().sources, index);
    }
    for (index, name) in named(&target_names) {
        count(&mut bearers.entry(name).or_default().targets, index);
    }
    let status = |names: &[Option<String>], side: Side| -> Vec<Status> {
        names
            .iter()
            .map(|name| status_of(name.as_deref(), &bearers, side))
            .collect()
    };
    let source_status = status(&source_names, Side::Source);
    let target_status = status(&target_names, Side::Target);
    let mut duplicates = Vec::new();
    if bearers.values().any(|all| all.sources.1 > 1) {
        duplicates.extend(duplicates_of(Side::Source, sources, &source_names));
    }
    if bearers.values().any(|all| all.targets.1 > 1) {
        duplicates.extend(duplicates_of(Side::Target, targets, &target_names));
    }
    drop(bearers);
    (
        Party::new(source_names, source_status),
        Party::new(target_names, target_status),
        duplicates,
    )
}

fn named(names: &[Option<String>]) -> impl Iterator<Item = (usize, &str)> {
    names
        .iter()
        .enumerate()
        .filter_map(|(index, name)| Some((index, name.as_deref()?)))
}

fn status_of(name: Option<&str>, bearers: &HashMap<&str, Bearers>, side: Side) -> Status {
    let Some(all) = name.and_then(|name| bearers.get(name)) else {
        return Status::Nameless;
    };
    let other = match side {
        Side::Source => all.targets,
        Side::Target => all.sources,
    };
    if all.sources.1 > 1 || all.targets.1 > 1 {
        Status::Ambiguous
    } else if other.1 == 1 {
        Status::Exact(other.0)
    } else {
        Status::Open
    }
}

/// The names that occur twice on one side, in order of name, their bearers in order of id.
fn duplicates_of(side: Side, all: &[Named<'_>], names: &[Option<String>]) -> Vec<Duplicate> {
    let mut groups: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, name) in named(names) {
        match groups.entry(name) {
            Entry::Occupied(mut group) => group.get_mut().push(index),
            Entry::Vacant(none) => {
                none.insert(vec![index]);
            }
        }
    }
    let mut found: Vec<Duplicate> = groups
        .into_iter()
        .filter(|(_, indices)| indices.len() > 1)
        .map(|(name, mut indices)| {
            indices.sort_by_key(|index| (all.get(*index).map(|one| one.id), *index));
            Duplicate {
                side,
                name: name.to_owned(),
                indices,
            }
        })
        .collect();
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    found
}
