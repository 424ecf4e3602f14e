//! Recovery instances.

use aws_sdk_drs::types as sdk;
use chrono::{DateTime, Utc};
use dr_model::server::RecoveryInstance;

use super::replication::of_instance;
use super::{UNSAID, filled, optional, required};
use crate::time::instant;

/// One recovery instance, as seen at `now`.
pub(crate) fn recovery_instance(
    instance: &sdk::RecoveryInstance,
    now: DateTime<Utc>,
) -> Option<RecoveryInstance> {
    let replication = of_instance(instance, now);
    Some(RecoveryInstance {
        id: required("recovery instance", instance.recovery_instance_id())?,
        source_server_id: required(
            "source server of a recovery instance",
            instance.source_server_id(),
        )?,
        instance_id: optional(instance.ec2_instance_id()),
        // DRS may leave it out for `false`.
        is_drill: instance.is_drill().unwrap_or(false),
        instance_state: instance
            .ec2_instance_state()
            .map_or(UNSAID, |state| state.as_str())
            .to_ascii_uppercase(),
        job_id: filled(instance.job_id()),
        launched_at: instance
            .point_in_time_snapshot_date_time()
            .and_then(instant),
        failback_state: instance
            .failback()
            .and_then(|f| f.state())
            .map(|state| state.as_str().to_owned()),
        // The agent of a recovery instance is heard of for its replication back, and nowhere else.
        agent_seen_at: replication.last_seen_at,
        replication,
        name: name(instance),
    })
}

/// The Name tag of the record, or the host name that the agent reported.
fn name(instance: &sdk::RecoveryInstance) -> Option<String> {
    let tag = instance.tags().and_then(|tags| tags.get("Name"));
    let hints = instance
        .recovery_instance_properties()
        .and_then(|p| p.identification_hints());
    filled(tag.map(String::as_str))
        .or_else(|| hints.and_then(|h| filled(h.hostname()).or_else(|| filled(h.fqdn()))))
}
