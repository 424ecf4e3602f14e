//! The simulator as others hold it.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::backend::Backend;
use crate::clock::{SimClock, Speed};
use crate::control::{self, Command, Control, Done, Held};
use crate::dynamodb::Tables;
use crate::error::ServiceError;
use crate::events;
use crate::identity::Home;
use crate::journal::Journal;
use crate::world::World;

/// How a simulator is opened.
#[derive(Debug, Clone)]
pub struct SimOptions {
    /// Seed of ids and durations of a new world.
    pub seed: u64,
    /// Simulated time at which a new world begins.
    pub start: DateTime<Utc>,
    /// How simulated time passes.
    pub speed: Speed,
    /// SQLite file of the tables; `None`: in memory.
    pub tables: Option<PathBuf>,
    /// File of the world, read where it exists (its journal stands beside it); `None`: in memory.
    pub world: Option<PathBuf>,
    /// The account and principal that the product runs as.
    pub home: Home,
}

/// Why a simulator could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The world's file or journal.
    #[error("the world cannot be read or written")]
    World(#[from] io::Error),
    /// The tables' file.
    #[error("the tables cannot be opened: {0}")]
    Tables(String),
}

/// A simulated AWS. Clones are the same one.
#[derive(Clone)]
pub struct Sim {
    pub(crate) inner: Arc<Inner>,
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sim").finish_non_exhaustive()
    }
}

pub(crate) struct Inner {
    pub clock: SimClock,
    pub home: Home,
    pub tables: Tables,
    pub live: Mutex<Live>,
    pub held: Mutex<Held>,
    pub backends: RwLock<BTreeMap<&'static str, Arc<dyn Backend>>>,
    pub requests: AtomicU64,
}

/// The world and the journal it is written to.
pub(crate) struct Live {
    pub world: World,
    pub journal: Option<Journal>,
}

impl Live {
    /// Writes something down. A disk that refuses must not stop the simulation, but must be heard.
    pub fn write(&mut self, entry: impl FnOnce(&mut Journal, &mut World) -> io::Result<()>) {
        if let Some(journal) = &mut self.journal
            && let Err(error) = entry(journal, &mut self.world)
        {
            tracing::error!(%error, "the simulator's journal cannot be written");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let live = self.live.get_mut().unwrap_or_else(PoisonError::into_inner);
        live.write(Journal::snapshot);
    }
}

impl Sim {
    /// Opens a simulator: a new world, or the one in the file.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn open(options: SimOptions) -> Result<Self, OpenError> {
        let tables = Tables::open(options.tables.as_deref())
            .map_err(|error| OpenError::Tables(error.to_string()))?;
        let fresh = World::new(options.seed, options.start);
        let live = match &options.world {
            Some(path) => {
                let (journal, world) = Journal::open(path, fresh)?;
                Live {
                    world,
                    journal: Some(journal),
                }
            }
            None => Live {
                world: fresh,
                journal: None,
            },
        };
        // A world that was kept goes on where it was, however long its process was away.
        let clock = SimClock::new(live.world.now, options.speed);
        Ok(Self {
            inner: Arc::new(Inner {
                clock,
                home: options.home,
                tables,
                live: Mutex::new(live),
                held: Mutex::new(Held::default()),
                backends: RwLock::new(BTreeMap::new()),
                requests: AtomicU64::new(0),
            }),
        })
    }

    /// The simulated clock.
    #[must_use]
    pub fn clock(&self) -> SimClock {
        self.inner.clock.clone()
    }

    /// The control beside the simulated AWS.
    #[must_use]
    pub fn control(&self) -> Control {
        Control::new(self.clone())
    }

    /// When something next happens in the world by itself, or an event is due: what a driver
    /// loop waits for.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.live(|live| {
            let change = live.world.next_change();
            let event = events::next_due(&live.world);
            change.into_iter().chain(event).min()
        })
    }

    /// Takes the EventBridge events that are due: the envelopes of source `aws.drs`, after the
    /// rules that lose, double or delay them.
    #[must_use]
    pub fn take_events(&self) -> Vec<Value> {
        let now = self.inner.clock.now();
        self.live(|live| {
            live.world.advance_to(now);
            let taken = events::take(&mut live.world, now);
            if taken.is_empty() {
                live.write(Journal::tick);
            } else {
                live.write(Journal::take);
            }
            taken
        })
    }

    /// Lets somebody else answer a service (`states`).
    pub fn set_backend(&self, service: &'static str, backend: Arc<dyn Backend>) {
        self.inner
            .backends
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(service, backend);
    }

    /// Writes a snapshot of the world. Between snapshots the journal keeps every change.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self) -> io::Result<()> {
        self.live(|live| match &mut live.journal {
            Some(journal) => journal.snapshot(&mut live.world),
            None => Ok(()),
        })
    }

    pub(crate) fn live<R>(&self, work: impl FnOnce(&mut Live) -> R) -> R {
        let mut live = self
            .inner
            .live
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        work(&mut live)
    }

    pub(crate) fn held<R>(&self, work: impl FnOnce(&mut Held) -> R) -> R {
        let mut held = self
            .inner
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        work(&mut held)
    }

    /// Brings the world to the clock's time.
    pub(crate) fn bring_forward(&self) -> DateTime<Utc> {
        let now = self.inner.clock.now();
        self.live(|live| {
            live.world.advance_to(now);
            live.write(Journal::tick);
        });
        now
    }

    pub(crate) fn world<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        self.bring_forward();
        self.live(|live| look(&live.world))
    }

    pub(crate) fn replace(&self, world: World) {
        self.inner.clock.set(world.now);
        self.live(|live| {
            live.world = world;
            live.write(Journal::snapshot);
        });
    }

    pub(crate) fn command(&self, command: Command) -> Result<Done, ServiceError> {
        self.bring_forward();
        self.live(|live| {
            let done = control::apply(&mut live.world, &command);
            if matches!(command, Command::Scenario { .. }) {
                // Replaying would build it again: a snapshot is cheaper.
                live.write(Journal::snapshot);
            } else {
                live.write(|journal, world| journal.command(world, &command));
            }
            done
        })
    }
}
