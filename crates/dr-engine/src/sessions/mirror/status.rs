//! What mirroring would do, and how it stands.

use dr_error::Result;
use dr_model::ids::{GroupId, SessionId};
use dr_model::session::{FailoverSession, SessionPart, SessionServer, Stage};

use crate::app::App;
use crate::sessions::mirror::plan::{self, Unmapped};
use crate::sessions::mirror::{
    Changes, Draft, GroupOutcome, Options, Outcome, apply, fresh_groups, keep, servers_of,
};

/// What mirroring would do.
///
/// # Errors
/// What AWS answers.
pub(super) async fn preview(
    app: &App,
    session: &FailoverSession,
    parts: &[SessionPart],
    draft: &Draft,
    options: Options,
) -> Result<Outcome> {
    let groups = fresh_groups(app, session, draft)?;
    let by_original = groups
        .iter()
        .map(|one| (one.original_id.clone(), one.group.id.clone()))
        .collect();
    let fresh = keep::fresh_plan(
        app,
        &session.id,
        &draft.original,
        &by_original,
        options.reverse_waves,
    )?;
    let wanted = draft.wanted(&session.id)?;
    let mut would = parts.to_vec();
    for server in would.iter_mut().flat_map(|part| &mut part.servers) {
        if let Some(mirrored) = wanted.get(&server.source_server_id) {
            server.mirrored = Some(mirrored.clone());
        }
    }
    let (orders, remaining) = apply::next_orders(&would);
    let changes: Changes = apply::all(app, session, &orders, false)
        .await?
        .into_iter()
        .map(|one| (one.source_server_id, one.changes))
        .collect();
    Ok(Outcome {
        session: session.clone(),
        is_dry_run: true,
        groups,
        plan: Some(fresh.plan),
        dropped_waves: fresh.dropped_waves,
        servers: servers_of(&would, |id| changes.get(id).cloned().unwrap_or_default()),
        unmapped: draft.assigned.unmapped.clone(),
        remaining,
    })
}

/// How mirroring stands, from what is stored.
///
/// # Errors
/// What the store answers.
pub async fn status(app: &App, id: &SessionId) -> Result<Outcome> {
    let session = app.store().session(id).await?;
    let parts = app.store().session_parts(&session).await?;
    let ids: Vec<GroupId> = session
        .mirrored_groups
        .iter()
        .map(|group| group.mirrored_id.clone())
        .collect();
    let groups = app.store().groups_by_id(&ids).await?;
    let plan_ids: Vec<_> = session.mirrored_plan_id.iter().cloned().collect();
    let plan = app.store().plans_by_id(&plan_ids).await?.into_iter().next();
    let original_ids: Vec<_> = session.plan_id.iter().cloned().collect();
    let original = app.store().plans_by_id(&original_ids).await?;
    let dropped_waves = original
        .iter()
        .flat_map(|original| &original.waves)
        .map(|wave| wave.name.clone())
        .filter(|name| {
            plan.as_ref()
                .is_some_and(|plan| plan.waves.iter().all(|w| w.name != *name))
        })
        .collect();
    let servers = || parts.iter().flat_map(|part| &part.servers);
    Ok(Outcome {
        is_dry_run: false,
        groups: groups
            .into_iter()
            .filter_map(|group| {
                let link = session
                    .mirrored_groups
                    .iter()
                    .find(|link| link.mirrored_id == group.id)?;
                Some(GroupOutcome {
                    original_id: link.original_id.clone(),
                    group,
                })
            })
            .collect(),
        plan,
        dropped_waves,
        servers: servers_of(&parts, |_| Vec::new()),
        unmapped: servers().filter_map(unmapped).collect(),
        remaining: servers().filter(|server| plan::is_pending(server)).count(),
        session,
    })
}

/// Why a server is not mirrored, as far as what is stored says.
fn unmapped(server: &SessionServer) -> Option<Unmapped> {
    let waits = matches!(
        server.stage,
        Stage::Recovered | Stage::Repairing | Stage::Reversing | Stage::Ready
    );
    if !waits || server.mirrored.is_some() {
        return None;
    }
    if server.way_back.is_none() {
        return Some(plan::without_way_back(server));
    }
    Some(Unmapped {
        source_server_id: server.source_server_id.clone(),
        name: server.name.clone(),
        reason: "It is not in the mirrored groups".to_owned(),
        remediation: "Mirror the configuration".to_owned(),
    })
}
