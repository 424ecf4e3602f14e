//! What moves the product when nobody calls it: tasks of executions, events of the simulated
//! world, asynchronous invocations and schedules. One loop, run by tests with time moved by hand
//! and by the server with a clock that runs by itself.

mod inbox;
mod schedule;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use dr_error::IdSource;
use futures::FutureExt;
use serde_json::Value;
use tokio::sync::{Mutex, Notify, Semaphore};
use tokio::task::JoinSet;

pub use inbox::Inbox;
pub use schedule::{Schedule, Schedules};

use crate::db::{Db, StorageError};
use crate::function::{Failure, Function, Handlers};
use crate::states::{Invocation, Shell};
use crate::world::World;

/// Invocations at once. More would only queue at the two cores of a small machine; Lambda's own
/// limit is 1,000 per account.
const CONCURRENT: usize = 16;

/// The longest the server waits without looking again. What our own handlers do wakes it; this is
/// for clients that change the simulated world from outside (boto3, `/_sim`).
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// How long running invocations may go on after the server was told to stop, in real time.
const GRACE: Duration = Duration::from_secs(10);

/// What the driver drives.
#[derive(Clone)]
pub struct Parts {
    /// The simulated world and its time.
    pub world: Arc<dyn World>,
    /// The functions.
    pub handlers: Arc<dyn Handlers>,
    /// The executions.
    pub shell: Arc<Shell>,
    /// Where the driver keeps its own state.
    pub db: Arc<Db>,
    /// Request ids.
    pub ids: Arc<dyn IdSource>,
    /// Rules that start executions.
    pub schedules: Vec<Schedule>,
    /// Notified when there is something to do; the same as the shell's.
    pub changed: Arc<Notify>,
    /// The environment in the functions' names.
    pub environment: String,
}

/// The loop. Clones drive the same things.
#[derive(Clone)]
pub struct Driver {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    inbox: Inbox,
    schedules: Schedules,
    permits: Arc<Semaphore>,
    flying: Mutex<JoinSet<Result<(), StorageError>>>,
}

/// The limit of `run_until` was reached first.
#[derive(Debug, thiserror::Error)]
pub enum NotReached {
    /// Nothing more was due, so it could never become true.
    #[error("nothing is due any more at {0}")]
    Idle(DateTime<Utc>),
    /// It was not yet true at the limit.
    #[error("not reached by {0}")]
    Late(DateTime<Utc>),
    /// The state could not be stored.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Driver {
    /// Takes up what is stored. Nothing runs before one of the run methods is called.
    ///
    /// # Errors
    /// [`StorageError`].
    pub fn new(parts: Parts) -> Result<Self, StorageError> {
        let inbox = Inbox::open(
            Arc::clone(&parts.db),
            Arc::clone(&parts.ids),
            Arc::clone(&parts.changed),
        );
        let schedules = Schedules::open(&parts.db, parts.schedules.clone(), parts.world.now())?;
        Ok(Self {
            inner: Arc::new(Inner {
                parts,
                inbox,
                schedules,
                permits: Arc::new(Semaphore::new(CONCURRENT)),
                flying: Mutex::new(JoinSet::new()),
            }),
        })
    }

    /// The executions.
    #[must_use]
    pub fn shell(&self) -> &Arc<Shell> {
        &self.inner.parts.shell
    }

    /// Asynchronous invocations on their way.
    #[must_use]
    pub fn inbox(&self) -> &Inbox {
        &self.inner.inbox
    }

