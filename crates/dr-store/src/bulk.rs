//! Many records in few transactions. What one record would be refused for refuses only that record: its
//! transaction is repeated without it.

use std::collections::HashSet;

use dr_error::{Error, Result};

use crate::record::{self, Record};
use crate::store::Store;
use crate::transact::{MAX_OPS, Op, Transacted};

/// What is done with each record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bulk {
    Create,
    Update,
    Delete,
}

impl Bulk {
    fn ops<'s, R: Record>(self, store: &'s Store, record: &R) -> Result<Vec<Op<'s>>> {
        match self {
            Self::Create => store.creation(record),
            Self::Update => Ok(vec![store.change(record)?]),
            Self::Delete => Ok(record::deletion(R::table(&store.tables), record)),
        }
    }

    /// The version of a record that was written.
    fn version(self, record: &impl Record) -> u64 {
        match self {
            Self::Create => 1,
            Self::Update => record.version() + 1,
            Self::Delete => record.version(),
        }
    }

    /// Writes in one transaction.
    fn ops_each(self, record: &impl Record) -> usize {
        match self {
            Self::Create | Self::Delete => 1 + usize::from(record.claim().is_some()),
            Self::Update => 1,
        }
    }
}

impl Store {
    /// Writes records in transactions; those that cannot be written with others are written alone, which
    /// says why. Answers the ones that were refused alone, by their place in the slice.
    pub(crate) async fn in_bulk<R: Record>(
        &self,
        bulk: Bulk,
        records: &mut [R],
    ) -> Result<Vec<(usize, Error)>> {
        let (chunks, mut alone) = chunks(bulk, records);
        for chunk in chunks {
            self.together(bulk, records, chunk, &mut alone).await?;
        }
        alone.sort_unstable();
        let mut problems = Vec::new();
        for n in alone {
            let Some(record) = records.get_mut(n) else {
                continue;
            };
            let written = match bulk {
                Bulk::Create => self.create(record).await,
                Bulk::Update => self.update(record).await,
                Bulk::Delete => self.remove(record).await,
            };
            match written {
                Ok(()) => {}
                Err(error @ Error::Aws(_)) => return Err(error),
                Err(error) => problems.push((n, error)),
            }
        }
        Ok(problems)
    }

    /// Writes those of a chunk that can be, and adds the others to `alone`. Each round leaves out at least
    /// one record, so there are at most as many rounds as records.
    async fn together<R: Record>(
        &self,
        bulk: Bulk,
        records: &mut [R],
        mut left: Vec<usize>,
        alone: &mut Vec<usize>,
    ) -> Result<()> {
        while !left.is_empty() {
            let mut writes = Vec::new();
            let mut owner = Vec::new();
            for &n in &left {
                let Some(record) = records.get(n) else {
                    continue;
                };
                for op in bulk.ops(self, record)? {
                    writes.push(op);
                    owner.push(n);
                }
            }
            let refusals = match self.transact(writes).await? {
                Transacted::Done => {
                    for n in left {
                        if let Some(record) = records.get_mut(n) {
                            record.set_version(bulk.version(record));
                        }
                    }
                    return Ok(());
                }
                Transacted::Refused(refusals) => refusals,
            };
            let refused: HashSet<usize> = owner
                .iter()
                .zip(&refusals)
                .filter(|(_, refusal)| refusal.failed())
                .map(|(n, _)| *n)
                .collect();
            if refused.is_empty() {
                return Err(Error::internal("a transaction was refused for no write"));
            }
            left.retain(|n| !refused.contains(n));
            alone.extend(refused);
        }
        Ok(())
    }
}

/// Places of records that fit into one transaction each, and of those that name an item which another of
/// their transaction names: it may be named only once.
fn chunks<R: Record>(bulk: Bulk, records: &[R]) -> (Vec<Vec<usize>>, Vec<usize>) {
    let mut chunks = Vec::new();
    let mut alone = Vec::new();
    let mut chunk = Vec::new();
    let mut ops = 0;
    let mut keys = HashSet::new();
    for (n, record) in records.iter().enumerate() {
        let more = bulk.ops_each(record);
        if ops + more > MAX_OPS {
            chunks.push(std::mem::take(&mut chunk));
            keys.clear();
            ops = 0;
        }
        let mine: Vec<_> = std::iter::once(record.key())
            .chain(record.claim())
            .collect();
        if mine.iter().any(|key| keys.contains(key)) {
            alone.push(n);
        } else {
            keys.extend(mine);
            chunk.push(n);
            ops += more;
        }
    }
    chunks.push(chunk);
    (chunks, alone)
}
