//! What a configuration run is about, and what it comes to. Pure.

use dr_model::check::Check;
use dr_model::config_run::{ConfigRunServer, ConfigRunStatus};
use dr_model::ids::{ConfigId, InstanceId, SourceServerId};
use dr_model::launch::{LaunchConfiguration, SettingChange};
use dr_model::pair::InstancePair;

/// One server to configure.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The server.
    pub source_server_id: SourceServerId,
    /// The instance to launch into.
    pub target_instance_id: InstanceId,
    /// The saved pair, which then remembers what was replaced.
    pub pair: Option<InstancePair>,
}

/// What became of one server.
#[derive(Debug, Clone)]
pub struct ServerOutcome {
    /// The server.
    pub source_server_id: SourceServerId,
    /// The instance to launch into.
    pub target_instance_id: InstanceId,
    /// Before.
    pub previous: Option<LaunchConfiguration>,
    /// After, as DRS answered it; `None` when nothing was changed.
    pub current: Option<LaunchConfiguration>,
    /// What differs from what must be, or differed.
    pub changes: Vec<SettingChange>,
    /// It is as it must be now.
    pub applied: bool,
    /// Critical checks that keep it from being configured.
    pub failed_checks: Vec<Check>,
    /// What DRS said when it refused.
    pub error: Option<String>,
}

impl ServerOutcome {
    /// An update was made.
    #[must_use]
    pub fn was_updated(&self) -> bool {
        self.current.is_some()
    }

    /// As a run stores it.
    #[must_use]
    pub fn record(&self) -> ConfigRunServer {
        ConfigRunServer {
            source_server_id: self.source_server_id.clone(),
            target_instance_id: self.target_instance_id.clone(),
            applied: self.applied,
            previous: self.previous.clone(),
            current: self.current.clone(),
            error: self.error.clone().or_else(|| {
                self.failed_checks
                    .first()
                    .map(|check| check.message.clone())
            }),
        }
    }
}

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// The stored run; none for a preview.
    pub config_id: Option<ConfigId>,
    /// Server by server.
    pub servers: Vec<ServerOutcome>,
    /// Servers without an instance: id, name, why.
    pub unmatched: Vec<(SourceServerId, Option<String>, String)>,
}

/// How a run ended.
#[must_use]
pub fn status(servers: &[ServerOutcome]) -> ConfigRunStatus {
    match servers.iter().filter(|server| server.applied).count() {
        0 => ConfigRunStatus::Failed,
        n if n == servers.len() => ConfigRunStatus::Configured,
        _ => ConfigRunStatus::PartiallyConfigured,
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
