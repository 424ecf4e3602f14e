//! Ending a drill: terminate the new instances, hand the pre-provisioned ones back stopped and tagged.

use std::collections::{BTreeMap, BTreeSet};

use dr_error::{AwsClass, Error, Result};
use dr_model::check::{Check, Severity};
use dr_model::execution::{Execution, MAX_SERVERS_PER_JOB, ServerStatus};
use dr_model::guard::Loss;
use dr_model::ids::{ExecutionId, InstanceId, JobId, RecoveryInstanceId, SourceServerId};
use dr_model::server::RecoveryInstance;
use futures::{StreamExt, stream};

use crate::app::App;
use crate::cloud::Cloud;
use crate::guard::carry_out;
use crate::guard::{self, EndOfDrill, Launched, Target, of_drill};
use crate::recovery::header;
use crate::sessions::re_protect;
use crate::validation::gather::CONCURRENCY;

/// What was, or would be, done.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Terminated, or would be.
    pub terminated: Vec<Loss>,
    /// Handed back stopped, or would be.
    pub released: Vec<InstanceId>,
    /// DRS jobs that terminate.
    pub job_ids: Vec<JobId>,
    /// What could not be done.
    pub problems: Vec<Check>,
}

/// Ends a drill, or answers what ending it would do. Safe to repeat: what is gone already is left alone.
///
/// # Errors
/// When it is no drill, is still under way, or one of its instances has become a real recovery.
pub async fn run(
    app: &App,
    id: &ExecutionId,
    also_terminate: &BTreeSet<InstanceId>,
    confirm: bool,
) -> Result<(Execution, Outcome)> {
    let execution = app.store().execution(id).await?;
    refuse_unfit(&execution)?;
    let launched = launched(app, &execution).await?;
    let strangers: Vec<_> = also_terminate
        .iter()
        .filter(|id| !launched.values().any(|launch| launch.instance_id == **id))
        .map(|id| {
            dr_error::FieldProblem::new(
                "also_terminate_instance_ids",
                "instances that this drill launched into",
            )
            .got(id)
        })
        .collect();
    if !strangers.is_empty() {
        return Err(Error::Invalid(strangers));
    }
    let cloud = app.cloud(&execution.direction.recovery).await?;
    let servers: Vec<SourceServerId> = launched.keys().cloned().collect();
    let existing = cloud.drs.recovery_instances_of(&servers).await?;
    let end = guard::end_of_drill(&launched, &existing, also_terminate)?;
    let mut outcome = Outcome {
        terminated: end.terminate.iter().filter_map(loss).collect(),
        released: end
            .release
            .iter()
            .filter_map(|instance| instance.instance_id.clone())
            .collect(),
        ..Outcome::default()
    };
    if !confirm {
        return Ok((execution, outcome));
    }
    let is_failback = execution.session_id.is_some();
    end_all(&cloud, &end, is_failback, &mut outcome).await?;
    if !outcome.problems.is_empty() {
        // Not at its end: the next run does the rest.
        return Ok((execution, outcome));
    }
    let now = app.clock().now();
    let execution = header::change(app, id, |execution| {
        let is_first = execution.instances_terminated_at.is_none();
        execution.instances_terminated_at.get_or_insert(now);
        Ok(is_first)
    })
    .await?;
    Ok((execution, outcome))
}

fn refuse_unfit(execution: &Execution) -> Result<()> {
    if !execution.execution_type.is_drill() {
        return Err(Error::Conflict {
            code: "NOT_A_DRILL",
            message: "These are the instances of a real recovery: they run production. They are brought home by failback, not terminated here".to_owned(),
        });
    }
    if !execution.status.is_terminal() {
        return Err(Error::Conflict {
            code: "EXECUTION_IS_RUNNING",
            message: "The drill is still under way: wait until it is over, or cancel it first"
                .to_owned(),
        });
    }
    Ok(())
}

/// Where each server of the drill launched.
async fn launched(app: &App, execution: &Execution) -> Result<BTreeMap<SourceServerId, Launched>> {
    let batches = app.store().batches(execution).await?;
    let mut launched = BTreeMap::new();
    for batch in batches {
        let job_id = batch.job_id().cloned();
        for server in batch.servers {
            if server.progress.status != ServerStatus::Launched {
                continue;
            }
            let instance_id = match server.progress.identity {
                Some(identity) => Some(identity.instance_id),
                // In EC2 the recovery instance has the id of its instance.
                None => server
                    .progress
                    .recovery_instance_id
                    .and_then(|id| id.as_str().parse().ok()),
            };
            if let Some(instance_id) = instance_id {
                let launch_into = server.blueprint.launch_into;
                let launch = Launched {
                    instance_id,
                    launch_into,
                    job_id: job_id.clone(),
                };
                launched.insert(server.blueprint.source_server_id, launch);
            }
        }
    }
    Ok(launched)
}

