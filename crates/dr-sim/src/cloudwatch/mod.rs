//! Simulated CloudWatch: metrics that can be put and read back.
//!
//! It speaks `rpcv2Cbor` and `awsJson1_0`, as the current SDKs do. Math expressions and
//! percentiles are not simulated and say so.

use bytes::Bytes;

use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};
use crate::world::World;

mod cbor;
mod input;
mod read;
mod store;

pub use store::{Metric, Point, Put, State, put};

use cbor::Cbor;

/// The operations simulated here.
pub const OPERATIONS: &[&str] = &[
    "GetMetricData",
    "GetMetricStatistics",
    "ListMetrics",
    "PutMetricData",
];

/// The two protocols that current clients speak to CloudWatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoken {
    /// The AWS SDK for Rust.
    RpcV2Cbor,
    /// boto3.
    AwsJson10,
}

impl Spoken {
    fn by(call: &Call) -> Self {
        if call.content_type.starts_with("application/x-amz-json") {
            Self::AwsJson10
        } else {
            Self::RpcV2Cbor
        }
    }

    fn read(self, body: &[u8]) -> Result<Cbor, String> {
        match self {
            Self::RpcV2Cbor => Cbor::read(body),
            Self::AwsJson10 => Cbor::read_json(body),
        }
    }

    fn write(self, body: &Cbor) -> Vec<u8> {
        match self {
            Self::RpcV2Cbor => body.write(),
            Self::AwsJson10 => body.to_json().to_string().into_bytes(),
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::RpcV2Cbor => "application/cbor",
            Self::AwsJson10 => "application/x-amz-json-1.0",
        }
    }
}

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Answer {
    match carry_out(world, call) {
        Ok(body) => answer(call, 200, body.as_ref(), None),
        Err(refused) => error(call, &refused),
    }
}

fn carry_out(world: &mut World, call: &Call) -> ServiceResult<Option<Cbor>> {
    let body = Spoken::by(call)
        .read(&call.body)
        .map_err(|text| ServiceError::new(400, "SerializationException", text))?;
    match call.operation.as_str() {
        "PutMetricData" => input::put_metric_data(world, call, &body).map(|()| None),
        "GetMetricData" => read::get_metric_data(world, call, &body).map(Some),
        "GetMetricStatistics" => read::get_metric_statistics(world, call, &body).map(Some),
        "ListMetrics" => read::list_metrics(world, call, &body).map(Some),
        other => Err(ServiceError::new(
            404,
            "UnknownOperationException",
            format!("{other} is no operation of GraniteServiceVersion20100801"),
        )),
    }
}

/// Names of the model's error shapes and the codes they had in the older query protocol, which
/// clients still show (`awsQueryCompatible`).
const QUERY_CODES: &[(&str, &str)] = &[
    ("InvalidParameterValueException", "InvalidParameterValue"),
    (
        "InvalidParameterCombinationException",
        "InvalidParameterCombination",
    ),
    ("MissingRequiredParameterException", "MissingParameter"),
    ("InvalidNextToken", "InvalidNextToken"),
];

/// An error in the protocol that the client speaks.
#[must_use]
pub fn error(call: &Call, error: &ServiceError) -> Answer {
    let name = format!("com.amazonaws.cloudwatch#{}", error.code);
    let body = Cbor::Map(vec![
        ("__type".to_owned(), Cbor::Text(name)),
        ("message".to_owned(), Cbor::Text(error.message.clone())),
    ]);
    let older = QUERY_CODES
        .iter()
        .find(|(name, _)| *name == error.code)
        .map_or(&*error.code, |(_, code)| code);
    let fault = if error.status >= 500 {
        "Receiver"
    } else {
        "Sender"
    };
    answer(
        call,
        error.status,
        Some(&body),
        Some(format!("{older};{fault}")),
    )
}

fn answer(call: &Call, status: u16, body: Option<&Cbor>, query_error: Option<String>) -> Answer {
    let spoken = Spoken::by(call);
    let mut headers = vec![("x-amzn-requestid", call.request_id.clone())];
    if spoken == Spoken::RpcV2Cbor {
        headers.push(("smithy-protocol", "rpc-v2-cbor".to_owned()));
    }
    if body.is_some() || spoken == Spoken::AwsJson10 {
        headers.push(("content-type", spoken.content_type().to_owned()));
    }
    headers.extend(query_error.map(|text| ("x-amzn-query-error", text)));
    let body = body.map(|body| spoken.write(body)).unwrap_or_default();
    Answer {
        status,
        headers,
        body: Bytes::from(body),
    }
}
