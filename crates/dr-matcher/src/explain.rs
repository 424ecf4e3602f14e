//! Why somebody has no partner: the most similar name on the other side, and what became of it.

use crate::name::share;
use crate::near::{BackwardOrder, Effort, Found, Index};
use crate::text::{Coded, Texts};
use crate::weight::Limit;

/// Below this confidence nothing is worth showing to a person: more than half the characters
/// differ.
pub(crate) const WORTH_SHOWING: f64 = 0.5;

/// Steps for all comparisons of one side, some tenths of a second at worst. After that only
/// neighbours in alphabetical order are compared.
const EFFORT: usize = 100_000_000;

/// The most similar name, and how similar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Best {
    pub name: usize,
    pub confidence: f64,
}

/// What there is to say about one without a partner.
pub(crate) struct Lookup {
    /// The most similar name on the other side, if one is worth showing.
    pub best: Option<Best>,
    /// Names within the tolerance that have no partner either: only where the second pass had to
    /// stop short of the whole graph.
    pub free: Vec<Best>,
}

/// Looks up each on the own side (all without a partner) on the other, both in order of name. Ties
/// go to the first. `is_free(other)` says whether it may still be paired.
pub(crate) fn look_up(
    coded: &Coded,
    least_confidence: f64,
    is_free: Option<&dyn Fn(usize) -> bool>,
) -> Vec<Lookup> {
    let (texts, others) = (&coded.own, &coded.other);
    let index = Index::new(others, coded.alphabet);
    let mut effort = Effort::new(EFFORT);
    let mut backward: Option<BackwardOrder> = None;
    (0..texts.len())
        .map(|one| {
            let text = texts.get(one);
            let mut view = View::new(text.len(), others, least_confidence, is_free);
            if !effort.spent() {
                // What stands beside it is often close: then the scan has a narrow bound.
                index
                    .beside(text)
                    .into_iter()
                    .for_each(|found| view.see(found));
                view.lookup.free.clear();
                let widest = view.widest;
                index.scan(text, texts.mark(one), widest, &mut effort, |found| {
                    view.see(found);
                    view.widest
                });
            } else {
                let order = backward.get_or_insert_with(|| index.backward_order());
                index
                    .neighbours(order, text)
                    .into_iter()
                    .for_each(|found| view.see(found));
            }
            view.lookup
        })
        .collect()
}

/// One look-up under way.
struct View<'o> {
    length: usize,
    others: &'o Texts,
    least_confidence: f64,
    is_free: Option<&'o dyn Fn(usize) -> bool>,
    /// The widest distance that can still matter.
    widest: usize,
    lookup: Lookup,
}

impl<'o> View<'o> {
    fn new(
        length: usize,
        others: &'o Texts,
        least_confidence: f64,
        is_free: Option<&'o dyn Fn(usize) -> bool>,
    ) -> Self {
        let least = WORTH_SHOWING.min(least_confidence);
        let widest = Limit::new(least, others.longest()).widest(length);
        let lookup = Lookup {
            best: None,
            free: Vec::new(),
        };
        Self {
            length,
            others,
            least_confidence,
            is_free,
            widest,
            lookup,
        }
    }

    fn see(&mut self, found: Found) {
        let longer = self.length.max(self.others.get(found.name).len());
        let confidence = share(found.distance, longer);
        let within = confidence >= self.least_confidence;
        if confidence <= 0.0 || !(within || confidence >= WORTH_SHOWING) {
            return;
        }
        let seen = Best {
            name: found.name,
            confidence,
        };
        if within && self.is_free.is_some_and(|is_free| is_free(found.name)) {
            self.lookup.free.push(seen);
        }
        let better = self.lookup.best.is_none_or(|best| {
            confidence > best.confidence
                || (confidence == best.confidence && found.name < best.name)
        });
        if better {
            self.lookup.best = Some(seen);
            // A free one less alike than the best matters too.
            let least = match self.is_free {
                Some(_) => confidence.min(self.least_confidence),
                None => confidence,
            };
            self.widest = Limit::new(least, self.others.longest()).widest(self.length);
        }
    }
}
