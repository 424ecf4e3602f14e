//! Undoing a failback on trial: what came home is stopped, production stays in the recovery region and goes on
//! replicating home. Whatever was written on the instances that came home is lost.

use std::collections::BTreeMap;
use std::fmt::Display;

use dr_error::{Error, FieldProblem, Result};
use dr_model::ids::{InstanceId, SessionId, SourceServerId};
use dr_model::server::RecoveryInstance;
use dr_model::session::{Action, FailoverSession, SessionServer, Stage, StageEvent};
use futures::{StreamExt, stream};

use crate::app::App;
use crate::cloud::Cloud;
use crate::guard::verdict::{Destruction, Hit, Words};
use crate::guard::{Target, carry_out};
use crate::sessions::live::{self, Live};
use crate::sessions::{
    Accepted, Chosen, Decision, Done, Outcomes, change, commit, moved, re_protect,
};
use crate::validation::gather::CONCURRENCY;

/// What a person types to confirm.
pub const CONFIRMATION: &str = "go back";
/// What going back costs, for the answer and for whoever is asked to confirm.
pub const LOSS: &str =
    "What was written on the instances that came home, since they came home, is lost";

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Stop A4, then take its record out of DRS: whichever comes next.
    Undo,
}

impl Act {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Undo => "go_back",
        }
    }
}

/// Goes back, for a person who confirms it.
///
/// # Errors
/// `Invalid` where `confirm` is not [`CONFIRMATION`]; `NOT_ALLOWED`; what AWS or the store answers.
pub async fn start(app: &App, id: &SessionId, confirm: &str) -> Result<Accepted> {
    if confirm.trim() != CONFIRMATION {
        let expected = format!("the words {CONFIRMATION:?}: {LOSS}");
        return Err(Error::Invalid(vec![
            FieldProblem::new("confirm", expected).got(confirm),
        ]));
    }
    begin(app, id, None).await
}

/// Marks what is on trial, where the guard lets its instance be stopped.
///
/// # Errors
/// `NOT_ALLOWED`; what AWS or the store answers.
pub(crate) async fn begin(app: &App, id: &SessionId, chosen: Chosen<'_>) -> Result<Accepted> {
    let session = app.store().session(id).await?;
    change::allowed(&session, Action::GoBack)?;
    let parts = app.store().session_parts(&session).await?;
    let trial = commit::on_trial(&session, &parts);
    let live = live::look(app, &session, &trial).await?;
    let kept: BTreeMap<SourceServerId, String> = trial
        .iter()
        .filter_map(|server| Some((server.source_server_id.clone(), why_not(server, &live)?)))
        .collect();
    let accepted = change::mark(app, id, Action::GoBack, chosen, |server| {
        if server.stage == Stage::GoingBack {
            // Asked for again, because it failed.
            server.error = None;
            server.intent = None;
            return Ok(());
        }
        if !commit::is_on_trial(&session, server) {
            return Err("It came home by an earlier failback, which is committed".to_owned());
        }
        if let Some(why) = kept.get(&server.source_server_id) {
            return Err(why.clone());
        }
        server.stage = server
            .stage
            .after(StageEvent::GoBack)
            .map_err(|illegal| illegal.to_string())?;
        server.error = None;
        server.intent = None;
        Ok(())
    })
    .await?;
    tracing::warn!(session = %id, servers = accepted.servers.len(), "failback is undone");
    Ok(accepted)
}

/// What stopping A4, or deleting its record, hits. Without B2 it is all that is left; and once B1 follows it, it is what
/// people have settled on. Pure.
fn hit(server: &SessionServer, live: &Live, is_stopped: bool) -> Hit {
    let has_copy = live.b2(server).is_some_and(RecoveryInstance::is_live);
    if !has_copy || live.a3(server).is_some_and(re_protect::is_reversed) {
        Hit::Home
    } else if is_stopped {
        Hit::TakenBack
    } else {
        Hit::HomeUnprotected
    }
}

/// Whoever asked for it typed the words, or set the policy that goes back by itself.
fn target<Id: Display>(id: Id, hit: Hit) -> Target<Id> {
    Target::new(id, hit).typed([Words::GoBack])
}

/// Why the instance that came home may not be stopped. Pure.
fn why_not(server: &SessionServer, live: &Live) -> Option<String> {
    let a4 = server.returned.as_ref()?.instance_id.clone()?;
    let refused = target(a4, hit(server, live, false)).allow(Destruction::Stop);
    let error = refused.err()?;
    let is_copied = live.b2(server).is_some_and(RecoveryInstance::is_live);
    Some(if is_copied {
        format!(
            "It is re-protected already, which settles its failback: {}",
            error.words()
        )
    } else {
        "Its recovery instance is gone: what came home is all that is left of it".to_owned()
    })
}

