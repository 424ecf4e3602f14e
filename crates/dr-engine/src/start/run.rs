//! Looking at the world, deciding, storing, setting off.

use std::collections::{BTreeMap, BTreeSet};

use dr_error::{Error, FieldProblem, Result};
use dr_model::check::Check;
use dr_model::execution::{LaunchInto, ServerBlueprint, Subject};
use dr_model::group::ProtectionGroup;
use dr_model::ids::{ExecutionId, GroupId, InstanceId, SourceServerId};
use dr_model::pair::InstancePair;
use dr_model::place::Direction;
use dr_model::plan::{OnFailure, RecoveryPlan};
use dr_model::server::RecoveryInstance;
use dr_store::{Lease, Started};

use crate::app::App;
use crate::start::plan::{Blueprint, Wanted, WantedWave, blueprint, destinations, named_twice};
use crate::start::set_off::set_off;
use crate::validation::facts::PairFacts;
use crate::validation::gather::{self, Depth, gather};
use crate::{guard, servers, validation};

/// What starting, or asking what starting would do, came to.
#[derive(Debug)]
pub struct Outcome {
    /// What was, or would be, stored.
    pub blueprint: Blueprint,
    /// It was stored; otherwise this was a dry run.
    pub is_started: bool,
    /// Checks that failed and did not prevent the start.
    pub warnings: Vec<Check>,
    /// For a dry run: checks that would prevent it.
    pub failed_checks: Vec<Check>,
}

/// Tries on a lease that others change meanwhile.
const LEASE_TRIES: usize = 5;

/// A plan's waves with their servers as they are now.
///
/// # Errors
/// When a group is gone, groups differ in direction, or the recovery place cannot be looked at.
pub async fn waves_of_plan(app: &App, plan: &RecoveryPlan) -> Result<(Direction, Vec<WantedWave>)> {
    let ids: Vec<GroupId> = plan
        .waves
        .iter()
        .flat_map(|wave| wave.group_ids.iter().cloned())
        .collect();
    let groups: BTreeMap<GroupId, ProtectionGroup> = app
        .store()
        .groups_by_id(&ids)
        .await?
        .into_iter()
        .map(|group| (group.id.clone(), group))
        .collect();
    let mut direction: Option<Direction> = None;
    let mut waves = Vec::new();
    for wave in &plan.waves {
        let mut members = Vec::new();
        for id in &wave.group_ids {
            let group = groups.get(id).ok_or_else(|| Error::NotFound {
                kind: "protection group",
                id: id.to_string(),
            })?;
            if direction.get_or_insert_with(|| group.direction.clone()) != &group.direction {
                return Err(Error::Conflict {
                    code: "MIXED_DIRECTIONS",
                    message: format!(
                        "The group {} fails over from or to another place than the groups before it: make one plan per direction",
                        group.name
                    ),
                });
            }
            members.extend(members_of(app, group).await?);
        }
        waves.push(WantedWave {
            name: wave.name.clone(),
            pause_before: wave.pause_before,
            on_failure: wave.on_failure,
            actions_before: wave.actions_before.clone(),
            actions_after: wave.actions_after.clone(),
            servers: members,
        });
    }
    let direction =
        direction.ok_or_else(|| Error::invalid("waves", "at least one wave with a group"))?;
    Ok((direction, waves))
}

async fn members_of(app: &App, group: &ProtectionGroup) -> Result<Vec<ServerBlueprint>> {
    let (found, unknown) = servers::resolve(app, &group.direction, &group.selection).await?;
    let pairs: BTreeMap<SourceServerId, InstancePair> = app
        .store()
        .pairs_of_group(&group.id)
        .await?
        .into_iter()
        .map(|pair| (pair.source_server_id.clone(), pair))
        .collect();
    let known = found
        .iter()
        .map(|server| (server.id.clone(), server.own_name().map(ToOwned::to_owned)));
    // A server that DRS does not know stays in: its check says so.
    let unknown = unknown.into_iter().map(|id| (id, None));
    Ok(known
        .chain(unknown)
        .map(|(id, name)| {
            let pair = pairs.get(&id);
            ServerBlueprint {
                replaced_volume_ids: Vec::new(),
                name: pair
                    .and_then(|pair| pair.source_name.clone())
                    .or(name)
                    .unwrap_or_else(|| id.to_string()),
                launch_into: pair.map_or(LaunchInto::NewInstance, into_target),
                source_server_id: id,
            }
        })
        .collect())
}

