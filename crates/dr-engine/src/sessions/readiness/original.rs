//! Judging what servers go home into: A2, and A1. Pure. The failback itself checks again before it launches.

use dr_model::check::{Check, Severity};
use dr_model::server::OriginInstance;
use dr_model::session::{Action, MappedBy};

use crate::sessions::readiness::facts::ServerFacts;
use crate::validation::PairFacts;
use crate::validation::pair::target_checks;

/// Volumes that a Nitro instance attaches beside one network interface (EC2 user guide, "volume limits": 28 in all).
const VOLUMES: usize = 27;

/// A2 is known, and surely the right one.
pub(super) fn way_back(server: &ServerFacts) -> Check {
    let (name, subject) = ("way_back_known", &server.subject.id);
    match &server.a2 {
        None => Check::fail(
            name,
            Severity::Critical,
            subject,
            format!(
                "{} has no source server in the origin region yet",
                server.subject.name
            ),
            "Start reverse replication first, and wait until DRS shows the source server",
        ),
        Some((a2, MappedBy::Name)) => Check::fail(
            name,
            Severity::Warning,
            subject,
            format!("{} was found by its name alone", a2.id),
            "See in the DRS console of the origin region that it stands for this recovery instance",
        ),
        Some((a2, _)) => Check::pass(
            name,
            Severity::Critical,
            subject,
            format!("{} replicates back", a2.id),
        ),
    }
}

/// A1 can be launched into. Before the failback begins there is still time to put it right: a warning.
pub(super) fn checks(server: &ServerFacts, action: Action) -> Vec<Check> {
    let worst = match action {
        Action::FailbackDrill | Action::FailbackRecovery => Severity::Critical,
        _ => Severity::Warning,
    };
    let name = "original_instance";
    let Some(id) = &server.a1_id else {
        return vec![Check::fail(
            name,
            Severity::Info,
            &server.subject.id,
            "It did not come from EC2, or DRS does not say from which instance",
            "Nothing: it fails back into a new instance, with an id and an address of its own",
        )];
    };
    let Some(a1) = &server.a1 else {
        return vec![Check::fail(
            name,
            // A new instance is made then: that works, and id and address are lost.
            Severity::Warning,
            &server.subject.id,
            format!("The original instance {id} does not exist any more"),
            "Nothing, if a new instance will do; otherwise make one, tag it, and pair it with the server by hand",
        )];
    };
    let pair = PairFacts {
        source_server_id: server.subject.id.clone(),
        source: server
            .a2
            .as_ref()
            .map(|(a2, _)| a2.clone())
            .or_else(|| server.b1.clone()),
        // What boots on it is what runs in the recovery region now.
        origin: server.machine.instance.as_ref().map(|b2| OriginInstance {
            id: b2.id.clone(),
            name: None,
            architecture: b2.architecture.clone(),
            boot_mode: Some(b2.boot_mode),
            private_ip: None,
        }),
        target_id: Some(id.clone()),
        target: Some(a1.clone()),
        launch: None,
        pairs_with_same_target: 1,
        other_execution: None,
    };
    let mut checks = target_checks(&pair, a1);
    for check in &mut checks {
        check.severity = check.severity.min(worst);
    }
    let disks = server.disks().len();
    if disks > VOLUMES {
        checks.push(Check::fail(
            "original_instance_volumes",
            Severity::Warning,
            id,
            format!("{disks} disks: most instance types attach at most {VOLUMES}"),
            "See that the type of the original instance attaches as many volumes",
        ));
    }
    checks
}

#[cfg(test)]
#[path = "original_tests.rs"]
mod tests;
