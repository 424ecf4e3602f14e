//! Executions: what runs and what ran, newest first.

mod view_model;

use dr_api::executions::{ExecutionView, ListExecutions, ListExecutionsRequest};
use leptos::prelude::*;
use ui::{Breadcrumbs, ButtonKind, Column, Empty, LinkButton, PageHeader, StatusIndicator, Table};

use self::view_model::rto;
pub use self::view_model::{servers, title};
use crate::api::use_api;
use crate::format::{duration, time};
use crate::live::poll;
use crate::route::{crumbs, link};
use crate::words;

/// The page.
#[component]
pub fn Executions() -> impl IntoView {
    let api = use_api();
    let live = poll(move || async move {
        api.all::<ListExecutions, _>(&ListExecutionsRequest::default(), |page| {
            (page.executions, page.next_token)
        })
        .await
    });
    let crumbs = crumbs("Executions", "/executions");
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Executions".to_owned() description="Drills and recoveries, there and back, newest first." />
            <Table id="executions" title="All executions" rows=live.value columns=columns() key=|run: &ExecutionView| run.execution_id.to_string()
                problem=live.problem age_seconds=live.age_seconds on_retry=live.retry()
                actions=|| view! { <LinkButton kind=ButtonKind::Primary href=link("/failover")>"Start drill or recovery"</LinkButton> }
                empty=|| view! { <Empty title="No executions" text="A drill shows that a plan works before it is needed." /> } />
        </div>
    }
}

/// The columns of executions, here and on the page of a plan.
#[must_use]
pub fn columns() -> Vec<Column<ExecutionView>> {
    vec![
        Column::new("what", "Execution", title).cell(|run: &ExecutionView| {
            view! { <a href=link(&format!("/executions/{}", run.execution_id))>{title(run)}</a> }
        }),
        Column::new("status", "Status", |run: &ExecutionView| {
            words::execution(run.status).1.to_owned()
        })
        .cell(|run: &ExecutionView| {
            let (status, text) = words::execution(run.status);
            view! { <StatusIndicator status=status text=text.to_owned() /> }
        })
        .filter(),
        Column::new("started", "Started", |run: &ExecutionView| {
            time(run.started_at)
        }),
        Column::new("servers", "Servers", servers),
        Column::new("elapsed", "Elapsed", |run: &ExecutionView| {
            duration(run.elapsed_seconds)
        })
        .number(|run| Some(run.elapsed_seconds as f64)),
        Column::new("rto", "RTO target", rto),
        Column::new("kind", "Kind", |run: &ExecutionView| {
            words::execution_type(run.execution_type).to_owned()
        })
        .filter()
        .hidden(),
        Column::new("to", "Into", |run: &ExecutionView| {
            run.direction.recovery.region.to_string()
        })
        .filter(),
        Column::new("by", "Started by", |run: &ExecutionView| {
            run.started_by.clone()
        })
        .filter(),
        Column::new("reason", "Reason", |run: &ExecutionView| {
            run.reason.clone().unwrap_or_default()
        })
        .hidden(),
        Column::new("id", "Id", |run: &ExecutionView| {
            run.execution_id.to_string()
        })
        .hidden(),
    ]
}
