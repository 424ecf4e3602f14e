//! Launch templates and their versions.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::fault::{missing, refused, value};
use super::filters::{self, Filtered, Page, Values};
use super::network::pick;
use super::resources::Tags;
use super::tags::write_tags;
use super::template_data::{TemplateData, below};
use super::{State, answer, here};
use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};
use crate::wire::query::{Params, Xml};
use crate::world::World;

/// A launch template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// `lt-` and 17 hexadecimal digits.
    pub id: String,
    /// Name, unique in account and region.
    pub name: String,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Principal that made it.
    pub created_by: String,
    /// Version used when none is named.
    pub default_version: u64,
    /// Versions by number, from 1.
    pub versions: BTreeMap<u64, Version>,
    /// Tags.
    pub tags: Tags,
}

/// A version of a launch template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Description.
    pub description: Option<String>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Principal that made it.
    pub created_by: String,
    /// What it holds.
    pub data: TemplateData,
}

impl Template {
    /// Number of the newest version.
    #[must_use]
    pub fn latest(&self) -> u64 {
        self.versions
            .last_key_value()
            .map_or(0, |(number, _)| *number)
    }

    /// The number that `$Default`, `$Latest` or digits mean, if there is such a version.
    #[must_use]
    pub fn number(&self, version: &str) -> Option<u64> {
        let number = match version {
            "$Default" | "" => self.default_version,
            "$Latest" => self.latest(),
            digits => digits.parse().ok()?,
        };
        self.versions.contains_key(&number).then_some(number)
    }

    /// What a version holds.
    #[must_use]
    pub fn data(&self, version: &str) -> Option<&TemplateData> {
        let number = self.number(version)?;
        self.versions.get(&number).map(|v| &v.data)
    }
}

impl Filtered for &Template {
    fn values(&self, filter: &str) -> Option<Values> {
        Some(vec![match filter {
            "launch-template-name" => self.name.clone(),
            "create-time" => seconds(self.created),
            _ => return None,
        }])
    }

    fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }
}

