//! A source server, as DRS has it now: its steps, disks, lag, points in time, and what to do about an error.

mod view_model;

use std::sync::Arc;

use dr_api::replication::{
    DiskView, GetLagHistory, GetReplicationStatus, LagHistoryView, ListRecoveryPoints,
    ListRecoveryPointsRequest, RecoveryPointView, ReplicationView, ServerRequest,
};
use dr_model::check::Check;
use dr_model::ids::{AccountId, Region, SourceServerId};
use dr_model::inventory::DEFAULT_RPO_SECONDS;
use leptos::prelude::*;
use ui::charts::LineChart;
use ui::{
    Breadcrumbs, Column, Container, Crumb, Empty, ErrorPanel, KeyValue, PageHeader, Pair, Problem,
    Progress, Status, StatusIndicator, Table,
};

use self::view_model::{copied, lag, step_status, steps_done};
use crate::api::use_api;
use crate::format::{bytes, duration, time};
use crate::live::{Watched, poll};
use crate::pages::replication::lag as lag_lines;
use crate::pages::source_servers::direction;
use crate::route::{crumbs, parameter};
use crate::words;

fn asked() -> Result<ServerRequest, Problem> {
    Ok(ServerRequest {
        source_server_id: parameter::<SourceServerId>("source_server_id")?,
        account_id: parameter::<AccountId>("account_id")?,
        region: parameter::<Region>("region")?,
    })
}

/// The page.
#[component]
pub fn SourceServer() -> impl IntoView {
    match asked() {
        Ok(asked) => view! { <Server asked=asked /> }.into_any(),
        Err(problem) => {
            view! { <PageHeader title="Source server".to_owned() /><ErrorPanel problem=problem /> }
                .into_any()
        }
    }
}

#[component]
fn Server(asked: ServerRequest) -> impl IntoView {
    let api = use_api();
    let request = asked.clone();
    let live = poll(move || {
        let request = request.clone();
        async move { api.call::<GetReplicationStatus>(&request).await }
    });
    let id = asked.source_server_id.to_string();
    let name = Signal::derive(move || {
        live.value
            .with(|known| known.as_ref().and_then(|server| server.name.clone()))
            .unwrap_or_else(|| id.clone())
    });
    let crumbs = Signal::derive(move || {
        let mut crumbs = crumbs("Source servers", "/source-servers");
        crumbs.push(Crumb::new(name.get(), String::new()));
        crumbs
    });
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title=name />
            <Watched live=live loading="Asking DRS" view=|server| view! { <Content server=server /> }.into_any() />
            <Lag asked=asked.clone() />
            <Points asked=asked />
        </div>
    }
}

#[component]
fn Content(server: Signal<Arc<ReplicationView>>) -> impl IntoView {
    let percent = Signal::derive(move || server.with(|server| server.progress_percent));
    let detail = Signal::derive(move || server.with(|server| copied(server)));
    let done = Signal::derive(move || server.with(|server| steps_done(&server.steps)));
    view! {
        <Advice server=server />
        <Details server=server />
        <div class="console-halves">
            <Container title="Initiation".to_owned() counter=done><Steps server=server /></Container>
            <Container title="Copy".to_owned()><Progress label="All disks".to_owned() percent=percent detail=detail /></Container>
        </div>
        <Disks server=server />
    }
}

/// What is wrong, with what to do.
#[component]
fn Advice(server: Signal<Arc<ReplicationView>>) -> impl IntoView {
    let found = Memo::new(move |_| server.with(|server| server.advice.clone()));
    let raw = Memo::new(move |_| {
        server.with(|server| {
            let words = [server.replication_error.clone(), server.raw_error.clone()];
            words.into_iter().flatten().collect::<Vec<_>>().join(": ")
        })
    });
    let row = |check: Check| {
        let status = if check.passed {
            Status::Success
        } else {
            words::severity(check.severity).0
        };
        view! {
            <li>
                <StatusIndicator status=status text=check.message />
                <div>{check.remediation}</div>
            </li>
        }
    };
    move || {
        let advice = found.get();
        (!advice.is_empty()).then(|| {
            let rows: Vec<_> = advice.into_iter().map(row).collect();
            let words = raw.get();
            view! {
                <Container title="What to do".to_owned()>
                    <ul class="console-list">{rows}</ul>
                    {(!words.is_empty()).then(|| view! { <p class="ui-secondary">{format!("DRS says: {words}")}</p> })}
                </Container>
            }
        })
    }
}

