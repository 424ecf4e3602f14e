//! Recovery plans: the domain value, and a claim on its name.

use dr_error::Result;
use dr_model::ids::PlanId;
use dr_model::plan::RecoveryPlan;

use crate::item::Key;
use crate::named::Named;
use crate::schema::{Tables, attribute};
use crate::store::Store;
use crate::token::{Page, PageRequest};

impl Named for RecoveryPlan {
    const KIND: &'static str = "recovery plan";
    const LIST: &'static str = "plan";
    const ID: &'static str = attribute::PLAN_ID;

    fn table(tables: &Tables) -> &str {
        &tables.recovery_plans
    }

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn version_mut(&mut self) -> &mut u64 {
        &mut self.version
    }

    fn version(&self) -> u64 {
        self.version
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
        let keys = ids.iter().map(|id| Key::new(attribute::PLAN_ID, id));
        let mut found: Vec<RecoveryPlan> = self.read_some(keys.collect()).await?;
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
        self.by_name(page).await
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
