//! Failover sessions: every fleet that was recovered, and how far it is on the way home.

mod view_model;

use dr_api::sessions::{ListFailoverSessions, ListSessionsRequest, SessionView};
use leptos::prelude::*;
use ui::{Breadcrumbs, Column, Empty, PageHeader, StatusIndicator, Table};

use self::view_model::stages;
pub use self::view_model::title;
use crate::api::use_api;
use crate::format::{duration, time};
use crate::live::poll;
use crate::route::{crumbs, link};
use crate::words;

/// The page.
#[component]
pub fn FailoverSessions() -> impl IntoView {
    let api = use_api();
    let live = poll(move || async move {
        api.all::<ListFailoverSessions, _>(&ListSessionsRequest::default(), |page| {
            (page.sessions, page.next_token)
        })
        .await
    });
    let crumbs = crumbs("Failover sessions", "/failover-sessions");
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Failover sessions".to_owned() description="Fleets that were recovered, and how far each is on the way home." />
            <Table id="failover-sessions" title="Sessions" rows=live.value columns=columns() key=|session: &SessionView| session.session_id.to_string()
                problem=live.problem age_seconds=live.age_seconds on_retry=live.retry()
                empty=|| view! { <Empty title="No failover sessions" text="A session begins by itself when a recovery ends. A drill has none." /> } />
        </div>
    }
}

fn columns() -> Vec<Column<SessionView>> {
    vec![
        Column::new("plan", "Recovery of", title).cell(|session: &SessionView| {
            let href = link(&format!("/failover-sessions/{}", session.session_id));
            view! { <a href=href>{title(session)}</a> }
        }),
        Column::new("status", "Status", |session: &SessionView| {
            words::session(session.status).1.to_owned()
        })
        .cell(|session| {
            let (status, text) = words::session(session.status);
            view! { <StatusIndicator status=status text=text.to_owned() /> }
        })
        .filter(),
        Column::new("stages", "Servers by stage", |session: &SessionView| {
            stages(session.stages)
        }),
        Column::new("servers", "Servers", |session: &SessionView| {
            session.total_servers.to_string()
        })
        .number(|session| Some(session.total_servers as f64)),
        Column::new("failed", "Failed", |session: &SessionView| {
            session.failed_servers.to_string()
        })
        .number(|session| Some(session.failed_servers as f64)),
        Column::new("home", "Home", |session: &SessionView| {
            session.direction.primary.region.to_string()
        })
        .filter(),
        Column::new("away", "Runs in", |session: &SessionView| {
            session.direction.recovery.region.to_string()
        })
        .filter(),
        Column::new("elapsed", "Elapsed", |session: &SessionView| {
            duration(session.elapsed_seconds)
        })
        .number(|session| Some(session.elapsed_seconds as f64)),
        Column::new("created", "Began", |session: &SessionView| {
            time(session.created_at)
        }),
        Column::new("changed", "Changed", |session: &SessionView| {
            time(session.updated_at)
        })
        .hidden(),
        Column::new("by", "Made by", |session: &SessionView| {
            session.created_by.clone()
        })
        .hidden(),
        Column::new("id", "Id", |session: &SessionView| {
            session.session_id.to_string()
        })
        .hidden(),
    ]
}
