//! The servers of a session: where each is, from the original instance to the one that came home.

use std::collections::BTreeSet;

use dr_api::sessions::SessionServerView;
use dr_model::execution::LaunchInto;
use leptos::prelude::*;
use ui::{Column, Empty, StatusIndicator, Table};

use super::view_model::trouble;
use crate::format::{bytes, duration, time};
use crate::live::Live;
use crate::words;

/// The list.
#[component]
pub fn Servers(
    /// The servers.
    live: Live<Vec<SessionServerView>>,
    /// Those that are ticked: steps are for these.
    selection: RwSignal<BTreeSet<String>>,
) -> impl IntoView {
    let mut columns = where_it_is();
    columns.extend(replication());
    view! {
        <Table id="session-servers" title="Servers" rows=live.value columns=columns key=|server: &SessionServerView| server.source_server_id.to_string()
            problem=live.problem age_seconds=live.age_seconds on_retry=live.retry() selection=selection
            empty=|| view! { <Empty title="No servers" text="The recovery launched none." /> } />
    }
}

fn text<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn where_it_is() -> Vec<Column<SessionServerView>> {
    let mut columns = vec![
        Column::new("server", "Server", |server: &SessionServerView| {
            server.name.clone()
        }),
        Column::new("stage", "Stage", |server: &SessionServerView| {
            words::stage(server.stage).1.to_owned()
        })
        .cell(|server| {
            let (status, text) = words::stage(server.stage);
            view! { <StatusIndicator status=status text=text.to_owned() /> }
        })
        .filter(),
        Column::new("trouble", "What is wrong", trouble),
    ];
    columns.extend(instances());
    columns
}

/// What it was, is and will be in AWS: A1 to A4, B1 and B2.
fn instances() -> Vec<Column<SessionServerView>> {
    vec![
        Column::new(
            "origin",
            "Original instance (A1)",
            |server: &SessionServerView| text(server.origin_instance_id.as_ref()),
        ),
        Column::new(
            "source",
            "Source server (B1)",
            |server: &SessionServerView| server.source_server_id.to_string(),
        ),
        Column::new(
            "recovered",
            "Recovery instance (B2)",
            |server: &SessionServerView| {
                text(
                    server
                        .recovery_instance
                        .as_ref()
                        .map(|recovered| &recovered.instance_id),
                )
            },
        ),
        Column::new("way-back", "Way back (A2)", |server: &SessionServerView| {
            text(server.way_back.as_ref().map(|way| &way.source_server_id))
        }),
        Column::new(
            "returned",
            "DRS record at home (A3)",
            |server: &SessionServerView| {
                text(
                    server
                        .returned
                        .as_ref()
                        .and_then(|returned| returned.recovery_instance_id.as_ref()),
                )
            },
        )
        .hidden(),
        Column::new(
            "home",
            "Instance at home (A4)",
            |server: &SessionServerView| {
                text(
                    server
                        .returned
                        .as_ref()
                        .and_then(|returned| returned.instance_id.as_ref()),
                )
            },
        ),
        Column::new(
            "into",
            "Launched into",
            |server: &SessionServerView| match &server.launched_into {
                LaunchInto::Target { instance_id, .. } => instance_id.to_string(),
                LaunchInto::NewInstance => "New instance".to_owned(),
            },
        )
        .hidden(),
        Column::new("ip", "Private IP", |server: &SessionServerView| {
            text(
                server
                    .recovery_instance
                    .as_ref()
                    .and_then(|recovered| recovered.private_ip.as_ref()),
            )
        })
        .hidden(),
    ]
}

fn replication() -> Vec<Column<SessionServerView>> {
    vec![
        Column::new(
            "reverse",
            "Replication back",
            |server: &SessionServerView| words::reverse(server.reverse.state).1.to_owned(),
        )
        .filter(),
        Column::new("percent", "Copied", |server: &SessionServerView| {
            format!("{:.0}%", server.reverse_percent)
        })
        .number(|server| Some(server.reverse_percent)),
        Column::new("lag", "Lag", |server: &SessionServerView| {
            server.reverse.lag_seconds.map(duration).unwrap_or_default()
        })
        .number(|server| server.reverse.lag_seconds.map(|lag| lag as f64)),
        Column::new("rate", "Rate", |server: &SessionServerView| {
            server
                .reverse
                .bytes_per_second
                .map(|rate| format!("{}/s", bytes(rate)))
                .unwrap_or_default()
        })
        .number(|server| server.reverse.bytes_per_second.map(|rate| rate as f64))
        .hidden(),
        Column::new("eta", "Whole by", |server: &SessionServerView| {
            server.reverse.eta.map(time).unwrap_or_default()
        })
        .hidden(),
        Column::new("repair", "Agent repair", |server: &SessionServerView| {
            server
                .repair
                .as_ref()
                .map(|repair| words::repair(repair.stage).1.to_owned())
                .unwrap_or_default()
        })
        .hidden(),
        Column::new(
            "forward",
            "Protection again",
            |server: &SessionServerView| {
                format!(
                    "{}, {:.0}%",
                    words::reverse(server.forward.state).1,
                    server.forward_percent
                )
            },
        )
        .hidden(),
        Column::new(
            "kept",
            "Id and IP kept",
            |server: &SessionServerView| match &server.returned {
                None => String::new(),
                Some(returned) => format!(
                    "{}, {}",
                    yes(returned.instance_id_kept),
                    yes(returned.private_ip_kept)
                ),
            },
        )
        .hidden(),
        Column::new(
            "by-hand",
            "To remove by hand",
            |server: &SessionServerView| {
                server
                    .cleanup
                    .as_ref()
                    .map(|cleanup| cleanup.manual.join("; "))
                    .unwrap_or_default()
            },
        )
        .hidden(),
    ]
}

fn yes(kept: bool) -> &'static str {
    if kept { "yes" } else { "no" }
}
