//! The whole product on one machine, put together: simulator, functions, driver and doors over one
//! state directory. The server serves it; tests hold it in their hands.

#[cfg(test)]
mod tests;

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

pub use aws_types::SdkConfig;
use axum::{Router, middleware};
use chrono::{DateTime, TimeDelta, Utc};
use dr_error::{Clock, IdSource};
use dr_sim::{Home, Sim, SimOptions, Speed};
use tokio::sync::Notify;

use crate::auth::{Issuer, NewUser, Sessions, Users};
use crate::console::Console;
use crate::db::{Db, StorageError};
use crate::driver::{self, Driver, Schedule};
use crate::function::Handlers;
use crate::installation::{self, Installation};
use crate::invoke::InvokeEndpoint;
use crate::rest::{self, Accounts, Door, Routes};
use crate::simulated::{ProductClock, SimWorld, StatesBackend, sdk_config};
use crate::state_dir::{StateDir, StateDirError};
use crate::states::{MachineError, MachineSpec, Machines, Shell};

/// The account that the product runs in: neither of the two that it protects.
pub const HOME_ACCOUNT: &str = "999988887777";
/// The region that the product runs in: the recovery region, which must work when the primary
/// one does not.
pub const HOME_REGION: &str = "us-west-2";
/// The role of the functions.
pub const HOME_ROLE: &str = "dr-orchestrator";
/// The state machine that the schedule starts.
pub const POLLER: &str = "dr-poller";
/// The state machine of a recovery.
pub const RECOVERY: &str = "dr-recovery";

/// Who may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// Nobody: tokens are issued otherwise (tests).
    Off,
    /// The stored users; generated where there are none.
    Keep,
    /// Newly generated users; all sessions end.
    Reset,
}

/// How the product is opened.
#[derive(Debug, Clone)]
pub struct LocalOptions {
    /// The state directory.
    pub state: PathBuf,
    /// Empty it first.
    pub reset: bool,
    /// Protected servers of a new estate.
    pub servers: usize,
    /// Seed of a new estate and world.
    pub seed: u64,
    /// How simulated time passes.
    pub speed: Speed,
    /// When a new world begins.
    pub start: DateTime<Utc>,
    /// The environment in the names of tables, functions and machines.
    pub environment: String,
    /// Who may sign in.
    pub sign_in: SignIn,
    /// Real time, for tokens.
    pub wall: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdSource>,
    /// The state machines, placeholders filled in: see [`machine_name`].
    pub machines: Vec<MachineSpec>,
}

/// What the functions are connected to.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The AWS SDK over the simulator, as the home account.
    pub sdk: SdkConfig,
    /// The environment.
    pub environment: String,
    /// The recovery state machine.
    pub recovery_state_machine_arn: String,
    /// Where notifications go.
    pub topic_arn: String,
    /// The simulated time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdSource>,
}

/// The product's side: the functions, and what must be made before they are first invoked.
pub struct Product {
    /// The functions.
    pub handlers: Arc<dyn Handlers>,
    /// Makes the tables. Safe to repeat.
    pub prepare: Pin<Box<dyn Future<Output = Result<(), String>> + Send>>,
}

