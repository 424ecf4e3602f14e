//! The second pass: the best assignment of the names that have no equal.
//!
//! The graph of all pairs within the tolerance is dense in real fleets (`web01`, `web02`, ...) and
//! mostly irrelevant. So it is never built: candidates come in rings, first all within 1 edit,
//! then 2, 3, then everything, and only for sources that a wider ring could still help. Which
//! those are, the prices of the assignment so far say: a pair outside the rings with distance `d`
//! or more weighs at most `most(d)`, and a source whose profit is as much already has no use for
//! it (`u + v >= weight` holds with any price `v >= 0`). When no source is left, the proof of
//! optimality covers the whole graph, seen and unseen.

use crate::assign::{Assignment, Edge, assign};
use crate::near::{BackwardOrder, Effort, Found, Index, NEAR, Trees};
use crate::text::{Coded, Texts};
use crate::weight::{Limit, weight};

/// The most candidates of one source: with more, the best are kept (ties spread by a hash of both
/// names, so that not all sources keep the same). Bounds the graph at 128 edges a source.
const MOST_CANDIDATES: usize = 128;

/// Steps for all searches of one matching, a second or so: 10,000 by 10,000 names all misspelled
/// need a tenth. After that, [`Index::neighbours`] has to do.
const EFFORT: usize = 400_000_000;

/// Edges of a source are known up to here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ring {
    /// All edges within this many edits.
    Edits(usize),
    /// All that will ever be known.
    All,
}

struct Search<'t> {
    sources: &'t Texts,
    targets: &'t Texts,
    index: Index<'t>,
    limit: Limit,
    trees: Option<Trees>,
    backward: Option<BackwardOrder>,
    effort: Effort,
    edges: Vec<Vec<Edge>>,
    rings: Vec<Ring>,
    /// Whether no candidate was left out so far.
    complete: bool,
}

/// The assignment of greatest total confidence; it says too whether the whole graph was covered.
/// Both sides' names are different, not empty and in ascending order.
pub(crate) fn assign_alike(coded: &Coded, least_confidence: f64) -> (Vec<(usize, usize)>, bool) {
    let (sources, targets) = (&coded.own, &coded.other);
    let count = sources.len();
    let mut search = Search {
        sources,
        targets,
        index: Index::new(targets, coded.alphabet),
        limit: Limit::new(least_confidence, targets.longest()),
        trees: None,
        backward: None,
        effort: Effort::new(EFFORT),
        edges: vec![Vec::new(); count],
        rings: vec![Ring::Edits(0); count],
        complete: true,
    };
    let mut result = Assignment {
        target_of: vec![None; count],
        profit: vec![0; count],
    };
    loop {
        let open = search.open(&result.profit);
        if open.iter().all(Vec::is_empty) {
            break;
        }
        search.widen(open);
        result = assign(&search.edges, targets.len());
    }
    let pairs = result.target_of.iter().enumerate();
    let pairs = pairs
        .filter_map(|(source, target)| Some((source, (*target)? as usize)))
        .collect();
    (pairs, search.complete)
}

