//! What the replication of a place looks like: a header, the servers in parts, and the lag of servers over time.
//!
//! A reading replaces the one before it in one transaction. Header and parts of one transaction have one writer, by
//! which a reader tells the parts of the header that it has from older and newer ones.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_error::{Error, Result};
use dr_model::ids::SourceServerId;
use dr_model::inventory::{Inventory, InventoryServer, LagPoint};
use dr_model::place::Place;
use futures::{StreamExt, TryStreamExt};

use crate::condition::Condition;
use crate::history::{History, bucket};
use crate::item::{Item, Key, decode, item_of, number, text, text_of, timestamp};
use crate::query::Partition;
use crate::schema::{attribute, index};
use crate::size;
use crate::store::{CONCURRENT, Store};
use crate::transact::{Op, Transacted};

const KIND: &str = "replication inventory";
/// Partition of the index that lists places.
const LIST: &str = "inventory";
const HEADER: &str = "header";
/// How the sort keys of parts begin.
const PARTS: &str = "servers#";
/// How the sort keys of histories begin.
const HISTORY: &str = "history#";
/// Attributes of a header: how many parts it has, and when it was read.
const COUNT: &str = "parts";
const REFRESHED_AT: &str = "refreshed_at";
/// Servers in a part; each takes about 600 bytes.
const SERVERS_PER_PART: usize = 150;
/// How often a reader that met a writer begins again.
const READS: u32 = 5;

fn key(place: &Place, part: &str) -> Key {
    Key::new(attribute::PLACE, place).and(attribute::PART, part)
}

fn history_part(id: &SourceServerId) -> String {
    format!("{HISTORY}{:04}", bucket(id))
}

impl Store {
    /// Stores what was read of a place, unless a newer reading (`refreshed_at`) is stored: false then.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `ITEM_TOO_LARGE`: beyond 4 MB, which is above 5,000 servers.
    pub async fn put_inventory(&self, inventory: &Inventory) -> Result<bool> {
        let table = &self.tables.replication_inventory;
        let place = &inventory.place;
        let chunks = inventory.servers.chunks(SERVERS_PER_PART);
        let refreshed_at = text(timestamp(inventory.refreshed_at));
        let more = [
            (attribute::KIND, text(LIST)),
            (COUNT, number(chunks.len())),
            (REFRESHED_AT, refreshed_at.clone()),
        ];
        let header = without_servers(inventory);
        let mut items = vec![item_of(&key(place, HEADER), &header, more)?];
        for (n, servers) in chunks.enumerate() {
            let key = key(place, &format!("{PARTS}{n:04}"));
            items.push(item_of(&key, &servers, [])?);
        }
        let mut condition =
            Condition::AbsentOrAtMost(attribute::PLACE, (REFRESHED_AT, refreshed_at));
        let mut ops = Vec::new();
        for item in items {
            size::check(KIND, &place.to_string(), &item)?;
            ops.push(Op::Put {
                table,
                item,
                condition: std::mem::replace(&mut condition, Condition::Always),
            });
        }
        Ok(matches!(self.transact(ops).await?, Transacted::Done))
    }

    /// What is known of a place, consistently.
    ///
    /// Needs `dynamodb:GetItem`, `dynamodb:Query`.
    ///
    /// # Errors
    /// `VersionConflict` when it is being replaced all the time.
    pub async fn inventory(&self, place: &Place) -> Result<Option<Inventory>> {
        let table = &self.tables.replication_inventory;
        for _ in 0..READS {
            let Some(header) = self.get_item(table, &key(place, HEADER)).await? else {
                return Ok(None);
            };
            let count = count_of(&header)?;
            let writer = text_of(&header, attribute::WRITER);
            let mut parts = Vec::new();
            if count > 0 {
                let partition = Partition::of_table(table, place).starting(PARTS);
                parts = self.query(&partition, None, None).await?;
                // Others are left from a longer list, or came after the header was read.
                parts.retain(|part| text_of(part, attribute::WRITER) == writer);
            }
            if parts.len() == count {
                let mut inventory: Inventory = decode(KIND, &header)?;
                for part in &parts {
                    inventory
                        .servers
                        .extend(decode::<Vec<InventoryServer>>(KIND, part)?);
                }
                return Ok(Some(inventory));
            }
        }
        Err(Error::VersionConflict {
            kind: KIND,
            id: place.to_string(),
        })
    }

