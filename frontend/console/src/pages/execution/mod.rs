//! An execution, live: status and clock, waves over time, servers, job log, and the ways to steer it.

mod gantt;
mod parts;
mod steer;
mod view_model;

use std::sync::Arc;

use dr_api::executions::{ExecutionRequest, ExecutionView, GetExecution};
use dr_model::ids::ExecutionId;
use leptos::prelude::*;
use ui::{
    Breadcrumbs, Container, Crumb, ErrorPanel, KeyValue, PageHeader, Pair, Progress,
    StatusIndicator, Tab, Tabs,
};

use self::gantt::Waves;
use self::parts::{Actions, Log, Servers};
use self::steer::Steer;
#[cfg(test)]
pub(super) use self::view_model::tests::sample;
use self::view_model::{clock, progress};
use super::executions::{servers, title};
use crate::api::use_api;
use crate::format::{duration, time};
use crate::live::{Watched, poll};
use crate::route::{crumbs, link, parameter};
use crate::words;

/// The page.
#[component]
pub fn ExecutionDetail() -> impl IntoView {
    match parameter::<ExecutionId>("execution_id") {
        Ok(id) => view! { <Run id=id /> }.into_any(),
        Err(problem) => {
            view! { <PageHeader title="Execution".to_owned() /><ErrorPanel problem=problem /> }
                .into_any()
        }
    }
}

#[component]
fn Run(id: ExecutionId) -> impl IntoView {
    let api = use_api();
    let asked = ExecutionRequest {
        execution_id: id.clone(),
    };
    let live = poll(move || {
        let asked = asked.clone();
        async move { api.call::<GetExecution>(&asked).await }
    });
    let name = Signal::derive(move || {
        live.value
            .get()
            .map_or_else(|| "Execution".to_owned(), |run| title(&run))
    });
    let own = link(&format!("/executions/{id}"));
    let crumbs = Signal::derive(move || {
        let mut crumbs = crumbs("Executions", "/executions");
        crumbs.push(Crumb::new(name.get(), own.clone()));
        crumbs
    });
    let (steered, of_servers, of_log) = (id.clone(), id.clone(), id);
    let tabs = vec![
        Tab::new(
            "servers",
            "Servers",
            move || view! { <Servers id=of_servers.clone() /> },
        ),
        Tab::new(
            "log",
            "Job log",
            move || view! { <Log id=of_log.clone() /> },
        ),
    ];
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title=name actions=move || view! { <Steer id=steered.clone() live=live /> } />
            <Watched live=live loading="Loading the execution" view=|run| view! { <Content run=run /> }.into_any() />
            <Tabs label="Servers and job log" tabs=tabs />
        </div>
    }
}

#[component]
fn Content(run: Signal<Arc<ExecutionView>>) -> impl IntoView {
    view! {
        <Container title="Status".to_owned()><Now run=run /></Container>
        <Container title="Waves over time".to_owned()><Waves run=run /></Container>
        <Actions run=run />
        <Container title="Details".to_owned()><Details run=run /></Container>
    }
}

/// Where it stands, what it waits for, and how it is in time.
#[component]
fn Now(run: Signal<Arc<ExecutionView>>) -> impl IntoView {
    let state = Memo::new(move |_| run.with(|run| words::execution(run.status)));
    let waits = Memo::new(move |_| run.with(|run| run.waiting_for.clone()));
    let reason = Memo::new(move |_| run.with(|run| run.reason.clone()));
    let pauses = Memo::new(move |_| {
        run.with(|run| {
            run.pause_requested && run.status != dr_model::execution::ExecutionStatus::Paused
        })
    });
    let is_recovered = Memo::new(move |_| {
        run.with(|run| {
            run.status.is_terminal() && run.servers.launched > 0 && !run.execution_type.is_drill()
        })
    });
    let of_clock = Memo::new(move |_| run.with(|run| clock(run)));
    let percent = Signal::derive(move || run.with(|run| f64::from(run.progress_percent)));
    let detail = Signal::derive(move || Some(run.with(|run| progress(run))));
    let counted = Signal::derive(move || run.with(|run| servers(run)));
    view! {
        <div class="ui-stack">
            <div role="status">
                <StatusIndicator status=Signal::derive(move || state.get().0) text=Signal::derive(move || state.get().1.to_owned()) />
                {move || waits.get().map(|what| view! { <p class="execution-waits">"Waits for: " {what}</p> })}
                {move || pauses.get().then(|| view! { <p class="execution-waits">"It will pause before the next wave."</p> })}
                {move || reason.get().map(|why| view! { <p>{why}</p> })}
            </div>
            <Show when=move || is_recovered.get()>
                <p>"The way home is a failover session: " <a href=link("/failover-sessions")>"Failover sessions"</a></p>
            </Show>
            <div class="console-halves">
                <Progress label=counted percent=percent detail=detail />
                <div>
                    <Progress label="RTO clock".to_owned() percent=Signal::derive(move || of_clock.get().percent) />
                    <StatusIndicator status=Signal::derive(move || of_clock.get().status) text=Signal::derive(move || of_clock.get().text) />
                </div>
            </div>
        </div>
    }
}

#[component]
fn Details(run: Signal<Arc<ExecutionView>>) -> impl IntoView {
    let of = move |read: fn(&ExecutionView) -> String| move || run.with(|run| read(run));
    let plan = move || {
        run.with(|run| match &run.subject {
            dr_model::execution::Subject::Plan { plan_id, name } => {
                view! { <a href=link(&format!("/recovery-plans/{plan_id}"))>{name.clone()}</a> }
                    .into_any()
            }
            dr_model::execution::Subject::Pairs => "Chosen pairs".into_any(),
        })
    };
    let pairs = vec![
        Pair::new("Plan", plan),
        Pair::new("From", of(|run| run.direction.primary.to_string())),
        Pair::new("To", of(|run| run.direction.recovery.to_string())),
        Pair::new("Started by", of(|run| run.started_by.clone())),
        Pair::new("Started", of(|run| time(run.started_at))),
        Pair::new(
            "Ended",
            of(|run| run.ended_at.map_or_else(|| "–".to_owned(), time)),
        ),
        Pair::new("RTO target", of(|run| duration(run.rto_target_seconds))),
        Pair::new(
            "Instances ended",
            of(|run| {
                run.instances_terminated_at
                    .map_or_else(|| "–".to_owned(), time)
            }),
        ),
        Pair::new("Id", of(|run| run.execution_id.to_string())),
    ];
    view! { <KeyValue pairs=pairs /> }
}
