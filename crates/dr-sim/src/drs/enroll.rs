//! A machine joins and leaves DRS by what is done on it: an agent that registers, an agent that is
//! removed.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::replication::{Phase, Replication};
use super::state::{Direction, LaunchConfiguration, Machine, Origin, SourceServer, State, Tags};
use super::{quotas, reverse, words};
use crate::ec2::TemplateView;
use crate::error::{ServiceError, ServiceResult};
use crate::service::{Call, Caller};
use crate::world::World;

/// A source server that stands for a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Account that it replicates into.
    pub account: String,
    /// Region that it replicates into.
    pub region: String,
    /// `s-` + 17.
    pub id: String,
    /// Whether its agent is still there.
    pub connected: bool,
}

/// Whether both are one machine: the same EC2 instance, or the same network card elsewhere.
fn same(one: &Machine, other: &Machine) -> bool {
    one.aws_instance_id == other.aws_instance_id
        && (!one.aws_instance_id.is_empty() || one.mac == other.mac)
}

/// Every source server of a machine, staged and extended ones too.
#[must_use]
pub fn standing(world: &World, machine: &Machine) -> Vec<Standing> {
    let mut found = Vec::new();
    for (account, regions) in &world.places {
        for (region, place) in regions {
            let servers = place.drs.servers.values();
            for server in servers.filter(|server| same(&server.machine, machine)) {
                found.push(Standing {
                    account: account.clone(),
                    region: region.clone(),
                    id: server.id.clone(),
                    connected: server.replication.phase != Phase::Disconnected,
                });
            }
        }
    }
    found
}

/// Refuses an account and region in which DRS is not initialised or has no room.
fn admit(world: &World, account: &str, region: &str) -> ServiceResult<()> {
    let place = world.at(account, region);
    if !place.is_some_and(|place| place.drs.initialized) {
        return Err(ServiceError::new(
            400,
            "UninitializedAccountException",
            format!(
                "AWS Elastic Disaster Recovery is not initialized in account {account}, Region \
                 {region}"
            ),
        ));
    }
    quotas::room_to_replicate(world, account, region)
}

/// An agent registers its machine: a new source server of direction FAILOVER begins a full copy.
/// One that stands here disconnected begins again, with its id and settings. Gives its id.
///
/// # Errors
/// DRS is not initialised there, or a quota is reached.
pub fn enroll(
    world: &mut World,
    (account, region): (&str, &str),
    machine: &Machine,
    origin: Origin,
    tags: &Tags,
    now: DateTime<Utc>,
) -> ServiceResult<String> {
    admit(world, account, region)?;
    // With the copy itself (10 minutes for 8 GB) this makes the 15 to 25 minutes that were seen.
    let initiation = u32::try_from(world.dice.between(300, 900)).unwrap_or(600);
    let replication = Replication {
        points_since: Some(now),
        ..Replication::starting(now, initiation, false)
    };
    let here = standing(world, machine)
        .into_iter()
        .find(|found| found.account == account && found.region == region);
    if let Some(found) = here {
        let servers = &mut world.place(account, region).drs.servers;
        if let Some(server) = servers.get_mut(&found.id) {
            server.replication = replication;
            server.machine = machine.clone();
            server.tags.extend(tags.clone());
        }
        return Ok(found.id);
    }
    let count = world.at(account, region).map_or(0, |p| p.drs.servers.len()) + 1;
    quotas::SOURCE_SERVERS.admit(world, account, region, count)?;
    let id = format!("s-{}", world.dice.alphanumeric(17));
    let name = format!("created-and-used-by-drs-{id}");
    // The launch template that DRS makes names no subnet: somebody must complete it.
    let template = TemplateView::default();
    let template_id = crate::ec2::create_template(world, account, region, &name, &template);
    let place = world.place(account, region);
    let launch = match &place.drs.launch_template {
        Some(template) => LaunchConfiguration {
            name: machine.hostname.clone(),
            launch_template_id: template_id,
            ..template.defaults.clone()
        },
        None => LaunchConfiguration::new(&machine.hostname, template_id),
    };
    let server = SourceServer {
        arn: words::arn(region, account, "source-server", &id),
        id: id.clone(),
        tags: tags.clone(),
        direction: Direction::Failover,
        machine: machine.clone(),
        origin,
        replication,
        launch,
        last_launch: None,
        added: now,
        staging: None,
        reversed_arn: None,
        fail_launch: None,
    };
    place.drs.servers.insert(id.clone(), server);
    Ok(id)
}

/// A machine whose agent was lost has one again: what differs is copied. Nothing happens to one
/// whose agent is there.
pub fn return_agent(world: &mut World, found: &Standing, now: DateTime<Utc>) {
    let servers = &mut world.place(&found.account, &found.region).drs.servers;
    let Some(server) = servers.get_mut(&found.id) else {
        return;
    };
    let Some(lost) = server.replication.agent_lost else {
        return;
    };
    let replication = server.replication.clone();
    // As long as a re-protect takes to find its partner.
    let initiation = u32::try_from(world.dice.between(180, 300)).unwrap_or(240);
    let servers = &mut world.place(&found.account, &found.region).drs.servers;
    if let Some(server) = servers.get_mut(&found.id) {
        server.replication = replication.rescanning(now, initiation, lost);
    }
}

