//! Starting an execution: its batches first, then its header and the lease of its place in one
//! transaction. Without a header nobody sees the batches, so what dies in between has started nothing.

use dr_error::{Error, Result};
use dr_model::execution::{Batch, Execution};
use futures::{StreamExt, TryStreamExt};

use super::item::{BATCH, EXECUTION};
use crate::call::Written;
use crate::condition::Condition;
use crate::item::decode;
use crate::lease::{self, Lease};
use crate::schema::attribute;
use crate::size;
use crate::store::{CONCURRENT, Store};
use crate::transact::{Op, Refusal, Transacted};

/// How a start went.
#[derive(Debug, Clone, PartialEq)]
pub enum Started {
    /// It is stored now.
    Now,
    /// An execution of this id was stored before: by an earlier run of the same request.
    Before(Box<Execution>),
}

impl Store {
    /// Stores a new execution at version 1 and adds it to the lease of its recovery place, if that is still
    /// as it was seen. Whoever starts: read the lease, check what is active in it, then call this; on a
    /// `VersionConflict` begin again. Run twice, the second answers [`Started::Before`].
    ///
    /// Needs `dynamodb:Query`, `dynamodb:PutItem`, `dynamodb:UpdateItem`.
    ///
    /// # Errors
    /// `VersionConflict` on the lease; `ALREADY_EXISTS` when other batches are stored under this id;
    /// `ITEM_TOO_LARGE`.
    pub async fn start_execution(
        &self,
        execution: &mut Execution,
        batches: &mut [Batch],
        seen: &Lease,
    ) -> Result<Started> {
        if seen.place != execution.direction.recovery {
            return Err(Error::internal("the lease is of another place"));
        }
        // The lease was read before this: an execution of this id that was stored meanwhile has changed it,
        // or is found here.
        if let Some(stored) = self.find_execution(&execution.id).await? {
            return Ok(Started::Before(Box::new(stored)));
        }
        let mut next = execution.clone();
        next.version = 1;
        let header = self.header_item(&next)?;
        size::check(EXECUTION, execution.id.as_str(), &header)?;
        let firsts = batches.iter().map(|batch| self.create_batch(&next, batch));
        futures::stream::iter(firsts.collect::<Vec<_>>())
            .buffer_unordered(CONCURRENT)
            .try_collect::<()>()
            .await?;
        let table = &self.tables.executions;
        let ops = vec![
            Op::Put {
                table,
                item: header,
                condition: Condition::Absent(attribute::EXECUTION_ID),
            },
            lease::adding(table, seen, &execution.id),
        ];
        match self.transact(ops).await? {
            Transacted::Done => {}
            Transacted::Refused(refusals) => {
                if let Some(Refusal::Failed(Some(found))) = refusals.first() {
                    return Ok(Started::Before(Box::new(decode(EXECUTION, found)?)));
                }
                return Err(Error::VersionConflict {
                    kind: "lease",
                    id: seen.place.to_string(),
                });
            }
        }
        *execution = next;
        for batch in batches {
            batch.version = 1;
        }
        Ok(Started::Now)
    }

    /// A batch of the same servers may be there from an attempt that came no further; it is left alone.
    async fn create_batch(&self, execution: &Execution, batch: &Batch) -> Result<()> {
        let first = Batch {
            version: 1,
            ..batch.clone()
        };
        let id = format!("{}/{}/{}", execution.id, batch.wave, batch.number);
        let written = self
            .put_if(
                &self.tables.executions,
                (BATCH, &id),
                self.batch_item(execution, &first)?,
                &Condition::Absent(attribute::EXECUTION_ID),
            )
            .await?;
        if let Written::Refused(Some(found)) = written {
            let stored: Batch = decode(BATCH, &found)?;
            let blueprint = |batch: &Batch| -> Vec<_> {
                batch.servers.iter().map(|s| s.blueprint.clone()).collect()
            };
            if blueprint(&stored) != blueprint(batch) {
                return Err(Error::Conflict {
                    code: "ALREADY_EXISTS",
                    message: format!("another execution {} has been begun", execution.id),
                });
            }
        }
        Ok(())
    }
}
