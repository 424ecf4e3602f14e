//! The DynamoDB tables: items, keys, versioned conditional writes. The only crate that names
//! `aws-sdk-dynamodb`.

mod accounts;
mod batch;
mod bulk;
mod call;
mod condition;
mod config_runs;
mod create;
mod execution;
mod groups;
mod history;
mod installations;
mod inventory;
mod item;
mod lease;
mod look;
mod named;
mod pairs;
mod plans;
mod query;
mod record;
mod schema;
mod sessions;
mod size;
mod split;
mod store;
mod token;
mod transact;

pub use crate::config_runs::ConfigRunFilter;
pub use crate::execution::ExecutionFilter;
pub use crate::execution::Started;
pub use crate::lease::Lease;
pub use crate::schema::{IndexSchema, TableSchema, Tables, schema};
pub use crate::sessions::SessionFilter;
pub use crate::size::MAX_ITEM_BYTES;
pub use crate::store::{RETENTION_DAYS, Store};
pub use crate::token::{MAX_PAGE, Page, PageRequest};
