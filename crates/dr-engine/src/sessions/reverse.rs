//! Reverse replication: B2 back to the origin, where A2 appears. Also where B2 and A2 are looked for.

use dr_error::{Error, Result};
use dr_model::ids::SessionId;
use dr_model::replication::ReplicationDirection;
use dr_model::server::{RecoveryInstance, ReplicationState};
use dr_model::session::{
    Action, FailoverSession, Recovered, RepairStage, ReverseProgress, ReverseState, SessionServer,
    Stage, StageEvent, StepError, WayBack,
};
use futures::StreamExt;
use futures::stream;

use crate::app::App;
use crate::guard::verdict::Hit;
use crate::guard::{Target, carry_out};
use crate::sessions::live::Live;
use crate::sessions::{Accepted, Chosen, Decision, Outcomes, change, done, lost, moved};

/// Calls at the same time.
const CONCURRENCY: usize = 10;

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// ReverseReplication of B2.
    Reverse,
    /// StartReplication of A2, which somebody stopped.
    Restart,
}

impl Act {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reverse => "reverse_replication",
            Self::Restart => "restart_reverse_replication",
        }
    }
}

/// Asks for reverse replication, or for another try where it failed. Requirement 001, 5.1, 5.2 and 5.6.
///
/// # Errors
/// `NOT_ALLOWED`; what the store answers.
pub async fn start(app: &App, id: &SessionId, chosen: Chosen<'_>) -> Result<Accepted> {
    let now = app.clock().now();
    change::mark(app, id, Action::StartReverseReplication, chosen, |server| {
        server.stage = server
            .stage
            .after(StageEvent::Reverse)
            .map_err(|illegal| illegal.to_string())?;
        server.reverse.asked_at = Some(now);
        server.error = None;
        server.intent = None;
        Ok(())
    })
    .await
}

/// What a look shows of a server before it fails back.
#[must_use]
pub fn decide(server: SessionServer, live: &Live, session: &FailoverSession) -> Decision {
    let b2 = live.b2(&server);
    // With its old agent, DRS may have forgotten B2: what was installed on it anew stands for it by itself.
    let is_replaced = b2.is_none() && is_repaired(&server) && live.a2(&server).is_some();
    if !is_replaced && !b2.is_some_and(RecoveryInstance::is_live) {
        return without_b2(server, live);
    }
    let mut server = moved(server, StageEvent::Seen);
    if server.origin_instance_id.is_none() {
        server.origin_instance_id = live
            .b1(&server)
            .and_then(|b1| b1.origin_instance_id.clone());
    }
    let Some((a2, mapped_by)) = live.a2(&server) else {
        return without_a2(server);
    };
    let way_back = WayBack {
        source_server_id: a2.id.clone(),
        mapped_by,
    };
    // A way of finding it that was better is kept.
    if server
        .way_back
        .as_ref()
        .is_none_or(|known| known.source_server_id != a2.id)
    {
        server.way_back = Some(way_back);
    }
    let is_reversed = |error: &StepError| error.step == Act::Reverse.name();
    if server.error.as_ref().is_some_and(is_reversed) {
        server.error = None;
    }
    // Somebody may have started it by hand.
    let mut server = match server.stage {
        Stage::Recovered => moved(server, StageEvent::Reverse),
        _ => server,
    };
    // Of what an installer made by itself, B2's record says nothing.
    let failback_state = b2
        .filter(|_| a2.direction == ReplicationDirection::Failback)
        .and_then(|instance| instance.failback_state.as_deref());
    server.reverse = server.reverse.seen(
        &a2.replication,
        failback_state,
        session.lag_threshold_seconds,
        live.now,
    );
    let is_asked_again = server.reverse.asked_at > server.reverse.stalled_since;
    if a2.replication.state == Some(ReplicationState::Stopped) && is_asked_again {
        return Decision::act(server, super::Act::Reverse(Act::Restart));
    }
    let event = if server.reverse.state.is_ready() {
        StageEvent::BecameReady
    } else {
        StageEvent::LostReadiness
    };
    Decision::wait(moved(server, event))
}

fn is_repaired(server: &SessionServer) -> bool {
    let repair = server.repair.as_ref();
    repair.is_some_and(|repair| repair.stage == RepairStage::Done)
}

/// DRS does not show B2 as a live instance.
fn without_b2(mut server: SessionServer, live: &Live) -> Decision {
    let is_known = live.b2(&server).is_some();
    if server.stage == Stage::Pending && !is_known {
        // Just launched: DRS takes a moment to show it. Another instance of the server may be its successor.
        let successor = live
            .recovered
            .get(&server.source_server_id)
            .into_iter()
            .flatten()
            .find(|instance| instance.is_live() && !instance.is_drill);
        if let Some(instance) = successor
            && let Some(instance_id) = instance.instance_id.clone()
        {
            server.recovered = Some(Recovered {
                recovery_instance_id: instance.id.clone(),
                instance_id,
                private_ip: server.recovered.and_then(|known| known.private_ip),
            });
            return Decision::wait(moved(server, StageEvent::Seen));
        }
        return Decision::wait(server);
    }
    Decision::wait(lost(
        server,
        "Its recovery instance is gone: it was ended, or taken out of DRS, by somebody else",
    ))
}

/// No A2 yet: ask for one where that is wanted.
fn without_a2(mut server: SessionServer) -> Decision {
    server.way_back = None;
    if !matches!(server.stage, Stage::Reversing | Stage::Ready) {
        return Decision::wait(server);
    }
    let mut server = moved(server, StageEvent::LostReadiness);
    server.reverse = ReverseProgress {
        state: ReverseState::Initiating,
        asked_at: server.reverse.asked_at,
        ..ReverseProgress::default()
    };
    Decision::act(server, super::Act::Reverse(Act::Reverse))
}

/// Does it. DRS answers a conflict while the agent initialises: the next look tries again.
pub async fn perform(
    app: &App,
    session: &FailoverSession,
    live: &Live,
    acts: Vec<(SessionServer, Act)>,
) -> Outcomes {
    let calls = acts.into_iter().map(|(server, act)| async move {
        let result = match act {
            Act::Reverse => reverse(app, session, live, &server).await,
            Act::Restart => restart(app, session, live, &server).await,
        };
        (server.source_server_id, result.map(|()| done()))
    });
    stream::iter(calls.collect::<Vec<_>>())
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await
}

async fn reverse(
    app: &App,
    session: &FailoverSession,
    live: &Live,
    server: &SessionServer,
) -> Result<()> {
    let b2 = server
        .recovered
        .as_ref()
        .ok_or_else(|| Error::internal("a server without recovery instance replicates back"))?;
    let there = app.cloud(&session.direction.recovery).await?;
    let hit = match live.b2(server) {
        Some(b2) if b2.is_drill => Hit::Drill,
        _ => Hit::OnItsWayHome,
    };
    let target = Target::new(b2.recovery_instance_id.clone(), hit);
    let arn = carry_out::reverse_replication(&there, &target).await?;
    tracing::info!(session = %session.id, server = %server.source_server_id, %arn, "reverse replication started");
    Ok(())
}

async fn restart(
    app: &App,
    session: &FailoverSession,
    live: &Live,
    server: &SessionServer,
) -> Result<()> {
    let Some((a2, _)) = live.a2(server) else {
        return Ok(());
    };
    let here = app.cloud(&session.direction.primary).await?;
    here.drs.start_replication(&a2.id).await
}

#[cfg(test)]
#[path = "reverse_tests.rs"]
mod tests;
