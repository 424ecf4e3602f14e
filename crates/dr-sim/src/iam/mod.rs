//! Simulated IAM: roles with trust and simple lists of allowed and denied actions, instance
//! profiles, and the policy simulator over those lists.
//!
//! A managed policy is a name that can be looked for; its document is not evaluated. What a role
//! may do stands in its two lists: everything, unless a list says otherwise.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};
use crate::wire::query::{self, Params};
use crate::world::World;

mod operations;
mod permissions;

pub use permissions::{allowed, deny, set_allowed};

/// XML namespace of the API version.
const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// What an account has in IAM.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// Roles by name.
    pub roles: BTreeMap<String, Role>,
    /// Instance profiles by name.
    pub profiles: BTreeMap<String, Profile>,
}

/// Who may assume a role, and what they have to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    /// ARN of a principal, an account's root ARN or number, a service, or `*`.
    pub principal: String,
    /// Required `sts:ExternalId`.
    pub external_id: Option<String>,
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// `AROA...`.
    pub id: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Who may assume it.
    pub trust: Vec<Trust>,
    /// ARNs of attached managed policies.
    pub policies: Vec<String>,
    /// Action patterns that are allowed.
    pub allow: Vec<String>,
    /// Action patterns that are denied, which wins.
    pub deny: Vec<String>,
    /// Longest session in seconds.
    pub max_session_seconds: u32,
}

/// An instance profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Name.
    pub name: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Name of its role.
    pub role: String,
}

/// Longest session of a role unless it says otherwise: one hour (IAM user guide).
const DEFAULT_SESSION_SECONDS: u32 = 3600;

/// An id of IAM's form: a prefix for the kind and 17 letters and digits, made from the ARN so
/// that it is the same wherever it is asked for.
#[must_use]
pub fn unique_id(prefix: &str, arn: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digest = Sha256::digest(arn.as_bytes());
    let letters = digest
        .iter()
        .take(17)
        .map(|b| char::from(ALPHABET[usize::from(b & 31)]));
    prefix.chars().chain(letters).collect()
}

/// ARN of an instance profile.
#[must_use]
pub fn profile_arn(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:instance-profile/{name}")
}

/// Id of an instance profile: `AIPA...`.
#[must_use]
pub fn profile_id(account: &str, name: &str) -> String {
    unique_id("AIPA", &profile_arn(account, name))
}

/// ARN of an AWS managed policy by its name; an ARN stays as it is.
fn policy_arn(policy: &str) -> String {
    if policy.starts_with("arn:") {
        policy.to_owned()
    } else if policy.starts_with("AWSElasticDisasterRecovery") {
        format!("arn:aws:iam::aws:policy/service-role/{policy}")
    } else {
        format!("arn:aws:iam::aws:policy/{policy}")
    }
}

/// Makes a role that nobody trusts yet and that may do everything; answers its ARN.
pub fn add_role(world: &mut World, account: &str, name: &str, policies: &[&str]) -> String {
    let arn = format!("arn:aws:iam::{account}:role/{name}");
    let role = Role {
        name: name.to_owned(),
        arn: arn.clone(),
        id: unique_id("AROA", &arn),
        created: world.now,
        trust: Vec::new(),
        policies: policies.iter().map(|p| policy_arn(p)).collect(),
        allow: vec!["*".to_owned()],
        deny: Vec::new(),
        max_session_seconds: DEFAULT_SESSION_SECONDS,
    };
    world
        .account(account)
        .iam
        .roles
        .insert(role.name.clone(), role);
    arn
}

/// Makes an instance profile and a role of the same name that EC2 may assume; answers the
/// profile's ARN.
pub fn add_profile(world: &mut World, account: &str, name: &str, policies: &[&str]) -> String {
    let role_arn = add_role(world, account, name, policies);
    trust(world, &role_arn, "ec2.amazonaws.com", None);
    let profile = Profile {
        name: name.to_owned(),
        created: world.now,
        role: name.to_owned(),
    };
    world
        .account(account)
        .iam
        .profiles
        .insert(profile.name.clone(), profile);
    profile_arn(account, name)
}

