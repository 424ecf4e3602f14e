//! Runs of agent installations: one item each, which expires when it has been over for a while.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use dr_error::Result;
use dr_model::ids::InstallationId;
use dr_model::installation::Installation;

use crate::item::Key;
use crate::query::Partition;
use crate::record::Record;
use crate::schema::{Tables, attribute, index};
use crate::sessions::{active, listed};
use crate::store::Store;
use crate::token::{Page, PageRequest};

/// Partition of the index that lists them.
const LIST: &str = "installation";

impl Record for Installation {
    const KIND: &'static str = "agent installation";

    fn table(tables: &Tables) -> &str {
        &tables.agent_installations
    }

    fn key(&self) -> Key {
        Key::new(attribute::INSTALLATION_ID, &self.id)
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
        let mut more = listed(LIST, self.created_at);
        more.extend(active(self.is_active));
        more
    }

    fn over_at(&self) -> Option<DateTime<Utc>> {
        (!self.is_active).then_some(self.updated_at)
    }
}

impl Store {
    /// Creates at version 1. Creating the same again is no error and answers what is stored.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `ALREADY_EXISTS`, `ITEM_TOO_LARGE`.
    pub async fn create_installation(&self, installation: &mut Installation) -> Result<()> {
        self.create(installation).await
    }

    /// Reads one, consistently.
    ///
    /// Needs `dynamodb:GetItem`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn installation(&self, id: &InstallationId) -> Result<Installation> {
        self.read(&Key::new(attribute::INSTALLATION_ID, id), id.as_str())
            .await
    }

    /// Writes at the next version, if the stored one has this version.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`, `ITEM_TOO_LARGE`.
    pub async fn update_installation(&self, installation: &mut Installation) -> Result<()> {
        self.update(installation).await
    }

    /// Lists newest first.
    ///
    /// Needs `dynamodb:Query` on the table's indexes and `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// `Invalid` on `limit` or `next_token`.
    pub async fn installations(&self, page: &PageRequest) -> Result<Page<Installation>> {
        let all = Partition::of_index(&self.tables.agent_installations, index::KIND, LIST);
        let page = self.page_of_index(&all.newest_first(), page).await?;
        page.decoded(Installation::KIND)
    }

    /// Those that have work under way, oldest first.
    ///
    /// Needs `dynamodb:Query` on the table's indexes and `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn active_installations(&self) -> Result<Vec<Installation>> {
        let table = &self.tables.agent_installations;
        let active = Partition::of_index(table, index::ACTIVE, 1);
        let mut found: Vec<Installation> = self.all_of(active).await?;
        found.retain(|installation| installation.is_active);
        Ok(found)
    }
}
