//! Matching servers to pre-provisioned instances by name.

mod looked;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use dr_aws::{Metric, Unit};
use dr_error::{Error, Result};
use dr_matcher::{
    Matching, Method, Named, Options, Reason, Side, Tolerance, Unmatched, match_names,
};
use dr_model::group::ProtectionGroup;
use dr_model::ids::{GroupId, InstanceId, SourceServerId};
use dr_model::place::Direction;
use dr_model::server::SourceServer;
use dr_model::target::TargetInstance;

pub use crate::matching::looked::Looks;

use crate::app::App;
use crate::servers;

/// How to match.
#[derive(Debug, Clone)]
pub struct Request {
    /// From where to where.
    pub direction: Direction,
    /// Only the servers of this group.
    pub group_id: Option<GroupId>,
    /// How unlike two names may be, 0.0 to 1.0.
    pub tolerance: f64,
    /// Drop everything but letters, digits and spaces before comparing.
    pub ignore_special_characters: bool,
}

/// Servers, instances and what belongs together.
#[derive(Debug)]
pub struct Matched {
    /// Servers.
    pub sources: Vec<SourceServer>,
    /// Names the servers were matched by, in the order of `sources`.
    pub source_names: Vec<Option<String>>,
    /// Instances that came into question.
    pub targets: Vec<TargetInstance>,
    /// Who belongs to whom, by index.
    pub matching: Matching,
}

impl Matched {
    /// Why a server has no instance, for a person.
    #[must_use]
    pub fn why_source(&self, unmatched: &Unmatched) -> String {
        reason(
            &unmatched.reason,
            "instance",
            |index| {
                self.targets
                    .get(index)
                    .map(|t| described(t.name(), t.id.as_str()))
            },
            |index| {
                self.sources.get(index).map(|s| {
                    described(
                        self.source_names.get(index).and_then(|n| n.as_deref()),
                        s.id.as_str(),
                    )
                })
            },
        )
    }

    /// Why an instance has no server, for a person.
    #[must_use]
    pub fn why_target(&self, unmatched: &Unmatched) -> String {
        reason(
            &unmatched.reason,
            "server",
            |index| {
                self.sources.get(index).map(|s| {
                    described(
                        self.source_names.get(index).and_then(|n| n.as_deref()),
                        s.id.as_str(),
                    )
                })
            },
            |index| {
                self.targets
                    .get(index)
                    .map(|t| described(t.name(), t.id.as_str()))
            },
        )
    }
}

impl Matched {
    /// Servers that were to be matched.
    #[must_use]
    pub fn total_sources(&self) -> usize {
        self.matching.pairs.len() + self.matching.unmatched_sources.len()
    }

    /// Forgets what is not about the group's servers.
    fn keep_members(&mut self, group: &ProtectionGroup) {
        let is_member = |index: usize| {
            self.sources
                .get(index)
                .is_some_and(|server| group.selection.holds(server))
        };
        self.matching.pairs.retain(|pair| is_member(pair.source));
        self.matching
            .unmatched_sources
            .retain(|unmatched| is_member(unmatched.index));
        self.matching.duplicates.retain(|duplicate| {
            duplicate.side == Side::Target
                || duplicate.indices.iter().any(|index| is_member(*index))
        });
    }

    /// Servers without an instance: id, name, why.
    pub fn unmatched_sources(
        &self,
    ) -> impl Iterator<Item = (SourceServerId, Option<String>, String)> + '_ {
        self.matching
            .unmatched_sources
            .iter()
            .filter_map(|unmatched| {
                let server = self.sources.get(unmatched.index)?;
                let name = self.source_names.get(unmatched.index).cloned().flatten();
                Some((server.id.clone(), name, self.why_source(unmatched)))
            })
    }

    /// Instances without a server: id, name, why.
    pub fn unmatched_targets(
        &self,
    ) -> impl Iterator<Item = (InstanceId, Option<String>, String)> + '_ {
        self.matching
            .unmatched_targets
            .iter()
            .filter_map(|unmatched| {
                let target = self.targets.get(unmatched.index)?;
                Some((
                    target.id.clone(),
                    target.name().map(ToOwned::to_owned),
                    self.why_target(unmatched),
                ))
            })
    }

    /// Names that are not unique: side, name, ids.
    pub fn duplicates(&self) -> impl Iterator<Item = (&'static str, String, Vec<String>)> + '_ {
        self.matching
            .duplicates
            .iter()
            .map(|duplicate| match duplicate.side {
                Side::Source => {
                    let ids = duplicate
                        .indices
                        .iter()
                        .filter_map(|index| self.sources.get(*index))
                        .map(|s| s.id.to_string());
                    ("source", duplicate.name.clone(), ids.collect())
                }
                Side::Target => {
                    let ids = duplicate
                        .indices
                        .iter()
                        .filter_map(|index| self.targets.get(*index))
                        .map(|t| t.id.to_string());
                    ("target", duplicate.name.clone(), ids.collect())
                }
            })
    }
}

fn described(name: Option<&str>, id: &str) -> String {
    name.map_or_else(|| id.to_owned(), |name| format!("{name} ({id})"))
}

