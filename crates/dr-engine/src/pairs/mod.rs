//! Instance pairs: saving what matching found or a person chose, pointing a pair elsewhere, deleting it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_error::{Error, FieldProblem, Result};
use dr_model::group::ProtectionGroup;
use dr_model::ids::{GroupId, InstanceId, PairId, SourceServerId};
use dr_model::pair::{InstancePair, MatchMethod};
use dr_model::target::TargetInstance;

use crate::app::App;
use crate::matching::{self, Matched};
use crate::servers;

/// What is to be paired: one server, one instance, and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub source_name: Option<String>,
    /// The instance.
    pub target_instance_id: InstanceId,
    /// Its name.
    pub target_name: Option<String>,
    /// Its private IP.
    pub target_private_ip: Option<String>,
    /// Similarity, 0.0 to 1.0.
    pub confidence: f64,
    /// How.
    pub method: MatchMethod,
}

/// What there is to write so that the choices stand. Pure.
#[derive(Debug, Default, PartialEq)]
pub struct Writes {
    /// New pairs.
    pub create: Vec<Choice>,
    /// Pairs that change, as they are to be.
    pub update: Vec<InstancePair>,
    /// Pairs that stand as chosen.
    pub keep: Vec<InstancePair>,
}

/// Compares choices with what is saved. A pair that a person chose is not replaced by one that matching found, and
/// its instance is not given to another server.
#[must_use]
pub fn plan(choices: Vec<Choice>, saved: Vec<InstancePair>, now: DateTime<Utc>) -> Writes {
    let mut saved: BTreeMap<SourceServerId, InstancePair> = saved
        .into_iter()
        .map(|pair| (pair.source_server_id.clone(), pair))
        .collect();
    let by_hand: BTreeMap<InstanceId, SourceServerId> = saved
        .values()
        .filter(|pair| pair.method == MatchMethod::Manual)
        .map(|pair| {
            (
                pair.target_instance_id.clone(),
                pair.source_server_id.clone(),
            )
        })
        .collect();
    let mut writes = Writes::default();
    for choice in choices {
        let is_matched = choice.method != MatchMethod::Manual;
        let is_given_by_hand = by_hand
            .get(&choice.target_instance_id)
            .is_some_and(|owner| *owner != choice.source_server_id);
        match saved.remove(&choice.source_server_id) {
            Some(pair) if is_matched && pair.method == MatchMethod::Manual => {
                writes.keep.push(pair);
            }
            found if is_matched && is_given_by_hand => writes.keep.extend(found),
            None => writes.create.push(choice),
            // A person who confirms what matching found has chosen it.
            Some(pair)
                if pair.target_instance_id == choice.target_instance_id
                    && (is_matched || pair.method == MatchMethod::Manual) =>
            {
                writes.keep.push(pair);
            }
            Some(pair) => writes.update.push(repointed(pair, choice, now)),
        }
    }
    writes
}

fn repointed(pair: InstancePair, choice: Choice, now: DateTime<Utc>) -> InstancePair {
    InstancePair {
        source_name: choice.source_name,
        target_instance_id: choice.target_instance_id,
        target_name: choice.target_name,
        target_private_ip: choice.target_private_ip,
        confidence: choice.confidence,
        method: choice.method,
        updated_at: now,
        ..pair
    }
}

/// What was saved.
#[derive(Debug)]
pub struct Saved {
    /// Pairs that stand now.
    pub pairs: Vec<InstancePair>,
    /// How many of them are new or changed.
    pub saved: usize,
    /// Matching, where it was asked to choose.
    pub matched: Option<Matched>,
}

/// Saves the pairs that matching finds for a group.
///
/// # Errors
/// When matching fails, or a target is taken by a pair of another group.
pub async fn save_matched(
    app: &App,
    group: &ProtectionGroup,
    tolerance: f64,
    ignore_special: bool,
) -> Result<Saved> {
    let request = matching::Request {
        direction: group.direction.clone(),
        group_id: Some(group.id.clone()),
        tolerance,
        ignore_special_characters: ignore_special,
    };
    let matched = matching::run(app, &request).await?;
    let choices = choices_of(&matched);
    let (pairs, saved) = save(app, &group.id, choices).await?;
    Ok(Saved {
        pairs,
        saved,
        matched: Some(matched),
    })
}

/// What matching found, as choices.
#[must_use]
pub fn choices_of(matched: &Matched) -> Vec<Choice> {
    let choice = |pair: &dr_matcher::Pair| {
        let source = matched.sources.get(pair.source)?;
        let target = matched.targets.get(pair.target)?;
        Some(Choice {
            source_server_id: source.id.clone(),
            source_name: matched.source_names.get(pair.source).cloned().flatten(),
            target_instance_id: target.id.clone(),
            target_name: target.name().map(ToOwned::to_owned),
            target_private_ip: target.private_ip.clone(),
            confidence: pair.confidence,
            method: matching::method(pair.method),
        })
    };
    matched.matching.pairs.iter().filter_map(choice).collect()
}

/// Saves pairs that a person chose for a group.
///
/// # Errors
/// When a server is not of the group, an instance does not exist, one is named twice, or a target is taken.
pub async fn save_chosen(
    app: &App,
    group: &ProtectionGroup,
    chosen: &[(SourceServerId, InstanceId)],
) -> Result<Saved> {
    let choices = check_chosen(app, group, chosen).await?;
    let (pairs, saved) = save(app, &group.id, choices).await?;
    Ok(Saved {
        pairs,
        saved,
        matched: None,
    })
}

