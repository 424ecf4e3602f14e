//! The one-to-one assignment of greatest total weight on a sparse graph.
//!
//! Successive shortest augmenting paths with prices (the primal-dual method of Kuhn and Munkres,
//! in the sparse form of Jonker and Volgenant). Every source has a profit `u >= 0`, every target a
//! price `v >= 0`, and `u + v >= weight` holds on every edge, with equality on matched ones; who is
//! unmatched has 0. That is a proof of optimality, and callers use the profits to tell which edges
//! outside the graph could still change the result.
//!
//! A search never leaves its connected component and usually ends after a few steps; at worst one
//! costs `O(E log E)` and there is one per source: `O(S E log E)`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A possible pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Edge {
    pub target: u32,
    pub weight: i64,
    /// The distance that the weight comes from.
    pub distance: u32,
}

/// Nobody.
const NONE: u32 = u32::MAX;

/// An optimal assignment and its proof.
pub(crate) struct Assignment {
    /// By source: its target.
    pub target_of: Vec<Option<u32>>,
    /// By source: its profit, i.e. its pair's weight less the target's price.
    pub profit: Vec<i64>,
}

struct Solver<'e> {
    edges: &'e [Vec<Edge>],
    target_of: Vec<u32>,
    source_of: Vec<u32>,
    profit: Vec<i64>,
    price: Vec<i64>,
    /// By target: its distance in the present search and the source before it; valid where
    /// `round` is the present one.
    distance: Vec<i64>,
    before: Vec<u32>,
    round: Vec<u32>,
    now: u32,
    heap: BinaryHeap<Reverse<(i64, u32)>>,
    settled: Vec<u32>,
}

/// Where an augmenting path ends.
#[derive(Clone, Copy)]
enum End {
    /// At a target without a partner.
    Free(u32),
    /// At a target whose partner goes without from now on.
    Evict(u32),
    /// At its beginning: the source stays without a partner.
    Stay,
}

/// Assigns sources (`edges` by source, all weights positive) to `targets` targets. The result
/// depends on nothing but the order of sources and edges.
pub(crate) fn assign(edges: &[Vec<Edge>], targets: usize) -> Assignment {
    let sources = edges.len();
    let mut solver = Solver {
        edges,
        target_of: vec![NONE; sources],
        source_of: vec![NONE; targets],
        profit: vec![0; sources],
        price: vec![0; targets],
        distance: vec![0; targets],
        before: vec![NONE; targets],
        round: vec![0; targets],
        now: 0,
        heap: BinaryHeap::new(),
        settled: Vec::new(),
    };
    let waiting: Vec<usize> = (0..sources)
        .filter(|source| !solver.take_free(*source))
        .collect();
    for source in waiting {
        solver.place(source);
    }
    Assignment {
        target_of: solver
            .target_of
            .iter()
            .map(|target| (*target != NONE).then_some(*target))
            .collect(),
        profit: solver.profit,
    }
}

// Sources index `edges`, targets index the target arrays: both are checked by construction, as
// every edge's target is below `targets` and every stored source came from `0..sources`.
impl Solver<'_> {
    /// While all prices are 0: takes a best target if one is free.
    fn take_free(&mut self, source: usize) -> bool {
        let best = self.edges[source]
            .iter()
            .map(|edge| edge.weight)
            .max()
            .unwrap_or(0);
        self.profit[source] = best;
        let free = self.edges[source]
            .iter()
            .find(|edge| edge.weight == best && self.source_of[edge.target as usize] == NONE);
        if let Some(edge) = free {
            self.source_of[edge.target as usize] = source as u32;
            self.target_of[source] = edge.target;
        }
        free.is_some() || best == 0
    }

    /// Finds the best change of the assignment that brings `source` in, and makes it.
    fn place(&mut self, source: usize) {
        let margins = self.edges[source]
            .iter()
            .map(|edge| edge.weight - self.price[edge.target as usize]);
        self.profit[source] = margins.max().unwrap_or(0).max(0);
        self.now += 1;
        self.heap.clear();
        self.settled.clear();
        // Staying out loses the profit; everything else must lose less.
        let mut least = self.profit[source];
        let mut end = End::Stay;
        self.relax(source, 0, least);
        while let Some(Reverse((distance, target))) = self.heap.pop() {
            if distance >= least {
                break;
            }
            if distance > self.distance[target as usize] {
                continue;
            }
            let partner = self.source_of[target as usize];
            if partner == NONE {
                (least, end) = (distance, End::Free(target));
                break;
            }
            self.settled.push(target);
            let loss = distance + self.profit[partner as usize];
            if loss < least {
                (least, end) = (loss, End::Evict(target));
            }
            self.relax(partner as usize, distance, least);
        }
        self.profit[source] -= least;
        for target in &self.settled {
            let gain = (least - self.distance[*target as usize]).max(0);
            self.price[*target as usize] += gain;
            self.profit[self.source_of[*target as usize] as usize] -= gain;
        }
        match end {
            End::Stay => {}
            End::Free(target) => self.shift(source, target),
            End::Evict(target) => {
                self.target_of[self.source_of[target as usize] as usize] = NONE;
                self.shift(source, target);
            }
        }
    }

    fn relax(&mut self, source: usize, distance: i64, least: i64) {
        for edge in &self.edges[source] {
            let target = edge.target as usize;
            let longer = distance + self.profit[source] + self.price[target] - edge.weight;
            let known = self.round[target] == self.now && self.distance[target] <= longer;
            if longer < least && !known {
                self.round[target] = self.now;
                self.distance[target] = longer;
                self.before[target] = source as u32;
                self.heap.push(Reverse((longer, edge.target)));
            }
        }
    }

    /// Hands every target on the path back to `source` to the source before it.
    fn shift(&mut self, source: usize, end: u32) {
        let mut target = end;
        loop {
            let taker = self.before[target as usize];
            let freed = self.target_of[taker as usize];
            self.target_of[taker as usize] = target;
            self.source_of[target as usize] = taker;
            if taker as usize == source {
                return;
            }
            target = freed;
        }
    }
}
