//! Looking the facts up: a handful of calls per place for the whole fleet, none per server.

use std::collections::{BTreeMap, BTreeSet};

use dr_error::{AwsClass, Result};
use dr_model::ids::{InstanceId, RecoveryInstanceId, SourceServerId};
use dr_model::place::{Direction, Place};
use dr_model::server::{RecoveryInstance, ReplicationState, SourceServer};
use dr_model::session::{Action, DEFAULT_LAG_THRESHOLD_SECONDS};
use dr_model::target::TargetInstance;

use crate::app::App;
use crate::cloud::Cloud;
use crate::sessions::live::WaysBack;
use crate::sessions::readiness::facts::{
    Destination, Facts, Machine, ServerFacts, Subject, Surroundings,
};

/// What DRS does with the permissions of whoever reverses a replication (IAM of `ReverseReplication`).
const NEEDED_ACTIONS: [&str; 4] = [
    "drs:ReverseReplication",
    "drs:DescribeReplicationConfigurationTemplates",
    "drs:DescribeSourceServers",
    "ec2:DescribeInstances",
];

/// What an action has to be judged by.
#[derive(Debug, Clone, Copy)]
struct Depth {
    /// The machine is A4 and runs in the origin; otherwise B2, in the recovery region.
    is_home: bool,
    /// It is to replicate: its network, its profile, Systems Manager, staging area and quota.
    replicates: bool,
    /// A1 is to be launched into.
    originals: bool,
    /// The other side matters at all.
    destination: bool,
}

impl Depth {
    fn of(action: Action) -> Self {
        let is_home = matches!(action, Action::ReProtect | Action::Cleanup | Action::Commit);
        let replicates = matches!(
            action,
            Action::InstallAgents | Action::StartReverseReplication | Action::ReProtect
        );
        let originals = matches!(
            action,
            Action::InstallAgents
                | Action::StartReverseReplication
                | Action::MirrorConfig
                | Action::FailbackDrill
                | Action::FailbackRecovery
        );
        Self {
            is_home,
            replicates,
            originals,
            destination: replicates || originals || action == Action::Cleanup,
        }
    }
}

/// The server that runs in a recovery instance, without a session; none where DRS does not know the instance.
///
/// # Errors
/// What AWS answers in the recovery place.
pub(super) async fn subject_of_instance(
    app: &App,
    id: &RecoveryInstanceId,
    direction: &Direction,
) -> Result<Option<Subject>> {
    let there = app.cloud(&direction.recovery).await?;
    let asked = there
        .drs
        .recovery_instances_by_id(std::slice::from_ref(id))
        .await;
    let found = match asked {
        Err(error)
            if matches!(
                error.aws_class(),
                Some(AwsClass::NotFound | AwsClass::NotInitialized)
            ) =>
        {
            return Ok(None);
        }
        found => found?,
    };
    Ok(found.into_iter().next().map(|record| Subject {
        name: record
            .name
            .clone()
            .unwrap_or_else(|| record.source_server_id.to_string()),
        id: record.source_server_id,
        recovery_instance_id: Some(record.id),
        origin_instance_id: None,
        server: None,
    }))
}

/// Looks everything up that an action has to be judged by.
///
/// # Errors
/// What AWS answers in the place where the machines run. What concerns the other side is best effort.
pub(super) async fn gather(
    app: &App,
    direction: &Direction,
    action: Action,
    subjects: Vec<Subject>,
) -> Result<Facts> {
    let depth = Depth::of(action);
    let (from, to) = if depth.is_home {
        (&direction.primary, &direction.recovery)
    } else {
        (&direction.recovery, &direction.primary)
    };
    let cloud = app.cloud(from).await?;
    let (mut destination, swept) = if depth.destination {
        destination(app, to, depth).await
    } else {
        (bare(to), Vec::new())
    };
    let mut servers = match depth.is_home {
        true => at_home(&cloud, subjects, &swept).await?,
        false => away(&cloud, subjects, swept).await?,
    };
    let mut around = surroundings(app, from);
    let ids: Vec<InstanceId> = servers
        .iter()
        .filter_map(|server| server.machine.id.clone())
        .collect();
    let instances = by_id(cloud.ec2.instances(&ids).await?);
    for server in &mut servers {
        let id = server.machine.id.as_ref();
        server.machine.instance = id.and_then(|id| instances.get(id).cloned());
    }
    if depth.replicates {
        managed(&cloud, &ids, &mut servers, &mut around).await;
        network(&cloud, instances.values(), &mut around).await?;
    }
    if depth.originals && destination.error.is_none() {
        originals(app, &mut destination, &mut servers, &mut around).await;
    }
    Ok(Facts {
        servers,
        around,
        destination,
        lag_threshold_seconds: DEFAULT_LAG_THRESHOLD_SECONDS,
    })
}