fn into_target(pair: &InstancePair) -> LaunchInto {
    LaunchInto::Target {
        instance_id: pair.target_instance_id.clone(),
        private_ip: pair.target_private_ip.clone(),
    }
}

/// One wave of the saved pairs of groups, or of given pairs.
///
/// # Errors
/// When a group is gone or of another direction.
pub async fn wave_of_pairs(
    app: &App,
    direction: &Direction,
    name: String,
    groups: &[GroupId],
    given: &[(SourceServerId, InstanceId)],
) -> Result<WantedWave> {
    let mut members: Vec<ServerBlueprint> = Vec::new();
    for (index, id) in groups.iter().enumerate() {
        let group = app.store().group(id).await?;
        if group.direction != *direction {
            return Err(Error::invalid(
                format!("group_ids[{index}]"),
                "a group of the given accounts and regions",
            ));
        }
        members.extend(app.store().pairs_of_group(id).await?.iter().map(|pair| {
            ServerBlueprint {
                replaced_volume_ids: Vec::new(),
                source_server_id: pair.source_server_id.clone(),
                name: pair
                    .source_name
                    .clone()
                    .unwrap_or_else(|| pair.source_server_id.to_string()),
                launch_into: into_target(pair),
            }
        }));
    }
    members.extend(given.iter().map(|(source, target)| ServerBlueprint {
        replaced_volume_ids: Vec::new(),
        source_server_id: source.clone(),
        name: source.to_string(),
        launch_into: LaunchInto::Target {
            instance_id: target.clone(),
            private_ip: None,
        },
    }));
    Ok(WantedWave {
        name,
        pause_before: false,
        on_failure: OnFailure::Continue,
        actions_before: Vec::new(),
        actions_after: Vec::new(),
        servers: members,
    })
}

/// Starts, or answers what starting would do. The same id answers what was started before.
///
/// # Errors
/// When the guard refuses, critical checks fail, or the place cannot be looked at. Then nothing was stored.
pub async fn run(app: &App, id: &ExecutionId, wanted: Wanted, dry_run: bool) -> Result<Outcome> {
    refuse_malformed(&wanted)?;
    if !dry_run && let Some(outcome) = started_before(app, id, &wanted).await? {
        return Ok(outcome);
    }
    for _ in 0..LEASE_TRIES {
        // Read first, compared last: whoever starts in between makes us look again.
        let lease = app.store().lease(&wanted.direction.recovery).await?;
        // Boxed, here and below: what is looked up on the way would otherwise fill the stack of a thread.
        let outcome = Box::pin(decide(app, id, &wanted, &lease, dry_run)).await?;
        if dry_run {
            return Ok(outcome);
        }
        match store(app, outcome, &lease).await {
            Err(Error::VersionConflict { .. }) => {}
            stored => {
                let outcome = stored?;
                set_off(app, &outcome.blueprint.execution).await?;
                return Ok(outcome);
            }
        }
    }
    Err(Error::Conflict {
        code: "TOO_MANY_STARTS",
        message: "Other executions keep starting in this account and region: try again".to_owned(),
    })
}

