//! Simulated Systems Manager: managed instances alone.
//!
//! An instance is managed when its profile's role has `AmazonSSMManagedInstanceCore` and its agent
//! has had time to report; nothing has to be kept for that but what the agent calls itself.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ServiceError;
use crate::service::{Answer, Call};
use crate::wire::aws_json::{self, Version};
use crate::world::World;

mod inventory;

/// What the service keeps.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// Agents that have reported at least once, by instance id.
    pub agents: BTreeMap<String, Agent>,
    /// Agents that have fallen silent though their instance runs.
    pub silent: BTreeSet<String>,
}

/// What an agent reported about its machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Host name.
    pub hostname: String,
    /// Windows; otherwise Linux.
    pub windows: bool,
    /// First report.
    pub registered: DateTime<Utc>,
}

/// Records that an instance's agent has reported.
pub fn register(
    world: &mut World,
    account: &str,
    region: &str,
    instance_id: &str,
    platform_windows: bool,
    hostname: &str,
    now: DateTime<Utc>,
) {
    let agent = Agent {
        hostname: hostname.to_owned(),
        windows: platform_windows,
        registered: now,
    };
    let agents = &mut world.place(account, region).ssm.agents;
    agents.insert(instance_id.to_owned(), agent);
}

/// Makes an agent fall silent, or speak again.
pub fn silence(world: &mut World, account: &str, region: &str, instance_id: &str, silent: bool) {
    let ssm = &mut world.place(account, region).ssm;
    if silent {
        ssm.silent.insert(instance_id.to_owned());
    } else {
        ssm.silent.remove(instance_id);
    }
}

/// Nothing changes here by itself: who is online follows from EC2's states and the time.
#[must_use]
pub fn next_due(_: &World) -> Option<DateTime<Utc>> {
    None
}

/// Nothing to bring up to date: see [`next_due`].
pub fn advance(_: &mut World, _: DateTime<Utc>) {}

/// The operations simulated here.
pub const OPERATIONS: &[&str] = &["DescribeInstanceInformation"];

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Answer {
    let done = match call.operation.as_str() {
        "DescribeInstanceInformation" => inventory::describe(world, call),
        other => Err(ServiceError::new(
            400,
            "UnknownOperationException",
            format!("{other} is no operation of AmazonSSM"),
        )),
    };
    match done {
        Ok(body) => aws_json::ok(call, Version::V1_1, &Value::Object(body)),
        Err(error) => aws_json::error(call, Version::V1_1, &error),
    }
}
