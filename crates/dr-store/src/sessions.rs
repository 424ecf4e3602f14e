//! Failover sessions: a header, and the servers in parts of at most 100. Only the header makes parts visible.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use dr_error::{Error, Result};
use dr_model::ids::{ExecutionId, InstanceId, SessionId};
use dr_model::session::{FailoverSession, SessionPart, SessionStatus};
use futures::{StreamExt, TryStreamExt};

use crate::item::{Key, decode, text, timestamp};
use crate::query::Partition;
use crate::record::Record;
use crate::schema::{Tables, attribute, index};
use crate::store::{CONCURRENT, Store};
use crate::token::{Page, PageRequest};

/// Sort key of a header, and partition of the index that lists them.
const HEADER: &str = "header";
const LIST: &str = "session";
/// How the sort keys of parts begin.
const PARTS: &str = "servers#";

/// Which sessions to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionFilter {
    /// All.
    All,
    /// Those that stand so (StatusIndex).
    Status(SessionStatus),
}

fn header_key(id: &SessionId) -> Key {
    Key::new(attribute::SESSION_ID, id).and(attribute::PART, HEADER)
}

fn part_key(id: &SessionId, number: usize) -> Key {
    Key::new(attribute::SESSION_ID, id).and(attribute::PART, format!("{PARTS}{number:04}"))
}

/// What the sparse index of work under way needs.
pub(crate) fn active(is_active: bool) -> Option<(&'static str, AttributeValue)> {
    is_active.then(|| (attribute::ACTIVE, text(1)))
}

/// What lists by time need.
pub(crate) fn listed(kind: &str, at: DateTime<Utc>) -> Vec<(&'static str, AttributeValue)> {
    vec![
        (attribute::KIND, text(kind)),
        (attribute::TIMESTAMP, text(timestamp(at))),
    ]
}

impl Record for FailoverSession {
    const KIND: &'static str = "failover session";

    fn table(tables: &Tables) -> &str {
        &tables.failover_sessions
    }

    fn key(&self) -> Key {
        header_key(&self.id)
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }

    fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        let mut more = listed(LIST, self.created_at);
        more.push((attribute::STATUS, text(self.status.as_str())));
        more.push((attribute::EXECUTION_ID, text(&self.execution_id)));
        more.extend(active(self.is_active));
        more
    }
}

impl Record for SessionPart {
    const KIND: &'static str = "part of a failover session";

    fn table(tables: &Tables) -> &str {
        &tables.failover_sessions
    }

    fn key(&self) -> Key {
        part_key(&self.session_id, self.number)
    }

    fn id(&self) -> String {
        format!("{}/{}", self.session_id, self.number)
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }

    fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        Vec::new()
    }
}

/// The parts of a new session are numbered from 0 and say whose they are.
pub(crate) fn check_parts(session: &FailoverSession, parts: &[SessionPart]) -> Result<()> {
    let fits = parts
        .iter()
        .enumerate()
        .all(|(n, part)| part.number == n && part.session_id == session.id);
    if fits && session.parts == parts.len() {
        return Ok(());
    }
    Err(Error::internal(
        "the parts are not those that the session says it has",
    ))
}

impl Store {
    /// Creates a session and its parts at version 1: the parts first, then the header. False when there is one of
    /// this id already: it and the arguments are left as they are. Parts of a creation that died in between are
    /// unseen and are taken over as they are: whoever follows the session looks at the live state anyway.
    ///
    /// Needs `dynamodb:GetItem`, `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `ALREADY_EXISTS` when parts with other servers lie under this id; `ITEM_TOO_LARGE`.
    pub async fn create_session(
        &self,
        session: &mut FailoverSession,
        parts: &mut [SessionPart],
    ) -> Result<bool> {
        check_parts(session, parts)?;
        let table = &self.tables.failover_sessions;
        if self
            .get_item(table, &header_key(&session.id))
            .await?
            .is_some()
        {
            return Ok(false);
        }
        let firsts: Vec<_> = parts.iter().map(|part| self.create_part(part)).collect();
        let ours = futures::stream::iter(firsts)
            .buffer_unordered(CONCURRENT)
            .try_fold(true, |all, same| async move { Ok(all && same) })
            .await?;
        if !ours {
            // The parts of one that exists may have moved on, or lost servers by a split.
            if self
                .get_item(table, &header_key(&session.id))
                .await?
                .is_some()
            {
                return Ok(false);
            }
            return Err(Error::Conflict {
                code: "ALREADY_EXISTS",
                message: format!("other servers lie under the session {}", session.id),
            });
        }
        let mut next = session.clone();
        next.version = 1;
        if self.put_new(&next).await?.is_some() {
            return Ok(false);
        }
        *session = next;
        for part in parts {
            part.version = 1;
        }
        Ok(true)
    }

    /// Whether a part with these servers is stored now.
    async fn create_part(&self, part: &SessionPart) -> Result<bool> {
        let first = SessionPart {
            version: 1,
            ..part.clone()
        };
        let ids = |part: &SessionPart| -> Vec<_> {
            let servers = part.servers.iter();
            servers.map(|s| s.source_server_id.clone()).collect()
        };
        let found = self.put_new(&first).await?;
        Ok(found.is_none_or(|found| ids(&found) == ids(part)))
    }