/// Lets a principal assume a role; a principal that was trusted before is trusted on the new
/// terms. `false`: no such role.
pub fn trust(
    world: &mut World,
    role_arn: &str,
    principal_arn: &str,
    external_id: Option<&str>,
) -> bool {
    let Some(role) = role_mut(world, role_arn) else {
        return false;
    };
    role.trust.retain(|t| t.principal != principal_arn);
    role.trust.push(Trust {
        principal: principal_arn.to_owned(),
        external_id: external_id.map(str::to_owned),
    });
    true
}

/// Account and name in the ARN of a role or of a session of it.
#[must_use]
pub fn parse_role(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let (service, account) = (parts.nth(2)?, parts.nth(1)?);
    let resource = parts.next()?;
    let name = match (service, resource.split_once('/')?) {
        ("iam", ("role", path)) => path.rsplit('/').next()?,
        ("sts", ("assumed-role", rest)) => rest.split('/').next()?,
        _ => return None,
    };
    Some((account, name))
}

/// The role of an ARN of its own or of a session of it.
#[must_use]
pub fn role<'a>(world: &'a World, arn: &str) -> Option<&'a Role> {
    let (account, name) = parse_role(arn)?;
    world.accounts.get(account)?.iam.roles.get(name)
}

fn role_mut<'a>(world: &'a mut World, arn: &str) -> Option<&'a mut Role> {
    let (account, name) = parse_role(arn)?;
    world.accounts.get_mut(account)?.iam.roles.get_mut(name)
}

/// Names of the managed policies of a profile's role; `None` where there is no such profile.
#[must_use]
pub fn profile_policies(world: &World, account: &str, profile_name: &str) -> Option<Vec<String>> {
    let iam = &world.accounts.get(account)?.iam;
    let profile = iam.profiles.get(profile_name)?;
    let policies = iam
        .roles
        .get(&profile.role)
        .map_or(&[][..], |r| &r.policies);
    Some(
        policies
            .iter()
            .map(|arn| policy_name(arn).to_owned())
            .collect(),
    )
}

fn policy_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

impl Role {
    /// The trust policy as a document.
    fn trust_document(&self) -> Value {
        let statements: Vec<Value> = self
            .trust
            .iter()
            .map(|t| {
                let kind = if t.principal.ends_with(".amazonaws.com") {
                    "Service"
                } else {
                    "AWS"
                };
                let mut statement = json!({
                    "Effect": "Allow",
                    "Principal": { kind: t.principal },
                    "Action": "sts:AssumeRole",
                });
                if let Some(id) = &t.external_id {
                    statement["Condition"] = json!({ "StringEquals": { "sts:ExternalId": id } });
                }
                statement
            })
            .collect();
        json!({ "Version": "2012-10-17", "Statement": statements })
    }
}

/// The operations simulated here.
pub const OPERATIONS: &[&str] = &[
    "GetInstanceProfile",
    "GetRole",
    "ListAttachedRolePolicies",
    "SimulatePrincipalPolicy",
];

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Answer {
    carry_out(world, call).unwrap_or_else(|error| query::error(call, &error))
}

fn carry_out(world: &World, call: &Call) -> ServiceResult<Answer> {
    let params = Params::parse(call)?;
    match call.operation.as_str() {
        "GetInstanceProfile" => operations::get_instance_profile(world, call, &params),
        "GetRole" => operations::get_role(world, call, &params),
        "ListAttachedRolePolicies" => operations::list_attached_policies(world, call, &params),
        "SimulatePrincipalPolicy" => operations::simulate(world, call, &params),
        other => Err(ServiceError::new(
            400,
            "InvalidAction",
            format!("Could not find operation {other} for version 2010-05-08"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_names_its_role() {
        let arn = "arn:aws:sts::111122223333:assumed-role/orchestrator/run-1";
        assert_eq!(parse_role(arn), Some(("111122223333", "orchestrator")));
        let arn = "arn:aws:iam::111122223333:role/service-role/app";
        assert_eq!(parse_role(arn), Some(("111122223333", "app")));
        assert_eq!(parse_role("arn:aws:iam::111122223333:root"), None);
    }

    #[test]
    fn ids_have_the_form_of_iam() {
        let id = profile_id("111122223333", "app");
        assert_eq!(id.len(), 21);
        assert!(id.starts_with("AIPA"));
        assert_eq!(id, profile_id("111122223333", "app"));
    }
}
