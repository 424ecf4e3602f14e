//! Executions in the database: the state in one row, the history as one row per event, so that a
//! step writes the events that it added and not all that came before them.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use dr_asl::{Execution, Machine};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::machines::Loaded;
use crate::db::StorageError;

/// Where an execution keeps its events when it is serialised.
const EVENTS: &str = "/shared/history/events";

/// An execution in memory.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) execution: Execution,
    pub(super) machine: Arc<Machine>,
    /// How many of its events are in the database.
    pub(super) stored_events: usize,
}

/// An execution as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its ARN.
    pub arn: String,
    /// Its machine's ARN.
    pub machine: String,
    /// Its name.
    pub name: String,
    /// `RUNNING`, `SUCCEEDED`, ...
    pub status: String,
    /// When it was started.
    pub started: DateTime<Utc>,
    /// When it ended.
    pub stopped: Option<DateTime<Utc>>,
    /// Its place in the order of starting.
    pub number: i64,
}

/// Adds a new execution.
pub(super) fn insert(
    connection: &Connection,
    execution: &Execution,
    loaded: &Loaded,
) -> Result<usize, StorageError> {
    let identity = execution.identity();
    connection
        .prepare_cached("INSERT OR IGNORE INTO definitions (hash, text) VALUES (?1, ?2)")?
        .execute(params![loaded.hash, &*loaded.definition])?;
    connection
        .prepare_cached(
            "INSERT INTO executions (arn, machine, name, definition, status, started, number, state)
             VALUES (?1, ?2, ?3, ?4, 'RUNNING', ?5,
                     (SELECT COALESCE(MAX(number), 0) + 1 FROM executions), '')",
        )?
        .execute(params![
            identity.execution_arn,
            identity.state_machine_arn,
            identity.name,
            loaded.hash,
            execution.started_at().timestamp_millis(),
        ])?;
    update(connection, execution, 0)
}

/// Stores what has changed. Gives the number of events now stored.
pub(super) fn update(
    connection: &Connection,
    execution: &Execution,
    stored_events: usize,
) -> Result<usize, StorageError> {
    let corrupt = |source| StorageError::Corrupt {
        what: "execution",
        source,
    };
    let arn = &execution.identity().execution_arn;
    let mut state = serde_json::to_value(execution).map_err(corrupt)?;
    let events = match state.pointer_mut(EVENTS).map(Value::take) {
        Some(Value::Array(events)) => events,
        _ => Vec::new(),
    };
    let mut add =
        connection.prepare_cached("INSERT INTO events (arn, id, event) VALUES (?1, ?2, ?3)")?;
    for (at, event) in events.iter().enumerate().skip(stored_events) {
        add.execute(params![arn, row_id(at), event.to_string()])?;
    }
    connection
        .prepare_cached(
            "UPDATE executions SET status = ?2, stopped = ?3, state = ?4 WHERE arn = ?1",
        )?
        .execute(params![
            arn,
            execution.status().name(),
            execution.stopped_at().map(|at| at.timestamp_millis()),
            state.to_string(),
        ])?;
    Ok(events.len())
}

/// Reads an execution and the machine it was started with.
pub(super) fn load(connection: &Connection, arn: &str) -> Result<Option<Held>, StorageError> {
    let corrupt = |source| StorageError::Corrupt {
        what: "execution",
        source,
    };
    let row: Option<(String, String)> = connection
        .prepare_cached(
            "SELECT state, text FROM executions JOIN definitions ON hash = definition WHERE arn = ?1",
        )?
        .query_row([arn], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((state, definition)) = row else {
        return Ok(None);
    };
    let mut events = Vec::new();
    let mut stored =
        connection.prepare_cached("SELECT event FROM events WHERE arn = ?1 ORDER BY id")?;
    let mut rows = stored.query([arn])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        events.push(serde_json::from_str(&text).map_err(corrupt)?);
    }
    let stored_events = events.len();
    let mut state: Value = serde_json::from_str(&state).map_err(corrupt)?;
    if let Some(place) = state.pointer_mut(EVENTS) {
        *place = Value::Array(events);
    }
    let machine = Machine::parse(&definition).map_err(|source| StorageError::Definition {
        arn: arn.to_owned(),
        source,
    })?;
    Ok(Some(Held {
        execution: serde_json::from_value(state).map_err(corrupt)?,
        machine: Arc::new(machine),
        stored_events,
    }))
}

/// The ARNs of all that run.
pub(super) fn running(connection: &Connection) -> Result<Vec<String>, StorageError> {
    let mut found = connection
        .prepare_cached("SELECT arn FROM executions WHERE status = 'RUNNING' ORDER BY number")?;
    let arns = found.query_map([], |row| row.get(0))?;
    Ok(arns.collect::<Result<_, _>>()?)
}

/// Executions of a machine, newest first, from before a number.
pub(super) fn list(
    connection: &Connection,
    machine: &str,
    status: Option<&str>,
    (before, limit): (i64, u32),
) -> Result<Vec<Summary>, StorageError> {
    let mut found = connection.prepare_cached(
        "SELECT arn, machine, name, status, started, stopped, number FROM executions
         WHERE machine = ?1 AND (?2 IS NULL OR status = ?2) AND number < ?3
         ORDER BY number DESC LIMIT ?4",
    )?;
    let rows = found.query_map(params![machine, status, before, limit], |row| {
        Ok(Summary {
            arn: row.get(0)?,
            machine: row.get(1)?,
            name: row.get(2)?,
            status: row.get(3)?,
            started: time(row.get(4)?),
            stopped: row.get::<_, Option<i64>>(5)?.map(time),
            number: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets the finished executions of a machine beyond the newest `keep`.
pub(super) fn prune(connection: &Connection, machine: &str, keep: u32) -> Result<(), StorageError> {
    let beyond: Option<i64> = connection
        .prepare_cached(
            "SELECT number FROM executions WHERE machine = ?1 AND status <> 'RUNNING'
             ORDER BY number DESC LIMIT 1 OFFSET ?2",
        )?
        .query_row(params![machine, keep], |row| row.get(0))
        .optional()?;
    let Some(beyond) = beyond else { return Ok(()) };
    connection
        .prepare_cached(
            "DELETE FROM events WHERE arn IN (SELECT arn FROM executions
             WHERE machine = ?1 AND status <> 'RUNNING' AND number <= ?2)",
        )?
        .execute(params![machine, beyond])?;
    connection
        .prepare_cached(
            "DELETE FROM executions WHERE machine = ?1 AND status <> 'RUNNING' AND number <= ?2",
        )?
        .execute(params![machine, beyond])?;
    Ok(())
}

fn row_id(at: usize) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

fn time(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}