/// Where a recovery instance came from: account and region of its source server's origin.
#[must_use]
pub fn origin_of(world: &World, account: &str, region: &str, instance: &str) -> Option<Origin> {
    let drs = &world.at(account, region)?.drs;
    let record = drs.instances.get(instance)?;
    Some(drs.servers.get(&record.source_server_id)?.origin.clone())
}

/// Account, region and id of a source server.
type Place = (String, String, String);

/// What stands where a recovery instance is to replicate to. The disconnected source server of an
/// earlier reversal is forgotten. That of a failed-back instance is the one that protects it: it
/// goes on, and counts as stopped until then; it is given.
fn make_room(
    world: &mut World,
    account: &str,
    region: &str,
    instance: &str,
) -> ServiceResult<Option<Place>> {
    let Some(origin) = origin_of(world, account, region, instance) else {
        return Ok(None);
    };
    admit(world, &origin.account, &origin.region)?;
    let here = &world.place(account, region).drs;
    let source = here
        .instances
        .get(instance)
        .and_then(|record| here.servers.get(&record.source_server_id));
    let protects = source
        .filter(|source| source.direction == Direction::Failback)
        .and_then(|source| words::parse_arn(source.reversed_arn.as_deref()?))
        .map(|(_, _, _, id)| id.to_owned());
    let there = &mut world.place(&origin.account, &origin.region).drs;
    if let Some(id) = protects
        && let Some(server) = there.servers.get_mut(&id)
    {
        if server.replication.phase != Phase::Disconnected {
            return Ok(None);
        }
        server.replication.end(Phase::Stopped);
        return Ok(Some((origin.account, origin.region, id)));
    }
    let State {
        servers,
        busy,
        instances_by_server,
        ..
    } = there;
    servers.retain(|id, server| {
        server.machine.aws_instance_id != instance
            || server.replication.phase != Phase::Disconnected
            || busy.contains_key(id)
            || instances_by_server.contains_key(id)
    });
    Ok(None)
}

/// An agent that was installed anew on a recovery instance replicates back to where its server
/// came from, as `ReverseReplication` has it, but with a full copy. What was replicated before
/// the agent was removed counts for nothing. Gives the id of the source server there.
///
/// # Errors
/// What `ReverseReplication` refuses.
pub fn reenroll(
    world: &mut World,
    account: &str,
    region: &str,
    instance: &str,
    now: DateTime<Utc>,
) -> ServiceResult<String> {
    let reopened = make_room(world, account, region, instance)?;
    let connect = |world: &mut World, connected: bool| {
        let instances = &mut world.place(account, region).drs.instances;
        if let Some(record) = instances.get_mut(instance) {
            record.disconnected = !connected;
            record.agent_ready = record.agent_ready.min(now);
        }
    };
    connect(world, true);
    let call = Call {
        caller: Caller {
            account: account.to_owned(),
            arn: format!("arn:aws:ec2:{region}:{account}:instance/{instance}"),
        },
        region: region.to_owned(),
        service: "drs",
        operation: "ReverseReplication".to_owned(),
        content_type: String::new(),
        body: Bytes::from(json!({ "recoveryInstanceID": instance }).to_string()),
        now,
        request_id: String::new(),
    };
    if let Err(error) = reverse::start(world, &call) {
        connect(world, false);
        if let Some((account, region, id)) = reopened
            && let Some(server) = world.place(&account, &region).drs.servers.get_mut(&id)
        {
            server.replication.end(Phase::Disconnected);
        }
        return Err(error);
    }
    let record = world.place(account, region).drs.instances.get(instance);
    let arn = record.and_then(|record| record.reversed.as_ref().map(|r| r.arn.clone()));
    let (region, account, _, id) = arn
        .as_deref()
        .and_then(words::parse_arn)
        .ok_or_else(|| ServiceError::new(500, "InternalServerException", "nothing is reversed"))?;
    if let Some(server) = world.place(account, region).drs.servers.get_mut(id)
        && let Phase::Running {
            initiation_seconds,
            rescan: true,
            ..
        } = server.replication.phase
    {
        server.replication = Replication {
            max_lag_seconds: server.replication.max_lag_seconds,
            points_since: server.replication.points_since,
            ..Replication::starting(now, initiation_seconds, false)
        };
    }
    Ok(id.to_owned())
}

/// The agent of a machine is removed: whatever it replicated is disconnected, and so is the
/// record of a recovery instance. Gives whether there was an agent.
pub fn withdraw(world: &mut World, account: &str, region: &str, machine: &Machine) -> bool {
    let mut gone = false;
    for found in standing(world, machine) {
        let servers = &mut world.place(&found.account, &found.region).drs.servers;
        if let Some(server) = servers.get_mut(&found.id).filter(|_| found.connected) {
            server.replication.end(Phase::Disconnected);
            gone = true;
        }
    }
    let instances = &mut world.place(account, region).drs.instances;
    if let Some(record) = instances.get_mut(&machine.aws_instance_id) {
        gone |= !record.disconnected;
        record.disconnected = true;
        record.reversed = None;
    }
    gone
}
