//! Tags: written, removed, and listed across all kinds of resources.

use std::collections::BTreeMap;

use super::fault::{missing, refused, value};
use super::filters::{self, Filtered, Page, Values};
use super::resources::Tags;
use super::{State, answer, here};
use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};
use crate::wire::query::{Params, Xml};
use crate::world::World;

/// Tags per resource (EC2 user guide, tag restrictions).
const TAGS_PER_RESOURCE: usize = 50;
/// Characters in a tag's key and value (EC2 user guide, tag restrictions).
const TAG_CHARACTERS: (usize, usize) = (128, 256);

/// Writes a `tagSet`.
pub(super) fn write_tags(xml: &mut Xml, tags: &Tags) {
    xml.list("tagSet", "item", tags, |xml, (key, value)| {
        xml.text("key", key).text("value", value);
    });
}

/// Reads `PREFIX.N.Key` / `PREFIX.N.Value` into tags, within EC2's limits.
pub(super) fn read_tags(params: &Params, prefix: &str) -> ServiceResult<Tags> {
    let mut tags = Tags::new();
    for tag in params.structures(prefix) {
        let key = tag.get("Key").ok_or_else(|| missing("Tag.Key"))?;
        let text = tag.get("Value").unwrap_or_default();
        if key.starts_with("aws:") {
            return Err(value(
                "Tag keys starting with 'aws:' are reserved for internal use",
            ));
        }
        if key.is_empty() || key.chars().count() > TAG_CHARACTERS.0 {
            return Err(value(format!(
                "Tag key exceeds the maximum length of {} characters",
                TAG_CHARACTERS.0
            )));
        }
        if text.chars().count() > TAG_CHARACTERS.1 {
            return Err(value(format!(
                "Tag value exceeds the maximum length of {} characters",
                TAG_CHARACTERS.1
            )));
        }
        tags.insert(key.to_owned(), text.to_owned());
    }
    Ok(tags)
}

impl State {
    /// The tags of any resource, by its id.
    pub(super) fn tags_of(&mut self, id: &str) -> Option<&mut Tags> {
        let (kind, _) = id.split_once('-')?;
        match kind {
            "i" => self.instances.get_mut(id).map(|r| &mut r.tags),
            "vol" => self.volumes.get_mut(id).map(|r| &mut r.tags),
            "subnet" => self.subnets.get_mut(id).map(|r| &mut r.tags),
            "sg" => self.security_groups.get_mut(id).map(|r| &mut r.tags),
            "lt" => self.templates.get_mut(id).map(|r| &mut r.tags),
            _ => None,
        }
    }

    /// All tags: resource id, resource type, tags.
    fn all_tags(&self) -> impl Iterator<Item = (&String, &'static str, &Tags)> {
        let instances = self
            .instances
            .iter()
            .map(|(id, r)| (id, "instance", &r.tags));
        let templates = self
            .templates
            .iter()
            .map(|(id, r)| (id, "launch-template", &r.tags));
        let groups = self
            .security_groups
            .iter()
            .map(|(id, r)| (id, "security-group", &r.tags));
        let subnets = self.subnets.iter().map(|(id, r)| (id, "subnet", &r.tags));
        let volumes = self.volumes.iter().map(|(id, r)| (id, "volume", &r.tags));
        instances
            .chain(templates)
            .chain(groups)
            .chain(subnets)
            .chain(volumes)
    }
}

fn unknown(id: &str) -> ServiceError {
    let (code, noun) = match id.split_once('-').map(|(kind, _)| kind) {
        Some("i") => ("InvalidInstanceID.NotFound", "instance"),
        Some("vol") => ("InvalidVolume.NotFound", "volume"),
        Some("subnet") => ("InvalidSubnetID.NotFound", "subnet"),
        Some("sg") => ("InvalidGroup.NotFound", "security group"),
        Some("lt") => ("InvalidLaunchTemplateId.NotFound", "launch template"),
        _ => ("InvalidID", "resource"),
    };
    refused(code, format!("The {noun} ID '{id}' does not exist"))
}

