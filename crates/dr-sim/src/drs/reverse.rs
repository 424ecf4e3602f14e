//! `ReverseReplication`: from a recovery instance back to where its server came from, and from a
//! failed-back instance to where it had failed over (re-protect).

use serde_json::json;

use super::replication::{Phase, Replication, unseen_since};
use super::state::{
    Direction, LaunchConfiguration, Origin, RecoveryInstance, Reversed, SourceServer,
};
use super::{Reply, find, input, instances, launch, ok, prerequisites, quotas, words};
use crate::ec2::TemplateView;
use crate::error::ServiceResult;
use crate::service::Call;
use crate::world::World;

/// `ReverseReplication`.
pub fn start(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let id = instances::requested(call)?;
    let instance = find::instance(world, call, &id)?.clone();
    let refused = |message: String| Err(find::conflict("RecoveryInstance", &id, message));
    if instance.disconnected {
        return refused(format!("Recovery instance {id} is disconnected."));
    }
    if call.now < instance.agent_ready {
        return refused(format!(
            "The agent of recovery instance {id} is still initializing."
        ));
    }
    let state = crate::ec2::state_of(world, &call.caller.account, &call.region, &id);
    if state != Some("running") {
        return refused(format!("Recovery instance {id} is not running."));
    }
    if instances::counterpart(world, &instance).is_some() {
        return refused(format!("Replication of {id} is reversed already."));
    }
    let source = find::server(world, call, &instance.source_server_id)?.clone();
    find::idle(find::state(world, call), &source.id)?;
    // Recovered: it goes back to the origin. Failed back: it goes where it was recovered.
    let Origin {
        account, region, ..
    } = source.origin.clone();
    if !world
        .at(&account, &region)
        .is_some_and(|place| place.drs.initialized)
    {
        return Err(input::invalid(
            "recoveryInstanceID",
            format!("DRS is not initialized in account {account}, region {region}"),
        ));
    }
    let standing = standing(world, &source, &account, &region);
    let already_counted = standing
        .as_ref()
        .is_some_and(|server| server.staging.is_some() || server.replication.is_running());
    if !already_counted {
        quotas::room_to_replicate(world, &account, &region)?;
    }
    let arn = match standing {
        Some(standing) => re_point(world, call, &instance, &account, &region, &standing),
        None => reverse(world, call, &instance, &source)?,
    };
    let state = find::state(world, call);
    if let Some(server) = state.servers.get_mut(&source.id) {
        server.reversed_arn = Some(arn.clone());
    }
    if let Some(kept) = state.instances.get_mut(&id) {
        kept.failback_completed = false;
        kept.reversed = Some(Reversed {
            arn: arn.clone(),
            started: call.now,
        });
    }
    let origin = here(world, call, &instance);
    launch::tell_failback(world, &origin, &id, "FAILBACK_IN_PROGRESS", call.now);
    ok(json!({ "reversedDirectionSourceServerArn": arn }))
}

/// The source server on the other side that `source` reverses, if it still stands and was not
/// disconnected: its ARN stays on `source` when it is deleted.
fn standing(
    world: &World,
    source: &SourceServer,
    account: &str,
    region: &str,
) -> Option<SourceServer> {
    let (_, _, _, id) = words::parse_arn(source.reversed_arn.as_deref()?)?;
    let server = world.at(account, region)?.drs.servers.get(id)?;
    (server.replication.phase != Phase::Disconnected).then(|| server.clone())
}

