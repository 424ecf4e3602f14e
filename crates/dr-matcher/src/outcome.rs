//! What comes out of matching: pairs, and for everything without a partner the reason.

use serde::Serialize;

use crate::name::quoted;

/// The result of one matching. All numbers are positions in the slices that were matched.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Matching {
    /// Who belongs together; no source and no target occurs twice. In order of source.
    pub pairs: Vec<Pair>,
    /// Sources without a target, in order.
    pub unmatched_sources: Vec<Unmatched>,
    /// Targets without a source, in order.
    pub unmatched_targets: Vec<Unmatched>,
    /// Names that more than one of a side bears; sources first, then in order of name.
    pub duplicates: Vec<Duplicate>,
}

impl Matching {
    /// Matched sources over all sources; 1.0 when there were none to match.
    pub fn match_rate(&self) -> f64 {
        let sources = self.pairs.len() + self.unmatched_sources.len();
        if sources == 0 {
            return 1.0;
        }
        self.pairs.len() as f64 / sources as f64
    }

    /// The sum that the assignment maximises.
    pub fn total_confidence(&self) -> f64 {
        self.pairs.iter().map(|pair| pair.confidence).sum()
    }
}

/// A source and the target for it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pair {
    /// Position among the sources.
    pub source: usize,
    /// Position among the targets.
    pub target: usize,
    /// 0.0 to 1.0; 1.0 for equal names.
    pub confidence: f64,
    /// How they were found.
    pub method: Method,
}

/// How a pair was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The normalised names are equal.
    Exact,
    /// The normalised names are alike within the tolerance.
    Fuzzy,
}

/// One that has no partner.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unmatched {
    /// Position on its side.
    pub index: usize,
    /// Why.
    pub reason: Reason,
}

/// Why one has no partner. "Other" is a position on the other side, "by" one on its own side.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It has no Name tag, or one with nothing left after normalisation.
    NoName,
    /// More than one bears this name, on this side or the other: which one is meant is unknown.
    DuplicateName {
        /// The normalised name.
        name: String,
    },
    /// Nothing on the other side is similar.
    NoCandidate,
    /// The most similar one is too different.
    BestBelowTolerance {
        /// The most similar one.
        index_of_other: usize,
        /// Its confidence.
        confidence: f64,
    },
    /// The most similar one is within the tolerance, but has a partner that fits better overall.
    TakenByBetter {
        /// The most similar one.
        index_of_other: usize,
        /// Its partner.
        by: usize,
        /// The confidence that this pair would have had.
        confidence: f64,
    },
}

impl Reason {
    /// The reason in words, e.g. for a table. `other` and `own` give the name to show for a
    /// position on the other side and on this one's own side.
    pub fn describe<'n>(
        &self,
        other: impl Fn(usize) -> &'n str,
        own: impl Fn(usize) -> &'n str,
    ) -> String {
        // Cut, not rounded: 99.96% must not read as the 100% of an exact match.
        let percent = |confidence: f64| (confidence * 1000.0).floor() / 10.0;
        match self {
            Self::NoName => "it has no Name tag".to_owned(),
            Self::DuplicateName { name } => {
                format!("the name \"{}\" is borne by more than one", quoted(name))
            }
            Self::NoCandidate => "nothing on the other side has a similar name".to_owned(),
            Self::BestBelowTolerance {
                index_of_other,
                confidence,
            } => format!(
                "the most similar name, \"{}\", is alike to only {:.1}%",
                quoted(other(*index_of_other)),
                percent(*confidence)
            ),
            Self::TakenByBetter {
                index_of_other,
                by,
                confidence,
            } => format!(
                "\"{}\" is alike to {:.1}%, but \"{}\" fits it better",
                quoted(other(*index_of_other)),
                percent(*confidence),
                quoted(own(*by))
            ),
        }
    }
}

/// A name that more than one of a side bears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// Which side.
    pub side: Side,
    /// The normalised name.
    pub name: String,
    /// Who bears it: positions on that side, in order.
    pub indices: Vec<usize>,
}

/// The two sides of a matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// DRS source servers.
    Source,
    /// Pre-provisioned target instances.
    Target,
}
