//! A protection group: what it is, and its instance pairs.

use std::sync::Arc;

use dr_api::groups::{GetProtectionGroup, ProtectionGroupRequest};
use dr_api::matching::MatchReport;
use dr_api::pairs::{ListInstancePairs, ListPairsRequest};
use dr_model::group::{ProtectionGroup, Selection};
use dr_model::ids::GroupId;
use dr_model::role::Permission;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use ui::{Breadcrumbs, Button, Container, Crumb, ErrorPanel, KeyValue, PageHeader, Pair};

use super::failover::pairing::{MatchByName, Pairing, found, match_summary, report, together};
use crate::api::use_api;
use crate::auth::use_why_not;
use crate::delete::DeleteThis;
use crate::doing::Doing;
use crate::format::time;
use crate::live::{Watched, poll};
use crate::pages::protection_groups::delete;
use crate::route::{crumbs, link, parameter};
use crate::words;

/// The page.
#[component]
pub fn GroupDetail() -> impl IntoView {
    match parameter::<GroupId>("group_id") {
        Ok(id) => view! { <Group id=id /> }.into_any(),
        Err(problem) => view! { <PageHeader title="Protection group".to_owned() /><ErrorPanel problem=problem /> }.into_any(),
    }
}

#[component]
fn Group(id: GroupId) -> impl IntoView {
    let api = use_api();
    let asked = ProtectionGroupRequest {
        group_id: id.clone(),
    };
    let live = poll(move || {
        let asked = asked.clone();
        async move { api.call::<GetProtectionGroup>(&asked).await }
    });
    let name = Signal::derive(move || {
        live.value
            .get()
            .map_or_else(|| "Protection group".to_owned(), |group| group.name.clone())
    });
    let own = link(&format!("/protection-groups/{id}"));
    let buttons = id.clone();
    let crumbs = Signal::derive(move || {
        let mut crumbs = crumbs("Protection groups", "/protection-groups");
        crumbs.push(Crumb::new(name.get(), own.clone()));
        crumbs
    });
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title=name actions=move || view! { <Buttons id=buttons.clone() name=name /> } />
            <Watched live=live loading="Loading the group" view=|group| view! { <Details group=group /><Pairs group=group /> }.into_any() />
        </div>
    }
}

#[component]
fn Buttons(id: GroupId, name: Signal<String>) -> impl IntoView {
    let may_not = use_why_not(Permission::ManagePlans);
    let navigate = use_navigate();
    let edit = link(&format!("/protection-groups/{id}/edit"));
    let edit = Callback::new(move |_| navigate(&edit, NavigateOptions::default()));
    view! {
        <DeleteThis thing="protection group" id=id.to_string() name=name delete=delete list="/protection-groups"
            what="The group and its instance pairs are deleted. Servers, instances and replication stay as they are." />
        <Button why_not=may_not on_click=edit>"Edit"</Button>
    }
}

#[component]
fn Details(group: Signal<Arc<ProtectionGroup>>) -> impl IntoView {
    let of = move |read: fn(&ProtectionGroup) -> String| move || group.with(|group| read(group));
    let home = move || {
        group.with(|group| {
            let other = |text: &'static str, id: &GroupId| {
                view! { <a href=link(&format!("/protection-groups/{id}"))>{text}</a> }.into_any()
            };
            match (&group.mirrored_as, &group.mirror_of) {
                (Some(id), _) => other("The group that brings it home", id),
                (None, Some(id)) => other("Brings this group home", id),
                (None, None) => "–".into_any(),
            }
        })
    };
    let pairs = vec![
        Pair::new("Id", of(|group| group.id.to_string())),
        Pair::new("Description", of(|group| group.description.clone())),
        Pair::new("From", of(|group| group.direction.primary.to_string())),
        Pair::new("To", of(|group| group.direction.recovery.to_string())),
        Pair::new("Servers", of(servers)),
        Pair::new("Failback", home),
        Pair::new("Changed", of(|group| time(group.updated_at))),
    ];
    view! { <Container title="Details".to_owned()><KeyValue pairs=pairs /></Container> }
}

/// All of them: the list has a short form.
fn servers(group: &ProtectionGroup) -> String {
    match &group.selection {
        Selection::ServerIds(ids) => ids
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
        Selection::Tags(tags) => words::tags(tags),
    }
}

/// Pairs are asked for as they change; what matching says of the rest costs calls of AWS and is asked once.
#[component]
fn Pairs(group: Signal<Arc<ProtectionGroup>>) -> impl IntoView {
    let api = use_api();
    let asked = ListPairsRequest {
        group_id: group.with_untracked(|group| group.id.clone()),
        limit: Default::default(),
        next_token: None,
    };
    let own = Signal::stored(vec![asked.group_id.clone()]);
    let live = poll(move || {
        let asked = asked.clone();
        async move {
            api.all::<ListInstancePairs, _>(&asked, |page| (page.pairs, page.next_token))
                .await
        }
    });
    let matched = RwSignal::new(None::<MatchReport>);
    let matching = Doing::default();
    let read = move || {
        let group = group.get_untracked();
        matching.run(async move { report(api, &group).await }, move |report| {
            let _ = matched.try_set(Some(report));
        });
    };
    read();
    let found = Memo::new(move |_| {
        let pairs = live.value.get()?;
        let found =
            group.with(|group| matched.with(|report| found(group, &pairs, report.as_ref())));
        Some(Arc::new(together(vec![found])))
    });
    let summary =
        move || found.with(|found| found.as_ref().map(|found| match_summary(&found.rows)));
    let on_saved = Callback::new(move |()| live.refresh());
    view! {
        <Container title="Matching".to_owned() description="Without a pair a server is launched into a new instance.">
            <div class="ui-stack">
                <p role="status"><strong>{summary}</strong></p>
                {move || matching.problem.get().map(|problem| view! { <ErrorPanel problem=problem on_retry=Callback::new(move |()| read()) /> })}
                <MatchByName groups=own on_saved=on_saved />
            </div>
        </Container>
        <Pairing id="pairs" title="Instance pairs" found=found problem=live.problem age_seconds=live.age_seconds on_saved=on_saved />
    }
}
