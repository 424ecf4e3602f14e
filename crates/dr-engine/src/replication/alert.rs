//! What of an inventory needs somebody's attention. Pure.

use chrono::{DateTime, Utc};
use dr_model::check::Severity;
use dr_model::ids::SourceServerId;
use dr_model::inventory::InventoryServer;
use dr_model::place::Place;
use dr_model::replication::ReplicationDirection;
use dr_model::server::ReplicationState;

use crate::replication::advice::{of_error, of_state};

/// Something that needs attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Where the server is kept.
    pub place: Place,
    /// The server.
    pub source_server_id: SourceServerId,
    /// Its name.
    pub name: String,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remediation: String,
    /// Since when it is in its state.
    pub since: DateTime<Utc>,
}

/// How far a server attains its recovery point objective: `Some(true)` if it does, `None` if nobody can say. Only
/// what replicates forward has one: a way back protects nothing.
#[must_use]
pub(super) fn attains(server: &InventoryServer, rpo_seconds: u64) -> Option<bool> {
    use ReplicationState as R;
    if let Some(lag) = server.lag_seconds {
        return Some(lag <= rpo_seconds);
    }
    match ReplicationState::from(server.state.clone()) {
        // DRS leaves the lag out where there is none.
        R::Continuous => Some(true),
        // There is no point in time to recover from, or no new one any more.
        R::Initiating | R::InitialSync | R::Stalled | R::Disconnected | R::Stopped => Some(false),
        R::Backlog | R::CreatingSnapshot | R::Paused | R::Rescan | R::Other(_) => None,
    }
}

/// The worst that is wrong with a server, if anything is.
#[must_use]
pub(super) fn alert(place: &Place, server: &InventoryServer, rpo_seconds: u64) -> Option<Alert> {
    let state = ReplicationState::from(server.state.clone());
    let (severity, message, remediation) = if let Some(word) = &server.error {
        let (meaning, remedy) = of_error(word);
        let severity = match state {
            ReplicationState::Continuous => Severity::Warning,
            _ => Severity::Critical,
        };
        (severity, format!("{meaning} ({})", server.state), remedy)
    } else if let Some((severity, message, remedy)) = of_state(&state) {
        (severity, message.to_owned(), remedy)
    } else if server.direction != ReplicationDirection::Failback
        && let Some(lag) = server.lag_seconds.filter(|lag| *lag > rpo_seconds)
    {
        (
            Severity::Warning,
            format!("{lag} s behind: beyond the recovery point objective of {rpo_seconds} s"),
            "Look at the write load of the server, at bandwidth and throttling, and at the staging disks",
        )
    } else {
        return None;
    };
    // What runs in the recovery region has left its original: that this one replicates no more is to be expected.
    let is_failed_over =
        server.has_recovery_instance && server.direction == ReplicationDirection::Failover;
    let (severity, remediation) = if is_failed_over {
        (
            severity.min(Severity::Warning),
            "It runs in the recovery region: bring it home, and protect it again there",
        )
    } else {
        (severity, remediation)
    };
    Some(Alert {
        place: place.clone(),
        source_server_id: server.source_server_id.clone(),
        name: server.name.clone(),
        severity,
        message,
        remediation: remediation.to_owned(),
        since: server.state_since,
    })
}
