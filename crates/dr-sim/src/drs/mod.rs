//! AWS Elastic Disaster Recovery, as a DR engineer would recognise it.
//!
//! Behaviour that is stored (jobs, configurations, recovery instances) changes by calls and by
//! the steps in [`State::due`]; behaviour that follows from time alone (lag, progress of a copy,
//! points in time) is computed when it is read.

mod configuration;
mod enroll;
mod find;
mod input;
mod instances;
mod job;
mod launch;
mod lifecycle;
mod prerequisites;
mod quotas;
mod replication;
mod replication_info;
mod reverse;
mod servers;
mod snapshots;
mod staging;
mod start_recovery;
mod state;
mod tags;
mod templates;
mod terminate;
mod words;

pub use enroll::{Standing, enroll, origin_of, reenroll, return_agent, standing, withdraw};
pub use job::{Job, LogItem, Participant};
pub use launch::tell_stall;
pub use lifecycle::{Stage, Step, advance, next_due};
pub use prerequisites::{ALLOW_TAG, POLICIES as PROFILE_POLICIES};
pub use replication::{Load, Phase, Replication, error_named, observe};
pub use state::{
    Direction, Disk, LastLaunch, LaunchConfiguration, LaunchTemplate, Machine, Origin,
    RecoveryInstance, ReplicationTemplate, Reversed, SourceServer, Staging, State, Tags,
};
pub use words::arn;

use serde_json::Value;

use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};
use crate::wire::rest_json;
use crate::world::World;

/// Operations that are simulated.
pub const OPERATIONS: &[&str] = &[
    "InitializeService",
    "DescribeSourceServers",
    "DescribeJobs",
    "DescribeJobLogItems",
    "DescribeRecoverySnapshots",
    "DescribeRecoveryInstances",
    "GetLaunchConfiguration",
    "UpdateLaunchConfiguration",
    "GetReplicationConfiguration",
    "DescribeReplicationConfigurationTemplates",
    "DescribeLaunchConfigurationTemplates",
    "StartRecovery",
    "TerminateRecoveryInstances",
    "DisconnectRecoveryInstance",
    "DeleteRecoveryInstance",
    "StopReplication",
    "StartReplication",
    "DisconnectSourceServer",
    "DeleteSourceServer",
    "TagResource",
    "UntagResource",
    "ListTagsForResource",
    "ListStagingAccounts",
    "ListExtensibleSourceServers",
    "CreateExtendedSourceServer",
    "ReverseReplication",
];

/// What an operation answers: status and body (`Value::Null`: none).
pub(crate) struct Reply {
    status: u16,
    body: Value,
}

/// 200 with a body, members without value left out.
pub(crate) fn ok(body: Value) -> ServiceResult<Reply> {
    status(200, body)
}

/// Another status with a body.
pub(crate) fn status(status: u16, body: Value) -> ServiceResult<Reply> {
    Ok(Reply {
        status,
        body: words::without_nulls(body),
    })
}

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Answer {
    match answer(world, call) {
        Ok(reply) => rest_json::with_status(call, reply.status, &reply.body),
        Err(error) => rest_json::error(call, &error),
    }
}

fn answer(world: &mut World, call: &Call) -> ServiceResult<Reply> {
    let initialized = world
        .at(&call.caller.account, &call.region)
        .is_some_and(|place| place.drs.initialized);
    match call.operation.as_str() {
        "InitializeService" => return servers::initialize(world, call),
        "TagResource" => return tags::tag(world, call),
        "UntagResource" => return tags::untag(world, call),
        "ListTagsForResource" => return tags::list(world, call),
        _ if !initialized => {
            return Err(ServiceError::new(
                400,
                "UninitializedAccountException",
                "Account not initialized",
            )
            .with("code", "UninitializedAccountException"));
        }
        _ => {}
    }
    match call.operation.as_str() {
        "DescribeSourceServers" => servers::describe(world, call),
        "DescribeJobs" => job::describe(world, call),
        "DescribeJobLogItems" => job::describe_log(world, call),
        "DescribeRecoverySnapshots" => snapshots::describe(world, call),
        "DescribeRecoveryInstances" => instances::describe(world, call),
        "GetLaunchConfiguration" => configuration::get(world, call),
        "UpdateLaunchConfiguration" => configuration::update(world, call),
        "GetReplicationConfiguration" => templates::replication_configuration(world, call),
        "DescribeReplicationConfigurationTemplates" => templates::describe_replication(world, call),
        "DescribeLaunchConfigurationTemplates" => templates::describe_launch(world, call),
        "StartRecovery" => start_recovery::start(world, call),
        "TerminateRecoveryInstances" => terminate::start(world, call),
        "DisconnectRecoveryInstance" => instances::disconnect(world, call),
        "DeleteRecoveryInstance" => instances::delete(world, call),
        "StopReplication" => servers::stop_replication(world, call),
        "StartReplication" => servers::start_replication(world, call),
        "DisconnectSourceServer" => servers::disconnect(world, call),
        "DeleteSourceServer" => servers::delete(world, call),
        "ListStagingAccounts" => staging::accounts(world, call),
        "ListExtensibleSourceServers" => staging::extensible(world, call),
        "CreateExtendedSourceServer" => staging::extend(world, call),
        "ReverseReplication" => reverse::start(world, call),
        other => Err(ServiceError::new(
            501,
            "NotSimulated",
            format!("dr-sim does not simulate drs {other}"),
        )),
    }
}
