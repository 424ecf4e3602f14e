//! What the page of a session says of it and of its servers.

use std::collections::{BTreeMap, BTreeSet};

use dr_api::sessions::{ReverseTotals, SessionServerView, SessionView};
use dr_model::ids::SourceServerId;
use dr_model::session::{Action, AtWindowEnd, CommitPolicy, ReverseState, Stage, StageTally};
use ui::charts::Slice;

use crate::format::{bytes, duration, time};
use crate::words;

/// Servers by stage, as parts of the whole; stages without a server are left out.
#[must_use]
pub fn stage_slices(tally: StageTally) -> Vec<Slice> {
    Stage::ALL
        .into_iter()
        .map(|stage| Slice {
            name: words::stage(stage).1.to_owned(),
            count: tally.of(stage),
        })
        .filter(|slice| slice.count > 0)
        .collect()
}

/// Servers by state of reverse replication.
#[must_use]
pub fn reverse_slices(totals: &ReverseTotals) -> Vec<Slice> {
    totals
        .states
        .iter()
        .map(|one| Slice {
            name: words::reverse(one.state).1.to_owned(),
            count: one.servers,
        })
        .collect()
}

/// Why an action is not allowed now; none if it is.
#[must_use]
pub fn why_not(session: &SessionView, action: Action) -> Option<String> {
    match session.actions.iter().find(|one| one.action == action) {
        Some(one) if one.allowed => None,
        Some(one) => Some(
            one.reason
                .clone()
                .unwrap_or_else(|| "It is not allowed now".to_owned()),
        ),
        None => Some("The server does not know this action".to_owned()),
    }
}

/// The step that a failed server is to take once more: none where nothing failed, or where it is tried again by itself.
#[must_use]
pub fn retry_of(server: &SessionServerView) -> Option<Action> {
    let error = server.error.as_ref().filter(|error| error.is_final)?;
    if error.step == "mirror_config" {
        return Some(Action::MirrorConfig);
    }
    match server.stage {
        Stage::Recovered | Stage::Repairing
            if server
                .repair
                .as_ref()
                .is_some_and(|repair| repair.failed_at.is_some()) =>
        {
            Some(Action::InstallAgents)
        }
        Stage::Repairing => Some(Action::InstallAgents),
        // What failed to launch is looked at first: until then it is not known to be ready.
        Stage::Reversing if error.step == "failback" => Some(failback_again(server)),
        Stage::Ready => Some(failback_again(server)),
        Stage::Recovered | Stage::Reversing => Some(Action::StartReverseReplication),
        Stage::GoingBack => Some(Action::GoBack),
        Stage::FailedBack | Stage::ReProtecting => Some(Action::ReProtect),
        Stage::ReProtected | Stage::CleaningUp => Some(Action::Cleanup),
        Stage::LeftOut | Stage::Pending | Stage::FailingBack | Stage::Home => None,
    }
}

/// The failback that a server failed, once more.
fn failback_again(server: &SessionServerView) -> Action {
    match server
        .returned
        .as_ref()
        .map(|returned| returned.execution_type)
    {
        Some(dr_model::execution::ExecutionType::Recovery) => Action::FailbackRecovery,
        _ => Action::FailbackDrill,
    }
}

/// The failed servers, by the step that tries them again.
#[must_use]
pub fn retries(servers: &[SessionServerView]) -> BTreeMap<Action, BTreeSet<SourceServerId>> {
    let mut found: BTreeMap<Action, BTreeSet<SourceServerId>> = BTreeMap::new();
    for server in servers {
        if let Some(action) = retry_of(server) {
            found
                .entry(action)
                .or_default()
                .insert(server.source_server_id.clone());
        }
    }
    found
}

/// A server that failed, or has something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub name: String,
    /// What went wrong.
    pub message: String,
    /// What to do.
    pub remediation: String,
    /// When, how often, under which id it stands in the log.
    pub detail: String,
}

/// Every server that failed, with what to do.
#[must_use]
pub fn failures(servers: &[SessionServerView]) -> Vec<Failure> {
    servers.iter().filter_map(failure).collect()
}

fn failure(server: &SessionServerView) -> Option<Failure> {
    let error = server.error.as_ref()?;
    Some(Failure {
        name: server.name.clone(),
        message: format!("{}: {}", error.step.replace('_', " "), error.message),
        remediation: error.remediation.clone().unwrap_or_default(),
        detail: format!(
            "{}, tried {}, {}, log id {}",
            time(error.at),
            match error.tries {
                1 => "once".to_owned(),
                tries => format!("{tries} times"),
            },
            if error.is_final {
                "waits for a person"
            } else {
                "tried again by itself"
            },
            error.correlation_id
        ),
    })
}

/// What is wrong with a server, in a line: the failed step, why it is left out, or DRS's words.
#[must_use]
pub fn trouble(server: &SessionServerView) -> String {
    let error = server.error.as_ref().map(|error| error.message.clone());
    error
        .or_else(|| server.left_out.clone())
        .or_else(|| server.reverse.problem.clone())
        .or_else(|| server.forward.problem.clone())
        .or_else(|| {
            server
                .returned
                .as_ref()
                .and_then(|returned| returned.reason.clone())
        })
        .unwrap_or_default()
}

/// A server replicates back, or did.
#[must_use]
pub fn has_begun(totals: &ReverseTotals) -> bool {
    totals
        .states
        .iter()
        .any(|one| one.state != ReverseState::NotStarted && one.servers > 0)
}

/// How far reverse replication of all is, in a line.
#[must_use]
pub fn reverse_detail(totals: &ReverseTotals) -> String {
    let lag = totals
        .max_lag_seconds
        .map(|lag| format!("; largest lag {}", duration(lag)))
        .unwrap_or_default();
    let eta = totals
        .eta
        .map(|eta| format!("; whole by {}", time(eta)))
        .unwrap_or_default();
    format!(
        "{} of {} servers ready, {} in error; {} of {} at {}/s, {} waiting{lag}{eta}",
        totals.ready,
        totals.servers,
        totals.in_error,
        bytes(totals.done_bytes),
        bytes(totals.total_bytes),
        bytes(totals.bytes_per_second),
        bytes(totals.backlogged_bytes)
    )
}

/// A commit policy in words.
#[must_use]
pub fn policy(policy: Option<&CommitPolicy>) -> String {
    let end = |what: AtWindowEnd| match what {
        AtWindowEnd::Commit => "commit",
        AtWindowEnd::GoBack => "go back",
        AtWindowEnd::Wait => "wait for a person",
    };
    policy.map_or_else(
        || "A failback is committed at once".to_owned(),
        |policy| {
            format!(
                "On trial for {}; healthy: {}, unhealthy: {}; {} probes",
                duration(u64::from(policy.window_minutes) * 60),
                end(policy.when_healthy),
                end(policy.when_unhealthy),
                policy.probes.len()
            )
        },
    )
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
