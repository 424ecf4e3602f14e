//! What a launch template version holds.
//!
//! The parameters are kept as they were sent, as a tree, so that nothing that a client put into a
//! template is lost; what a launch needs is read through accessors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fault::{refused, value};
use crate::error::ServiceResult;
use crate::wire::query::{Params, Xml};

/// Parameters of `RequestLaunchTemplateData` (API reference), as ec2Query names them.
const KNOWN: &[&str] = &[
    "BlockDeviceMapping",
    "CapacityReservationSpecification",
    "CpuOptions",
    "CreditSpecification",
    "DisableApiStop",
    "DisableApiTermination",
    "EbsOptimized",
    "EnclaveOptions",
    "HibernationOptions",
    "IamInstanceProfile",
    "ImageId",
    "InstanceInitiatedShutdownBehavior",
    "InstanceMarketOptions",
    "InstanceRequirements",
    "InstanceType",
    "KeyName",
    "LicenseSpecification",
    "MaintenanceOptions",
    "MetadataOptions",
    "Monitoring",
    "NetworkInterface",
    "NetworkPerformanceOptions",
    "Placement",
    "PrivateDnsNameOptions",
    "SecurityGroup",
    "SecurityGroupId",
    "TagSpecification",
    "UserData",
];

/// A value in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Part {
    /// Text, number or truth value: all are text in this protocol.
    Text(String),
    /// A list.
    List(Vec<Part>),
    /// A structure.
    Fields(BTreeMap<String, Part>),
}

/// The parameters of one version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateData {
    parts: BTreeMap<String, Part>,
}

/// The first network interface of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interface {
    /// Subnet.
    pub subnet_id: Option<String>,
    /// Security groups.
    pub security_groups: Vec<String>,
    /// Private IPv4 address.
    pub private_ip: Option<String>,
}

/// A device of a template and whether its volume dies with the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Device name.
    pub name: String,
    /// Volume type.
    pub volume_type: Option<String>,
}

impl TemplateData {
    /// Reads the parameters below `LaunchTemplateData.`.
    pub(super) fn read(pairs: &[(String, String)]) -> ServiceResult<Self> {
        let mut parts = BTreeMap::new();
        for (name, text) in pairs {
            let top = name.split('.').next().unwrap_or(name);
            if !KNOWN.contains(&top) {
                return Err(refused(
                    "UnknownParameter",
                    format!("The parameter LaunchTemplateData.{top} is not recognized"),
                ));
            }
            insert(&mut parts, name, text)?;
        }
        let parts = parts.into_iter().map(|(k, p)| (k, listed(p))).collect();
        Ok(Self { parts })
    }

    /// Data with the fields that DRS itself fills in; none of them has to be there.
    #[must_use]
    pub fn of(interface: &Interface, instance_type: Option<&str>, profile: Option<&str>) -> Self {
        let text = |t: &str| Part::Text(t.to_owned());
        let mut parts = BTreeMap::new();
        if let Some(t) = instance_type {
            parts.insert("InstanceType".to_owned(), text(t));
        }
        if let Some(p) = profile {
            let fields = BTreeMap::from([("Name".to_owned(), text(p))]);
            parts.insert("IamInstanceProfile".to_owned(), Part::Fields(fields));
        }
        let mut fields = BTreeMap::new();
        if let Some(s) = &interface.subnet_id {
            fields.insert("SubnetId".to_owned(), text(s));
        }
        if let Some(ip) = &interface.private_ip {
            fields.insert("PrivateIpAddress".to_owned(), text(ip));
        }
        if !interface.security_groups.is_empty() {
            let groups = interface.security_groups.iter().map(|g| text(g)).collect();
            fields.insert("SecurityGroupId".to_owned(), Part::List(groups));
        }
        if !fields.is_empty() {
            fields.insert("DeviceIndex".to_owned(), text("0"));
            let one = Part::List(vec![Part::Fields(fields)]);
            parts.insert("NetworkInterface".to_owned(), one);
        }
        Self { parts }
    }

    /// This data over a source version's: what is given here wins, the rest is inherited.
    #[must_use]
    pub fn over(mut self, source: &Self) -> Self {
        for (name, part) in &source.parts {
            self.parts
                .entry(name.clone())
                .or_insert_with(|| part.clone());
        }
        self
    }

    /// Instance type.
    #[must_use]
    pub fn instance_type(&self) -> Option<&str> {
        self.text("InstanceType")
    }

    /// Image.
    #[must_use]
    pub fn image_id(&self) -> Option<&str> {
        self.text("ImageId")
    }

