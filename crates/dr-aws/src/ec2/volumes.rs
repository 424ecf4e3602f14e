//! EBS volumes: what there is, and what is left over.

use std::collections::BTreeMap;

use aws_sdk_ec2::types as sdk;
use chrono::{DateTime, Utc};
use dr_error::{AwsClass, Result};
use dr_model::ids::InstanceId;

use super::convert::{UNSAID, owned, tags};
use super::{Ec2, PAGE, VALUES_PER_FILTER, filter};

/// EC2 counts volumes in GiB.
const GIB: u64 = 1 << 30;

/// Which volumes to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumeFilter {
    /// Those with these ids; one that does not exist is absent.
    Ids(Vec<String>),
    /// Those attached to these instances.
    AttachedTo(Vec<InstanceId>),
    /// All that are attached to nothing.
    Detached,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Volume {
    /// Its id.
    pub id: String,
    /// Its size.
    pub bytes: u64,
    /// `available` (attached to nothing), `in-use`, `deleting`, ...
    pub state: String,
    /// The instance it is attached to.
    pub attached_to: Option<InstanceId>,
    /// As which device.
    pub device: Option<String>,
    /// `gp3`, `io2`, ...
    pub volume_type: String,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// All tags, `Name` among them.
    pub tags: BTreeMap<String, String>,
}

impl Ec2 {
    /// Volumes. No ids ask for nothing. IAM: `ec2:DescribeVolumes`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn volumes(&self, wanted: &VolumeFilter) -> Result<Vec<Volume>> {
        let filters: Vec<_> = match wanted {
            VolumeFilter::Ids(ids) => ids
                .chunks(VALUES_PER_FILTER)
                .map(|ids| filter("volume-id", ids))
                .collect(),
            VolumeFilter::AttachedTo(ids) => ids
                .chunks(VALUES_PER_FILTER)
                .map(|ids| filter("attachment.instance-id", ids))
                .collect(),
            VolumeFilter::Detached => vec![filter("status", &["available"])],
        };
        let mut found = Vec::new();
        for filter in filters {
            let page = |token| {
                let call = self
                    .client
                    .describe_volumes()
                    .filters(filter.clone())
                    .max_results(PAGE)
                    .set_next_token(token);
                async move {
                    let page = call.send().await?;
                    Ok((page.volumes.unwrap_or_default(), page.next_token))
                }
            };
            found.append(&mut self.caller.pages("DescribeVolumes", page).await?);
        }
        Ok(found.iter().filter_map(volume).collect())
    }

    /// Deletes a volume for good; one that is not there is deleted already. IAM: `ec2:DeleteVolume`.
    ///
    /// # Errors
    /// `Error::Aws`, of class `Conflict` for one that is attached.
    pub async fn delete_volume(&self, id: &str) -> Result<()> {
        let deleted = self
            .caller
            .send("DeleteVolume", || {
                self.client.delete_volume().volume_id(id).send()
            })
            .await;
        match deleted {
            Err(error) if error.aws_class() != Some(AwsClass::NotFound) => Err(error),
            _ => Ok(()),
        }
    }
}

fn volume(volume: &sdk::Volume) -> Option<Volume> {
    // One that is being detached is still in the way of whoever would delete it.
    let attachment = volume
        .attachments()
        .iter()
        .find(|a| a.state() != Some(&sdk::VolumeAttachmentState::Detached));
    Some(Volume {
        id: owned(volume.volume_id())?,
        bytes: volume
            .size()
            .and_then(|gib| u64::try_from(gib).ok())
            .unwrap_or(0)
            .saturating_mul(GIB),
        state: volume
            .state()
            .map_or(UNSAID, |state| state.as_str())
            .to_owned(),
        attached_to: attachment
            .and_then(|a| a.instance_id())
            .and_then(|id| id.parse().ok()),
        device: attachment.and_then(|a| owned(a.device())),
        volume_type: volume
            .volume_type()
            .map_or(UNSAID, |kind| kind.as_str())
            .to_owned(),
        created_at: volume
            .create_time()
            .and_then(|at| DateTime::from_timestamp(at.secs(), at.subsec_nanos())),
        tags: tags(volume.tags()),
    })
}
