//! The end of a clean-up: mirrored groups, pairs and plan go. Safe to repeat.

use dr_error::{Error, Result};
use dr_model::group::ProtectionGroup;
use dr_model::ids::GroupId;
use dr_model::plan::RecoveryPlan;
use dr_model::session::{FailoverSession, MirroredGroup, SessionPart, Stage};

use crate::app::App;
use crate::sessions::change;
use crate::sessions::mirror::keep;

/// Tries on a record that people change meanwhile.
const TRIES: usize = 8;

/// Every server that counts is home, and what was mirrored for them is still there.
#[must_use]
pub fn is_over(session: &FailoverSession, parts: &[SessionPart]) -> bool {
    let mut counted = parts
        .iter()
        .flat_map(|part| &part.servers)
        .filter(|server| server.stage != Stage::LeftOut)
        .peekable();
    let is_mirrored = session.mirrored_plan_id.is_some() || !session.mirrored_groups.is_empty();
    is_mirrored && counted.peek().is_some() && counted.all(|server| server.stage == Stage::Home)
}

/// Removes what was mirrored for this session, and the links to it. Requirement 001, 8.4 and 8.5. Before the end is
/// stored, because nobody looks again after it.
///
/// # Errors
/// What the store answers: whoever looks next tries again.
pub async fn finish(app: &App, session: &FailoverSession) -> Result<()> {
    let ids: Vec<GroupId> = session
        .mirrored_groups
        .iter()
        .flat_map(|group| [group.original_id.clone(), group.mirrored_id.clone()])
        .collect();
    let stored = app.store().groups_by_id(&ids).await?;
    let ours: Vec<MirroredGroup> = session
        .mirrored_groups
        .iter()
        .filter(|link| {
            stored.iter().any(|group| {
                group.id == link.mirrored_id && group.session_id.as_ref() == Some(&session.id)
            })
        })
        .cloned()
        .collect();
    for group in stored {
        unlink_group(app, session, group).await?;
    }
    if let Some(id) = &session.mirrored_plan_id {
        let mirrored = app.store().plans_by_id(std::slice::from_ref(id)).await?;
        let original = mirrored.iter().find_map(|plan| plan.mirror_of.clone());
        for id in original.iter().chain(&session.plan_id) {
            let found = app.store().plans_by_id(std::slice::from_ref(id)).await?;
            for plan in found {
                unlink_plan(app, session, plan).await?;
            }
        }
        for plan in mirrored {
            if plan.session_id.as_ref() == Some(&session.id) {
                gone(app.store().delete_plan(&plan).await)?;
            }
        }
    }
    keep::remove(app, &ours).await?;
    change::header(app, &session.id, |session| {
        let was_mirrored =
            session.mirrored_plan_id.is_some() || !session.mirrored_groups.is_empty();
        session.mirrored_plan_id = None;
        session.mirrored_groups.clear();
        Ok(was_mirrored)
    })
    .await
    .map(drop)
}

fn gone(result: Result<()>) -> Result<()> {
    match result {
        Err(Error::NotFound { .. }) => Ok(()),
        other => other,
    }
}

/// An original that a later session has mirrored since is left to that one.
async fn unlink_group(
    app: &App,
    session: &FailoverSession,
    mut group: ProtectionGroup,
) -> Result<()> {
    for _ in 0..TRIES {
        if group.mirrored_as.is_none() || group.session_id.as_ref() != Some(&session.id) {
            return Ok(());
        }
        group.mirrored_as = None;
        group.session_id = None;
        match app.store().update_group(&mut group).await {
            Err(Error::VersionConflict { .. }) => {}
            other => return gone(other),
        }
        let ids = [group.id.clone()];
        let Some(found) = app.store().groups_by_id(&ids).await?.into_iter().next() else {
            return Ok(());
        };
        group = found;
    }
    Err(Error::VersionConflict {
        kind: "protection group",
        id: group.id.to_string(),
    })
}

async fn unlink_plan(app: &App, session: &FailoverSession, mut plan: RecoveryPlan) -> Result<()> {
    for _ in 0..TRIES {
        if plan.mirrored_as.is_none() || plan.session_id.as_ref() != Some(&session.id) {
            return Ok(());
        }
        plan.mirrored_as = None;
        plan.session_id = None;
        match app.store().update_plan(&mut plan).await {
            Err(Error::VersionConflict { .. }) => {}
            other => return gone(other),
        }
        let ids = [plan.id.clone()];
        let Some(found) = app.store().plans_by_id(&ids).await?.into_iter().next() else {
            return Ok(());
        };
        plan = found;
    }
    Err(Error::VersionConflict {
        kind: "recovery plan",
        id: plan.id.to_string(),
    })
}
