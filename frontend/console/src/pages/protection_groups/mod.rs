//! Protection groups: the list, with deletion of several.

mod view_model;

use std::collections::BTreeSet;

use dr_api::accounts::ListRequest;
use dr_api::groups::{DeleteProtectionGroup, ListProtectionGroups, ProtectionGroupRequest};
use dr_model::group::ProtectionGroup;
use dr_model::ids::GroupId;
use dr_model::role::Permission;
use leptos::prelude::*;
use ui::{Breadcrumbs, Button, Column, Confirm, Crumb, Empty, PageHeader, Table, use_flashes};

use self::view_model::{deleted, selection_kind, selection_text, why_not_delete};
use crate::api::use_api;
use crate::auth::use_why_not;
use crate::doing::Doing;
use crate::format::time;
use crate::live::{Live, poll};
use crate::route::link;

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
    let asking = RwSignal::new(false);
    let may_not = use_why_not(Permission::ManagePlans);
    let why_not = Signal::derive(move || {
        may_not
            .get()
            .or_else(|| why_not_delete(selection.with(BTreeSet::len)))
    });
    let crumbs = vec![
        Crumb::new("Dashboard", link("/")),
        Crumb::new("Protection groups", link("/protection-groups")),
    ];
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Protection groups".to_owned() description="Servers that are recovered together." />
            <Table id="protection-groups" title="Groups" rows=live.value columns=columns() key=|group: &ProtectionGroup| group.id.to_string()
                problem=live.problem age_seconds=live.age_seconds on_retry=live.retry() selection=selection
                actions=move || view! { <Button why_not=why_not on_click=move |_| asking.set(true)>"Delete"</Button> }
                empty=|| view! { <Empty title="No protection groups" text="A group holds the servers that a recovery plan recovers together." /> } />
            <Delete open=asking selection=selection live=live />
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

#[component]
fn Delete(
    open: RwSignal<bool>,
    selection: RwSignal<BTreeSet<String>>,
    live: Live<Vec<ProtectionGroup>>,
) -> impl IntoView {
    let api = use_api();
    let flashes = use_flashes();
    let doing = Doing::default();
    let confirm = move |()| {
        let ids = selection.get_untracked();
        let work = async move {
            let mut count = 0;
            for id in ids {
                let Ok(group_id) = id.parse::<GroupId>() else {
                    continue;
                };
                let answer = api
                    .call::<DeleteProtectionGroup>(&ProtectionGroupRequest { group_id })
                    .await;
                // What is deleted is not deleted again when the rest is tried once more.
                live.refresh();
                answer?;
                selection.update(|chosen| {
                    chosen.remove(&id);
                });
                count += 1;
            }
            Ok(count)
        };
        doing.run(work, move |count: usize| {
            open.set(false);
            flashes.success(deleted(count));
        });
    };
    let names = move || {
        let chosen = selection.get();
        let groups = live.value.get().unwrap_or_default();
        groups
            .iter()
            .filter(|group| chosen.contains(group.id.as_str()))
            .map(|group| view! { <li>{group.name.clone()}</li> })
            .collect::<Vec<_>>()
    };
    view! {
        <Confirm open=open title="Delete protection groups?" verb="Delete" word=Signal::stored("delete".to_owned())
            busy=doing.busy problem=doing.problem on_confirm=confirm>
            <p>"These groups and their instance pairs are deleted. Servers, instances and replication stay as they are."</p>
            <ul class="console-bullets">{names}</ul>
        </Confirm>
    }
}
