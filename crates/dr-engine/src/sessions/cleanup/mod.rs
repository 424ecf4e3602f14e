//! Clean-up: what a failover left in the recovery region and a failback in the origin region goes, in an order in which
//! nothing that runs production is ever touched. Requirement 001, 8.
//!
//! B1 always stays: it protects what came home, and stopping it would delete its points in time. A3 is forgotten and
//! never terminated: it is the live primary.

pub mod cost;
mod finish;
mod guarded;
pub mod inventory;
mod last;
mod run;
mod start;
pub mod volumes;

use dr_model::replication::ReplicationDirection;
use dr_model::server::ReplicationState;
use dr_model::session::{Cleanup, CleanupStep, FailoverSession, SessionServer, StageEvent};

use crate::sessions::live::Live;
use crate::sessions::{Decision, moved};

pub use finish::{finish, is_over};
pub use inventory::{CleanupInventory, Fate, Item, inventory};
pub use run::perform;
pub use start::{ACCEPT_UNPROTECTED, Wanted, confirmation, start};

/// What there is to do: the next step of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act(pub CleanupStep);

impl Act {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            CleanupStep::StopWayBack => "stop_reverse_replication",
            CleanupStep::EndRecoveryInstance => "end_recovery_instance",
            CleanupStep::ForgetReturn => "forget_failed_back_instance",
            CleanupStep::DisconnectWayBack => "disconnect_way_back",
            CleanupStep::DeleteWayBack => "delete_way_back",
            CleanupStep::DeleteVolumes => "delete_detached_volumes",
            CleanupStep::Done => "cleanup",
        }
    }
}

/// What a look shows: steps that are visibly done already are passed over, and one that the guard refuses waits.
#[must_use]
pub fn decide(mut server: SessionServer, live: &Live, session: &FailoverSession) -> Decision {
    let mut cleanup = server.cleanup.take().unwrap_or_default();
    advance(&mut cleanup, &server, live);
    let step = cleanup.step;
    server.cleanup = Some(cleanup);
    if let Err(error) = guarded::allow(step, &server, live) {
        return Decision::wait(guarded::kept(server, Act(step), &error, live, session));
    }
    if step == CleanupStep::Done {
        return Decision::wait(moved(server, StageEvent::CleanedUp));
    }
    Decision::act(server, super::Act::Cleanup(Act(step)))
}

/// Passes over what is done.
fn advance(cleanup: &mut Cleanup, server: &SessionServer, live: &Live) {
    let way_back = server.way_back.as_ref();
    // One that is disconnected is not among them, and has nothing left to stop.
    let a2 = way_back.and_then(|way| live.origin.get(&way.source_server_id));
    if cleanup.step == CleanupStep::StopWayBack
        && a2.is_none_or(|a2| a2.replication.state == Some(ReplicationState::Stopped))
    {
        cleanup.step = CleanupStep::EndRecoveryInstance;
    }
    if cleanup.step == CleanupStep::ForgetReturn {
        let is_foreign = a2.is_some_and(|a2| a2.direction != ReplicationDirection::Failback);
        match live.a3(server) {
            None => cleanup.step = CleanupStep::DisconnectWayBack,
            // DRS would demand that A3 is disconnected first, and that would end its protection.
            Some(a3) if is_foreign => {
                let way_back = way_back.map_or("", |way| way.source_server_id.as_str());
                tell(
                    cleanup,
                    format!(
                        "{way_back} was made by installing an agent, not by DRS: it is stopped and costs nothing. Remove it and the record {} in the DRS console once DRS offers to, without disconnecting the record: that would end the protection of what came home",
                        a3.id
                    ),
                );
                cleanup.step = CleanupStep::DeleteVolumes;
            }
            Some(_) => {}
        }
    }
    if cleanup.step == CleanupStep::DisconnectWayBack && way_back.is_none() {
        cleanup.step = CleanupStep::DeleteVolumes;
    }
}

/// Adds something to do by hand, once.
fn tell(cleanup: &mut Cleanup, what: String) {
    if !cleanup.manual.contains(&what) {
        cleanup.manual.push(what);
    }
}

/// The step after this one.
fn after(step: CleanupStep) -> CleanupStep {
    use CleanupStep as C;
    match step {
        C::StopWayBack => C::EndRecoveryInstance,
        C::EndRecoveryInstance => C::ForgetReturn,
        C::ForgetReturn => C::DisconnectWayBack,
        C::DisconnectWayBack => C::DeleteWayBack,
        C::DeleteWayBack => C::DeleteVolumes,
        C::DeleteVolumes | C::Done => C::Done,
    }
}

#[cfg(test)]
#[path = "cleanup_tests.rs"]
mod tests;
