//! The third pass: a reason for everybody without a partner.

use crate::exact::{Party, Status, join};
use crate::explain::{Best, Lookup, look_up};
use crate::outcome::{Reason, Unmatched};
use crate::text::Coded;

/// What is known of one side: who stayed open, in order of name; among whom they were looked up;
/// and what was found.
struct Answers {
    open: Vec<usize>,
    others: Vec<usize>,
    found: Vec<Lookup>,
}

/// The reasons of both sides. Where the second pass had to stop short (not `complete`), a free
/// pair within the tolerance that turns up here is paired after all, the most confident first.
pub(crate) fn third_pass(
    sources: &mut Party,
    targets: &mut Party,
    least: f64,
    complete: bool,
) -> (Vec<Unmatched>, Vec<Unmatched>) {
    let for_sources = answers(sources, targets, least, complete);
    let for_targets = answers(targets, sources, least, complete);
    if !complete {
        let mut free: Vec<(f64, usize, usize)> = for_sources.free().collect();
        free.extend(
            for_targets
                .free()
                .map(|(best, target, source)| (best, source, target)),
        );
        free.sort_by(|a, b| {
            let names = |one: &(f64, usize, usize)| (sources.name(one.1), targets.name(one.2));
            b.0.total_cmp(&a.0).then_with(|| names(a).cmp(&names(b)))
        });
        for (_, source, target) in free {
            join(sources, targets, source, target);
        }
    }
    (
        unmatched(sources, targets, &for_sources, least),
        unmatched(targets, sources, &for_targets, least),
    )
}

/// Looks up those of a side that stayed open among all of the other with a unique name.
fn answers(side: &Party, other_side: &Party, least: f64, complete: bool) -> Answers {
    let mut open = side.in_name_order(|status| status == Status::Open);
    open.retain(|index| side.partner(*index).is_none());
    if open.is_empty() {
        return Answers {
            open,
            others: Vec::new(),
            found: Vec::new(),
        };
    }
    let others =
        other_side.in_name_order(|status| matches!(status, Status::Open | Status::Exact(_)));
    let coded = Coded::new(side.names_of(&open), other_side.names_of(&others));
    let is_free = |other: usize| {
        others
            .get(other)
            .is_some_and(|index| other_side.partner(*index).is_none())
    };
    let found = look_up(&coded, least, (!complete).then_some(&is_free));
    Answers {
        open,
        others,
        found,
    }
}

impl Answers {
    /// Confidence, position and position on the other side of every free pair that turned up.
    fn free(&self) -> impl Iterator<Item = (f64, usize, usize)> {
        self.open.iter().zip(&self.found).flat_map(|(open, found)| {
            let free = found.free.iter();
            free.filter_map(|best| Some((best.confidence, *open, *self.others.get(best.name)?)))
        })
    }

    /// By position on a side of `count`: the most similar one, in positions of the other side.
    fn best(&self, count: usize) -> Vec<Option<Best>> {
        let mut by_position = vec![None; count];
        for (open, found) in self.open.iter().zip(&self.found) {
            if let (Some(slot), Some(best)) = (by_position.get_mut(*open), found.best) {
                *slot = self.others.get(best.name).map(|name| Best {
                    name: *name,
                    ..best
                });
            }
        }
        by_position
    }
}

/// Everybody on a side without a partner, in order, with the reason.
fn unmatched(side: &Party, other_side: &Party, answers: &Answers, least: f64) -> Vec<Unmatched> {
    let best = answers.best(side.status.len());
    let reason = |index: usize, status: Status, best: Option<Best>| match (status, best) {
        (Status::Nameless, _) => Reason::NoName,
        (Status::Ambiguous, _) => Reason::DuplicateName {
            name: side.name(index).to_owned(),
        },
        (Status::Open | Status::Exact(_), None) => Reason::NoCandidate,
        (
            Status::Open | Status::Exact(_),
            Some(Best {
                name: index_of_other,
                confidence,
            }),
        ) => match other_side.partner(index_of_other) {
            Some(by) if confidence >= least => Reason::TakenByBetter {
                index_of_other,
                by,
                confidence,
            },
            _ => Reason::BestBelowTolerance {
                index_of_other,
                confidence,
            },
        },
    };
    side.status
        .iter()
        .zip(best)
        .enumerate()
        .filter(|(index, _)| side.partner(*index).is_none())
        .map(|(index, (status, best))| Unmatched {
            index,
            reason: reason(index, *status, best),
        })
        .collect()
}
