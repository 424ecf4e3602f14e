//! `DescribeInstanceInformation`.

use std::collections::BTreeSet;
use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Agent;
use crate::ec2::{Instance, InstanceState, Platform};
use crate::error::{ServiceError, ServiceResult};
use crate::iam;
use crate::service::Call;
use crate::wire::aws_json;
use crate::world::World;

/// Policy that an instance needs to be managed.
const POLICY: &str = "AmazonSSMManagedInstanceCore";
/// Seconds from `running` to the agent's first report.
const AGENT_START_SECONDS: i64 = 20;
/// Seconds between an agent's reports (Systems Manager user guide: five minutes).
const PING_SECONDS: i64 = 300;
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

/// A managed instance at one moment.
struct Managed<'a> {
    instance: &'a Instance,
    agent: Option<&'a Agent>,
    online: bool,
    last_ping: DateTime<Utc>,
}

impl Managed<'_> {
    fn ping_status(&self) -> &'static str {
        if self.online {
            "Online"
        } else {
            "ConnectionLost"
        }
    }

    fn platform_type(&self) -> &'static str {
        match self.instance.machine.platform {
            Platform::Windows => "Windows",
            Platform::Linux => "Linux",
        }
    }

    /// The values that a filter key looks at; `None` is an unknown key.
    fn values(&self, key: &str) -> Option<Vec<String>> {
        if let Some(tag) = key.strip_prefix("tag:") {
            return Some(self.instance.tags.get(tag).cloned().into_iter().collect());
        }
        let one = match key {
            "InstanceIds" => self.instance.id.clone(),
            "PingStatus" => self.ping_status().to_owned(),
            "PlatformTypes" | "PlatformType" => self.platform_type().to_owned(),
            "AgentVersion" => AGENT_VERSION.to_owned(),
            "ResourceType" => "EC2Instance".to_owned(),
            "IamRole" => self.instance.profile.clone()?,
            "tag-key" => return Some(self.instance.tags.keys().cloned().collect()),
            "ActivationIds" | "AssociationStatus" | "SourceIds" | "SourceTypes" => {
                return Some(Vec::new());
            }
            _ => return None,
        };
        Some(vec![one])
    }

    fn body(&self) -> Value {
        let windows = self.instance.machine.platform == Platform::Windows;
        let (name, version) = if windows {
            ("Microsoft Windows Server 2022 Datacenter", "10.0.20348")
        } else {
            ("Amazon Linux", "2023")
        };
        let mut body = json!({
            "InstanceId": self.instance.id,
            "PingStatus": self.ping_status(),
            "LastPingDateTime": self.last_ping.timestamp(),
            "AgentVersion": AGENT_VERSION,
            "IsLatestVersion": true,
            "PlatformType": self.platform_type(),
            "PlatformName": name,
            "PlatformVersion": version,
            "ResourceType": "EC2Instance",
            "IPAddress": self.instance.private_ip.to_string(),
            "SourceType": "AWS::EC2::Instance",
            "SourceId": self.instance.id,
        });
        if let Some(agent) = self.agent {
            body["ComputerName"] = json!(agent.hostname);
        } else {
            let host = self.instance.private_ip.to_string().replace('.', "-");
            body["ComputerName"] = json!(format!("ip-{host}"));
        }
        body
    }
}

/// How an instance looks to Systems Manager; `None`: not managed (yet, or any more).
fn observe<'a>(
    instance: &'a Instance,
    agent: Option<&'a Agent>,
    silent: bool,
    now: DateTime<Utc>,
) -> Option<Managed<'a>> {
    let up_since = instance.state_since + Duration::seconds(AGENT_START_SECONDS);
    let (online, last_ping) = match instance.state {
        InstanceState::Terminated => return None,
        InstanceState::Running if up_since <= now => {
            let since = (now - up_since).num_seconds();
            (!silent, now - Duration::seconds(since % PING_SECONDS))
        }
        InstanceState::Running | InstanceState::Pending => (false, agent?.registered),
        _ => (false, instance.state_since),
    };
    Some(Managed {
        instance,
        agent,
        online,
        last_ping,
    })
}

fn passes(managed: &Managed<'_>, filters: &[Filter]) -> bool {
    filters.iter().all(|f| {
        let have = managed.values(&f.key).unwrap_or_default();
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
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut body = Map::new();
    let mut list: Vec<Value> = Vec::new();
    let managed_profiles = profiles(world, &call.caller.account);
    if let Some(place) = world.at(&call.caller.account, &call.region) {
        let mut last = None;
        for (id, instance) in place.ec2.instances.range((start, Bound::Unbounded)) {
            if !instance
                .profile
                .as_deref()
                .is_some_and(|p| managed_profiles.contains(p))
            {
                continue;
            }
            let silent = place.ssm.silent.contains(id);
            let managed = observe(instance, place.ssm.agents.get(id), silent, call.now);
            let Some(managed) = managed.filter(|m| passes(m, &filters)) else {
                continue;
            };
            if list.len() == size {
                body.insert(
                    "NextToken".to_owned(),
                    json!(last.map(|id: &String| STANDARD.encode(id))),
                );
                break;
            }
            list.push(managed.body());
            last = Some(id);
        }
    }
    body.insert("InstanceInformationList".to_owned(), Value::Array(list));
    Ok(body)
}

/// Names of the profiles whose role lets an agent report.
fn profiles<'a>(world: &'a World, account: &str) -> BTreeSet<&'a str> {
    let Some(known) = world.accounts.get(account).map(|a| &a.iam.profiles) else {
        return BTreeSet::new();
    };
    known
        .keys()
        .map(String::as_str)
        .filter(|name| {
            iam::profile_policies(world, account, name)
                .is_some_and(|p| p.iter().any(|p| p == POLICY))
        })
        .collect()
}
