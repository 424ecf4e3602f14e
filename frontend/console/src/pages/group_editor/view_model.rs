//! What the editor of a protection group reads of its fields, and what it says of the servers that they mean.

use std::collections::{BTreeMap, BTreeSet};

use dr_api::bounded::{Description, Name};
use dr_api::groups::{
    CreateProtectionGroupRequest, PreviewSelectionRequest, SelectionPreview,
    UpdateProtectionGroupRequest,
};
use dr_api::infrastructure::SourceServerView;
use dr_model::group::{ProtectionGroup, Selection};
use dr_model::ids::{GroupId, SourceServerId};
use dr_model::place::Direction;
use ui::{Choice, Finding, Problem};

use crate::fields::{kept, refused};
use crate::words::counted;

/// The value of the choice to select by tags.
pub const TAGS: &str = "tags";
/// The value of the choice to select server by server.
pub const SERVERS: &str = "servers";

/// What stands in the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where the originals run, as text.
    pub from: String,
    /// Where they are recovered, as text.
    pub to: String,
    /// How servers are chosen: [`TAGS`] or [`SERVERS`].
    pub by: String,
    /// The tags that a server must carry.
    pub tags: BTreeMap<String, String>,
    /// The ids of the servers that are ticked.
    pub servers: BTreeSet<String>,
}

impl Draft {
    /// The fields of a group; of none: a new one, which goes the usual way or from the first place to the next.
    #[must_use]
    pub fn of(
        group: Option<&ProtectionGroup>,
        usual: Option<&Direction>,
        places: &[Choice],
    ) -> Self {
        let Some(group) = group else {
            let is_known = |place: &str| places.iter().any(|choice| choice.value == place);
            let usual = usual
                .map(|way| (way.primary.to_string(), way.recovery.to_string()))
                .filter(|(from, to)| is_known(from) && is_known(to));
            let (from, to) = usual.unwrap_or_else(|| {
                let from = first(places);
                let to = first(&destinations(places, &from));
                (from, to)
            });
            return Self {
                name: String::new(),
                description: String::new(),
                from,
                to,
                by: TAGS.to_owned(),
                tags: BTreeMap::new(),
                servers: BTreeSet::new(),
            };
        };
        let (by, tags, servers) = match &group.selection {
            Selection::Tags(tags) => (TAGS, tags.clone(), BTreeSet::new()),
            Selection::ServerIds(ids) => (
                SERVERS,
                BTreeMap::new(),
                ids.iter().map(ToString::to_string).collect(),
            ),
        };
        Self {
            name: group.name.clone(),
            description: group.description.clone(),
            from: group.direction.primary.to_string(),
            to: group.direction.recovery.to_string(),
            by: by.to_owned(),
            tags,
            servers,
        }
    }

    fn direction(&self) -> Option<Direction> {
        Some(Direction {
            primary: self.from.parse().ok()?,
            recovery: self.to.parse().ok()?,
        })
    }

    /// Nothing chosen is no selection: no tag at all would mean every server.
    fn selection(&self) -> Option<Selection> {
        if self.by == TAGS {
            return (!self.tags.is_empty()).then(|| Selection::Tags(self.tags.clone()));
        }
        let ids: BTreeSet<SourceServerId> = self
            .servers
            .iter()
            .filter_map(|id| id.parse().ok())
            .collect();
        (!ids.is_empty()).then_some(Selection::ServerIds(ids))
    }

    /// Asks what would be in the group; none while nothing is chosen.
    #[must_use]
    pub fn preview(&self) -> Option<PreviewSelectionRequest> {
        Some(PreviewSelectionRequest {
            direction: self.direction()?,
            selection: self.selection()?,
        })
    }

    /// The request that makes it.
    ///
    /// # Errors
    /// Each field that no group can have.
    pub fn create(&self) -> Result<CreateProtectionGroupRequest, Problem> {
        let mut findings = Vec::new();
        let direction = self.direction();
        if direction.is_none() {
            findings.push(finding(
                "direction.recovery",
                "expected another account or region than the servers run in",
            ));
        }
        let (fields, direction) = (self.checked(&mut findings), direction);
        match (fields, direction) {
            (Some((name, description, selection)), Some(direction)) => {
                Ok(CreateProtectionGroupRequest {
                    name,
                    description,
                    direction,
                    selection,
                })
            }
            _ => Err(refused(findings)),
        }
    }

    /// The request that changes a group, unless somebody else did since it was read.
    ///
    /// # Errors
    /// Each field that no group can have.
    pub fn update(&self, group: &ProtectionGroup) -> Result<UpdateProtectionGroupRequest, Problem> {
        let mut findings = Vec::new();
        let Some((name, description, selection)) = self.checked(&mut findings) else {
            return Err(refused(findings));
        };
        Ok(UpdateProtectionGroupRequest {
            group_id: group.id.clone(),
            name: Some(name),
            description: Some(description),
            selection: Some(selection),
            version: Some(group.version),
        })
    }

