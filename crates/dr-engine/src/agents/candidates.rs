//! Machines that an agent could be installed on: EC2's instances and SSM's machines of a place, joined with the source
//! servers that stand for them anywhere.

use std::collections::{BTreeMap, BTreeSet};

use dr_aws::{ManagedInstance, ProfilePolicies};
use dr_error::Result;
use dr_model::ids::{InstanceId, MachineId, SourceServerId};
use dr_model::place::Place;
use dr_model::server::{Platform, ReplicationState};
use dr_model::target::TargetInstance;
use futures::{StreamExt, TryStreamExt, stream};

use crate::app::App;
use crate::cloud::Cloud;

/// Calls at the same time.
const CONCURRENCY: usize = 10;
/// What a profile needs so that SSM may manage the instance.
const SSM_POLICY: &str = "AmazonSSMManagedInstanceCore";
/// The tag of whatever DRS itself runs: replication and conversion servers.
const MANAGED_TAG: &str = "AWSElasticDisasterRecoveryManaged";

/// A source server that stands for a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    /// Where it replicates into.
    pub place: Place,
    /// The source server.
    pub source_server_id: SourceServerId,
    /// Its agent replicates, or should.
    pub is_connected: bool,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The machine.
    pub machine_id: MachineId,
    /// Name tag, or host name.
    pub name: Option<String>,
    /// Operating system family.
    pub platform: Option<Platform>,
    /// Operating system, as SSM words it.
    pub os: Option<String>,
    /// EC2's state; none for a machine on premises.
    pub state: Option<String>,
    /// SSM's word; none where SSM does not manage it.
    pub ssm_status: Option<String>,
    /// The source servers that stand for it.
    pub protections: Vec<Protection>,
    /// An agent can be installed now.
    pub can_install: bool,
    /// Why not.
    pub reasons_not: Vec<String>,
}

/// What is known of a place and of what protects its machines.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) instances: Vec<TargetInstance>,
    pub(crate) managed: Vec<ManagedInstance>,
    pub(crate) recovery_instances: BTreeSet<InstanceId>,
    pub(crate) profiles: BTreeMap<String, Option<ProfilePolicies>>,
    pub(crate) standing: Vec<Standing>,
}

/// A source server, as far as it says which machine it stands for.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) instance_id: Option<InstanceId>,
    pub(crate) name: Option<String>,
    pub(crate) protection: Protection,
}

/// Lists them, EC2's first. Requirement 002, phase 1.
///
/// # Errors
/// What AWS or the store answers. A place that cannot be looked at for source servers is left out, with a warning in
/// the log: whoever installs looks at the place that matters again.
pub async fn candidates(
    app: &App,
    place: &Place,
    include_on_premises: bool,
) -> Result<Vec<Candidate>> {
    let cloud = app.cloud(place).await?;
    let facts = gather(app, &cloud).await?;
    let mut found = of(&facts);
    found.retain(|candidate| include_on_premises || candidate.state.is_some());
    Ok(found)
}

async fn gather(app: &App, cloud: &Cloud) -> Result<Facts> {
    let (instances, managed, recovery_instances, standing) = futures::try_join!(
        cloud.ec2.all_instances(),
        cloud.ssm.managed_instances(&[]),
        recovery_instances(cloud),
        standing(app),
    )?;
    let online: BTreeSet<&str> = managed
        .iter()
        .filter(|machine| machine.is_online)
        .map(|machine| machine.id.as_str())
        .collect();
    // Whoever SSM reaches has what it needs, by whatever policy.
    let names: BTreeSet<String> = instances
        .iter()
        .filter(|instance| !online.contains(instance.id.as_str()))
        .filter_map(|instance| instance.instance_profile.clone())
        .collect();
    let calls = names.into_iter().map(|name| async move {
        match cloud.iam.profile_policies(&name).await {
            Ok(policies) => Some((name, policies)),
            Err(error) => {
                tracing::warn!(%error, %name, "policies of an instance profile not readable");
                None
            }
        }
    });
    let profiles = stream::iter(calls.collect::<Vec<_>>())
        .buffer_unordered(CONCURRENCY)
        .filter_map(futures::future::ready)
        .collect()
        .await;
    Ok(Facts {
        instances,
        managed,
        recovery_instances,
        profiles,
        standing,
    })
}

async fn recovery_instances(cloud: &Cloud) -> Result<BTreeSet<InstanceId>> {
    let found = match cloud.drs.recovery_instances().await {
        Ok(found) => found,
        // Where DRS was never set up it has none.
        Err(error) if error.aws_class() == Some(dr_error::AwsClass::NotInitialized) => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(found
        .into_iter()
        .filter(dr_model::server::RecoveryInstance::is_live)
        .filter_map(|instance| instance.instance_id)
        .collect())
}

/// Source servers of every registered place: from the inventory where there is one, live otherwise.
async fn standing(app: &App) -> Result<Vec<Standing>> {
    let calls = crate::replication::places(app)
        .await?
        .into_iter()
        .map(|place| standing_in(app, place));
    let found: Vec<Vec<Standing>> = stream::iter(calls.collect::<Vec<_>>())
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().collect())
}

async fn standing_in(app: &App, place: Place) -> Result<Vec<Standing>> {
    if let Some(inventory) = app.store().inventory(&place).await? {
        let found = inventory.servers.into_iter().map(|server| Standing {
            name: Some(server.name).filter(|_| server.origin_instance_id.is_none()),
            instance_id: server.origin_instance_id,
            protection: Protection {
                place: place.clone(),
                is_connected: server.state != ReplicationState::Disconnected.as_str(),
                source_server_id: server.source_server_id,
            },
        });
        return Ok(found.collect());
    }
    match live(app, &place).await {
        Ok(found) => Ok(found),
        Err(error) => {
            tracing::warn!(%error, %place, "source servers not readable");
            Ok(Vec::new())
        }
    }
}