/// Launch templates have times without fractions.
fn seconds(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn unknown_name(name: &str) -> ServiceError {
    refused(
        "InvalidLaunchTemplateName.NotFoundException",
        format!("The specified launch template, with template name {name}, does not exist."),
    )
}

fn unknown_id(id: &str) -> ServiceError {
    refused(
        "InvalidLaunchTemplateId.NotFound",
        format!("The specified launch template, with template ID {id}, does not exist."),
    )
}

fn unknown_version(template: &Template, version: &str) -> ServiceError {
    refused(
        "InvalidLaunchTemplateId.VersionNotFound",
        format!(
            "Could not find the specified version {version} for the launch template with ID {}.",
            template.id
        ),
    )
}

/// The id of the template that a call names by id or by name.
fn named(ec2: &State, params: &Params) -> ServiceResult<String> {
    match (
        params.get("LaunchTemplateId"),
        params.get("LaunchTemplateName"),
    ) {
        (Some(_), Some(_)) => Err(refused(
            "InvalidParameterCombination",
            "Either provide launch template ID or launch template name, not both",
        )),
        (Some(id), None) if ec2.templates.contains_key(id) => Ok(id.to_owned()),
        (Some(id), None) => Err(unknown_id(id)),
        (None, Some(name)) => ec2
            .templates
            .values()
            .find(|t| t.name == name)
            .map(|t| t.id.clone())
            .ok_or_else(|| unknown_name(name)),
        (None, None) => Err(missing("LaunchTemplateId")),
    }
}

fn write_template(xml: &mut Xml, template: &Template) {
    xml.text("launchTemplateId", &template.id)
        .text("launchTemplateName", &template.name);
    xml.text("createTime", seconds(template.created))
        .text("createdBy", &template.created_by);
    xml.text("defaultVersionNumber", template.default_version);
    xml.text("latestVersionNumber", template.latest());
    write_tags(xml, &template.tags);
}

fn write_version(xml: &mut Xml, template: &Template, number: u64, version: &Version) {
    xml.text("launchTemplateId", &template.id)
        .text("launchTemplateName", &template.name);
    xml.text("versionNumber", number);
    xml.maybe("versionDescription", version.description.as_ref());
    xml.text("createTime", seconds(version.created))
        .text("createdBy", &version.created_by);
    xml.text("defaultVersion", number == template.default_version);
    xml.element("launchTemplateData", |xml| version.data.write(xml));
}

/// `DescribeLaunchTemplates`.
pub(super) fn describe(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let ec2 = here(world, call);
    if let Some(id) = params
        .list("LaunchTemplateId")
        .into_iter()
        .find(|id| !ec2.templates.contains_key(*id))
    {
        return Err(unknown_id(id));
    }
    let names: BTreeSet<&str> = params.list("LaunchTemplateName").into_iter().collect();
    let have: BTreeSet<&str> = if names.is_empty() {
        BTreeSet::new()
    } else {
        ec2.templates.values().map(|t| t.name.as_str()).collect()
    };
    if let Some(name) = names.iter().find(|name| !have.contains(*name)) {
        return Err(unknown_name(name));
    }
    let unknown = ("InvalidLaunchTemplateId.NotFound", "launch template");
    let (templates, next) = pick(&ec2.templates, params, "LaunchTemplateId", unknown)?;
    let templates = templates
        .into_iter()
        .filter(|t| names.is_empty() || names.contains(t.name.as_str()));
    Ok(answer(call, |xml| {
        xml.list("launchTemplates", "item", templates, write_template);
        filters::write_next(xml, next);
    }))
}

/// `DescribeLaunchTemplateVersions`: of one template, or the default or newest of all.
pub(super) fn describe_versions(
    world: &mut World,
    call: &Call,
    params: &Params,
) -> ServiceResult<Answer> {
    let ec2 = here(world, call);
    let wanted = params.list("LaunchTemplateVersion");
    let page = Page::read(params, 1, 200)?;
    let one =
        params.get("LaunchTemplateId").is_some() || params.get("LaunchTemplateName").is_some();
    let mut found: Vec<(String, (&Template, u64, &Version))> = Vec::new();
    let key = |template: &'_ Template, number: u64| format!("{} {number:020}", template.id);
    if one {
        let id = named(ec2, params)?;
        if let Some(template) = ec2.templates.get(&id) {
            for number in numbers(template, &wanted, params)? {
                if let Some(version) = template.versions.get(&number) {
                    found.push((key(template, number), (template, number, version)));
                }
            }
        }
    } else {
        if wanted.is_empty() || wanted.iter().any(|v| *v != "$Default" && *v != "$Latest") {
            return Err(missing("LaunchTemplateId"));
        }
        for template in ec2.templates.values() {
            let each: BTreeSet<u64> = wanted.iter().filter_map(|v| template.number(v)).collect();
            for number in each {
                if let Some(version) = template.versions.get(&number) {
                    found.push((key(template, number), (template, number, version)));
                }
            }
        }
    }
    let (versions, next) = page.take(found.iter().map(|(k, v)| (k, *v)), |_| Ok(true))?;
    Ok(answer(call, |xml| {
        xml.list(
            "launchTemplateVersionSet",
            "item",
            versions,
            |xml, (template, number, version)| {
                write_version(xml, template, number, version);
            },
        );
        filters::write_next(xml, next);
    }))
}

/// Which versions of one template a call wants.
fn numbers(template: &Template, wanted: &[&str], params: &Params) -> ServiceResult<BTreeSet<u64>> {
    let find = |v: &str| {
        template
            .number(v)
            .ok_or_else(|| unknown_version(template, v))
    };
    if !wanted.is_empty() {
        return wanted.iter().map(|v| find(v)).collect();
    }
    let least = params.get("MinVersion").map_or(Ok(1), find)?;
    let most = params
        .get("MaxVersion")
        .map_or(Ok(template.latest()), find)?;
    Ok(template
        .versions
        .keys()
        .copied()
        .filter(|n| (least..=most).contains(n))
        .collect())
}

/// `CreateLaunchTemplateVersion`.
pub(super) fn create_version(
    world: &mut World,
    call: &Call,
    params: &Params,
) -> ServiceResult<Answer> {
    let pairs = below(params, &call.body, "LaunchTemplateData.");
    let mut data = TemplateData::read(&pairs)?;
    let ec2 = &mut world.place(&call.caller.account, &call.region).ec2;
    let id = named(ec2, params)?;
    let template = ec2.templates.get_mut(&id).ok_or_else(|| unknown_id(&id))?;
    if let Some(source) = params.get("SourceVersion") {
        let from = template
            .data(source)
            .ok_or_else(|| unknown_version(template, source))?;
        data = data.over(from);
    } else if pairs.is_empty() {
        return Err(missing("LaunchTemplateData"));
    }
    let number = template.latest() + 1;
    let version = Version {
        description: params.get("VersionDescription").map(str::to_owned),
        created: call.now,
        created_by: call.caller.arn.clone(),
        data,
    };
    template.versions.insert(number, version.clone());
    let template = &*template;
    Ok(answer(call, |xml| {
        xml.element("launchTemplateVersion", |xml| {
            write_version(xml, template, number, &version)
        });
    }))
}

/// `ModifyLaunchTemplate`: changes which version is the default.
pub(super) fn modify(world: &mut World, call: &Call, params: &Params) -> ServiceResult<Answer> {
    let ec2 = &mut world.place(&call.caller.account, &call.region).ec2;
    let id = named(ec2, params)?;
    let wanted = params
        .get("SetDefaultVersion")
        .ok_or_else(|| missing("DefaultVersion"))?;
    let template = ec2.templates.get_mut(&id).ok_or_else(|| unknown_id(&id))?;
    if wanted.parse::<u64>().is_err() && wanted != "$Latest" {
        return Err(value(format!(
            "Invalid launch template version number: {wanted}"
        )));
    }
    template.default_version = template
        .number(wanted)
        .ok_or_else(|| unknown_version(template, wanted))?;
    let template = &*template;
    Ok(answer(call, |xml| {
        xml.element("launchTemplate", |xml| write_template(xml, template));
    }))
}
