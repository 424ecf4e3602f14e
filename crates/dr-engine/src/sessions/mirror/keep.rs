//! Storing what mirroring makes. Ids are derived from the session and the original, so that whoever does it again,
//! after a crash or because somebody asked again, finds what was made before.

use std::collections::{BTreeMap, BTreeSet};

use dr_error::ids::derived;
use dr_error::{Error, Result};
use dr_model::group::{ProtectionGroup, Selection};
use dr_model::ids::{GroupId, InstanceId, PlanId, SessionId, SourceServerId};
use dr_model::mirror::{MirroredPlan, Own, mirrored_group, mirrored_plan, name_for};
use dr_model::pair::{InstancePair, MatchMethod};
use dr_model::plan::RecoveryPlan;
use dr_model::session::MirroredGroup;

use crate::app::App;
use crate::pairs::{self, Choice, new_pair};
use crate::sessions::mirror::plan::Original;

/// Names tried for one group or plan.
const NAMES: usize = 50;
/// Tries on a record that others change meanwhile.
const TRIES: usize = 5;

/// The id that a session's mirror of a group always has.
///
/// # Errors
/// Never: the text is a prefix and a UUID.
pub fn group_id(session: &SessionId, original: &GroupId) -> Result<GroupId> {
    let uuid = derived("mirrored group", &format!("{session}/{original}"));
    format!("pg-{uuid}").parse().map_err(Error::internal)
}

/// The id that a session's mirror of a plan always has.
///
/// # Errors
/// Never: the text is a prefix and a UUID.
pub fn plan_id(session: &SessionId, original: &PlanId) -> Result<PlanId> {
    let uuid = derived("mirrored plan", &format!("{session}/{original}"));
    format!("rp-{uuid}").parse().map_err(Error::internal)
}

fn own<Id>(app: &App, id: Id, session: &SessionId, original_name: &str) -> Own<Id> {
    let now = app.clock().now();
    Own {
        id,
        name: name_for(original_name, 0),
        session_id: session.clone(),
        created_at: now,
        updated_at: now,
        version: 0,
    }
}

/// The mirrored group as it would be made anew.
///
/// # Errors
/// Never.
pub fn fresh_group(
    app: &App,
    session: &SessionId,
    original: &ProtectionGroup,
    is_made_up: bool,
    servers: BTreeSet<SourceServerId>,
) -> Result<ProtectionGroup> {
    let id = group_id(session, &original.id)?;
    let mut group = mirrored_group(original, servers, own(app, id, session, &original.name));
    if is_made_up {
        group.mirror_of = None;
    }
    Ok(group)
}

/// The mirrored plan as it would be made anew.
///
/// # Errors
/// Never.
pub fn fresh_plan(
    app: &App,
    session: &SessionId,
    original: &Original,
    groups: &BTreeMap<GroupId, GroupId>,
    reverse_waves: bool,
) -> Result<MirroredPlan> {
    let id = plan_id(session, &original.plan.id)?;
    let own = own(app, id, session, &original.plan.name);
    let mut mirrored = mirrored_plan(&original.plan, groups, reverse_waves, own);
    if original.is_made_up {
        mirrored.plan.mirror_of = None;
    }
    Ok(mirrored)
}

