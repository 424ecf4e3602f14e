//! What accounts, groups, plans, pairs, sessions and installations have in common: one item each, a version, and
//! for some a claim, i.e. a second item whose key is what must be unique.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use dr_error::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::{Written, conflict};
use crate::condition::Condition;
use crate::item::{Item, Key, decode, expiry, item_of, number, text, version_of};
use crate::query::Partition;
use crate::schema::{Tables, attribute};
use crate::size;
use crate::store::Store;
use crate::transact::{Op, Refusal, Transacted};

/// A versioned domain value that is one item.
pub(crate) trait Record:
    Serialize + DeserializeOwned + Clone + PartialEq + Send + Sync
{
    /// For people: `protection group`.
    const KIND: &'static str;
    /// Its table.
    fn table(tables: &Tables) -> &str;
    /// Its key.
    fn key(&self) -> Key;
    /// Its id, for people.
    fn id(&self) -> String;
    /// Its version.
    fn version(&self) -> u64;
    /// Sets its version.
    fn set_version(&mut self, version: u64);
    /// What indexes need at the top level.
    fn attributes(&self) -> Vec<(&'static str, AttributeValue)>;
    /// The key of its claim; most claim nothing.
    fn claim(&self) -> Option<Key> {
        None
    }
    /// That another has what it claims.
    fn taken(&self) -> Error {
        Error::internal(format!("a {} claims nothing", Self::KIND))
    }
    /// Since when it is over and may expire; most never are.
    fn over_at(&self) -> Option<DateTime<Utc>> {
        None
    }
}

/// The same at another version.
fn at_version<R: Record>(record: &R, version: u64) -> R {
    let mut next = record.clone();
    next.set_version(version);
    next
}

/// The stored record has this one's version and claim.
fn unchanged<R: Record>(record: &R) -> Condition {
    let mut equal = vec![(attribute::VERSION, number(record.version()))];
    if let Some(claim) = record.claim() {
        equal.push((attribute::CLAIM, text(claim.partition.1)));
    }
    Condition::Equals(equal)
}

/// Creates a claim for a record.
fn claim_op<'a, R: Record>(table: &'a str, record: &R, claim: &Key) -> Op<'a> {
    let mut item = claim.to_item();
    let key = record.key();
    item.insert(attribute::OWNER.to_owned(), text(record.id()));
    // From the claim to its record without an index, consistently.
    item.insert(attribute::OWNER_PARTITION.to_owned(), text(key.partition.1));
    if let Some((_, sort)) = key.sort {
        item.insert(attribute::OWNER_SORT.to_owned(), text(sort));
    }
    Op::Put {
        table,
        item,
        condition: Condition::AbsentOr(claim.partition.0, (attribute::OWNER, text(record.id()))),
    }
}

/// Gives a record's claim up.
fn release_op<'a, R: Record>(table: &'a str, record: &R, claim: Key) -> Op<'a> {
    let condition = Condition::AbsentOr(claim.partition.0, (attribute::OWNER, text(record.id())));
    Op::Delete {
        table,
        key: claim,
        condition,
    }
}

/// The writes that delete a record: itself, and its claim.
pub(crate) fn deletion<'a, R: Record>(table: &'a str, record: &R) -> Vec<Op<'a>> {
    let mut ops = vec![Op::Delete {
        table,
        key: record.key(),
        condition: unchanged(record),
    }];
    ops.extend(record.claim().map(|claim| release_op(table, record, claim)));
    ops
}

/// A record of that key exists already: the one that an earlier run of the same request made, or another.
fn exists<R: Record>(record: &mut R, found: Option<&Item>) -> Result<()> {
    if let Some(found) = found {
        let stored: R = decode(R::KIND, found)?;
        if at_version(&stored, 1) == at_version(record, 1) {
            *record = stored;
            return Ok(());
        }
    }
    Err(Error::Conflict {
        code: "ALREADY_EXISTS",
        message: format!("there is a {} {} already", R::KIND, record.id()),
    })
}

impl Store {
    /// A record at a version, as an item.
    fn to_item<R: Record>(&self, record: &R) -> Result<Item> {
        let mut more = record.attributes();
        more.push((attribute::VERSION, number(record.version())));
        if let Some(claim) = record.claim() {
            more.push((attribute::CLAIM, text(claim.partition.1)));
        }
        if let Some(end) = record.over_at() {
            more.push((attribute::TTL, expiry(end, self.retention)));
        }
        let item = item_of(&record.key(), record, more)?;
        size::check(R::KIND, &record.id(), &item)?;
        Ok(item)
    }

