//! Managed nodes: EC2 instances whose profile lets their agent report, and machines elsewhere that
//! an activation has registered. Who is online follows from states and the time.

use std::collections::BTreeSet;
use std::ops::Bound;

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::Agent;
use crate::drs;
use crate::ec2::{Instance, InstanceState, Platform};
use crate::iam;
use crate::world::{Place, World};

/// Policy that an instance needs to be managed.
pub const POLICY: &str = "AmazonSSMManagedInstanceCore";
/// Seconds from `running` to the agent's first report.
const AGENT_START_SECONDS: i64 = 20;
/// Seconds between an agent's reports (Systems Manager user guide: five minutes).
const PING_SECONDS: i64 = 300;

/// A machine outside EC2 that Systems Manager manages (`mi-` and 17 hexadecimal digits).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Hybrid {
    /// The machine; it has no EC2 instance id.
    pub machine: drs::Machine,
    /// The activation that registered it.
    pub activation_id: String,
    /// Name of the role that the activation gave it.
    pub role: String,
    /// When that was.
    pub registered: DateTime<Utc>,
}

/// A time in which a machine is away because it reboots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// From then.
    pub since: DateTime<Utc>,
    /// Until then; `None`: it does not come back by itself.
    pub until: Option<DateTime<Utc>>,
}

/// What is behind a managed node.
#[derive(Debug, Clone, Copy)]
pub(super) enum Behind<'a> {
    /// An EC2 instance, and what its agent has reported if it was ever heard.
    Ec2(&'a Instance, Option<&'a Agent>),
    /// A machine elsewhere.
    Elsewhere(&'a Hybrid),
}

/// A managed node at one moment.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) id: &'a str,
    pub(super) behind: Behind<'a>,
    pub(super) online: bool,
    pub(super) last_ping: DateTime<Utc>,
}

impl Node<'_> {
    pub(super) fn windows(&self) -> bool {
        match self.behind {
            Behind::Ec2(instance, _) => instance.machine.platform == Platform::Windows,
            Behind::Elsewhere(hybrid) => hybrid.machine.windows,
        }
    }

    /// Host name; an instance that DRS launched has the name that EC2 gives.
    pub(super) fn hostname(&self) -> String {
        match self.behind {
            Behind::Ec2(_, Some(agent)) => agent.hostname.clone(),
            Behind::Ec2(instance, None) => {
                let host = instance.private_ip.to_string().replace('.', "-");
                format!("ip-{host}")
            }
            Behind::Elsewhere(hybrid) => hybrid.machine.hostname.clone(),
        }
    }

    /// Name tag.
    pub(super) fn name(&self) -> String {
        match self.behind {
            Behind::Ec2(instance, _) => instance.tags.get("Name").cloned().unwrap_or_default(),
            Behind::Elsewhere(hybrid) => hybrid.machine.hostname.clone(),
        }
    }
}

/// Whether an agent that can report since `up` does so, and when it did so last.
fn reports(
    place: &Place,
    id: &str,
    up: DateTime<Utc>,
    now: DateTime<Utc>,
) -> (bool, DateTime<Utc>) {
    // A start after the reboot has ended it.
    let away = place.ssm.away.get(id).filter(|away| away.since >= up);
    let up = match away {
        Some(away) if away.until.is_none_or(|until| now < until) => return (false, away.since),
        Some(away) => away.until.unwrap_or(up),
        None => up,
    };
    let last = now - Duration::seconds((now - up).num_seconds() % PING_SECONDS);
    (!place.ssm.silent.contains(id), last)
}

/// How an instance looks to Systems Manager; `None`: not managed (yet, or any more).
fn of_instance<'a>(
    place: &'a Place,
    instance: &'a Instance,
    now: DateTime<Utc>,
) -> Option<Node<'a>> {
    let agent = place.ssm.agents.get(&instance.id);
    let up = instance.state_since + Duration::seconds(AGENT_START_SECONDS);
    let (online, last_ping) = match instance.state {
        InstanceState::Terminated => return None,
        InstanceState::Running if up <= now => reports(place, &instance.id, up, now),
        InstanceState::Running | InstanceState::Pending => (false, agent?.registered),
        _ => (false, instance.state_since),
    };
    Some(Node {
        id: &instance.id,
        behind: Behind::Ec2(instance, agent),
        online,
        last_ping,
    })
}

fn of_hybrid<'a>(
    place: &'a Place,
    id: &'a str,
    hybrid: &'a Hybrid,
    now: DateTime<Utc>,
) -> Node<'a> {
    let (online, last_ping) = reports(place, id, hybrid.registered, now);
    Node {
        id,
        behind: Behind::Elsewhere(hybrid),
        online,
        last_ping,
    }
}

/// The managed node of this id.
pub(super) fn find<'a>(
    world: &'a World,
    account: &str,
    region: &str,
    id: &str,
    now: DateTime<Utc>,
) -> Option<Node<'a>> {
    let place = world.at(account, region)?;
    if let Some((id, hybrid)) = place.ssm.hybrid.get_key_value(id) {
        return Some(of_hybrid(place, id, hybrid, now));
    }
    let instance = place.ec2.instances.get(id)?;
    let policies = iam::profile_policies(world, account, instance.profile.as_deref()?)?;
    let managed = policies.iter().any(|policy| policy == POLICY);
    managed.then(|| of_instance(place, instance, now)).flatten()
}

/// All managed nodes behind an id, in the order of ids: EC2's `i-` come before `mi-`.
pub(super) fn all<'a>(
    world: &'a World,
    account: &str,
    region: &str,
    after: Option<&str>,
    now: DateTime<Utc>,
) -> Vec<Node<'a>> {
    let Some(place) = world.at(account, region) else {
        return Vec::new();
    };
    let managed_profiles = profiles(world, account);
    let range = (
        after.map_or(Bound::Unbounded, Bound::Excluded),
        Bound::Unbounded,
    );
    let instances = place
        .ec2
        .instances
        .range::<str, _>(range)
        .filter(|(_, instance)| {
            let profile = instance.profile.as_deref();
            profile.is_some_and(|profile| managed_profiles.contains(profile))
        })
        .filter_map(|(_, instance)| of_instance(place, instance, now));
    let elsewhere = place
        .ssm
        .hybrid
        .range::<str, _>(range)
        .map(|(id, hybrid)| of_hybrid(place, id, hybrid, now));
    instances.chain(elsewhere).collect()
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
                .is_some_and(|policies| policies.iter().any(|policy| policy == POLICY))
        })
        .collect()
}
