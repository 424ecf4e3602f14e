//! Launching one batch: intent, call, record. `StartRecovery` has no client token, so the order matters.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use dr_error::{AwsClass, Error, Result};
use dr_model::execution::{Batch, BatchLaunch, Execution, LaunchInto};
use dr_model::ids::SourceServerId;
use dr_model::job::Job;
use dr_model::server::RecoveryInstance;
use dr_monitor::observe::{failed, started};

use crate::app::App;
use crate::cloud::Cloud;
use crate::guard::{self, carry_out};
use crate::recovery::decide::launchable;

/// How long a batch that DRS calls in conflict is tried again before its servers fail: 10 minutes.
const CONFLICT_PATIENCE_SECONDS: i64 = 600;

/// Where each server goes.
type Destinations = BTreeMap<SourceServerId, LaunchInto>;

/// What launching came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Launched {
    /// DRS has it, or its servers failed: go on with the next batch.
    Settled,
    /// DRS takes nothing more now.
    NoRoom,
}

/// Stores the intent, calls, records. Whatever happens in between, the next look finds out.
///
/// # Errors
/// What the store answers: then somebody else has this batch.
pub async fn launch(
    app: &App,
    cloud: &Cloud,
    execution: &Execution,
    batch: &mut Batch,
    jobs: &[Job],
) -> Result<Launched> {
    let Some((destinations, existing)) = spare_the_live(app, cloud, execution, batch).await? else {
        return Ok(Launched::Settled);
    };
    let now = app.clock().now();
    batch.launch = BatchLaunch::Intended { at: now };
    app.store().update_batch(execution, batch).await?;
    let servers = launchable(batch);
    let is_drill = execution.execution_type.is_drill();
    let answer =
        carry_out::start_recovery(cloud, &servers, is_drill, &destinations, &existing).await;
    match answer {
        Ok(job) => {
            *batch = started(batch, job.id, now);
            app.store().update_batch(execution, batch).await?;
            Ok(Launched::Settled)
        }
        Err(error) => refused(app, cloud, execution, batch, jobs, error).await,
    }
}

/// The guard once more: a wave may begin hours after the start, and somebody may have recovered a server
/// meanwhile. Such a server fails, so that what runs is not terminated; the others launch at the next look. Answers
/// what the guard judged, where it spares nobody.
async fn spare_the_live(
    app: &App,
    cloud: &Cloud,
    execution: &Execution,
    batch: &mut Batch,
) -> Result<Option<(Destinations, Vec<RecoveryInstance>)>> {
    let servers = launchable(batch);
    let existing = cloud.drs.recovery_instances_of(&servers).await?;
    let destinations: Destinations = batch
        .servers
        .iter()
        .map(|server| &server.blueprint)
        .filter(|blueprint| servers.contains(&blueprint.source_server_id))
        .map(|blueprint| {
            let id = blueprint.source_server_id.clone();
            (id, blueprint.launch_into.clone())
        })
        .collect();
    let losses = guard::losses_of_launch(&destinations, &existing);
    if losses.is_empty() {
        return Ok(Some((destinations, existing)));
    }
    for loss in losses {
        *batch = failed(batch, &[loss.source_server_id], &loss.why);
    }
    app.store().update_batch(execution, batch).await?;
    Ok(None)
}

