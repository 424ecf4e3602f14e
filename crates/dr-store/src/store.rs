//! The store: one client, the tables of one environment, and how long ended things are kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_types::SdkConfig;
use dr_error::Clock;
use dr_error::sdk::once_only;

use crate::schema::{TableSchema, Tables, schema};

/// Days that records of what has ended are kept (requirement 004, "DynamoDB Schema": TTL 90 days).
pub const RETENTION_DAYS: u32 = 90;

/// Calls under way at once.
pub(crate) const CONCURRENT: usize = 8;

/// Our tables. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) tables: Tables,
    pub(crate) schema: Arc<[TableSchema]>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) retention: chrono::Duration,
    /// What this process claimed to look at, and when, in milliseconds since 1970: it need not be asked of the table.
    pub(crate) claims: Arc<Mutex<HashMap<String, i64>>>,
}

impl Store {
    /// The tables of an environment such as `dev`. Retries are ours (`dr_error::retry`), because only we
    /// know which write may be repeated; the SDK's own are off.
    #[must_use]
    pub fn new(config: &SdkConfig, environment: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: Client::new(&once_only(config)),
            tables: Tables::of(environment),
            schema: schema(environment).into(),
            clock,
            retention: chrono::Duration::days(i64::from(RETENTION_DAYS)),
            claims: Arc::default(),
        }
    }

    /// Keeps what has ended for another number of days than [`RETENTION_DAYS`].
    #[must_use]
    pub fn keeping_days(mut self, days: u32) -> Self {
        self.retention = chrono::Duration::days(i64::from(days));
        self
    }

    /// Names of the tables.
    #[must_use]
    pub fn tables(&self) -> &Tables {
        &self.tables
    }
}