/// What an earlier try of the same request has started. Looked for first: what it launched would now be in its own
/// way.
async fn started_before(app: &App, id: &ExecutionId, wanted: &Wanted) -> Result<Option<Outcome>> {
    let execution = match app.store().execution(id).await {
        Ok(execution) => execution,
        Err(Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_same = execution.subject == wanted.subject
        && execution.execution_type == wanted.execution_type
        && execution.direction == wanted.direction;
    if !is_same {
        return Err(Error::Conflict {
            code: "TOKEN_USED",
            message: format!(
                "This client_token has started another execution, {id}: use a new token for a new request"
            ),
        });
    }
    set_off(app, &execution).await?;
    let batches = app.store().batches(&execution).await?;
    Ok(Some(Outcome {
        blueprint: Blueprint {
            actions: app.store().actions(&execution).await?,
            execution,
            batches,
        },
        is_started: true,
        warnings: Vec::new(),
        failed_checks: Vec::new(),
    }))
}

fn refuse_malformed(wanted: &Wanted) -> Result<()> {
    let twice: Vec<FieldProblem> = named_twice(&wanted.waves)
        .into_iter()
        .map(|(id, wave)| {
            FieldProblem::new(format!("waves[{wave}]"), "each server in one wave only").got(id)
        })
        .collect();
    if !twice.is_empty() {
        return Err(Error::Invalid(twice));
    }
    if wanted.waves.iter().all(|wave| wave.servers.is_empty()) {
        return Err(Error::Conflict {
            code: "NOTHING_TO_LAUNCH",
            message: "No server belongs to it now: see what its groups resolve to".to_owned(),
        });
    }
    Ok(())
}

async fn decide(
    app: &App,
    id: &ExecutionId,
    wanted: &Wanted,
    lease: &Lease,
    dry_run: bool,
) -> Result<Outcome> {
    let ids: Vec<_> = wanted
        .waves
        .iter()
        .flat_map(|wave| &wave.servers)
        .map(|s| s.source_server_id.clone())
        .collect();
    let existing = existing_instances(app, &wanted.direction, &ids).await?;
    let action = if wanted.execution_type.is_drill() {
        "this drill"
    } else {
        "this recovery"
    };
    guard::allow_launch(action, &destinations(&wanted.waves), &existing)?;
    let Judged {
        mut blocking,
        failed,
        warnings,
        mut volumes,
    } = Box::pin(judge(app, wanted, lease, id)).await?;
    let now = app.clock().now();
    if wanted.skip_invalid {
        let all = ids.len();
        if blocking.is_empty() && failed.len() == all {
            blocking = failed.values().flatten().cloned().collect();
        }
    } else {
        blocking.extend(failed.values().flatten().cloned());
    }
    if !blocking.is_empty() && !dry_run {
        return Err(Error::PrerequisitesNotMet(blocking));
    }
    let left_out = if wanted.skip_invalid {
        failed
    } else {
        BTreeMap::new()
    };
    let mut blueprint = blueprint(id, wanted, &left_out, now);
    for server in blueprint.batches.iter_mut().flat_map(|b| &mut b.servers) {
        let replaced = volumes.remove(&server.blueprint.source_server_id);
        server.blueprint.replaced_volume_ids = replaced.unwrap_or_default();
    }
    Ok(Outcome {
        blueprint,
        is_started: false,
        warnings,
        failed_checks: blocking,
    })
}

/// Live recovery instances of these servers. Whole pages where that is fewer calls than asking by server.
async fn existing_instances(
    app: &App,
    direction: &Direction,
    ids: &[SourceServerId],
) -> Result<Vec<RecoveryInstance>> {
    app.cloud(&direction.recovery)
        .await?
        .drs
        .recovery_instances_of(ids)
        .await
}

/// What was found before a start.
struct Judged {
    /// Checks of the place that forbid it.
    blocking: Vec<Check>,
    /// Critical checks by server.
    failed: BTreeMap<SourceServerId, Vec<Check>>,
    /// Checks that failed and forbid nothing.
    warnings: Vec<Check>,
    /// Volumes of the targets now, by the server that replaces them.
    volumes: BTreeMap<SourceServerId, Vec<String>>,
}

/// Looks and judges.
async fn judge(app: &App, wanted: &Wanted, lease: &Lease, id: &ExecutionId) -> Result<Judged> {
    let servers: Vec<gather::Wanted> = wanted
        .waves
        .iter()
        .flat_map(|wave| &wave.servers)
        .map(|server| gather::Wanted {
            source_server_id: server.source_server_id.clone(),
            target_id: match &server.launch_into {
                LaunchInto::Target { instance_id, .. } => Some(instance_id.clone()),
                LaunchInto::NewInstance => None,
            },
        })
        .collect();
    // The primary place is not asked: on the worst day it does not answer.
    let depth = Depth {
        purpose: wanted.execution_type,
        launch_configuration: false,
        origin: false,
    };
    let (place, mut facts) = Box::pin(gather(app, &wanted.direction, &servers, depth)).await?;
    note_other_executions(app, lease, id, &mut facts).await?;
    let largest = wanted
        .waves
        .iter()
        .map(|wave| wave.servers.len())
        .max()
        .unwrap_or_default();
    let of_place: Vec<Check> = validation::place::checks(&place, largest)
        .into_iter()
        .filter(|c| !c.passed)
        .collect();
    let (blocking, mut warnings): (Vec<Check>, Vec<Check>) =
        of_place.into_iter().partition(Check::is_blocking);
    let mut failed: BTreeMap<SourceServerId, Vec<Check>> = BTreeMap::new();
    for pair in &facts {
        for check in validation::pair::checks(pair, &place)
            .into_iter()
            .filter(|check| !check.passed)
        {
            if check.is_blocking() {
                failed
                    .entry(pair.source_server_id.clone())
                    .or_default()
                    .push(check);
            } else {
                warnings.push(check);
            }
        }
    }
    let volumes = facts
        .into_iter()
        .filter_map(|pair| Some((pair.source_server_id, pair.target?.volume_ids)))
        .collect();
    Ok(Judged {
        blocking,
        failed,
        warnings,
        volumes,
    })
}

/// Marks servers and targets that another active execution of the place holds.
async fn note_other_executions(
    app: &App,
    lease: &Lease,
    id: &ExecutionId,
    facts: &mut [PairFacts],
) -> Result<()> {
    let others: Vec<&ExecutionId> = lease.active.iter().filter(|other| *other != id).collect();
    for execution in app.store().executions_by_id(others).await? {
        let batches = app.store().batches(&execution).await?;
        let runs = || batches.iter().flat_map(|batch| &batch.servers);
        let held: BTreeSet<&SourceServerId> =
            runs().map(|run| &run.blueprint.source_server_id).collect();
        let targets: BTreeSet<&InstanceId> = runs()
            .filter_map(|run| match &run.blueprint.launch_into {
                LaunchInto::Target { instance_id, .. } => Some(instance_id),
                LaunchInto::NewInstance => None,
            })
            .collect();
        for pair in facts.iter_mut() {
            let target_held = pair
                .target_id
                .as_ref()
                .is_some_and(|target| targets.contains(target));
            if target_held || held.contains(&pair.source_server_id) {
                pair.other_execution = Some(execution.id.clone());
            }
        }
    }
    Ok(())
}

async fn store(app: &App, mut outcome: Outcome, lease: &Lease) -> Result<Outcome> {
    let blueprint = &mut outcome.blueprint;
    // Before the header, like the batches: whoever sees it finds them.
    app.store()
        .create_actions(&blueprint.execution, &blueprint.actions)
        .await?;
    match app
        .store()
        .start_execution(&mut blueprint.execution, &mut blueprint.batches, lease)
        .await?
    {
        Started::Now => {}
        Started::Before(stored) => blueprint.execution = *stored,
    }
    outcome.is_started = true;
    Ok(outcome)
}

/// The subject of an execution of a plan.
#[must_use]
pub fn subject_of(plan: &RecoveryPlan) -> Subject {
    Subject::Plan {
        plan_id: plan.id.clone(),
        name: plan.name.clone(),
    }
}
