//! Judging what is to replicate: B2 on the way home, A4 once home. Pure.

use dr_aws::{ManagedInstance, SecurityGroup};
use dr_model::check::{Check, Severity};
use dr_model::ids::RecoveryInstanceId;
use dr_model::server::{RecoveryInstance, ReplicationState};
use dr_model::session::Action;
use dr_model::target::TargetInstance;

use crate::replication::advice::SILENT_SECONDS;
use crate::sessions::readiness::facts::{Destination, ServerFacts, Surroundings};
use crate::sessions::readiness::route::{Leaves, leaves};
use crate::validation::pair::profile_checks;

/// Ports that the agent connects to: DRS, S3 and EC2, and the replication server.
const PORTS: [u16; 2] = [443, 1500];
const SECURITY_GROUPS: &str = "security_groups";
const CONNECTIVITY: &str = "network_connectivity_port_1500";

/// A recovery instance that DRS does not know.
pub(super) fn unknown(id: &RecoveryInstanceId) -> Check {
    Check::fail(
        "recovery_instance_running",
        Severity::Critical,
        id,
        format!("DRS knows no recovery instance {id} in the recovery region"),
        "Give the id of an instance that DRS launched there and that was not taken out of DRS",
    )
}

/// What the machine is called in a check.
fn running_name(action: Action) -> &'static str {
    match action {
        Action::ReProtect | Action::Cleanup | Action::Commit => "failed_back_instance_running",
        _ => "recovery_instance_running",
    }
}

/// It runs, as EC2 has it; DRS's record is older, and counts only where DRS is to do something with it.
pub(super) fn running(server: &ServerFacts, action: Action) -> Check {
    let name = running_name(action);
    let subject = &server.subject.id;
    let machine = &server.machine;
    let needs_record = matches!(
        action,
        Action::InstallAgents | Action::StartReverseReplication | Action::ReProtect
    );
    if needs_record
        && machine
            .record
            .as_ref()
            .is_none_or(|record| !record.is_live())
    {
        let who = &server.subject.name;
        return Check::fail(
            name,
            Severity::Critical,
            subject,
            format!("DRS has no live record of the instance that {who} runs in"),
            "See whether it was terminated, or taken out of DRS by somebody else: then this server cannot go on here",
        );
    }
    let (id, state) = match &machine.instance {
        Some(instance) => (instance.id.as_str(), instance.state.as_str()),
        None => ("Its instance", "gone"),
    };
    if state == "running" {
        let message = format!("{id} is in running state");
        return Check::pass(name, Severity::Critical, subject, message);
    }
    Check::fail(
        name,
        Severity::Critical,
        subject,
        format!("{id} is {state}"),
        if state == "stopped" {
            "Start the instance: what does not run does not replicate"
        } else {
            "Wait until it runs; a terminated instance is gone, and its server with it"
        },
    )
    .seen("running", state)
}

/// Every check of a machine that is to replicate.
pub(super) fn checks(
    server: &ServerFacts,
    action: Action,
    around: &Surroundings,
    destination: &Destination,
) -> Vec<Check> {
    let mut checks = vec![running(server, action)];
    if let Some(record) = &server.machine.record {
        checks.push(agent(server, record, action, around));
    }
    if around.is_ssm_known {
        checks.push(ssm(server, server.machine.managed.as_ref(), action));
    }
    let Some(instance) = &server.machine.instance else {
        return checks;
    };
    for check in profile_checks(instance, &around.profiles) {
        // Requirement 004's name.
        checks.push(named(check, "iam_permissions", server));
    }
    checks.push(security_groups(server, instance, around));
    checks.push(connectivity(server, instance, around, destination));
    checks
}

fn named(check: Check, name: &str, server: &ServerFacts) -> Check {
    Check {
        name: name.to_owned(),
        subject: server.subject.id.to_string(),
        message: format!("{}: {}", check.subject, check.message),
        ..check
    }
}

/// DRS hears of the agent. A repair is told what it costs, and whether it is needed.
fn agent(
    server: &ServerFacts,
    record: &RecoveryInstance,
    action: Action,
    around: &Surroundings,
) -> Check {
    let (name, subject) = ("agent_seen", &server.subject.id);
    let price = format!(
        "Price: a reboot and a full copy of {} GiB",
        server.bytes().div_ceil(1 << 30)
    );
    let error = record.replication.error.as_deref();
    let is_lost = record.replication.state == Some(ReplicationState::Disconnected)
        || error == Some("AGENT_NOT_SEEN");
    let silent = record
        .agent_seen_at
        .map(|at| (around.now - at).num_seconds());
    let words = match silent {
        Some(seconds) => format!("The agent was last seen {seconds} s ago"),
        None => "DRS has not heard of the agent yet".to_owned(),
    };
    let is_well = !is_lost && silent.is_some_and(|seconds| seconds <= SILENT_SECONDS);
    // Turned round, DRS misses the agent for some minutes, until the agent has turned round too.
    let is_turning = action == Action::ReProtect
        && record
            .replication
            .state
            .as_ref()
            .is_some_and(|state| *state != ReplicationState::Disconnected);
    match (action, is_well) {
        (_, _) if is_turning => {
            let message = format!("{words}: it is being turned round");
            Check::pass(name, Severity::Critical, subject, message)
        }
        (Action::InstallAgents, true) => Check::fail(
            name,
            Severity::Warning,
            subject,
            format!("{words}: it needs no repair"),
            format!("Start reverse replication instead: it uses the agent that is there. {price}"),
        ),
        (Action::InstallAgents, false) => {
            let message = format!("{words}: a repair is due. {price}");
            Check::pass(name, Severity::Warning, subject, message)
        }
        (_, true) => Check::pass(name, Severity::Critical, subject, words),
        (_, false) if !is_lost && silent.is_none() => Check::fail(
            name,
            Severity::Warning,
            subject,
            words,
            "Wait: an agent takes some minutes after the launch, and the step is tried again until it answers",
        ),
        (_, false) => Check::fail(
            name,
            Severity::Critical,
            subject,
            if is_lost {
                format!("{words}, and DRS takes it for lost")
            } else {
                words
            },
            format!(
                "See that its service aws-replication runs and reaches DRS; otherwise repair the agent. {price}"
            ),
        )
        .seen(
            format!("within {SILENT_SECONDS} s"),
            silent.map_or_else(|| "never".to_owned(), |seconds| format!("{seconds} s ago")),
        ),
    }
}

