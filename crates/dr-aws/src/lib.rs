//! AWS apart from DRS and DynamoDB, behind our words: just the calls that we make of EC2, STS, IAM, KMS,
//! Service Quotas, CloudWatch, Step Functions, SNS and Systems Manager.
//!
//! Determinations:
//! - The SDK tries once; what is safe to repeat is retried by `dr_error::retry`, by our clock.
//! - Ids that may not exist are asked for by filter, so that one unknown id is absent instead of failing
//!   the other 199.
//! - A place without a role must be in our own account, and a role must be of the account of its place:
//!   a missing or misplaced role must not make us act in another account.

mod accounts;
mod ec2;
mod iam;
mod kms;
mod metrics;
mod quotas;
mod ssm;
mod state_machines;
mod topic;

pub use crate::accounts::{Access, Accounts, CallerIdentity};
pub use crate::ec2::{
    EbsEncryption, Ec2, InstanceHealth, RouteTable, Rule, SecurityGroup, Subnet, Volume,
    VolumeFilter,
};
pub use crate::iam::{Iam, ProfilePolicies};
pub use crate::kms::{KeyState, Kms};
pub use crate::metrics::{Metric, Metrics, Unit};
pub use crate::quotas::{DrsQuotas, Quota, Quotas};
pub use crate::ssm::{Command, Invocation, ManagedInstance, SentCommand, Ssm};
pub use crate::state_machines::{StateMachines, TokenAnswer};
pub use crate::topic::Topic;
