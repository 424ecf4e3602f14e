//! Instance pairs: one per source server in a group, and one per target instance over all groups.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use dr_error::{Error, Result};
use dr_model::ids::{GroupId, InstanceId, PairId, SourceServerId};
use dr_model::pair::InstancePair;

use crate::bulk::Bulk;
use crate::item::{Item, Key, decode, text, text_of};
use crate::query::Partition;
use crate::record::Record;
use crate::schema::{Tables, attribute, index};
use crate::store::Store;
use crate::token::{Page, PageRequest};

/// Sort key of the item that claims a target instance.
const CLAIM: &str = "claim";

fn key(group: &GroupId, source: &SourceServerId) -> Key {
    Key::new(attribute::GROUP_ID, group).and(attribute::SOURCE_SERVER_ID, source)
}

fn claim(target: &InstanceId) -> Key {
    Key::new(attribute::GROUP_ID, format!("target#{target}"))
        .and(attribute::SOURCE_SERVER_ID, CLAIM)
}

impl Record for InstancePair {
    const KIND: &'static str = "instance pair";

    fn table(tables: &Tables) -> &str {
        &tables.instance_pairs
    }

    fn key(&self) -> Key {
        key(&self.group_id, &self.source_server_id)
    }

    fn id(&self) -> String {
        self.id.to_string()
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }

    fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        vec![
            (attribute::PAIR_ID, text(&self.id)),
            (
                attribute::TARGET_INSTANCE_ID,
                text(&self.target_instance_id),
            ),
        ]
    }

    fn claim(&self) -> Option<Key> {
        Some(claim(&self.target_instance_id))
    }

    fn taken(&self) -> Error {
        Error::Conflict {
            code: "TARGET_TAKEN",
            message: format!(
                "the instance {} is the target of another pair; delete that pair or choose another instance for {}",
                self.target_instance_id, self.source_server_id
            ),
        }
    }
}

impl Store {
    /// Creates at version 1. Creating the same again is no error and answers what is stored.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `TARGET_TAKEN`; `ALREADY_EXISTS` when the source has a pair in the group.
    pub async fn create_pair(&self, pair: &mut InstancePair) -> Result<()> {
        self.create(pair).await
    }

    /// Creates many, 50 in a transaction, and answers those that could not be, by their place in the
    /// slice, with the reason that [`Self::create_pair`] would give.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers; some may have been created by then, and the same call creates the rest.
    pub async fn create_pairs(&self, pairs: &mut [InstancePair]) -> Result<Vec<(usize, Error)>> {
        self.in_bulk(Bulk::Create, pairs).await
    }

    /// Writes many at their next versions, 100 in a transaction, and answers those that could not be, by
    /// their place in the slice, with the reason that [`Self::update_pair`] would give.
    ///
    /// Needs `dynamodb:PutItem`; for a new target `dynamodb:DeleteItem` too.
    ///
    /// # Errors
    /// Whatever DynamoDB answers; some may have been written by then.
    pub async fn update_pairs(&self, pairs: &mut [InstancePair]) -> Result<Vec<(usize, Error)>> {
        self.in_bulk(Bulk::Update, pairs).await
    }

    /// Reads the pair of a source server in a group, consistently.
    ///
    /// Needs `dynamodb:GetItem`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn pair_of_source(
        &self,
        group: &GroupId,
        source: &SourceServerId,
    ) -> Result<InstancePair> {
        self.read(&key(group, source), source.as_str()).await
    }

    /// Reads a pair of a group by its id.
    ///
    /// Needs `dynamodb:Query` on the table's indexes and `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// `NotFound`, also when the pair belongs to another group.
    pub async fn pair(&self, group: &GroupId, id: &PairId) -> Result<InstancePair> {
        let table = &self.tables.instance_pairs;
        let with_id = Partition::of_index(table, index::PAIR, id);
        let found = self.query(&with_id, None, None).await?;
        let items = self.items_behind(table, &found).await?;
        let mut pairs = decoded(&items)?.into_iter();
        pairs
            .find(|pair| pair.id == *id && pair.group_id == *group)
            .ok_or_else(|| Error::NotFound {
                kind: InstancePair::KIND,
                id: id.to_string(),
            })
    }

    /// The pairs that launch into these instances, over all groups, consistently: those that have one.
    ///
    /// Needs `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn pairs_of_targets(
        &self,
        targets: &BTreeSet<InstanceId>,
    ) -> Result<Vec<InstancePair>> {
        let table = &self.tables.instance_pairs;
        let claims: Vec<Key> = targets.iter().map(claim).collect();
        let owner = |item: &Item| {
            let group = text_of(item, attribute::OWNER_PARTITION)?;
            let source = text_of(item, attribute::OWNER_SORT)?;
            Some(Key::new(attribute::GROUP_ID, group).and(attribute::SOURCE_SERVER_ID, source))
        };
        let found = self.get_many(table, &claims).await?;
        let owners: Vec<Key> = found.iter().filter_map(owner).collect();
        let mut pairs = decoded(&self.get_many(table, &owners).await?)?;
        // A pair may have moved to another target between the two reads.
        pairs.retain(|pair| targets.contains(&pair.target_instance_id));
        pairs.sort_by(|a, b| a.target_instance_id.cmp(&b.target_instance_id));
        Ok(pairs)
    }

    /// Lists a group's pairs by source server, consistently.
    ///
    /// Needs `dynamodb:Query`.
    ///
    /// # Errors
    /// `Invalid` on `limit` or `next_token`.
    pub async fn pairs(&self, group: &GroupId, page: &PageRequest) -> Result<Page<InstancePair>> {
        let of_group = Partition::of_table(&self.tables.instance_pairs, group);
        self.page(&of_group, page)
            .await?
            .decoded(InstancePair::KIND)
    }

    /// All pairs of a group by source server, consistently; about 1,000 in a call.
    ///
    /// Needs `dynamodb:Query`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn pairs_of_group(&self, group: &GroupId) -> Result<Vec<InstancePair>> {
        let of_group = Partition::of_table(&self.tables.instance_pairs, group);
        decoded(&self.query(&of_group, None, None).await?)
    }

    /// Writes at the next version, if the stored one has this version; the target may change.
    ///
    /// Needs `dynamodb:PutItem`; for a new target `dynamodb:DeleteItem` too.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`, `TARGET_TAKEN`.
    pub async fn update_pair(&self, pair: &mut InstancePair) -> Result<()> {
        self.update(pair).await
    }

    /// Deletes it as it was read, and frees its target.
    ///
    /// Needs `dynamodb:DeleteItem`.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`.
    pub async fn delete_pair(&self, pair: &InstancePair) -> Result<()> {
        self.remove(pair).await
    }

    /// Deletes many as they were read, 50 in a transaction, and answers those that could not be, by their
    /// place in the slice, with the reason that [`Self::delete_pair`] would give.
    ///
    /// Needs `dynamodb:DeleteItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers; some may have been deleted by then.
    pub async fn delete_pairs(&self, pairs: &[InstancePair]) -> Result<Vec<(usize, Error)>> {
        self.in_bulk(Bulk::Delete, &mut pairs.to_vec()).await
    }
}

fn decoded(items: &[Item]) -> Result<Vec<InstancePair>> {
    items
        .iter()
        .map(|item| decode(InstancePair::KIND, item))
        .collect()
}
