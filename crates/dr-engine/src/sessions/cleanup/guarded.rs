//! What each step of a clean-up would hit, by what is live now: much may have happened since it was asked for. Pure.

use dr_error::{Error, Result};
use dr_model::execution::LaunchInto;
use dr_model::server::{ReplicationState, SourceServer};
use dr_model::session::{CleanupStep, FailoverSession, SessionServer, StepError};

use super::Act;
use crate::guard::Target;
use crate::guard::verdict::{Destruction, Hit, Words};
use crate::sessions::live::Live;

/// What was typed when the clean-up was asked for. Its words stand for the id of a new instance, which the inventory
/// that they confirm shows as terminated; a pre-provisioned one is terminated only if it was named.
pub(super) fn typed(server: &SessionServer) -> Vec<Words> {
    let cleanup = server.cleanup.as_ref();
    let is_named = cleanup.is_some_and(|cleanup| cleanup.terminate);
    let is_accepted = cleanup.is_some_and(|cleanup| cleanup.accept_unprotected);
    let is_new = server.launched_into == LaunchInto::NewInstance;
    (is_named || is_new)
        .then_some(Words::InstanceId)
        .into_iter()
        .chain(is_accepted.then_some(Words::Unprotected))
        .collect()
}

/// Whether B1 protects what came home. How far it is behind was judged when the clean-up was asked for: a busy server is
/// now and then, and keeps its points in time.
fn is_protected(server: &SessionServer, live: &Live) -> bool {
    live.b1(server).is_some_and(|b1| {
        matches!(
            b1.replication_state,
            ReplicationState::Continuous
                | ReplicationState::Backlog
                | ReplicationState::CreatingSnapshot
        )
    })
}

/// What ending B2 hits.
pub(super) fn hit_of_b2(server: &SessionServer, live: &Live, is_home_alive: bool) -> Hit {
    match (is_home_alive, is_protected(server, live)) {
        (false, _) => Hit::OnItsWayHome,
        (true, true) => Hit::Replaced,
        (true, false) => Hit::ReplacedUnprotected,
    }
}

/// What deleting the record of A3 hits: without it nothing is turned round from here any more.
pub(super) fn hit_of_return(server: &SessionServer, live: &Live) -> Hit {
    match live.a3(server) {
        Some(a3) if !a3.is_live() => Hit::Nothing,
        _ if is_protected(server, live) => Hit::Home,
        _ => Hit::HomeUnprotected,
    }
}

/// What removing a source server as the way back of this one hits.
pub(super) fn hit_of_way_back(a2: &SourceServer, server: &SessionServer) -> Hit {
    let b2 = server.recovered.as_ref().map(|b2| &b2.instance_id);
    let is_its_own = a2.origin_instance_id.is_none() || a2.origin_instance_id.as_ref() == b2;
    if a2.id == server.source_server_id {
        Hit::Protecting
    } else if is_its_own && server.returned.is_some() {
        Hit::SpentWayHome
    } else {
        Hit::OnlyWayHome
    }
}

/// Whether what a look shows allows the next step. Whether what came home still exists is EC2's to say, and asked when
/// the step is taken.
pub(super) fn allow(step: CleanupStep, server: &SessionServer, live: &Live) -> Result<()> {
    match step {
        CleanupStep::EndRecoveryInstance => {
            let Some(b2) = live.b2(server).filter(|b2| b2.is_live()) else {
                return Ok(());
            };
            let hit = hit_of_b2(server, live, true);
            let target = Target::new(&b2.id, hit).typed(typed(server));
            let is_terminated = target.typed.contains(&Words::InstanceId);
            target.allow(if is_terminated {
                Destruction::Terminate
            } else {
                Destruction::Stop
            })
        }
        CleanupStep::ForgetReturn => {
            let Some(a3) = live.a3(server) else {
                return Ok(());
            };
            let hit = hit_of_return(server, live);
            Target::new(&a3.id, hit)
                .typed(typed(server))
                .allow(Destruction::DeleteRecord)
        }
        // Asked when the step is taken, by which A2 is known.
        CleanupStep::StopWayBack
        | CleanupStep::DisconnectWayBack
        | CleanupStep::DeleteWayBack
        | CleanupStep::DeleteVolumes
        | CleanupStep::Done => Ok(()),
    }
}

/// Keeps the refusal with the server, until a look shows otherwise or a person accepts it.
pub(super) fn kept(
    mut server: SessionServer,
    act: Act,
    refusal: &Error,
    live: &Live,
    session: &FailoverSession,
) -> SessionServer {
    let step = act.name();
    let message = refusal.words();
    let known = server
        .error
        .as_ref()
        .filter(|known| known.step == step && known.message == message);
    if known.is_some_and(|known| !known.is_final) {
        return server;
    }
    server.intent = None;
    server.error = Some(StepError {
        step: step.to_owned(),
        message,
        remediation: Some(
            "It goes on by itself once the source server in the recovery region is CONTINUOUS again. Look at its \
             replication; or clean up again and accept that the fleet stays unprotected"
                .to_owned(),
        ),
        first_at: live.now,
        at: live.now,
        correlation_id: format!("{}/{}/{step}", session.id, server.source_server_id),
        tries: 1,
        is_final: false,
    });
    server
}

#[cfg(test)]
#[path = "guarded_tests.rs"]
mod tests;