/// Requirement 000: "Pre-check SSM agent status, provide manual installation instructions".
fn ssm(server: &ServerFacts, managed: Option<&ManagedInstance>, action: Action) -> Check {
    let (name, subject) = ("ssm_online", &server.subject.id);
    // Only a repair goes through Systems Manager.
    let severity = if action == Action::InstallAgents {
        Severity::Critical
    } else {
        Severity::Warning
    };
    let word = managed.map_or("not managed", |managed| managed.ping_status.as_str());
    if managed.is_some_and(|managed| managed.is_online) {
        return Check::pass(name, severity, subject, "Systems Manager reaches it");
    }
    Check::fail(
        name,
        severity,
        subject,
        format!("Systems Manager does not reach it: {word}"),
        "See that the SSM agent is installed and runs, that the instance profile has AmazonSSMManagedInstanceCore, and \
         that the endpoints ssm, ssmmessages and ec2messages are reachable on TCP 443; without it the agent can only be \
         repaired by hand: stop and uninstall it, reboot, run the installer for the origin region",
    )
    .seen("Online", word)
}

/// Whatever the other side is: whom exactly the rules let through cannot be judged, since endpoints have no fixed
/// addresses.
fn security_groups(
    server: &ServerFacts,
    instance: &TargetInstance,
    around: &Surroundings,
) -> Check {
    let subject = &server.subject.id;
    let groups: Vec<&SecurityGroup> = instance
        .security_group_ids
        .iter()
        .filter_map(|id| around.security_groups.get(id))
        .collect();
    let closed: Vec<String> = PORTS
        .into_iter()
        .filter(|port| !groups.iter().any(|group| group.allows(true, *port)))
        .map(|port| port.to_string())
        .collect();
    if closed.is_empty() {
        let message = "Security groups allow DRS traffic: TCP 443 and 1500 out";
        return Check::pass(SECURITY_GROUPS, Severity::Critical, subject, message);
    }
    Check::fail(
        SECURITY_GROUPS,
        Severity::Critical,
        subject,
        format!("{}: no security group lets TCP {} out", instance.id, closed.join(" and ")),
        "Allow outbound TCP 443 to the endpoints of DRS, S3 and EC2, and TCP 1500 to the staging subnet",
    )
    .seen("443 and 1500", format!("without {}", closed.join(" and ")))
}

/// There is a way from its subnet to the staging subnet. By route tables and settings: nothing is sent.
fn connectivity(
    server: &ServerFacts,
    instance: &TargetInstance,
    around: &Surroundings,
    destination: &Destination,
) -> Check {
    let subject = &server.subject.id;
    let (Some(subnet), Some(vpc)) = (&instance.subnet_id, &instance.vpc_id) else {
        return Check::fail(
            CONNECTIVITY,
            Severity::Critical,
            subject,
            format!("{} is in no subnet", instance.id),
            "See whether the instance still exists",
        );
    };
    let is_private = destination
        .settings
        .as_ref()
        .is_some_and(|settings| settings.use_private_ip);
    let staging = destination.staging_subnet.as_ref().filter(|_| is_private);
    let to = staging.map(|staging| staging.cidr.as_str());
    let aim = to.map_or_else(
        || "the internet".to_owned(),
        |cidr| format!("the staging subnet {cidr}"),
    );
    let check = |severity, message: String, remediation: &str| {
        Check::fail(CONNECTIVITY, severity, subject, message, remediation)
    };
    match leaves(&around.route_tables, (subnet, vpc), to) {
        // What both look like is no way; but a VPN of the instances' own would not be seen here.
        Leaves::Stays => check(
            Severity::Warning,
            format!("The ranges of the two VPCs overlap: packets to {aim} stay in {vpc}"),
            "Let the replication settings use public addresses, or choose a staging subnet of another range",
        ),
        Leaves::By(gateway) if is_private && is_internet(gateway) => check(
            Severity::Warning,
            format!(
                "Replication uses private addresses, but the route to {aim} leads to {gateway}"
            ),
            "Connect the VPCs by peering, transit gateway or VPN, or let the replication settings use public addresses",
        ),
        Leaves::By(gateway) => Check::pass(
            CONNECTIVITY,
            Severity::Critical,
            subject,
            format!("{aim} is routed by {gateway}; by route tables, nothing was sent"),
        ),
        Leaves::NoWay => check(
            Severity::Critical,
            format!("Subnet {subnet} has no route to {aim}"),
            "Add a route from the subnet of the instance to the staging subnet: NAT or internet gateway, peering, transit \
             gateway or VPN",
        ),
        Leaves::Unknown => check(
            Severity::Info,
            format!("The route table of subnet {subnet} could not be looked at"),
            "Allow ec2:DescribeRouteTables to have the way to the staging subnet checked",
        ),
    }
}

/// A gateway that private addresses do not pass.
fn is_internet(gateway: &str) -> bool {
    gateway.starts_with("igw-") || gateway.starts_with("nat-")
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
