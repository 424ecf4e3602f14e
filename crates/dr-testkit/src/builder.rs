//! How a [`TestApp`] comes to be.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use dr_error::clock::ManualClock;
use dr_error::ids::CountedIds;
use dr_local::states::MachineSpec;
use dr_local::{Connection, Local, LocalOptions, Product, SignIn, wiring};
use dr_sim::Speed;
use tempfile::TempDir;

use crate::app::{TestApp, copy_files};
use crate::cut::Cuts;

/// Makes the functions over a connection; called again at every restart.
pub type Connect = Arc<dyn Fn(Connection) -> Product + Send + Sync>;

/// The environment of every test.
pub(crate) const ENVIRONMENT: &str = "test";

/// What a test's world begins with.
#[derive(Clone)]
pub struct TestAppBuilder {
    servers: usize,
    seed: u64,
    start: DateTime<Utc>,
    may_hang: bool,
    connect: Connect,
    machines: Vec<MachineSpec>,
}

impl TestAppBuilder {
    /// The real functions and state machines.
    ///
    /// # Panics
    /// When a state machine has a placeholder that nobody fills in.
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "a test says what it begins with"
    )]
    pub fn new() -> Self {
        let machines = wiring::machines(ENVIRONMENT).expect("every placeholder has a value");
        Self::over(wiring::product, machines)
    }

    /// 24 servers, seed 1, 08:00 on a Saturday in November 2026, over these functions and machines
    /// (named by [`dr_local::local::machine_name`] for the environment `test`).
    pub fn over(
        connect: impl Fn(Connection) -> Product + Send + Sync + 'static,
        machines: Vec<MachineSpec>,
    ) -> Self {
        Self {
            servers: 24,
            seed: 1,
            start: "2026-11-21T08:00:00Z"
                .parse()
                .expect("a constant time parses"),
            may_hang: false,
            connect: Arc::new(connect),
            machines,
        }
    }

    /// Protected servers of the estate.
    #[must_use]
    pub fn servers(mut self, servers: usize) -> Self {
        self.servers = servers;
        self
    }

    /// Seed of the estate, the world and the ids.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The test means to leave executions or events unfinished.
    #[must_use]
    pub fn may_hang(mut self) -> Self {
        self.may_hang = true;
        self
    }

    /// Builds the estate and registers its accounts.
    pub async fn start(self) -> TestApp {
        let folder = tempfile::tempdir().expect("a temporary directory");
        self.open(folder).await
    }

    /// Starts from a snapshot of another product; new ids come from this builder's seed, which must be another.
    pub async fn resume(self, snapshot: &Path) -> TestApp {
        let folder = tempfile::tempdir().expect("a temporary directory");
        copy_files(snapshot, folder.path());
        self.open(folder).await
    }

    async fn open(self, folder: TempDir) -> TestApp {
        let ids = Arc::new(CountedIds::from_seed(self.seed));
        let wall = Arc::new(ManualClock::at(self.start));
        let cuts = Cuts::default();
        let may_hang = self.may_hang;
        let opener = Opener {
            builder: self,
            ids,
            wall,
            cuts,
        };
        let local = opener.open(folder.path()).await;
        TestApp::new(opener, local, folder, may_hang)
    }
}

/// Opens the same product over a state directory, again and again.
#[derive(Clone)]
pub(crate) struct Opener {
    builder: TestAppBuilder,
    ids: Arc<CountedIds>,
    pub(crate) wall: Arc<ManualClock>,
    pub(crate) cuts: Cuts,
}

impl Opener {
    pub(crate) async fn open(&self, folder: &std::path::Path) -> Local {
        let options = LocalOptions {
            state: folder.to_owned(),
            reset: false,
            servers: self.builder.servers,
            seed: self.builder.seed,
            speed: Speed::Manual,
            start: self.builder.start,
            environment: ENVIRONMENT.to_owned(),
            sign_in: SignIn::Off,
            wall: Arc::clone(&self.wall) as _,
            ids: Arc::clone(&self.ids) as _,
            machines: self.builder.machines.clone(),
        };
        let connect = Arc::clone(&self.builder.connect);
        let cuts = self.cuts.clone();
        let opened = Local::open(options, move |mut connection| {
            connection.sdk = cuts.around(&connection.sdk);
            connect(connection)
        });
        match opened.await {
            Ok(local) => local,
            Err(error) => panic!("the product did not open: {error}: {error:?}"),
        }
    }
}
