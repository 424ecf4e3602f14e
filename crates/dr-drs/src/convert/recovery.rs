//! Recovery instances.

use aws_sdk_drs::types as sdk;
use dr_model::server::RecoveryInstance;

use super::{UNSAID, filled, optional, required};
use crate::time::instant;

/// One recovery instance.
pub(crate) fn recovery_instance(instance: &sdk::RecoveryInstance) -> Option<RecoveryInstance> {
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
    })
}
