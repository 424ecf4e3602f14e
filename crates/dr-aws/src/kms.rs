//! KMS: whether a key can be used.

use std::sync::Arc;

use aws_config::SdkConfig;
use dr_error::{AwsClass, Clock, Result};
use dr_model::place::Place;

use dr_error::sdk::{Caller, once_only};

/// State of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// Can be used.
    Enabled,
    /// Switched off.
    Disabled,
    /// Will be deleted; cannot be used any more.
    PendingDeletion,
    /// There is no such key.
    Missing,
    /// Any other word of KMS: cannot be used now.
    Other(String),
}

impl KeyState {
    /// Whether volumes can be encrypted with it.
    #[must_use]
    pub fn usable(&self) -> bool {
        *self == Self::Enabled
    }
}

/// KMS in one account and region.
#[derive(Debug, Clone)]
pub struct Kms {
    client: aws_sdk_kms::Client,
    caller: Caller,
}

impl Kms {
    /// KMS in `place`, with the credentials and the region of `config`.
    pub fn new(config: &SdkConfig, place: Place, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: aws_sdk_kms::Client::new(&once_only(config)),
            caller: Caller {
                service: "kms",
                place: place.to_string(),
                clock,
            },
        }
    }

    /// State of a key, given its id, ARN or alias. IAM: `kms:DescribeKey`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn key_state(&self, key_id: &str) -> Result<KeyState> {
        let answer = self
            .caller
            .send("DescribeKey", || {
                self.client.describe_key().key_id(key_id).send()
            })
            .await;
        let key = match answer {
            Err(error) if error.aws_class() == Some(AwsClass::NotFound) => {
                return Ok(KeyState::Missing);
            }
            answer => answer?.key_metadata,
        };
        let word = key.as_ref().and_then(|key| key.key_state());
        Ok(match word.map(|word| word.as_str()) {
            Some("Enabled") => KeyState::Enabled,
            Some("Disabled") => KeyState::Disabled,
            Some("PendingDeletion" | "PendingReplicaDeletion") => KeyState::PendingDeletion,
            other => KeyState::Other(other.unwrap_or("unknown").to_owned()),
        })
    }
}
