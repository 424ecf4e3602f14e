//! `dr group`: protection groups.

use std::io;

use clap::{Args, Subcommand};
use dr_api::accounts::ListRequest;
use dr_api::bounded::{Description, Name};
use dr_api::groups::{
    CreateProtectionGroup, CreateProtectionGroupRequest, DeleteProtectionGroup, GetProtectionGroup,
    ListProtectionGroups, PreviewSelection, PreviewSelectionRequest, ProtectionGroupRequest,
    SelectionPreview, UpdateProtectionGroup, UpdateProtectionGroupRequest,
};
use dr_model::group::{ProtectionGroup, Selection};
use dr_model::ids::SourceServerId;

use super::server::servers;
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::given::{self, PageArgs, PlacesArgs};
use crate::screen::{Cell, Screen};
use crate::{names, row, text};

/// Protection groups.
#[derive(Debug, Subcommand)]
pub enum Group {
    /// List groups.
    #[command(after_help = "Examples:\n  dr group list")]
    List(PageArgs),
    /// Show one.
    #[command(after_help = "Examples:\n  dr group get web")]
    Get(GroupArgs),
    /// Create a group of servers, by tags or by ids.
    #[command(
        after_help = "Examples:\n  dr group create web --from 111122223333/us-east-1 --to 444455556666/us-west-2 --tag Tier=web\n  dr group create db --from 111122223333/us-east-1 --to 444455556666/us-west-2 \\\n    --server s-0123456789abcdef0 --server s-0123456789abcdef1"
    )]
    Create(Create),
    /// Change a group. What is left out stays.
    #[command(
        after_help = "Examples:\n  dr group update web --name web-tier\n  dr group update web --tag Tier=web --tag Stage=prod"
    )]
    Update(Update),
    /// Delete a group that no plan uses.
    #[command(after_help = "Examples:\n  dr group delete web --yes")]
    Delete(Delete),
    /// See which servers tags or ids resolve to now.
    #[command(
        after_help = "Examples:\n  dr group preview --from 111122223333/us-east-1 --to 444455556666/us-west-2 --tag Tier=web"
    )]
    Preview(Preview),
}

/// Names a group.
#[derive(Debug, Args)]
pub struct GroupArgs {
    /// The group: id or name.
    group: String,
}

/// Which servers.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// Servers that carry this tag, and every other one given.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = given::tag, conflicts_with = "servers")]
    tags: Vec<(String, String)>,
    /// This server; repeat, or separate by commas.
    #[arg(long = "server", value_name = "ID", value_delimiter = ',')]
    servers: Vec<SourceServerId>,
}

impl SelectionArgs {
    fn selection(self) -> Option<Selection> {
        if !self.tags.is_empty() {
            Some(Selection::Tags(self.tags.into_iter().collect()))
        } else if !self.servers.is_empty() {
            Some(Selection::ServerIds(self.servers.into_iter().collect()))
        } else {
            None
        }
    }

    fn needed(self) -> Result<Selection, Failure> {
        let nothing = || Failure::Usage("Give --tag KEY=VALUE or --server ID".to_owned());
        self.selection().ok_or_else(nothing)
    }
}

/// Creates.
#[derive(Debug, Args)]
pub struct Create {
    /// A unique name.
    #[arg(value_parser = given::name)]
    name: Name,
    #[command(flatten)]
    places: PlacesArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    /// What it is for.
    #[arg(long, value_parser = given::description)]
    description: Option<Description>,
}

/// Updates.
#[derive(Debug, Args)]
pub struct Update {
    /// The group: id or name.
    group: String,
    /// A unique name.
    #[arg(long, value_parser = given::name)]
    name: Option<Name>,
    #[command(flatten)]
    selection: SelectionArgs,
    /// What it is for.
    #[arg(long, value_parser = given::description)]
    description: Option<Description>,
    /// Only if it still has this version.
    #[arg(long)]
    version: Option<u64>,
}

/// Deletes.
#[derive(Debug, Args)]
pub struct Delete {
    /// The group: id or name.
    group: String,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
}

/// Previews.
#[derive(Debug, Args)]
pub struct Preview {
    #[command(flatten)]
    places: PlacesArgs,
    #[command(flatten)]
    selection: SelectionArgs,
}

