//! Headers: read, listed, updated, ended.

use dr_error::{Error, Result, retry};
use dr_model::execution::{Execution, ExecutionType};
use dr_model::ids::{AccountId, ExecutionId};
use futures::{StreamExt, TryStreamExt};

use super::item::{EXECUTION, type_word};
use crate::call::{Written, conflict, failed};
use crate::condition::Condition;
use crate::item::{Item, decode, text_of};
use crate::lease;
use crate::query::Partition;
use crate::schema::{attribute, index};
use crate::size;
use crate::store::{CONCURRENT, Store};
use crate::token::{Page, PageRequest};
use crate::transact::{Op, Refusal, Transacted};

/// Which executions to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutionFilter {
    /// All.
    All,
    /// Those of a primary account (AccountIndex).
    Account(AccountId),
    /// Drills, or recoveries (ExecutionTypeIndex).
    Type(ExecutionType),
}

impl Store {
    /// Reads a header, consistently.
    ///
    /// Needs `dynamodb:Query`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn execution(&self, id: &ExecutionId) -> Result<Execution> {
        self.find_execution(id)
            .await?
            .ok_or_else(|| Error::NotFound {
                kind: EXECUTION,
                id: id.to_string(),
            })
    }

    /// Reads those of some that exist, consistently, in that order.
    ///
    /// Needs `dynamodb:Query`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn executions_by_id(
        &self,
        ids: impl IntoIterator<Item = &ExecutionId>,
    ) -> Result<Vec<Execution>> {
        let reads: Vec<_> = ids.into_iter().map(|id| self.find_execution(id)).collect();
        let found: Vec<Option<Execution>> = futures::stream::iter(reads)
            .buffered(CONCURRENT)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// A header sorts before its batches and logs, so it is the first item of its partition. Batches of a
    /// start of the same id that came no further, at an earlier time, may lie before it; then the
    /// partition's keys are searched.
    pub(super) async fn find_execution(&self, id: &ExecutionId) -> Result<Option<Execution>> {
        let table = &self.tables.executions;
        let partition = Partition::of_table(table, id);
        let first = self.query(&partition, Some(1), None).await?;
        let header = match first.first() {
            Some(item) if text_of(item, attribute::KIND) != Some(EXECUTION) => {
                let mut keys = self.query(&partition.keys_only(), None, None).await?;
                keys.retain(is_header_key);
                self.items_behind(table, &keys).await?.into_iter().next()
            }
            _ => first.into_iter().next(),
        };
        header.map(|item| decode(EXECUTION, &item)).transpose()
    }

    /// Lists headers newest first.
    ///
    /// Needs `dynamodb:Query` on the table's indexes and `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// `Invalid` on `limit` or `next_token`.
    pub async fn executions(
        &self,
        filter: &ExecutionFilter,
        page: &PageRequest,
    ) -> Result<Page<Execution>> {
        let table = &self.tables.executions;
        let partition = match filter {
            ExecutionFilter::All => Partition::of_index(table, index::KIND, EXECUTION),
            ExecutionFilter::Account(id) => Partition::of_index(table, index::ACCOUNT, id),
            ExecutionFilter::Type(kind) => {
                Partition::of_index(table, index::EXECUTION_TYPE, type_word(*kind))
            }
        };
        let page = self.page_of_index(&partition.newest_first(), page).await?;
        page.decoded(EXECUTION)
    }

    /// Writes a header at the next version, if the stored one has this version. A terminal one is ended,
    /// as by [`Self::end_execution`].
    ///
    /// Needs `dynamodb:PutItem`, and to end one what [`Self::end_execution`] needs.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`, `ITEM_TOO_LARGE`.
    pub async fn update_execution(&self, execution: &mut Execution) -> Result<()> {
        if execution.status.is_terminal() {
            return self.end_execution(execution).await;
        }
        let (next, item) = self.next_header(execution)?;
        let what = (EXECUTION, execution.id.as_str());
        let seen = Condition::version(execution.version);
        match self
            .put_if(&self.tables.executions, what, item, &seen)
            .await?
        {
            Written::Done => {
                *execution = next;
                Ok(())
            }
            Written::Refused(found) => Err(conflict(EXECUTION, &execution.id, found.as_ref())),
        }
    }

    /// Writes a terminal header at the next version, if the stored one has this version, and removes the
    /// execution from the lease of its place in the same transaction. Before that, its batches and logs get
    /// the time at which they may be deleted, so that none is forgotten; until the header is stored they
    /// lose it again with their next update.
    ///
    /// Needs `dynamodb:Query`, `dynamodb:UpdateItem`, `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`; `Internal` when it is not terminal or has no end.
    pub async fn end_execution(&self, execution: &mut Execution) -> Result<()> {
        if self.ttl(execution).is_none() {
            return Err(Error::internal(
                "only a terminal execution with an end is ended",
            ));
        }
        let (next, item) = self.next_header(execution)?;
        self.expire_parts(execution).await?;
        let table = &self.tables.executions;
        let ops = vec![
            Op::Put {
                table,
                item,
                condition: Condition::version(execution.version),
            },
            lease::removing(table, &execution.direction.recovery, &execution.id),
        ];
        match self.transact(ops).await? {
            Transacted::Done => {
                *execution = next;
                Ok(())
            }
            Transacted::Refused(refusals) => {
                let found = refusals.first().and_then(Refusal::item);
                Err(conflict(EXECUTION, &execution.id, found))
            }
        }
    }

    fn next_header(&self, execution: &Execution) -> Result<(Execution, Item)> {
        let mut next = execution.clone();
        next.version += 1;
        let item = self.header_item(&next)?;
        size::check(EXECUTION, execution.id.as_str(), &item)?;
        Ok((next, item))
    }

    /// Sets the time to live on everything of an execution but its header.
    async fn expire_parts(&self, execution: &Execution) -> Result<()> {
        let Some(ttl) = self.ttl(execution) else {
            return Ok(());
        };
        let table = &self.tables.executions;
        let whole = Partition::of_table(table, &execution.id).keys_only();
        let keys = self.query(&whole, None, None).await?;
        let writes: Vec<_> = keys
            .into_iter()
            .filter(|key| !is_header_key(key))
            .map(|key| self.expire(table, key, ttl.clone()))
            .collect();
        futures::stream::iter(writes)
            .buffer_unordered(CONCURRENT)
            .try_collect::<()>()
            .await
    }

    async fn expire(
        &self,
        table: &str,
        key: Item,
        ttl: aws_sdk_dynamodb::types::AttributeValue,
    ) -> Result<()> {
        let present = Condition::Present(attribute::EXECUTION_ID).expression();
        retry(&*self.clock, || async {
            self.client
                .update_item()
                .table_name(table)
                .set_key(Some(key.clone()))
                .update_expression("SET #ttl = :ttl")
                .set_expression_attribute_names(present.names.clone())
                .expression_attribute_names("#ttl", attribute::TTL)
                .expression_attribute_values(":ttl", ttl.clone())
                .set_condition_expression(present.text.clone())
                .send()
                .await
                .map(|_| ())
                .map_err(|error| failed("UpdateItem", &error))
        })
        .await
    }
}

/// Whether a key is that of a header: everything else has its kind behind the time.
fn is_header_key(key: &Item) -> bool {
    text_of(key, attribute::TIMESTAMP).is_some_and(|sort| !sort.contains('#'))
}