/// The instance of a record, or the one that the session knows: a clean-up takes DRS's record away first. In EC2 the
/// recovery instance has the id of its instance.
fn machine(record: Option<RecoveryInstance>, known: Option<&InstanceId>) -> Machine {
    let of_record = record.as_ref().and_then(|record| {
        record
            .instance_id
            .clone()
            .or_else(|| record.id.as_str().parse().ok())
    });
    Machine {
        id: of_record.or_else(|| known.cloned()),
        record,
        ..Machine::default()
    }
}

fn by_id(instances: Vec<TargetInstance>) -> BTreeMap<InstanceId, TargetInstance> {
    instances
        .into_iter()
        .map(|instance| (instance.id.clone(), instance))
        .collect()
}

fn keyed(servers: Vec<SourceServer>) -> BTreeMap<SourceServerId, SourceServer> {
    servers
        .into_iter()
        .map(|server| (server.id.clone(), server))
        .collect()
}

/// B2 in the recovery region, and A2 among what the sweep of the origin showed.
async fn away(
    cloud: &Cloud,
    subjects: Vec<Subject>,
    swept: Vec<SourceServer>,
) -> Result<Vec<ServerFacts>> {
    let ids: Vec<SourceServerId> = subjects.iter().map(|subject| subject.id.clone()).collect();
    let (records, forward) = futures::try_join!(
        cloud.drs.recovery_instances_of(&ids),
        cloud.drs.source_servers_by_id(&ids),
    )?;
    let records: BTreeMap<&RecoveryInstanceId, &RecoveryInstance> =
        records.iter().map(|record| (&record.id, record)).collect();
    let mut forward = keyed(forward);
    let ways = WaysBack::of(swept);
    let facts = subjects.into_iter().map(|subject| {
        let b1 = forward.remove(&subject.id);
        let record = subject
            .recovery_instance_id
            .as_ref()
            .and_then(|id| records.get(id));
        let known = subject
            .server
            .as_ref()
            .and_then(|server| server.recovered.as_ref());
        let known = known.map(|recovered| &recovered.instance_id);
        let a2 = subject
            .server
            .as_ref()
            .and_then(|server| ways.find(server, b1.as_ref()));
        let a1_id = subject
            .origin_instance_id
            .clone()
            .or_else(|| b1.as_ref().and_then(|b1| b1.origin_instance_id.clone()));
        ServerFacts {
            a2: a2.map(|(a2, mapped_by)| (a2.clone(), mapped_by)),
            machine: machine(record.map(|record| (*record).clone()), known),
            a1_id,
            a1: None,
            b1,
            subject,
        }
    });
    Ok(facts.collect())
}

/// A4 in the origin, and B1 among what the sweep of the recovery region showed.
async fn at_home(
    cloud: &Cloud,
    subjects: Vec<Subject>,
    swept: &[SourceServer],
) -> Result<Vec<ServerFacts>> {
    let way_back = |subject: &Subject| {
        let server = subject.server.as_ref()?;
        Some(server.way_back.as_ref()?.source_server_id.clone())
    };
    let ids: Vec<SourceServerId> = subjects.iter().filter_map(way_back).collect();
    let records = cloud.drs.recovery_instances_of(&ids).await?;
    let records: BTreeMap<&RecoveryInstanceId, &RecoveryInstance> =
        records.iter().map(|record| (&record.id, record)).collect();
    let forward: BTreeMap<&SourceServerId, &SourceServer> =
        swept.iter().map(|server| (&server.id, server)).collect();
    let facts = subjects.into_iter().map(|subject| {
        let returned = subject
            .server
            .as_ref()
            .and_then(|server| server.returned.as_ref());
        let record = returned
            .and_then(|returned| returned.recovery_instance_id.as_ref())
            .and_then(|id| records.get(id))
            .map(|record| (*record).clone());
        ServerFacts {
            b1: forward.get(&subject.id).map(|b1| (*b1).clone()),
            machine: machine(
                record,
                returned.and_then(|returned| returned.instance_id.as_ref()),
            ),
            a1_id: None,
            a1: None,
            a2: None,
            subject,
        }
    });
    Ok(facts.collect())
}

fn surroundings(app: &App, place: &Place) -> Surroundings {
    Surroundings {
        place: place.clone(),
        now: app.clock().now(),
        security_groups: BTreeMap::new(),
        route_tables: Vec::new(),
        profiles: BTreeMap::new(),
        is_ssm_known: false,
        denied_actions: None,
        unknown: Vec::new(),
    }
}

/// Systems Manager, best effort: reverse replication works without it.
async fn managed(
    cloud: &Cloud,
    ids: &[InstanceId],
    servers: &mut [ServerFacts],
    around: &mut Surroundings,
) {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    if ids.is_empty() {
        return;
    }
    match cloud.ssm.managed_instances(&ids).await {
        Ok(found) => {
            let mut found: BTreeMap<String, _> = found
                .into_iter()
                .map(|managed| (managed.id.clone(), managed))
                .collect();
            for server in servers {
                let id = server.machine.id.as_ref();
                server.machine.managed = id.and_then(|id| found.remove(id.as_str()));
            }
            around.is_ssm_known = true;
        }
        Err(error) => around
            .unknown
            .push(format!("Systems Manager: {}", error.words())),
    }
}

