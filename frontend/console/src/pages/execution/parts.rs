//! The lists of an execution: servers, job log, SSM actions.

use std::sync::Arc;

use dr_api::executions::{
    ExecutionServerView, ExecutionView, GetExecutionTimeline, ListExecutionServers,
    ListExecutionServersRequest, TimelineRequest,
};
use dr_model::ids::ExecutionId;
use leptos::prelude::*;
use ui::{Column, Container, Empty, StatusIndicator, Table};

use super::view_model::{
    ActionLine, Failure, LogRow, action_line, failures, goes_to, identity, log,
};
use crate::api::use_api;
use crate::format::time;
use crate::live::poll;
use crate::words;

/// Its servers: filter by status to see what failed and why.
#[component]
pub(super) fn Servers(id: ExecutionId) -> impl IntoView {
    let api = use_api();
    let asked = ListExecutionServersRequest {
        execution_id: id,
        wave: None,
        status: None,
        limit: Default::default(),
        next_token: None,
    };
    let live = poll(move || {
        let asked = asked.clone();
        async move {
            api.all::<ListExecutionServers, _>(&asked, |page| (page.servers, page.next_token))
                .await
        }
    });
    let columns = vec![
        Column::new("name", "Server", |one: &ExecutionServerView| {
            one.name.clone()
        }),
        Column::new("status", "Status", |one: &ExecutionServerView| {
            words::server(one.status).1.to_owned()
        })
        .cell(|one: &ExecutionServerView| {
            let (status, text) = words::server(one.status);
            view! { <StatusIndicator status=status text=text.to_owned() /> }
        })
        .filter(),
        Column::new("wave", "Wave", |one: &ExecutionServerView| {
            one.wave.to_string()
        })
        .number(|one| Some(one.wave as f64))
        .filter(),
        Column::new("reason", "Reason", |one: &ExecutionServerView| {
            one.reason.clone().unwrap_or_default()
        }),
        Column::new("into", "Launched into", goes_to),
        Column::new(
            "instance",
            "Recovery instance",
            |one: &ExecutionServerView| {
                one.recovery_instance_id
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default()
            },
        ),
        Column::new("identity", "Identity", identity),
        Column::new("job", "Job", |one: &ExecutionServerView| {
            one.job_id
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default()
        })
        .filter()
        .hidden(),
        Column::new("id", "Server id", |one: &ExecutionServerView| {
            one.source_server_id.to_string()
        })
        .hidden(),
    ];
    view! {
        <div class="ui-stack">
            <Failures servers=live.value />
            <Table id="execution-servers" title="Servers" rows=live.value columns=columns url_prefix="servers."
                key=|one: &ExecutionServerView| one.source_server_id.to_string()
                problem=live.problem age_seconds=live.age_seconds on_retry=live.retry()
                empty=|| view! { <Empty title="No servers" /> } />
        </div>
    }
}

/// What went wrong, spelt out: a cell of the list has no room for a reason with what to do about it.
#[component]
fn Failures(servers: RwSignal<Option<Arc<Vec<ExecutionServerView>>>>) -> impl IntoView {
    let found = Memo::new(move |_| {
        servers.with(|servers| {
            servers
                .as_ref()
                .map(|servers| failures(servers))
                .unwrap_or_default()
        })
    });
    let item = |failure: Failure| {
        let (status, _) = words::server(failure.status);
        let said = format!("{}: {}", failure.server, failure.reason);
        view! { <li><StatusIndicator status=status text=said /></li> }
    };
    move || {
        let (spelt, more) = found.get();
        (!spelt.is_empty()).then(|| {
            let rest = (more > 0)
                .then(|| format!("{more} more are in the list below: filter it by status."));
            view! {
                <Container title="Not launched".to_owned()>
                    <ul class="console-list">{spelt.into_iter().map(item).collect::<Vec<_>>()}</ul>
                    {rest.map(|text| view! { <p class="ui-secondary">{text}</p> })}
                </Container>
            }
        })
    }
}

/// What DRS wrote of its jobs.
#[component]
pub(super) fn Log(id: ExecutionId) -> impl IntoView {
    let api = use_api();
    let asked = TimelineRequest {
        execution_id: id,
        wave: None,
        limit: Default::default(),
        next_token: None,
    };
    let live = poll(move || {
        let asked = asked.clone();
        async move {
            api.all::<GetExecutionTimeline, _>(&asked, |page| (page.entries, page.next_token))
                .await
                .map(log)
        }
    });
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let columns = vec![
        Column::new("number", "No.", |row: &LogRow| row.number.to_string())
            .number(|row| Some(row.number as f64)),
        Column::new("time", "Time", |row: &LogRow| {
            row.entry.timestamp.map(time).unwrap_or_default()
        }),
        Column::new("event", "Event", |row: &LogRow| {
            words::spelt(&row.entry.event)
        })
        .filter(),
        Column::new("server", "Server id", |row: &LogRow| {
            row.entry
                .source_server_id
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default()
        }),
        Column::new("error", "Error", move |row: &LogRow| text(&row.entry.error)),
        Column::new("instance", "Instance", move |row: &LogRow| {
            text(&row.entry.instance_id)
        }),
        Column::new("job", "Job", |row: &LogRow| {
            row.entry
                .job_id
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default()
        })
        .filter(),
    ];
    view! {
        <Table id="execution-log" title="Job log" rows=live.value columns=columns url_prefix="log."
            key=|row: &LogRow| row.number.to_string()
            problem=live.problem age_seconds=live.age_seconds on_retry=live.retry()
            empty=|| view! { <Empty title="Nothing yet" text="DRS writes its log once a job has begun." /> } />
    }
}

/// Its SSM actions, if it has any: how each went, with what it wrote.
#[component]
pub(super) fn Actions(run: Signal<Arc<ExecutionView>>) -> impl IntoView {
    let lines =
        Memo::new(move |_| run.with(|run| run.actions.iter().map(action_line).collect::<Vec<_>>()));
    let instance = |(status, text, output): (ui::Status, String, Option<String>)| {
        let output = output.filter(|output| !output.trim().is_empty());
        view! {
            <li>
                <StatusIndicator status=status text=text />
                {output.map(|output| view! { <pre class="execution-output">{output}</pre> })}
            </li>
        }
    };
    let item = move |line: ActionLine| {
        let (status, text) = line.state;
        let more = (line.more > 0).then(|| {
            let text = format!("{} more", words::counted(line.more, "instance"));
            view! { <li class="ui-secondary">{text}</li> }
        });
        view! {
            <li>
                <StatusIndicator status=status text=text />
                <div class="ui-secondary">{line.facts}</div>
                <ul class="execution-instances">{line.instances.into_iter().map(instance).collect::<Vec<_>>()}{more}</ul>
            </li>
        }
    };
    move || {
        let lines = lines.get();
        (!lines.is_empty()).then(|| {
            view! {
                <Container title="SSM actions".to_owned()>
                    <ul class="console-list">{lines.into_iter().map(item).collect::<Vec<_>>()}</ul>
                </Container>
            }
        })
    }
}
