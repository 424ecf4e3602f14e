//! Who is near whom: the index of one side's names and the three ways to ask it.
//!
//! - [`Index::within`]: everything within 1 to 3 edits, by two prefix trees. Of `k` edits
//!   either at most `k - 1` fall in the first half of the wanted name, or none in the second: the
//!   tree read forwards finds the former and the tree read backwards the latter, and each has a
//!   half in which it must walk almost straight down.
//! - [`Index::scan`]: everything within any distance, by comparing with all: for the few that are
//!   left, behind a filter by length and by characters.
//! - [`Index::neighbours`]: a bounded number of likely ones, next in alphabetical order forwards
//!   and backwards: for when the effort for the others is spent.

use std::ops::Range;

use rapidfuzz::distance::levenshtein::{Args, BatchComparator};

use crate::text::{Mark, Texts};
use crate::trie::{LONGEST_PATTERN, MOST_EDITS, Pattern, Trie};

/// How many names [`Index::neighbours`] takes on either side, in either order.
const REACH: usize = 16;

/// One that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    pub name: usize,
    pub distance: usize,
}

/// What may still be spent on a search, in steps of about a nanosecond or a few: a node of a tree
/// entered, a character compared.
pub(crate) struct Effort(usize);

impl Effort {
    pub fn new(steps: usize) -> Self {
        Self(steps)
    }

    /// Whether nothing is left.
    pub fn spent(&self) -> bool {
        self.0 == 0
    }

    fn take(&mut self, steps: usize) {
        self.0 = self.0.saturating_sub(steps);
    }
}

/// The names of one side.
pub(crate) struct Index<'t> {
    texts: &'t Texts,
    alphabet: usize,
    /// For [`Index::scan`]: the names by length, with their lengths and marks.
    by_length: Vec<usize>,
    lengths: Vec<usize>,
    marks: Vec<Mark>,
}

/// The trees of an index: only [`Index::within`] needs them.
pub(crate) struct Trees {
    forward: Trie,
    backward: Trie,
    reversed: Texts,
}

/// The names in alphabetical order read backwards: only [`Index::neighbours`] needs it.
pub(crate) struct BackwardOrder(Vec<usize>);

impl<'t> Index<'t> {
    /// An index of names: all different, none empty, in ascending order.
    pub fn new(texts: &'t Texts, alphabet: usize) -> Self {
        let mut by_length: Vec<usize> = (0..texts.len()).collect();
        by_length.sort_by_key(|name| texts.get(*name).len());
        let lengths = by_length
            .iter()
            .map(|name| texts.get(*name).len())
            .collect();
        let marks = by_length.iter().map(|name| texts.mark(*name)).collect();
        Self {
            texts,
            alphabet,
            by_length,
            lengths,
            marks,
        }
    }

    /// Builds the trees: `O(n log n)` comparisons and at most a node per character.
    pub fn trees(&self) -> Trees {
        let reversed = self.texts.reversed();
        Trees {
            forward: Trie::new(self.texts),
            backward: Trie::new(&reversed),
            reversed,
        }
    }

    /// For each of `wanted` (positions in `texts`) all names within `edits` (1 to 3), in order of
    /// position. `None` for a name too long for the trees, or once the effort is spent.
    pub fn within(
        &self,
        trees: &Trees,
        texts: &Texts,
        wanted: &[usize],
        edits: usize,
        effort: &mut Effort,
        mut take: impl FnMut(usize, Option<&[Found]>),
    ) {
        let (mut short, mut long, mut outside) = (Vec::new(), Vec::new(), Vec::new());
        for one in wanted {
            match texts.get(*one).len() {
                0..64 => short.push(*one),
                64..=LONGEST_PATTERN => long.push(*one),
                _ => outside.push(*one),
            }
        }
        macro_rules! walk {
            ($rows:literal) => {{
                self.walk::<1, $rows>(trees, texts, &short, effort, &mut take);
                self.walk::<5, $rows>(trees, texts, &long, effort, &mut take);
            }};
        }
        match edits {
            0 | 1 => walk!(2),
            2 => walk!(3),
            _ => walk!(4),
        }
        for one in outside {
            take(one, None);
        }
    }

