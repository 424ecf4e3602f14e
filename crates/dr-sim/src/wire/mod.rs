//! The protocols: how answers and errors are spelled, one file per protocol family.

pub mod aws_json;
pub mod query;
pub mod rest_json;

use crate::error::ServiceError;
use crate::service::{Answer, Call};

/// The protocol a service is spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// `drs`.
    RestJson1,
    /// `dynamodb`, `states`.
    AwsJson10,
    /// `ssm`, `kms`, `servicequotas`.
    AwsJson11,
    /// `iam`, `sts`, `sns`.
    AwsQuery,
    /// `ec2`.
    Ec2Query,
    /// `monitoring` (CloudWatch): answered by its own module.
    RpcV2Cbor,
}

/// An error in the protocol of the call's service; used by the router for errors that no service
/// module sees (not simulated, throttled, injected, bad credentials).
#[must_use]
pub fn error(protocol: Protocol, call: &Call, error: &ServiceError) -> Answer {
    match protocol {
        Protocol::RestJson1 => rest_json::error(call, error),
        Protocol::AwsJson10 => aws_json::error(call, aws_json::Version::V1_0, error),
        Protocol::AwsJson11 => aws_json::error(call, aws_json::Version::V1_1, error),
        Protocol::AwsQuery => query::error(call, error),
        Protocol::Ec2Query => query::ec2_error(call, error),
        Protocol::RpcV2Cbor => crate::cloudwatch::error(call, error),
    }
}
