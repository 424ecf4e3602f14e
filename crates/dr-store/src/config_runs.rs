//! Records of configuration runs: a header, and the servers in parts of at most 100, so that no item comes
//! near 400 KB. Written once: parts first, so that a header never lacks its parts.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use dr_error::{Error, Result};
use dr_model::config_run::{ConfigRun, ConfigRunServer, ConfigRunStatus, UnmatchedSource};
use dr_model::ids::{AccountId, ConfigId};
use serde::{Deserialize, Serialize};

use crate::call::Written;
use crate::condition::Condition;
use crate::item::{Item, Key, decode, expiry, item_of, number, text, text_of, timestamp};
use crate::query::Partition;
use crate::schema::{attribute, index};
use crate::size;
use crate::store::Store;
use crate::token::{Page, PageRequest};

const KIND: &str = "configuration run";
/// `kind` of a header.
const HEADER: &str = "config_run";
/// `kind` of a part.
const PART: &str = "config_part";
/// Servers in a part at most; each takes about 1 KB.
const PART_SERVERS: usize = 100;

/// Which runs to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigRunFilter {
    /// Those of a primary account (AccountIndex).
    Account(AccountId),
    /// Those that ended so (StatusIndex).
    Status(ConfigRunStatus),
}

/// Some servers of a run.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    #[serde(rename = "matched_pairs")]
    servers: Vec<ConfigRunServer>,
    unmatched_sources: Vec<UnmatchedSource>,
}

fn header_key(id: &ConfigId, at: DateTime<Utc>) -> Key {
    Key::new(attribute::CONFIG_ID, id).and(attribute::TIMESTAMP, timestamp(at))
}

impl Store {
    /// Stores a run. Storing the same again is no error.
    ///
    /// Needs `dynamodb:GetItem`, `dynamodb:BatchWriteItem`, `dynamodb:PutItem`, `dynamodb:Query`.
    ///
    /// # Errors
    /// `ALREADY_EXISTS` when another run has this id.
    pub async fn create_config_run(&self, run: &ConfigRun) -> Result<()> {
        let table = &self.tables.config_runs;
        let ttl = expiry(run.created_at, self.retention);
        let header = ConfigRun {
            servers: Vec::new(),
            unmatched_sources: Vec::new(),
            ..run.clone()
        };
        let key = header_key(&run.id, run.created_at);
        let item = item_of(&key, &header, header_attributes(run, &ttl))?;
        // Somebody else's parts are not to be overwritten by a run that takes their id.
        if self.get_item(table, &key).await?.is_none() {
            self.put_many(table, parts(run, &ttl)?).await?;
            let absent = Condition::Absent(attribute::CONFIG_ID);
            let written = self
                .put_if(table, (KIND, run.id.as_str()), item, &absent)
                .await?;
            if matches!(written, Written::Done) {
                return Ok(());
            }
        }
        if self.config_run(&run.id).await? == *run {
            return Ok(());
        }
        Err(Error::Conflict {
            code: "ALREADY_EXISTS",
            message: format!("there is a {KIND} {} already", run.id),
        })
    }

    /// Reads a run with all its servers, consistently.
    ///
    /// Needs `dynamodb:Query`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn config_run(&self, id: &ConfigId) -> Result<ConfigRun> {
        let whole = Partition::of_table(&self.tables.config_runs, id);
        let items = self.query(&whole, None, None).await?;
        let is = |item: &Item, kind| text_of(item, attribute::KIND) == Some(kind);
        let header = items.iter().find(|item| is(item, HEADER));
        let header = header.ok_or_else(|| Error::NotFound {
            kind: KIND,
            id: id.to_string(),
        })?;
        let mut run: ConfigRun = decode(KIND, header)?;
        // Parts sort behind the header, in their order.
        for item in items.iter().filter(|item| is(item, PART)) {
            let part: Part = decode(KIND, item)?;
            run.servers.extend(part.servers);
            run.unmatched_sources.extend(part.unmatched_sources);
        }
        Ok(run)
    }

    /// Lists runs newest first, without their servers.
    ///
    /// Needs `dynamodb:Query` on the table's indexes and `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// `Invalid` on `limit` or `next_token`.
    pub async fn config_runs(
        &self,
        filter: &ConfigRunFilter,
        page: &PageRequest,
    ) -> Result<Page<ConfigRun>> {
        let table = &self.tables.config_runs;
        let partition = match filter {
            ConfigRunFilter::Account(id) => Partition::of_index(table, index::ACCOUNT, id),
            ConfigRunFilter::Status(status) => {
                Partition::of_index(table, index::STATUS, status.as_str())
            }
        };
        let page = self.page_of_index(&partition.newest_first(), page).await?;
        page.decoded(KIND)
    }
}

/// What requirement 004 has at the top level of a run.
fn header_attributes(run: &ConfigRun, ttl: &AttributeValue) -> Vec<(&'static str, AttributeValue)> {
    let direction = &run.direction;
    vec![
        (attribute::KIND, text(HEADER)),
        (
            attribute::PRIMARY_ACCOUNT_ID,
            text(&direction.primary.account_id),
        ),
        ("primary_region", text(&direction.primary.region)),
        ("dr_account_id", text(&direction.recovery.account_id)),
        ("dr_region", text(&direction.recovery.region)),
        ("match_rate", number(run.match_rate)),
        ("total_sources", number(run.total_sources)),
        ("matched_count", number(run.matched_count)),
        (attribute::STATUS, text(run.status.as_str())),
        (attribute::TTL, ttl.clone()),
    ]
}

/// The parts of a run. Its `matched_pairs` and `unmatched_sources` (requirement 004) are here.
fn parts(run: &ConfigRun, ttl: &AttributeValue) -> Result<Vec<Item>> {
    let count = run
        .servers
        .len()
        .max(run.unmatched_sources.len())
        .div_ceil(PART_SERVERS);
    let at = timestamp(run.created_at);
    (0..count)
        .map(|n| {
            let part = Part {
                servers: nth_chunk(&run.servers, n),
                unmatched_sources: nth_chunk(&run.unmatched_sources, n),
            };
            let key = Key::new(attribute::CONFIG_ID, &run.id)
                .and(attribute::TIMESTAMP, format!("{at}#part#{n:04}"));
            let more = [(attribute::KIND, text(PART)), (attribute::TTL, ttl.clone())];
            let item = item_of(&key, &part, more)?;
            size::check(KIND, run.id.as_str(), &item)?;
            Ok(item)
        })
        .collect()
}

fn nth_chunk<T: Clone>(all: &[T], n: usize) -> Vec<T> {
    all.chunks(PART_SERVERS)
        .nth(n)
        .map(<[T]>::to_vec)
        .unwrap_or_default()
}