    /// What time it is in the simulated world.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.inner.parts.world.now()
    }

    /// When something is next due.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let inner = &self.inner;
        [
            inner.parts.world.next_due(),
            inner.parts.shell.next_due(),
            inner.inbox.next_due(),
            inner.schedules.next_due(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Does everything that is due now, and what follows from it now, until nothing is.
    ///
    /// # Errors
    /// [`StorageError`]: what was done is stored up to there; start again from the state.
    pub async fn run_ready(&self) -> Result<(), StorageError> {
        let mut flying = self.inner.flying.lock().await;
        loop {
            self.inner.start_due(&mut flying)?;
            if flying.is_empty() {
                return Ok(());
            }
            tokio::select! {
                Some(done) = flying.join_next() => returned(done)?,
                () = self.inner.parts.changed.notified() => {}
            }
        }
    }

    /// Moves a clock that is moved by hand to the next due moment and does what is due then.
    /// `None` where nothing is due at all.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn advance_to_next(&self) -> Result<Option<DateTime<Utc>>, StorageError> {
        self.run_ready().await?;
        let Some(due) = self.next_due() else {
            return Ok(None);
        };
        self.inner.parts.world.move_to(due.max(self.now()));
        self.run_ready().await?;
        Ok(Some(due))
    }

    /// Moves a clock that is moved by hand forward, stopping at every due moment on the way.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn advance(&self, by: TimeDelta) -> Result<(), StorageError> {
        let until = self.now() + by;
        self.run_ready().await?;
        while let Some(due) = self.next_due().filter(|due| *due <= until) {
            self.inner.parts.world.move_to(due.max(self.now()));
            self.run_ready().await?;
        }
        self.inner.parts.world.move_to(until.max(self.now()));
        self.run_ready().await
    }

    /// Goes from due moment to due moment until `reached` is true, for at most `limit` of the
    /// simulated world's time.
    ///
    /// # Errors
    /// [`NotReached`].
    pub async fn run_until(
        &self,
        mut reached: impl FnMut() -> bool,
        limit: TimeDelta,
    ) -> Result<(), NotReached> {
        let last = self.now() + limit;
        self.run_ready().await?;
        while !reached() {
            match self.next_due() {
                None => return Err(NotReached::Idle(self.now())),
                Some(due) if due > last => return Err(NotReached::Late(last)),
                Some(_) => self.advance_to_next().await?,
            };
        }
        Ok(())
    }

    /// Drives with a clock that runs by itself until `stop` is ready, then lets what runs end.
    ///
    /// # Errors
    /// [`StorageError`]: the process should end and be started again.
    pub async fn serve(&self, stop: impl Future<Output = ()>) -> Result<(), StorageError> {
        let mut flying = self.inner.flying.lock().await;
        tokio::pin!(stop);
        loop {
            self.inner.start_due(&mut flying)?;
            tokio::select! {
                Some(done) = flying.join_next() => returned(done)?,
                () = self.inner.parts.changed.notified() => {}
                () = real_pause(self.pause()) => {}
                () = &mut stop => break,
            }
        }
        let last = async {
            while let Some(done) = flying.join_next().await {
                returned(done)?;
            }
            Ok(())
        };
        // What is cut off here is invoked again by the next start.
        tokio::select! {
            ended = last => ended,
            () = real_pause(GRACE) => Ok(()),
        }
    }

    /// Cuts off what runs, as the end of the process would: for tests of what a restart finds.
    pub async fn abort(&self) {
        self.inner.flying.lock().await.shutdown().await;
    }

    fn pause(&self) -> Duration {
        self.next_due().map_or(LOOK_AGAIN, |due| {
            let wait = self.inner.parts.world.real_time_until(due);
            wait.clamp(Duration::from_millis(1), LOOK_AGAIN)
        })
    }
}

impl Inner {
    /// Starts everything that is due. Never waits.
    fn start_due(
        self: &Arc<Self>,
        flying: &mut JoinSet<Result<(), StorageError>>,
    ) -> Result<(), StorageError> {
        for envelope in self.parts.world.take_events() {
            self.inbox
                .put(Function::Execution, envelope, self.parts.world.now())?;
        }
        let now = self.parts.world.now();
        self.schedules
            .fire(&self.parts.shell, &self.parts.db, now)?;
        for delivery in self.inbox.take(now)? {
            let this = Arc::clone(self);
            flying.spawn(async move {
                let (function, event) = (delivery.function, delivery.event.clone());
                let result = this
                    .invoke(function, event, delivery.request_id.clone())
                    .await;
                this.inbox
                    .returned(&delivery, &result, this.parts.world.now())
            });
        }
        for invocation in self.parts.shell.advance(now)? {
            let this = Arc::clone(self);
            flying.spawn(async move { this.run_task(invocation).await });
        }
        Ok(())
    }

    async fn run_task(&self, invocation: Invocation) -> Result<(), StorageError> {
        let Invocation {
            execution_arn,
            call,
        } = invocation;
        let result = match Function::named(&call.function, &self.parts.environment) {
            Some(function) => {
                let request_id = self.parts.ids.uuid().to_string();
                self.invoke(function, call.payload, request_id).await
            }
            None => Err(Failure {
                error_type: "Lambda.ResourceNotFoundException".to_owned(),
                error_message: format!("Function not found: {}", call.function),
            }),
        };
        let now = self.parts.world.now();
        self.parts
            .shell
            .finished(&execution_arn, call.id, result, now)
    }

    async fn invoke(
        &self,
        function: Function,
        event: Value,
        request_id: String,
    ) -> Result<Value, Failure> {
        let _permit = self.permits.acquire().await;
        let invoked = self.parts.handlers.invoke(function, event, request_id);
        AssertUnwindSafe(invoked)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(crashed(function)))
    }
}

/// What Lambda answers for a function whose process died.
pub(crate) fn crashed(function: Function) -> Failure {
    Failure {
        error_type: "Runtime.ExitError".to_owned(),
        error_message: format!("{} ended before it answered", function.name()),
    }
}

fn returned(
    done: Result<Result<(), StorageError>, tokio::task::JoinError>,
) -> Result<(), StorageError> {
    match done {
        Ok(done) => done,
        Err(error) => {
            // The handlers' own panics are caught: this is one of ours, or the runtime's end.
            tracing::error!(%error, "an invocation was lost");
            Ok(())
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one-machine server's loop")]
async fn real_pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}
