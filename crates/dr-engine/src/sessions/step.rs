//! One step of a session: look, decide, write the intents, act, record. Safe to do at any time, by anybody, twice.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use dr_error::{AwsClass, Error, Result};
use dr_model::ids::{SessionId, SourceServerId};
use dr_model::session::{FailoverSession, Intent, SessionServer, SessionStatus, Stage, StepError};

use crate::app::App;
use crate::guard;
use crate::sessions::live::{self, Live};
use crate::sessions::{
    Act, Decision, Outcomes, change, cleanup, commit, failback, go_back, mirror, re_protect,
    repair, reverse,
};

/// How long an act is left alone after it was begun: longer than a call's own timeout of 25 s, so that whoever comes
/// next knows that it arrived or never will.
const GRACE_SECONDS: i64 = 60;
/// Time between two looks while nothing is awaited but data (requirement 001, 5.3).
const WATCH_SECONDS: u32 = 60;
/// Time between two looks while steps follow each other.
const BUSY_SECONDS: u32 = 10;
/// After this long DRS's "not yet" is an error that a person should see.
const PATIENCE_SECONDS: i64 = 30 * 60;

/// Looks at every session in which something goes on and that is due, and takes what is to be done; answers whether any
/// wants to be looked at again before the minute is over. An error in one does not keep the others waiting. `is_event`:
/// DRS has just said that something happened.
///
/// # Errors
/// When the sessions cannot be read.
pub async fn poll(app: &App, is_event: bool) -> Result<bool> {
    let mut is_busy = false;
    for session in app.store().active_sessions().await? {
        let stepped = if is_event || is_due(&session, app.clock().now()) {
            Box::pin(step(app, &session.id)).await
        } else {
            Ok(session.clone())
        };
        match stepped {
            Ok(session) => is_busy |= is_quick(&session),
            Err(error) => {
                tracing::warn!(%error, session = %session.id, "could not move it on");
                is_busy = true;
            }
        }
    }
    Ok(is_busy)
}

/// Whether steps follow each other, rather than data being awaited.
fn is_quick(session: &FailoverSession) -> bool {
    let busy = [
        Stage::Pending,
        Stage::Repairing,
        Stage::FailingBack,
        Stage::GoingBack,
        Stage::CleaningUp,
    ];
    busy.into_iter().any(|stage| session.stages.of(stage) > 0)
}

fn is_due(session: &FailoverSession, now: DateTime<Utc>) -> bool {
    let seconds = if is_quick(session) {
        BUSY_SECONDS
    } else {
        WATCH_SECONDS
    };
    session
        .looked_at
        .is_none_or(|at| now - at >= Duration::seconds(i64::from(seconds)))
}

/// Looks at once, for a person who wants to know now.
///
/// # Errors
/// What AWS or the store answers.
pub async fn refresh(app: &App, id: &SessionId) -> Result<FailoverSession> {
    Box::pin(step(app, id)).await
}

/// One step of one session.
///
/// # Errors
/// What AWS or the store answers while looking. What an act answers is kept with its server.
pub async fn step(app: &App, id: &SessionId) -> Result<FailoverSession> {
    let session = app.store().session(id).await?;
    let parts = app.store().session_parts(&session).await?;
    let servers: Vec<&SessionServer> = parts.iter().flat_map(|part| &part.servers).collect();
    let live = live::for_step(app, &session, &servers).await?;
    let looked_at: BTreeMap<&SourceServerId, Stage> = servers
        .iter()
        .map(|server| (&server.source_server_id, server.stage))
        .collect();
    let mut acts = Vec::new();
    for part in &parts {
        let mut of_part = Vec::new();
        change::part_as_read(app, part.clone(), |part| {
            of_part.clear();
            let mut changed = false;
            for server in &mut part.servers {
                // Moved on by somebody meanwhile: what was looked at is not what its new stage must see.
                if looked_at.get(&server.source_server_id) != Some(&server.stage) {
                    continue;
                }
                let (next, act) = plan(server, &live, &session);
                of_part.extend(act.map(|act| (next.clone(), act)));
                changed |= next != *server;
                *server = next;
            }
            changed
        })
        .await?;
        acts.append(&mut of_part);
    }
    // On the heap: each stage has calls of its own, and together their futures fill a stack.
    let outcomes = Box::pin(perform(app, &session, &live, acts)).await;
    record(app, &session, outcomes).await?;
    // What of a mirrored configuration is still to be applied: a fleet is more than one call may take.
    if let Err(error) = Box::pin(mirror::apply::go_on(app, &session, &parts)).await {
        tracing::warn!(%error, session = %id, "mirrored launch configurations are not applied yet");
    }
    let session = finish(app, id, live.now).await?;
    Box::pin(commit::look(app, &session)).await?;
    Ok(session)
}

