//! The failback wizard: six steps in the order that works. Its progress is that of the session at the server.

mod steps;
mod view_model;

use std::sync::Arc;

use dr_api::sessions::{SessionServerView, SessionView};
use dr_model::ids::SessionId;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use ui::{Breadcrumbs, Crumb, ErrorPanel, PageHeader, StatusIndicator, Wizard, WizardStep};

use self::steps::{AgentsStep, ExecuteStep, MirrorStep, MonitorStep, ReverseStep, ReviewStep};
use self::view_model::{EXECUTE, after, opens_on, why_not_after};
use crate::api::use_api;
use crate::live::{Live, Watched};
use crate::pages::failover_session::{Failures, watch_servers, watch_session};
use crate::pages::failover_sessions::title;
use crate::pages::session_steps::Taken;
use crate::route::{crumbs, link, parameter};
use crate::words;

/// What the steps share.
#[derive(Clone, Copy)]
struct Way {
    session: Live<SessionView>,
    servers: Live<Vec<SessionServerView>>,
}

/// The page.
#[component]
pub fn FailbackWizard() -> impl IntoView {
    match parameter::<SessionId>("session_id") {
        Ok(id) => view! { <Page id=id /> }.into_any(),
        Err(problem) => {
            view! { <PageHeader title="Failback".to_owned() /><ErrorPanel problem=problem /> }
                .into_any()
        }
    }
}

#[component]
fn Page(id: SessionId) -> impl IntoView {
    let api = use_api();
    let way = Way {
        session: watch_session(api, &id),
        servers: watch_servers(api, &id),
    };
    provide_context(way);
    let name = Signal::derive(move || {
        way.session.value.get().map_or_else(
            || "Failback".to_owned(),
            |session| format!("Failback of {}", title(&session)),
        )
    });
    let above = format!("/failover-sessions/{id}");
    let mut crumbs = crumbs("Failover sessions", "/failover-sessions");
    crumbs.push(Crumb::new("Session", link(&above)));
    crumbs.push(Crumb::new("Failback", link(&format!("{above}/failback"))));
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title=name description="What is done here is kept at the server: whoever opens this page goes on where it stands." />
            <Watched live=way.session loading="Loading the session" view=|session| view! { <Steps session=session /> }.into_any() />
        </div>
    }
}

#[component]
fn Steps(session: Signal<Arc<SessionView>>) -> impl IntoView {
    let way: Way = expect_context();
    let step = RwSignal::new(session.with_untracked(|session| opens_on(session)));
    let done = Callback::new(move |taken: Taken| {
        way.session.refresh();
        way.servers.refresh();
        if let Some(next) = after(taken.action) {
            step.set(next);
        }
    });
    let gate =
        move |at: usize| Signal::derive(move || session.with(|session| why_not_after(session, at)));
    let steps = vec![
        WizardStep::new(
            "Review",
            gate(0),
            move || view! { <ReviewStep session=session /> },
        ),
        WizardStep::new(
            "Agents",
            gate(1),
            move || view! { <AgentsStep session=session on_done=done /> },
        ),
        WizardStep::new(
            "Start reverse replication",
            gate(2),
            move || view! { <ReverseStep session=session on_done=done /> },
        ),
        WizardStep::new(
            "Mirror configuration",
            gate(3),
            move || view! { <MirrorStep session=session on_done=done /> },
        ),
        WizardStep::new(
            "Monitor",
            gate(4),
            move || view! { <MonitorStep session=session /> },
        ),
        WizardStep::new(
            "Execute",
            gate(EXECUTE),
            move || view! { <ExecuteStep session=session on_done=done /> },
        ),
    ];
    let navigate = use_navigate();
    let above = link(&format!(
        "/failover-sessions/{}",
        session.with_untracked(|session| session.session_id.clone())
    ));
    let leave = Callback::new(move |()| navigate(&above, NavigateOptions::default()));
    let status = Signal::derive(move || session.with(|session| words::session(session.status).0));
    let text =
        Signal::derive(move || session.with(|session| words::session(session.status).1.to_owned()));
    view! {
        <p role="status">"The session: " <StatusIndicator status=status text=text /></p>
        <Failures session=session servers=way.servers on_done=done />
        <Wizard steps=steps step=step finish="To the session".to_owned() on_finish=leave on_cancel=leave
            cancel_text="Nothing is undone: what was started goes on at the server, and this page opens where it stands." />
    }
}
