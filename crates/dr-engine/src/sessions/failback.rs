//! Failback: the mirrored plan run as any execution is, with the guard, the checks and the lease of any execution.
//!
//! Servers are marked before the execution is started, and each says when: what was marked and never started is let
//! go by whoever looks next. Nothing in the recovery region is touched; a server that fails can be failed back again
//! alone.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Duration, Utc};
use dr_error::{Error, FieldProblem, Result};
use dr_model::execution::{Execution, ExecutionType, ServerRun, ServerStatus};
use dr_model::ids::{ExecutionId, SessionId, SourceServerId};
use dr_model::mirror::homeward;
use dr_model::session::{
    Action, FailoverSession, Intent, Return, SessionServer, Stage, StageEvent, StepError,
};

use crate::app::App;
use crate::sessions::live::Live;
use crate::sessions::{Decision, change, moved};
use crate::start;
use crate::start::plan::{Blueprint, WantedWave};
use crate::start::run::Outcome;

pub use crate::sessions::commit::commit;

/// The step, in intents, errors and logs.
pub(super) const STEP: &str = "failback";
/// How long marked servers wait for their execution to be stored: longer than any request may take.
const GRACE_SECONDS: i64 = 5 * 60;

/// What is to be failed back.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Drill or recovery.
    pub execution_type: ExecutionType,
    /// B1 of the servers; none means all that are ready.
    pub chosen: Option<BTreeSet<SourceServerId>>,
    /// Leave out servers that fail a critical check instead of refusing to start.
    pub skip_invalid: bool,
    /// Only answer what would be done.
    pub dry_run: bool,
    /// Who asks.
    pub started_by: String,
    /// The execution to start: the same for the same request, so that a repeated one finds what the first began.
    pub execution_id: ExecutionId,
}

fn action(execution_type: ExecutionType) -> Action {
    match execution_type {
        ExecutionType::Drill => Action::FailbackDrill,
        ExecutionType::Recovery => Action::FailbackRecovery,
    }
}

/// Starts a failback, or answers what starting it would do. Requirements 001, 6.2 to 6.4.
///
/// # Errors
/// `NOT_ALLOWED`; `NOT_MIRRORED` where a server is not in the mirrored plan; what starting an execution answers: then
/// every server is as it was.
pub async fn start(app: &App, id: &SessionId, wanted: Wanted) -> Result<Outcome> {
    if !wanted.dry_run
        && let Some(outcome) = started_before(app, id, &wanted).await?
    {
        return Ok(outcome);
    }
    let session = change::fold(app, id).await?;
    let parts = app.store().session_parts(&session).await?;
    let servers: Vec<&SessionServer> = parts.iter().flat_map(|part| &part.servers).collect();
    let is_again = session.failback_execution_id.as_ref() == Some(&wanted.execution_id);
    // A first try may have marked its servers and died before it started the execution.
    let is_resumed = is_again && session.stages.failing_back > 0;
    let chosen = if is_resumed {
        servers
            .into_iter()
            .filter(|server| server.stage == Stage::FailingBack)
            .collect()
    } else {
        change::allowed(&session, action(wanted.execution_type))?;
        choose(&servers, wanted.chosen.as_ref())?
    };
    let order = Box::pin(order(app, &session, &wanted, &ways_back(&chosen)?)).await?;
    if wanted.dry_run {
        return Box::pin(start::run::run(app, &wanted.execution_id, order, true)).await;
    }
    let ids: BTreeSet<SourceServerId> = chosen
        .iter()
        .map(|server| server.source_server_id.clone())
        .collect();
    if !is_resumed {
        claim(app, id, &wanted, ids.len()).await?;
    }
    mark(app, &session, &wanted.execution_id, &ids).await?;
    match Box::pin(start::run::run(app, &wanted.execution_id, order, false)).await {
        Ok(outcome) => {
            change::fold(app, id).await?;
            Ok(outcome)
        }
        Err(error) => {
            // Whether it was stored all the same is not always known: then who looks next finds out.
            let stored = app.store().execution(&wanted.execution_id).await;
            if matches!(stored, Err(Error::NotFound { .. })) {
                release(app, &session).await?;
            }
            Err(error)
        }
    }
}