    /// The writes that create a record at version 1: itself, and its claim.
    pub(crate) fn creation<R: Record>(&self, record: &R) -> Result<Vec<Op<'_>>> {
        let table = R::table(&self.tables);
        let next = at_version(record, 1);
        let mut ops = vec![Op::Put {
            table,
            item: self.to_item(&next)?,
            condition: Condition::Absent(next.key().partition.0),
        }];
        ops.extend(next.claim().map(|claim| claim_op(table, &next, &claim)));
        Ok(ops)
    }

    /// The write that updates a record whose claim stays.
    pub(crate) fn change<R: Record>(&self, record: &R) -> Result<Op<'_>> {
        Ok(Op::Put {
            table: R::table(&self.tables),
            item: self.to_item(&at_version(record, record.version() + 1))?,
            condition: unchanged(record),
        })
    }

    /// Creates at version 1. Creating the same again answers what is stored.
    pub(crate) async fn create<R: Record>(&self, record: &mut R) -> Result<()> {
        let table = R::table(&self.tables);
        if record.claim().is_none() {
            let next = at_version(record, 1);
            let absent = Condition::Absent(next.key().partition.0);
            let id = record.id();
            return match self
                .put_if(table, (R::KIND, &id), self.to_item(&next)?, &absent)
                .await?
            {
                Written::Done => {
                    record.set_version(1);
                    Ok(())
                }
                Written::Refused(found) => exists(record, found.as_ref()),
            };
        }
        match self.transact(self.creation(record)?).await? {
            Transacted::Done => {
                record.set_version(1);
                Ok(())
            }
            Transacted::Refused(refusals) => match refusals.first() {
                Some(Refusal::Failed(found)) => exists(record, found.as_ref()),
                _ => Err(record.taken()),
            },
        }
    }

    /// Creates exactly this, which is at version 1 and claims nothing; answers the one that is there already.
    pub(crate) async fn put_new<R: Record>(&self, first: &R) -> Result<Option<R>> {
        let absent = Condition::Absent(first.key().partition.0);
        let what = (R::KIND, &*first.id());
        let item = self.to_item(first)?;
        match self
            .put_if(R::table(&self.tables), what, item, &absent)
            .await?
        {
            Written::Done => Ok(None),
            Written::Refused(Some(found)) => decode(R::KIND, &found).map(Some),
            Written::Refused(None) => Err(Error::internal("a refusal came without what was there")),
        }
    }

    /// All records behind the keys of an index, in its order.
    pub(crate) async fn all_of<R: Record>(&self, partition: Partition<'_>) -> Result<Vec<R>> {
        let found = self.query(&partition, None, None).await?;
        let items = self.items_behind(partition.table, &found).await?;
        items.iter().map(|item| decode(R::KIND, item)).collect()
    }

    /// Reads consistently.
    pub(crate) async fn read<R: Record>(&self, key: &Key, id: &str) -> Result<R> {
        let table = R::table(&self.tables);
        match self.get_item(table, key).await? {
            Some(item) => decode(R::KIND, &item),
            None => Err(Error::NotFound {
                kind: R::KIND,
                id: id.to_owned(),
            }),
        }
    }

    /// Reads those of some keys that exist, consistently, in DynamoDB's order.
    pub(crate) async fn read_some<R: Record>(&self, mut keys: Vec<Key>) -> Result<Vec<R>> {
        keys.sort_unstable();
        keys.dedup();
        let items = self.get_many(R::table(&self.tables), &keys).await?;
        items.iter().map(|item| decode(R::KIND, item)).collect()
    }

    /// Writes at the next version, in one call unless what it claims has changed.
    pub(crate) async fn update<R: Record>(&self, record: &mut R) -> Result<()> {
        let table = R::table(&self.tables);
        let next = at_version(record, record.version() + 1);
        let id = record.id();
        let written = self
            .put_if(
                table,
                (R::KIND, &id),
                self.to_item(&next)?,
                &unchanged(record),
            )
            .await?;
        match written {
            Written::Done => {}
            Written::Refused(Some(found)) if version_of(&found) == Some(record.version()) => {
                let old: R = decode(R::KIND, &found)?;
                self.move_claim(&old, &next).await?;
            }
            Written::Refused(found) => return Err(conflict(R::KIND, id, found.as_ref())),
        }
        *record = next;
        Ok(())
    }

    async fn move_claim<R: Record>(&self, old: &R, next: &R) -> Result<()> {
        let table = R::table(&self.tables);
        let mut ops = vec![Op::Put {
            table,
            item: self.to_item(next)?,
            condition: unchanged(old),
        }];
        ops.extend(next.claim().map(|claim| claim_op(table, next, &claim)));
        ops.extend(old.claim().map(|claim| release_op(table, old, claim)));
        match self.transact(ops).await? {
            Transacted::Done => Ok(()),
            Transacted::Refused(refusals) => match refusals.first() {
                Some(Refusal::Failed(found)) => Err(conflict(R::KIND, next.id(), found.as_ref())),
                _ => Err(next.taken()),
            },
        }
    }

    /// Deletes, if the stored one has this version.
    pub(crate) async fn remove<R: Record>(&self, record: &R) -> Result<()> {
        let table = R::table(&self.tables);
        if record.claim().is_none() {
            return match self
                .delete_if(table, &record.key(), &unchanged(record))
                .await?
            {
                Written::Done => Ok(()),
                Written::Refused(found) => Err(conflict(R::KIND, record.id(), found.as_ref())),
            };
        }
        match self.transact(deletion(table, record)).await? {
            Transacted::Done => Ok(()),
            Transacted::Refused(refusals) => {
                let found = refusals.first().and_then(Refusal::item);
                Err(conflict(R::KIND, record.id(), found))
            }
        }
    }
}