/// Subnets, security groups, route tables, profiles and our own permissions: one call each, or a few.
async fn network(
    cloud: &Cloud,
    instances: impl Iterator<Item = &TargetInstance>,
    around: &mut Surroundings,
) -> Result<()> {
    let (mut groups, mut vpcs) = (BTreeSet::new(), BTreeSet::new());
    let mut profiles = BTreeSet::new();
    for instance in instances {
        groups.extend(instance.security_group_ids.iter().cloned());
        vpcs.extend(instance.vpc_id.clone());
        profiles.extend(instance.instance_profile.clone());
    }
    let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
    let groups = cloud.ec2.security_groups(&list(groups)).await?;
    around.security_groups = groups
        .into_iter()
        .map(|group| (group.id.clone(), group))
        .collect();
    match cloud.ec2.route_tables(&list(vpcs)).await {
        Ok(tables) => around.route_tables = tables,
        Err(error) => around
            .unknown
            .push(format!("route tables: {}", error.words())),
    }
    for profile in profiles {
        match cloud.iam.profile_policies(&profile).await {
            Ok(found) => {
                around.profiles.insert(profile, found);
            }
            Err(error) => around
                .unknown
                .push(format!("instance profile {profile}: {}", error.words())),
        }
    }
    // In our own account each function has a role of its own, and the one that asks is not the one that acts.
    if let Some(role) = &cloud.role_arn {
        let actions = NEEDED_ACTIONS.map(str::to_owned);
        around.denied_actions = cloud.iam.denied_actions(role, &actions).await.ok();
    }
    Ok(())
}

async fn originals(
    app: &App,
    destination: &mut Destination,
    servers: &mut [ServerFacts],
    around: &mut Surroundings,
) {
    let place = &destination.place;
    let ids: Vec<InstanceId> = servers
        .iter()
        .filter_map(|server| server.a1_id.clone())
        .collect();
    let found = async { app.cloud(place).await?.ec2.instances(&ids).await };
    match found.await {
        Ok(found) => {
            let found = by_id(found);
            for server in servers {
                server.a1 = server.a1_id.as_ref().and_then(|id| found.get(id).cloned());
            }
            destination.are_originals_known = true;
        }
        // Not known is not gone.
        Err(error) => around
            .unknown
            .push(format!("original instances in {place}: {}", error.words())),
    }
}

fn bare(place: &Place) -> Destination {
    Destination {
        place: place.clone(),
        error: None,
        drs_initialized: false,
        settings: None,
        staging_subnet: None,
        staging_groups: Vec::new(),
        are_originals_known: false,
        replicating: 0,
        quota: None,
    }
}

/// The other side, with all its source servers. Never fails: it says what went wrong.
async fn destination(app: &App, place: &Place, depth: Depth) -> (Destination, Vec<SourceServer>) {
    match look_at(app, place, depth).await {
        Ok(found) => found,
        Err(error) => {
            let failed = Destination {
                error: Some(error.words()),
                ..bare(place)
            };
            (failed, Vec::new())
        }
    }
}

async fn look_at(
    app: &App,
    place: &Place,
    depth: Depth,
) -> Result<(Destination, Vec<SourceServer>)> {
    let cloud = app.cloud(place).await?;
    let mut destination = bare(place);
    let servers = match cloud.drs.source_servers().await {
        Err(error) if error.aws_class() == Some(AwsClass::NotInitialized) => {
            return Ok((destination, Vec::new()));
        }
        servers => servers?,
    };
    destination.drs_initialized = true;
    destination.replicating = servers
        .iter()
        .filter(|server| is_replicating(server))
        .count();
    if depth.replicates {
        destination.settings = cloud.drs.replication_settings().await?;
        destination.quota = Some(cloud.quotas.drs_quotas().await.replicating_servers);
    }
    if let Some(settings) = &destination.settings {
        let subnet: Vec<String> = Some(settings.staging_subnet_id.clone())
            .into_iter()
            .filter(|id| !id.is_empty())
            .collect();
        let (subnets, groups) = futures::try_join!(
            cloud.ec2.subnets(&subnet),
            cloud.ec2.security_groups(&settings.security_group_ids),
        )?;
        destination.staging_subnet = subnets.into_iter().next();
        destination.staging_groups = groups;
    }
    Ok((destination, servers))
}

/// It counts against the quota of replicating servers: an extended one replicates into its staging account.
fn is_replicating(server: &SourceServer) -> bool {
    server.staging_account_id.is_none()
        && !matches!(
            server.replication_state,
            ReplicationState::Stopped | ReplicationState::Disconnected
        )
}
