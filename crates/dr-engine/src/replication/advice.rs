//! What DRS's words about a replication mean and what to do about them. Pure. The words are those of the DRS API
//! reference (`DataReplicationError`, `DataReplicationInitiationStep`, `DataReplicationInfo`); the remedies follow the
//! user guide's "Common replication errors".

use chrono::{DateTime, Utc};
use dr_model::check::{Check, Severity};
use dr_model::server::{ReplicationState, SourceServer};

/// A replication that is this far behind deserves a look; as validation has it.
const LAG_WARNING_SECONDS: u64 = 300;
/// An agent that DRS has not heard of for this long is silent. It reports every few minutes.
pub const SILENT_SECONDS: i64 = 900;

/// A word of DRS, what it means, what to do.
struct Meaning(&'static str, &'static str, &'static str);

const NETWORK: &str = "Let the server reach the staging subnet on TCP 1500 and the endpoints of DRS, S3 and EC2 on TCP \
     443: security groups, network ACLs, routes and proxies on the way";
const STAGING: &str = "Look at the replication settings of the place: staging subnet, instance type, encryption key, free \
     addresses and EC2 quotas; CloudTrail there shows the refused call";

const ERRORS: [Meaning; 14] = [
    Meaning(
        "AGENT_NOT_SEEN",
        "DRS does not hear of the agent",
        "See that the server runs, that the service aws-replication runs on it, and that it reaches the DRS endpoint of \
         the recovery region on TCP 443; otherwise install the agent again",
    ),
    Meaning(
        "SNAPSHOTS_FAILURE",
        "DRS cannot take snapshots of the staging volumes: no new points in time",
        "Look in CloudTrail for the refused CreateSnapshot: a service control policy, the role of DRS, the key of EBS \
         encryption, or the quota of snapshots",
    ),
    Meaning(
        "NOT_CONVERGING",
        "The server writes faster than its data is sent: the lag grows",
        "Raise or remove the bandwidth throttling, give the server a dedicated replication server or faster staging disks, \
         and see whether the network carries the write load",
    ),
    Meaning(
        "UNSTABLE_NETWORK",
        "The connection to the replication server keeps breaking",
        NETWORK,
    ),
    Meaning(
        "FAILED_TO_CREATE_SECURITY_GROUP",
        "DRS could not make the security group of its replication servers",
        STAGING,
    ),
    Meaning(
        "FAILED_TO_LAUNCH_REPLICATION_SERVER",
        "DRS could not launch a replication server",
        STAGING,
    ),
    Meaning(
        "FAILED_TO_BOOT_REPLICATION_SERVER",
        "The replication server does not boot",
        STAGING,
    ),
    Meaning(
        "FAILED_TO_AUTHENTICATE_WITH_SERVICE",
        "The replication server cannot sign in to DRS",
        "Let the staging subnet reach the DRS endpoint on TCP 443: a NAT gateway, a public address, or an interface endpoint",
    ),
    Meaning(
        "FAILED_TO_DOWNLOAD_REPLICATION_SOFTWARE",
        "The replication server cannot download its software",
        "Let the staging subnet reach S3 on TCP 443: a NAT gateway, a public address, or a gateway endpoint",
    ),
    Meaning(
        "FAILED_TO_CREATE_STAGING_DISKS",
        "DRS could not make the staging volumes",
        STAGING,
    ),
    Meaning(
        "FAILED_TO_ATTACH_STAGING_DISKS",
        "DRS could not attach the staging volumes",
        STAGING,
    ),
    Meaning(
        "FAILED_TO_PAIR_REPLICATION_SERVER_WITH_AGENT",
        "Replication server and agent do not find each other",
        NETWORK,
    ),
    Meaning(
        "FAILED_TO_CONNECT_AGENT_TO_REPLICATION_SERVER",
        "The agent cannot connect to the replication server",
        NETWORK,
    ),
    Meaning(
        "FAILED_TO_START_DATA_TRANSFER",
        "Connected, but no data is transferred",
        NETWORK,
    ),
];

/// What an error word means and what to do; a word that we do not know is shown as it is.
#[must_use]
pub fn of_error(word: &str) -> (String, &'static str) {
    let known = ERRORS.iter().find(|Meaning(known, ..)| *known == word);
    match known {
        Some(Meaning(_, meaning, remedy)) => ((*meaning).to_owned(), remedy),
        None => (
            format!("DRS reports {word}"),
            "Look at the server in the DRS console: the error is not one that its API documents",
        ),
    }
}

/// Why a state is no good, how bad it is, and what to do; nothing for states in which data flows.
#[must_use]
pub fn of_state(state: &ReplicationState) -> Option<(Severity, &'static str, &'static str)> {
    Some(match state {
        ReplicationState::Stalled => (
            Severity::Critical,
            "Replication is stalled: nothing reaches the other side, and the last point in time grows old",
            "See that the server runs and that its agent reaches DRS (TCP 443) and the staging subnet (TCP 1500); DRS goes on \
             by itself once it does",
        ),
        ReplicationState::Disconnected => (
            Severity::Critical,
            "The server is disconnected from DRS: it does not replicate any more",
            "Install the agent on it again; a full copy follows",
        ),
        ReplicationState::Stopped => (
            Severity::Critical,
            "Replication is stopped, and with that its points in time are gone",
            "Start replication; a full copy follows",
        ),
        ReplicationState::Paused => (
            Severity::Warning,
            "Replication is paused: changes are not sent",
            "Resume it in the DRS console",
        ),
        _ => return None,
    })
}

/// Everything worth saying about a server's replication. Empty when all is well.
#[must_use]
pub fn advice(server: &SourceServer, now: DateTime<Utc>) -> Vec<Check> {
    let id = &server.id;
    let mut checks = Vec::new();
    if let Some((severity, message, remedy)) = of_state(&server.replication_state) {
        let check = Check::fail("replication_state", severity, id, message, remedy);
        checks.push(check.seen("CONTINUOUS", server.replication_state.as_str()));
    }
    let error = server
        .replication
        .error
        .as_ref()
        .or(server.replication_error.as_ref());
    if let Some(word) = error {
        checks.push(error_check(server, word));
    }
    checks.extend(step_check(server));
    checks.extend(silence_check(server, now));
    if let Some(lag) = server.lag_seconds.filter(|lag| *lag > LAG_WARNING_SECONDS) {
        let backlog = server.replication.backlogged_bytes();
        let check = Check::fail(
            "replication_lag",
            Severity::Warning,
            id,
            format!("Replication is {lag} s behind, {backlog} bytes wait"),
            "Look at the write load of the server, at bandwidth and throttling, and at the staging disks",
        );
        checks.push(check.seen(
            format!("at most {LAG_WARNING_SECONDS} s"),
            format!("{lag} s"),
        ));
    }
    for disk in &server.disks {
        if let Some(word) = &disk.volume_problem {
            checks.push(Check::fail(
                "replication_volume",
                Severity::Critical,
                id,
                format!("The staging volume of disk {} is {word}", disk.device_name),
                "Disconnect the server and install the agent again: DRS makes new staging volumes; a full copy follows",
            ));
        }
    }
    checks
}

fn error_check(server: &SourceServer, word: &str) -> Check {
    let (meaning, remedy) = of_error(word);
    let raw = server
        .replication
        .raw_error
        .as_deref()
        .filter(|raw| *raw != word);
    let message = raw.map_or_else(|| meaning.clone(), |raw| format!("{meaning} ({raw})"));
    // While the lag is within bounds an error is a warning: DRS tries again by itself.
    let severity = match server.replication_state {
        ReplicationState::Continuous => Severity::Warning,
        _ => Severity::Critical,
    };
    Check::fail("replication_error", severity, &server.id, message, remedy).seen("no error", word)
}

/// A replication that has not begun to send data yet, and the one of its eleven steps that failed.
fn step_check(server: &SourceServer) -> Option<Check> {
    let steps = &server.replication.steps;
    let (number, step) = steps
        .iter()
        .enumerate()
        .find(|(_, step)| step.status == "FAILED")?;
    let (_, remedy) = of_error(&format!("FAILED_TO_{}", step.name));
    let again = server
        .replication
        .next_attempt_at
        .map_or_else(String::new, |at| {
            format!("; DRS tries again at {}", at.to_rfc3339())
        });
    Some(Check::fail(
        "replication_initiation",
        Severity::Critical,
        &server.id,
        format!(
            "Step {} of {}, {}, failed{again}",
            number + 1,
            steps.len(),
            step.name
        ),
        remedy,
    ))
}

/// DRS has not heard of the agent for long, though it does not call that an error yet.
fn silence_check(server: &SourceServer, now: DateTime<Utc>) -> Option<Check> {
    let seen = server.replication.last_seen_at?;
    let seconds = (now - seen).num_seconds();
    let is_known = matches!(
        server.replication_state,
        ReplicationState::Disconnected | ReplicationState::Stopped
    ) || server.replication.error.as_deref() == Some("AGENT_NOT_SEEN");
    (seconds > SILENT_SECONDS && !is_known).then(|| {
        let (meaning, remedy) = of_error("AGENT_NOT_SEEN");
        let message = format!("{meaning} since {}", seen.to_rfc3339());
        Check::fail("agent_seen", Severity::Warning, &server.id, message, remedy).seen(
            format!("within {SILENT_SECONDS} s"),
            format!("{seconds} s ago"),
        )
    })
}

#[cfg(test)]
#[path = "advice_tests.rs"]
mod tests;