/// What a look shows. EC2 decides which step comes next, so it is asked when the step is taken.
#[must_use]
pub fn decide(server: SessionServer, _live: &Live, _session: &FailoverSession) -> Decision {
    Decision::act(server, super::Act::GoBack(Act::Undo))
}

/// The next step of one server, by what is live. Pure.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Next {
    /// A4 runs, or is on its way up.
    Stop(InstanceId),
    /// A4 is stopping.
    Wait,
    /// A4 is stopped, and DRS still has its record.
    Forget(Box<RecoveryInstance>),
    /// Nothing is left to undo.
    Done,
}

fn next(server: &SessionServer, live: &Live, states: &BTreeMap<InstanceId, String>) -> Next {
    let a4 = server.returned.as_ref().and_then(|r| r.instance_id.clone());
    if let Some(id) = a4 {
        match states.get(&id).map(String::as_str) {
            Some("pending" | "running") => return Next::Stop(id),
            Some("stopping" | "shutting-down") => return Next::Wait,
            // Stopped, or gone altogether.
            _ => {}
        }
    }
    live.a3(server)
        .map_or(Next::Done, |record| Next::Forget(Box::new(record.clone())))
}

/// Takes the next step of each server. Nothing in the recovery region is touched: B2 goes on replicating to A2, which
/// is why A3 is not disconnected, only its record is deleted.
pub async fn perform(
    app: &App,
    session: &FailoverSession,
    live: &Live,
    acts: Vec<(SessionServer, Act)>,
) -> Outcomes {
    if acts.is_empty() {
        return Vec::new();
    }
    let servers: Vec<SessionServer> = acts.into_iter().map(|(server, _)| server).collect();
    match look(app, session, &servers).await {
        Ok((cloud, states)) => act(&cloud, live, &states, servers).await,
        Err(error) => {
            let message = error.words();
            tracing::warn!(session = %session.id, why = message, "cannot look at what came home");
            // Nothing was done: the next look tries again.
            servers
                .into_iter()
                .map(|server| (server.source_server_id, Ok(later())))
                .collect()
        }
    }
}

async fn look(
    app: &App,
    session: &FailoverSession,
    servers: &[SessionServer],
) -> Result<(Cloud, BTreeMap<InstanceId, String>)> {
    let cloud = app.cloud(&session.direction.primary).await?;
    let ids: Vec<InstanceId> = servers
        .iter()
        .filter_map(|server| server.returned.as_ref()?.instance_id.clone())
        .collect();
    let found = cloud.ec2.instances(&ids).await?;
    let states = found.into_iter().map(|one| (one.id, one.state)).collect();
    Ok((cloud, states))
}

async fn act(
    cloud: &Cloud,
    live: &Live,
    states: &BTreeMap<InstanceId, String>,
    servers: Vec<SessionServer>,
) -> Outcomes {
    let steps: Vec<(&SessionServer, Next)> = servers
        .iter()
        .map(|server| (server, next(server, live, states)))
        .collect();
    let mut refused = BTreeMap::new();
    let mut running = Vec::new();
    for (server, step) in &steps {
        let Next::Stop(id) = step else { continue };
        let target = target(id.clone(), hit(server, live, false));
        match target.allow(Destruction::Stop) {
            Ok(()) => running.push(target),
            Err(error) => drop(refused.insert(id.clone(), error)),
        }
    }
    refused.extend(carry_out::stop_each(cloud, &running).await);
    let calls = steps.into_iter().map(|(server, step)| {
        let refused = match &step {
            Next::Stop(id) => refused.remove(id),
            _ => None,
        };
        let hit = hit(server, live, true);
        let server = server.source_server_id.clone();
        async move {
            let outcome = match (step, refused) {
                (_, Some(error)) => Err(error),
                (Next::Forget(record), None) => {
                    carry_out::delete_record(cloud, &target(record.id, hit))
                        .await
                        .map(|()| later())
                }
                (Next::Stop(_) | Next::Wait, None) => Ok(later()),
                (Next::Done, None) => Ok(undone()),
            };
            (server, outcome)
        }
    });
    stream::iter(calls.collect::<Vec<_>>())
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await
}

/// A step was taken, and another follows: the next look takes it at once.
fn later() -> Done {
    Box::new(|server| server.intent = None)
}

/// Nothing is left to undo: the server replicates home as before.
fn undone() -> Done {
    Box::new(|server| {
        *server = moved(server.clone(), StageEvent::WentBack);
        if let Some(returned) = &mut server.returned {
            returned.recovery_instance_id = None;
            returned.reason = Some("Undone: production stayed in the recovery region".to_owned());
        }
    })
}

#[cfg(test)]
#[path = "go_back_tests.rs"]
mod tests;
