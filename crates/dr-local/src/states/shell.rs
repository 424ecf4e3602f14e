//! What holds the executions: it starts them, moves them on, and gives out tasks to invoke.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use dr_asl::{Execution, Identity, Status, TaskCall, TaskError, TaskId};
use dr_error::IdSource;
use serde_json::Value;
use tokio::sync::Notify;

use super::error::ApiError;
use super::machines::Machines;
pub use super::store::Summary;
use super::store::{self, Held};
use crate::db::{Db, StorageError};
use crate::function::Failure;

/// A task to invoke: given out once per life of the process.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// The execution.
    pub execution_arn: String,
    /// The function, its event, and the task's id.
    pub call: TaskCall,
}

/// All executions of one account and region.
///
/// It never asks for the time: every call says what time it is, so it may be called from within
/// the simulator, whose clock is locked then.
#[derive(Debug)]
pub struct Shell {
    pub(super) machines: Machines,
    pub(super) db: Arc<Db>,
    ids: Arc<dyn IdSource>,
    changed: Arc<Notify>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) running: BTreeMap<String, Held>,
    /// Those that something other than time has touched since the last advance.
    touched: BTreeSet<String>,
    /// Tasks that an earlier process had given out and not seen come back.
    interrupted: Vec<Invocation>,
    broken: bool,
}

