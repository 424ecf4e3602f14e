//! Status to words, in one place.

use dr_api::executions::Phase;
use dr_api::infrastructure::SourceServerView;
use dr_model::execution::ExecutionStatus;
use dr_model::server::SourceServer;

/// What is going on in a status.
#[must_use]
pub fn phase(status: ExecutionStatus) -> Phase {
    match status {
        ExecutionStatus::Pending => Phase::Queued,
        ExecutionStatus::Configuring => Phase::Configuration,
        ExecutionStatus::Launching => Phase::Recovery,
        ExecutionStatus::Validating => Phase::Validation,
        ExecutionStatus::Paused => Phase::Paused,
        ExecutionStatus::Cancelling => Phase::Cancelling,
        ExecutionStatus::Completed
        | ExecutionStatus::CompletedWithFailures
        | ExecutionStatus::Failed
        | ExecutionStatus::Cancelled => Phase::Finished,
    }
}

/// A server as it is shown.
#[must_use]
pub fn source_server(server: SourceServer) -> SourceServerView {
    SourceServerView {
        name: server.own_name().map(ToOwned::to_owned),
        source_server_id: server.id,
        hostname: server.hostname,
        origin_instance_id: server.origin_instance_id,
        replication_state: server.replication_state,
        lag_seconds: server.lag_seconds,
        last_consistent_at: server.last_consistent_at,
        total_bytes: server.disks.iter().map(|disk| disk.bytes).sum(),
        os: server.os,
        tags: server.tags,
    }
}

/// A share as people read it: 0 to 100, with one digit behind the point. Of nothing nothing is done.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
pub fn percent(done: u64, total: u64) -> f64 {
    if total == 0 {
        0.0
    } else {
        (done as f64 / total as f64 * 1000.0).round() / 10.0
    }
}
