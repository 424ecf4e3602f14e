//! Recovery plans: the domain value, and a claim on its name.

use aws_sdk_dynamodb::types::AttributeValue;
use dr_error::{Error, Result};
use dr_model::ids::PlanId;
use dr_model::plan::RecoveryPlan;

use crate::item::{Key, decode, text};
use crate::query::Partition;
use crate::record::Record;
use crate::schema::{Tables, attribute, index};
use crate::store::Store;
use crate::token::{Page, PageRequest};

/// Partition of the index that lists them by name.
const KIND: &str = "plan";

/// Two names are the same whatever their case and the spaces around them.
fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

impl Record for RecoveryPlan {
    const KIND: &'static str = "recovery plan";

    fn table(tables: &Tables) -> &str {
        &tables.recovery_plans
    }

    fn key(&self) -> Key {
        Key::new(attribute::PLAN_ID, &self.id)
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
        Some(Key::new(attribute::PLAN_ID, claim))
    }

    fn taken(&self) -> Error {
        Error::Conflict {
            code: "NAME_TAKEN",
            message: format!("there is a recovery plan named {:?} already", self.name),
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
    pub async fn create_plan(&self, plan: &mut RecoveryPlan) -> Result<()> {
        self.create(plan).await
    }

    /// Reads one, consistently.
    ///
    /// Needs `dynamodb:GetItem`.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn plan(&self, id: &PlanId) -> Result<RecoveryPlan> {
        self.read(&Key::new(attribute::PLAN_ID, id), id.as_str())
            .await
    }

    /// Reads those of some that exist, in that order.
    ///
    /// Needs `dynamodb:BatchGetItem`.
    ///
    /// # Errors
    /// Whatever DynamoDB answers.
    pub async fn plans_by_id(&self, ids: &[PlanId]) -> Result<Vec<RecoveryPlan>> {
        let mut keys: Vec<_> = ids
            .iter()
            .map(|id| Key::new(attribute::PLAN_ID, id))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let items = self.get_many(&self.tables.recovery_plans, &keys).await?;
        let mut found: Vec<RecoveryPlan> = items
            .iter()
            .map(|item| decode(RecoveryPlan::KIND, item))
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
    pub async fn plans(&self, page: &PageRequest) -> Result<Page<RecoveryPlan>> {
        let all = Partition::of_index(&self.tables.recovery_plans, index::KIND, KIND);
        self.page_of_index(&all, page)
            .await?
            .decoded(RecoveryPlan::KIND)
    }

    /// Writes at the next version, if the stored one has this version; the name may change.
    ///
    /// Needs `dynamodb:PutItem`; for a new name `dynamodb:DeleteItem` too.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`, `NAME_TAKEN`, `ITEM_TOO_LARGE`.
    pub async fn update_plan(&self, plan: &mut RecoveryPlan) -> Result<()> {
        self.update(plan).await
    }

    /// Deletes it as it was read, and frees its name.
    ///
    /// Needs `dynamodb:DeleteItem`.
    ///
    /// # Errors
    /// `VersionConflict`, `NotFound`.
    pub async fn delete_plan(&self, plan: &RecoveryPlan) -> Result<()> {
        self.remove(plan).await
    }
}
