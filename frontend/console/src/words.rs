//! States in words, each with its sign: the only place of its kind.

use dr_model::execution::{ExecutionStatus, ServerStatus};
use dr_model::pair::MatchMethod;
use dr_model::session::SessionStatus;
use ui::Status;

/// An execution's status.
#[must_use]
pub fn execution(status: ExecutionStatus) -> (Status, &'static str) {
    match status {
        ExecutionStatus::Pending => (Status::Pending, "Pending"),
        ExecutionStatus::Configuring => (Status::InProgress, "Configuring"),
        ExecutionStatus::Launching => (Status::InProgress, "Launching"),
        ExecutionStatus::Validating => (Status::InProgress, "Validating"),
        ExecutionStatus::Paused => (Status::Pending, "Paused"),
        ExecutionStatus::Cancelling => (Status::InProgress, "Cancelling"),
        ExecutionStatus::Completed => (Status::Success, "Completed"),
        ExecutionStatus::CompletedWithFailures => (Status::Warning, "Completed with failures"),
        ExecutionStatus::Failed => (Status::Error, "Failed"),
        ExecutionStatus::Cancelled => (Status::Stopped, "Cancelled"),
    }
}

/// The status of one server of an execution.
#[must_use]
pub fn server(status: ServerStatus) -> (Status, &'static str) {
    match status {
        ServerStatus::Waiting => (Status::Pending, "Waiting"),
        ServerStatus::Pending => (Status::Pending, "Handed to DRS"),
        ServerStatus::InProgress => (Status::InProgress, "Launching"),
        ServerStatus::Launched => (Status::Success, "Launched"),
        ServerStatus::Failed => (Status::Error, "Failed"),
        ServerStatus::Skipped => (Status::Stopped, "Left out"),
    }
}

/// A failover session's status.
#[must_use]
pub fn session(status: SessionStatus) -> (Status, &'static str) {
    match status {
        SessionStatus::Pending => (Status::Pending, "Pending"),
        SessionStatus::FailoverComplete => (Status::Info, "Failed over"),
        SessionStatus::InstallingAgents => (Status::InProgress, "Repairing agents"),
        SessionStatus::ReverseReplicating => (Status::InProgress, "Replicating back"),
        SessionStatus::ConfigMirrored => (Status::InProgress, "Configuration mirrored"),
        SessionStatus::ReadyForFailback => (Status::Success, "Ready for failback"),
        SessionStatus::FailbackInProgress => (Status::InProgress, "Failing back"),
        SessionStatus::FailbackUncommitted => (Status::Warning, "Home, on trial"),
        SessionStatus::GoingBack => (Status::InProgress, "Going back"),
        SessionStatus::FailbackComplete => (Status::Success, "Home"),
        SessionStatus::ReProtecting => (Status::InProgress, "Re-protecting"),
        SessionStatus::ReProtected => (Status::Success, "Re-protected"),
        SessionStatus::CleaningUp => (Status::InProgress, "Cleaning up"),
        SessionStatus::CleanupComplete => (Status::Success, "Complete"),
    }
}

/// DRS's word for the state of a replication; one that nobody knows yet is shown as it is.
#[must_use]
pub fn replication(state: &str) -> (Status, String) {
    let (status, text) = match state {
        "CONTINUOUS" => (Status::Success, "Continuous"),
        "INITIATING" => (Status::InProgress, "Initiating"),
        "INITIAL_SYNC" => (Status::InProgress, "Initial sync"),
        "RESCAN" => (Status::InProgress, "Rescan"),
        "BACKLOG" => (Status::Warning, "Backlog"),
        "CREATING_SNAPSHOT" => (Status::InProgress, "Creating snapshot"),
        "PAUSED" => (Status::Stopped, "Paused"),
        "STALLED" => (Status::Error, "Stalled"),
        "DISCONNECTED" => (Status::Error, "Disconnected"),
        "STOPPED" => (Status::Stopped, "Stopped"),
        other => return (Status::Info, other.to_owned()),
    };
    (status, text.to_owned())
}

/// How a pair came about.
#[must_use]
pub fn match_method(method: MatchMethod) -> &'static str {
    match method {
        MatchMethod::Exact => "Exact",
        MatchMethod::Fuzzy => "Fuzzy",
        MatchMethod::Manual => "By hand",
    }
}