/// Source servers of one place, as DRS shows them now.
pub(crate) async fn live(app: &App, place: &Place) -> Result<Vec<Standing>> {
    let servers = app.cloud(place).await?.drs.source_servers().await?;
    let alive = servers.into_iter().filter(|server| !server.is_archived);
    Ok(alive
        .map(|server| Standing {
            name: server
                .hostname
                .clone()
                .filter(|_| server.origin_instance_id.is_none()),
            instance_id: server.origin_instance_id,
            protection: Protection {
                place: place.clone(),
                source_server_id: server.id,
                is_connected: server.replication_state != ReplicationState::Disconnected,
            },
        })
        .collect())
}

/// The candidates, by what is known.
pub(crate) fn of(facts: &Facts) -> Vec<Candidate> {
    let mut managed: BTreeMap<&str, &ManagedInstance> = facts
        .managed
        .iter()
        .map(|machine| (machine.id.as_str(), machine))
        .collect();
    let mut found: Vec<Candidate> = facts
        .instances
        .iter()
        .filter_map(|instance| of_instance(instance, managed.remove(instance.id.as_str()), facts))
        .collect();
    let elsewhere = managed.into_values().filter(|m| m.is_on_premises);
    found.extend(elsewhere.filter_map(|machine| on_premises(machine, facts)));
    found
}

fn of_instance(
    instance: &TargetInstance,
    machine: Option<&ManagedInstance>,
    facts: &Facts,
) -> Option<Candidate> {
    let standing = facts
        .standing
        .iter()
        .filter(|standing| standing.instance_id.as_ref() == Some(&instance.id));
    let protections: Vec<_> = standing.map(|s| s.protection.clone()).collect();
    let mut reasons = Vec::new();
    if instance.tags.contains_key(MANAGED_TAG) {
        reasons.push("DRS itself runs it: it is a replication or conversion server".to_owned());
    }
    if facts.recovery_instances.contains(&instance.id) {
        reasons.push(
            "It is a recovery instance, and has an agent: its failover session brings it home"
                .to_owned(),
        );
    }
    if instance.state != "running" {
        reasons.push(format!("It is {}: start it first", instance.state));
    }
    let is_online = machine.is_some_and(|machine| machine.is_online);
    if !is_online {
        reasons.extend(profile_reason(instance, facts));
    }
    reasons.extend(machine_reasons(machine));
    reasons.extend(protected_reasons(&protections));
    let machine_id = instance.id.as_str().parse().ok()?;
    let host_name = || machine.and_then(|machine| machine.computer_name.clone());
    Some(Candidate {
        machine_id,
        name: instance.name().map(ToOwned::to_owned).or_else(host_name),
        platform: Some(instance.platform),
        os: machine.and_then(|machine| machine.platform_name.clone()),
        state: Some(instance.state.clone()),
        ssm_status: machine.map(|machine| machine.ping_status.clone()),
        protections,
        can_install: reasons.is_empty(),
        reasons_not: reasons,
    })
}

/// Why SSM may not manage it, as far as its profile says.
fn profile_reason(instance: &TargetInstance, facts: &Facts) -> Option<String> {
    let Some(name) = &instance.instance_profile else {
        return Some(format!(
            "It has no instance profile: it needs one with {SSM_POLICY}"
        ));
    };
    let attached = match facts.profiles.get(name)? {
        Some(profile) => profile.attached.as_slice(),
        None => &[],
    };
    let has = attached.iter().any(|policy| policy == SSM_POLICY);
    (!has).then(|| format!("Its instance profile {name} lacks {SSM_POLICY}"))
}

fn machine_reasons(machine: Option<&ManagedInstance>) -> Option<String> {
    let Some(machine) = machine else {
        return Some("SSM does not manage it".to_owned());
    };
    if !machine.is_online {
        return Some(format!("SSM does not reach it: {}", machine.ping_status));
    }
    if machine.platform.is_none() {
        let os = machine.platform_name.as_deref().unwrap_or("It");
        return Some(format!(
            "{os} is neither Linux nor Windows, which is what DRS protects"
        ));
    }
    None
}

fn protected_reasons(protections: &[Protection]) -> Vec<String> {
    protections
        .iter()
        .filter(|protection| protection.is_connected)
        .map(|protection| {
            format!(
                "It is already protected: {} replicates it into {}",
                protection.source_server_id, protection.place
            )
        })
        .collect()
}

/// A machine on premises. Its source server can only be told by its host name.
fn on_premises(machine: &ManagedInstance, facts: &Facts) -> Option<Candidate> {
    let is_named = |name: &Option<String>| match (name, &machine.computer_name) {
        (Some(name), Some(host)) => name.eq_ignore_ascii_case(host),
        _ => false,
    };
    let protections: Vec<_> = facts
        .standing
        .iter()
        .filter(|standing| standing.instance_id.is_none() && is_named(&standing.name))
        .map(|standing| standing.protection.clone())
        .collect();
    let mut reasons: Vec<String> = machine_reasons(Some(machine)).into_iter().collect();
    reasons.extend(protected_reasons(&protections));
    Some(Candidate {
        machine_id: machine.id.parse().ok()?,
        name: machine.computer_name.clone(),
        platform: machine.platform,
        os: machine.platform_name.clone(),
        state: None,
        ssm_status: Some(machine.ping_status.clone()),
        protections,
        can_install: reasons.is_empty(),
        reasons_not: reasons,
    })
}

#[cfg(test)]
#[path = "candidates_tests.rs"]
mod tests;
