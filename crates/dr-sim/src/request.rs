//! An HTTP request of either door, and what can be read from it before anybody answers: the
//! credential scope, the operation, the body.

use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use serde_json::{Map, Value};

use crate::error::{ServiceError, ServiceResult};
use crate::registry::Service;
use crate::wire::Protocol;

/// Largest decompressed body that is taken: DynamoDB's 16 MB batch is the largest real one.
const LARGEST_BODY: u64 = 32 * 1024 * 1024;

/// A request, whichever door it came by.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// HTTP method.
    pub method: String,
    /// Path, still percent-encoded.
    pub path: String,
    /// Query string, without the question mark.
    pub query: String,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body as it came.
    pub body: Bytes,
}

/// The credential scope of a signed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Access key id.
    pub access_key: String,
    /// Region.
    pub region: String,
    /// Signing name of the service.
    pub service: String,
}

impl Incoming {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Reads `AWS4-HMAC-SHA256 Credential=AKID/20261121/us-west-2/drs/aws4_request, ...`. The
    /// signature itself is not checked: there is no secret to check it with.
    #[must_use]
    pub fn scope(&self) -> Option<Scope> {
        let header = self.header("authorization")?;
        let (_, rest) = header.split_once("Credential=")?;
        let credential = rest.split(',').next()?.trim();
        let mut parts = credential.split('/');
        let (access_key, _date, region, service) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some(Scope {
            access_key: access_key.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }

    /// The body, decompressed: CloudWatch clients compress bodies over 10 KB.
    ///
    /// # Errors
    /// 400 where it cannot be decompressed, 413 where it is too large.
    pub fn plain_body(&self) -> ServiceResult<Bytes> {
        match self.header("content-encoding") {
            Some(encoding) if encoding.eq_ignore_ascii_case("gzip") => {
                let mut plain = Vec::new();
                GzDecoder::new(self.body.as_ref())
                    .take(LARGEST_BODY + 1)
                    .read_to_end(&mut plain)
                    .map_err(|error| {
                        ServiceError::new(400, "SerializationException", error.to_string())
                    })?;
                if u64::try_from(plain.len()).unwrap_or(u64::MAX) > LARGEST_BODY {
                    return Err(ServiceError::new(
                        413,
                        "RequestEntityTooLarge",
                        "the body is too large",
                    ));
                }
                Ok(plain.into())
            }
            _ => Ok(self.body.clone()),
        }
    }

    /// The operation, as the protocol carries it, and the body that its handler reads. For
    /// restJson1, members that travel in path and query are put into the body.
    ///
    /// # Errors
    /// 400 where no operation can be read.
    pub fn operation(&self, service: &Service, body: Bytes) -> ServiceResult<(String, Bytes)> {
        let missing = || ServiceError::new(400, "UnknownOperationException", "no operation named");
        match service.protocol {
            Protocol::RestJson1 => self.rest_operation(body),
            Protocol::AwsJson10 | Protocol::AwsJson11 => {
                let target = self.header("x-amz-target").ok_or_else(missing)?;
                let name = target.rsplit('.').next().unwrap_or(target);
                Ok((name.to_owned(), body))
            }
            Protocol::AwsQuery | Protocol::Ec2Query => {
                Ok((action(&body).ok_or_else(missing)?, body))
            }
            Protocol::RpcV2Cbor => {
                let by_path = self.path.rsplit_once("/operation/").map(|(_, name)| name);
                let by_target = self
                    .header("x-amz-target")
                    .and_then(|target| target.rsplit('.').next());
                let name = by_path
                    .or(by_target)
                    .map(str::to_owned)
                    .or_else(|| action(&body))
                    .ok_or_else(missing)?;
                Ok((name, body))
            }
        }
    }

    fn rest_operation(&self, body: Bytes) -> ServiceResult<(String, Bytes)> {
        let path = self.path.trim_start_matches('/');
        let query: Vec<(String, String)> = serde_urlencoded::from_str(&self.query)
            .map_err(|error| ServiceError::validation(error.to_string()))?;
        if let Some(arn) = path.strip_prefix("tags/") {
            let arn: Vec<(String, String)> = serde_urlencoded::from_str(&format!("arn={arn}"))
                .map_err(|error| ServiceError::validation(error.to_string()))?;
            let mut members = object(&body)?;
            for (_, value) in arn {
                members.insert("resourceArn".to_owned(), Value::String(value));
            }
            let operation = match self.method.as_str() {
                "GET" => "ListTagsForResource",
                "DELETE" => {
                    let keys = query
                        .into_iter()
                        .filter(|(name, _)| name == "tagKeys")
                        .map(|(_, value)| Value::String(value));
                    members.insert("tagKeys".to_owned(), Value::Array(keys.collect()));
                    "UntagResource"
                }
                _ => "TagResource",
            };
            let body = Value::Object(members).to_string();
            return Ok((operation.to_owned(), body.into()));
        }
        if self.method == "GET" && !query.is_empty() {
            let mut members = object(&body)?;
            for (name, value) in query {
                let value = value
                    .parse::<i64>()
                    .map_or(Value::String(value), Value::from);
                members.insert(name, value);
            }
            return Ok((path.to_owned(), Value::Object(members).to_string().into()));
        }
        Ok((path.to_owned(), body))
    }
}

fn object(body: &[u8]) -> ServiceResult<Map<String, Value>> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(body).map_err(|error| ServiceError::validation(error.to_string()))
}

fn action(body: &[u8]) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).ok()?;
    pairs
        .into_iter()
        .find(|(name, _)| name == "Action")
        .map(|(_, value)| value)
}
