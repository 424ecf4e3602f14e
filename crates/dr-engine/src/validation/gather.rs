//! Looking up the facts: a handful of calls for the place, none per server but `GetLaunchConfiguration` where
//! it was asked for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use dr_aws::{EbsEncryption, KeyState};
use dr_error::{AwsClass, Result};
use dr_model::execution::ExecutionType;
use dr_model::ids::{InstanceId, SourceServerId};
use dr_model::launch::LaunchConfiguration;
use dr_model::place::{Direction, Place};
use dr_model::server::{OriginInstance, SourceServer};
use dr_model::target::TargetInstance;
use dr_monitor::room::Limits;
use futures::{StreamExt, TryStreamExt, stream};

use crate::app::App;
use crate::cloud::Cloud;
use crate::validation::facts::{PairFacts, PlaceFacts};

/// Calls of one kind at a time.
pub const CONCURRENCY: usize = 8;

/// What DRS and we need in the recovery account, where IAM can simulate it (drs-facts: "DRS performs the EC2
/// part with the caller's permissions").
const NEEDED_ACTIONS: [&str; 10] = [
    "drs:StartRecovery",
    "drs:UpdateLaunchConfiguration",
    "drs:CreateRecoveryInstanceForDrs",
    "drs:DescribeReplicationConfigurationTemplates",
    "drs:ListTagsForResource",
    "ec2:RunInstances",
    "ec2:StartInstances",
    "ec2:CreateVolume",
    "ec2:AttachVolume",
    "ec2:CreateTags",
];

/// One server and where it is to go.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The server.
    pub source_server_id: SourceServerId,
    /// The instance; none launches a new one.
    pub target_id: Option<InstanceId>,
}

/// What to look up beside the recovery place itself.
#[derive(Debug, Clone, Copy)]
pub struct Depth {
    /// What it is for.
    pub purpose: ExecutionType,
    /// `GetLaunchConfiguration` for each server.
    pub launch_configuration: bool,
    /// The original instances in the primary place. A recovery must not depend on that place: it is down.
    pub origin: bool,
}

/// Looks everything up.
///
/// # Errors
/// When the recovery place cannot be looked at. What concerns the primary place is best effort.
pub async fn gather(
    app: &App,
    direction: &Direction,
    wanted: &[Wanted],
    depth: Depth,
) -> Result<(PlaceFacts, Vec<PairFacts>)> {
    let cloud = app.cloud(&direction.recovery).await?;
    let drs_initialized = match cloud.drs.is_initialized().await {
        Ok(initialized) => initialized,
        Err(error) if error.aws_class() == Some(AwsClass::NotInitialized) => false,
        Err(error) => return Err(error),
    };
    if !drs_initialized {
        return Ok((bare(app, direction, depth), Vec::new()));
    }
    let server_ids: Vec<_> = wanted.iter().map(|w| w.source_server_id.clone()).collect();
    let target_ids: Vec<_> = wanted.iter().filter_map(|w| w.target_id.clone()).collect();
    let since = app.clock().now() - Duration::days(1);
    let (sources, targets, jobs) = tokio::try_join!(
        cloud.drs.source_servers_by_id(&server_ids),
        cloud.ec2.instances(&target_ids),
        cloud.drs.jobs_since(since),
    )?;
    let sources: BTreeMap<_, _> = sources.into_iter().map(|s| (s.id.clone(), s)).collect();
    let targets: BTreeMap<_, _> = targets.into_iter().map(|t| (t.id.clone(), t)).collect();
    let mut place = PlaceFacts {
        drs_initialized,
        limits: app.limits(&cloud).await,
        jobs,
        ..bare(app, direction, depth)
    };
    let launches =
        launch_configurations(&cloud, wanted, depth.launch_configuration, &mut place).await?;
    let origins = origins(app, direction, &sources, depth.origin, &mut place.unknown).await;
    surroundings(&cloud, targets.values(), &mut place).await?;
    let mut uses: BTreeMap<&InstanceId, usize> = BTreeMap::new();
    for target in wanted.iter().filter_map(|w| w.target_id.as_ref()) {
        *uses.entry(target).or_default() += 1;
    }
    let pairs = wanted
        .iter()
        .map(|w| assemble(w, &uses, &sources, &targets, &origins, &launches))
        .collect();
    Ok((place, pairs))
}

fn bare(app: &App, direction: &Direction, depth: Depth) -> PlaceFacts {
    PlaceFacts {
        place: direction.recovery.clone(),
        now: app.clock().now(),
        purpose: depth.purpose,
        drs_initialized: false,
        subnets: BTreeMap::new(),
        security_groups: BTreeMap::new(),
        profiles: BTreeMap::new(),
        instance_types: BTreeSet::new(),
        templates: BTreeMap::new(),
        encryption_key: None,
        denied_actions: None,
        limits: Limits::default(),
        jobs: Vec::new(),
        unknown: Vec::new(),
    }
}

fn assemble(
    wanted: &Wanted,
    uses: &BTreeMap<&InstanceId, usize>,
    sources: &BTreeMap<SourceServerId, SourceServer>,
    targets: &BTreeMap<InstanceId, TargetInstance>,
    origins: &BTreeMap<InstanceId, OriginInstance>,
    launches: &BTreeMap<SourceServerId, LaunchConfiguration>,
) -> PairFacts {
    let source = sources.get(&wanted.source_server_id);
    let target = wanted.target_id.as_ref();
    PairFacts {
        source_server_id: wanted.source_server_id.clone(),
        source: source.cloned(),
        origin: source
            .and_then(|source| source.origin_instance_id.as_ref())
            .and_then(|origin| origins.get(origin))
            .cloned(),
        target_id: target.cloned(),
        target: target.and_then(|target| targets.get(target)).cloned(),
        launch: launches.get(&wanted.source_server_id).cloned(),
        pairs_with_same_target: target
            .and_then(|target| uses.get(target))
            .copied()
            .unwrap_or_default(),
        other_execution: None,
    }
}