async fn refused(
    app: &App,
    cloud: &Cloud,
    execution: &Execution,
    batch: &mut Batch,
    jobs: &[Job],
    error: Error,
) -> Result<Launched> {
    tracing::warn!(execution = %execution.id, wave = batch.wave, batch = batch.number, %error, "StartRecovery was refused");
    let Error::Aws(aws) = &error else {
        return Err(error);
    };
    let reason = format!("DRS refused to launch it: {}: {}", aws.code, aws.message);
    let next = match aws.class {
        // It may have taken effect: the intent stands, and the next look adopts the job or repeats the call.
        AwsClass::Unavailable => return Ok(Launched::Settled),
        // It was not carried out: no room, or too fast. Wait.
        AwsClass::QuotaExceeded | AwsClass::Throttled => waiting(batch),
        AwsClass::Conflict | AwsClass::Invalid | AwsClass::NotFound => {
            let culprits = culprits(cloud, batch, jobs).await?;
            match culprits {
                Culprits::Busy if is_patient(execution, app.clock().now()) => waiting(batch),
                Culprits::Servers(found) => found
                    .into_iter()
                    .fold(batch.clone(), |batch, (server, why)| {
                        failed(&batch, &[server], &why)
                    }),
                Culprits::Busy | Culprits::Unknown => failed(batch, &launchable(batch), &reason),
            }
        }
        AwsClass::AccessDenied | AwsClass::NotInitialized | AwsClass::Unknown => {
            failed(batch, &launchable(batch), &reason)
        }
    };
    *batch = next;
    app.store().update_batch(execution, batch).await?;
    Ok(match aws.class {
        AwsClass::QuotaExceeded | AwsClass::Throttled => Launched::NoRoom,
        _ => Launched::Settled,
    })
}

fn waiting(batch: &Batch) -> Batch {
    Batch {
        launch: BatchLaunch::Waiting,
        ..batch.clone()
    }
}

fn is_patient(execution: &Execution, now: DateTime<Utc>) -> bool {
    execution
        .waves
        .get(execution.wave)
        .and_then(|wave| wave.launch_since.max(wave.started_at))
        .is_none_or(|since| now - since < Duration::seconds(CONFLICT_PATIENCE_SECONDS))
}

/// Who is to blame when DRS refuses a whole batch: one bad server must not fail a hundred.
enum Culprits {
    /// Some are in another job: that ends.
    Busy,
    /// These, and why.
    Servers(Vec<(SourceServerId, String)>),
    /// Nobody stands out.
    Unknown,
}

async fn culprits(cloud: &Cloud, batch: &Batch, jobs: &[Job]) -> Result<Culprits> {
    let servers = launchable(batch);
    let is_busy = |id: &SourceServerId| {
        jobs.iter().any(|job| {
            job.is_active()
                && job
                    .servers
                    .iter()
                    .any(|server| server.source_server_id == *id)
        })
    };
    if servers.iter().any(is_busy) {
        return Ok(Culprits::Busy);
    }
    let known = cloud.drs.source_servers_by_id(&servers).await?;
    let mut found: Vec<(SourceServerId, String)> = servers
        .iter()
        .filter(|id| !known.iter().any(|server| server.id == **id))
        .map(|id| {
            (
                id.clone(),
                "DRS knows this source server no longer".to_owned(),
            )
        })
        .collect();
    let targets: Vec<_> = batch
        .servers
        .iter()
        .filter_map(|server| match &server.blueprint.launch_into {
            LaunchInto::Target { instance_id, .. } => Some((
                server.blueprint.source_server_id.clone(),
                instance_id.clone(),
            )),
            LaunchInto::NewInstance => None,
        })
        .filter(|(id, _)| servers.contains(id))
        .collect();
    let ids: Vec<_> = targets.iter().map(|(_, target)| target.clone()).collect();
    let instances = cloud.ec2.instances(&ids).await?;
    for (server, target) in targets {
        let why = match instances.iter().find(|instance| instance.id == target) {
            None => Some(format!("The target instance {target} is gone")),
            Some(instance) if instance.state != "stopped" => Some(format!(
                "The target instance {target} is {}, not stopped",
                instance.state
            )),
            Some(instance) if !instance.allows_launching() => Some(format!(
                "The target instance {target} lacks the tag AWSDRS=AllowLaunchingIntoThisInstance"
            )),
            Some(_) => None,
        };
        found.extend(why.map(|why| (server, why)));
    }
    Ok(if found.is_empty() {
        Culprits::Unknown
    } else {
        Culprits::Servers(found)
    })
}
