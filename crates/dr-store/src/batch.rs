//! Many items in one call, what was left unprocessed included.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{KeysAndAttributes, PutRequest, WriteRequest};
use dr_error::{AwsCall, AwsClass, AwsError, Backoff, Error, Result, retry};

use crate::call::failed;
use crate::item::{Item, Key};
use crate::store::Store;

/// Keys in one `BatchGetItem` at most (Amazon DynamoDB Developer Guide, "Quotas").
const MAX_GETS: usize = 100;
/// Items in one `BatchWriteItem` at most (the same).
const MAX_PUTS: usize = 25;

/// DynamoDB took none of a batch, and none again: it is throttling.
fn stuck(operation: &'static str) -> Error {
    AwsError {
        call: AwsCall {
            service: "dynamodb",
            operation,
            place: String::new(),
        },
        class: AwsClass::Throttled,
        code: "UnprocessedItems".to_owned(),
        message: "no item was processed".to_owned(),
        retry_after: None,
        detail: "every item came back unprocessed, in every attempt".to_owned(),
        aws_request_id: None,
    }
    .into()
}

impl Store {
    /// `dynamodb:BatchGetItem`, consistent. The order of the answer is DynamoDB's; keys without an item
    /// are left out. No key may come twice.
    pub(crate) async fn get_many(&self, table: &str, keys: &[Key]) -> Result<Vec<Item>> {
        let mut items = Vec::with_capacity(keys.len());
        for chunk in keys.chunks(MAX_GETS) {
            let mut pending: Vec<Item> = chunk.iter().map(Key::to_item).collect();
            let mut backoff = self.backoff();
            while !pending.is_empty() {
                let before = pending.len();
                let (found, left) = self.get_some(table, &pending).await?;
                items.extend(found);
                pending = left;
                if pending.len() == before {
                    let delay = backoff.next().ok_or_else(|| stuck("BatchGetItem"))?;
                    self.clock.sleep(delay).await;
                }
            }
        }
        Ok(items)
    }

    async fn get_some(&self, table: &str, keys: &[Item]) -> Result<(Vec<Item>, Vec<Item>)> {
        let wanted = KeysAndAttributes::builder()
            .set_keys(Some(keys.to_vec()))
            .consistent_read(true)
            .build()
            .map_err(Error::internal)?;
        let mut answer = retry(&*self.clock, || async {
            self.client
                .batch_get_item()
                .request_items(table, wanted.clone())
                .send()
                .await
                .map_err(|error| failed("BatchGetItem", &error))
        })
        .await?;
        let found = answer
            .responses
            .as_mut()
            .and_then(|tables| tables.remove(table))
            .unwrap_or_default();
        let left = answer
            .unprocessed_keys
            .and_then(|mut tables| tables.remove(table))
            .map(|left| left.keys)
            .unwrap_or_default();
        Ok((found, left))
    }

    /// `dynamodb:BatchWriteItem`, unconditional: only for items that are the same however often they are
    /// written.
    pub(crate) async fn put_many(&self, table: &str, items: Vec<Item>) -> Result<()> {
        let mut writes = Vec::with_capacity(items.len());
        for item in items {
            let put = PutRequest::builder()
                .set_item(Some(item))
                .build()
                .map_err(Error::internal)?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
        for chunk in writes.chunks(MAX_PUTS) {
            let mut pending = chunk.to_vec();
            let mut backoff = self.backoff();
            while !pending.is_empty() {
                let before = pending.len();
                pending = self.put_some(table, pending).await?;
                if pending.len() == before {
                    let delay = backoff.next().ok_or_else(|| stuck("BatchWriteItem"))?;
                    self.clock.sleep(delay).await;
                }
            }
        }
        Ok(())
    }

    /// What was left unprocessed.
    async fn put_some(&self, table: &str, writes: Vec<WriteRequest>) -> Result<Vec<WriteRequest>> {
        let request = HashMap::from([(table.to_owned(), writes)]);
        let answer = retry(&*self.clock, || async {
            self.client
                .batch_write_item()
                .set_request_items(Some(request.clone()))
                .send()
                .await
                .map_err(|error| failed("BatchWriteItem", &error))
        })
        .await?;
        Ok(answer
            .unprocessed_items
            .and_then(|mut tables| tables.remove(table))
            .unwrap_or_default())
    }

    fn backoff(&self) -> Backoff {
        Backoff::seeded(u64::from(self.clock.now().timestamp_subsec_nanos()))
    }
}