/// Stores a group: made, or brought up to date where this session made it before. A name that people gave it stays.
///
/// # Errors
/// What the store answers.
pub async fn group(app: &App, fresh: ProtectionGroup, original: &str) -> Result<ProtectionGroup> {
    for _ in 0..TRIES {
        let ids = [fresh.id.clone()];
        let Some(stored) = app.store().groups_by_id(&ids).await?.into_iter().next() else {
            return new_group(app, fresh, original).await;
        };
        let mut wanted = ProtectionGroup {
            name: stored.name.clone(),
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            version: stored.version,
            ..fresh.clone()
        };
        if wanted == stored {
            return Ok(stored);
        }
        wanted.updated_at = app.clock().now();
        match app.store().update_group(&mut wanted).await {
            Ok(()) => return Ok(wanted),
            Err(Error::VersionConflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::VersionConflict {
        kind: "protection group",
        id: fresh.id.to_string(),
    })
}

async fn new_group(
    app: &App,
    mut group: ProtectionGroup,
    original: &str,
) -> Result<ProtectionGroup> {
    for attempt in 0..NAMES {
        group.name = name_for(original, attempt);
        match app.store().create_group(&mut group).await {
            Ok(()) => return Ok(group),
            Err(error) if is_name_taken(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(all_names_taken(original))
}

/// Stores the plan, like [`group`].
///
/// # Errors
/// What the store answers.
pub async fn plan(app: &App, fresh: RecoveryPlan, original: &str) -> Result<RecoveryPlan> {
    for _ in 0..TRIES {
        let ids = [fresh.id.clone()];
        let Some(stored) = app.store().plans_by_id(&ids).await?.into_iter().next() else {
            return new_plan(app, fresh, original).await;
        };
        let mut wanted = RecoveryPlan {
            name: stored.name.clone(),
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            version: stored.version,
            ..fresh.clone()
        };
        if wanted == stored {
            return Ok(stored);
        }
        wanted.updated_at = app.clock().now();
        match app.store().update_plan(&mut wanted).await {
            Ok(()) => return Ok(wanted),
            Err(Error::VersionConflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::VersionConflict {
        kind: "recovery plan",
        id: fresh.id.to_string(),
    })
}

async fn new_plan(app: &App, mut plan: RecoveryPlan, original: &str) -> Result<RecoveryPlan> {
    for attempt in 0..NAMES {
        plan.name = name_for(original, attempt);
        match app.store().create_plan(&mut plan).await {
            Ok(()) => return Ok(plan),
            Err(error) if is_name_taken(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(all_names_taken(original))
}

fn is_name_taken(error: &Error) -> bool {
    matches!(
        error,
        Error::Conflict {
            code: "NAME_TAKEN",
            ..
        }
    )
}

fn all_names_taken(original: &str) -> Error {
    Error::Conflict {
        code: "NAME_TAKEN",
        message: format!(
            "{NAMES} names that follow from {original} are taken: delete what earlier sessions left"
        ),
    }
}

/// A2 to go into A1, with what people see of both.
#[derive(Debug, Clone)]
pub struct Wish {
    /// A2.
    pub way_back: SourceServerId,
    /// Name of the server.
    pub name: String,
    /// A1.
    pub target: InstanceId,
    /// Name tag of A1.
    pub target_name: Option<String>,
    /// Private IP of A1: what must be kept.
    pub private_ip: Option<String>,
}

/// Stores the pairs of a mirrored group: exactly these. An instance that a pair of another way home holds is taken
/// over, since a server goes home by one session only. Answers, by A2, what stands in the way.
///
/// # Errors
/// What the store answers.
pub async fn pairs(
    app: &App,
    group: &GroupId,
    wishes: Vec<Wish>,
) -> Result<BTreeMap<SourceServerId, String>> {
    let mut problems = BTreeMap::new();
    let (mut saved, gone): (Vec<InstancePair>, Vec<InstancePair>) = app
        .store()
        .pairs_of_group(group)
        .await?
        .into_iter()
        .partition(|pair| {
            wishes
                .iter()
                .any(|wish| wish.way_back == pair.source_server_id)
        });
    delete(app, &gone).await?;
    let targets: BTreeSet<InstanceId> = wishes.iter().map(|wish| wish.target.clone()).collect();
    let held = held_elsewhere(app, group, &targets).await?;
    let wishes: Vec<Wish> = wishes
        .into_iter()
        .filter(|wish| match held.get(&wish.target) {
            Some(why) => {
                problems.insert(wish.way_back.clone(), why.clone());
                false
            }
            None => true,
        })
        .collect();
    saved.retain(|pair| !problems.contains_key(&pair.source_server_id));
    let now = app.clock().now();
    let choices = wishes.into_iter().map(choice).collect();
    let writes = pairs::plan(choices, saved, now);
    let mut create: Vec<InstancePair> = writes
        .create
        .into_iter()
        .map(|choice| new_pair(app, group, choice, now))
        .collect::<Result<_>>()?;
    let mut update = writes.update;
    for (index, error) in app.store().create_pairs(&mut create).await? {
        if let Some(pair) = create.get(index) {
            problems.insert(pair.source_server_id.clone(), error.words());
        }
    }
    for (index, error) in app.store().update_pairs(&mut update).await? {
        if let Some(pair) = update.get(index) {
            problems.insert(pair.source_server_id.clone(), error.words());
        }
    }
    Ok(problems)
}

fn choice(wish: Wish) -> Choice {
    let confidence = wish
        .target_name
        .as_ref()
        .map_or(0.0, |target| dr_matcher::confidence(&wish.name, target));
    Choice {
        source_server_id: wish.way_back,
        source_name: Some(wish.name),
        target_instance_id: wish.target,
        target_name: wish.target_name,
        target_private_ip: wish.private_ip,
        confidence,
        method: MatchMethod::Manual,
    }
}

/// Deletes pairs; one that somebody else deleted is gone all the same.
async fn delete(app: &App, pairs: &[InstancePair]) -> Result<()> {
    if pairs.is_empty() {
        return Ok(());
    }
    for (_, error) in app.store().delete_pairs(pairs).await? {
        if !matches!(error, Error::NotFound { .. }) {
            return Err(error);
        }
    }
    Ok(())
}

/// Instances that pairs of other groups hold, with what to do about it. Those of other ways home are freed.
async fn held_elsewhere(
    app: &App,
    group: &GroupId,
    targets: &BTreeSet<InstanceId>,
) -> Result<BTreeMap<InstanceId, String>> {
    let mut held = app.store().pairs_of_targets(targets).await?;
    held.retain(|pair| pair.group_id != *group);
    if held.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: BTreeSet<GroupId> = held.iter().map(|pair| pair.group_id.clone()).collect();
    let ids: Vec<GroupId> = ids.into_iter().collect();
    let owners: BTreeMap<GroupId, ProtectionGroup> = app
        .store()
        .groups_by_id(&ids)
        .await?
        .into_iter()
        .map(|group| (group.id.clone(), group))
        .collect();
    let (theirs, free): (Vec<InstancePair>, Vec<InstancePair>) = held
        .into_iter()
        .partition(|pair| owners.get(&pair.group_id).is_some_and(|g| !is_a_mirror(g)));
    delete(app, &free).await?;
    Ok(theirs
        .into_iter()
        .map(|pair| {
            let name = owners.get(&pair.group_id).map_or("", |group| &group.name);
            let why = format!(
                "The original instance {} is the target of another pair, {} in the group {name}: delete that pair, then mirror again",
                pair.target_instance_id, pair.id
            );
            (pair.target_instance_id, why)
        })
        .collect())
}

/// Whether a group was made by mirroring. One that stands for no stored group has no original to name.
fn is_a_mirror(group: &ProtectionGroup) -> bool {
    group.mirror_of.is_some()
        || (group.session_id.is_some()
            && group.mirrored_as.is_none()
            && matches!(group.selection, Selection::ServerIds(_)))
}

/// Links originals to their mirrors. An original that is gone has nothing to be linked.
///
/// # Errors
/// What the store answers.
pub async fn link_groups(app: &App, session: &SessionId, groups: &[MirroredGroup]) -> Result<()> {
    for pair in groups {
        for _ in 0..TRIES {
            let ids = [pair.original_id.clone()];
            let Some(mut group) = app.store().groups_by_id(&ids).await?.into_iter().next() else {
                break;
            };
            let link = (Some(&pair.mirrored_id), Some(session));
            if (group.mirrored_as.as_ref(), group.session_id.as_ref()) == link {
                break;
            }
            group.mirrored_as = Some(pair.mirrored_id.clone());
            group.session_id = Some(session.clone());
            match app.store().update_group(&mut group).await {
                Ok(()) => break,
                Err(Error::VersionConflict { .. } | Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

/// Links the original plan to its mirror.
///
/// # Errors
/// What the store answers.
pub async fn link_plan(
    app: &App,
    session: &SessionId,
    original: &PlanId,
    mirrored: &PlanId,
) -> Result<()> {
    for _ in 0..TRIES {
        let ids = [original.clone()];
        let Some(mut plan) = app.store().plans_by_id(&ids).await?.into_iter().next() else {
            return Ok(());
        };
        if (plan.mirrored_as.as_ref(), plan.session_id.as_ref()) == (Some(mirrored), Some(session))
        {
            return Ok(());
        }
        plan.mirrored_as = Some(mirrored.clone());
        plan.session_id = Some(session.clone());
        match app.store().update_plan(&mut plan).await {
            Ok(()) => return Ok(()),
            Err(Error::VersionConflict { .. } | Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Removes mirrored groups that have nothing to bring home any more, with their pairs.
///
/// # Errors
/// What the store answers.
pub async fn remove(app: &App, groups: &[MirroredGroup]) -> Result<()> {
    let ids: Vec<GroupId> = groups
        .iter()
        .map(|group| group.mirrored_id.clone())
        .collect();
    for group in app.store().groups_by_id(&ids).await? {
        delete(app, &app.store().pairs_of_group(&group.id).await?).await?;
        match app.store().delete_group(&group).await {
            Ok(()) | Err(Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
