//! Who signs a call: decided by the access key id alone.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{ServiceError, ServiceResult};
use crate::service::Caller;
use crate::wire::Protocol;
use crate::world::World;

/// Prefix of the access key ids that belong to the account the product runs in.
pub const HOME_KEY: &str = "AKIAHOME";

/// The account and principal that the product itself runs as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// Account id.
    pub account: String,
    /// Region.
    pub region: String,
    /// ARN of the function's role, as `GetCallerIdentity` answers it.
    pub principal_arn: String,
}

/// The caller behind an access key id: the home account's key, an account's root key
/// (`AKIA` + account id), or a session key that `AssumeRole` handed out.
///
/// # Errors
/// `InvalidClientTokenId` or `ExpiredToken` (403).
pub fn caller(
    world: &World,
    home: &Home,
    protocol: Protocol,
    access_key: &str,
    now: DateTime<Utc>,
) -> ServiceResult<Caller> {
    if access_key.starts_with(HOME_KEY) {
        return Ok(Caller {
            account: home.account.clone(),
            arn: home.principal_arn.clone(),
        });
    }
    if let Some(account) = access_key.strip_prefix("AKIA")
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
    {
        return Ok(Caller {
            account: account.to_owned(),
            arn: format!("arn:aws:iam::{account}:root"),
        });
    }
    if crate::sts::session_expired(world, access_key, now) {
        return Err(expired(protocol));
    }
    crate::sts::session(world, access_key).ok_or_else(|| unknown(protocol))
}

/// A session that is over, in the words of the protocol (common errors of each API reference).
fn expired(protocol: Protocol) -> ServiceError {
    let (status, code) = match protocol {
        Protocol::AwsQuery => (403, "ExpiredToken"),
        Protocol::Ec2Query => (400, "RequestExpired"),
        Protocol::AwsJson10 | Protocol::AwsJson11 => (400, "ExpiredTokenException"),
        Protocol::RestJson1 | Protocol::RpcV2Cbor => (403, "ExpiredTokenException"),
    };
    ServiceError::new(
        status,
        code,
        "The security token included in the request is expired",
    )
}

/// A key that nobody has, in the words of the protocol.
fn unknown(protocol: Protocol) -> ServiceError {
    let (status, code) = match protocol {
        Protocol::AwsQuery => (403, "InvalidClientTokenId"),
        Protocol::Ec2Query => (401, "AuthFailure"),
        Protocol::AwsJson10 | Protocol::AwsJson11 => (400, "UnrecognizedClientException"),
        Protocol::RestJson1 | Protocol::RpcV2Cbor => (403, "UnrecognizedClientException"),
    };
    ServiceError::new(
        status,
        code,
        "The security token included in the request is invalid.",
    )
}