    /// What is known of some places, in their order; places of which nothing is known are left out.
    ///
    /// Needs `dynamodb:GetItem`, `dynamodb:Query`.
    ///
    /// # Errors
    /// As [`Self::inventory`].
    pub async fn inventory_of(&self, places: &[Place]) -> Result<Vec<Inventory>> {
        let reads: Vec<_> = places.iter().map(|place| self.inventory(place)).collect();
        let found: Vec<Option<Inventory>> = futures::stream::iter(reads)
            .buffered(CONCURRENT)
            .try_collect()
            .await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The places that have an inventory, in order. A new one may be missing for under a second.
    ///
    /// Needs `dynamodb:Query` on the table's indexes.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn places(&self) -> Result<Vec<Place>> {
        let table = &self.tables.replication_inventory;
        let all = Partition::of_index(table, index::KIND, LIST);
        let found = self.query(&all, None, None).await?;
        found
            .iter()
            .map(|key| {
                let place = text_of(key, attribute::PLACE).and_then(|text| text.parse().ok());
                place.ok_or_else(|| corrupt("its key names no place"))
            })
            .collect()
    }

    /// The lag of a server over time, oldest first; empty when none was kept.
    ///
    /// Needs `dynamodb:GetItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn lag_history(&self, place: &Place, id: &SourceServerId) -> Result<Vec<LagPoint>> {
        let table = &self.tables.replication_inventory;
        let found = self.get_item(table, &key(place, &history_part(id))).await?;
        let Some(item) = found else {
            return Ok(Vec::new());
        };
        Ok(decode::<History>(KIND, &item)?.of(id))
    }

    /// Keeps the lag that every server has now, for 24 hours. Nothing is kept when the last reading failed, nor
    /// within half a step of the last point: keeping twice, or two at once, keeps one point.
    ///
    /// Needs `dynamodb:Query`, `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `ITEM_TOO_LARGE`, which takes far more servers than DRS has in a region.
    pub async fn keep_lag_points(&self, inventory: &Inventory, now: DateTime<Utc>) -> Result<()> {
        if inventory.error.is_some() {
            return Ok(());
        }
        let place = &inventory.place;
        let mut lags: BTreeMap<String, BTreeMap<SourceServerId, Option<u64>>> = BTreeMap::new();
        for server in &inventory.servers {
            let id = &server.source_server_id;
            let part = lags.entry(history_part(id)).or_default();
            part.insert(id.clone(), server.lag_seconds);
        }
        let table = &self.tables.replication_inventory;
        let partition = Partition::of_table(table, place).starting(HISTORY);
        let mut stored: BTreeMap<String, Item> = BTreeMap::new();
        for item in self.query(&partition, None, None).await? {
            if let Some(part) = text_of(&item, attribute::PART) {
                // Where no server is left, what they had runs out.
                lags.entry(part.to_owned()).or_default();
                stored.insert(part.to_owned(), item);
            }
        }
        let writes = lags.into_iter().map(|(part, lags)| {
            let old = stored.remove(&part);
            self.keep_part(place, part, lags, old, now)
        });
        futures::stream::iter(writes.collect::<Vec<_>>())
            .buffer_unordered(CONCURRENT)
            .try_collect::<()>()
            .await
    }

    async fn keep_part(
        &self,
        place: &Place,
        part: String,
        lags: BTreeMap<SourceServerId, Option<u64>>,
        old: Option<Item>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut history: History = old
            .as_ref()
            .map(|item| decode(KIND, item))
            .transpose()?
            .unwrap_or_default();
        if !history.keep(now, &lags) {
            return Ok(());
        }
        let writer = old.as_ref().and_then(|item| item.get(attribute::WRITER));
        let condition = match writer {
            Some(writer) => Condition::Equals(vec![(attribute::WRITER, writer.clone())]),
            None => Condition::Absent(attribute::PLACE),
        };
        let item = item_of(&key(place, &part), &history, [])?;
        let table = &self.tables.replication_inventory;
        // Refused: somebody else has kept the point meanwhile.
        self.put_if(table, (KIND, &place.to_string()), item, &condition)
            .await
            .map(drop)
    }
}

fn without_servers(inventory: &Inventory) -> Inventory {
    Inventory {
        place: inventory.place.clone(),
        refreshed_at: inventory.refreshed_at,
        error: inventory.error.clone(),
        servers: Vec::new(),
        activity: inventory.activity.clone(),
        points_at: inventory.points_at,
    }
}

fn count_of(header: &Item) -> Result<usize> {
    header
        .get(COUNT)
        .and_then(|count| count.as_n().ok())
        .and_then(|count| count.parse().ok())
        .ok_or_else(|| corrupt("it does not say how many parts it has"))
}

fn corrupt(detail: &str) -> Error {
    Error::Corrupt {
        kind: KIND,
        detail: detail.to_owned(),
    }
}
