//! Target accounts.

use aws_sdk_dynamodb::types::AttributeValue;
use dr_error::Result;
use dr_model::account::TargetAccount;
use dr_model::ids::AccountId;

use crate::item::{Key, text};
use crate::query::Partition;
use crate::record::Record;
use crate::schema::{Tables, attribute, index};
use crate::store::Store;
use crate::token::{Page, PageRequest};

/// Partition of the index that lists them by account id.
const KIND: &str = "account";

impl Record for TargetAccount {
    const KIND: &'static str = "target account";

    fn table(tables: &Tables) -> &str {
        &tables.target_accounts
    }

    fn key(&self) -> Key {
        Key::new(attribute::ACCOUNT_ID, &self.account_id)
    }

    fn id(&self) -> String {
        self.account_id.to_string()
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }

    fn attributes(&self) -> Vec<(&'static str, AttributeValue)> {
        vec![(attribute::KIND, text(KIND))]
    }
}

impl Store {
    /// Creates at version 1. Creating the same again is no error and answers what is stored.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `ALREADY_EXISTS`.
    pub async fn create_account(&self, account: &mut TargetAccount) -> Result<()> {
        self.create(account).await
    }

    /// Reads one, consistently.
    ///
    /// Needs `dynamodb:GetItem`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn account(&self, id: &AccountId) -> Result<TargetAccount> {
        self.read(&Key::new(attribute::ACCOUNT_ID, id), id.as_str())
            .await
    }

    /// Lists by account id.
    ///
    /// Needs `dynamodb:Query` on the table's indexes and `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// `Invalid` on `limit` or `next_token`.
    pub async fn accounts(&self, page: &PageRequest) -> Result<Page<TargetAccount>> {
        let all = Partition::of_index(&self.tables.target_accounts, index::KIND, KIND);
        let page = self.page_of_index(&all, page).await?;
        page.decoded(TargetAccount::KIND)
    }

    /// Writes at the next version, if the stored one has this version.
    ///
    /// Needs `dynamodb:PutItem`.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`.
    pub async fn update_account(&self, account: &mut TargetAccount) -> Result<()> {
        self.update(account).await
    }

    /// Deletes it as it was read.
    ///
    /// Needs `dynamodb:DeleteItem`.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`.
    pub async fn delete_account(&self, account: &TargetAccount) -> Result<()> {
        self.remove(account).await
    }
}