    fn walk<const WORDS: usize, const ROWS: usize>(
        &self,
        trees: &Trees,
        texts: &Texts,
        wanted: &[usize],
        effort: &mut Effort,
        take: &mut impl FnMut(usize, Option<&[Found]>),
    ) {
        if wanted.is_empty() {
            return;
        }
        let mut pattern = Pattern::<WORDS, ROWS>::new(self.alphabet);
        let mut found: Vec<Found> = Vec::new();
        let mut backwards: Vec<u32> = Vec::new();
        let edits = ROWS - 1;
        for one in wanted {
            if effort.spent() {
                take(*one, None);
                continue;
            }
            let text = texts.get(*one);
            let half = text.len() / 2;
            found.clear();
            let mut keep = |name, distance| found.push(Found { name, distance });
            pattern.load(text);
            let forward = (half, edits - 1);
            effort.take(
                trees
                    .forward
                    .search(self.texts, &mut pattern, forward, &mut keep),
            );
            pattern.clear(text);
            backwards.clear();
            backwards.extend(text.iter().rev());
            pattern.load(&backwards);
            let backward = (text.len() - half, 0);
            let tree = &trees.backward;
            effort.take(tree.search(&trees.reversed, &mut pattern, backward, &mut keep));
            pattern.clear(text);
            // Found from both ends: the smaller distance is the true one.
            found.sort_unstable();
            found.dedup_by_key(|one| one.name);
            take(*one, Some(&found));
        }
    }

    /// All names within `widest` of a name, in no particular order. `take` answers the widest
    /// that matters from there on, so that a search for the best can narrow it.
    pub fn scan(
        &self,
        text: &[u32],
        mark: Mark,
        mut widest: usize,
        effort: &mut Effort,
        mut take: impl FnMut(Found) -> usize,
    ) {
        const BLOCK: usize = 128;
        let longest = text.len().saturating_add(widest);
        let from = self
            .lengths
            .partition_point(|length| length + widest < text.len());
        let to = self.lengths.partition_point(|length| *length <= longest);
        let names = self.by_length.get(from..to).unwrap_or_default();
        let marks = self.marks.get(from..to).unwrap_or_default();
        let comparator = BatchComparator::new(text.iter().copied());
        let words = text.len().div_ceil(64);
        let mut steps = names.len();
        let mut bounds = [0_u32; BLOCK];
        for (names, marks) in names.chunks(BLOCK).zip(marks.chunks(BLOCK)) {
            // A loop of its own, which the compiler turns into vector instructions.
            for (bound, other) in bounds.iter_mut().zip(marks) {
                *bound = mark.least_distance(*other);
            }
            for ((bound, name), other) in bounds.iter().zip(names).zip(marks) {
                if *bound as usize > widest
                    || mark.least_distance_of_couples(*other) as usize > widest
                {
                    continue;
                }
                let cutoff = Args::default().score_cutoff(widest);
                let letters = self.texts.get(*name).iter().copied();
                steps += letters.len() * words;
                if let Some(distance) = comparator.distance_with_args(letters, &cutoff) {
                    widest = take(Found {
                        name: *name,
                        distance,
                    });
                }
            }
        }
        effort.take(steps);
    }

    /// The order backwards; forwards the names stand in order as they are.
    pub fn backward_order(&self) -> BackwardOrder {
        let mut order: Vec<usize> = (0..self.texts.len()).collect();
        order.sort_unstable_by(|a, b| {
            self.texts
                .get(*a)
                .iter()
                .rev()
                .cmp(self.texts.get(*b).iter().rev())
        });
        BackwardOrder(order)
    }

    /// The names next to this one in the order forwards, with their distances.
    pub fn beside(&self, text: &[u32]) -> Vec<Found> {
        self.measure(text, self.around_forward(text))
    }

    /// The names next to this one in either order, with their distances, in order of position:
    /// at most `4 * REACH`.
    pub fn neighbours(&self, order: &BackwardOrder, text: &[u32]) -> Vec<Found> {
        let order = &order.0;
        let place =
            order.partition_point(|name| self.texts.get(*name).iter().rev().lt(text.iter().rev()));
        let (from, to) = reach(place, order.len());
        let mut names: Vec<usize> = order.get(from..to).unwrap_or_default().to_vec();
        names.extend(self.around_forward(text));
        names.sort_unstable();
        names.dedup();
        self.measure(text, names.into_iter())
    }

