//! Re-protection: what came home replicates to the recovery region again, into the source server that it had before.
//!
//! `ReverseReplication` of A3, asked in the origin region, re-points B1: its id, its launch configuration and its points
//! in time stay. Requirement 001, 7.

use chrono::Duration;
use dr_error::{AwsClass, Error, Result};
use dr_model::execution::LaunchInto;
use dr_model::ids::SessionId;
use dr_model::launch::LaunchConfiguration;
use dr_model::server::{RecoveryInstance, ReplicationState, SourceServer};
use dr_model::session::{Action, FailoverSession, ReverseState, SessionServer, Stage, StageEvent};
use futures::{StreamExt, stream};

use crate::app::App;
use crate::cloud::Cloud;
use crate::guard::verdict::Hit;
use crate::guard::{Target, carry_out};
use crate::sessions::live::Live;
use crate::sessions::{Accepted, Chosen, Decision, Done, Outcomes, change, moved};

/// Calls at the same time.
const CONCURRENCY: usize = 10;
/// A re-pointed source server is STALLED for a while because its old agent is not seen: that is no error before this.
const PATIENCE_SECONDS: i64 = 30 * 60;

/// What there is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// ReverseReplication of A3, in the origin region.
    ReverseBack,
    /// Look at the launch configuration of B1, so that the next failover works without configuring anything.
    VerifyLaunch,
}

impl Act {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReverseBack => "re_protect",
            Self::VerifyLaunch => "verify_launch_configuration",
        }
    }
}

/// Asks for re-protection, or for another try where it failed. Requirement 001, 7.1 and 7.2.
///
/// # Errors
/// `NOT_ALLOWED`; what the store answers.
pub async fn start(app: &App, id: &SessionId, chosen: Chosen<'_>) -> Result<Accepted> {
    let now = app.clock().now();
    change::mark(app, id, Action::ReProtect, chosen, |server| {
        server.stage = server
            .stage
            .after(StageEvent::ReProtect)
            .map_err(|illegal| illegal.to_string())?;
        server.forward.asked_at = Some(now);
        server.error = None;
        server.intent = None;
        Ok(())
    })
    .await
}

/// Whether replication from A3 was turned round. What B1 says of the instance that it protects does not tell: where a
/// server came home into its original instance it says the same before and after.
#[must_use]
pub(crate) fn is_reversed(a3: &RecoveryInstance) -> bool {
    let by_state = a3
        .replication
        .state
        .as_ref()
        .is_some_and(|state| match state {
            ReplicationState::Other(word) => !matches!(
                word.as_str(),
                "NOT_STARTED" | "REPLICATION_STATE_NOT_AVAILABLE"
            ),
            ReplicationState::Disconnected => false,
            _ => true,
        });
    let by_failback = a3.failback_state.as_deref().is_some_and(|word| {
        !matches!(
            word,
            "FAILBACK_NOT_STARTED" | "FAILBACK_COMPLETED" | "FAILBACK_LAUNCH_STATE_NOT_AVAILABLE"
        )
    });
    by_state || by_failback
}

/// Everything on what came home is in the recovery region: CONTINUOUS, every disk rescanned, no lag. A server that is
/// written to is always some seconds and their bytes behind, so that lag within the session's threshold is none; what
/// DRS calls BACKLOG is more than that.
#[must_use]
pub(crate) fn is_level(b1: &SourceServer, threshold_seconds: u64) -> bool {
    let replication = &b1.replication;
    replication.is_continuous()
        && replication.is_rescanned()
        && replication.lag_seconds.unwrap_or(0) <= threshold_seconds
}

/// What a look shows of a server that came home.
#[must_use]
pub fn decide(server: SessionServer, live: &Live, session: &FailoverSession) -> Decision {
    if server.stage != Stage::ReProtecting {
        return Decision::wait(server);
    }
    let a3 = live.a3(&server);
    // Once it was seen reversed it stays so: somebody may have taken the record of A3 out of DRS since.
    let was_reversed = server.forward.state != ReverseState::NotStarted;
    if !a3.map_or(was_reversed, is_reversed) {
        let mut server = server;
        server.forward.problem = a3.is_none().then(|| {
            "DRS has no record of what came home: it cannot be re-protected from here".to_owned()
        });
        return match a3 {
            Some(_) => Decision::act(server, super::Act::ReProtect(Act::ReverseBack)),
            None => Decision::wait(server),
        };
    }
    follow(server, live, session)
}

