//! Whether what somebody is about to do with a session can work (requirement 004, "Validate Reverse Replication
//! Prerequisites"; requirement 000, "Risks and Mitigations"). Advice before a step, not a gate: the step itself looks
//! again at what it must not get wrong.
//!
//! `gather` asks for the whole fleet at once; everything else is pure. Both ways are alike: B2 replicates from the
//! recovery region to the origin, and A4, once home, from the origin to the recovery region. What replicates is the
//! `machine` here, where it replicates to the `destination`.

mod destination;
mod estimate;
mod facts;
mod gather;
mod judge;
mod machine;
mod original;
mod price;
mod route;
#[cfg(test)]
mod samples;

use dr_error::Result;
use dr_model::check::Check;
use dr_model::ids::{RecoveryInstanceId, SessionId};
use dr_model::place::Direction;
use dr_model::session::Action;

pub use crate::sessions::readiness::estimate::CopyEstimate;

use crate::app::App;
use crate::sessions::Chosen;
use crate::sessions::readiness::facts::Subject;

/// What checking came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Readiness {
    /// Every check, places first. Of more than 100 servers those that passed are told as one per name.
    pub checks: Vec<Check>,
    /// What the copy would come to; none for actions that copy nothing.
    pub estimate: Option<CopyEstimate>,
}

impl Readiness {
    /// No critical check failed.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.checks.iter().any(Check::is_blocking)
    }
}

/// Checks an action on the servers of a session that it would take. About 20 calls for up to 200 servers, a page more
/// per kind for each further 200.
///
/// # Errors
/// `NotFound`; what the store answers; what AWS answers in the place where the servers run. A destination that does not
/// answer is a failed check.
pub async fn check(
    app: &App,
    id: &SessionId,
    action: Action,
    chosen: Chosen<'_>,
) -> Result<Readiness> {
    let session = app.store().session(id).await?;
    let parts = app.store().session_parts(&session).await?;
    let subjects: Vec<Subject> = parts
        .into_iter()
        .flat_map(|part| part.servers)
        .filter(|server| chosen.is_none_or(|ids| ids.contains(&server.source_server_id)))
        .filter(|server| action.takes().contains(&server.stage))
        .map(Subject::of)
        .collect();
    if subjects.is_empty() {
        let checks = vec![judge::nothing(id, action)];
        return Ok(Readiness {
            checks,
            estimate: None,
        });
    }
    let mut facts = gather::gather(app, &session.direction, action, subjects).await?;
    facts.lag_threshold_seconds = session.lag_threshold_seconds;
    Ok(judge::judge(action, &facts))
}

/// Checks one recovery instance before reverse replication, by requirement 004's names: `recovery_instance_running`,
/// `network_connectivity_port_1500`, `security_groups`, `iam_permissions`, and ours. `direction` is that of the
/// failover: the instance runs in its recovery place.
///
/// # Errors
/// What AWS answers in the recovery place.
pub async fn of_instance(
    app: &App,
    id: &RecoveryInstanceId,
    direction: &Direction,
) -> Result<Vec<Check>> {
    let action = Action::StartReverseReplication;
    let subject = gather::subject_of_instance(app, id, direction).await?;
    let Some(subject) = subject else {
        return Ok(vec![machine::unknown(id)]);
    };
    let facts = gather::gather(app, direction, action, vec![subject]).await?;
    Ok(judge::judge(action, &facts).checks)
}