fn reason(
    reason: &Reason,
    other: &str,
    others: impl Fn(usize) -> Option<String>,
    rivals: impl Fn(usize) -> Option<String>,
) -> String {
    // Cut, not rounded: 99.6 % must not read as the 100 % of equal names.
    let percent = |confidence: f64| format!("{:.0} %", (confidence * 100.0).floor());
    match reason {
        Reason::NoName => "It has no Name tag".to_owned(),
        Reason::DuplicateName { name } => {
            format!("More than one has the name {name:?}: make names unique, or pair by hand")
        }
        Reason::NoCandidate => format!("No {other} has a name like it"),
        Reason::BestBelowTolerance {
            index_of_other,
            confidence,
        } => format!(
            "The nearest {other} is {} at {}: beyond the tolerance",
            others(*index_of_other).unwrap_or_default(),
            percent(*confidence)
        ),
        Reason::TakenByBetter {
            index_of_other,
            by,
            confidence,
        } => format!(
            "{} would fit at {} and is taken by {}",
            others(*index_of_other).unwrap_or_default(),
            percent(*confidence),
            rivals(*by).unwrap_or_default()
        ),
    }
}

/// Looks at both sides and matches them. For a group, every server of the direction takes part, so that none of
/// the group's is given the instance of a server outside it; only the group's are answered.
///
/// # Errors
/// When the recovery place cannot be looked at, or the group does not exist.
pub async fn run(app: &App, request: &Request) -> Result<Matched> {
    matched(app, request, false).await
}

/// The same for a report that a person reads: from a look that may be a minute old. Nothing may be saved or launched
/// by it.
///
/// # Errors
/// As [`run`].
pub async fn report(app: &App, request: &Request) -> Result<Matched> {
    matched(app, request, true).await
}

async fn matched(app: &App, request: &Request, remembered: bool) -> Result<Matched> {
    let began = app.clock().now();
    let looked = looked::look(app, &request.direction, remembered).await?;
    let (mut sources, mut targets) = (looked.sources.clone(), looked.targets.clone());
    let group = match &request.group_id {
        Some(group) => Some(app.store().group(group).await?),
        None => None,
    };
    if let Some(group) = &group {
        leave_out_paired_elsewhere(app, group, &mut sources, &mut targets).await?;
    }
    let mut matched = plan(request, sources, targets, &looked.origin_names)?;
    if let Some(group) = &group {
        matched.keep_members(group);
    }
    publish(app, &matched, began).await;
    Ok(matched)
}

/// What another group has paired is settled: neither its servers nor its instances take part.
async fn leave_out_paired_elsewhere(
    app: &App,
    group: &ProtectionGroup,
    sources: &mut Vec<SourceServer>,
    targets: &mut Vec<TargetInstance>,
) -> Result<()> {
    let ids: BTreeSet<InstanceId> = targets.iter().map(|target| target.id.clone()).collect();
    let mut elsewhere = app.store().pairs_of_targets(&ids).await?;
    elsewhere.retain(|pair| pair.group_id != group.id);
    let taken: BTreeSet<&InstanceId> = elsewhere
        .iter()
        .map(|pair| &pair.target_instance_id)
        .collect();
    let paired: BTreeSet<&SourceServerId> = elsewhere
        .iter()
        .map(|pair| &pair.source_server_id)
        .collect();
    targets.retain(|target| !taken.contains(&target.id));
    // A server may be in two groups; then it is this group's to pair as well.
    sources.retain(|server| !paired.contains(&server.id) || group.selection.holds(server));
    Ok(())
}

/// Matches. Pure.
///
/// # Errors
/// When the tolerance is out of bounds.
pub fn plan(
    request: &Request,
    sources: Vec<SourceServer>,
    targets: Vec<TargetInstance>,
    origin_names: &BTreeMap<InstanceId, String>,
) -> Result<Matched> {
    let tolerance = Tolerance::new(request.tolerance)
        .map_err(|_| Error::invalid("fuzzy_matching_tolerance", "a number from 0.0 to 1.0"))?;
    let source_names: Vec<Option<String>> = sources
        .iter()
        .map(|server| servers::name_of(server, origin_names).map(ToOwned::to_owned))
        .collect();
    let left: Vec<Named<'_>> = sources
        .iter()
        .zip(&source_names)
        .map(|(server, name)| Named {
            id: server.id.as_str(),
            name: name.as_deref(),
        })
        .collect();
    let right: Vec<Named<'_>> = targets
        .iter()
        .map(|target| Named {
            id: target.id.as_str(),
            name: target.name(),
        })
        .collect();
    let options = Options {
        tolerance,
        strip_special: request.ignore_special_characters,
    };
    let matching = match_names(&left, &right, &options);
    Ok(Matched {
        sources,
        source_names,
        targets,
        matching,
    })
}

/// How the matcher's word is ours.
#[must_use]
pub fn method(method: Method) -> dr_model::pair::MatchMethod {
    match method {
        Method::Exact => dr_model::pair::MatchMethod::Exact,
        Method::Fuzzy => dr_model::pair::MatchMethod::Fuzzy,
    }
}

/// Metrics of requirement 004, "Matching Metrics". Best effort.
async fn publish(app: &App, matched: &Matched, began: DateTime<Utc>) {
    let at = app.clock().now();
    let metric = |name: &str, value: f64, unit: Unit| Metric {
        name: name.to_owned(),
        value,
        unit,
        at,
        dimensions: Vec::new(),
    };
    let count = |number: usize| number as f64;
    let metrics = vec![
        metric(
            "InstanceMatchDuration",
            (at - began).as_seconds_f64(),
            Unit::Seconds,
        ),
        metric(
            "InstanceMatchRate",
            matched.matching.match_rate() * 100.0,
            Unit::Percent,
        ),
        metric(
            "UnmatchedSources",
            count(matched.matching.unmatched_sources.len()),
            Unit::Count,
        ),
        metric(
            "UnmatchedTargets",
            count(matched.matching.unmatched_targets.len()),
            Unit::Count,
        ),
    ];
    if let Err(error) = app.metrics().put(metrics).await {
        tracing::warn!(%error, "metrics not published");
    }
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