impl Search<'_> {
    /// The sources that a wider ring could still help, by the ring that they need next. Who has no
    /// partner goes on by one edit, as its partner is probably near; who has one, but a profit so
    /// low that distant pairs count, needs them all for its proof.
    fn open(&self, profit: &[i64]) -> [Vec<usize>; NEAR + 2] {
        let mut by_ring: [Vec<usize>; NEAR + 2] = Default::default();
        for (source, (ring, profit)) in self.rings.iter().zip(profit).enumerate() {
            let Ring::Edits(edits) = *ring else { continue };
            let length = self.sources.get(source).len();
            let counts = |edits: &usize| {
                self.limit
                    .most(length, *edits)
                    .is_some_and(|most| most > *profit)
            };
            let needed = (edits + 1..=NEAR + 1).take_while(counts).last();
            let next = needed.map(|needed| if *profit == 0 { edits + 1 } else { needed });
            if let Some(group) = next.and_then(|next| by_ring.get_mut(next)) {
                group.push(source);
            }
        }
        by_ring
    }

    /// Gives each of these sources the ring that it needs.
    fn widen(&mut self, mut open: [Vec<usize>; NEAR + 2]) {
        let mut last = std::mem::take(&mut open[NEAR + 1]);
        for (edits, group) in open
            .iter()
            .enumerate()
            .filter(|(_, group)| !group.is_empty())
        {
            last.extend(self.widen_to(group, edits));
        }
        last.sort_unstable();
        self.widen_to_all(&last);
    }

    /// Finds all within this many edits; answers for whom the trees cannot.
    fn widen_to(&mut self, group: &[usize], edits: usize) -> Vec<usize> {
        let mut refused = Vec::new();
        let trees = self.trees.get_or_insert_with(|| self.index.trees());
        let (sources, targets, limit) = (self.sources, self.targets, self.limit);
        let (all_edges, rings) = (&mut self.edges, &mut self.rings);
        let all_complete = &mut self.complete;
        self.index.within(
            trees,
            sources,
            group,
            edits,
            &mut self.effort,
            |source, found| {
                let Some(found) = found else {
                    refused.push(source);
                    return;
                };
                let edges = edges_of(source, sources, targets, limit, found);
                // At the cap a wider ring could only bring worse ones.
                let full = edges.len() == MOST_CANDIDATES;
                *all_complete &= !full;
                rings[source] = if full { Ring::All } else { Ring::Edits(edits) };
                all_edges[source] = edges;
            },
        );
        refused
    }

    /// Compares with all targets, or, once the effort is spent, with the likely ones.
    fn widen_to_all(&mut self, group: &[usize]) {
        let (sources, targets, limit) = (self.sources, self.targets, self.limit);
        let mut found = Vec::new();
        for source in group {
            let text = sources.get(*source);
            found.clear();
            if self.effort.spent() {
                self.complete = false;
                let order = self
                    .backward
                    .get_or_insert_with(|| self.index.backward_order());
                found.extend(self.index.neighbours(order, text));
                let known = self.edges.get(*source).map_or(&[][..], Vec::as_slice);
                found.extend(known.iter().map(Edge::found));
            } else {
                let widest = limit.widest(text.len());
                let (mark, effort) = (sources.mark(*source), &mut self.effort);
                self.index.scan(text, mark, widest, effort, |one| {
                    found.push(one);
                    widest
                });
            }
            found.sort_unstable();
            found.dedup_by_key(|one| one.name);
            let edges = edges_of(*source, sources, targets, limit, &found);
            self.complete &= edges.len() < MOST_CANDIDATES;
            self.rings[*source] = Ring::All;
            self.edges[*source] = edges;
        }
    }
}

impl Edge {
    fn found(&self) -> Found {
        Found {
            name: self.target as usize,
            distance: self.distance as usize,
        }
    }
}

/// The candidates among those found, in order of target.
fn edges_of(
    source: usize,
    sources: &Texts,
    targets: &Texts,
    limit: Limit,
    found: &[Found],
) -> Vec<Edge> {
    let text = sources.get(source);
    let mut edges: Vec<Edge> = found
        .iter()
        .filter_map(|one| {
            let longer = text.len().max(targets.get(one.name).len());
            limit.admits(one.distance, longer).then(|| Edge {
                target: one.name as u32,
                weight: weight(one.distance, longer),
                distance: one.distance as u32,
            })
        })
        .collect();
    if edges.len() > MOST_CANDIDATES {
        let own = spread(text);
        edges.sort_by_cached_key(|edge| {
            let mixed = own ^ spread(targets.get(edge.target as usize));
            (
                std::cmp::Reverse(edge.weight),
                mixed.wrapping_mul(FNV_PRIME),
                edge.target,
            )
        });
        edges.truncate(MOST_CANDIDATES);
        edges.sort_unstable_by_key(|edge| edge.target);
    }
    edges
}

const FNV_PRIME: u64 = 0x0000_0100_0000_01B3;

/// FNV-1a of a coded name: the same on every machine and in every release.
fn spread(text: &[u32]) -> u64 {
    text.iter().fold(0xCBF2_9CE4_8422_2325, |hash, code| {
        (hash ^ u64::from(*code)).wrapping_mul(FNV_PRIME)
    })
}
