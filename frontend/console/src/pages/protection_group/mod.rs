//! A protection group: what it is, and its instance pairs.

use std::sync::Arc;

use dr_api::groups::{GetProtectionGroup, ProtectionGroupRequest};
use dr_api::pairs::{ListInstancePairs, ListPairsRequest};
use dr_model::group::{ProtectionGroup, Selection};
use dr_model::ids::GroupId;
use dr_model::pair::InstancePair;
use leptos::prelude::*;
use ui::{
    Breadcrumbs, Column, Container, Crumb, Empty, ErrorPanel, KeyValue, PageHeader, Pair, Table,
};

use crate::api::use_api;
use crate::format::time;
use crate::live::{Watched, poll};
use crate::route::{link, parameter};
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
    let crumbs = Signal::derive(move || {
        vec![
            Crumb::new("Dashboard", link("/")),
            Crumb::new("Protection groups", link("/protection-groups")),
            Crumb::new(name.get(), own.clone()),
        ]
    });
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title=name />
            <Watched live=live loading="Loading the group" view=|group| view! { <Details group=group /> }.into_any() />
            <Pairs id=id />
        </div>
    }
}

#[component]
fn Details(group: Signal<Arc<ProtectionGroup>>) -> impl IntoView {
    let of = move |read: fn(&ProtectionGroup) -> String| move || group.with(|group| read(group));
    let pairs = vec![
        Pair::new("Id", of(|group| group.id.to_string())),
        Pair::new("Description", of(|group| group.description.clone())),
        Pair::new("From", of(|group| group.direction.primary.to_string())),
        Pair::new("To", of(|group| group.direction.recovery.to_string())),
        Pair::new("Servers", of(servers)),
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
        Selection::Tags(tags) => tags
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

#[component]
fn Pairs(id: GroupId) -> impl IntoView {
    let api = use_api();
    let asked = ListPairsRequest {
        group_id: id,
        limit: Default::default(),
        next_token: None,
    };
    let live = poll(move || {
        let asked = asked.clone();
        async move {
            api.all::<ListInstancePairs, _>(&asked, |page| (page.pairs, page.next_token))
                .await
        }
    });
    let columns = vec![
        Column::new("server", "Server", |pair: &InstancePair| {
            pair.source_name
                .clone()
                .unwrap_or_else(|| pair.source_server_id.to_string())
        }),
        Column::new("server-id", "Server id", |pair: &InstancePair| {
            pair.source_server_id.to_string()
        })
        .hidden(),
        Column::new("target", "Launched into", |pair: &InstancePair| {
            pair.target_name.clone().unwrap_or_default()
        }),
        Column::new("target-id", "Instance id", |pair: &InstancePair| {
            pair.target_instance_id.to_string()
        }),
        Column::new("ip", "Private IP", |pair: &InstancePair| {
            pair.target_private_ip.clone().unwrap_or_default()
        }),
        Column::new("match", "Match", |pair: &InstancePair| {
            words::match_method(pair.method).to_owned()
        })
        .filter(),
        Column::new("confidence", "Confidence", |pair: &InstancePair| {
            format!("{:.0}%", pair.confidence * 100.0)
        })
        .number(|pair| Some(pair.confidence)),
        Column::new("launch", "Launch configuration", |pair: &InstancePair| {
            if pair.configuration.is_some() {
                "Applied"
            } else {
                "Not applied"
            }
            .to_owned()
        })
        .filter(),
    ];
    view! {
        <Table id="pairs" title="Instance pairs" rows=live.value columns=columns key=|pair: &InstancePair| pair.id.to_string()
            problem=live.problem age_seconds=live.age_seconds on_retry=live.retry()
            empty=|| view! { <Empty title="No instance pairs" text="Without a pair a server is launched into a new instance." /> } />
    }
}
