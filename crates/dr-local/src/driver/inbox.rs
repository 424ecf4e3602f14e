//! Asynchronous invocations: stored before they are accepted, delivered at least once, and tried
//! again as Lambda does (two retries, after one and after two minutes).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use dr_error::IdSource;
use rusqlite::params;
use serde_json::Value;
use tokio::sync::Notify;

use crate::db::{Db, StorageError};
use crate::function::{Failure, Function};

/// Minutes before the second and the third attempt (Lambda developer guide, "Asynchronous
/// invocation").
const RETRY_MINUTES: [i64; 2] = [1, 2];

/// One invocation on its way.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    id: i64,
    pub(super) function: Function,
    pub(super) request_id: String,
    pub(super) event: Value,
    attempts: usize,
}

/// The queue.
#[derive(Debug)]
pub struct Inbox {
    db: Arc<Db>,
    ids: Arc<dyn IdSource>,
    changed: Arc<Notify>,
    /// Those being delivered now, by row.
    flying: Mutex<BTreeSet<i64>>,
}

impl Inbox {
    pub(super) fn open(db: Arc<Db>, ids: Arc<dyn IdSource>, changed: Arc<Notify>) -> Self {
        Self {
            db,
            ids,
            changed,
            flying: Mutex::default(),
        }
    }

    /// Accepts an invocation and gives its request id.
    ///
    /// # Errors
    /// [`StorageError`]: it was not accepted.
    pub fn put(
        &self,
        function: Function,
        event: Value,
        now: DateTime<Utc>,
    ) -> Result<String, StorageError> {
        let request_id = self.ids.uuid().to_string();
        self.db.with(|db| {
            let mut add = db.prepare_cached(
                "INSERT INTO inbox (function, request_id, event, due, attempts)
                 VALUES (?1, ?2, ?3, ?4, 0)",
            )?;
            add.execute(params![
                function.name(),
                request_id,
                event.to_string(),
                now.timestamp_millis()
            ])?;
            Ok(())
        })?;
        self.changed.notify_one();
        Ok(request_id)
    }

    /// How many wait or are being delivered.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn len(&self) -> Result<usize, StorageError> {
        self.db
            .with(|db| Ok(db.query_row("SELECT COUNT(*) FROM inbox", [], |row| row.get(0))?))
    }

    /// Whether none waits and none is being delivered.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn is_empty(&self) -> Result<bool, StorageError> {
        Ok(self.len()? == 0)
    }

    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        let flying = self.flying();
        let due = self.db.with(|db| {
            let mut found = db.prepare_cached("SELECT id, due FROM inbox ORDER BY due, id")?;
            let mut rows = found.query([])?;
            while let Some(row) = rows.next()? {
                if !flying.contains(&row.get(0)?) {
                    return Ok(Some(row.get::<_, i64>(1)?));
                }
            }
            Ok(None)
        });
        match due {
            Ok(due) => due.and_then(DateTime::from_timestamp_millis),
            Err(error) => {
                // The next delivery fails with the same error and is heard.
                tracing::error!(error = &error as &dyn std::error::Error, "inbox");
                None
            }
        }
    }

    /// Takes what is due, oldest first; none twice at once.
    pub(super) fn take(&self, now: DateTime<Utc>) -> Result<Vec<Delivery>, StorageError> {
        let mut flying = self.flying();
        let due = self.db.with(|db| {
            let mut found = db.prepare_cached(
                "SELECT id, function, request_id, event, attempts FROM inbox
                 WHERE due <= ?1 ORDER BY due, id",
            )?;
            let mut rows = found.query([now.timestamp_millis()])?;
            let mut due = Vec::new();
            while let Some(row) = rows.next()? {
                let id = row.get(0)?;
                if flying.contains(&id) {
                    continue;
                }
                let (name, event): (String, String) = (row.get(1)?, row.get(3)?);
                let corrupt = |source| StorageError::Corrupt {
                    what: "invocation",
                    source,
                };
                due.push(Delivery {
                    id,
                    function: serde_json::from_value(Value::String(name)).map_err(corrupt)?,
                    request_id: row.get(2)?,
                    event: serde_json::from_str(&event).map_err(corrupt)?,
                    attempts: row.get(4)?,
                });
            }
            Ok(due)
        })?;
        flying.extend(due.iter().map(|delivery| delivery.id));
        Ok(due)
    }

    /// An attempt has ended: forget the invocation, or try again later.
    pub(super) fn returned(
        &self,
        delivery: &Delivery,
        result: &Result<Value, Failure>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let again = match result {
            Ok(_) => None,
            Err(failure) => {
                let (function, error) = (delivery.function.name(), &failure.error_message);
                tracing::warn!(
                    function,
                    error,
                    attempt = delivery.attempts + 1,
                    "failed event"
                );
                RETRY_MINUTES.get(delivery.attempts)
            }
        };
        self.db.with(|db| {
            match again {
                None => db
                    .prepare_cached("DELETE FROM inbox WHERE id = ?1")?
                    .execute([delivery.id])?,
                Some(minutes) => db
                    .prepare_cached(
                        "UPDATE inbox SET due = ?2, attempts = attempts + 1 WHERE id = ?1",
                    )?
                    .execute(params![
                        delivery.id,
                        (now + TimeDelta::minutes(*minutes)).timestamp_millis()
                    ])?,
            };
            Ok(())
        })?;
        self.flying().remove(&delivery.id);
        Ok(())
    }

    fn flying(&self) -> std::sync::MutexGuard<'_, BTreeSet<i64>> {
        self.flying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
