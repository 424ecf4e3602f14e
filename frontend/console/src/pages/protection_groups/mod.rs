//! Protection groups: the list, with deletion of several.

mod view_model;

use std::collections::BTreeSet;

use dr_api::accounts::ListRequest;
use dr_api::groups::{DeleteProtectionGroup, ListProtectionGroups, ProtectionGroupRequest};
use dr_model::group::ProtectionGroup;
use dr_model::ids::GroupId;
use dr_model::role::Permission;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use ui::{Breadcrumbs, Button, ButtonKind, Column, Empty, PageHeader, Problem, Table};

use self::view_model::{selection_kind, selection_text};
use crate::api::{Authorised, use_api};
use crate::auth::use_why_not;
use crate::delete::{BulkDelete, Deletion};
use crate::format::time;
use crate::live::poll;
use crate::route::{crumbs, link};

/// The page.
#[component]
pub fn ProtectionGroups() -> impl IntoView {
    let api = use_api();
    let live = poll(move || async move {
        api.all::<ListProtectionGroups, _>(&ListRequest::default(), |page| {
            (page.protection_groups, page.next_token)
        })
        .await
    });
    let selection = RwSignal::new(BTreeSet::new());
    let all = Signal::derive(move || {
        let rows = live.value.get().unwrap_or_default();
        rows.iter()
            .map(|group| (group.id.to_string(), group.name.clone()))
            .collect::<Vec<_>>()
    });
    let may_not = use_why_not(Permission::ManagePlans);
    let navigate = use_navigate();
    let create = Callback::new(move |_| {
        navigate(&link("/protection-groups/new"), NavigateOptions::default())
    });
    let crumbs = crumbs("Protection groups", "/protection-groups");
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Protection groups".to_owned() description="Servers that are recovered together." />
            <Table id="protection-groups" title="Groups" rows=live.value columns=columns() key=|group: &ProtectionGroup| group.id.to_string()
                problem=live.problem age_seconds=live.age_seconds on_retry=live.retry() selection=selection
                actions=move || view! {
                    <BulkDelete thing="protection group" select_first="Select groups first" selection=selection all=all delete=delete refresh=live.retry()
                        what="These groups and their instance pairs are deleted. Servers, instances and replication stay as they are." />
                    <Button kind=ButtonKind::Primary why_not=may_not on_click=create>"Create group"</Button>
                }
                empty=|| view! { <Empty title="No protection groups" text="A group holds the servers that a recovery plan recovers together." /> } />
        </div>
    }
}

fn columns() -> Vec<Column<ProtectionGroup>> {
    vec![
        Column::new("name", "Name", |group: &ProtectionGroup| group.name.clone()).cell(|group| {
            view! { <a href=link(&format!("/protection-groups/{}", group.id))>{group.name.clone()}</a> }
        }),
        Column::new("chosen-by", "Chosen by", |group: &ProtectionGroup| selection_kind(&group.selection).to_owned()).filter(),
        Column::new("selection", "Selection", |group: &ProtectionGroup| selection_text(&group.selection)),
        Column::new("from", "From", |group: &ProtectionGroup| group.direction.primary.region.to_string()).filter(),
        Column::new("to", "To", |group: &ProtectionGroup| group.direction.recovery.region.to_string()).filter(),
        Column::new("description", "Description", |group: &ProtectionGroup| group.description.clone()).hidden(),
        Column::new("changed", "Changed", |group: &ProtectionGroup| time(group.updated_at)),
        Column::new("id", "Id", |group: &ProtectionGroup| group.id.to_string()).hidden(),
    ]
}

/// Deletes a group.
pub fn delete(api: Authorised, id: String) -> Deletion {
    Box::pin(async move {
        let group_id = id
            .parse::<GroupId>()
            .map_err(|error| Problem::new("VALIDATION_FAILED", error.to_string()))?;
        let request = ProtectionGroupRequest { group_id };
        api.call::<DeleteProtectionGroup>(&request).await.map(drop)
    })
}