/// What is known of a server after a look, and the one thing to do, if it is not being done already.
fn plan(
    server: &SessionServer,
    live: &Live,
    session: &FailoverSession,
) -> (SessionServer, Option<Act>) {
    let Decision {
        server: mut next,
        act,
    } = decide(server.clone(), live, session);
    let Some(act) = act else {
        return (next, None);
    };
    let is_under_way = next.intent.as_ref().is_some_and(|intent| {
        intent.action == act.name() && live.now - intent.at < Duration::seconds(GRACE_SECONDS)
    });
    let is_given_up = next
        .error
        .as_ref()
        .is_some_and(|error| error.is_final && error.step == act.name());
    if is_under_way || is_given_up {
        return (next, None);
    }
    next.intent = Some(Intent {
        action: act.name().to_owned(),
        at: live.now,
    });
    (next, Some(act))
}

fn decide(server: SessionServer, live: &Live, session: &FailoverSession) -> Decision {
    match server.stage {
        Stage::LeftOut | Stage::Home | Stage::ReProtected => Decision::wait(server),
        Stage::Pending | Stage::Recovered | Stage::Reversing | Stage::Ready => {
            reverse::decide(server, live, session)
        }
        Stage::Repairing => repair::decide(server, live, session),
        Stage::FailingBack => failback::decide(server, live, session),
        Stage::FailedBack | Stage::ReProtecting => re_protect::decide(server, live, session),
        Stage::GoingBack => go_back::decide(server, live, session),
        Stage::CleaningUp => cleanup::decide(server, live, session),
    }
}

/// Does what was decided, each kind by its module.
async fn perform(
    app: &App,
    session: &FailoverSession,
    live: &Live,
    acts: Vec<(SessionServer, Act)>,
) -> Outcomes {
    let mut reversals = Vec::new();
    let mut repairs = Vec::new();
    let mut undone = Vec::new();
    let mut protections = Vec::new();
    let mut cleanups = Vec::new();
    for (server, act) in acts {
        match act {
            Act::Reverse(act) => reversals.push((server, act)),
            Act::Repair(act) => repairs.push((server, act)),
            Act::GoBack(act) => undone.push((server, act)),
            Act::ReProtect(act) => protections.push((server, act)),
            Act::Cleanup(act) => cleanups.push((server, act)),
        }
    }
    // Boxed: together they are more than a thread's stack should hold, below whoever asked.
    let mut outcomes = Box::pin(reverse::perform(app, session, live, reversals)).await;
    outcomes.extend(Box::pin(repair::perform(app, session, live, repairs)).await);
    outcomes.extend(Box::pin(go_back::perform(app, session, live, undone)).await);
    outcomes.extend(Box::pin(re_protect::perform(app, session, live, protections)).await);
    outcomes.extend(Box::pin(cleanup::perform(app, session, live, cleanups)).await);
    outcomes
}

/// Records what the acts came to. An error is kept with its server until it is tried again or succeeds.
async fn record(app: &App, session: &FailoverSession, outcomes: Outcomes) -> Result<()> {
    if outcomes.is_empty() {
        return Ok(());
    }
    let now = app.clock().now();
    let outcomes: BTreeMap<SourceServerId, Result<super::Done>> = outcomes.into_iter().collect();
    for number in 0..session.parts {
        change::part(app, &session.id, number, |part| {
            let mut changed = false;
            for server in &mut part.servers {
                let before = server.clone();
                match outcomes.get(&server.source_server_id) {
                    Some(Ok(done)) => {
                        done(server);
                        server.error = None;
                    }
                    Some(Err(error)) => fail(server, session, error, now),
                    None => {}
                }
                changed |= *server != before;
            }
            changed
        })
        .await?;
    }
    Ok(())
}