impl Group {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::List(page) => {
                let request = ListRequest::default();
                let answer = desk
                    .client
                    .list::<ListProtectionGroups>(&request, page.paging())
                    .await?;
                desk.show(&answer, |screen, list| {
                    let rows = list.protection_groups.iter().map(group_row).collect();
                    let headings = ["name", "servers", "from", "to", "id"];
                    screen.table(&headings, rows, "There is no group.")?;
                    super::say_if_more(screen, list.next_token.as_ref())
                })
            }
            Self::Get(GroupArgs { group }) => {
                let group_id = names::group_id(&desk.client, &group).await?;
                let request = ProtectionGroupRequest { group_id };
                let answer = desk.client.call::<GetProtectionGroup>(&request).await?;
                desk.show(&answer, |screen, group| draw(screen, &group))
            }
            Self::Create(create) => {
                let request = CreateProtectionGroupRequest {
                    name: create.name,
                    description: create.description.unwrap_or_default(),
                    direction: create.places.direction(),
                    selection: create.selection.needed()?,
                };
                let answer = desk.client.call::<CreateProtectionGroup>(&request).await?;
                desk.show(&answer, |screen, group| draw(screen, &group))
            }
            Self::Update(update) => {
                let request = UpdateProtectionGroupRequest {
                    group_id: names::group_id(&desk.client, &update.group).await?,
                    name: update.name,
                    description: update.description,
                    selection: update.selection.selection(),
                    version: update.version,
                };
                let answer = desk.client.call::<UpdateProtectionGroup>(&request).await?;
                desk.show(&answer, |screen, group| draw(screen, &group))
            }
            Self::Delete(Delete { group, yes }) => {
                let group_id = names::group_id(&desk.client, &group).await?;
                desk.agree(&format!("Delete the group {group}?"), yes)?;
                let request = ProtectionGroupRequest { group_id };
                let answer = desk.client.call::<DeleteProtectionGroup>(&request).await?;
                desk.show(&answer, |screen, gone| {
                    screen.line(&format!("Deleted {}.", gone.deleted))
                })
            }
            Self::Preview(Preview { places, selection }) => {
                let request = PreviewSelectionRequest {
                    direction: places.direction(),
                    selection: selection.needed()?,
                };
                let answer = desk.client.call::<PreviewSelection>(&request).await?;
                desk.show(&answer, |screen, preview| draw_preview(screen, &preview))
            }
        }
    }
}

fn selection(selection: &Selection) -> String {
    match selection {
        Selection::ServerIds(ids) => text::count(ids.len(), "server"),
        Selection::Tags(tags) => {
            let words: Vec<String> = tags.iter().map(|(k, v)| format!("{k}={v}")).collect();
            words.join(" ")
        }
    }
}

fn group_row(group: &ProtectionGroup) -> Vec<Cell> {
    row![
        &group.name,
        selection(&group.selection),
        &group.direction.primary,
        &group.direction.recovery,
        &group.id
    ]
}

fn draw(screen: &mut Screen, group: &ProtectionGroup) -> io::Result<()> {
    screen.facts(vec![
        ("Group", Cell::from(&group.name)),
        ("Id", Cell::from(&group.id)),
        ("Description", Cell::from(&group.description)),
        ("From", Cell::from(&group.direction.primary)),
        ("To", Cell::from(&group.direction.recovery)),
        ("Servers", Cell::from(selection(&group.selection))),
        ("Changed", Cell::from(text::time(group.updated_at))),
        ("Version", Cell::from(group.version)),
    ])?;
    if let Selection::ServerIds(ids) = &group.selection {
        let rows = ids.iter().map(|id| row![id]).collect();
        screen.table(&["server"], rows, "")?;
    }
    Ok(())
}

fn draw_preview(screen: &mut Screen, preview: &SelectionPreview) -> io::Result<()> {
    servers(screen, &preview.servers)?;
    screen.line(&format!("{} now.", text::count(preview.total, "server")))?;
    for id in &preview.unknown_server_ids {
        screen.line(&format!("{id}: DRS does not know it there"))?;
    }
    for also in &preview.also_in_groups {
        let (server, group) = (&also.source_server_id, &also.group_name);
        screen.line(&format!("{server}: is in the group {group} as well"))?;
    }
    Ok(())
}