/// What an earlier try of the same request has started.
async fn started_before(app: &App, id: &SessionId, wanted: &Wanted) -> Result<Option<Outcome>> {
    let execution = match app.store().execution(&wanted.execution_id).await {
        Ok(execution) => execution,
        Err(Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_same = execution.session_id.as_ref() == Some(id)
        && execution.execution_type == wanted.execution_type;
    if !is_same {
        return Err(Error::Conflict {
            code: "TOKEN_USED",
            message: format!(
                "This client_token has started another execution, {}: use a new token for a new request",
                execution.id
            ),
        });
    }
    start::set_off::set_off(app, &execution).await?;
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

/// The servers to fail back: those named, each of which must be ready; or all that are. Pure.
fn choose<'a>(
    servers: &[&'a SessionServer],
    chosen: Option<&BTreeSet<SourceServerId>>,
) -> Result<Vec<&'a SessionServer>> {
    let Some(chosen) = chosen else {
        let ready = servers.iter().filter(|server| server.stage == Stage::Ready);
        return Ok(ready.copied().collect());
    };
    let by_id: BTreeMap<&SourceServerId, &'a SessionServer> = servers
        .iter()
        .map(|server| (&server.source_server_id, *server))
        .collect();
    let mut found = Vec::new();
    let mut problems = Vec::new();
    for (index, id) in chosen.iter().enumerate() {
        let expected = match by_id.get(id) {
            Some(server) if server.stage == Stage::Ready => {
                found.push(*server);
                continue;
            }
            Some(server) => format!("a server that is ready; it is {:?}", server.stage),
            None => "a server of this session".to_owned(),
        };
        problems.push(FieldProblem::new(format!("source_server_ids[{index}]"), expected).got(id));
    }
    if problems.is_empty() && !found.is_empty() {
        Ok(found)
    } else if problems.is_empty() {
        Err(Error::invalid("source_server_ids", "at least one server"))
    } else {
        Err(Error::Invalid(problems))
    }
}

fn not_mirrored(what: &str) -> Error {
    Error::Conflict {
        code: "NOT_MIRRORED",
        message: format!("{what}: mirror the configuration again, then fail back"),
    }
}

/// A2 of each server, with its B1.
fn ways_back(servers: &[&SessionServer]) -> Result<BTreeMap<SourceServerId, SourceServerId>> {
    servers
        .iter()
        .map(|server| {
            let way_back = server
                .way_back
                .as_ref()
                .filter(|_| server.mirrored.is_some());
            way_back
                .map(|way_back| {
                    (
                        way_back.source_server_id.clone(),
                        server.source_server_id.clone(),
                    )
                })
                .ok_or_else(|| {
                    not_mirrored(&format!("{} is not in the mirrored groups", server.name))
                })
        })
        .collect()
}

/// The mirrored plan, with the chosen servers only. Requirement 001, 6.3.
async fn order(
    app: &App,
    session: &FailoverSession,
    wanted: &Wanted,
    ways_back: &BTreeMap<SourceServerId, SourceServerId>,
) -> Result<start::plan::Wanted> {
    let ids: Vec<_> = session.mirrored_plan_id.iter().cloned().collect();
    let plan = app.store().plans_by_id(&ids).await?.into_iter().next();
    let plan = plan.ok_or_else(|| not_mirrored("The mirrored plan is gone"))?;
    let (direction, waves) = match start::run::waves_of_plan(app, &plan).await {
        Err(Error::NotFound { kind, id }) => {
            return Err(not_mirrored(&format!("The {kind} {id} is gone")));
        }
        found => found?,
    };
    if direction != homeward(&session.direction) {
        return Err(not_mirrored("The mirrored groups lead elsewhere than home"));
    }
    let waves = only(waves, ways_back);
    let held: BTreeSet<&SourceServerId> = waves
        .iter()
        .flat_map(|wave| &wave.servers)
        .map(|server| &server.source_server_id)
        .collect();
    if let Some((a2, b1)) = ways_back.iter().find(|(a2, _)| !held.contains(a2)) {
        return Err(not_mirrored(&format!(
            "The mirrored plan does not hold {a2}, the way back of {b1}"
        )));
    }
    Ok(start::plan::Wanted {
        subject: start::run::subject_of(&plan),
        session_id: Some(session.id.clone()),
        execution_type: wanted.execution_type,
        direction,
        waves,
        rto_target_seconds: plan.rto_target_seconds,
        pause_timeout_seconds: plan.pause_timeout_seconds,
        started_by: wanted.started_by.clone(),
        skip_invalid: wanted.skip_invalid,
    })
}

/// Waves with these servers only. A wave without any is left out, and its pause goes to the next.
fn only(
    waves: Vec<WantedWave>,
    ways_back: &BTreeMap<SourceServerId, SourceServerId>,
) -> Vec<WantedWave> {
    let mut kept = Vec::new();
    let mut is_pause_owed = false;
    for mut wave in waves {
        wave.servers
            .retain(|server| ways_back.contains_key(&server.source_server_id));
        wave.pause_before |= is_pause_owed;
        is_pause_owed = wave.servers.is_empty() && wave.pause_before;
        if !wave.servers.is_empty() {
            kept.push(wave);
        }
    }
    kept
}

/// Claims the session for this failback. The header says at once that one is under way, so that of two who claim it
/// at the same time one is refused.
async fn claim(app: &App, id: &SessionId, wanted: &Wanted, servers: usize) -> Result<()> {
    change::header(app, id, |session| {
        change::allowed(session, action(wanted.execution_type))?;
        session.failback_execution_id = Some(wanted.execution_id.clone());
        session.stages.ready = session.stages.ready.saturating_sub(servers);
        session.stages.failing_back += servers;
        session.status = session.status_of(session.stages);
        session.is_active = true;
        Ok(true)
    })
    .await
    .map(drop)
}

/// Marks the servers. Where one is no longer ready, or another failback has claimed the session meanwhile, none is.
async fn mark(
    app: &App,
    session: &FailoverSession,
    execution: &ExecutionId,
    ids: &BTreeSet<SourceServerId>,
) -> Result<()> {
    let now = app.clock().now();
    let mut marked = 0;
    for number in 0..session.parts {
        let mut of_part = 0;
        change::part(app, &session.id, number, |part| {
            of_part = 0;
            let mut changed = false;
            for server in &mut part.servers {
                let is_chosen = ids.contains(&server.source_server_id);
                let next = is_chosen.then(|| server.stage.after(StageEvent::FailbackStarted));
                let Some(Ok(stage)) = next else { continue };
                of_part += 1;
                if let Some(error) = server.error.take().filter(|error| error.step == STEP) {
                    // Requirement 001, 12.6.
                    tracing::info!(session = %session.id, server = %server.source_server_id, correlation_id = error.correlation_id, "failback tried again");
                }
                server.stage = stage;
                server.intent = Some(Intent {
                    action: STEP.to_owned(),
                    at: now,
                });
                changed = true;
            }
            changed
        })
        .await?;
        marked += of_part;
    }
    let claimed = app
        .store()
        .session(&session.id)
        .await?
        .failback_execution_id;
    if marked == ids.len() && claimed.as_ref() == Some(execution) {
        return Ok(());
    }
    if claimed.as_ref() == Some(execution) {
        release(app, session).await?;
    }
    Err(Error::Conflict {
        code: "NOT_ALLOWED",
        message: "The session changed meanwhile: a server is no longer ready, or another failback has begun. Look again"
            .to_owned(),
    })
}

/// Lets servers go that were marked for an execution that was never stored: they are as ready as before.
async fn release(app: &App, session: &FailoverSession) -> Result<()> {
    let failed = StageEvent::FailbackEnded {
        execution_type: ExecutionType::Drill,
        launched: false,
    };
    for number in 0..session.parts {
        change::part(app, &session.id, number, |part| {
            let mut changed = false;
            for server in &mut part.servers {
                if server.stage == Stage::FailingBack {
                    *server = moved(moved(server.clone(), failed), StageEvent::BecameReady);
                    changed = true;
                }
            }
            changed
        })
        .await?;
    }
    change::fold(app, &session.id).await.map(drop)
}

/// What a look shows of a server that a failback execution has.
#[must_use]
pub fn decide(server: SessionServer, live: &Live, session: &FailoverSession) -> Decision {
    let Some((execution, runs)) = &live.failback else {
        let is_fresh = |intent: &Intent| live.now - intent.at < Duration::seconds(GRACE_SECONDS);
        if server.intent.as_ref().is_some_and(is_fresh) {
            return Decision::wait(server);
        }
        let failed = StageEvent::FailbackEnded {
            execution_type: ExecutionType::Drill,
            launched: false,
        };
        return Decision::wait(moved(server, failed));
    };
    if !execution.status.is_terminal() {
        return Decision::wait(server);
    }
    let run = server
        .way_back
        .as_ref()
        .and_then(|way_back| runs.get(&way_back.source_server_id));
    Decision::wait(ended(server, execution, run, session, live.now))
}

/// The server after its failback. Requirements 001, 6.5 and 6.6.
fn ended(
    server: SessionServer,
    execution: &Execution,
    run: Option<&ServerRun>,
    session: &FailoverSession,
    now: DateTime<Utc>,
) -> SessionServer {
    let launched = run.is_some_and(|run| run.progress.status == ServerStatus::Launched);
    let event = StageEvent::FailbackEnded {
        execution_type: execution.execution_type,
        launched,
    };
    let mut server = moved(server, event);
    let returned = returned(execution, run, launched, server.returned.as_ref());
    server.error = (!launched).then(|| StepError {
        step: STEP.to_owned(),
        message: returned
            .reason
            .clone()
            .unwrap_or_else(|| "It was not launched".to_owned()),
        remediation: Some(format!(
            "See the execution {}, put right what it names, then fail this server back again",
            execution.id
        )),
        first_at: now,
        at: now,
        correlation_id: format!("{}/{}/{STEP}", session.id, server.source_server_id),
        tries: 1,
        is_final: true,
    });
    if let Some(error) = &server.error {
        // Requirement 001, 12.1.
        tracing::warn!(session = %session.id, server = %server.source_server_id, step = STEP, correlation_id = error.correlation_id, why = error.message, "a failback failed");
    }
    server.returned = Some(returned);
    server
}

fn returned(
    execution: &Execution,
    run: Option<&ServerRun>,
    launched: bool,
    before: Option<&Return>,
) -> Return {
    // Each launch leaves what the instance had before it.
    let earlier = before
        .into_iter()
        .flat_map(|before| &before.replaced_volume_ids);
    let latest = run
        .filter(|_| launched)
        .into_iter()
        .flat_map(|run| &run.blueprint.replaced_volume_ids);
    let mut replaced_volume_ids: Vec<String> = earlier.chain(latest).cloned().collect();
    replaced_volume_ids.sort();
    replaced_volume_ids.dedup();
    let progress = run.map(|run| &run.progress);
    let identity = progress.and_then(|progress| progress.identity.as_ref());
    let recovery_instance_id = progress.and_then(|p| p.recovery_instance_id.clone());
    let reason = match (run, identity) {
        (None, _) => Some("It was not part of the execution".to_owned()),
        (Some(_), Some(identity)) if launched => identity.reason.clone(),
        (Some(run), _) => run.progress.reason.clone(),
    };
    Return {
        execution_id: execution.id.clone(),
        execution_type: execution.execution_type,
        instance_id: identity
            .map(|identity| identity.instance_id.clone())
            .or_else(|| {
                // In EC2 the recovery instance has the id of its instance.
                recovery_instance_id.as_ref()?.as_str().parse().ok()
            }),
        recovery_instance_id,
        instance_id_kept: identity.is_some_and(|identity| identity.instance_id_kept),
        private_ip_kept: identity.is_some_and(|identity| identity.private_ip_kept),
        reason,
        replaced_volume_ids,
    }
}

#[cfg(test)]
#[path = "failback_tests.rs"]
mod tests;
