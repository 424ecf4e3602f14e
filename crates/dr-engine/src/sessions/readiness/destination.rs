//! Judging where servers are to replicate to. Pure.

use dr_model::check::{Check, Severity};
use dr_model::place::Place;

use crate::sessions::readiness::facts::{Destination, ServerFacts, Surroundings};

/// Disks that one replication server takes, where servers share it. An assumption: the user guide's sizing says about
/// 15 volumes per replication server, and DRS chooses.
const DISKS_PER_REPLICATION_SERVER: usize = 15;

/// Every check of a destination, for the servers that are to begin replicating into it.
pub(super) fn checks(
    destination: &Destination,
    around: &Surroundings,
    beginning: &[&ServerFacts],
) -> Vec<Check> {
    let place = &destination.place;
    if let Some(words) = &destination.error {
        return vec![Check::fail(
            "destination_reachable",
            Severity::Critical,
            place,
            format!("{place} could not be looked at: {words}"),
            "Wait until the region answers and our role can be assumed there; replication has to reach it",
        )];
    }
    let mut checks = vec![
        Check::pass(
            "destination_reachable",
            Severity::Critical,
            place,
            format!("{place} answers, and our role works there"),
        ),
        initialized(destination),
    ];
    if !destination.drs_initialized {
        return checks;
    }
    checks.extend(staging(destination, beginning));
    checks.extend(staging_groups(destination));
    checks.push(trust(&around.place, place));
    checks.extend(quota(destination, beginning.len()));
    checks
}

/// DRS was initialised.
pub(super) fn initialized(destination: &Destination) -> Check {
    let (name, place) = ("drs_initialized", &destination.place);
    if destination.drs_initialized {
        return Check::pass(name, Severity::Critical, place, "DRS is initialised");
    }
    Check::fail(
        name,
        Severity::Critical,
        place,
        format!("DRS was never initialised in {place}"),
        "Open the DRS console in this account and region and set it up: servers can replicate only into it then",
    )
}

fn staging(destination: &Destination, beginning: &[&ServerFacts]) -> Vec<Check> {
    let place = &destination.place;
    let settings_name = "replication_settings";
    let subnet_id = destination
        .settings
        .as_ref()
        .map(|settings| settings.staging_subnet_id.as_str());
    let Some(subnet_id) = subnet_id.filter(|id| !id.is_empty()) else {
        return vec![Check::fail(
            settings_name,
            Severity::Critical,
            place,
            format!("The replication settings of {place} name no staging subnet"),
            "Choose a staging subnet in the default replication settings of DRS there",
        )];
    };
    let Some(subnet) = &destination.staging_subnet else {
        return vec![Check::fail(
            settings_name,
            Severity::Critical,
            place,
            format!("The staging subnet {subnet_id} does not exist"),
            "Choose another staging subnet in the default replication settings of DRS there",
        )];
    };
    let settings = Check::pass(
        settings_name,
        Severity::Critical,
        place,
        format!("Replication servers stand in {subnet_id} ({})", subnet.cidr),
    );
    let disks: usize = beginning
        .iter()
        .map(|server| server.disks().len().max(1))
        .sum();
    let wanted = disks.div_ceil(DISKS_PER_REPLICATION_SERVER);
    let free = usize::try_from(subnet.free_addresses).unwrap_or(usize::MAX);
    let name = "staging_subnet_addresses";
    let addresses = if free >= wanted {
        let message = format!("{free} addresses are free for about {wanted} replication servers");
        Check::pass(name, Severity::Critical, subnet_id, message)
    } else {
        Check::fail(
            name,
            Severity::Critical,
            subnet_id,
            format!("{disks} disks need about {wanted} replication servers, but {free} addresses are free"),
            "Choose a larger staging subnet, or free addresses in it",
        )
        .seen(format!("at least {wanted}"), free.to_string())
    };
    vec![settings, addresses]
}

fn staging_groups(destination: &Destination) -> Option<Check> {
    let name = "staging_security_groups";
    let place = &destination.place;
    let wanted = &destination.settings.as_ref()?.security_group_ids;
    if wanted.is_empty() {
        let message = "Replication servers have DRS's own security group, which lets TCP 1500 in";
        return Some(Check::pass(name, Severity::Critical, place, message));
    }
    if destination
        .staging_groups
        .iter()
        .any(|group| group.allows(false, 1500))
    {
        let message = format!("{} let TCP 1500 in", wanted.join(", "));
        return Some(Check::pass(name, Severity::Critical, place, message));
    }
    // DRS may add its own, and the settings do not say whether it does.
    Some(Check::fail(
        name,
        Severity::Warning,
        place,
        format!(
            "No security group of the replication servers lets TCP 1500 in: {}",
            wanted.join(", ")
        ),
        "Allow inbound TCP 1500 from the instances, or let DRS add its own security group in the replication settings",
    ))
}

/// Roles of DRS for trusted accounts. AWS has no call that tells whether they are complete.
fn trust(from: &Place, to: &Place) -> Check {
    let name = "trusted_accounts";
    if from.account_id == to.account_id {
        return Check::pass(name, Severity::Info, to, "Both sides are in one account");
    }
    Check::fail(
        name,
        Severity::Info,
        to,
        format!(
            "From {} to {}: whether DRS trusts both ways cannot be looked up",
            from.account_id, to.account_id
        ),
        "In the DRS console of either account, open Settings, Trusted accounts, and see that the other one is there with \
         the failback and in-AWS right-sizing roles",
    )
}

fn quota(destination: &Destination, beginning: usize) -> Option<Check> {
    let name = "replicating_servers_quota";
    let place = &destination.place;
    let quota = destination.quota.as_ref()?;
    let limit = usize::try_from(quota.value).unwrap_or(usize::MAX);
    let wanted = destination.replicating + beginning;
    let source = if quota.live { "" } else { ", as documented" };
    let words = format!(
        "{} servers replicate into {place}, {beginning} begin, {limit} may (quota {}{source})",
        destination.replicating, quota.code
    );
    Some(if wanted <= limit {
        Check::pass(name, Severity::Critical, place, words)
    } else {
        Check::fail(
            name,
            Severity::Critical,
            place,
            words,
            "Begin with fewer servers, or let some replicate into another staging account: this quota is hard",
        )
        .seen(format!("at most {limit}"), wanted.to_string())
    })
}

#[cfg(test)]
#[path = "destination_tests.rs"]
mod tests;