    fn checked(&self, findings: &mut Vec<Finding>) -> Option<(Name, Description, Selection)> {
        let name = kept("name", Name::try_from(self.name.clone()), findings);
        let description = kept(
            "description",
            Description::try_from(self.description.clone()),
            findings,
        );
        let selection = self.selection();
        if selection.is_none() {
            findings.push(if self.by == TAGS {
                finding(
                    "selection",
                    "expected at least one tag: no tag at all would mean every server",
                )
            } else {
                finding("selection", "expected at least one ticked server")
            });
        }
        Some((name?, description?, selection?))
    }
}

fn finding(field: &str, message: &str) -> Finding {
    Finding {
        subject: field.to_owned(),
        message: message.to_owned(),
        remediation: None,
    }
}

/// The value of the first choice, or nothing.
#[must_use]
pub fn first(choices: &[Choice]) -> String {
    choices
        .first()
        .map(|choice| choice.value.clone())
        .unwrap_or_default()
}

/// Where servers of a place may be recovered: everywhere else.
#[must_use]
pub fn destinations(places: &[Choice], from: &str) -> Vec<Choice> {
    let others = places.iter().filter(|choice| choice.value != from);
    let others: Vec<Choice> = others.cloned().collect();
    if others.is_empty() {
        return vec![Choice::new("", "No other account or region is registered")];
    }
    others
}

/// Adds a tag as it is typed and gives it as it is shown. A key that is there already gets the new value.
///
/// # Errors
/// In words.
pub fn add_tag(
    tags: &mut BTreeMap<String, String>,
    key: &str,
    value: &str,
) -> Result<String, &'static str> {
    let key = key.trim();
    if key.is_empty() {
        return Err("expected the key of a tag");
    }
    let value = value.trim();
    tags.insert(key.to_owned(), value.to_owned());
    Ok(format!("{key}={value}"))
}

/// The keys of tags that servers carry.
#[must_use]
pub fn keys_in_use(servers: &[SourceServerView]) -> Vec<String> {
    let keys: BTreeSet<&String> = servers.iter().flat_map(|one| one.tags.keys()).collect();
    keys.into_iter().cloned().collect()
}

/// The values that servers carry under a key.
#[must_use]
pub fn values_in_use(servers: &[SourceServerView], key: &str) -> Vec<String> {
    let values: BTreeSet<&String> = servers
        .iter()
        .filter_map(|one| one.tags.get(key.trim()))
        .collect();
    values.into_iter().cloned().collect()
}

/// What a server is called.
#[must_use]
pub fn name(server: &SourceServerView) -> String {
    server
        .name
        .clone()
        .or_else(|| server.hostname.clone())
        .unwrap_or_else(|| server.source_server_id.to_string())
}

/// A server that the group would hold, and the other groups that hold it as well.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The server.
    pub server: SourceServerView,
    /// `web, db`; empty where there is none.
    pub also_in: String,
}

/// The servers of a preview. The group that is edited is no other group.
#[must_use]
pub fn held(preview: &SelectionPreview, own: Option<&GroupId>) -> Vec<Held> {
    let mut also: BTreeMap<&SourceServerId, Vec<&str>> = BTreeMap::new();
    for one in &preview.also_in_groups {
        if Some(&one.group_id) != own {
            let names = also.entry(&one.source_server_id).or_default();
            names.push(&one.group_name);
        }
    }
    let servers = preview.servers.iter();
    servers
        .map(|server| Held {
            server: server.clone(),
            also_in: also
                .get(&server.source_server_id)
                .map(|names| names.join(", "))
                .unwrap_or_default(),
        })
        .collect()
}

/// What a person should know of a preview before he saves.
#[must_use]
pub fn remarks(preview: &SelectionPreview, held: &[Held]) -> Vec<String> {
    let mut remarks = Vec::new();
    if preview.servers.is_empty() && preview.unknown_server_ids.is_empty() {
        remarks.push(
            "No server carries all of these tags now; those that come to carry them will belong to the group."
                .to_owned(),
        );
    }
    let unknown: Vec<String> = preview
        .unknown_server_ids
        .iter()
        .map(ToString::to_string)
        .collect();
    if !unknown.is_empty() {
        remarks.push(format!(
            "DRS does not know {} there: {}.",
            counted(unknown.len(), "chosen server"),
            unknown.join(", ")
        ));
    }
    let shared = held.iter().filter(|one| !one.also_in.is_empty()).count();
    if shared > 0 {
        remarks.push(format!(
            "{} in another group of this way as well.",
            if shared == 1 {
                "1 server is".to_owned()
            } else {
                format!("{shared} servers are")
            }
        ));
    }
    remarks
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