async fn check_chosen(
    app: &App,
    group: &ProtectionGroup,
    chosen: &[(SourceServerId, InstanceId)],
) -> Result<Vec<Choice>> {
    let (members, _) = servers::resolve(app, &group.direction, &group.selection).await?;
    let targets = targets_by_id(
        app,
        group,
        chosen.iter().map(|(_, target)| target.clone()).collect(),
    )
    .await?;
    let members: BTreeMap<_, _> = members
        .into_iter()
        .map(|server| (server.id.clone(), server))
        .collect();
    let mut problems = Vec::new();
    let mut choices = Vec::new();
    let mut sources_seen = std::collections::BTreeSet::new();
    let mut targets_seen = std::collections::BTreeSet::new();
    for (index, (source_id, target_id)) in chosen.iter().enumerate() {
        let field = |name: &str| format!("pairs[{index}].{name}");
        if !sources_seen.insert(source_id) {
            problems.push(
                FieldProblem::new(field("source_server_id"), "each server once").got(source_id),
            );
        }
        if !targets_seen.insert(target_id) {
            problems.push(
                FieldProblem::new(field("target_instance_id"), "each instance once").got(target_id),
            );
        }
        let source = members.get(source_id);
        let target = targets.get(target_id);
        if source.is_none() {
            problems.push(
                FieldProblem::new(field("source_server_id"), "a server of the group")
                    .got(source_id),
            );
        }
        if target.is_none() {
            let expected = format!("an instance in {}", group.direction.recovery);
            problems.push(FieldProblem::new(field("target_instance_id"), expected).got(target_id));
        }
        if let (Some(source), Some(target)) = (source, target) {
            choices.push(chosen_by_hand(source_id.clone(), source.own_name(), target));
        }
    }
    if problems.is_empty() {
        Ok(choices)
    } else {
        Err(Error::Invalid(problems))
    }
}

fn chosen_by_hand(
    source_server_id: SourceServerId,
    name: Option<&str>,
    target: &TargetInstance,
) -> Choice {
    let confidence = match (name, target.name()) {
        (Some(a), Some(b)) => dr_matcher::confidence(a, b),
        _ => 0.0,
    };
    Choice {
        source_server_id,
        source_name: name.map(ToOwned::to_owned),
        target_instance_id: target.id.clone(),
        target_name: target.name().map(ToOwned::to_owned),
        target_private_ip: target.private_ip.clone(),
        confidence,
        method: MatchMethod::Manual,
    }
}

async fn targets_by_id(
    app: &App,
    group: &ProtectionGroup,
    ids: Vec<InstanceId>,
) -> Result<BTreeMap<InstanceId, TargetInstance>> {
    let cloud = app.cloud(&group.direction.recovery).await?;
    let found = cloud.ec2.instances(&ids).await?;
    Ok(found
        .into_iter()
        .map(|target| (target.id.clone(), target))
        .collect())
}

async fn save(
    app: &App,
    group: &GroupId,
    choices: Vec<Choice>,
) -> Result<(Vec<InstancePair>, usize)> {
    let now = app.clock().now();
    let writes = plan(choices, app.store().pairs_of_group(group).await?, now);
    let mut create: Vec<InstancePair> = writes
        .create
        .into_iter()
        .map(|choice| new_pair(app, group, choice, now))
        .collect::<Result<_>>()?;
    let mut update = writes.update;
    let created = app.store().create_pairs(&mut create).await?;
    let updated = app.store().update_pairs(&mut update).await?;
    let first_refused = created.into_iter().chain(updated).next();
    if let Some((_, error)) = first_refused {
        // What could be saved is saved, and the same call saves the rest once the conflict is gone.
        return Err(error);
    }
    let saved = create.len() + update.len();
    let mut pairs = writes.keep;
    pairs.extend(create);
    pairs.extend(update);
    pairs.sort_by(|a, b| a.source_server_id.cmp(&b.source_server_id));
    Ok((pairs, saved))
}

pub(crate) fn new_pair(
    app: &App,
    group: &GroupId,
    choice: Choice,
    now: DateTime<Utc>,
) -> Result<InstancePair> {
    Ok(InstancePair {
        id: app.new_id("pair-")?,
        group_id: group.clone(),
        source_server_id: choice.source_server_id,
        source_name: choice.source_name,
        target_instance_id: choice.target_instance_id,
        target_name: choice.target_name,
        target_private_ip: choice.target_private_ip,
        confidence: choice.confidence,
        method: choice.method,
        configuration: None,
        created_at: now,
        updated_at: now,
        version: 0,
    })
}

/// Points a pair to another instance.
///
/// # Errors
/// When there is no such pair or instance, the target is taken, or the version is not the one that was read.
pub async fn repoint(
    app: &App,
    group: &ProtectionGroup,
    pair: &PairId,
    target: &InstanceId,
    version: Option<u64>,
) -> Result<InstancePair> {
    let pair = app.store().pair(&group.id, pair).await?;
    expect_version("instance pair", pair.id.as_str(), pair.version, version)?;
    let targets = targets_by_id(app, group, vec![target.clone()]).await?;
    let found = targets.get(target).ok_or_else(|| {
        let expected = format!("an instance in {}", group.direction.recovery);
        Error::Invalid(vec![
            FieldProblem::new("target_instance_id", expected).got(target),
        ])
    })?;
    let choice = chosen_by_hand(
        pair.source_server_id.clone(),
        pair.source_name.as_deref(),
        found,
    );
    let mut changed = repointed(pair, choice, app.clock().now());
    app.store().update_pair(&mut changed).await?;
    Ok(changed)
}

/// Fails when a caller read another version than the stored one.
///
/// # Errors
/// [`Error::VersionConflict`].
pub fn expect_version(kind: &'static str, id: &str, stored: u64, read: Option<u64>) -> Result<()> {
    match read {
        Some(version) if version != stored => Err(Error::VersionConflict {
            kind,
            id: id.to_owned(),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