/// One `GetLaunchConfiguration` per server where it was asked for; and always for servers without a pair,
/// whose launch template must be complete.
async fn launch_configurations(
    cloud: &Cloud,
    wanted: &[Wanted],
    all: bool,
    place: &mut PlaceFacts,
) -> Result<BTreeMap<SourceServerId, LaunchConfiguration>> {
    let asked: Vec<_> = wanted
        .iter()
        .filter(|w| all || w.target_id.is_none())
        .map(|w| w.source_server_id.clone())
        .collect();
    let launches: BTreeMap<SourceServerId, LaunchConfiguration> = stream::iter(asked)
        .map(|id| async move {
            match cloud.drs.launch_configuration(&id).await {
                Ok(launch) => Ok(Some((id, launch))),
                // The server itself is missing: its own check says so.
                Err(error) if error.aws_class() == Some(AwsClass::NotFound) => Ok(None),
                Err(error) => Err(error),
            }
        })
        .buffer_unordered(CONCURRENCY)
        .try_filter_map(|found| async move { Ok(found) })
        .try_collect()
        .await?;
    if wanted.iter().any(|w| w.target_id.is_none()) {
        let templates = cloud.ec2.default_launch_templates().await?;
        place.templates = templates.into_iter().map(|t| (t.id.clone(), t)).collect();
    }
    Ok(launches)
}

async fn origins(
    app: &App,
    direction: &Direction,
    sources: &BTreeMap<SourceServerId, SourceServer>,
    wanted: bool,
    unknown: &mut Vec<String>,
) -> BTreeMap<InstanceId, OriginInstance> {
    let ids: Vec<_> = sources
        .values()
        .filter_map(|s| s.origin_instance_id.clone())
        .collect();
    if !wanted || ids.is_empty() {
        return BTreeMap::new();
    }
    match origin_instances(app, &direction.primary, &ids).await {
        Ok(found) => found.into_iter().map(|o| (o.id.clone(), o)).collect(),
        Err(error) => {
            unknown.push(format!(
                "original instances in {}: {error}",
                direction.primary
            ));
            BTreeMap::new()
        }
    }
}

/// The original instances, from EC2 in the primary place.
///
/// # Errors
/// When that place cannot be looked at.
pub async fn origin_instances(
    app: &App,
    primary: &Place,
    ids: &[InstanceId],
) -> Result<Vec<OriginInstance>> {
    app.cloud(primary).await?.ec2.origin_instances(ids).await
}

/// Subnets, security groups, types, profiles, encryption and permissions: one call each, or a few.
async fn surroundings(
    cloud: &Cloud,
    targets: impl Iterator<Item = &TargetInstance>,
    place: &mut PlaceFacts,
) -> Result<()> {
    let mut subnets: BTreeSet<String> = BTreeSet::new();
    let mut groups: BTreeSet<String> = BTreeSet::new();
    let mut types: BTreeSet<String> = BTreeSet::new();
    let mut profiles: BTreeSet<String> = BTreeSet::new();
    for target in targets {
        subnets.extend(target.subnet_id.clone());
        groups.extend(target.security_group_ids.iter().cloned());
        types.insert(target.instance_type.clone());
        profiles.extend(target.instance_profile.clone());
    }
    for template in place.templates.values() {
        subnets.extend(template.subnet_id.clone());
        groups.extend(template.security_group_ids.iter().cloned());
        types.extend(template.instance_type.clone());
    }
    let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
    let (subnets, groups, types) = (list(subnets), list(groups), list(types));
    let (subnets, groups, types, encryption) = tokio::try_join!(
        cloud.ec2.subnets(&subnets),
        cloud.ec2.security_groups(&groups),
        cloud.ec2.instance_type_exists(&types),
        cloud.ec2.ebs_encryption(),
    )?;
    place.subnets = subnets.into_iter().map(|s| (s.id.clone(), s)).collect();
    place.security_groups = groups.into_iter().map(|g| (g.id.clone(), g)).collect();
    place.instance_types = types;
    place.encryption_key = encryption_key(cloud, encryption).await?;
    for profile in profiles {
        match cloud.iam.profile_policies(&profile).await {
            Ok(found) => {
                place.profiles.insert(profile, found);
            }
            Err(error) => place
                .unknown
                .push(format!("instance profile {profile}: {error}")),
        }
    }
    place.denied_actions = denied_actions(cloud).await;
    Ok(())
}

/// What our role may not do, where that can be told: best effort. In our own account each function has a role of
/// its own, and the one that asks is not always the one that launches.
async fn denied_actions(cloud: &Cloud) -> Option<Vec<String>> {
    let role = cloud.role_arn.as_ref()?;
    let actions = NEEDED_ACTIONS.map(str::to_owned);
    let denied = cloud.iam.denied_actions(role, &actions).await;
    denied
        .inspect_err(|error| tracing::debug!(%error, "permissions cannot be simulated"))
        .ok()
}

async fn encryption_key(
    cloud: &Cloud,
    encryption: EbsEncryption,
) -> Result<Option<(String, KeyState)>> {
    match encryption.key_id {
        // AWS's own key is always there.
        Some(key) if encryption.by_default && key != "alias/aws/ebs" => {
            let state = cloud.kms.key_state(&key).await?;
            Ok(Some((key, state)))
        }
        _ => Ok(None),
    }
}
