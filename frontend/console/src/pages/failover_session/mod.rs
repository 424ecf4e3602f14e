//! A failover session: where it stands, where each of its servers is, and what may be done.

mod actions;
mod servers;
mod view_model;

use std::collections::BTreeSet;
use std::sync::Arc;

use dr_api::sessions::{
    GetFailoverSession, ListFailoverSessionServers, ListSessionServersRequest,
    RefreshFailoverSession, SessionRequest, SessionServerView, SessionView,
};
use dr_model::ids::SessionId;
use dr_model::role::Permission;
use leptos::prelude::*;
use ui::charts::DonutChart;
use ui::{
    Breadcrumbs, Button, ButtonKind, Container, Crumb, Empty, ErrorPanel, KeyValue, LinkButton,
    PageHeader, Pair, Progress, StatusIndicator,
};

use self::actions::Actions;
pub use self::actions::Failures;
use self::servers::Servers;
use self::view_model::{has_begun, policy, reverse_detail, reverse_slices};
pub use self::view_model::{stage_slices, trouble, why_not};
use crate::api::{Authorised, use_api};
use crate::auth::use_why_not;
use crate::doing::Doing;
use crate::format::{duration, time};
use crate::live::{Live, Watched, poll};
use crate::pages::failover_sessions::title;
use crate::route::{crumbs, link, parameter};
use crate::words;

/// The page.
#[component]
pub fn SessionDetail() -> impl IntoView {
    match parameter::<SessionId>("session_id") {
        Ok(id) => view! { <Session id=id /> }.into_any(),
        Err(problem) => view! { <PageHeader title="Failover session".to_owned() /><ErrorPanel problem=problem /> }.into_any(),
    }
}

/// The session, fresh.
pub fn watch_session(api: Authorised, id: &SessionId) -> Live<SessionView> {
    let asked = SessionRequest {
        session_id: id.clone(),
    };
    poll(move || {
        let asked = asked.clone();
        async move { api.call::<GetFailoverSession>(&asked).await }
    })
}

/// Its servers, fresh.
pub fn watch_servers(api: Authorised, id: &SessionId) -> Live<Vec<SessionServerView>> {
    let asked = ListSessionServersRequest {
        session_id: id.clone(),
        stage: None,
        has_error: None,
        limit: Default::default(),
        next_token: None,
    };
    poll(move || {
        let asked = asked.clone();
        async move {
            api.all::<ListFailoverSessionServers, _>(&asked, |page| (page.servers, page.next_token))
                .await
        }
    })
}

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Here {
    session: Live<SessionView>,
    servers: Live<Vec<SessionServerView>>,
    selection: RwSignal<BTreeSet<String>>,
}

#[component]
fn Session(id: SessionId) -> impl IntoView {
    let api = use_api();
    let here = Here {
        session: watch_session(api, &id),
        servers: watch_servers(api, &id),
        selection: RwSignal::new(BTreeSet::new()),
    };
    provide_context(here);
    let name = Signal::derive(move || {
        here.session
            .value
            .get()
            .map_or_else(|| "Failover session".to_owned(), |session| title(&session))
    });
    let own = link(&format!("/failover-sessions/{id}"));
    let wizard = format!("{own}/failback");
    let crumbs = Signal::derive(move || {
        let mut crumbs = crumbs("Failover sessions", "/failover-sessions");
        crumbs.push(Crumb::new(name.get(), own.clone()));
        crumbs
    });
    let header = move || {
        let wizard = wizard.clone();
        let id = id.clone();
        view! { <Refresh id=id /><LinkButton kind=ButtonKind::Primary href=wizard>"Failback wizard"</LinkButton> }
    };
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title=name actions=header />
            <Watched live=here.session loading="Loading the session" view=|session| view! { <Content session=session /> }.into_any() />
            <Servers live=here.servers selection=here.selection />
        </div>
    }
}

#[component]
fn Refresh(id: SessionId) -> impl IntoView {
    let here: Here = expect_context();
    let api = use_api();
    let doing = Doing::default();
    let asked = SessionRequest { session_id: id };
    let refresh = move |_| {
        let asked = asked.clone();
        doing.run(
            async move { api.call::<RefreshFailoverSession>(&asked).await },
            move |_| {
                here.session.refresh();
                here.servers.refresh();
            },
        );
    };
    view! {
        <Button busy=doing.busy why_not=use_why_not(Permission::ManageSessions) on_click=refresh>"Look at AWS now"</Button>
        {move || doing.problem.get().map(|problem| view! { <ErrorPanel problem=problem /> })}
    }
}

