//! States in words, each with its sign: the only place of its kind.

use std::collections::BTreeMap;

use dr_model::action::ActionState;
use dr_model::check::Severity;
use dr_model::execution::{ExecutionStatus, ExecutionType, ServerStatus, Subject};
use dr_model::pair::MatchMethod;
use dr_model::session::{Action, RepairStage, ReverseState, SessionStatus, Stage};
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

/// How far one server of a failover session is on the way home.
#[must_use]
pub fn stage(stage: Stage) -> (Status, &'static str) {
    match stage {
        Stage::LeftOut => (Status::Stopped, "Left out"),
        Stage::Pending => (Status::Pending, "Being looked up"),
        Stage::Recovered => (Status::Info, "Recovered"),
        Stage::Repairing => (Status::InProgress, "Repairing agent"),
        Stage::Reversing => (Status::InProgress, "Replicating back"),
        Stage::Ready => (Status::Success, "Ready for failback"),
        Stage::FailingBack => (Status::InProgress, "Failing back"),
        Stage::FailedBack => (Status::Success, "Home"),
        Stage::GoingBack => (Status::InProgress, "Going back"),
        Stage::ReProtecting => (Status::InProgress, "Re-protecting"),
        Stage::ReProtected => (Status::Success, "Re-protected"),
        Stage::CleaningUp => (Status::InProgress, "Cleaning up"),
        Stage::Home => (Status::Success, "Complete"),
    }
}

/// How far a replication back, or forward again, is.
#[must_use]
pub fn reverse(state: ReverseState) -> (Status, &'static str) {
    match state {
        ReverseState::NotStarted => (Status::NotStarted, "Not started"),
        ReverseState::Initiating => (Status::InProgress, "Initiating"),
        ReverseState::InitialSync => (Status::InProgress, "Initial sync"),
        ReverseState::Continuous => (Status::InProgress, "Continuous, too far behind"),
        ReverseState::Ready => (Status::Success, "Ready"),
        ReverseState::ReadyWithLag => (Status::Success, "Ready, with lag"),
        ReverseState::Error => (Status::Error, "Error"),
    }
}

/// How far the repair of an agent, or its first installation, is.
#[must_use]
pub fn repair(stage: RepairStage) -> (Status, &'static str) {
    match stage {
        RepairStage::WaitingForSsm => (Status::Pending, "Waiting for SSM"),
        RepairStage::Queued => (Status::Pending, "Queued"),
        RepairStage::Uninstalling => (Status::InProgress, "Uninstalling"),
        RepairStage::Rebooting => (Status::InProgress, "Restarting"),
        RepairStage::ReadyToInstall => (Status::Pending, "Ready to install"),
        RepairStage::Installing => (Status::InProgress, "Installing"),
        RepairStage::Verifying => (Status::InProgress, "Verifying"),
        RepairStage::Done => (Status::Success, "Done"),
        RepairStage::Failed => (Status::Error, "Failed"),
    }
}

/// What a person may do with a failover session.
#[must_use]
pub fn action(action: Action) -> &'static str {
    match action {
        Action::InstallAgents => "Repair agents",
        Action::StartReverseReplication => "Start reverse replication",
        Action::MirrorConfig => "Mirror configuration",
        Action::FailbackDrill => "Run a failback drill",
        Action::FailbackRecovery => "Fail back",
        Action::Commit => "Commit the failback",
        Action::GoBack => "Go back",
        Action::ReProtect => "Re-protect",
        Action::Cleanup => "Clean up",
        Action::Split => "Split",
    }
}

/// Drill or recovery.
#[must_use]
pub fn execution_type(kind: ExecutionType) -> &'static str {
    match kind {
        ExecutionType::Drill => "Drill",
        ExecutionType::Recovery => "Recovery",
    }
}

/// What an execution runs.
#[must_use]
pub fn subject(subject: &Subject) -> &str {
    match subject {
        Subject::Plan { name, .. } => name,
        Subject::Pairs => "chosen pairs",
    }
}

/// How much a failed check matters.
#[must_use]
pub fn severity(severity: Severity) -> (Status, &'static str) {
    match severity {
        Severity::Critical => (Status::Error, "Critical"),
        Severity::Warning => (Status::Warning, "Warning"),
        Severity::Info => (Status::Info, "Info"),
    }
}

/// A word of AWS's in small letters and spaces: `LAUNCH_START` is `Launch start`.
#[must_use]
pub fn spelt(name: &str) -> String {
    let text = name.to_lowercase().replace('_', " ");
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Tags as a person writes them: `Env=prod, Tier=web`.
#[must_use]
pub fn tags(tags: &BTreeMap<String, String>) -> String {
    let words: Vec<String> = tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    words.join(", ")
}

/// So many of something: `1 server`, `2 servers`.
#[must_use]
pub fn counted(count: usize, one: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {one}{ending}")
}

/// How far an SSM action is, as a whole or on one instance.
#[must_use]
pub fn ssm_action(state: ActionState) -> (Status, &'static str) {
    match state {
        ActionState::Pending => (Status::Pending, "Waiting"),
        ActionState::Running => (Status::InProgress, "Running"),
        ActionState::Succeeded => (Status::Success, "Succeeded"),
        ActionState::Failed => (Status::Error, "Failed"),
        ActionState::TimedOut => (Status::Error, "Timed out"),
        ActionState::Skipped => (Status::Stopped, "Left out"),
        ActionState::Abandoned => (Status::Warning, "No longer awaited"),
    }
}

#[cfg(test)]
mod tests {
    use super::{counted, spelt};

    #[test]
    fn a_word_of_aws_is_spelt_as_a_person_writes() {
        assert_eq!(
            ["LAUNCH_START", "LAUNCH_REPLICATION_SERVER", ""].map(spelt),
            ["Launch start", "Launch replication server", ""]
        );
    }

    #[test]
    fn one_of_something_is_not_several() {
        assert_eq!(
            [0, 1, 2].map(|count| counted(count, "recovery plan")),
            ["0 recovery plans", "1 recovery plan", "2 recovery plans"]
        );
    }
}
