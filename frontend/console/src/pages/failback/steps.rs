//! The six steps.

use std::collections::BTreeSet;
use std::sync::Arc;

use dr_api::sessions::{SessionServerView, SessionView};
use dr_model::session::Action;
use leptos::prelude::*;
use ui::charts::DonutChart;
use ui::{
    Choice, Column, Container, Empty, ErrorPanel, FormField, KeyValue, Pair, Problem, Select,
    Status, StatusIndicator, Table,
};

use super::Way;
use super::view_model::{Last, last};
use crate::format::{bytes, duration, time};
use crate::pages::failover_session::{Reverse, stage_slices, trouble, why_not};
use crate::pages::session_steps::{Asked, StepForm, Taken};
use crate::route::link;
use crate::words;

/// The form of a step, or why there is nothing to do.
#[component]
fn Slot(
    session: Signal<Arc<SessionView>>,
    #[prop(into)] action: Signal<Action>,
    on_done: Callback<Taken>,
) -> impl IntoView {
    let face = Memo::new(move |_| {
        let action = action.get();
        (action, session.with(|session| why_not(session, action)))
    });
    move || {
        match face.get() {
        (action, None) => match Asked::of(&session.get_untracked(), action, BTreeSet::new()) {
            Ok(asked) => view! { <StepForm asked=asked on_done=on_done stays=true session=session /> }.into_any(),
            Err(error) => view! { <ErrorPanel problem=Problem::new("VALIDATION_FAILED", error.to_string()) /> }.into_any(),
        },
        (_, Some(reason)) => view! { <StatusIndicator status=Status::Info text=reason /> }.into_any(),
    }
    }
}

/// What goes home, from where to where.
#[component]
pub(super) fn ReviewStep(session: Signal<Arc<SessionView>>) -> impl IntoView {
    let of = move |read: fn(&SessionView) -> String| move || session.with(|session| read(session));
    let pairs = vec![
        Pair::new(
            "Runs in",
            of(|session| session.direction.recovery.to_string()),
        ),
        Pair::new(
            "Goes home to",
            of(|session| session.direction.primary.to_string()),
        ),
        Pair::new("Servers", of(|session| session.total_servers.to_string())),
        Pair::new(
            "Left out",
            of(|session| session.stages.left_out.to_string()),
        ),
        Pair::new("Failed", of(|session| session.failed_servers.to_string())),
        Pair::new(
            "Ready with a lag of at most",
            of(|session| duration(session.lag_threshold_seconds)),
        ),
    ];
    let stages = Signal::derive(move || session.with(|session| stage_slices(session.stages)));
    view! {
        <p>"Agents are checked and repaired where needed; data is replicated back; groups and plan for the way home are made, once DRS has \
            servers to put into them; then the fleet is launched at home, as a drill or for good. Production stays where it is until then."</p>
        <Container title="The way home".to_owned()><KeyValue pairs=pairs /></Container>
        <Container title="Servers by stage".to_owned()><DonutChart label="Servers by stage" slices=stages /></Container>
    }
}

/// Agents: what needs repair and what that costs; how far each repair is.
#[component]
pub(super) fn AgentsStep(
    session: Signal<Arc<SessionView>>,
    on_done: Callback<Taken>,
) -> impl IntoView {
    let way: Way = expect_context();
    let rows = Signal::derive(move || {
        way.servers.value.get().map(|servers| {
            Arc::new(
                servers
                    .iter()
                    .filter(|server| server.repair.is_some())
                    .cloned()
                    .collect::<Vec<_>>(),
            )
        })
    });
    let repair = |read: fn(&dr_model::session::AgentRepair) -> String| {
        move |server: &SessionServerView| server.repair.as_ref().map(read).unwrap_or_default()
    };
    let columns = vec![
        Column::new("server", "Server", |server: &SessionServerView| {
            server.name.clone()
        }),
        Column::new(
            "stage",
            "Repair",
            repair(|repair| words::repair(repair.stage).1.to_owned()),
        )
        .filter(),
        Column::new(
            "ssm",
            "SSM says",
            repair(|repair| repair.command_status.clone().unwrap_or_default()),
        ),
        Column::new(
            "reason",
            "What is wrong",
            repair(|repair| repair.reason.clone().unwrap_or_default()),
        ),
        Column::new("since", "Since", repair(|repair| time(repair.since))),
        Column::new(
            "output",
            "Output",
            repair(|repair| repair.output.clone().unwrap_or_default()),
        )
        .hidden(),
    ];
    view! {
        <Container title="Check and repair".to_owned()><Slot session=session action=Action::InstallAgents on_done=on_done /></Container>
        <Table id="repairs" title="Repairs" rows=rows columns=columns key=|server: &SessionServerView| server.source_server_id.to_string()
            problem=way.servers.problem age_seconds=way.servers.age_seconds on_retry=way.servers.retry()
            empty=|| view! { <Empty title="No repairs" text="Agents that work are used as they are." /> } />
    }
}

/// Reverse replication, with its checks and what the copy comes to.
#[component]
pub(super) fn ReverseStep(
    session: Signal<Arc<SessionView>>,
    on_done: Callback<Taken>,
) -> impl IntoView {
    view! {
        <Container title="Checks and cost".to_owned()><Slot session=session action=Action::StartReverseReplication on_done=on_done /></Container>
        <Container title="Replication back".to_owned()><Reverse session=session /></Container>
    }
}