/// The standing source server is pointed at the machine that came home (re-protect): same id, same
/// launch configuration, its points in time kept, a rescan. A stopped one has nothing left to
/// compare with and copies everything.
///
/// Nobody asks whether the instance was a drill's: then the server follows the drill instance, and
/// what really runs is no longer protected.
fn re_point(
    world: &mut World,
    call: &Call,
    instance: &RecoveryInstance,
    account: &str,
    region: &str,
    standing: &SourceServer,
) -> String {
    let initiation = u32::try_from(world.dice.between(180, 300)).unwrap_or(240);
    let replication = &standing.replication;
    let replication = if replication.is_running() {
        let unseen = unseen_since(world, standing, call.now);
        let lost = unseen.into_iter().chain(replication.agent_lost).min();
        replication.rescanning(call.now, initiation, lost.unwrap_or(call.now))
    } else {
        Replication {
            max_lag_seconds: replication.max_lag_seconds,
            points_since: Some(call.now),
            ..Replication::starting(call.now, initiation, false)
        }
    };
    let origin = here(world, call, instance);
    let state = &mut world.place(account, region).drs;
    let speed = state.copy_bytes_per_second;
    if let Some(server) = state.servers.get_mut(&standing.id) {
        server.replication = replication.at_speed(speed);
        server.machine = instance.machine.clone();
        server.origin = origin;
    }
    standing.arn.clone()
}

/// Where a recovery instance runs.
fn here(world: &World, call: &Call, instance: &RecoveryInstance) -> Origin {
    let (account, region) = (call.caller.account.clone(), call.region.clone());
    let zone = crate::ec2::look(world, &account, &region, &instance.id)
        .map_or(format!("{region}a"), |found| found.availability_zone);
    Origin {
        account,
        region,
        availability_zone: zone,
    }
}

/// A new source server in the origin's account and region, in the other direction than `source`.
fn reverse(
    world: &mut World,
    call: &Call,
    instance: &RecoveryInstance,
    source: &SourceServer,
) -> ServiceResult<String> {
    let Origin {
        account, region, ..
    } = &source.origin;
    let template = world
        .at(account, region)
        .and_then(|place| place.drs.launch_template.clone());
    let hostname = &source.machine.hostname;
    // The launch template that DRS makes names no subnet: somebody must complete it.
    let name = format!("created-and-used-by-drs-{hostname}-{}", world.dice.hex(8));
    let template_id =
        crate::ec2::create_template(world, account, region, &name, &TemplateView::default());
    let mut launch = match &template {
        Some(template) => LaunchConfiguration {
            name: hostname.clone(),
            launch_template_id: template_id,
            ..template.defaults.clone()
        },
        None => LaunchConfiguration::new(hostname, template_id),
    };
    if template.is_some_and(|template| template.launch_into_source_instance) {
        let target = &source.machine.aws_instance_id;
        let allowed = crate::ec2::look(world, account, region, target).is_some_and(|found| {
            let (key, value) = prerequisites::ALLOW_TAG;
            found.tags.get(key).map(String::as_str) == Some(value)
        });
        if !allowed || launch.copy_tags || launch.copy_private_ip {
            return Err(input::invalid(
                "recoveryInstanceID",
                format!(
                    "the launch settings of the origin launch into {target}, which lacks the \
                     AWSDRS tag or has a copy option on"
                ),
            ));
        }
        launch.launch_into = Some(target.clone());
    }
    // With the copy itself (10 minutes for 8 GB) this makes the 15 to 25 minutes that were seen.
    let initiation = u32::try_from(world.dice.between(300, 900)).unwrap_or(600);
    let id = format!("s-{}", world.dice.alphanumeric(17));
    let arn = words::arn(region, account, "source-server", &id);
    let speed = world.place(account, region).drs.copy_bytes_per_second;
    let server = SourceServer {
        id: id.clone(),
        arn: arn.clone(),
        tags: source.tags.clone(),
        direction: match source.direction {
            Direction::Failover => Direction::Failback,
            Direction::Failback => Direction::Failover,
        },
        machine: instance.machine.clone(),
        origin: here(world, call, instance),
        replication: Replication {
            points_since: Some(call.now),
            ..Replication::starting(call.now, initiation, false)
        }
        .at_speed(speed),
        launch,
        last_launch: None,
        added: call.now,
        staging: None,
        reversed_arn: Some(source.arn.clone()),
        fail_launch: None,
    };
    world.place(account, region).drs.servers.insert(id, server);
    Ok(arn)
}
