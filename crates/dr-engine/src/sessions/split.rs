//! Splitting a session, so that a server left behind does not hold the rest.

use std::collections::BTreeSet;

use dr_error::{Error, FieldProblem, Result};
use dr_model::ids::{SessionId, SourceServerId};
use dr_model::session::{Action, FailoverSession, SessionPart, SessionServer};

use crate::app::App;
use crate::sessions::change;

/// Moves servers into a session of their own; answers the session that keeps the others, and the new one. The new one
/// has no mirrored configuration: it mirrors its own, and the old one mirrors again without them.
///
/// # Errors
/// Where a server is unknown or busy, or none would stay.
pub async fn split(
    app: &App,
    id: &SessionId,
    chosen: &BTreeSet<SourceServerId>,
    by: &str,
) -> Result<(FailoverSession, FailoverSession)> {
    let mut kept = change::fold(app, id).await?;
    change::allowed(&kept, Action::Split)?;
    let mut parts = app.store().session_parts(&kept).await?;
    let all: Vec<SessionServer> = parts.iter().flat_map(|part| part.servers.clone()).collect();
    refuse_unfit(&all, chosen)?;
    let is_chosen = |server: &SessionServer| chosen.contains(&server.source_server_id);
    let mut going: Vec<SessionServer> = all.into_iter().filter(is_chosen).collect();
    for server in &mut going {
        server.mirrored = None;
        server.intent = None;
    }
    let new_id: SessionId = app.new_id("fs-")?;
    let now = app.clock().now();
    let mut new_parts = SessionPart::all_of(&new_id, &going);
    let mut new = FailoverSession {
        id: new_id,
        split_from: Some(id.clone()),
        mirrored_plan_id: None,
        mirrored_groups: Vec::new(),
        failback_execution_id: None,
        commit_window: None,
        parts: new_parts.len(),
        created_by: by.to_owned(),
        created_at: now,
        updated_at: now,
        version: 0,
        ..kept.clone()
    };
    kept.updated_at = now;
    // Parts keep their numbers, and may become empty.
    let mut changed = Vec::new();
    for part in &mut parts {
        let before = part.servers.len();
        part.servers.retain(|server| !is_chosen(server));
        if part.servers.len() < before {
            changed.push(part.clone());
        }
    }
    change::folded(&mut new, &new_parts, now);
    change::folded(&mut kept, &parts, now);
    app.store()
        .split_session(&mut kept, &mut changed, &mut new, &mut new_parts)
        .await?;
    Ok((kept, new))
}

fn refuse_unfit(all: &[SessionServer], chosen: &BTreeSet<SourceServerId>) -> Result<()> {
    let find = |id: &SourceServerId| all.iter().find(|server| server.source_server_id == *id);
    let problems: Vec<FieldProblem> = chosen
        .iter()
        .enumerate()
        .filter_map(|(number, id)| {
            let expected = match find(id) {
                None => "a server of this session".to_owned(),
                Some(server) if !Action::Split.takes().contains(&server.stage) => {
                    format!("a server that is not busy; it is {:?}", server.stage)
                }
                Some(_) => return None,
            };
            Some(FieldProblem::new(format!("source_server_ids[{number}]"), expected).got(id))
        })
        .collect();
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    if chosen.is_empty() || chosen.len() >= all.len() {
        return Err(Error::invalid(
            "source_server_ids",
            "at least one server, and not all of the session",
        ));
    }
    Ok(())
}