/// Groups and plan for the way home.
#[component]
pub(super) fn MirrorStep(
    session: Signal<Arc<SessionView>>,
    on_done: Callback<Taken>,
) -> impl IntoView {
    let made = Memo::new(move |_| session.with(|session| session.mirrored_plan_id.clone()));
    let there = move || {
        made.get().map(|id| {
            view! {
                <StatusIndicator status=Status::Success text="Groups and plan for the way home exist".to_owned() />
                <p><a href=link(&format!("/recovery-plans/{id}"))>"The plan for the way home"</a></p>
            }
        })
    };
    view! {
        <Container title="Groups and plan".to_owned()>
            <div class="ui-stack">{there}<Slot session=session action=Action::MirrorConfig on_done=on_done /></div>
        </Container>
    }
}

/// Replication, server by server.
#[component]
pub(super) fn MonitorStep(session: Signal<Arc<SessionView>>) -> impl IntoView {
    let way: Way = expect_context();
    let columns = vec![
        Column::new("server", "Server", |server: &SessionServerView| {
            server.name.clone()
        }),
        Column::new("state", "State", |server: &SessionServerView| {
            words::reverse(server.reverse.state).1.to_owned()
        })
        .cell(|server| {
            let (status, text) = words::reverse(server.reverse.state);
            view! { <StatusIndicator status=status text=text.to_owned() /> }
        })
        .filter(),
        Column::new("copied", "Copied", |server: &SessionServerView| {
            format!("{:.0}%", server.reverse_percent)
        })
        .number(|server| Some(server.reverse_percent)),
        Column::new("lag", "Lag", |server: &SessionServerView| {
            server
                .reverse
                .lag_seconds
                .map_or_else(|| "–".to_owned(), duration)
        })
        .number(|server| server.reverse.lag_seconds.map(|lag| lag as f64)),
        Column::new("rate", "Rate", |server: &SessionServerView| {
            server
                .reverse
                .bytes_per_second
                .map_or_else(|| "–".to_owned(), |rate| format!("{}/s", bytes(rate)))
        })
        .number(|server| server.reverse.bytes_per_second.map(|rate| rate as f64)),
        Column::new("eta", "Whole by", |server: &SessionServerView| {
            server.reverse.eta.map_or_else(|| "–".to_owned(), time)
        }),
        Column::new("waiting", "Waiting", |server: &SessionServerView| {
            bytes(server.reverse.backlogged_bytes)
        })
        .number(|server| Some(server.reverse.backlogged_bytes as f64)),
        Column::new("wrong", "What is wrong", trouble),
    ];
    view! {
        <Container title="All servers".to_owned()><Reverse session=session /></Container>
        <Table id="monitor" title="Replication back" rows=way.servers.value columns=columns key=|server: &SessionServerView| server.source_server_id.to_string()
            problem=way.servers.problem age_seconds=way.servers.age_seconds on_retry=way.servers.retry()
            empty=|| view! { <Empty title="No servers" /> } />
    }
}

/// Drill or recovery; then whether it stands.
#[component]
pub(super) fn ExecuteStep(
    session: Signal<Arc<SessionView>>,
    on_done: Callback<Taken>,
) -> impl IntoView {
    let asks = Memo::new(move |_| session.with(|session| last(session.status)));
    let execution =
        Memo::new(move |_| session.with(|session| session.failback_execution_id.clone()));
    let to_execution = move || {
        execution.get().map(|id| view! { <p><a href=link(&format!("/executions/{id}"))>"The last failback, live"</a></p> })
    };
    let content = move || {
        match asks.get() {
        Last::Launch => view! { <Launch session=session on_done=on_done /> }.into_any(),
        Last::Running => view! { <StatusIndicator status=Status::InProgress text="It runs: this page follows it".to_owned() /> }.into_any(),
        Last::Decide => view! { <Decide session=session on_done=on_done /> }.into_any(),
        Last::Home => {
            let above = session.with_untracked(|session| link(&format!("/failover-sessions/{}", session.session_id)));
            view! {
                <StatusIndicator status=Status::Success text="The fleet is home".to_owned() />
                <p>"What comes next is protecting it again and removing what is left in the recovery region: on " <a href=above>"the page of the session"</a> "."</p>
            }
            .into_any()
        }
    }
    };
    view! { <Container title="Failback".to_owned()><div class="ui-stack">{content}{to_execution}</div></Container> }
}

#[component]
fn Launch(session: Signal<Arc<SessionView>>, on_done: Callback<Taken>) -> impl IntoView {
    let kind = RwSignal::new("drill".to_owned());
    let action = Signal::derive(move || {
        if kind.with(|kind| kind == "recovery") {
            Action::FailbackRecovery
        } else {
            Action::FailbackDrill
        }
    });
    let choices = Signal::stored(vec![
        Choice::new("drill", "Drill: rehearse, production stays"),
        Choice::new("recovery", "Failback: go home"),
    ]);
    view! {
        <FormField id="failback-kind" label="What to run"><Select id="failback-kind" value=kind choices=choices /></FormField>
        <Slot session=session action=action on_done=on_done />
    }
}

#[component]
fn Decide(session: Signal<Arc<SessionView>>, on_done: Callback<Taken>) -> impl IntoView {
    view! {
        <p>"What came home is on trial. Let it stand, or go back."</p>
        <Slot session=session action=Action::Commit on_done=on_done />
        <Slot session=session action=Action::GoBack on_done=on_done />
    }
}