/// The ids that a tag call is about, all of them known.
fn resources(ec2: &mut State, params: &Params) -> ServiceResult<Vec<String>> {
    let ids: Vec<String> = params
        .list("ResourceId")
        .into_iter()
        .map(str::to_owned)
        .collect();
    if ids.is_empty() {
        return Err(missing("resourceIdSet"));
    }
    match ids.iter().find(|id| ec2.tags_of(id).is_none()) {
        Some(id) => Err(unknown(id)),
        None => Ok(ids),
    }
}

/// `CreateTags`: all resources or none.
pub(super) fn create(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let ec2 = &mut world.place(&call.caller.account, &call.region).ec2;
    let ids = resources(ec2, params)?;
    let tags = read_tags(params, "Tag")?;
    if tags.is_empty() {
        return Err(missing("tagSet"));
    }
    for id in &ids {
        if let Some(have) = ec2.tags_of(id) {
            let new = tags.keys().filter(|key| !have.contains_key(*key)).count();
            if have.len() + new > TAGS_PER_RESOURCE {
                return Err(refused(
                    "TagLimitExceeded",
                    format!(
                        "The maximum number of Tags for this resource has been reached: {TAGS_PER_RESOURCE}"
                    ),
                ));
            }
        }
    }
    for id in &ids {
        if let Some(have) = ec2.tags_of(id) {
            have.extend(tags.clone());
        }
    }
    Ok(answer(call, |xml| {
        xml.text("return", true);
    }))
}

/// `DeleteTags`: a tag given with a value goes only if it has that value; none given, all go.
pub(super) fn delete(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let ec2 = &mut world.place(&call.caller.account, &call.region).ec2;
    let ids = resources(ec2, params)?;
    let wanted = params.structures("Tag");
    for id in &ids {
        let Some(have) = ec2.tags_of(id) else {
            continue;
        };
        if wanted.is_empty() {
            have.retain(|key, _| key.starts_with("aws:"));
        }
        for tag in &wanted {
            let key = tag.get("Key").ok_or_else(|| missing("Tag.Key"))?;
            if tag
                .get("Value")
                .is_none_or(|v| have.get(key).is_some_and(|h| h == v))
            {
                have.remove(key);
            }
        }
    }
    Ok(answer(call, |xml| {
        xml.text("return", true);
    }))
}

/// One tag of one resource, as `DescribeTags` lists them.
struct TagOf<'a> {
    resource: &'a str,
    kind: &'static str,
    key: &'a str,
    value: &'a str,
    /// `tag:KEY` filters look here.
    only: Tags,
}

impl Filtered for TagOf<'_> {
    fn values(&self, filter: &str) -> Option<Values> {
        Some(vec![match filter {
            "resource-id" => self.resource.to_owned(),
            "resource-type" => self.kind.to_owned(),
            "key" => self.key.to_owned(),
            "value" => self.value.to_owned(),
            _ => return None,
        }])
    }

    fn tags(&self) -> &BTreeMap<String, String> {
        &self.only
    }
}

/// `DescribeTags`.
pub(super) fn describe(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let ec2 = here(world, call);
    let filters = filters::read(params)?;
    let page = Page::read(params, 5, 1000)?;
    let mut keyed: Vec<(String, TagOf<'_>)> = ec2
        .all_tags()
        .flat_map(|(id, kind, tags)| {
            tags.iter().map(move |(key, value)| {
                let only = Tags::from([(key.clone(), value.clone())]);
                // Id and key together order the tags; a line feed is in neither.
                (
                    format!("{id}\n{key}"),
                    TagOf {
                        resource: id,
                        kind,
                        key,
                        value,
                        only,
                    },
                )
            })
        })
        .collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    let (found, next) = page.take(keyed.iter().map(|(k, t)| (k, t)), |tag| {
        filters::pass(*tag, &filters)
    })?;
    Ok(answer(call, |xml| {
        xml.list("tagSet", "item", found, |xml, tag| {
            xml.text("resourceId", tag.resource)
                .text("resourceType", tag.kind);
            xml.text("key", tag.key).text("value", tag.value);
        });
        filters::write_next(xml, next);
    }))
}
