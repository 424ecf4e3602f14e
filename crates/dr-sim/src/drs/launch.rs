//! From the snapshot to a running instance: clean-up of earlier recovery instances, conversion,
//! and the EC2 part of a launch.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::job::LogItem;
use super::lifecycle::{Scene, Stage, fail};
use super::replication::{self, unseen_since};
use super::state::{Direction, LaunchConfiguration, Origin, RecoveryInstance, SourceServer};
use super::{prerequisites, words};
use crate::ec2::{DiskSpec, LaunchInto, LaunchNew, Launched};
use crate::events::{self, Emission};
use crate::world::World;

/// Seconds from the call to EC2 to the end of the launch.
const LAUNCH_SECONDS: (u64, u64) = (50, 150);
/// Seconds until a gap in the permissions shows: about five minutes (seen on real accounts).
const GAP_SECONDS: (u64, u64) = (270, 330);

/// The data is there: now room is made, or the conversion begins.
pub(super) fn after_snapshot(scene: &mut Scene<'_>, job: &str, server: &str) {
    let Some(source) = scene.state().servers.get(server).cloned() else {
        fail(
            scene,
            job,
            server,
            "LAUNCH_FAILED",
            "The source server no longer exists.",
        );
        return;
    };
    if source.launch.launch_into.is_none() && !has_subnet(scene, &source.launch) {
        // An auto-created launch template names no subnet: the server ends here, without a word
        // in the log.
        failed(scene, job, server);
        return;
    }
    if earlier(scene, &source).is_empty() {
        convert(scene, job, server, &source.launch);
    } else {
        scene.line(job, server, "CLEANUP_START");
        scene.next(job, server, Stage::CleanedUp, 20, 60);
    }
}

fn has_subnet(scene: &Scene<'_>, launch: &LaunchConfiguration) -> bool {
    crate::ec2::template(
        scene.world,
        scene.account,
        scene.region,
        &launch.launch_template_id,
    )
    .is_some_and(|template| template.subnet_id.is_some())
}

/// Earlier recovery instances of a server, drills and others alike. The instance that this
/// launch goes into is not one that it could terminate first.
fn earlier(scene: &mut Scene<'_>, source: &SourceServer) -> Vec<String> {
    let mut ids = scene.state().instances_of(&source.id);
    ids.retain(|id| source.launch.launch_into.as_ref() != Some(id));
    ids
}

/// Earlier recovery instances are terminated: even real ones, even disconnected ones.
pub(super) fn cleaned_up(scene: &mut Scene<'_>, job: &str, server: &str) {
    let Some(source) = scene.state().servers.get(server).cloned() else {
        fail(
            scene,
            job,
            server,
            "CLEANUP_FAIL",
            "The source server no longer exists.",
        );
        return;
    };
    let ids = earlier(scene, &source);
    for id in &ids {
        scene.state().forget_instance(id);
    }
    let (account, region, now) = (scene.account, scene.region, scene.now);
    crate::ec2::terminate(scene.world, account, region, &ids, now);
    scene.line(job, server, "CLEANUP_END");
    convert(scene, job, server, &source.launch);
}

fn convert(scene: &mut Scene<'_>, job: &str, server: &str, launch: &LaunchConfiguration) {
    if launch.recovery_mode == "FAST" {
        start_launch(scene, job, server);
        return;
    }
    let item = LogItem {
        conversion_server: Some(format!("i-0{}", scene.world.dice.hex(16))),
        ..LogItem::new(scene.now, "CONVERSION_START", Some(server))
    };
    scene.log(job, item);
    // Conversion takes 2 to 10 minutes, most often the lower half: the lower of two rolls.
    let (one, two) = (
        scene.world.dice.between(120, 600),
        scene.world.dice.between(120, 600),
    );
    let seconds = one.min(two);
    scene.next(job, server, Stage::Converted, seconds, seconds);
}

/// The conversion is over.
pub(super) fn converted(scene: &mut Scene<'_>, job: &str, server: &str) {
    scene.line(job, server, "CONVERSION_END");
    start_launch(scene, job, server);
}

fn start_launch(scene: &mut Scene<'_>, job: &str, server: &str) {
    scene.line(job, server, "LAUNCH_START");
    // A launch takes 1 to 3 minutes; EC2 is asked in its first half minute.
    scene.next(job, server, Stage::Boot, 10, 30);
}

