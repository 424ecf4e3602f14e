//! Points in time that a server can be recovered from.

use aws_sdk_drs::types as sdk;
use chrono::{DateTime, Utc};
use dr_error::Result;
use dr_model::ids::SourceServerId;

use crate::client::{Drs, PAGE};
use crate::time::instant;

/// A point in time of a source server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryPoint {
    /// Its id, such as `pit-1234567890abcdef0`.
    pub id: String,
    /// When it was taken; `None` while it is being taken.
    pub at: Option<DateTime<Utc>>,
    /// When it was due.
    pub expected_at: Option<DateTime<Utc>>,
    /// The EBS snapshots that it is made of.
    pub ebs_snapshots: Vec<String>,
}

impl Drs {
    /// The points in time of a server, newest first. IAM: `drs:DescribeRecoverySnapshots`.
    ///
    /// # Errors
    /// `Error::Aws`; `NotFound` class for a server that is not there.
    pub async fn recovery_points(&self, id: &SourceServerId) -> Result<Vec<RecoveryPoint>> {
        let snapshots = self
            .caller
            .pages("DescribeRecoverySnapshots", |token| {
                let call = self
                    .client
                    .describe_recovery_snapshots()
                    .source_server_id(id.as_str())
                    .order(sdk::RecoverySnapshotsOrder::Desc)
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.items.unwrap_or_default(), page.next_token))
                }
            })
            .await?;
        Ok(snapshots.iter().map(point).collect())
    }
}

fn point(snapshot: &sdk::RecoverySnapshot) -> RecoveryPoint {
    RecoveryPoint {
        id: snapshot.snapshot_id().to_owned(),
        at: snapshot.timestamp().and_then(instant),
        expected_at: instant(snapshot.expected_timestamp()),
        ebs_snapshots: snapshot.ebs_snapshots().to_vec(),
    }
}