/// Keeps an error. Where nothing was done for certain, the intent goes with it, so that the next look tries again.
fn fail(server: &mut SessionServer, session: &FailoverSession, error: &Error, now: DateTime<Utc>) {
    let step = server
        .intent
        .as_ref()
        .map_or_else(|| "look".to_owned(), |intent| intent.action.clone());
    let class = error.aws_class();
    let before = server.error.as_ref().filter(|known| known.step == step);
    let tries = before.map_or(1, |known| known.tries + 1);
    let first_at = before.map_or(now, |known| known.first_at);
    // "Not yet" is said for some minutes; room comes when others are done, which may take days.
    let is_waiting = class == Some(AwsClass::Conflict);
    let is_waiting_for_room = class == Some(AwsClass::QuotaExceeded);
    let is_final = (!error.retryable() && !is_waiting && !is_waiting_for_room)
        || is_waiting && now - first_at > Duration::seconds(PATIENCE_SECONDS);
    if class.is_some_and(|class| class != AwsClass::Unavailable) {
        server.intent = None;
    }
    let correlation_id = format!("{}/{}/{step}", session.id, server.source_server_id);
    let message = error.words();
    // Requirement 001, 12.1 and 12.6: the operation, the session, the error, and every try under one id.
    tracing::warn!(session = %session.id, server = %server.source_server_id, %step, tries, correlation_id, why = %message, is_final, "a step failed");
    server.error = Some(StepError {
        remediation: Some(remediation(error, is_final).to_owned()),
        step,
        message,
        first_at,
        at: now,
        correlation_id,
        tries,
        is_final,
    });
}

fn remediation(error: &Error, is_final: bool) -> &'static str {
    if matches!(error, Error::Conflict { code, .. } if *code == guard::REFUSED) {
        return "Change what the guard names, or wait until it has changed, then try the step again";
    }
    match error.aws_class() {
        Some(AwsClass::AccessDenied) => {
            "Give the role in that account the permission that is named, then try the step again"
        }
        Some(AwsClass::QuotaExceeded) => "It is tried again as soon as DRS has room",
        _ if is_final => "Look at the server in the DRS console, then try the step again",
        _ => "It is tried again by itself",
    }
}

/// Folds the parts into the header, stores it, then tells.
async fn finish(app: &App, id: &SessionId, looked_at: DateTime<Utc>) -> Result<FailoverSession> {
    let session = app.store().session(id).await?;
    let parts = app.store().session_parts(&session).await?;
    if cleanup::is_over(&session, &parts) {
        Box::pin(cleanup::finish(app, &session)).await?;
    }
    let session = change::header(app, id, |session| {
        change::folded(session, &parts, looked_at);
        session.looked_at = Some(looked_at);
        Ok(true)
    })
    .await?;
    tell_readiness(app, session).await
}

/// Requirement 000, 4.3: a notification when everything is ready. Once per readiness; sent after it is stored.
async fn tell_readiness(app: &App, session: FailoverSession) -> Result<FailoverSession> {
    let stages = session.stages;
    let is_ready = stages.ready > 0 && stages.ready == stages.counted();
    let was_told = session.ready_told_at.is_some();
    if is_ready == was_told {
        return Ok(session);
    }
    let now = app.clock().now();
    if is_ready {
        super::tell::ready(app, &session).await;
    }
    let is_gone = matches!(
        session.status,
        SessionStatus::ReverseReplicating | SessionStatus::ConfigMirrored
    );
    if !is_ready && !is_gone {
        return Ok(session);
    }
    change::header(app, &session.id, |session| {
        session.ready_told_at = is_ready.then_some(now);
        Ok(true)
    })
    .await
}

#[cfg(test)]
#[path = "step_tests.rs"]
mod tests;