#[component]
fn Details(server: Signal<Arc<ReplicationView>>) -> impl IntoView {
    let of = move |read: fn(&ReplicationView) -> String| move || server.with(|server| read(server));
    let state = Signal::derive(move || server.with(|server| words::replication(&server.state).0));
    let text = Signal::derive(move || server.with(|server| words::replication(&server.state).1));
    fn or_none(value: Option<String>) -> String {
        value.unwrap_or_else(|| "None".to_owned())
    }
    let pairs = vec![
        Pair::new(
            "Replication",
            view! { <StatusIndicator status=state text=text /> },
        ),
        Pair::new("Lag", of(lag)),
        Pair::new(
            "Last consistent",
            of(|server| or_none(server.last_consistent_at.map(time))),
        ),
        Pair::new("Direction", of(|server| direction(&server.direction))),
        Pair::new("Lives in", of(|server| server.place.to_string())),
        Pair::new(
            "Original instance",
            of(|server| or_none(server.origin_instance_id.as_ref().map(ToString::to_string))),
        ),
        Pair::new(
            "From",
            of(|server| or_none(server.origin_region.as_ref().map(ToString::to_string))),
        ),
        Pair::new("Host name", of(|server| or_none(server.hostname.clone()))),
        Pair::new(
            "Recovery instance",
            of(|server| {
                or_none(
                    server
                        .recovery_instance_id
                        .as_ref()
                        .map(ToString::to_string),
                )
            }),
        ),
        Pair::new(
            "Added",
            of(|server| or_none(server.lifecycle.added_at.map(time))),
        ),
        Pair::new(
            "Elapsed replication time",
            of(|server| or_none(server.lifecycle.elapsed_seconds.map(duration))),
        ),
        Pair::new(
            "Agent last seen",
            of(|server| or_none(server.lifecycle.last_seen_at.map(time))),
        ),
        Pair::new(
            "Next attempt",
            of(|server| or_none(server.next_attempt_at.map(time))),
        ),
        Pair::new("Id", of(|server| server.source_server_id.to_string())),
    ];
    view! { <Container title="Details".to_owned()><KeyValue pairs=pairs /></Container> }
}

/// How the replication began: DRS's eleven steps.
#[component]
fn Steps(server: Signal<Arc<ReplicationView>>) -> impl IntoView {
    let steps = Memo::new(move |_| server.with(|server| server.steps.clone()));
    move || {
        let rows: Vec<_> = steps
            .get()
            .into_iter()
            .map(|step| {
                let (status, text) = step_status(&step);
                view! { <li><StatusIndicator status=status text=format!("{}: {text}", words::spelt(&step.name)) /></li> }
            })
            .collect();
        if rows.is_empty() {
            view! { <Empty title="No steps" text="DRS does not say how this replication began." /> }
                .into_any()
        } else {
            view! { <ol class="console-bullets">{rows}</ol> }.into_any()
        }
    }
}

