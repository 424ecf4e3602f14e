//! EventBridge rules with a rate: each starts a state machine with the event that EventBridge
//! sends. A moment that was missed while nothing ran is made up for once, not once per miss.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use crate::db::{Db, StorageError};
use crate::states::Shell;

/// A rule.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// The rule's name.
    pub name: String,
    /// Its rate; EventBridge's finest is a minute.
    pub every: TimeDelta,
    /// What it starts: a state machine's name.
    pub machine: String,
    /// The rule's region.
    pub region: String,
    /// The rule's account.
    pub account: String,
}

/// All rules, each with its next moment.
#[derive(Debug)]
pub struct Schedules {
    rules: Vec<(Schedule, Mutex<DateTime<Utc>>)>,
}

impl Schedules {
    /// Takes up the stored moments; a new rule first fires at the next whole interval.
    pub(super) fn open(
        db: &Db,
        rules: Vec<Schedule>,
        now: DateTime<Utc>,
    ) -> Result<Self, StorageError> {
        let rules = rules.into_iter().map(|rule| {
            let stored: Option<i64> = db.with(|db| {
                let mut found = db.prepare_cached("SELECT due FROM schedules WHERE name = ?1")?;
                Ok(found.query_row([&rule.name], |row| row.get(0)).optional()?)
            })?;
            let due = stored.and_then(DateTime::from_timestamp_millis);
            let due = due.unwrap_or_else(|| latest(now, rule.every) + rule.every);
            Ok((rule, Mutex::new(due)))
        });
        Ok(Self {
            rules: rules.collect::<Result<_, StorageError>>()?,
        })
    }

    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.rules.iter().map(|(_, due)| *lock(due)).min()
    }

    /// Fires what is due.
    pub(super) fn fire(
        &self,
        shell: &Shell,
        db: &Db,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        for (rule, due) in &self.rules {
            let mut due = lock(due);
            if *due > now {
                continue;
            }
            let moment = latest(now, rule.every);
            rule.start(shell, moment, now);
            *due = moment + rule.every;
            db.with(|db| remember(db, &rule.name, *due))?;
        }
        Ok(())
    }
}

impl Schedule {
    /// The name follows from the moment, so a crash between the start and the note of it does not
    /// start the same moment twice.
    fn start(&self, shell: &Shell, moment: DateTime<Utc>, now: DateTime<Utc>) {
        let time = moment.to_rfc3339_opts(SecondsFormat::Secs, true);
        let id = dr_error::ids::derived("schedule", &format!("{}@{time}", self.name)).to_string();
        let Self {
            region,
            account,
            name,
            ..
        } = self;
        let event = json!({
            "version": "0",
            "id": id,
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": account,
            "time": time,
            "region": region,
            "resources": [format!("arn:aws:events:{region}:{account}:rule/{name}")],
            "detail": {},
        });
        let machine = shell.machines().arn(&self.machine);
        match shell.start(&machine, Some(id), event, now) {
            Ok(_) => {}
            Err(error) if error.code == "ExecutionAlreadyExists" => {}
            Err(error) => {
                tracing::error!(rule = name, %error, "the rule could not start its target")
            }
        }
    }
}

fn remember(db: &Connection, name: &str, due: DateTime<Utc>) -> Result<(), StorageError> {
    db.prepare_cached("INSERT OR REPLACE INTO schedules (name, due) VALUES (?1, ?2)")?
        .execute(params![name, due.timestamp_millis()])?;
    Ok(())
}

/// The latest whole interval since 1970.
fn latest(now: DateTime<Utc>, every: TimeDelta) -> DateTime<Utc> {
    let every = every.num_milliseconds().max(1);
    let now_millis = now.timestamp_millis();
    DateTime::from_timestamp_millis(now_millis - now_millis.rem_euclid(every)).unwrap_or(now)
}

fn lock(due: &Mutex<DateTime<Utc>>) -> std::sync::MutexGuard<'_, DateTime<Utc>> {
    due.lock().unwrap_or_else(PoisonError::into_inner)
}
