//! Judging a recovery place: what concerns every server of it. Pure.

use dr_aws::KeyState;
use dr_model::check::{Check, Severity};

use crate::validation::facts::PlaceFacts;
use dr_monitor::room::Room;

/// Every check of a place, for a launch of `servers` servers.
#[must_use]
pub fn checks(place: &PlaceFacts, servers: usize) -> Vec<Check> {
    let mut checks = vec![
        initialized(place),
        permissions(place),
        encryption(place),
        quotas(place, servers),
    ];
    checks.extend(place.unknown.iter().map(|what| {
        Check::fail(
            "not_looked_up",
            Severity::Info,
            &place.place,
            format!("Could not be looked up, taken as unknown: {what}"),
            "Try again later; a launch does not depend on it",
        )
    }));
    checks
}

fn initialized(place: &PlaceFacts) -> Check {
    let name = "drs_initialized";
    if place.drs_initialized {
        Check::pass(name, Severity::Critical, &place.place, "DRS is initialised")
    } else {
        let message = format!("DRS was never initialised in {}", place.place);
        Check::fail(
            name,
            Severity::Critical,
            &place.place,
            message,
            "Open the DRS console in this account and region and set it up",
        )
    }
}

fn permissions(place: &PlaceFacts) -> Check {
    let name = "caller_permissions";
    match &place.denied_actions {
        None => Check::fail(
            name,
            Severity::Info,
            &place.place,
            "Our permissions could not be simulated",
            "Allow iam:SimulatePrincipalPolicy to have them checked before a launch instead of five minutes into it",
        ),
        Some(denied) if denied.is_empty() => Check::pass(
            name,
            Severity::Critical,
            &place.place,
            "Our role has the permissions that DRS uses on our behalf",
        ),
        Some(denied) => Check::fail(
            name,
            Severity::Critical,
            &place.place,
            format!("Our role may not {}", denied.join(", ")),
            "Allow these actions: DRS performs the EC2 part of a launch with the permissions of its caller",
        ),
    }
}

fn encryption(place: &PlaceFacts) -> Check {
    let name = "ebs_encryption";
    match &place.encryption_key {
        None => Check::pass(
            name,
            Severity::Critical,
            &place.place,
            "EBS encryption needs no key of yours",
        ),
        Some((key, KeyState::Enabled)) => Check::pass(
            name,
            Severity::Critical,
            &place.place,
            format!("The key of EBS encryption, {key}, is enabled"),
        ),
        Some((key, state)) => Check::fail(
            name,
            Severity::Critical,
            &place.place,
            format!("The key of EBS encryption by default, {key}, cannot be used: {state:?}"),
            "Enable the key, or choose another for EBS encryption by default",
        ),
    }
}

fn quotas(place: &PlaceFacts, servers: usize) -> Check {
    let name = "drs_quotas";
    let room = Room::beside(&place.jobs, place.limits);
    if servers <= room.servers
        && servers.div_ceil(dr_model::execution::MAX_SERVERS_PER_JOB) <= room.jobs
    {
        return Check::pass(
            name,
            Severity::Warning,
            &place.place,
            "There is room in DRS for all servers at once",
        );
    }
    Check::fail(
        name,
        Severity::Warning,
        &place.place,
        format!(
            "DRS has room for {} servers in {} jobs now; the rest of {servers} servers queue",
            room.servers, room.jobs
        ),
        "Nothing: queued servers start as soon as there is room. Waves of at most 500 servers do not queue",
    )
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
