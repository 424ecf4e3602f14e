//! Simulated Service Quotas: the quotas of DRS, with their defaults and what was applied instead.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};
use crate::wire::aws_json::{self, Version};
use crate::world::World;

/// A quota as AWS publishes it.
struct Quota {
    service: &'static str,
    service_name: &'static str,
    code: &'static str,
    name: &'static str,
    default: f64,
    adjustable: bool,
}

const DRS: &str = "AWS Elastic Disaster Recovery";

const fn drs(code: &'static str, name: &'static str, default: f64, adjustable: bool) -> Quota {
    Quota {
        service: "drs",
        service_name: DRS,
        code,
        name,
        default,
        adjustable,
    }
}

/// Quotas of DRS per account and region (DRS user guide, service quotas), by code.
const QUOTAS: &[Quota] = &[
    drs(
        "L-05AFA8C6",
        "Max number of source servers in all jobs",
        500.0,
        false,
    ),
    drs(
        "L-B827C881",
        "Max number of source servers in a single job",
        100.0,
        false,
    ),
    drs(
        "L-C1D14A2B",
        "Max number of concurrently replicating source servers",
        300.0,
        false,
    ),
    drs("L-D88FAC3A", "Concurrent jobs in progress", 20.0, false),
    drs(
        "L-DD6D028C",
        "Max concurrent jobs per source server",
        1.0,
        false,
    ),
    drs(
        "L-E28BE5E0",
        "Max number of source servers per AWS account",
        4000.0,
        true,
    ),
];

/// Quota values that were applied instead of the defaults.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// By service code and quota code.
    pub applied: BTreeMap<String, BTreeMap<String, f64>>,
}

fn quota(service: &str, code: &str) -> Option<&'static Quota> {
    QUOTAS
        .iter()
        .find(|q| q.service == service && q.code == code)
}

/// The value in force: what was applied, or the default.
#[must_use]
pub fn value(
    world: &World,
    account: &str,
    region: &str,
    service: &str,
    quota_code: &str,
) -> Option<f64> {
    let known = quota(service, quota_code)?;
    Some(in_force(world, account, region, known))
}

/// Applies a value to a quota.
pub fn set(
    world: &mut World,
    account: &str,
    region: &str,
    service: &str,
    quota_code: &str,
    value: f64,
) {
    let applied = &mut world.place(account, region).quotas.applied;
    applied
        .entry(service.to_owned())
        .or_default()
        .insert(quota_code.to_owned(), value);
}

fn in_force(world: &World, account: &str, region: &str, quota: &Quota) -> f64 {
    world
        .at(account, region)
        .and_then(|place| place.quotas.applied.get(quota.service)?.get(quota.code))
        .copied()
        .unwrap_or(quota.default)
}

/// The operations simulated here.
pub const OPERATIONS: &[&str] = &[
    "GetAWSDefaultServiceQuota",
    "GetServiceQuota",
    "ListServiceQuotas",
];

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Answer {
    let done = match call.operation.as_str() {
        "ListServiceQuotas" => list(world, call),
        "GetServiceQuota" => one(call, |q| {
            in_force(world, &call.caller.account, &call.region, q)
        }),
        "GetAWSDefaultServiceQuota" => one(call, |q| q.default),
        other => Err(ServiceError::new(
            400,
            "UnknownOperationException",
            format!("{other} is no operation of ServiceQuotasV20190624"),
        )),
    };
    match done {
        Ok(body) => aws_json::ok(call, Version::V1_1, &body),
        Err(error) => aws_json::error(call, Version::V1_1, &error),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    service_code: String,
    quota_code: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// `ServiceCode`, `QuotaCode` and the rest, as every operation here takes them.
fn read(call: &Call) -> ServiceResult<Request> {
    aws_json::parse(call)
        .map_err(|error| ServiceError::new(400, "IllegalArgumentException", error.message))
}

fn body(call: &Call, quota: &Quota, value: f64) -> Value {
    json!({
        "ServiceCode": quota.service,
        "ServiceName": quota.service_name,
        "QuotaArn": format!(
            "arn:aws:servicequotas:{}:{}:{}/{}",
            call.region, call.caller.account, quota.service, quota.code
        ),
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "Value": value,
        "Unit": "None",
        "Adjustable": quota.adjustable,
        "GlobalQuota": false,
        "QuotaAppliedAtLevel": "ACCOUNT",
    })
}

fn unknown() -> ServiceError {
    let text = "The request failed because the specified service or quota does not exist.";
    ServiceError::new(400, "NoSuchResourceException", text)
}

/// `GetServiceQuota` and `GetAWSDefaultServiceQuota`, which differ in the value alone.
fn one(call: &Call, value: impl Fn(&Quota) -> f64) -> ServiceResult<Value> {
    let request = read(call)?;
    let found = quota(
        &request.service_code,
        request.quota_code.as_deref().unwrap_or_default(),
    );
    let quota = found.ok_or_else(unknown)?;
    Ok(json!({ "Quota": body(call, quota, value(quota)) }))
}

/// `ListServiceQuotas`.
fn list(world: &World, call: &Call) -> ServiceResult<Value> {
    let request = read(call)?;
    let size = request.max_results.unwrap_or(100);
    if !(1..=100).contains(&size) {
        return Err(ServiceError::new(
            400,
            "IllegalArgumentException",
            "MaxResults must be between 1 and 100",
        ));
    }
    let after = match &request.next_token {
        None => None,
        Some(token) => Some(decode(token)?),
    };
    let all: Vec<&Quota> = QUOTAS
        .iter()
        .filter(|q| q.service == request.service_code)
        .filter(|q| {
            request
                .quota_code
                .as_ref()
                .is_none_or(|code| q.code == code)
        })
        .collect();
    if all.is_empty() {
        return Err(unknown());
    }
    let mut rest = all
        .into_iter()
        .filter(|q| after.as_ref().is_none_or(|a| q.code > a.as_str()));
    let page: Vec<&Quota> = rest.by_ref().take(size).collect();
    let mut answer = Map::new();
    if rest.next().is_some()
        && let Some(last) = page.last()
    {
        answer.insert("NextToken".to_owned(), json!(STANDARD.encode(last.code)));
    }
    let value = |q: &Quota| in_force(world, &call.caller.account, &call.region, q);
    let quotas = page.into_iter().map(|q| body(call, q, value(q))).collect();
    answer.insert("Quotas".to_owned(), Value::Array(quotas));
    Ok(Value::Object(answer))
}

fn decode(token: &str) -> ServiceResult<String> {
    let text = STANDARD
        .decode(token)
        .ok()
        .and_then(|b| String::from_utf8(b).ok());
    text.ok_or_else(|| {
        ServiceError::new(
            400,
            "InvalidPaginationTokenException",
            "Invalid token was provided.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_stand_in_the_order_of_their_codes() {
        assert!(QUOTAS.windows(2).all(|w| w[0].code < w[1].code));
    }

    #[test]
    fn an_applied_value_replaces_the_default_in_one_place_only() {
        let mut world = World::new(1, chrono::DateTime::UNIX_EPOCH);
        set(&mut world, "1", "us-west-2", "drs", "L-E28BE5E0", 5000.0);
        assert_eq!(
            value(&world, "1", "us-west-2", "drs", "L-E28BE5E0"),
            Some(5000.0)
        );
        assert_eq!(
            value(&world, "1", "us-east-1", "drs", "L-E28BE5E0"),
            Some(4000.0)
        );
        assert_eq!(value(&world, "1", "us-east-1", "drs", "L-0"), None);
    }
}
