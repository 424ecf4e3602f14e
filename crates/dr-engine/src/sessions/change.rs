//! Changing a session: read, change, write if nobody else did; otherwise again.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use dr_error::{Error, Result};
use dr_model::ids::{SessionId, SourceServerId};
use dr_model::session::{
    Action, CommitPolicy, FailoverSession, SessionPart, SessionServer, StageTally,
};

use crate::app::App;
use crate::sessions::{Accepted, Chosen, commit};

/// Tries before giving up: the poller and people write the same records.
const TRIES: usize = 8;

/// Applies `change` to the stored header until it is written. `change` answers whether there is anything to write.
///
/// # Errors
/// What `change` or the store answers.
pub async fn header<F>(app: &App, id: &SessionId, change: F) -> Result<FailoverSession>
where
    F: Fn(&mut FailoverSession) -> Result<bool>,
{
    for _ in 0..TRIES {
        let mut session = app.store().session(id).await?;
        if !change(&mut session)? {
            return Ok(session);
        }
        session.updated_at = app.clock().now();
        match app.store().update_session(&mut session).await {
            Ok(()) => return Ok(session),
            Err(Error::VersionConflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Err(conflict(id))
}

/// Applies `change` to a stored part until it is written. `change` answers whether there is anything to write.
///
/// # Errors
/// What the store answers.
pub async fn part<F>(app: &App, id: &SessionId, number: usize, change: F) -> Result<SessionPart>
where
    F: FnMut(&mut SessionPart) -> bool,
{
    let part = app.store().session_part(id, number).await?;
    part_as_read(app, part, change).await
}

/// The same for a part that was read just now: it is read again only where somebody else wrote it meanwhile.
///
/// # Errors
/// What the store answers.
pub async fn part_as_read<F>(app: &App, part: SessionPart, mut change: F) -> Result<SessionPart>
where
    F: FnMut(&mut SessionPart) -> bool,
{
    let (id, number) = (part.session_id.clone(), part.number);
    let mut part = part;
    for _ in 0..TRIES {
        if !change(&mut part) {
            return Ok(part);
        }
        match app.store().update_session_part(&mut part).await {
            Ok(()) => return Ok(part),
            Err(Error::VersionConflict { .. }) => {
                part = app.store().session_part(&id, number).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Err(conflict(&id))
}

fn conflict(id: &SessionId) -> Error {
    Error::VersionConflict {
        kind: "failover session",
        id: id.to_string(),
    }
}

/// Counts the servers of a session anew and stores what follows from it: tally, status, whether work is under way.
///
/// # Errors
/// What the store answers.
pub async fn fold(app: &App, id: &SessionId) -> Result<FailoverSession> {
    let session = app.store().session(id).await?;
    let parts = app.store().session_parts(&session).await?;
    let now = app.clock().now();
    header(app, id, |session| Ok(folded(session, &parts, now))).await
}

/// Writes into a header what its parts say; answers whether that changed anything.
pub(crate) fn folded(
    session: &mut FailoverSession,
    parts: &[SessionPart],
    now: DateTime<Utc>,
) -> bool {
    let before = (
        session.commit_window.clone(),
        session.stages,
        session.status,
        session.is_active,
        session.failed_servers,
    );
    commit::settle(session, parts, now);
    let servers = || parts.iter().flat_map(|part| &part.servers);
    session.stages = StageTally::count(servers().map(|server| server.stage));
    session.failed_servers = servers().filter(|server| server.error.is_some()).count();
    session.status = session.status_of(session.stages);
    session.is_active =
        session.commit_window.is_some() || servers().any(|server| server.stage.is_active());
    before
        != (
            session.commit_window.clone(),
            session.stages,
            session.status,
            session.is_active,
            session.failed_servers,
        )
}

/// Whether an action is allowed for a session as a whole.
///
/// # Errors
/// `NOT_ALLOWED` with the reason.
pub fn allowed(session: &FailoverSession, action: Action) -> Result<usize> {
    action
        .allowed(
            session.stages,
            session.is_mirrored(),
            session.commit_window.is_some(),
        )
        .map_err(|no| Error::Conflict {
            code: "NOT_ALLOWED",
            message: format!(
                "{} is not allowed while the session is {}: {}",
                action.as_str(),
                session.status.as_str(),
                no.reason
            ),
        })
}

/// Marks the servers that an action takes. `apply` changes one of them, or says why it is not taken. The parts are
/// stored one by one: what was marked stays marked if the rest cannot be, and the same request does the rest.
///
/// # Errors
/// `NOT_ALLOWED`, when the session does not allow it or no server is taken; what the store answers.
pub async fn mark<F>(
    app: &App,
    id: &SessionId,
    action: Action,
    chosen: Chosen<'_>,
    apply: F,
) -> Result<Accepted>
where
    F: Fn(&mut SessionServer) -> std::result::Result<(), String>,
{
    let session = fold(app, id).await?;
    allowed(&session, action)?;
    let mut marked = Marked::default();
    for number in 0..session.parts {
        let mut of_part = Marked::default();
        part(app, id, number, |part| {
            of_part = Marked::default();
            let mut changed = false;
            for server in &mut part.servers {
                let is_chosen = chosen.is_none_or(|ids| ids.contains(&server.source_server_id));
                if is_chosen {
                    changed |= of_part.take(server, action, chosen.is_some(), &apply);
                }
            }
            changed
        })
        .await?;
        marked.taken.append(&mut of_part.taken);
        marked.refused.append(&mut of_part.refused);
    }
    let known: BTreeSet<&SourceServerId> = marked
        .taken
        .iter()
        .chain(marked.refused.iter().map(|(id, _)| id))
        .collect();
    let unknown: Vec<_> = chosen
        .into_iter()
        .flatten()
        .filter(|id| !known.contains(id))
        .map(|id| (id.clone(), "It is not in this session".to_owned()))
        .collect();
    marked.refused.extend(unknown);
    if marked.taken.is_empty() {
        let why = marked.refused.first().map_or_else(
            || "no server is at a stage that it takes".to_owned(),
            |(id, why)| format!("{id}: {why}"),
        );
        return Err(Error::Conflict {
            code: "NOT_ALLOWED",
            message: format!("{} took no server: {why}", action.as_str()),
        });
    }
    Ok(Accepted {
        session: fold(app, id).await?,
        servers: marked.taken,
        refused: marked.refused,
    })
}

#[derive(Default)]
struct Marked {
    taken: Vec<SourceServerId>,
    refused: Vec<(SourceServerId, String)>,
}

impl Marked {
    fn take(
        &mut self,
        server: &mut SessionServer,
        action: Action,
        is_named: bool,
        apply: impl Fn(&mut SessionServer) -> std::result::Result<(), String>,
    ) -> bool {
        let id = server.source_server_id.clone();
        if !action.takes().contains(&server.stage) {
            // Of a whole session, the others are simply not meant.
            if is_named {
                let why = format!(
                    "It is {:?}, which {} does not take",
                    server.stage,
                    action.as_str()
                );
                self.refused.push((id, why));
            }
            return false;
        }
        let before = server.clone();
        match apply(server) {
            Ok(()) => {
                if let Some(error) = before.error.as_ref().filter(|_| server.error.is_none()) {
                    // Requirement 001, 12.6: the retry that a person asks for has the id of what failed.
                    tracing::info!(server = %id, step = error.step, correlation_id = error.correlation_id, "a step is tried again");
                }
                self.taken.push(id);
                *server != before
            }
            Err(why) => {
                *server = before;
                self.refused.push((id, why));
                false
            }
        }
    }
}

/// What of a session's settings is to change.
#[derive(Debug, Clone, Default)]
pub struct SettingsChange {
    /// A reverse replication with at most this lag is ready.
    pub lag_threshold_seconds: Option<u64>,
    /// How failbacks are committed; an inner `None` commits at once.
    pub commit_policy: Option<Option<CommitPolicy>>,
    /// The version that was read.
    pub version: Option<u64>,
}

/// Changes a session's settings.
///
/// # Errors
/// `VersionConflict` when it was changed since `version`.
pub async fn settings(
    app: &App,
    id: &SessionId,
    change: SettingsChange,
) -> Result<FailoverSession> {
    header(app, id, |session| {
        if change
            .version
            .is_some_and(|version| version != session.version)
        {
            return Err(conflict(id));
        }
        let before = session.clone();
        if let Some(seconds) = change.lag_threshold_seconds {
            session.lag_threshold_seconds = seconds;
        }
        if let Some(policy) = &change.commit_policy {
            session.commit_policy.clone_from(policy);
        }
        Ok(*session != before)
    })
    .await
}
