//! Settings of the account in the region, and which instance has which profile.

use std::collections::{BTreeMap, BTreeSet};

use super::describe::write_profile;
use super::filters::{self, Filtered, Page, Values};
use super::resources::{Instance, InstanceState, Tags};
use super::{answer, here};
use crate::error::ServiceResult;
use crate::service::{Answer, Call};
use crate::wire::query::Params;
use crate::world::World;

/// Alias of the key that AWS manages for EBS.
const AWS_MANAGED_KEY: &str = "alias/aws/ebs";

/// `GetEbsEncryptionByDefault`.
pub(super) fn encryption_by_default(
    world: &mut World,
    call: &Call,
    _: &Params,
) -> ServiceResult<Answer> {
    let on = here(world, call).encryption_by_default;
    Ok(answer(call, |xml| {
        xml.text("ebsEncryptionByDefault", on)
            .text("sseType", if on { "sse-kms" } else { "none" });
    }))
}

/// `GetEbsDefaultKmsKeyId`.
pub(super) fn default_kms_key(world: &mut World, call: &Call, _: &Params) -> ServiceResult<Answer> {
    let ec2 = here(world, call);
    let key = ec2.default_kms_key.as_deref().unwrap_or(AWS_MANAGED_KEY);
    Ok(answer(call, |xml| {
        xml.text("kmsKeyId", key);
    }))
}

/// The association of an instance with its profile, as a resource of its own.
struct Association<'a>(&'a Instance);

/// Associations have no tags.
static NO_TAGS: Tags = Tags::new();

impl Filtered for Association<'_> {
    fn values(&self, filter: &str) -> Option<Values> {
        Some(vec![match filter {
            "instance-id" => self.0.id.clone(),
            "state" => "associated".to_owned(),
            _ => return None,
        }])
    }

    fn tags(&self) -> &BTreeMap<String, String> {
        &NO_TAGS
    }
}

/// `DescribeIamInstanceProfileAssociations`.
pub(super) fn profile_associations(
    world: &mut World,
    call: &Call,
    params: &Params,
) -> ServiceResult<Answer> {
    let ec2 = here(world, call);
    let filters = filters::read(params)?;
    let page = Page::read(params, 5, 1000)?;
    let ids: BTreeSet<&str> = params.list("AssociationId").into_iter().collect();
    let associated = ec2.instances.iter().filter(|(_, i)| {
        i.profile.is_some()
            && i.state != InstanceState::Terminated
            && (ids.is_empty() || ids.contains(i.profile_association_id.as_str()))
    });
    let (found, next) = page.take(associated.map(|(id, i)| (id, Association(i))), |a| {
        filters::pass(a, &filters)
    })?;
    if let Some(id) = ids
        .iter()
        .find(|id| !found.iter().any(|a| a.0.profile_association_id == **id))
    {
        return Err(super::fault::refused(
            "InvalidAssociationID.NotFound",
            format!("The association ID '{id}' does not exist"),
        ));
    }
    Ok(answer(call, |xml| {
        xml.list(
            "iamInstanceProfileAssociationSet",
            "item",
            found,
            |xml, Association(i)| {
                xml.text("associationId", &i.profile_association_id);
                xml.text("instanceId", &i.id).text("state", "associated");
                if let Some(profile) = &i.profile {
                    write_profile(xml, call, profile);
                }
            },
        );
        filters::write_next(xml, next);
    }))
}
