//! EBS volumes: described, detached, deleted. They are made by launches alone.

use std::collections::BTreeMap;

use super::describe::stamp;
use super::fault::{refused, unknown_ids};
use super::filters::{self, Filtered, Values};
use super::network::pick;
use super::resources::{InstanceState, Volume};
use super::tags::write_tags;
use super::{answer, here};
use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};
use crate::wire::query::{Params, Xml};
use crate::world::World;

impl Volume {
    /// EC2's word for its state.
    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.attachment.is_some() {
            "in-use"
        } else {
            "available"
        }
    }
}

impl Filtered for &Volume {
    fn values(&self, filter: &str) -> Option<Values> {
        let attached = |pick: fn(&super::Attachment) -> String| {
            Some(self.attachment.iter().map(pick).collect())
        };
        match filter {
            "attachment.instance-id" => attached(|a| a.instance_id.clone()),
            "attachment.device" => attached(|a| a.device_name.clone()),
            "attachment.status" => attached(|a| attachment_word(a).to_owned()),
            "attachment.delete-on-termination" => attached(|a| a.delete_on_termination.to_string()),
            "volume-id" => Some(vec![self.id.clone()]),
            "status" => Some(vec![self.status().to_owned()]),
            "availability-zone" => Some(vec![self.zone.clone()]),
            "size" => Some(vec![self.size_gib.to_string()]),
            "volume-type" => Some(vec![self.volume_type.clone()]),
            "encrypted" => Some(vec![self.kms_key_arn.is_some().to_string()]),
            _ => None,
        }
    }

    fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }
}

fn attachment_word(attachment: &super::Attachment) -> &'static str {
    if attachment.detaching {
        "detaching"
    } else {
        "attached"
    }
}

/// `DescribeVolumes`.
pub(super) fn describe(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let ec2 = here(world, call);
    let unknown = ("InvalidVolume.NotFound", "volume");
    let (volumes, next) = pick(&ec2.volumes, params, "VolumeId", unknown).map_err(|error| {
        // EC2 words this one without "ID".
        ServiceError {
            message: error.message.replace("volume ID", "volume"),
            ..error
        }
    })?;
    Ok(answer(call, |xml| {
        xml.list("volumeSet", "item", volumes, |xml, v| {
            xml.text("volumeId", &v.id).text("size", v.size_gib);
            xml.text("snapshotId", "").text("availabilityZone", &v.zone);
            xml.text("status", v.status())
                .text("createTime", stamp(v.created));
            xml.list("attachmentSet", "item", &v.attachment, |xml, a| {
                xml.text("volumeId", &v.id);
                write_attachment(xml, a, attachment_word(a));
            });
            xml.text("volumeType", &v.volume_type);
            xml.maybe("iops", v.iops).maybe("throughput", v.throughput);
            xml.text("encrypted", v.kms_key_arn.is_some());
            xml.maybe("kmsKeyId", v.kms_key_arn.as_ref());
            xml.text("multiAttachEnabled", false);
            write_tags(xml, &v.tags);
        });
        filters::write_next(xml, next);
    }))
}

fn write_attachment(xml: &mut Xml, a: &super::Attachment, status: &str) {
    xml.text("instanceId", &a.instance_id)
        .text("device", &a.device_name);
    xml.text("status", status)
        .text("attachTime", stamp(a.since));
    xml.text("deleteOnTermination", a.delete_on_termination);
}

fn unknown(id: &str) -> ServiceError {
    let error = unknown_ids("InvalidVolume.NotFound", "volume", &[id]);
    ServiceError {
        message: error.message.replace("volume ID", "volume"),
        ..error
    }
}

/// `DetachVolume`: not the root of a machine that is up.
pub(super) fn detach(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let id = params.required("VolumeId")?;
    let ec2 = &mut world.place(&call.caller.account, &call.region).ec2;
    let volume = ec2.volumes.get(id).ok_or_else(|| unknown(id))?;
    let not_attached = || {
        refused(
            "IncorrectState",
            format!("Volume '{id}' is in the 'available' state."),
        )
    };
    let attachment = volume.attachment.clone().ok_or_else(not_attached)?;
    if params
        .get("InstanceId")
        .is_some_and(|i| i != attachment.instance_id)
        || params
            .get("Device")
            .is_some_and(|d| d != attachment.device_name)
    {
        return Err(refused(
            "InvalidAttachment.NotFound",
            format!("The volume '{id}' is not attached there"),
        ));
    }
    let up = ec2.instances.get(&attachment.instance_id).is_some_and(|i| {
        i.root_device_name == attachment.device_name && i.state != InstanceState::Stopped
    });
    if up {
        return Err(refused(
            "OperationNotPermitted",
            format!(
                "Unable to detach root volume '{id}' from instance '{}'",
                attachment.instance_id
            ),
        ));
    }
    ec2.begin_detach(id, call.now);
    Ok(answer(call, |xml| {
        xml.text("volumeId", id);
        write_attachment(xml, &attachment, "detaching");
    }))
}

/// `DeleteVolume`: only one that nobody uses.
pub(super) fn delete(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let id = params.required("VolumeId")?;
    let ec2 = &mut world.place(&call.caller.account, &call.region).ec2;
    let volume = ec2.volumes.get(id).ok_or_else(|| unknown(id))?;
    if let Some(attachment) = &volume.attachment {
        return Err(refused(
            "VolumeInUse",
            format!(
                "Volume {id} is currently attached to {}",
                attachment.instance_id
            ),
        ));
    }
    ec2.volumes.remove(id);
    Ok(answer(call, |xml| {
        xml.text("return", true);
    }))
}
