//! From facts to a verdict, action by action. Pure.

use std::collections::BTreeMap;

use dr_model::check::{Check, Severity};
use dr_model::ids::SessionId;
use dr_model::session::Action;

use crate::sessions::re_protect::is_level;
use crate::sessions::readiness::destination;
use crate::sessions::readiness::estimate::{Way, estimate};
use crate::sessions::readiness::facts::{Facts, ServerFacts, Surroundings};
use crate::sessions::readiness::{CopyEstimate, Readiness, machine, original};

/// Servers up to which each check is told; of more, only what failed.
const TOLD: usize = 100;

/// No server is at a stage that the action takes.
pub(super) fn nothing(id: &SessionId, action: Action) -> Check {
    Check::fail(
        "servers_to_take",
        Severity::Critical,
        id,
        format!(
            "No chosen server is at a stage that {} takes",
            action.as_str()
        ),
        "Look at the stages of the session's servers",
    )
}

/// Judges. O(n) in the servers.
pub(super) fn judge(action: Action, facts: &Facts) -> Readiness {
    let mut checks = of_places(action, facts);
    let of_servers: Vec<Check> = facts
        .servers
        .iter()
        .flat_map(|server| of_server(action, server, facts))
        .collect();
    checks.extend(told(of_servers, facts.servers.len()));
    Readiness {
        checks,
        estimate: copy(action, facts),
    }
}

/// Servers that would begin to replicate: those that have no way back yet, or get a new one.
fn beginning(action: Action, facts: &Facts) -> Vec<&ServerFacts> {
    let begins = |server: &&ServerFacts| match action {
        Action::StartReverseReplication => server.a2.is_none(),
        // The old source server goes when its agent does.
        Action::InstallAgents => server.a2.is_none(),
        // B1 is there already, and counted.
        _ => false,
    };
    facts.servers.iter().filter(begins).collect()
}

fn of_places(action: Action, facts: &Facts) -> Vec<Check> {
    let (around, destination) = (&facts.around, &facts.destination);
    let mut checks = match action {
        Action::InstallAgents | Action::StartReverseReplication | Action::ReProtect => {
            let mut checks: Vec<Check> = permissions(around).into_iter().collect();
            checks.extend(destination::checks(
                destination,
                around,
                &beginning(action, facts),
            ));
            checks.push(metadata(around));
            checks
        }
        Action::MirrorConfig | Action::FailbackDrill | Action::FailbackRecovery => {
            match &destination.error {
                Some(_) => destination::checks(destination, around, &[]),
                None => vec![destination::initialized(destination)],
            }
        }
        Action::Cleanup if destination.error.is_some() => {
            destination::checks(destination, around, &[])
        }
        Action::Commit | Action::GoBack | Action::Cleanup | Action::Split => Vec::new(),
    };
    checks.extend(around.unknown.iter().map(|what| {
        Check::fail(
            "not_looked_up",
            Severity::Info,
            &around.place,
            format!("Could not be looked up, taken as unknown: {what}"),
            "Try again later, or allow our role to look",
        )
    }));
    checks
}

fn permissions(around: &Surroundings) -> Option<Check> {
    let name = "caller_permissions";
    let denied = around.denied_actions.as_ref()?;
    Some(if denied.is_empty() {
        let message = "Our role has the permissions that reversing a replication takes";
        Check::pass(name, Severity::Warning, &around.place, message)
    } else {
        Check::fail(
            name,
            // IAM simulates it on any resource: a policy for some of them looks like none.
            Severity::Warning,
            &around.place,
            format!("Our role may not {}", denied.join(", ")),
            "Allow these actions: DRS reverses a replication with the permissions of its caller",
        )
    })
}

/// Prerequisite of DRS that nobody can see from outside.
fn metadata(around: &Surroundings) -> Check {
    Check::fail(
        "instance_metadata",
        Severity::Info,
        &around.place,
        "Whether the agents reach the instance metadata service (169.254.169.254) cannot be seen from outside",
        "See that no firewall and no proxy on the instances is in its way: the agent takes its credentials there",
    )
}