/// EC2 is asked. A refusal shows only when the launch is over, as on real accounts.
pub(super) fn boot(scene: &mut Scene<'_>, job: &str, server: &str) {
    let (mut least, mut most) = LAUNCH_SECONDS;
    let outcome = match scene.state().servers.get_mut(server) {
        None => Err("The source server no longer exists.".to_owned()),
        Some(source) => match source.fail_launch.take() {
            Some(raw_error) => Err(raw_error),
            None => {
                let source = source.clone();
                permitted(scene, job, &source)
                    .inspect_err(|_| (least, most) = GAP_SECONDS)
                    .and_then(|()| start_instance(scene, &source))
                    .map(|launched| (source, launched))
            }
        },
    };
    match outcome {
        Ok((source, launched)) => {
            let id = launched.instance_id.clone();
            lose_agent(scene, &source, &id);
            keep(scene, job, &source, launched);
            if let Some(p) = scene
                .state()
                .jobs
                .get_mut(job)
                .and_then(|j| j.participant(server))
            {
                p.instance = Some(id);
            }
        }
        Err(raw_error) => {
            if let Some(p) = scene
                .state()
                .jobs
                .get_mut(job)
                .and_then(|j| j.participant(server))
            {
                p.refused = Some(raw_error);
            }
        }
    }
    scene.next(job, server, Stage::Launched, least, most);
}

/// Whether who started the job may do what the launch does in EC2.
fn permitted(scene: &mut Scene<'_>, job: &str, source: &SourceServer) -> Result<(), String> {
    let starter = scene
        .state()
        .jobs
        .get(job)
        .map(|job| job.started_by.clone())
        .unwrap_or_default();
    prerequisites::permitted(scene.world, &starter, source.launch.launch_into.is_some())
}

/// A launch into an instance replaces its disks, and with them the agent of the source server that
/// protects this very instance: nobody sees it until the replication is reversed into that server.
fn lose_agent(scene: &mut Scene<'_>, source: &SourceServer, instance: &str) {
    let now = scene.now;
    let Some((region, account, _, id)) = source.reversed_arn.as_deref().and_then(words::parse_arn)
    else {
        return;
    };
    let lost = scene
        .world
        .at(account, region)
        .and_then(|place| place.drs.servers.get(id))
        .filter(|other| other.machine.aws_instance_id == instance)
        .filter(|other| other.replication.is_running() && other.replication.agent_lost.is_none())
        // The instance was stopped before the launch: its data ends there.
        .map(|other| unseen_since(scene.world, other, now).unwrap_or(now));
    if let Some(since) = lost
        && let Some(other) = scene.world.place(account, region).drs.servers.get_mut(id)
    {
        other.replication.agent_lost = Some(since);
    }
}

fn start_instance(scene: &mut Scene<'_>, source: &SourceServer) -> Result<Launched, String> {
    let (account, region, now) = (scene.account, scene.region, scene.now);
    let disks: Vec<DiskSpec> = source
        .machine
        .disks
        .iter()
        .enumerate()
        .map(|(n, disk)| DiskSpec {
            device: disk.device.clone(),
            bytes: disk.bytes,
            root: n == 0,
        })
        .collect();
    if let Some(target) = &source.launch.launch_into {
        prerequisites::check(scene.world, account, region, source, target)?;
        let spec = LaunchInto {
            instance_id: target.clone(),
            disks,
            source_server_id: source.id.clone(),
        };
        return crate::ec2::launch_into(scene.world, account, region, &spec, now)
            .map_err(|refused| format!("{}: {}", refused.code, refused.message));
    }
    let launch = &source.launch;
    let mut tags: BTreeMap<String, String> = if launch.copy_tags {
        source.tags.clone()
    } else {
        BTreeMap::new()
    };
    tags.insert(
        "AWSElasticDisasterRecoverySourceServerID".to_owned(),
        source.id.clone(),
    );
    tags.entry("Name".to_owned())
        .or_insert_with(|| source.machine.hostname.clone());
    let spec = LaunchNew {
        launch_template_id: launch.launch_template_id.clone(),
        // BASIC right-sizing overrides the template's type.
        instance_type: (launch.right_sizing == "BASIC")
            .then(|| source.machine.instance_type.clone()),
        disks,
        private_ip: launch
            .copy_private_ip
            .then(|| source.machine.ips.first().cloned())
            .flatten(),
        tags,
        architecture: source.machine.architecture.clone(),
        platform_windows: source.machine.windows,
        start: launch.disposition == "STARTED",
        source_server_id: source.id.clone(),
    };
    crate::ec2::launch_new(scene.world, account, region, &spec, now)
        .map_err(|refused| format!("{}: {}", refused.code, refused.message))
}

/// Writes the recovery instance down.
fn keep(scene: &mut Scene<'_>, job: &str, source: &SourceServer, launched: Launched) {
    let now = scene.now;
    let arn = words::arn(
        scene.region,
        scene.account,
        "recovery-instance",
        &launched.instance_id,
    );
    // Its agent needs 2 to 4 minutes from the start until it can replicate.
    let usual = scene.world.dice.between(120, 240);
    let state = scene.state();
    let agent = state.agent_seconds.map_or(usual, u64::from);
    let Some(open) = state.jobs.get_mut(job) else {
        return;
    };
    let drill = open.initiated_by == "START_DRILL";
    let point = open.participant(&source.id).and_then(|p| p.point_at);
    let mut machine = source.machine.clone();
    machine.aws_instance_id.clone_from(&launched.instance_id);
    machine.ips = vec![launched.private_ip];
    state.keep_instance(RecoveryInstance {
        arn,
        source_server_id: source.id.clone(),
        job_id: job.to_owned(),
        tags: source.tags.clone(),
        drill,
        point_in_time: point.unwrap_or(now),
        launched: now,
        agent_ready: now + Duration::seconds(i64::try_from(agent).unwrap_or(180)),
        machine,
        volumes: launched.volumes,
        origin_availability_zone: source.origin.availability_zone.clone(),
        disconnected: false,
        reversed: None,
        failback_completed: false,
        id: launched.instance_id,
    });
}