/// Why the product could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The state directory.
    #[error(transparent)]
    StateDir(#[from] StateDirError),
    /// The state database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A state machine.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The simulator.
    #[error(transparent)]
    Sim(#[from] dr_sim::OpenError),
    /// The table of routes.
    #[error(transparent)]
    Routes(#[from] rest::TableError),
    /// The first start did not come to its end; the next one begins it again.
    #[error("the first start failed at {step}: {reason}")]
    FirstStart {
        /// What was being done.
        step: &'static str,
        /// Why it failed.
        reason: String,
    },
}

/// The product, open.
pub struct Local {
    /// The simulated AWS.
    pub sim: Sim,
    /// What moves it.
    pub driver: Driver,
    /// Issues and knows tokens.
    pub issuer: Arc<Issuer>,
    /// The functions.
    pub handlers: Arc<dyn Handlers>,
    /// What this state directory holds.
    pub installation: Installation,
    /// Users whose passwords were just generated: the only moment to show them.
    pub new_users: Vec<NewUser>,
    /// Who can sign in, by name.
    pub user_names: Vec<String>,
    /// Wakes the driver.
    pub changed: Arc<Notify>,
    door: Door,
    invoke: InvokeEndpoint,
    console: Option<Console>,
    _dir: Arc<StateDir>,
}

/// The deployed name of a state machine.
#[must_use]
pub fn machine_name(machine: &str, environment: &str) -> String {
    format!("{machine}-{environment}")
}

impl Local {
    /// Opens the state directory and everything over it; at the first start, builds the estate and
    /// registers its accounts.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(
        options: LocalOptions,
        connect: impl FnOnce(Connection) -> Product,
    ) -> Result<Self, OpenError> {
        let dir = if options.reset {
            StateDir::reset(&options.state)?
        } else {
            StateDir::open(&options.state)?
        };
        let dir = Arc::new(dir);
        let mut installation = Installation::open(&dir, &options)?;
        let sim = open_sim(&dir, &options)?;
        let changed = Arc::new(Notify::new());
        let db = Arc::new(Db::open(&dir.file("local.sqlite"))?);
        let machines = Machines::load(HOME_REGION, HOME_ACCOUNT, options.machines.clone())?;
        let recovery_state_machine_arn =
            machines.arn(&machine_name(RECOVERY, &options.environment));
        let shell = Shell::open(
            Arc::clone(&db),
            machines,
            Arc::clone(&options.ids),
            Arc::clone(&changed),
        )?;
        let shell = Arc::new(shell);
        let backend = StatesBackend {
            shell: Arc::clone(&shell),
            clock: sim.clock(),
        };
        sim.set_backend("states", Arc::new(backend));
        let product = connect(Connection {
            sdk: sdk_config(&sim, &installation.access_key_id, HOME_REGION),
            environment: options.environment.clone(),
            recovery_state_machine_arn,
            topic_arn: installation::topic_arn(&options.environment),
            clock: Arc::new(ProductClock(sim.clock())),
            ids: Arc::clone(&options.ids),
        });
        installation
            .complete(&dir, &sim, product.prepare, &*product.handlers)
            .await?;
        let driver = Driver::new(driver::Parts {
            world: Arc::new(SimWorld(sim.clone())),
            handlers: Arc::clone(&product.handlers),
            shell,
            db,
            ids: Arc::clone(&options.ids),
            schedules: vec![poller_rule(&options.environment)],
            changed: Arc::clone(&changed),
            environment: options.environment.clone(),
        })?;
        Self::put_together(
            options,
            dir,
            installation,
            (sim, driver, product.handlers, changed),
        )
    }

    fn put_together(
        options: LocalOptions,
        dir: Arc<StateDir>,
        installation: Installation,
        (sim, driver, handlers, changed): (Sim, Driver, Arc<dyn Handlers>, Arc<Notify>),
    ) -> Result<Self, OpenError> {
        let LocalOptions {
            environment,
            sign_in,
            wall,
            ids,
            ..
        } = options;
        let issuer = Arc::new(Issuer::open(&dir, &environment, wall, Arc::clone(&ids))?);
        let (accounts, new_users, user_names) = accounts(&dir, sign_in)?;
        let door = Door::new(rest::Parts {
            handlers: Arc::clone(&handlers),
            routes: Routes::of_operations()?,
            issuer: Arc::clone(&issuer),
            accounts,
            simulator: Some(sim.control()),
            world: Arc::new(SimWorld(sim.clone())),
            ids: Arc::clone(&ids),
            changed: Arc::clone(&changed),
            account: HOME_ACCOUNT.to_owned(),
            stage: environment.clone(),
        });
        let invoke = InvokeEndpoint {
            handlers: Arc::clone(&handlers),
            driver: driver.clone(),
            ids,
            keys: Arc::new([installation.access_key_id.clone()]),
            environment,
            changed: Arc::clone(&changed),
        };
        Ok(Self {
            sim,
            driver,
            issuer,
            handlers,
            installation,
            new_users,
            user_names,
            changed,
            door,
            invoke,
            console: None,
            _dir: dir,
        })
    }

    /// The product's port: REST, sign-in, the simulator for the console, `/healthz`, Lambda's Invoke API and, where it was built, the console.
    pub fn router(&self) -> Router {
        let mut routes = self.door.router().merge(self.invoke.clone().router());
        if let Some(console) = &self.console {
            routes = routes.merge(console.router());
        }
        routes.layer(middleware::from_fn(rest::only_loopback_names))
    }

    /// The same product with the console at its front door.
    #[must_use]
    pub fn with_console(mut self, console: Option<Console>) -> Self {
        self.console = console;
        self
    }

    /// Whether the console is served.
    #[must_use]
    pub fn has_console(&self) -> bool {
        self.console.is_some()
    }

    /// The simulator's port: the AWS wire, `/_sim`, and Lambda's Invoke API as well, so that one
    /// `AWS_ENDPOINT_URL` reaches all of it.
    pub fn sim_router(&self) -> Router {
        let routes = self.sim.http_router().merge(self.invoke.clone().router());
        routes.layer(middleware::from_fn(rest::only_loopback_names))
    }
}

fn open_sim(dir: &StateDir, options: &LocalOptions) -> Result<Sim, OpenError> {
    Ok(Sim::open(SimOptions {
        seed: options.seed,
        start: options.start,
        speed: options.speed,
        tables: Some(dir.file("tables.sqlite")),
        world: Some(dir.file("world.json")),
        home: Home {
            account: HOME_ACCOUNT.to_owned(),
            region: HOME_REGION.to_owned(),
            principal_arn: format!("arn:aws:sts::{HOME_ACCOUNT}:assumed-role/{HOME_ROLE}/dr-local"),
        },
    })?)
}

/// EventBridge's finest rate is a minute.
fn poller_rule(environment: &str) -> Schedule {
    Schedule {
        name: format!("dr-poll-{environment}"),
        every: TimeDelta::minutes(1),
        machine: machine_name(POLLER, environment),
        region: HOME_REGION.to_owned(),
        account: HOME_ACCOUNT.to_owned(),
    }
}

type SignedUp = (Option<Accounts>, Vec<NewUser>, Vec<String>);

fn accounts(dir: &Arc<StateDir>, sign_in: SignIn) -> Result<SignedUp, StateDirError> {
    let stored = match sign_in {
        SignIn::Off => return Ok((None, Vec::new(), Vec::new())),
        SignIn::Keep => Users::load(dir)?,
        SignIn::Reset => None,
    };
    let sessions = Sessions::load(Arc::clone(dir))?;
    let (users, fresh) = match stored {
        Some(users) => (users, Vec::new()),
        None => {
            sessions.end_all()?;
            Users::generate(dir)?
        }
    };
    let names = users.names().map(str::to_owned).collect();
    Ok((Some(Accounts::new(users, sessions)), fresh, names))
}
