//! Simulated KMS: keys that can be described; nothing is encrypted.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};
use crate::wire::aws_json::{self, Version};
use crate::world::World;

/// Keys of an account in a region.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// By key id.
    pub keys: BTreeMap<String, Key>,
    /// Key ids by alias name: `alias/...`.
    pub aliases: BTreeMap<String, String>,
}

/// A key made by the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Description.
    pub description: String,
    /// Whether it can be used; otherwise it is disabled.
    pub enabled: bool,
    /// When it was made.
    pub created: DateTime<Utc>,
}

/// Makes a customer-managed key, with an alias (`alias/...`) if one is given; answers its ARN.
pub fn add_key(
    world: &mut World,
    account: &str,
    region: &str,
    description: &str,
    alias: Option<&str>,
    enabled: bool,
) -> String {
    let id = world.dice.uuid();
    let key = Key {
        description: description.to_owned(),
        enabled,
        created: world.now,
    };
    let arn = key_arn(account, region, &id);
    let kms = &mut world.place(account, region).kms;
    if let Some(alias) = alias {
        kms.aliases.insert(alias.to_owned(), id.clone());
    }
    kms.keys.insert(id, key);
    arn
}

fn key_arn(account: &str, region: &str, id: &str) -> String {
    format!("arn:aws:kms:{region}:{account}:key/{id}")
}

/// Id of the key that AWS manages under an alias: the same wherever it is asked for.
fn managed_id(account: &str, region: &str, alias: &str) -> String {
    let digest = Sha256::digest(format!("{account} {region} {alias}"));
    let hex: String = digest.iter().take(16).map(|b| format!("{b:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}

/// The operations simulated here.
pub const OPERATIONS: &[&str] = &["DescribeKey"];

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Answer {
    let done = match call.operation.as_str() {
        "DescribeKey" => describe_key(world, call),
        other => Err(ServiceError::new(
            400,
            "UnknownOperationException",
            format!("{other} is no operation of TrentService"),
        )),
    };
    match done {
        Ok(body) => aws_json::ok(call, Version::V1_1, &body),
        Err(error) => aws_json::error(call, Version::V1_1, &error),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeKey {
    key_id: String,
}

/// `DescribeKey`, by id, ARN, alias or alias ARN.
fn describe_key(world: &World, call: &Call) -> ServiceResult<Value> {
    let DescribeKey { key_id } = aws_json::parse(call)?;
    let (account, region) = (call.caller.account.as_str(), call.region.as_str());
    let prefix = format!("arn:aws:kms:{region}:{account}:");
    let name = match key_id.strip_prefix(&prefix) {
        Some(rest) => rest.strip_prefix("key/").unwrap_or(rest),
        None if key_id.starts_with("arn:") => {
            return Err(ServiceError::new(
                400,
                "NotFoundException",
                format!("Invalid arn {region}"),
            ));
        }
        None => key_id.as_str(),
    };
    if name.starts_with("alias/aws/") {
        return Ok(managed_metadata(account, region, name));
    }
    let kms = world.at(account, region).map(|p| &p.kms);
    let id = match (name.starts_with("alias/"), kms) {
        (true, Some(kms)) => kms.aliases.get(name).map(String::as_str),
        (true, None) => None,
        (false, _) => Some(name),
    };
    let found = id.and_then(|id| kms.and_then(|k| k.keys.get(id)).map(|key| (id, key)));
    let (id, key) = found.ok_or_else(|| {
        let message = if name.starts_with("alias/") {
            format!("Alias {prefix}{name} is not found.")
        } else {
            format!("Key '{}' does not exist", key_arn(account, region, name))
        };
        ServiceError::new(400, "NotFoundException", message)
    })?;
    let mut body = metadata(
        account,
        region,
        id,
        key.enabled,
        "CUSTOMER",
        &key.description,
    );
    body["KeyMetadata"]["CreationDate"] = json!(key.created.timestamp());
    Ok(body)
}

/// An AWS managed key exists as soon as somebody asks for its alias (API reference).
fn managed_metadata(account: &str, region: &str, alias: &str) -> Value {
    let id = managed_id(account, region, alias);
    let service = alias.trim_start_matches("alias/aws/");
    let description =
        format!("Default key that protects my {service} data when no other key is defined");
    metadata(account, region, &id, true, "AWS", &description)
}

fn metadata(
    account: &str,
    region: &str,
    id: &str,
    enabled: bool,
    manager: &str,
    description: &str,
) -> Value {
    json!({ "KeyMetadata": {
        "AWSAccountId": account,
        "KeyId": id,
        "Arn": key_arn(account, region, id),
        "Enabled": enabled,
        "Description": description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": if enabled { "Enabled" } else { "Disabled" },
        "Origin": "AWS_KMS",
        "KeyManager": manager,
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": false,
    }})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_managed_key_is_the_same_key_each_time_and_another_one_elsewhere() {
        let here = managed_id("111122223333", "us-west-2", "alias/aws/ebs");
        assert_eq!(
            here,
            managed_id("111122223333", "us-west-2", "alias/aws/ebs")
        );
        assert_ne!(
            here,
            managed_id("111122223333", "us-east-1", "alias/aws/ebs")
        );
        assert_eq!(here.len(), 36);
    }
}