    fn around_forward(&self, text: &[u32]) -> Range<usize> {
        let (mut low, mut high) = (0, self.texts.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.texts.get(middle) < text {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let (from, to) = reach(low, self.texts.len());
        from..to
    }

    fn measure(&self, text: &[u32], names: impl Iterator<Item = usize>) -> Vec<Found> {
        let comparator = BatchComparator::new(text.iter().copied());
        names
            .map(|name| {
                let distance = comparator.distance(self.texts.get(name).iter().copied());
                Found { name, distance }
            })
            .collect()
    }
}

fn reach(place: usize, count: usize) -> (usize, usize) {
    (place.saturating_sub(REACH), (place + REACH).min(count))
}

/// The number of edits up to which [`Index::within`] searches.
pub(crate) const NEAR: usize = MOST_EDITS;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{Dice, fleet, retyped};
    use crate::text::Coded;

    /// A fleet and its misspelled copy, with one long family and one beyond the trees.
    fn estate() -> (Vec<String>, Vec<String>) {
        let mut dice = Dice::new(7);
        let mut own = fleet(200, &mut dice);
        own.extend((0..20).map(|n| format!("{n:03}{}", "long-".repeat(20))));
        own.extend((0..5).map(|n| format!("{}{n:03}", "longer-".repeat(60))));
        let mut other = retyped(&own, 100, &mut dice);
        for side in [&mut own, &mut other] {
            for name in side.iter_mut() {
                *name = name.to_lowercase();
            }
            side.sort_unstable();
        }
        (own, other)
    }

    fn slowly(own: &str, other: &[String], widest: usize) -> Vec<Found> {
        let all = other.iter().enumerate();
        all.map(|(name, text)| Found {
            name,
            distance: strsim::levenshtein(own, text),
        })
        .filter(|found| found.distance <= widest)
        .collect()
    }

    #[test]
    fn the_trees_and_the_scan_find_what_strsim_finds() {
        let (own, other) = estate();
        let coded = Coded::new(
            own.iter().map(String::as_str),
            other.iter().map(String::as_str),
        );
        let index = Index::new(&coded.other, coded.alphabet);
        let trees = index.trees();
        let everybody: Vec<usize> = (0..own.len()).collect();
        for edits in 1..=NEAR {
            let mut effort = Effort::new(usize::MAX);
            let mut seen = 0;
            index.within(
                &trees,
                &coded.own,
                &everybody,
                edits,
                &mut effort,
                |one, found| {
                    if let Some(found) = found {
                        seen += 1;
                        assert_eq!(found, slowly(&own[one], &other, edits), "{}", own[one]);
                    }
                },
            );
            assert_eq!(
                seen, 220,
                "only names of more than 319 characters are left out"
            );
        }
        let mut effort = Effort::new(usize::MAX);
        // Every seventh: strsim is slow in an unoptimised build.
        for (one, name) in own.iter().enumerate().step_by(7) {
            for widest in [0, 2, 4, 7] {
                let mut found = Vec::new();
                index.scan(
                    coded.own.get(one),
                    coded.own.mark(one),
                    widest,
                    &mut effort,
                    |hit| {
                        found.push(hit);
                        widest
                    },
                );
                found.sort_unstable();
                assert_eq!(found, slowly(name, &other, widest), "{name}");
            }
        }
    }

    #[test]
    fn without_effort_left_the_trees_give_up() {
        let (own, other) = estate();
        let coded = Coded::new(
            own.iter().map(String::as_str),
            other.iter().map(String::as_str),
        );
        let index = Index::new(&coded.other, coded.alphabet);
        let mut effort = Effort::new(1);
        let mut answered = 0;
        index.within(
            &index.trees(),
            &coded.own,
            &[0, 1, 2],
            1,
            &mut effort,
            |_, found| {
                answered += usize::from(found.is_some());
            },
        );
        assert_eq!(answered, 1);
        let order = index.backward_order();
        let near = index.neighbours(&order, coded.own.get(0));
        assert!(near.len() <= 4 * REACH && !near.is_empty());
    }
}
