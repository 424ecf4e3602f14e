//! Whether a launched server is where it should be, with the private IP it should have. Pure.

use dr_model::execution::{Batch, Identity, LaunchInto, ServerRun, ServerStatus};
use dr_model::server::RecoveryInstance;
use dr_model::target::TargetInstance;

/// Servers of a batch that launched and were not compared yet.
pub fn unvalidated(batch: &Batch) -> impl Iterator<Item = &ServerRun> {
    batch.servers.iter().filter(|server| {
        server.progress.status == ServerStatus::Launched && server.progress.identity.is_none()
    })
}

/// The batch with the identity of every server whose instance can be seen. O(servers · instances of the batch).
#[must_use]
pub fn validated(
    batch: &Batch,
    recovery: &[RecoveryInstance],
    instances: &[TargetInstance],
) -> Batch {
    let mut next = batch.clone();
    for server in &mut next.servers {
        if server.progress.status != ServerStatus::Launched || server.progress.identity.is_some() {
            continue;
        }
        let seen = recovery
            .iter()
            .find(|instance| is_of_launch(server, instance))
            .and_then(|instance| instance.instance_id.as_ref())
            .and_then(|id| instances.iter().find(|instance| instance.id == *id));
        server.progress.identity =
            seen.map(|instance| compare(&server.blueprint.launch_into, instance));
    }
    next
}

/// Whether a recovery instance is the one that this execution launched: the one that the job named, as DRS may
/// still list that of an earlier launch; where the job named none, the one that lives.
fn is_of_launch(server: &ServerRun, instance: &RecoveryInstance) -> bool {
    instance.source_server_id == server.blueprint.source_server_id
        && instance.is_live()
        && server
            .progress
            .recovery_instance_id
            .as_ref()
            .is_none_or(|id| *id == instance.id)
}

/// Compares where a server was to go with where it runs.
#[must_use]
pub fn compare(wanted: &LaunchInto, instance: &TargetInstance) -> Identity {
    let identity = |instance_id_kept, private_ip_kept, reason: Option<String>| Identity {
        instance_id: instance.id.clone(),
        private_ip: instance.private_ip.clone(),
        instance_id_kept,
        private_ip_kept,
        reason,
    };
    match wanted {
        LaunchInto::NewInstance => identity(
            false,
            false,
            Some("No instance pair: it launched into a new instance".to_owned()),
        ),
        LaunchInto::Target { instance_id, .. } if *instance_id != instance.id => identity(
            false,
            false,
            Some(format!(
                "It runs in {} instead of {instance_id}: somebody changed its launch configuration after it was set",
                instance.id
            )),
        ),
        // The caller gave a pair whose IP nobody had looked up: an instance keeps its own.
        LaunchInto::Target {
            private_ip: None, ..
        } => identity(true, true, None),
        LaunchInto::Target { private_ip, .. } if *private_ip == instance.private_ip => {
            identity(true, true, None)
        }
        LaunchInto::Target { private_ip, .. } => identity(
            true,
            false,
            Some(format!(
                "Its private IP is {} and was {}: the network interface of the instance was changed",
                instance.private_ip.as_deref().unwrap_or("none"),
                private_ip.as_deref().unwrap_or("none")
            )),
        ),
    }
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
