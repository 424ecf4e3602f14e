//! Source servers: the whole estate, from the inventory.

use dr_api::replication::{EstateServer, ListReplicationRequest, ListReplicationStatus};
use dr_model::replication::ReplicationDirection;
use leptos::prelude::*;
use ui::{Breadcrumbs, Column, Empty, PageHeader, StatusIndicator, Table};

use crate::api::use_api;
use crate::format::{bytes, duration, time};
use crate::live::poll;
use crate::pages::replication::server_path;
use crate::route::{crumbs, link};
use crate::words;

/// The page.
#[component]
pub fn SourceServers() -> impl IntoView {
    let api = use_api();
    let live = poll(move || async move {
        api.all::<ListReplicationStatus, _>(&ListReplicationRequest::default(), |page| {
            (page.servers, page.next_token)
        })
        .await
    });
    let crumbs = crumbs("Source servers", "/source-servers");
    let mut columns = standing();
    columns.extend(origins());
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Source servers".to_owned() description="Every server that DRS replicates, as the inventory was last read." />
            <Table id="source-servers" title="Servers" rows=live.value columns=columns
                key=|one: &EstateServer| format!("{}/{}", one.place, one.server.source_server_id)
                problem=live.problem age_seconds=live.age_seconds on_retry=live.retry()
                empty=|| view! { <Empty title="No source servers" text="Install the replication agent on a machine, or read the inventory again." /> } />
        </div>
    }
}

fn standing() -> Vec<Column<EstateServer>> {
    vec![
        Column::new("server", "Server", |one: &EstateServer| {
            one.server.name.clone()
        })
        .cell(|one| {
            let href = link(&server_path(&one.place, &one.server.source_server_id));
            view! { <a href=href>{one.server.name.clone()}</a> }
        }),
        Column::new("state", "Replication", |one: &EstateServer| {
            words::replication(&one.server.state).1
        })
        .cell(|one| {
            let (status, text) = words::replication(&one.server.state);
            view! { <StatusIndicator status=status text=text /> }
        })
        .filter(),
        Column::new("lag", "Lag", |one: &EstateServer| {
            one.server
                .lag_seconds
                .map_or_else(|| "–".to_owned(), duration)
        })
        .number(|one| one.server.lag_seconds.map(|lag| lag as f64)),
        Column::new("copied", "Copied", |one: &EstateServer| {
            format!("{:.0}%", one.progress_percent)
        })
        .number(|one| Some(one.progress_percent)),
        Column::new("alert", "Alert", |one: &EstateServer| {
            one.alert
                .as_ref()
                .map(|alert| words::severity(alert.severity).1.to_owned())
                .unwrap_or_default()
        })
        .cell(|one| {
            one.alert.as_ref().map(|alert| {
                let (status, text) = words::severity(alert.severity);
                view! { <StatusIndicator status=status text=text.to_owned() /> }
            })
        })
        .filter(),
        Column::new("wrong", "What is wrong", |one: &EstateServer| {
            one.alert
                .as_ref()
                .map(|alert| alert.message.clone())
                .unwrap_or_default()
        }),
        Column::new("direction", "Direction", |one: &EstateServer| {
            direction(&one.server.direction)
        })
        .filter(),
        Column::new("region", "Replicates into", |one: &EstateServer| {
            one.place.region.to_string()
        })
        .filter(),
    ]
}

fn origins() -> Vec<Column<EstateServer>> {
    let text = |value: Option<String>| value.unwrap_or_default();
    vec![
        Column::new("size", "Size", |one: &EstateServer| {
            bytes(one.server.total_bytes)
        })
        .number(|one| Some(one.server.total_bytes as f64)),
        Column::new("since", "In this state since", |one: &EstateServer| {
            time(one.server.state_since)
        })
        .hidden(),
        Column::new("account", "Account", |one: &EstateServer| {
            one.place.account_id.to_string()
        })
        .filter()
        .hidden(),
        Column::new("origin", "Original instance", move |one: &EstateServer| {
            text(
                one.server
                    .origin_instance_id
                    .as_ref()
                    .map(ToString::to_string),
            )
        }),
        Column::new("from", "From", move |one: &EstateServer| {
            text(one.server.origin_region.as_ref().map(ToString::to_string))
        })
        .filter(),
        Column::new("recovered", "Recovery instance", |one: &EstateServer| {
            if one.server.has_recovery_instance {
                "Yes"
            } else {
                "No"
            }
            .to_owned()
        })
        .filter()
        .hidden(),
        Column::new("id", "Id", |one: &EstateServer| {
            one.server.source_server_id.to_string()
        })
        .hidden(),
    ]
}

/// Which way a server replicates.
#[must_use]
pub fn direction(direction: &ReplicationDirection) -> String {
    match direction {
        ReplicationDirection::Failover => "To the recovery region".to_owned(),
        ReplicationDirection::Failback => "Back to the origin".to_owned(),
        ReplicationDirection::Other(word) => word.clone(),
    }
}
