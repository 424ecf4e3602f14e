//! Batches: read and updated one by one; an execution of 1,000 servers in one wave has ten.

use dr_error::{Error, Result};
use dr_model::execution::{Batch, Execution};

use super::item::{BATCH, batch_key, sort_prefix};
use crate::call::{Written, conflict};
use crate::condition::Condition;
use crate::item::{Item, decode};
use crate::query::Partition;
use crate::size;
use crate::store::Store;
use crate::transact::{Op, Refusal, Transacted};

impl Store {
    /// All batches of an execution by wave and number, consistently, without their logs.
    ///
    /// Needs `dynamodb:Query`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn batches(&self, execution: &Execution) -> Result<Vec<Batch>> {
        self.batches_under(execution, sort_prefix(execution, BATCH))
            .await
    }

    /// The batches of one wave by number, consistently, without their logs.
    ///
    /// Needs `dynamodb:Query`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn batches_of_wave(&self, execution: &Execution, wave: usize) -> Result<Vec<Batch>> {
        let prefix = format!("{}{wave:04}#", sort_prefix(execution, BATCH));
        self.batches_under(execution, prefix).await
    }

    async fn batches_under(&self, execution: &Execution, prefix: String) -> Result<Vec<Batch>> {
        let table = &self.tables.executions;
        let partition = Partition::of_table(table, &execution.id).starting(prefix);
        let items = self.query(&partition, None, None).await?;
        items.iter().map(|item| decode(BATCH, item)).collect()
    }

    /// Reads one batch, consistently, without its log.
    ///
    /// Needs `dynamodb:GetItem`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn batch(&self, execution: &Execution, wave: usize, number: usize) -> Result<Batch> {
        let key = batch_key(execution, wave, number);
        match self.get_item(&self.tables.executions, &key).await? {
            Some(item) => decode(BATCH, &item),
            None => Err(Error::NotFound {
                kind: BATCH,
                id: format!("{}/{wave}/{number}", execution.id),
            }),
        }
    }

    /// Writes a batch at the next version, if the stored one has this version. A log that is not empty
    /// replaces the stored one, in the same transaction: a writer that loses must not leave an older copy
    /// behind. An empty log leaves the stored one as it is.
    ///
    /// The execution is asked for because its creation time is part of the key.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`, `ITEM_TOO_LARGE`.
    pub async fn update_batch(&self, execution: &Execution, batch: &mut Batch) -> Result<()> {
        if batch.execution_id != execution.id {
            return Err(Error::internal("the batch is of another execution"));
        }
        let id = format!("{}/{}/{}", execution.id, batch.wave, batch.number);
        let mut next = batch.clone();
        next.version += 1;
        let item = self.batch_item(execution, &next)?;
        size::check(BATCH, &id, &item)?;
        let seen = Condition::version(batch.version);
        let written = if next.log.is_empty() {
            let table = &self.tables.executions;
            self.put_if(table, (BATCH, &id), item, &seen).await?
        } else {
            self.put_with_log(execution, &next, item, seen).await?
        };
        if let Written::Refused(found) = written {
            return Err(conflict(BATCH, id, found.as_ref()));
        }
        *batch = next;
        Ok(())
    }

    async fn put_with_log(
        &self,
        execution: &Execution,
        batch: &Batch,
        item: Item,
        condition: Condition,
    ) -> Result<Written> {
        let table = &self.tables.executions;
        let mut ops = vec![Op::Put {
            table,
            item,
            condition,
        }];
        ops.extend(self.log_items(execution, batch)?.into_iter().map(|item| {
            let condition = Condition::Always;
            Op::Put {
                table,
                item,
                condition,
            }
        }));
        Ok(match self.transact(ops).await? {
            Transacted::Done => Written::Done,
            Transacted::Refused(refusals) => {
                Written::Refused(refusals.first().and_then(Refusal::item).cloned())
            }
        })
    }
}
