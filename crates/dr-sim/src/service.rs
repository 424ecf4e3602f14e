//! What every simulated service has in common: a parsed call in, an HTTP answer out.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::world::{AccountId, RegionName, World};

/// Who signed a call: an account's own credentials or an assumed role of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account whose resources the call sees.
    pub account: AccountId,
    /// ARN of the principal, as `GetCallerIdentity` answers it.
    pub arn: String,
}

/// One request to one simulated service, already routed by its SigV4 credential scope.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who signed it.
    pub caller: Caller,
    /// Region of the credential scope.
    pub region: RegionName,
    /// Signing name of the service: `drs`, `ec2`, `ssm`, ...
    pub service: &'static str,
    /// Operation name, whichever way the protocol carries it (path, `X-Amz-Target`, `Action=`).
    pub operation: String,
    /// `content-type` of the request, empty if there was none: CloudWatch clients differ.
    pub content_type: String,
    /// The body as it came, already decompressed.
    pub body: Bytes,
    /// Simulated time of the call.
    pub now: DateTime<Utc>,
    /// Unique and reproducible: for request ids.
    pub request_id: String,
}

/// An HTTP answer of a simulated service.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status code.
    pub status: u16,
    /// Header names (lower case) and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Bytes,
}

/// One service's way to answer: each service module exports a function of this type as `handle`,
/// together with `OPERATIONS`, the names it simulates. Anything else is answered by the router
/// with an error in the service's own protocol that says that it is not simulated.
pub type Handle = fn(&mut World, &Call) -> Answer;
