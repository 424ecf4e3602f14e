//! The SQLite file of this process's own state: executions, undelivered invocations, schedules.
//! (The product's tables live in the simulated DynamoDB.)
//!
//! Write-ahead log, `synchronous=NORMAL`: what was committed survives `kill -9`. A power cut may
//! lose the last commits, never the file's integrity (SQLite documentation, "WAL mode").

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

/// The state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// SQLite refused.
    #[error("the state database failed")]
    Sqlite(#[from] rusqlite::Error),
    /// What was stored cannot be read back.
    #[error("a stored {what} cannot be read")]
    Corrupt {
        /// What kind of record.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// The definition that a stored execution was started with is refused now.
    #[error("the stored definition of {arn} is refused")]
    Definition {
        /// The execution's ARN.
        arn: String,
        /// Why.
        source: dr_asl::Refused,
    },
    /// An earlier write failed: what is in memory may be ahead of the file, so nothing goes on.
    #[error("an earlier write failed; restart to go on from what was stored")]
    Broken,
}

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS definitions (
        hash TEXT PRIMARY KEY,
        text TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS executions (
        arn TEXT PRIMARY KEY,
        machine TEXT NOT NULL,
        name TEXT NOT NULL,
        definition TEXT NOT NULL,
        status TEXT NOT NULL,
        started INTEGER NOT NULL,
        stopped INTEGER,
        number INTEGER NOT NULL,
        state TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS executions_of_machine ON executions (machine, number);
    CREATE INDEX IF NOT EXISTS executions_by_status ON executions (status);
    CREATE TABLE IF NOT EXISTS events (
        arn TEXT NOT NULL,
        id INTEGER NOT NULL,
        event TEXT NOT NULL,
        PRIMARY KEY (arn, id)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS inbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        function TEXT NOT NULL,
        request_id TEXT NOT NULL,
        event TEXT NOT NULL,
        due INTEGER NOT NULL,
        attempts INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS schedules (
        name TEXT PRIMARY KEY,
        due INTEGER NOT NULL
    );
";

/// The open file, for one user at a time.
#[derive(Debug)]
pub struct Db(Mutex<Connection>);

impl Db {
    /// Opens the file, creating it and its tables where missing.
    ///
    /// # Errors
    /// [`StorageError::Sqlite`].
    pub fn open(file: &Path) -> Result<Self, StorageError> {
        Self::prepare(Connection::open(file)?)
    }

    /// A database that is gone when it is dropped.
    ///
    /// # Errors
    /// [`StorageError::Sqlite`].
    pub fn in_memory() -> Result<Self, StorageError> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(connection: Connection) -> Result<Self, StorageError> {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Uses the connection.
    ///
    /// # Errors
    /// Whatever `work` answers.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        work(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Uses the connection within one transaction: all of `work` is stored, or nothing.
    ///
    /// # Errors
    /// Whatever `work` answers.
    pub fn transaction<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}
