//! Servers and the instances that they are launched into: how each pair came about, and what a person may change by hand.

use std::collections::BTreeMap;

use dr_api::matching::{MatchReport, PairRef};
use dr_api::pairs::{ConfigurePairsRequest, UpdatePairRequest};
use dr_model::group::ProtectionGroup;
use dr_model::ids::{GroupId, InstanceId, PairId, SourceServerId};
use dr_model::pair::{InstancePair, MatchMethod};
use ui::{Choice, Problem, Status};

/// How a server is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Same name.
    Exact,
    /// Similar name.
    Fuzzy,
    /// Chosen by a person.
    Manual,
    /// Not at all.
    Unmatched,
}

impl Face {
    /// With its sign.
    #[must_use]
    pub fn words(self) -> (Status, &'static str) {
        match self {
            Self::Exact => (Status::Success, "Exact"),
            Self::Fuzzy => (Status::Warning, "Fuzzy"),
            Self::Manual => (Status::Info, "By hand"),
            Self::Unmatched => (Status::Error, "Unmatched"),
        }
    }
}

/// A server and the instance that it is launched into.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchRow {
    /// Its group by name.
    pub group: String,
    /// The same by id.
    pub group_id: GroupId,
    /// Its name, or its id where it has none.
    pub server: String,
    /// Its id.
    pub server_id: SourceServerId,
    /// How it is matched.
    pub face: Face,
    /// How alike the names are, 0 to 1.
    pub confidence: Option<f64>,
    /// The instance by name and id.
    pub target: String,
    /// The private IP that is kept.
    pub private_ip: String,
    /// Why it has no pair.
    pub note: String,
    /// The pair that is saved, and the version that was read.
    pub saved: Option<(PairId, u64)>,
    /// The instance that matching found and that is not saved.
    pub suggested: Option<InstanceId>,
    /// DRS's launch configuration was set for it.
    pub is_configured: bool,
    /// Why the last change by hand was refused.
    pub refused: String,
}

impl MatchRow {
    /// What it is known by.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{} {}", self.group_id, self.server_id)
    }
}

/// An instance that no server is launched into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Free {
    /// Its id.
    pub id: InstanceId,
    /// By name and id.
    pub name: String,
}

/// Servers of groups, and the instances that are left.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The servers.
    pub rows: Vec<MatchRow>,
    /// The instances.
    pub free: Vec<Free>,
}

fn named(name: Option<&String>, id: &InstanceId) -> String {
    name.map_or_else(|| id.to_string(), |name| format!("{name} ({id})"))
}

/// Cut, not rounded: 99.6% must not read as the 100% of equal names.
#[must_use]
pub fn percent(confidence: f64) -> String {
    format!("{:.0}%", (confidence * 100.0).floor())
}

/// The servers of one group: what is saved counts, and what matching found says why a server has no pair. Without its
/// report only pairs are known.
#[must_use]
pub fn found(
    group: &ProtectionGroup,
    pairs: &[InstancePair],
    report: Option<&MatchReport>,
) -> Found {
    let row = |name: Option<&String>, server_id: &SourceServerId| MatchRow {
        group: group.name.clone(),
        group_id: group.id.clone(),
        server: name.map_or_else(|| server_id.to_string(), Clone::clone),
        server_id: server_id.clone(),
        face: Face::Unmatched,
        confidence: None,
        target: "A new instance".to_owned(),
        private_ip: String::new(),
        note: String::new(),
        saved: None,
        suggested: None,
        is_configured: false,
        refused: String::new(),
    };
    let saved = pairs.iter().map(|pair| MatchRow {
        face: match pair.method {
            MatchMethod::Exact => Face::Exact,
            MatchMethod::Fuzzy => Face::Fuzzy,
            MatchMethod::Manual => Face::Manual,
        },
        confidence: Some(pair.confidence),
        target: named(pair.target_name.as_ref(), &pair.target_instance_id),
        private_ip: pair.target_private_ip.clone().unwrap_or_default(),
        saved: Some((pair.id.clone(), pair.version)),
        is_configured: pair.configuration.is_some(),
        ..row(pair.source_name.as_ref(), &pair.source_server_id)
    });
    let Some(report) = report else {
        return Found {
            rows: saved.collect(),
            free: Vec::new(),
        };
    };
    let is_open = |id: &SourceServerId| pairs.iter().all(|pair| pair.source_server_id != *id);
    let matched = report.matched_pairs.iter();
    let suggested = matched.filter(|pair| is_open(&pair.source_server_id));
    let suggested = suggested.map(|pair| MatchRow {
        note: format!(
            "It matches {} at {}, and that pair is not saved",
            named(pair.target_name_tag.as_ref(), &pair.target_instance_id),
            percent(pair.match_confidence)
        ),
        suggested: Some(pair.target_instance_id.clone()),
        ..row(pair.source_name_tag.as_ref(), &pair.source_server_id)
    });
    let none = report.unmatched_sources.iter();
    let none = none.filter(|one| is_open(&one.source_server_id));
    let none = none.map(|one| MatchRow {
        note: one.reason.clone(),
        ..row(one.source_name_tag.as_ref(), &one.source_server_id)
    });
    let of_matched = report.matched_pairs.iter();
    let of_matched =
        of_matched.map(|pair| (&pair.target_instance_id, pair.target_name_tag.as_ref()));
    let left = report.unmatched_targets.iter();
    let left = left.map(|one| (&one.target_instance_id, one.target_name_tag.as_ref()));
    let free = of_matched.chain(left).map(|(id, name)| Free {
        id: id.clone(),
        name: named(name, id),
    });
    let is_free = |free: &Free| pairs.iter().all(|pair| pair.target_instance_id != free.id);
    Found {
        rows: suggested.chain(none).chain(saved).collect(),
        free: free.filter(is_free).collect(),
    }
}

