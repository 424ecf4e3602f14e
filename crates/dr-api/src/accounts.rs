//! Target accounts on the wire.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use dr_model::check::Check;
use dr_model::ids::{AccountId, Region};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bounded::{Description, Limit, Name};
use crate::endpoint::endpoints;

/// Registers an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTargetAccountRequest {
    /// The account.
    pub account_id: AccountId,
    /// A name for people.
    pub name: Name,
    /// The role to assume in it. Left out for the orchestrator's own account.
    #[serde(default)]
    pub role_arn: Option<String>,
    /// Regions that are in use.
    pub regions: BTreeSet<Region>,
    /// What it is for.
    #[serde(default)]
    pub description: Description,
}

/// Changes an account. What is left out stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateTargetAccountRequest {
    /// The account.
    pub account_id: AccountId,
    /// A name for people.
    #[serde(default)]
    pub name: Option<Name>,
    /// The role to assume in it.
    #[serde(default)]
    pub role_arn: Option<String>,
    /// Regions that are in use.
    #[serde(default)]
    pub regions: Option<BTreeSet<Region>>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<Description>,
    /// The version that was read; when given, a change by somebody else since then is a conflict.
    #[serde(default)]
    pub version: Option<u64>,
}

/// Names an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetAccountRequest {
    /// The account.
    pub account_id: AccountId,
}

/// A page of a list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListRequest {
    /// Most entries to answer.
    #[serde(default)]
    pub limit: Limit,
    /// Where the last answer ended.
    #[serde(default)]
    pub next_token: Option<String>,
}

/// A registered account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetAccountView {
    /// The account.
    pub account_id: AccountId,
    /// A name for people.
    pub name: String,
    /// The role that is assumed in it.
    pub role_arn: Option<String>,
    /// What the role's trust policy must demand as `sts:ExternalId`. Generated; no secret, but ours alone.
    pub external_id: String,
    /// Regions that are in use.
    pub regions: BTreeSet<Region>,
    /// What it is for.
    pub description: String,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Version for optimistic locking.
    pub version: u64,
}

/// Registered accounts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetAccountList {
    /// This page.
    pub target_accounts: Vec<TargetAccountView>,
    /// Ask with it for the next page.
    pub next_token: Option<String>,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deleted {
    /// Its id.
    pub deleted: String,
}

/// What validating an account found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetAccountValidation {
    /// The account.
    pub account_id: AccountId,
    /// No critical check failed.
    pub validation_passed: bool,
    /// Every check.
    pub checks: Vec<Check>,
}

endpoints! {
    /// See [`crate::Operation::CreateTargetAccount`].
    CreateTargetAccount: CreateTargetAccountRequest => TargetAccountView;
    /// See [`crate::Operation::ListTargetAccounts`].
    ListTargetAccounts: ListRequest => TargetAccountList;
    /// See [`crate::Operation::GetTargetAccount`].
    GetTargetAccount: TargetAccountRequest => TargetAccountView;
    /// See [`crate::Operation::UpdateTargetAccount`].
    UpdateTargetAccount: UpdateTargetAccountRequest => TargetAccountView;
    /// See [`crate::Operation::DeleteTargetAccount`].
    DeleteTargetAccount: TargetAccountRequest => Deleted;
    /// See [`crate::Operation::ValidateTargetAccount`].
    ValidateTargetAccount: TargetAccountRequest => TargetAccountValidation;
}