impl Shell {
    /// Takes up what the database holds. `changed` is notified when something other than time has
    /// moved an execution.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn open(
        db: Arc<Db>,
        machines: Machines,
        ids: Arc<dyn IdSource>,
        changed: Arc<Notify>,
    ) -> Result<Self, StorageError> {
        let mut inner = Inner::default();
        db.with(|connection| {
            for arn in store::running(connection)? {
                let Some(held) = store::load(connection, &arn)? else {
                    continue;
                };
                let calls = held.execution.in_flight().into_iter();
                inner.interrupted.extend(calls.map(|call| Invocation {
                    execution_arn: arn.clone(),
                    call,
                }));
                inner.touched.insert(arn.clone());
                inner.running.insert(arn, held);
            }
            Ok(())
        })?;
        Ok(Self {
            machines,
            db,
            ids,
            changed,
            inner: Mutex::new(inner),
        })
    }

    /// The machines that can be started.
    #[must_use]
    pub fn machines(&self) -> &Machines {
        &self.machines
    }

    /// Starts an execution; the same name with the same input while it runs is the same execution.
    ///
    /// # Errors
    /// [`ApiError`] as StartExecution.
    pub fn start(
        &self,
        machine_arn: &str,
        name: Option<String>,
        input: Value,
        now: DateTime<Utc>,
    ) -> Result<(String, DateTime<Utc>), ApiError> {
        let loaded = self.machines.get(machine_arn).ok_or_else(|| {
            let message = format!("State Machine Does Not Exist: '{machine_arn}'");
            ApiError::new("StateMachineDoesNotExist", message)
        })?;
        let name = name.unwrap_or_else(|| self.ids.uuid().to_string());
        let (region, account) = (&self.machines.region, &self.machines.account);
        let identity = Identity::new(region, account, &loaded.name, &name);
        let arn = identity.execution_arn.clone();
        let mut inner = self.open_inner()?;
        if let Some(held) = inner.running.get(&arn) {
            if *held.execution.input() == input {
                return Ok((arn, held.execution.started_at()));
            }
            return Err(already_exists(&arn));
        }
        if self.db.with(|db| store::load(db, &arn))?.is_some() {
            return Err(already_exists(&arn));
        }
        let seed = self.ids.uuid().as_u64_pair().1;
        let execution = Execution::start(&loaded.machine, identity, input, seed, now)?;
        let stored = self
            .db
            .transaction(|db| store::insert(db, &execution, loaded));
        let held = Held {
            stored_events: inner.sure(stored)?,
            execution,
            machine: Arc::clone(&loaded.machine),
        };
        inner.touched.insert(arn.clone());
        inner.running.insert(arn.clone(), held);
        self.changed.notify_one();
        Ok((arn, now))
    }

    /// Lets time do its work and gives the tasks to invoke, each stored as given out.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn advance(&self, now: DateTime<Utc>) -> Result<Vec<Invocation>, StorageError> {
        let mut inner = self.open_inner()?;
        let mut touched = std::mem::take(&mut inner.touched);
        for (arn, held) in &inner.running {
            if held.execution.next_due().is_some_and(|due| due <= now) {
                touched.insert(arn.clone());
            }
        }
        let mut invocations = std::mem::take(&mut inner.interrupted);
        for arn in touched {
            let Some(held) = inner.running.get_mut(&arn) else {
                continue;
            };
            let calls = held.execution.advance(&held.machine, now);
            self.keep(&mut inner, &arn)?;
            invocations.extend(calls.into_iter().map(|call| Invocation {
                execution_arn: arn.clone(),
                call,
            }));
        }
        Ok(invocations)
    }

    /// An invocation has returned.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn finished(
        &self,
        arn: &str,
        task: TaskId,
        result: Result<Value, Failure>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let mut inner = self.open_inner()?;
        let Some(held) = inner.running.get_mut(arn) else {
            return Ok(());
        };
        let result = result.map_err(|failure| TaskError {
            cause: failure.payload().to_string(),
            error: failure.error_type,
        });
        if let Err(unknown) = held
            .execution
            .task_finished(&held.machine, task, result, now)
        {
            tracing::error!(arn, error = %unknown, "an answer to a task that was never given out");
        }
        self.touch(&mut inner, arn)
    }

    /// When time alone will move an execution.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let inner = self.lock();
        inner
            .running
            .values()
            .filter_map(|held| held.execution.next_due())
            .min()
    }

    /// The executions that run, oldest first by ARN.
    #[must_use]
    pub fn running(&self) -> Vec<String> {
        self.lock().running.keys().cloned().collect()
    }

    /// How an execution stands; `None` where there is none.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn status(&self, arn: &str) -> Result<Option<Status>, StorageError> {
        self.look(arn, |execution| execution.status().clone())
    }

    /// Looks at an execution, running or not.
    pub(super) fn look<T>(
        &self,
        arn: &str,
        look: impl FnOnce(&Execution) -> T,
    ) -> Result<Option<T>, StorageError> {
        let inner = self.open_inner()?;
        if let Some(held) = inner.running.get(arn) {
            return Ok(Some(look(&held.execution)));
        }
        drop(inner);
        let stored = self.db.with(|db| store::load(db, arn))?;
        Ok(stored.map(|held| look(&held.execution)))
    }

    /// Changes a running execution and stores it; `None` where no such execution runs.
    pub(super) fn change<T>(
        &self,
        arn: &str,
        change: impl FnOnce(&mut Held) -> T,
    ) -> Result<Option<T>, StorageError> {
        let mut inner = self.open_inner()?;
        let Some(held) = inner.running.get_mut(arn) else {
            return Ok(None);
        };
        let done = change(held);
        self.touch(&mut inner, arn)?;
        Ok(Some(done))
    }

    /// Stores a changed execution and has it looked at by the next advance.
    fn touch(&self, inner: &mut Inner, arn: &str) -> Result<(), StorageError> {
        self.keep(inner, arn)?;
        inner.touched.insert(arn.to_owned());
        self.changed.notify_one();
        Ok(())
    }

    /// Stores an execution; a finished one leaves the memory.
    fn keep(&self, inner: &mut Inner, arn: &str) -> Result<(), StorageError> {
        let Some(held) = inner.running.get_mut(arn) else {
            return Ok(());
        };
        let over = *held.execution.status() != Status::Running;
        let machine = held.execution.identity().state_machine_arn.clone();
        let keep = self.machines.get(&machine).and_then(|loaded| loaded.keep);
        let stored = self.db.transaction(|db| {
            let events = store::update(db, &held.execution, held.stored_events)?;
            if let (true, Some(keep)) = (over, keep) {
                store::prune(db, &machine, keep)?;
            }
            Ok(events)
        });
        match stored {
            Ok(events) => held.stored_events = events,
            Err(error) => {
                inner.broken = true;
                return Err(error);
            }
        }
        if over {
            inner.running.remove(arn);
        }
        Ok(())
    }

    pub(super) fn open_inner(&self) -> Result<MutexGuard<'_, Inner>, StorageError> {
        let inner = self.lock();
        if inner.broken {
            return Err(StorageError::Broken);
        }
        Ok(inner)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Remembers that a write failed: memory and file may differ from now on.
    fn sure<T>(&mut self, written: Result<T, StorageError>) -> Result<T, StorageError> {
        self.broken |= written.is_err();
        written
    }
}

fn already_exists(arn: &str) -> ApiError {
    ApiError::new(
        "ExecutionAlreadyExists",
        format!("Execution Already Exists: '{arn}'"),
    )
}