/// Groups together: rows that want to be looked at first, each instance once.
#[must_use]
pub fn together(all: Vec<Found>) -> Found {
    let mut whole = Found::default();
    for one in all {
        whole.rows.extend(one.rows);
        whole.free.extend(one.free);
    }
    whole.rows.sort_by_key(|row| match row.face {
        Face::Unmatched => 0,
        Face::Fuzzy => 1,
        Face::Manual => 2,
        Face::Exact => 3,
    });
    whole.free.sort_by(|one, two| one.name.cmp(&two.name));
    whole.free.dedup();
    whole
}

/// How many servers are matched in which way, in one sentence.
#[must_use]
pub fn match_summary(rows: &[MatchRow]) -> String {
    let count = |face: Face| rows.iter().filter(|row| row.face == face).count();
    format!(
        "{} servers: {} exact, {} fuzzy, {} by hand, {} unmatched",
        rows.len(),
        count(Face::Exact),
        count(Face::Fuzzy),
        count(Face::Manual),
        count(Face::Unmatched)
    )
}

/// The rows, each with why its last change was refused, by key.
#[must_use]
pub fn with_refusals(rows: &[MatchRow], refused: &BTreeMap<String, String>) -> Vec<MatchRow> {
    let mut rows = rows.to_vec();
    for row in rows.iter_mut().filter(|_| !refused.is_empty()) {
        row.refused = refused.get(&row.key()).cloned().unwrap_or_default();
    }
    rows
}

/// A refusal in one line.
#[must_use]
pub fn refusal(problem: &Problem) -> String {
    let findings = problem.findings.iter().map(|one| one.message.as_str());
    std::iter::once(problem.message.as_str())
        .chain(findings)
        .chain(problem.remediation.as_deref())
        .collect::<Vec<_>>()
        .join("; ")
}

/// Instances whose name or id holds the text, in any case. What matching found comes first.
#[must_use]
pub fn choices(free: &[Free], text: &str, suggested: Option<&InstanceId>) -> Vec<Choice> {
    let mut fitting = like(free, text);
    fitting.sort_by_key(|one| Some(&one.id) != suggested);
    std::iter::once(Choice::new("", "Choose an instance"))
        .chain(
            fitting
                .into_iter()
                .map(|one| Choice::new(one.id.to_string(), one.name.clone())),
        )
        .collect()
}

/// Instances whose name or id holds the text, in any case.
#[must_use]
pub fn like<'a>(free: &'a [Free], text: &str) -> Vec<&'a Free> {
    let text = text.trim().to_lowercase();
    free.iter()
        .filter(|one| one.name.to_lowercase().contains(&text))
        .collect()
}

/// What is asked of the server when a person gives a server an instance.
#[derive(Debug, Clone, PartialEq)]
pub enum ByHand {
    /// A new pair.
    Pair(ConfigurePairsRequest),
    /// The pair that there is, pointed elsewhere, unless somebody else changed it.
    Point(UpdatePairRequest),
}

/// The request for a row.
#[must_use]
pub fn by_hand(row: &MatchRow, target_instance_id: InstanceId) -> ByHand {
    let group_id = row.group_id.clone();
    match row.saved.clone() {
        Some((pair_id, version)) => ByHand::Point(UpdatePairRequest {
            group_id,
            pair_id,
            target_instance_id,
            version: Some(version),
        }),
        None => ByHand::Pair(ConfigurePairsRequest {
            group_id,
            pairs: Some(vec![PairRef {
                source_server_id: row.server_id.clone(),
                target_instance_id,
            }]),
            fuzzy_matching_tolerance: Default::default(),
            ignore_special_characters: false,
        }),
    }
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
