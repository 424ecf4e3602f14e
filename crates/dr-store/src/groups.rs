//! Protection groups: the domain value, and a claim on its name.

use aws_sdk_dynamodb::types::AttributeValue;
use dr_error::{Error, Result};
use dr_model::group::ProtectionGroup;
use dr_model::ids::GroupId;

use crate::item::{Key, decode, text};
use crate::query::Partition;
use crate::record::Record;
use crate::schema::{Tables, attribute, index};
use crate::store::Store;
use crate::token::{Page, PageRequest};

/// Partition of the index that lists them by name.
const KIND: &str = "group";

/// Two names are the same whatever their case and the spaces around them.
fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

impl Record for ProtectionGroup {
    const KIND: &'static str = "protection group";

    fn table(tables: &Tables) -> &str {
        &tables.protection_groups
    }

    fn key(&self) -> Key {
        Key::new(attribute::GROUP_ID, &self.id)
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
            (attribute::KIND, text(KIND)),
            (attribute::NAME_KEY, text(name_key(&self.name))),
        ]
    }

    fn claim(&self) -> Option<Key> {
        let claim = format!("name#{}", name_key(&self.name));
        Some(Key::new(attribute::GROUP_ID, claim))
    }

    fn taken(&self) -> Error {
        Error::Conflict {
            code: "NAME_TAKEN",
            message: format!("there is a protection group named {:?} already", self.name),
        }
    }
}

impl Store {
    /// Creates at version 1. Creating the same again is no error and answers what is stored.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `NAME_TAKEN`, `ALREADY_EXISTS`, `ITEM_TOO_LARGE`.
    pub async fn create_group(&self, group: &mut ProtectionGroup) -> Result<()> {
        self.create(group).await
    }

    /// Reads one, consistently.
    ///
    /// Needs `dynamodb:GetItem`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn group(&self, id: &GroupId) -> Result<ProtectionGroup> {
        self.read(&Key::new(attribute::GROUP_ID, id), id.as_str())
            .await
    }

    /// Reads those of some that exist, in that order.
    ///
    /// Needs `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn groups_by_id(&self, ids: &[GroupId]) -> Result<Vec<ProtectionGroup>> {
        let mut keys: Vec<_> = ids
            .iter()
            .map(|id| Key::new(attribute::GROUP_ID, id))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let items = self.get_many(&self.tables.protection_groups, &keys).await?;
        let mut found: Vec<ProtectionGroup> = items
            .iter()
            .map(|item| decode(ProtectionGroup::KIND, item))
            .collect::<Result<_>>()?;
        found.sort_by_key(|one| ids.iter().position(|id| *id == one.id));
        Ok(found)
    }

    /// Lists by name.
    ///
    /// Needs `dynamodb:Query` on the table's indexes and `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// `Invalid` on `limit` or `next_token`.
    pub async fn groups(&self, page: &PageRequest) -> Result<Page<ProtectionGroup>> {
        let all = Partition::of_index(&self.tables.protection_groups, index::KIND, KIND);
        self.page_of_index(&all, page)
            .await?
            .decoded(ProtectionGroup::KIND)
    }

    /// Writes at the next version, if the stored one has this version; the name may change.
    ///
    /// Needs `dynamodb:PutItem`; for a new name `dynamodb:DeleteItem` too.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`, `NAME_TAKEN`, `ITEM_TOO_LARGE`.
    pub async fn update_group(&self, group: &mut ProtectionGroup) -> Result<()> {
        self.update(group).await
    }

    /// Deletes it as it was read, and frees its name.
    ///
    /// Needs `dynamodb:DeleteItem`.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`.
    pub async fn delete_group(&self, group: &ProtectionGroup) -> Result<()> {
        self.remove(group).await
    }
}
