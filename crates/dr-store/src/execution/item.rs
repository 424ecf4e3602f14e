//! Keys and top-level attributes of the items of an execution (requirement 004, "DynamoDB Schema").
//!
//! Only headers carry `primary_account_id` and `execution_type` at the top level, and only batches `wave`:
//! each index holds just the items that it is to list.

use aws_sdk_dynamodb::types::AttributeValue;
use dr_error::Result;
use dr_model::execution::{Batch, Execution, ExecutionType, LaunchInto, ServerRun};
use serde::Serialize;

use crate::item::{Item, Key, encode, expiry, item_of, number, text, timestamp};
use crate::schema::attribute;
use crate::store::Store;

pub(super) const EXECUTION: &str = "execution";
pub(super) const BATCH: &str = "batch";

/// Sort key behind which everything of an execution but its header lies, by kind.
pub(super) fn sort_prefix(execution: &Execution, kind: &str) -> String {
    format!("{}#{kind}#", timestamp(execution.created_at))
}

pub(super) fn header_key(execution: &Execution) -> Key {
    Key::new(attribute::EXECUTION_ID, &execution.id)
        .and(attribute::TIMESTAMP, timestamp(execution.created_at))
}

pub(super) fn batch_key(execution: &Execution, wave: usize, number: usize) -> Key {
    let prefix = sort_prefix(execution, BATCH);
    Key::new(attribute::EXECUTION_ID, &execution.id).and(
        attribute::TIMESTAMP,
        format!("{prefix}{wave:04}#{number:04}"),
    )
}

/// The word by which the index of types lists one.
pub(super) fn type_word(kind: ExecutionType) -> &'static str {
    match kind {
        ExecutionType::Drill => "DRILL",
        ExecutionType::Recovery => "RECOVERY",
    }
}

/// One server as requirement 004 shows it in `recovery_instances`.
#[derive(Serialize)]
struct RecoveryInstanceView<'a> {
    source_server_id: &'a str,
    target_instance_id: Option<&'a str>,
    recovery_instance_id: Option<&'a str>,
    ec2_instance_id: Option<&'a str>,
    launch_status: dr_model::execution::ServerStatus,
    identity_preserved: Option<bool>,
}

impl<'a> RecoveryInstanceView<'a> {
    fn of(server: &'a ServerRun) -> Self {
        let progress = &server.progress;
        let identity = progress.identity.as_ref();
        Self {
            source_server_id: server.blueprint.source_server_id.as_str(),
            target_instance_id: match &server.blueprint.launch_into {
                LaunchInto::Target { instance_id, .. } => Some(instance_id.as_str()),
                LaunchInto::NewInstance => None,
            },
            recovery_instance_id: progress.recovery_instance_id.as_ref().map(|id| id.as_str()),
            ec2_instance_id: identity.map(|identity| identity.instance_id.as_str()),
            launch_status: progress.status,
            identity_preserved: identity
                .map(|identity| identity.instance_id_kept && identity.private_ip_kept),
        }
    }
}

type Attributes = Vec<(&'static str, AttributeValue)>;

impl Store {
    /// When DynamoDB may delete the items of an execution: never, until it has ended.
    pub(super) fn ttl(&self, execution: &Execution) -> Option<AttributeValue> {
        if !execution.status.is_terminal() {
            return None;
        }
        execution.ended_at.map(|end| expiry(end, self.retention))
    }

    pub(super) fn header_item(&self, execution: &Execution) -> Result<Item> {
        let tally = execution.tally();
        let direction = &execution.direction;
        let mut more: Attributes = vec![
            (attribute::KIND, text(EXECUTION)),
            (attribute::VERSION, number(execution.version)),
            (
                attribute::EXECUTION_TYPE,
                text(type_word(execution.execution_type)),
            ),
            (
                "is_drill",
                AttributeValue::Bool(execution.execution_type.is_drill()),
            ),
            (
                attribute::PRIMARY_ACCOUNT_ID,
                text(&direction.primary.account_id),
            ),
            ("primary_region", text(&direction.primary.region)),
            ("dr_account_id", text(&direction.recovery.account_id)),
            ("dr_region", text(&direction.recovery.region)),
            (attribute::STATUS, text(execution.status.as_str())),
            ("instances_launched", number(tally.launched)),
            ("instances_failed", number(tally.failed)),
            ("rto_target_seconds", number(execution.rto_target_seconds)),
            (
                "errors",
                encode(&execution.reason.iter().collect::<Vec<_>>())?,
            ),
        ];
        if let Some(end) = execution.ended_at {
            let seconds = (end - execution.created_at)
                .num_seconds()
                .max(0)
                .unsigned_abs();
            // A pause waits for a person, not for the recovery.
            let actual = seconds.saturating_sub(execution.paused_seconds);
            let achieved = actual <= execution.rto_target_seconds;
            more.push(("duration_seconds", number(seconds)));
            more.push(("rto_actual_seconds", number(actual)));
            more.push(("rto_achieved", AttributeValue::Bool(achieved)));
        }
        more.extend(self.ttl(execution).map(|ttl| (attribute::TTL, ttl)));
        item_of(&header_key(execution), execution, more)
    }

    /// A batch without its log.
    pub(super) fn batch_item(&self, execution: &Execution, batch: &Batch) -> Result<Item> {
        let views: Vec<_> = batch.servers.iter().map(RecoveryInstanceView::of).collect();
        let mut more: Attributes = vec![
            (attribute::KIND, text(BATCH)),
            (attribute::VERSION, number(batch.version)),
            // Waves are counted from 1 for people (requirement 004: `wave-1`).
            (attribute::WAVE, text(format!("wave-{}", batch.wave + 1))),
            (
                "is_drill",
                AttributeValue::Bool(execution.execution_type.is_drill()),
            ),
            ("recovery_instances", encode(&views)?),
        ];
        more.extend(batch.job_id().map(|id| ("job_id", text(id))));
        more.extend(self.ttl(execution).map(|ttl| (attribute::TTL, ttl)));
        let without_log = Batch {
            execution_id: batch.execution_id.clone(),
            wave: batch.wave,
            number: batch.number,
            servers: batch.servers.clone(),
            launch: batch.launch.clone(),
            log: Vec::new(),
            log_copied_at: batch.log_copied_at,
            version: batch.version,
        };
        let key = batch_key(execution, batch.wave, batch.number);
        item_of(&key, &without_log, more)
    }
}
