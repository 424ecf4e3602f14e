//! Mirroring: the group and the plan that bring a fleet home, made from those that failed it over.
//!
//! The originals are taken apart field by field, so that a field that is added to them does not compile here until
//! somebody has decided what becomes of it on the way home.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use crate::group::{ProtectionGroup, Selection};
use crate::ids::{GroupId, PlanId, SessionId, SourceServerId};
use crate::place::Direction;
use crate::plan::{RecoveryPlan, Wave};

/// Characters of a name at most, as for every group and plan.
pub const MAX_NAME: usize = 128;
/// What a mirrored name ends with.
const SUFFIX: &str = "-failback";

/// What a mirrored group or plan has of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own<Id> {
    /// Its id.
    pub id: Id,
    /// Its name: [`name_for`].
    pub name: String,
    /// The session that it belongs to.
    pub session_id: SessionId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// The version that is stored; 0 for a new one.
    pub version: u64,
}

/// The way home of a direction. The source servers of the way back live in the origin, because DRS keeps them in the
/// account and region that replicate into.
#[must_use]
pub fn homeward(direction: &Direction) -> Direction {
    Direction {
        primary: direction.recovery.clone(),
        recovery: direction.primary.clone(),
    }
}

/// The name of what brings `original` home, cut to the limit of names. `attempt` counts from 0 and rises where
/// somebody else has the name.
#[must_use]
pub fn name_for(original: &str, attempt: usize) -> String {
    let suffix = match attempt {
        0 => SUFFIX.to_owned(),
        n => format!("{SUFFIX}-{}", n + 1),
    };
    let kept: String = original
        .chars()
        .take(MAX_NAME.saturating_sub(suffix.chars().count()))
        .collect();
    format!("{}{suffix}", kept.trim_end())
}

/// The group that brings `original` home, with these source servers of the way back. They are named one by one: the
/// tags that chose the original's servers are on other source servers.
#[must_use]
pub fn mirrored_group(
    original: &ProtectionGroup,
    servers: BTreeSet<SourceServerId>,
    own: Own<GroupId>,
) -> ProtectionGroup {
    let ProtectionGroup {
        id: original_id,
        name: _,
        description,
        direction,
        selection: _,
        mirror_of: _,
        mirrored_as: _,
        session_id: _,
        created_at: _,
        updated_at: _,
        version: _,
    } = original;
    ProtectionGroup {
        id: own.id,
        name: own.name,
        description: description.clone(),
        direction: homeward(direction),
        selection: Selection::ServerIds(servers),
        mirror_of: Some(original_id.clone()),
        mirrored_as: None,
        session_id: Some(own.session_id),
        created_at: own.created_at,
        updated_at: own.updated_at,
        version: own.version,
    }
}

/// A mirrored plan, and what of the original it could not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirroredPlan {
    /// The plan.
    pub plan: RecoveryPlan,
    /// Waves that were left out, because none of their groups has anything to bring home.
    pub dropped_waves: Vec<String>,
}

/// The plan that brings `original` home. `groups` maps original groups to mirrored ones. Requirement 001, 4.2 to 4.4:
/// whatever a wave holds is kept.
///
/// With `reverse_waves` the last wave goes home first. A pause stands between two waves, so it stays between the same
/// two; one before the first wave stays at the beginning. The pause before a wave that is left out goes to the next.
#[must_use]
pub fn mirrored_plan(
    original: &RecoveryPlan,
    groups: &BTreeMap<GroupId, GroupId>,
    reverse_waves: bool,
    own: Own<PlanId>,
) -> MirroredPlan {
    let RecoveryPlan {
        id: original_id,
        name: _,
        description,
        waves,
        rto_target_seconds,
        pause_timeout_seconds,
        mirror_of: _,
        mirrored_as: _,
        session_id: _,
        created_at: _,
        updated_at: _,
        version: _,
    } = original;
    let (mut waves, dropped_waves) = mirrored_waves(waves, groups);
    if reverse_waves {
        waves = reversed(waves);
    }
    let plan = RecoveryPlan {
        id: own.id,
        name: own.name,
        description: description.clone(),
        waves,
        rto_target_seconds: *rto_target_seconds,
        pause_timeout_seconds: *pause_timeout_seconds,
        mirror_of: Some(original_id.clone()),
        mirrored_as: None,
        session_id: Some(own.session_id),
        created_at: own.created_at,
        updated_at: own.updated_at,
        version: own.version,
    };
    MirroredPlan {
        plan,
        dropped_waves,
    }
}

fn mirrored_waves(waves: &[Wave], groups: &BTreeMap<GroupId, GroupId>) -> (Vec<Wave>, Vec<String>) {
    let mut kept = Vec::new();
    let mut dropped = Vec::new();
    let mut is_pause_owed = false;
    for wave in waves {
        let Wave {
            name,
            group_ids,
            pause_before,
            on_failure,
            actions_before,
            actions_after,
        } = wave;
        let group_ids: Vec<GroupId> = group_ids
            .iter()
            .filter_map(|id| groups.get(id).cloned())
            .collect();
        let pause_before = *pause_before || is_pause_owed;
        if group_ids.is_empty() {
            dropped.push(name.clone());
            is_pause_owed = pause_before;
            continue;
        }
        is_pause_owed = false;
        kept.push(Wave {
            name: name.clone(),
            group_ids,
            pause_before,
            on_failure: *on_failure,
            // As they are: which of the instances that they name stands for which at home nobody knows.
            actions_before: actions_before.clone(),
            actions_after: actions_after.clone(),
        });
    }
    (kept, dropped)
}

fn reversed(mut waves: Vec<Wave>) -> Vec<Wave> {
    let pauses: Vec<bool> = waves.iter().map(|wave| wave.pause_before).collect();
    let (first, between) = pauses.split_at(pauses.len().min(1));
    let pauses = first.iter().chain(between.iter().rev());
    waves.reverse();
    for (wave, pause) in waves.iter_mut().zip(pauses) {
        wave.pause_before = *pause;
    }
    waves
}

#[cfg(test)]
#[path = "mirror_tests.rs"]
mod tests;