/// The launch is over.
pub(super) fn launched(scene: &mut Scene<'_>, job: &str, server: &str) {
    let refused = scene
        .state()
        .jobs
        .get_mut(job)
        .and_then(|job| job.participant(server))
        .and_then(|participant| participant.refused.take());
    if let Some(raw_error) = refused {
        fail(scene, job, server, "LAUNCH_FAILED", &raw_error);
        return;
    }
    scene.status(job, server, "LAUNCHED");
    tell(scene, job, server, "RECOVERY_LAUNCH_SUCCEEDED");
    came_home(scene, job, server);
    scene.done(job, server);
}

/// A server ends without an instance; the job goes on.
pub(super) fn failed(scene: &mut Scene<'_>, job: &str, server: &str) {
    scene.status(job, server, "FAILED");
    tell(scene, job, server, "RECOVERY_LAUNCH_FAILED");
    scene.done(job, server);
}

fn tell(scene: &mut Scene<'_>, job: &str, server: &str, result: &str) {
    let drill = scene
        .state()
        .jobs
        .get(job)
        .is_some_and(|job| job.initiated_by == "START_DRILL");
    let emission = Emission {
        account: scene.account.to_owned(),
        region: scene.region.to_owned(),
        detail_type: "DRS Source Server Launch Result",
        resources: vec![words::arn(
            scene.region,
            scene.account,
            "source-server",
            server,
        )],
        detail: json!({
            "state": result,
            "job-id": job,
            "is-drill": if drill { "TRUE" } else { "FALSE" },
        }),
    };
    let now = scene.now;
    events::emit(scene.world, &emission, now);
}

/// Tells of a stall, or of its end.
pub fn tell_stall(world: &mut World, server: &str, state: &str) {
    let found = world.places.iter().find_map(|(account, regions)| {
        regions.iter().find_map(|(region, place)| {
            let known = place.drs.servers.contains_key(server);
            known.then(|| (account.clone(), region.clone()))
        })
    });
    let Some((account, region)) = found else {
        return;
    };
    let emission = Emission {
        resources: vec![words::arn(&region, &account, "source-server", server)],
        account,
        region,
        detail_type: "DRS Source Server Data Replication Stalled Change",
        detail: json!({ "state": state }),
    };
    let now = world.now;
    events::emit(world, &emission, now);
    if state == "STALLED" {
        tell_failback_error(world, server, now);
    }
}

/// A reversed replication that stalls before its first copy is complete is a failback in error.
fn tell_failback_error(world: &mut World, server: &str, now: DateTime<Utc>) {
    let found = world
        .places
        .values()
        .flat_map(|regions| regions.values())
        .find_map(|place| place.drs.servers.get(server));
    let Some(source) = found.filter(|source| source.direction == Direction::Failback) else {
        return;
    };
    if !replication::observe(world, source, now).was_complete {
        let (origin, instance) = (
            source.origin.clone(),
            source.machine.aws_instance_id.clone(),
        );
        tell_failback(world, &origin, &instance, "FAILBACK_ERROR", now);
    }
}

/// A source server that failed back is launched: the failback of the instance that it comes from is
/// completed, unless it was a drill.
fn came_home(scene: &mut Scene<'_>, job: &str, server: &str) {
    let now = scene.now;
    let state = scene.state();
    if state
        .jobs
        .get(job)
        .is_none_or(|job| job.initiated_by == "START_DRILL")
    {
        return;
    }
    let left = state.servers.get(server).and_then(|source| {
        let failback = source.direction == Direction::Failback;
        failback.then(|| {
            (
                source.origin.clone(),
                source.machine.aws_instance_id.clone(),
            )
        })
    });
    if let Some((origin, instance)) = left {
        let there = &mut scene.world.place(&origin.account, &origin.region).drs;
        if let Some(found) = there.instances.get_mut(&instance) {
            found.failback_completed = true;
        }
        tell_failback(scene.world, &origin, &instance, "FAILBACK_COMPLETED", now);
    }
}

/// Tells how far the failback of a recovery instance is.
pub(super) fn tell_failback(
    world: &mut World,
    at: &Origin,
    instance: &str,
    state: &str,
    now: DateTime<Utc>,
) {
    let emission = Emission {
        account: at.account.clone(),
        region: at.region.clone(),
        detail_type: "DRS Recovery Instance Failback State Change",
        resources: vec![words::arn(
            &at.region,
            &at.account,
            "recovery-instance",
            instance,
        )],
        detail: json!({ "state": state }),
    };
    events::emit(world, &emission, now);
}