#[component]
fn Disks(server: Signal<Arc<ReplicationView>>) -> impl IntoView {
    let rows = Memo::new(move |_| server.with(|server| Some(Arc::new(server.disks.clone()))));
    let size = |read: fn(&DiskView) -> u64| move |disk: &DiskView| bytes(read(disk));
    let columns = vec![
        Column::new("device", "Device", |disk: &DiskView| {
            disk.disk.device_name.clone()
        }),
        Column::new("done", "Done", |disk: &DiskView| {
            format!("{:.0}%", disk.progress_percent)
        })
        .number(|disk| Some(disk.progress_percent)),
        Column::new("size", "Size", size(|disk| disk.disk.total_bytes))
            .number(|disk| Some(disk.disk.total_bytes as f64)),
        Column::new("copied", "Copied", size(|disk| disk.disk.replicated_bytes))
            .number(|disk| Some(disk.disk.replicated_bytes as f64)),
        Column::new(
            "rescanned",
            "Rescanned",
            size(|disk| disk.disk.rescanned_bytes),
        )
        .number(|disk| Some(disk.disk.rescanned_bytes as f64)),
        Column::new(
            "waiting",
            "Waiting",
            size(|disk| disk.disk.backlogged_bytes),
        )
        .number(|disk| Some(disk.disk.backlogged_bytes as f64)),
    ];
    view! {
        <Table id="disks" title="Disks" rows=rows columns=columns key=|disk: &DiskView| disk.disk.device_name.clone() url_prefix="disks."
            empty=|| view! { <Empty title="No disks" text="DRS names the disks once the agent has told it of them." /> } />
    }
}

#[component]
fn Lag(asked: ServerRequest) -> impl IntoView {
    let api = use_api();
    let live = poll(move || {
        let asked = asked.clone();
        async move { api.call::<GetLagHistory>(&asked).await }
    });
    view! {
        <Container title="Lag over 24 hours".to_owned() description="In seconds; the broken line is an objective of 15 minutes.".to_owned()>
            <Watched live=live loading="Loading the lag" view=|history| view! { <LagChart history=history /> }.into_any() />
        </Container>
    }
}

#[component]
fn LagChart(history: Signal<Arc<LagHistoryView>>) -> impl IntoView {
    let drawn = Memo::new(move |_| {
        history.with(|history| lag_lines(&[("Lag".to_owned(), LagHistoryView::clone(history))]))
    });
    let is_empty = Memo::new(move |_| drawn.with(|lag| lag.places.is_empty()));
    let places = Signal::derive(move || drawn.with(|lag| lag.places.clone()));
    let series = Signal::derive(move || drawn.with(|lag| lag.series.clone()));
    move || {
        if is_empty.get() {
            view! { <Empty title="No history yet" text="A point is kept every five minutes." /> }
                .into_any()
        } else {
            let objective = Signal::stored(Some(DEFAULT_RPO_SECONDS as f64));
            view! { <LineChart label="Lag in seconds" places=places series=series threshold=objective /> }.into_any()
        }
    }
}

/// The points in time that a server can be launched from.
#[component]
pub fn Points(
    /// The server.
    asked: ServerRequest,
) -> impl IntoView {
    let api = use_api();
    let request = ListRecoveryPointsRequest {
        source_server_id: asked.source_server_id,
        account_id: asked.account_id,
        region: asked.region,
        limit: Default::default(),
        next_token: None,
    };
    let live = poll(move || {
        let request = request.clone();
        async move {
            api.all::<ListRecoveryPoints, _>(&request, |page| {
                (page.recovery_points, page.next_token)
            })
            .await
        }
    });
    let columns = vec![
        Column::new("at", "Taken", |point: &RecoveryPointView| {
            point.at.map_or_else(|| "Being taken".to_owned(), time)
        }),
        Column::new("id", "Id", |point: &RecoveryPointView| point.id.clone()),
        Column::new("due", "Due", |point: &RecoveryPointView| {
            point.expected_at.map(time).unwrap_or_default()
        }),
        Column::new("snapshots", "EBS snapshots", |point: &RecoveryPointView| {
            point.ebs_snapshots.join(", ")
        }),
    ];
    view! {
        <Table id="recovery-points" title="Points in time" rows=live.value columns=columns key=|point: &RecoveryPointView| point.id.clone()
            problem=live.problem age_seconds=live.age_seconds on_retry=live.retry() url_prefix="points."
            empty=|| view! { <Empty title="No points in time" text="The first is taken once the copy is whole." /> } />
    }
}
