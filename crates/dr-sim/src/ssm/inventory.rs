//! `DescribeInstanceInformation`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::node::{self, Behind, Node};
use crate::error::{ServiceError, ServiceResult};
use crate::service::Call;
use crate::wire::aws_json;
use crate::world::World;

/// Page limits (API reference).
const PAGE: (usize, usize) = (5, 50);
/// Version that all agents have.
const AGENT_VERSION: &str = "3.3.2299.0";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    filters: Vec<Filter>,
    instance_information_filter_list: Vec<OldFilter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    key: String,
    values: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldFilter {
    key: String,
    value_set: Vec<String>,
}

fn ping_status(node: &Node<'_>) -> &'static str {
    if node.online {
        "Online"
    } else {
        "ConnectionLost"
    }
}

fn platform_type(node: &Node<'_>) -> &'static str {
    if node.windows() { "Windows" } else { "Linux" }
}

fn resource_type(node: &Node<'_>) -> &'static str {
    match node.behind {
        Behind::Ec2(..) => "EC2Instance",
        Behind::Elsewhere(_) => "ManagedInstance",
    }
}

/// The values that a filter key looks at; `None` is an unknown key.
fn values(node: &Node<'_>, key: &str) -> Option<Vec<String>> {
    let (tags, role, activation) = match node.behind {
        Behind::Ec2(instance, _) => (Some(&instance.tags), instance.profile.as_ref(), None),
        Behind::Elsewhere(hybrid) => (None, Some(&hybrid.role), Some(&hybrid.activation_id)),
    };
    if let Some(tag) = key.strip_prefix("tag:") {
        return Some(
            tags.and_then(|tags| tags.get(tag))
                .cloned()
                .into_iter()
                .collect(),
        );
    }
    let one = match key {
        "InstanceIds" => node.id.to_owned(),
        "PingStatus" => ping_status(node).to_owned(),
        "PlatformTypes" | "PlatformType" => platform_type(node).to_owned(),
        "AgentVersion" => AGENT_VERSION.to_owned(),
        "ResourceType" => resource_type(node).to_owned(),
        "IamRole" => role?.clone(),
        "ActivationIds" => return Some(activation.cloned().into_iter().collect()),
        "tag-key" => {
            return Some(
                tags.into_iter()
                    .flatten()
                    .map(|(key, _)| key.clone())
                    .collect(),
            );
        }
        "AssociationStatus" | "SourceIds" | "SourceTypes" => return Some(Vec::new()),
        _ => return None,
    };
    Some(vec![one])
}

fn body(node: &Node<'_>) -> Value {
    let (name, version) = if node.windows() {
        ("Microsoft Windows Server 2022 Datacenter", "10.0.20348")
    } else {
        ("Amazon Linux", "2023")
    };
    let mut body = json!({
        "InstanceId": node.id,
        "PingStatus": ping_status(node),
        "LastPingDateTime": node.last_ping.timestamp(),
        "AgentVersion": AGENT_VERSION,
        "IsLatestVersion": true,
        "PlatformType": platform_type(node),
        "PlatformName": name,
        "PlatformVersion": version,
        "ResourceType": resource_type(node),
        "SourceId": node.id,
        "ComputerName": node.hostname(),
    });
    match node.behind {
        Behind::Ec2(instance, _) => {
            body["IPAddress"] = json!(instance.private_ip.to_string());
            body["SourceType"] = json!("AWS::EC2::Instance");
        }
        Behind::Elsewhere(hybrid) => {
            body["IPAddress"] = json!(hybrid.machine.ips.first());
            body["SourceType"] = json!("AWS::SSM::ManagedInstance");
            body["ActivationId"] = json!(hybrid.activation_id);
            body["IamRole"] = json!(hybrid.role);
            body["RegistrationDate"] = json!(hybrid.registered.timestamp());
            body["Name"] = json!(hybrid.machine.hostname);
            if !hybrid.machine.windows {
                body["PlatformName"] = json!("Red Hat Enterprise Linux");
                body["PlatformVersion"] = json!("9.4");
            }
        }
    }
    body
}

fn passes(node: &Node<'_>, filters: &[Filter]) -> bool {
    filters.iter().all(|f| {
        let have = values(node, &f.key).unwrap_or_default();
        f.values.iter().any(|wanted| have.contains(wanted))
    })
}

/// Keys that filters may have (API reference).
const KEYS: &[&str] = &[
    "ActivationIds",
    "AgentVersion",
    "AssociationStatus",
    "IamRole",
    "InstanceIds",
    "PingStatus",
    "PlatformType",
    "PlatformTypes",
    "ResourceType",
    "SourceIds",
    "SourceTypes",
    "tag-key",
];

fn check(filters: &[Filter]) -> ServiceResult<()> {
    for f in filters {
        if !KEYS.contains(&f.key.as_str()) && !f.key.starts_with("tag:") {
            return Err(ServiceError::new(
                400,
                "InvalidFilterKey",
                format!("The filter key {} is not valid.", f.key),
            ));
        }
        let bad = |v: &&String| {
            f.key == "PingStatus" && !["Online", "ConnectionLost", "Inactive"].contains(&v.as_str())
        };
        if let Some(value) = f.values.iter().find(bad) {
            return Err(ServiceError::new(
                400,
                "InvalidInstanceInformationFilterValue",
                format!("The filter value {value} is not valid for {}.", f.key),
            ));
        }
    }
    Ok(())
}

fn token(text: &str) -> ServiceResult<String> {
    let decoded = STANDARD
        .decode(text)
        .ok()
        .and_then(|b| String::from_utf8(b).ok());
    decoded.ok_or_else(|| {
        ServiceError::new(400, "InvalidNextToken", "The specified token isn't valid.")
    })
}

/// `DescribeInstanceInformation`.
pub(super) fn describe(world: &World, call: &Call) -> ServiceResult<Map<String, Value>> {
    let request: Request = aws_json::parse(call)?;
    let mut filters = request.filters;
    filters.extend(
        request
            .instance_information_filter_list
            .into_iter()
            .map(|f| Filter {
                key: f.key,
                values: f.value_set,
            }),
    );
    check(&filters)?;
    let size = request.max_results.unwrap_or(PAGE.1);
    if !(PAGE.0..=PAGE.1).contains(&size) {
        let message = format!("MaxResults must be between {} and {}", PAGE.0, PAGE.1);
        return Err(ServiceError::validation(message));
    }
    let after = request.next_token.as_deref().map(token).transpose()?;
    let (account, region) = (&call.caller.account, &call.region);
    let mut nodes = node::all(world, account, region, after.as_deref(), call.now);
    nodes.retain(|node| passes(node, &filters));
    let mut answer = Map::new();
    if nodes.len() > size {
        nodes.truncate(size);
        let last = nodes.last().map(|node| STANDARD.encode(node.id));
        answer.insert("NextToken".to_owned(), json!(last));
    }
    let list: Vec<Value> = nodes.iter().map(body).collect();
    answer.insert("InstanceInformationList".to_owned(), Value::Array(list));
    Ok(answer)
}