    /// Reads a header, consistently.
    ///
    /// Needs `dynamodb:GetItem`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn session(&self, id: &SessionId) -> Result<FailoverSession> {
        self.read(&header_key(id), id.as_str()).await
    }

    /// All parts of a session by number, consistently. A part whose servers were all split off is empty.
    ///
    /// Needs `dynamodb:Query`.
    ///
    /// # Errors
    /// `Corrupt` when one is missing.
    pub async fn session_parts(&self, session: &FailoverSession) -> Result<Vec<SessionPart>> {
        let partition =
            Partition::of_table(&self.tables.failover_sessions, &session.id).starting(PARTS);
        let items = self.query(&partition, None, None).await?;
        let parts = items
            .iter()
            // What lies behind is left from a creation that nobody saw.
            .take(session.parts)
            .map(|item| decode(SessionPart::KIND, item))
            .collect::<Result<Vec<SessionPart>>>()?;
        if parts.len() == session.parts {
            return Ok(parts);
        }
        Err(Error::Corrupt {
            kind: FailoverSession::KIND,
            detail: format!(
                "{} has {} parts of {}",
                session.id,
                parts.len(),
                session.parts
            ),
        })
    }

    /// Reads one part, consistently.
    ///
    /// Needs `dynamodb:GetItem`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn session_part(&self, id: &SessionId, number: usize) -> Result<SessionPart> {
        self.read(&part_key(id, number), &format!("{id}/{number}"))
            .await
    }

    /// Writes a header at the next version, if the stored one has this version.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`, `ITEM_TOO_LARGE`.
    pub async fn update_session(&self, session: &mut FailoverSession) -> Result<()> {
        self.update(session).await
    }

    /// Writes a part at the next version, if the stored one has this version.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`, `ITEM_TOO_LARGE`.
    pub async fn update_session_part(&self, part: &mut SessionPart) -> Result<()> {
        self.update(part).await
    }

    /// Lists headers newest first. A session that has just left a status is left out of its list, so that a page may
    /// be shorter than asked for.
    ///
    /// Needs `dynamodb:Query` on the table's indexes and `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// `Invalid` on `limit` or `next_token`.
    pub async fn sessions(
        &self,
        filter: &SessionFilter,
        page: &PageRequest,
    ) -> Result<Page<FailoverSession>> {
        let table = &self.tables.failover_sessions;
        let partition = match filter {
            SessionFilter::All => Partition::of_index(table, index::KIND, LIST),
            SessionFilter::Status(status) => {
                Partition::of_index(table, index::STATUS, status.as_str())
            }
        };
        let page = self.page_of_index(&partition.newest_first(), page).await?;
        let mut page: Page<FailoverSession> = page.decoded(FailoverSession::KIND)?;
        if let SessionFilter::Status(status) = filter {
            page.items.retain(|session| session.status == *status);
        }
        Ok(page)
    }

    /// The sessions of a recovery, oldest first: the one that it made, and those that were split from it. One that
    /// was created less than a second ago may be missing.
    ///
    /// Needs `dynamodb:Query` on the table's indexes and `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn sessions_of_execution(&self, id: &ExecutionId) -> Result<Vec<FailoverSession>> {
        let table = &self.tables.failover_sessions;
        self.all_of(Partition::of_index(table, index::EXECUTION, id))
            .await
    }

    /// The sessions that have work under way, oldest first. Costs what they cost, however many others there are.
    ///
    /// Needs `dynamodb:Query` on the table's indexes and `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn active_sessions(&self) -> Result<Vec<FailoverSession>> {
        let table = &self.tables.failover_sessions;
        let active = Partition::of_index(table, index::ACTIVE, 1);
        let mut sessions: Vec<FailoverSession> = self.all_of(active).await?;
        sessions.retain(|session| session.is_active);
        Ok(sessions)
    }

    /// The session that holds each of these recovery instances (B2), unless it is cleaned up; the newest where several
    /// do. Reads every header, and the parts of those not cleaned up until all instances are found: about a call per
    /// 100 sessions and per megabyte of servers, so ask for many instances at once.
    ///
    /// Needs `dynamodb:Query` on the table and its indexes, `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn sessions_of_instances(
        &self,
        wanted: &BTreeSet<InstanceId>,
    ) -> Result<BTreeMap<InstanceId, FailoverSession>> {
        let mut found = BTreeMap::new();
        if wanted.is_empty() {
            return Ok(found);
        }
        // By time of creation, which never changes: an index by status could miss one that is changing.
        let table = &self.tables.failover_sessions;
        let all = Partition::of_index(table, index::KIND, LIST).newest_first();
        let mut sessions: Vec<FailoverSession> = self.all_of(all).await?;
        sessions.retain(|session| session.status != SessionStatus::CleanupComplete);
        for session in sessions {
            for part in self.session_parts(&session).await? {
                let held = part.servers.into_iter().filter_map(|s| s.recovered);
                for instance in held.map(|recovered| recovered.instance_id) {
                    if wanted.contains(&instance) {
                        found.entry(instance).or_insert_with(|| session.clone());
                    }
                }
            }
            if found.len() == wanted.len() {
                break;
            }
        }
        Ok(found)
    }

    /// [`Self::sessions_of_instances`] for one.
    ///
    /// Needs `dynamodb:Query` on the table and its indexes, `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn find_session_of_instance(
        &self,
        id: &InstanceId,
    ) -> Result<Option<FailoverSession>> {
        let wanted = BTreeSet::from([id.clone()]);
        Ok(self.sessions_of_instances(&wanted).await?.remove(id))
    }
}