    /// Name of the instance profile, whether it was given by name or by ARN.
    #[must_use]
    pub fn profile(&self) -> Option<&str> {
        let Some(Part::Fields(fields)) = self.parts.get("IamInstanceProfile") else {
            return None;
        };
        let field = |name: &str| match fields.get(name) {
            Some(Part::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        field("Name").or_else(|| field("Arn").and_then(|arn| arn.rsplit('/').next()))
    }

    /// The first network interface; groups given outside of it count where it has none.
    #[must_use]
    pub fn interface(&self) -> Interface {
        let first = match self.parts.get("NetworkInterface") {
            Some(Part::List(list)) => list.first(),
            _ => None,
        };
        let mut interface = Interface::default();
        if let Some(Part::Fields(fields)) = first {
            let text = |name: &str| match fields.get(name) {
                Some(Part::Text(text)) => Some(text.clone()),
                _ => None,
            };
            interface.subnet_id = text("SubnetId");
            interface.private_ip = text("PrivateIpAddress");
            interface.security_groups = texts(fields.get("SecurityGroupId"));
        }
        if interface.security_groups.is_empty() {
            interface.security_groups = texts(self.parts.get("SecurityGroupId"));
        }
        interface
    }

    /// Writes `ResponseLaunchTemplateData`.
    pub(super) fn write(&self, xml: &mut Xml) {
        write_fields(xml, &self.parts, "");
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.parts.get(name) {
            Some(Part::Text(text)) => Some(text),
            _ => None,
        }
    }
}

fn texts(part: Option<&Part>) -> Vec<String> {
    let Some(Part::List(list)) = part else {
        return Vec::new();
    };
    list.iter()
        .filter_map(|p| match p {
            Part::Text(text) => Some(text.clone()),
            _ => None,
        })
        .collect()
}

/// Puts one `A.1.B=text` into the tree; numbers stay keys until the whole tree is there.
fn insert(parts: &mut BTreeMap<String, Part>, name: &str, text: &str) -> ServiceResult<()> {
    let Some((first, rest)) = name.split_once('.') else {
        parts.insert(name.to_owned(), Part::Text(text.to_owned()));
        return Ok(());
    };
    let below = parts
        .entry(first.to_owned())
        .or_insert_with(|| Part::Fields(BTreeMap::new()));
    match below {
        Part::Fields(fields) => insert(fields, rest, text),
        _ => Err(value(format!("Invalid structure for parameter {first}"))),
    }
}

/// Turns structures whose names are all numbers into lists, in the order of the numbers.
fn listed(part: Part) -> Part {
    let Part::Fields(fields) = part else {
        return part;
    };
    let numbers: Option<Vec<u32>> = fields.keys().map(|k| k.parse().ok()).collect();
    match numbers {
        Some(numbers) => {
            let mut items: Vec<(u32, Part)> = numbers
                .into_iter()
                .zip(fields.into_values().map(listed))
                .collect();
            items.sort_by_key(|(n, _)| *n);
            Part::List(items.into_iter().map(|(_, p)| p).collect())
        }
        None => Part::Fields(fields.into_iter().map(|(k, p)| (k, listed(p))).collect()),
    }
}

fn write_fields(xml: &mut Xml, fields: &BTreeMap<String, Part>, within: &str) {
    for (name, part) in fields {
        match part {
            Part::Text(text) => {
                xml.text(&lower_first(name), text);
            }
            Part::Fields(below) => {
                xml.element(&lower_first(name), |xml| write_fields(xml, below, name));
            }
            Part::List(items) => write_list(xml, &list_name(name, within), name, items),
        }
    }
}

fn write_list(xml: &mut Xml, tag: &str, name: &str, items: &[Part]) {
    xml.element(tag, |xml| {
        for item in items {
            match item {
                // Group ids within an interface have an element name of their own.
                Part::Text(text) if tag == "groupSet" => {
                    xml.text("groupId", text);
                }
                Part::Text(text) => {
                    xml.text("item", text);
                }
                Part::Fields(below) => {
                    xml.element("item", |xml| write_fields(xml, below, name));
                }
                Part::List(inner) => write_list(xml, "item", name, inner),
            }
        }
    });
}

/// How an answer names a list of the request.
fn list_name(name: &str, within: &str) -> String {
    match (name, within) {
        ("LicenseSpecification", _) => "licenseSet".to_owned(),
        ("SecurityGroupId", "NetworkInterface") => "groupSet".to_owned(),
        _ => format!("{}Set", lower_first(name)),
    }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map(|c| c.to_ascii_lowercase())
        .into_iter()
        .chain(chars)
        .collect()
}

/// All parameters below a prefix, names without it.
pub(super) fn below(params: &Params, body: &[u8], prefix: &str) -> Vec<(String, String)> {
    if !params.any(prefix) {
        return Vec::new();
    }
    let all: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
    all.into_iter()
        .filter_map(|(k, v)| k.strip_prefix(prefix).map(|rest| (rest.to_owned(), v)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn an_interface_is_read_back() {
        let data = TemplateData::read(&pairs(&[
            ("NetworkInterface.1.SubnetId", "subnet-1"),
            ("NetworkInterface.1.SecurityGroupId.1", "sg-1"),
            ("NetworkInterface.1.SecurityGroupId.2", "sg-2"),
            (
                "IamInstanceProfile.Arn",
                "arn:aws:iam::1:instance-profile/app",
            ),
        ]))
        .unwrap();
        assert_eq!(data.interface().subnet_id.as_deref(), Some("subnet-1"));
        assert_eq!(data.interface().security_groups, ["sg-1", "sg-2"]);
        assert_eq!(data.profile(), Some("app"));
    }

    #[test]
    fn a_new_version_inherits_what_it_does_not_give() {
        let source =
            TemplateData::read(&pairs(&[("InstanceType", "t3.large"), ("KeyName", "k")])).unwrap();
        let new = TemplateData::read(&pairs(&[("InstanceType", "m5.large")]))
            .unwrap()
            .over(&source);
        assert_eq!(new.instance_type(), Some("m5.large"));
        assert_eq!(new.text("KeyName"), Some("k"));
    }

    #[test]
    fn an_unknown_parameter_is_refused() {
        let error = TemplateData::read(&pairs(&[("Colour", "red")])).unwrap_err();
        assert_eq!(error.code, "UnknownParameter");
    }

    #[test]
    fn groups_of_an_interface_are_written_as_group_ids() {
        let interface = Interface {
            subnet_id: Some("subnet-1".into()),
            security_groups: vec!["sg-1".into()],
            private_ip: None,
        };
        let mut xml = Xml::new();
        TemplateData::of(&interface, None, None).write(&mut xml);
        let text = xml.into_string();
        assert!(
            text.contains("<groupSet><groupId>sg-1</groupId></groupSet>"),
            "{text}"
        );
    }
}