#[component]
fn Content(session: Signal<Arc<SessionView>>) -> impl IntoView {
    let here: Here = expect_context();
    let done = Callback::new(move |_| {
        here.selection.set(BTreeSet::new());
        here.session.refresh();
        here.servers.refresh();
    });
    let stages = Signal::derive(move || session.with(|session| stage_slices(session.stages)));
    view! {
        <Details session=session />
        <Failures session=session servers=here.servers on_done=done />
        <div class="console-halves">
            <Container title="Servers by stage".to_owned()><DonutChart label="Servers by stage" slices=stages /></Container>
            <Container title="Replication back".to_owned()><Reverse session=session /></Container>
        </div>
        <Actions session=session selection=here.selection on_done=done />
    }
}

/// Reverse replication of all servers together.
#[component]
pub fn Reverse(
    /// The session.
    session: Signal<Arc<SessionView>>,
) -> impl IntoView {
    let has_any =
        Memo::new(move |_| session.with(|session| session.reverse.as_ref().is_some_and(has_begun)));
    let slices = Signal::derive(move || {
        session.with(|session| {
            session
                .reverse
                .as_ref()
                .map(reverse_slices)
                .unwrap_or_default()
        })
    });
    let percent = Signal::derive(move || {
        session.with(|session| session.progress_percent.unwrap_or_default())
    });
    let detail = Signal::derive(move || {
        session.with(|session| {
            session
                .reverse
                .as_ref()
                .map(reverse_detail)
                .unwrap_or_default()
        })
    });
    move || {
        if has_any.get() {
            view! {
                <div class="ui-stack">
                    <Progress label="Copied back".to_owned() percent=percent detail=detail />
                    <DonutChart label="Servers by state of replication back" slices=slices />
                </div>
            }
            .into_any()
        } else {
            view! { <Empty title="Nothing replicates back" text="It begins with reverse replication." /> }.into_any()
        }
    }
}

#[component]
fn Details(session: Signal<Arc<SessionView>>) -> impl IntoView {
    let of = move |read: fn(&SessionView) -> String| move || session.with(|session| read(session));
    let status = Signal::derive(move || session.with(|session| words::session(session.status).0));
    let text =
        Signal::derive(move || session.with(|session| words::session(session.status).1.to_owned()));
    let to = move |read: fn(&SessionView) -> Option<(String, String)>| {
        move || {
            session.with(|session| match read(session) {
                Some((path, text)) => view! { <a href=link(&path)>{text}</a> }.into_any(),
                None => "None".into_any(),
            })
        }
    };
    let pairs = vec![
        Pair::new(
            "Status",
            view! { <StatusIndicator status=status text=text /> },
        ),
        Pair::new(
            "Runs in",
            of(|session| session.direction.recovery.to_string()),
        ),
        Pair::new("Home", of(|session| session.direction.primary.to_string())),
        Pair::new(
            "Servers",
            of(|session| {
                format!(
                    "{}, {} failed",
                    session.total_servers, session.failed_servers
                )
            }),
        ),
        Pair::new(
            "Elapsed",
            of(|session| {
                format!(
                    "{} since {}",
                    duration(session.elapsed_seconds),
                    time(session.created_at)
                )
            }),
        ),
        Pair::new(
            "Last looked at",
            of(|session| session.looked_at.map_or_else(|| "Never".to_owned(), time)),
        ),
        Pair::new(
            "Ready with a lag of at most",
            of(|session| duration(session.lag_threshold_seconds)),
        ),
        Pair::new(
            "Commit",
            of(|session| policy(session.commit_policy.as_ref())),
        ),
        Pair::new("Trial", of(trial)),
        Pair::new(
            "Recovery",
            to(|session| {
                Some((
                    format!("/executions/{}", session.execution_id),
                    session.execution_id.to_string(),
                ))
            }),
        ),
        Pair::new(
            "Last failback",
            to(|session| {
                session
                    .failback_execution_id
                    .as_ref()
                    .map(|id| (format!("/executions/{id}"), id.to_string()))
            }),
        ),
        Pair::new(
            "Plan for the way home",
            to(|session| {
                session
                    .mirrored_plan_id
                    .as_ref()
                    .map(|id| (format!("/recovery-plans/{id}"), id.to_string()))
            }),
        ),
        Pair::new(
            "Split from",
            to(|session| {
                session
                    .split_from
                    .as_ref()
                    .map(|id| (format!("/failover-sessions/{id}"), id.to_string()))
            }),
        ),
        Pair::new("Id", of(|session| session.session_id.to_string())),
    ];
    view! { <Container title="Details".to_owned()><KeyValue pairs=pairs /></Container> }
}

/// The commit window, in words.
fn trial(session: &SessionView) -> String {
    let Some(window) = &session.commit_window else {
        return "None".to_owned();
    };
    let health = match window.is_healthy {
        Some(true) => "healthy".to_owned(),
        Some(false) => format!("unhealthy: {}", window.problems.join("; ")),
        None => "not looked at yet".to_owned(),
    };
    format!("Until {}, {health}", time(window.until))
}
