//! Simulated Systems Manager: managed nodes, and Run Command on them.
//!
//! An instance is managed when its profile's role has `AmazonSSMManagedInstanceCore` and its agent
//! has had time to report; nothing has to be kept for that but what the agent calls itself. What a
//! command does on a machine stands in [`crate::agents`].

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::agenda::Agenda;
use crate::agents::Host;
use crate::error::ServiceError;
use crate::service::{Answer, Call};
use crate::wire::aws_json::{self, Version};
use crate::world::World;

mod command;
mod documents;
mod fault;
mod ids;
mod inventory;
mod list;
mod node;
mod run;
mod script;
mod send;

pub use command::{Command, Failure, Invocation, Status};
pub use documents::{INSTALL, POWERSHELL, Parameters, SHELL};
pub use fault::Fault;
pub use node::{Away, Hybrid, POLICY};
pub use run::{Step, advance, next_due, reboot};

/// What the service keeps.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Agents that have reported at least once, by instance id.
    pub agents: BTreeMap<String, Agent>,
    /// Agents that have fallen silent though their instance runs.
    pub silent: BTreeSet<String>,
    /// Machines outside EC2, by `mi-` id.
    pub hybrid: BTreeMap<String, Hybrid>,
    /// Commands by id.
    pub commands: BTreeMap<String, Command>,
    /// Commands in the order in which they were sent.
    pub commands_by_time: BTreeSet<(DateTime<Utc>, String)>,
    /// What happens when.
    pub due: Agenda<Step>,
    /// The last reboot of machines.
    pub away: BTreeMap<String, Away>,
    /// Machines whose replication agent was removed, and when: they wait for a reboot.
    pub removed: BTreeMap<String, DateTime<Utc>>,
    /// What goes wrong on request, by machine.
    pub faults: BTreeMap<String, Vec<Fault>>,
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

/// Where a machine of this id is: an EC2 instance or a hybrid node.
#[must_use]
pub fn whereabouts(world: &World, id: &str) -> Option<Host> {
    world.places.iter().find_map(|(account, regions)| {
        let here = |(region, place): (&String, &crate::world::Place)| {
            let known = place.ec2.instances.contains_key(id) || place.ssm.hybrid.contains_key(id);
            known.then(|| Host {
                account: account.clone(),
                region: region.clone(),
                id: id.to_owned(),
            })
        };
        regions.iter().find_map(here)
    })
}

/// Makes something go wrong on a machine. `false`: there is no such machine.
pub fn inject(world: &mut World, id: &str, fault: &Fault) -> bool {
    let Some(host) = whereabouts(world, id) else {
        return false;
    };
    let ssm = &mut world.place(&host.account, &host.region).ssm;
    match fault {
        Fault::Silent => {
            ssm.silent.insert(host.id);
        }
        other => ssm.faults.entry(host.id).or_default().push(other.clone()),
    }
    true
}

/// Takes all faults of a machine away: it speaks again and has come back. `false`: there is no
/// such machine.
pub fn heal(world: &mut World, id: &str) -> bool {
    let Some(host) = whereabouts(world, id) else {
        return false;
    };
    let now = world.now;
    let ssm = &mut world.place(&host.account, &host.region).ssm;
    ssm.silent.remove(id);
    ssm.faults.remove(id);
    if let Some(away) = ssm.away.get_mut(id) {
        away.until.get_or_insert(now);
    }
    true
}

/// The operations simulated here.
pub const OPERATIONS: &[&str] = &[
    "CancelCommand",
    "DescribeDocument",
    "DescribeInstanceInformation",
    "GetCommandInvocation",
    "ListCommandInvocations",
    "ListCommands",
    "SendCommand",
];

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Answer {
    let done = match call.operation.as_str() {
        "CancelCommand" => send::cancel(world, call).map(Value::Object),
        "DescribeDocument" => documents::describe(call).map(Value::Object),
        "DescribeInstanceInformation" => inventory::describe(world, call).map(Value::Object),
        "GetCommandInvocation" => list::invocation(world, call),
        "ListCommandInvocations" => list::invocations(world, call).map(Value::Object),
        "ListCommands" => list::commands(world, call).map(Value::Object),
        "SendCommand" => send::send(world, call).map(Value::Object),
        other => Err(ServiceError::new(
            400,
            "UnknownOperationException",
            format!("{other} is no operation of AmazonSSM"),
        )),
    };
    match done {
        Ok(body) => aws_json::ok(call, Version::V1_1, &body),
        Err(error) => aws_json::error(call, Version::V1_1, &error),
    }
}
