//! Judging the server of a pair. Pure.

use dr_model::check::{Check, Severity};
use dr_model::execution::ExecutionType;
use dr_model::server::{ReplicationState, SourceServer};

use crate::validation::facts::{PairFacts, PlaceFacts};

/// Lag from which a person should know: 5 minutes.
const LAG_WARNING_SECONDS: u64 = 300;

/// Every check of the server.
pub(super) fn source_checks(pair: &PairFacts, place: &PlaceFacts) -> Vec<Check> {
    let id = &pair.source_server_id;
    let Some(source) = &pair.source else {
        return vec![Check::fail(
            "source_server_exists",
            Severity::Critical,
            id,
            format!("DRS knows no source server {id} in {}", place.place),
            "Remove the server from the group, or install the DRS agent on it again",
        )];
    };
    let mut checks = vec![
        Check::pass(
            "source_server_exists",
            Severity::Critical,
            id,
            "The source server exists",
        ),
        replication_check(source, place.purpose),
        consistency_check(source),
    ];
    if let Some(lag) = source.lag_seconds.filter(|lag| *lag > LAG_WARNING_SECONDS) {
        checks.push(
            Check::fail(
                "source_server_lag",
                Severity::Warning,
                id,
                format!("Replication is {lag} s behind: that much data would be lost"),
                "Look at the replication of this server: bandwidth, write load, stalls",
            )
            .seen(
                format!("at most {LAG_WARNING_SECONDS} s"),
                format!("{lag} s"),
            ),
        );
    }
    for disk in source
        .disks
        .iter()
        .filter(|disk| disk.volume_problem.is_some())
    {
        checks.push(Check::fail(
            "source_server_volumes",
            Severity::Critical,
            id,
            format!(
                "Disk {} cannot be used: {}",
                disk.device_name,
                disk.volume_problem.as_deref().unwrap_or_default()
            ),
            "Repair the replication of this disk",
        ));
    }
    checks.extend(use_checks(pair, place));
    checks
}

/// Nothing else has the server or its target.
fn use_checks(pair: &PairFacts, place: &PlaceFacts) -> Vec<Check> {
    let id = &pair.source_server_id;
    let mut checks = Vec::new();
    let busy = place.jobs.iter().find(|job| {
        job.is_active()
            && job
                .servers
                .iter()
                .any(|server| server.source_server_id == *id)
    });
    if let Some(job) = busy {
        checks.push(Check::fail(
            "no_other_job",
            Severity::Critical,
            id,
            format!("The server is already in job {}", job.id),
            "Wait until that job is over",
        ));
    }
    if let Some(other) = &pair.other_execution {
        checks.push(Check::fail(
            "no_other_execution",
            Severity::Critical,
            id,
            format!("Execution {other} is under way with this server or its target"),
            "Wait until that execution is over, or cancel it",
        ));
    }
    if pair.pairs_with_same_target > 1 {
        checks.push(Check::fail(
            "target_used_once",
            Severity::Critical,
            id,
            format!(
                "{} pairs have the same target instance",
                pair.pairs_with_same_target
            ),
            "Give each server an instance of its own",
        ));
    }
    checks
}

/// On the worst day the sources are down and nothing is CONTINUOUS: a recovery then goes from the last
/// consistent point. A drill has no such excuse.
fn replication_check(source: &SourceServer, purpose: ExecutionType) -> Check {
    let name = "source_server_state";
    let state = source.replication_state.as_str().to_owned();
    let message = |word: &str| format!("Replication is {state}: {word}");
    let check = if source.is_archived {
        Check::fail(
            name,
            Severity::Critical,
            &source.id,
            message("the server was disconnected from DRS"),
            "Install the DRS agent on it again",
        )
    } else {
        match (&source.replication_state, purpose) {
            (ReplicationState::Continuous, _) => Check::pass(
                name,
                Severity::Critical,
                &source.id,
                "Source server in CONTINUOUS state",
            ),
            (ReplicationState::Stopped, _) => Check::fail(
                name,
                Severity::Critical,
                &source.id,
                message("stopping it has deleted its points in time"),
                "Start replication and wait for the initial sync",
            ),
            (_, ExecutionType::Drill) => Check::fail(
                name,
                Severity::Critical,
                &source.id,
                message("a drill needs a server that is up to date"),
                "Wait until it is CONTINUOUS, or leave the server out",
            ),
            (_, ExecutionType::Recovery) => Check::fail(
                name,
                Severity::Warning,
                &source.id,
                message("it is launched from its last consistent point"),
                "Nothing, if the source is down; otherwise wait until it is CONTINUOUS",
            ),
        }
    };
    check.seen("CONTINUOUS", source.replication_state.as_str())
}

fn consistency_check(source: &SourceServer) -> Check {
    let name = "consistent_point";
    match source.last_consistent_at {
        Some(at) => Check::pass(
            name,
            Severity::Critical,
            &source.id,
            format!("Last consistent at {}", at.to_rfc3339()),
        ),
        None => Check::fail(
            name,
            Severity::Critical,
            &source.id,
            "The server has no consistent point in time to launch from",
            "Wait for the end of its initial sync",
        ),
    }
}
