//! Logs of batches, apart from the batches: in parts of their own, read only when asked for.

use aws_sdk_dynamodb::types::AttributeValue;
use dr_error::{Error, Result};
use dr_model::execution::{Batch, Execution};
use dr_model::job::JobLogEntry;

use super::item::sort_prefix;
use crate::item::{Item, Key, decode, encode, number, text};
use crate::query::Partition;
use crate::schema::attribute;
use crate::size::value_bytes;
use crate::store::Store;

const LOG: &str = "log";
/// Attribute of the first part: how many parts there are.
const PARTS: &str = "parts";
/// Bytes of entries in a part at most: three quarters of what an item may hold.
const PART_BYTES: usize = 300 * 1024;

fn part_prefix(execution: &Execution, wave: usize, number: usize) -> String {
    format!("{}{wave:04}#{number:04}#", sort_prefix(execution, LOG))
}

impl Store {
    /// The stored log of a batch; empty when none was stored.
    ///
    /// Needs `dynamodb:Query`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn batch_log(
        &self,
        execution: &Execution,
        wave: usize,
        number: usize,
    ) -> Result<Vec<JobLogEntry>> {
        let partition = Partition::of_table(&self.tables.executions, &execution.id)
            .starting(part_prefix(execution, wave, number));
        let items = self.query(&partition, None, None).await?;
        let parts = match items.first() {
            None => 0,
            Some(first) => parts_of(first)?,
        };
        let mut log = Vec::new();
        // More parts than the first one says are left from a longer log.
        for item in items.iter().take(parts) {
            log.extend(decode::<Vec<JobLogEntry>>(LOG, item)?);
        }
        Ok(log)
    }

    /// The items of a batch's log.
    pub(super) fn log_items(&self, execution: &Execution, batch: &Batch) -> Result<Vec<Item>> {
        let parts = split(&batch.log)?;
        let prefix = part_prefix(execution, batch.wave, batch.number);
        let count = parts.len();
        parts
            .into_iter()
            .enumerate()
            .map(|(n, entries)| {
                let mut item = Key::new(attribute::EXECUTION_ID, &execution.id)
                    .and(attribute::TIMESTAMP, format!("{prefix}{n:04}"))
                    .to_item();
                item.insert(attribute::DATA.to_owned(), AttributeValue::L(entries));
                item.insert(attribute::KIND.to_owned(), text(LOG));
                item.insert(PARTS.to_owned(), number(count));
                if let Some(ttl) = self.ttl(execution) {
                    item.insert(attribute::TTL.to_owned(), ttl);
                }
                crate::size::check(LOG, execution.id.as_str(), &item)?;
                Ok(item)
            })
            .collect()
    }
}

fn parts_of(item: &Item) -> Result<usize> {
    item.get(PARTS)
        .and_then(|parts| parts.as_n().ok())
        .and_then(|parts| parts.parse().ok())
        .ok_or_else(|| Error::Corrupt {
            kind: LOG,
            detail: "it does not say how many parts it has".to_owned(),
        })
}

/// Entries in order, as many to a part as fit.
fn split(log: &[JobLogEntry]) -> Result<Vec<Vec<AttributeValue>>> {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    let mut bytes = 0;
    for entry in log {
        let entry = encode(entry)?;
        let more = value_bytes(&entry) + 1;
        if bytes + more > PART_BYTES && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += more;
        part.push(entry);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    Ok(parts)
}
