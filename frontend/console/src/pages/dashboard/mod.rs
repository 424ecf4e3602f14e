//! The dashboard: how the estate is, what runs, who is on the way home.

mod view_model;

use std::sync::Arc;

use dr_api::executions::{ListExecutions, ListExecutionsRequest};
use dr_api::replication::{GetReplicationDashboard, ReplicationDashboardRequest};
use dr_api::sessions::{ListFailoverSessions, ListSessionsRequest};
use leptos::prelude::*;
use ui::charts::DonutChart;
use ui::{Container, Empty, PageHeader, Progress, StatusIndicator};

use self::view_model::{AlertRow, Overview, Running};
use crate::api::{Authorised, use_api};
use crate::live::{Watched, poll};
use crate::words;

/// The page.
#[component]
pub fn Dashboard() -> impl IntoView {
    let api = use_api();
    let live = poll(move || fetch(api));
    view! {
        <div class="ui-stack">
            <PageHeader title="Dashboard".to_owned() description="The estate as it was last read, and what is under way." />
            <Watched live=live loading="Loading the dashboard" view=|overview| view! { <Content overview=overview /> }.into_any() />
        </div>
    }
}

async fn fetch(api: Authorised) -> Result<Overview, ui::Problem> {
    let replication = api
        .call::<GetReplicationDashboard>(&ReplicationDashboardRequest::default())
        .await?;
    let executions = api
        .call::<ListExecutions>(&ListExecutionsRequest::default())
        .await?
        .executions;
    let sessions = api
        .call::<ListFailoverSessions>(&ListSessionsRequest::default())
        .await?
        .sessions;
    Ok(Overview::of(replication, &executions, &sessions))
}

#[component]
fn Content(overview: Signal<Arc<Overview>>) -> impl IntoView {
    let card = move |at: usize| {
        Signal::derive(move || {
            overview.with(|overview| overview.cards.get(at).cloned().unwrap_or_default())
        })
    };
    let cards: Vec<_> = (0..view_model::CARDS)
        .map(|at| {
            let card = card(at);
            view! {
                <Container title=Signal::derive(move || card.get().title)>
                    <div class="ui-number">{move || card.get().value}</div>
                    <div class="ui-secondary">{move || card.get().detail}</div>
                </Container>
            }
        })
        .collect();
    let states = Signal::derive(move || overview.with(|overview| overview.states.clone()));
    let regions = Signal::derive(move || overview.with(|overview| overview.regions.clone()));
    view! {
        <div class="ui-grid">{cards}</div>
        <div class="console-halves">
            <Container title="Executions under way".to_owned()><Runs overview=overview /></Container>
            <Container title="On the way home".to_owned()><Sessions overview=overview /></Container>
            <Container title="Servers by replication state".to_owned()><DonutChart label="Servers by replication state" slices=states /></Container>
            <Container title="Servers by recovery region".to_owned()><DonutChart label="Servers by recovery region" slices=regions /></Container>
        </div>
        <Container title="Needs attention".to_owned()><Alerts overview=overview /></Container>
    }
}

#[component]
fn Runs(overview: Signal<Arc<Overview>>) -> impl IntoView {
    let run = |run: Running| view! { <li><Progress label=run.title percent=run.percent detail=run.detail /></li> };
    move || {
        let runs = overview.with(|overview| overview.running.clone());
        if runs.is_empty() {
            view! { <Empty title="Nothing runs" text="Drills and recoveries appear here while they run." /> }.into_any()
        } else {
            view! { <ul class="console-list">{runs.into_iter().map(run).collect::<Vec<_>>()}</ul> }
                .into_any()
        }
    }
}

#[component]
fn Sessions(overview: Signal<Arc<Overview>>) -> impl IntoView {
    move || {
        let sessions = overview.with(|overview| overview.sessions.clone());
        if sessions.is_empty() {
            return view! { <Empty title="Nobody is on the way home" text="A session begins when a recovery ends." /> }.into_any();
        }
        let rows = sessions.into_iter().map(|session| {
            let (status, text) = words::session(session.status);
            view! { <li class="ui-row"><StatusIndicator status=status text=text.to_owned() /><span>{session.title}</span></li> }
        });
        view! { <ul class="console-list">{rows.collect::<Vec<_>>()}</ul> }.into_any()
    }
}

#[component]
fn Alerts(overview: Signal<Arc<Overview>>) -> impl IntoView {
    let row = |alert: AlertRow| {
        view! {
            <li>
                <StatusIndicator status=alert.status text=format!("{}: {}", alert.server, alert.message) />
                <div class="ui-secondary">{alert.remediation}</div>
            </li>
        }
    };
    move || {
        let alerts = overview.with(|overview| overview.alerts.clone());
        if alerts.is_empty() {
            view! { <Empty title="Nothing needs attention" /> }.into_any()
        } else {
            view! { <ul class="console-list">{alerts.into_iter().map(row).collect::<Vec<_>>()}</ul> }.into_any()
        }
    }
}