/// Replication is turned round: how far is it?
fn follow(mut server: SessionServer, live: &Live, session: &FailoverSession) -> Decision {
    let is_ours = |error: &dr_model::session::StepError| error.step == Act::ReverseBack.name();
    if server.error.as_ref().is_some_and(is_ours) {
        server.error = None;
    }
    let Some(b1) = live.b1(&server) else {
        server.forward.state = ReverseState::Error;
        server.forward.problem = Some(format!(
            "{} is not in DRS any more: what came home replicates into another source server. Put that one into the groups",
            server.source_server_id
        ));
        return Decision::wait(server);
    };
    let asked_at = server.forward.asked_at;
    server.forward = server.forward.seen(
        &b1.replication,
        None,
        session.lag_threshold_seconds,
        live.now,
    );
    let is_early = asked_at.is_some_and(|at| live.now - at < Duration::seconds(PATIENCE_SECONDS));
    if server.forward.state == ReverseState::Error && is_early {
        server.forward.state = ReverseState::Initiating;
        server.forward.problem = None;
        server.forward.stalled_since = None;
    }
    if is_level(b1, session.lag_threshold_seconds) {
        return Decision::act(server, super::Act::ReProtect(Act::VerifyLaunch));
    }
    Decision::wait(server)
}

/// Does it. DRS answers a conflict while the agent initialises: the next look tries again.
pub async fn perform(
    app: &App,
    session: &FailoverSession,
    live: &Live,
    acts: Vec<(SessionServer, Act)>,
) -> Outcomes {
    let calls = acts.into_iter().map(|(server, act)| async move {
        let outcome = match act {
            Act::ReverseBack => reverse_back(app, session, live, &server).await,
            Act::VerifyLaunch => verify(app, session, &server).await,
        };
        (server.source_server_id, outcome)
    });
    stream::iter(calls.collect::<Vec<_>>())
        .buffer_unordered(CONCURRENCY)
        .collect()
        .await
}

/// What turning A3 round hits. B1 would follow what a drill launched, and production would lose its points in time.
fn hit(a3: Option<&RecoveryInstance>) -> Hit {
    match a3 {
        Some(a3) if a3.is_drill => Hit::DrillInTarget,
        _ => Hit::HomeUnprotected,
    }
}

async fn reverse_back(
    app: &App,
    session: &FailoverSession,
    live: &Live,
    server: &SessionServer,
) -> Result<Done> {
    let hit = hit(live.a3(server));
    let a3 = server
        .returned
        .as_ref()
        .and_then(|returned| returned.recovery_instance_id.clone())
        .ok_or_else(|| Error::internal("a server that did not come home is re-protected"))?;
    let here = app.cloud(&session.direction.primary).await?;
    let arn = carry_out::reverse_replication(&here, &Target::new(a3, hit)).await?;
    tracing::info!(session = %session.id, server = %server.source_server_id, %arn, "re-protection started");
    Ok(Box::new(|server| {
        if server.forward.state == ReverseState::NotStarted {
            server.forward.state = ReverseState::Initiating;
        }
    }))
}

async fn verify(app: &App, session: &FailoverSession, server: &SessionServer) -> Result<Done> {
    let there = app.cloud(&session.direction.recovery).await?;
    match restore_launch(&there, server, false).await {
        // The pre-provisioned instance runs until clean-up has stopped it; clean-up looks again.
        Ok(_) => {}
        Err(error) if error.aws_class() == Some(AwsClass::Conflict) => {
            let message = error.words();
            tracing::info!(session = %session.id, server = %server.source_server_id, why = message, "launch configuration is put right at clean-up");
        }
        Err(error) => return Err(error),
    }
    Ok(Box::new(|server| {
        *server = moved(server.clone(), StageEvent::ReProtected);
    }))
}

/// Sees to it that the next failover goes where this one went; answers whether anything was changed. `is_target_gone`:
/// the instance that this one went into was terminated on purpose.
pub(crate) async fn restore_launch(
    there: &Cloud,
    server: &SessionServer,
    is_target_gone: bool,
) -> Result<bool> {
    let LaunchInto::Target { instance_id, .. } = &server.launched_into else {
        return Ok(false);
    };
    let found = there
        .drs
        .launch_configuration(&server.source_server_id)
        .await?;
    let wanted = if is_target_gone {
        let is_named = found.target_instance_id.as_ref() == Some(instance_id);
        LaunchConfiguration {
            target_instance_id: found.target_instance_id.clone().filter(|_| !is_named),
            ..found.clone()
        }
    } else {
        found.into_target(instance_id)
    };
    if found.changes_to(&wanted).is_empty() {
        return Ok(false);
    }
    there.drs.update_launch_configuration(&wanted).await?;
    Ok(true)
}

#[cfg(test)]
#[path = "re_protect_tests.rs"]
mod tests;