/// The guard lists only instances whose EC2 id it has compared, so none is left out here.
fn loss(instance: &RecoveryInstance) -> Option<Loss> {
    Some(Loss {
        source_server_id: instance.source_server_id.clone(),
        instance_id: instance.instance_id.clone()?,
        is_drill: instance.is_drill,
        launched_at: instance.launched_at,
        why: "Launched by this drill".to_owned(),
    })
}

async fn end_all(
    cloud: &Cloud,
    end: &EndOfDrill,
    is_failback: bool,
    outcome: &mut Outcome,
) -> Result<()> {
    let recorded = |one: &RecoveryInstance| of_drill(one.id.clone(), one, is_failback);
    for chunk in end.terminate.chunks(MAX_SERVERS_PER_JOB) {
        let ids: Vec<_> = chunk.iter().map(recorded).collect();
        match carry_out::terminate(cloud, &ids).await {
            Ok(job) => outcome.job_ids.push(job.id),
            // Another job has them, or they are gone: the next run finds out.
            Err(error) => outcome
                .problems
                .extend(chunk.iter().map(|instance| problem(instance, &error))),
        }
    }
    // Stopped first: while DRS still records an instance, whoever comes after a crash finds it and goes on.
    let stops: Vec<_> = end
        .release
        .iter()
        .filter_map(|one| Some(of_drill(one.instance_id.clone()?, one, is_failback)))
        .collect();
    carry_out::stop(cloud, &stops).await?;
    let releases = end.release.iter().map(|instance| async move {
        let target = recorded(instance);
        let released = match way_out(is_failback, instance) {
            WayOut::DisconnectFirst => release(cloud, &target).await,
            WayOut::RecordOnly => carry_out::delete_record(cloud, &target).await,
            WayOut::RecordThenDisconnect => release_returned(cloud, &target).await,
        };
        (instance, released)
    });
    let released: Vec<_> = stream::iter(releases.collect::<Vec<_>>())
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await;
    for (instance, result) in released {
        if let Err(error) = result {
            outcome
                .released
                .retain(|id| Some(id) != instance.instance_id.as_ref());
            outcome.problems.push(problem(instance, &error));
        }
    }
    Ok(())
}

/// How an instance of a drill is taken out of DRS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WayOut {
    /// It must be disconnected before DRS forgets it.
    DisconnectFirst,
    /// DRS forgets what came home without that, and disconnecting would cut off what it replicates to.
    RecordOnly,
    /// The same, and nothing replicates from it: it may be disconnected where DRS insists.
    RecordThenDisconnect,
}

/// In the origin region nothing is disconnected that replicates: behind the record of a failback stand the source
/// server of the way back and, where somebody turned it round, the one that protects production.
fn way_out(is_failback: bool, instance: &RecoveryInstance) -> WayOut {
    match (is_failback, re_protect::is_reversed(instance)) {
        (false, _) => WayOut::DisconnectFirst,
        (true, true) => WayOut::RecordOnly,
        (true, false) => WayOut::RecordThenDisconnect,
    }
}

/// Forgets the record of a failback drill. DRS insists on disconnecting where the way back was made by installing an
/// agent.
async fn release_returned(cloud: &Cloud, target: &Target<RecoveryInstanceId>) -> Result<()> {
    match carry_out::delete_record(cloud, target).await {
        Err(error) if error.aws_class() == Some(AwsClass::Conflict) => release(cloud, target).await,
        other => other,
    }
}

/// Takes an instance out of DRS without terminating it: disconnect, then delete the record. Each may have
/// happened before.
pub(crate) async fn release(cloud: &Cloud, target: &Target<RecoveryInstanceId>) -> Result<()> {
    let gone_before = |error: Error| match error.aws_class() {
        Some(AwsClass::NotFound | AwsClass::Conflict) => Ok(()),
        _ => Err(error),
    };
    let disconnected = carry_out::disconnect(cloud, target).await;
    disconnected.or_else(gone_before)?;
    carry_out::delete_record(cloud, target).await
}

fn problem(instance: &RecoveryInstance, error: &Error) -> Check {
    Check::fail(
        "end_of_drill",
        Severity::Critical,
        &instance.id,
        error.words(),
        "Look at the instance in the DRS console, then repeat this",
    )
}

#[cfg(test)]
mod tests {
    use dr_model::server::{RecoveryInstance, ReplicationState};

    use super::{WayOut, way_out};
    use crate::sessions::samples::{A1, A2, replication, running};

    #[test]
    fn the_end_of_a_failback_drill_disconnects_nothing_that_replicates() {
        let idle = running(A1, A2);
        let reversed = RecoveryInstance {
            replication: replication(ReplicationState::Rescan, 100, 0),
            ..running(A1, A2)
        };
        for (is_failback, instance, expected) in [
            (false, &idle, WayOut::DisconnectFirst),
            (false, &reversed, WayOut::DisconnectFirst),
            (true, &idle, WayOut::RecordThenDisconnect),
            (true, &reversed, WayOut::RecordOnly),
        ] {
            assert_eq!(way_out(is_failback, instance), expected, "{is_failback}");
        }
    }
}