fn of_server(action: Action, server: &ServerFacts, facts: &Facts) -> Vec<Check> {
    let (around, destination) = (&facts.around, &facts.destination);
    let mut checks = Vec::new();
    match action {
        Action::InstallAgents | Action::StartReverseReplication => {
            checks.extend(machine::checks(server, action, around, destination));
            if destination.are_originals_known {
                checks.extend(original::checks(server, action));
            }
        }
        Action::MirrorConfig | Action::FailbackDrill | Action::FailbackRecovery => {
            checks.push(original::way_back(server));
            if destination.are_originals_known {
                checks.extend(original::checks(server, action));
            }
        }
        Action::ReProtect => {
            checks.extend(machine::checks(server, action, around, destination));
            checks.extend(forward_exists(server, facts));
        }
        Action::Cleanup => {
            checks.push(machine::running(server, action));
            checks.extend(forward_level(server, facts));
        }
        Action::Commit | Action::GoBack => checks.push(machine::running(server, action)),
        Action::Split => {}
    }
    checks
}

/// B1 is there to be re-pointed at what came home.
fn forward_exists(server: &ServerFacts, facts: &Facts) -> Option<Check> {
    let (name, subject) = ("forward_source_server", &server.subject.id);
    if facts.destination.error.is_some() {
        return None;
    }
    Some(match &server.b1 {
        None => Check::fail(
            name,
            Severity::Critical,
            subject,
            format!("{subject} was deleted in {}", facts.destination.place),
            "Install the agent on what came home: DRS makes a new source server, with a full copy",
        ),
        Some(b1) if b1.is_archived => Check::fail(
            name,
            Severity::Critical,
            subject,
            format!("{subject} is disconnected from DRS"),
            "Install the agent on what came home: DRS connects it again, with a full copy",
        ),
        Some(b1) => {
            let message = format!("{subject} is {}", b1.replication_state.as_str());
            Check::pass(name, Severity::Critical, subject, message)
        }
    })
}

/// What came home is protected, up to its last write: only then may its copy go.
fn forward_level(server: &ServerFacts, facts: &Facts) -> Option<Check> {
    let (name, subject) = ("forward_replication_level", &server.subject.id);
    if facts.destination.error.is_some() {
        return None;
    }
    let state = server
        .b1
        .as_ref()
        .map_or("gone", |b1| b1.replication_state.as_str());
    let lag = server
        .b1
        .as_ref()
        .and_then(|b1| b1.replication.lag_seconds)
        .unwrap_or(0);
    let threshold = facts.lag_threshold_seconds;
    let is_level = server.b1.as_ref().is_some_and(|b1| is_level(b1, threshold));
    Some(if is_level {
        Check::pass(
            name,
            Severity::Critical,
            subject,
            "Forward replication is CONTINUOUS, and behind by no more than the session allows",
        )
    } else {
        Check::fail(
            name,
            Severity::Critical,
            subject,
            format!("Forward replication is {state}, {lag} s behind: what came home is not protected yet"),
            "Re-protect it and wait until it is CONTINUOUS and level, or say that it may stay unprotected",
        )
        .seen(format!("CONTINUOUS, at most {threshold} s"), format!("{state}, {lag} s"))
    })
}

fn copy(action: Action, facts: &Facts) -> Option<CopyEstimate> {
    if !matches!(
        action,
        Action::InstallAgents | Action::StartReverseReplication
    ) {
        return None;
    }
    let (around, destination) = (&facts.around, &facts.destination);
    let servers: Vec<u64> = facts.servers.iter().map(ServerFacts::bytes).collect();
    let quota = destination.quota.as_ref().map(|quota| quota.value);
    let way = Way {
        from: &around.place.region,
        to: &destination.place.region,
        throttle_mbps: destination
            .settings
            .as_ref()
            .map_or(0, |settings| settings.bandwidth_mbps),
        parallel: quota
            .and_then(|quota| usize::try_from(quota).ok())
            .unwrap_or(usize::MAX),
    };
    estimate(&servers, way)
}

/// All checks of a few servers; of many, those that failed, and one per name for those that passed.
fn told(checks: Vec<Check>, servers: usize) -> Vec<Check> {
    if servers <= TOLD {
        return checks;
    }
    let (passed, mut told): (Vec<Check>, Vec<Check>) =
        checks.into_iter().partition(|check| check.passed);
    let mut by_name: BTreeMap<String, (Severity, usize)> = BTreeMap::new();
    for check in passed {
        by_name.entry(check.name).or_insert((check.severity, 0)).1 += 1;
    }
    told.extend(by_name.into_iter().map(|(name, (severity, count))| {
        Check::pass(&name, severity, "servers", format!("Passed {count} times"))
    }));
    told
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
