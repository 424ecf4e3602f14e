//! The list of recovery instances, and its buttons.

use std::collections::BTreeSet;

use dr_api::recovery_instances::{
    ListRecoveryInstances, ListRecoveryInstancesRequest, RecoveryInstanceView,
};
use dr_api::sessions::{GetFailoverSession, SessionRequest};
use dr_model::ids::SourceServerId;
use dr_model::place::Place;
use dr_model::session::Action;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use ui::{Button, ButtonKind, Column, Empty, ErrorPanel, Problem, StatusIndicator, Table};

use super::detail::Detail;
use super::terminate::Terminate;
use super::view_model::{chosen, kind, name, reversed, session_for, why_not_end};
use crate::api::{Authorised, use_api};
use crate::auth::use_why_not;
use crate::doing::Doing;
use crate::format::{duration, time};
use crate::live::poll;
use crate::pages::failover_session::why_not;
use crate::pages::replication::server_path;
use crate::pages::session_steps::{Asked, StepDialogue, Taken, needs};
use crate::route::link;
use crate::words;

/// The steps of a session that are offered here.
const STEPS: [Action; 3] = [
    Action::StartReverseReplication,
    Action::FailbackDrill,
    Action::FailbackRecovery,
];

/// The recovery instances of a place.
#[component]
pub(super) fn Instances(place: Place) -> impl IntoView {
    let api = use_api();
    let asked = ListRecoveryInstancesRequest {
        account_id: place.account_id.clone(),
        region: place.region.clone(),
        limit: Default::default(),
        next_token: None,
    };
    let live = poll(move || {
        let asked = asked.clone();
        async move {
            api.all::<ListRecoveryInstances, _>(&asked, |page| {
                (page.recovery_instances, page.next_token)
            })
            .await
        }
    });
    let selection = RwSignal::new(BTreeSet::new());
    let picked = Signal::derive(move || {
        let ids = selection.get();
        live.value.with(|all| {
            all.as_ref()
                .map(|all| chosen(all, &ids))
                .unwrap_or_default()
        })
    });
    let ending = RwSignal::new(false);
    let asking = RwSignal::new(None::<Asked>);
    let doing = Doing::default();
    let navigate = use_navigate();
    let done = move |taken: Taken| {
        selection.set(BTreeSet::new());
        live.refresh();
        if let Some(id) = taken.execution_id {
            navigate(
                &link(&format!("/executions/{id}")),
                NavigateOptions::default(),
            );
        }
    };
    let problem = move || {
        doing
            .problem
            .get()
            .map(|problem| view! { <ErrorPanel problem=problem /> })
    };
    let at = place.clone();
    let detail = move || view! { <Detail place=at.clone() picked=picked /> };
    view! {
        <Table id="recovery-instances" title="Recovery instances" rows=live.value columns=columns(&place)
            key=|one: &RecoveryInstanceView| one.recovery_instance_id.to_string()
            problem=live.problem age_seconds=live.age_seconds on_retry=live.retry() selection=selection
            actions=move || buttons(api, picked, asking, ending, doing)
            empty=|| view! { <Empty title="No recovery instances" text="A drill or a recovery launches them; choose another region where it launched elsewhere." /> } />
        {problem}
        {detail}
        <StepDialogue asking=asking on_done=done />
        <Terminate open=ending place=place picked=picked selection=selection refresh=Callback::new(move |()| live.refresh()) />
    }
}

type Picked = Signal<Vec<RecoveryInstanceView>>;

fn buttons(
    api: Authorised,
    picked: Picked,
    asking: RwSignal<Option<Asked>>,
    ending: RwSignal<bool>,
    doing: Doing,
) -> AnyView {
    let steps: Vec<_> = STEPS
        .into_iter()
        .map(|action| {
            let may_not = use_why_not(needs(action));
            let reason = Signal::derive(move || {
                may_not.get().or_else(|| picked.with(|all| session_for(all, action).err()))
            });
            let begin = move |_| begin(api, &picked.get_untracked(), action, asking, doing);
            view! { <Button why_not=reason busy=doing.busy on_click=begin>{words::action(action)}</Button> }
        })
        .collect();
    let may_not = use_why_not(dr_api::Operation::TerminateRecoveryInstance.permission());
    let reason =
        Signal::derive(move || may_not.get().or_else(|| why_not_end(picked.with(Vec::len))));
    view! {
        {steps}
        <Button kind=ButtonKind::Primary why_not=reason on_click=move |_| ending.set(true)>"Terminate"</Button>
    }
    .into_any()
}

/// Opens the step of the session for what is ticked: several instances go home in one execution, not in one each.
fn begin(
    api: Authorised,
    all: &[RecoveryInstanceView],
    action: Action,
    asking: RwSignal<Option<Asked>>,
    doing: Doing,
) {
    let Ok(session_id) = session_for(all, action) else {
        return;
    };
    let ids: BTreeSet<SourceServerId> =
        all.iter().map(|one| one.source_server_id.clone()).collect();
    let work = async move {
        let session = api
            .call::<GetFailoverSession>(&SessionRequest { session_id })
            .await?;
        match why_not(&session, action) {
            Some(why) => Err(Problem::new("NOT_ALLOWED_NOW", why)),
            None => Asked::of(&session, action, ids)
                .map_err(|error| Problem::new("VALIDATION_FAILED", error.to_string())),
        }
    };
    doing.run(work, move |asked| asking.set(Some(asked)));
}

fn columns(place: &Place) -> Vec<Column<RecoveryInstanceView>> {
    let place = place.clone();
    let mut columns = vec![
        Column::new("server", "Server", name).cell(move |one| {
            let href = link(&server_path(&place, &one.source_server_id));
            view! { <a href=href>{name(one)}</a> }
        }),
        Column::new("kind", "Launched by", |one: &RecoveryInstanceView| {
            kind(one).to_owned()
        })
        .filter(),
        Column::new("instance", "Instance", |one: &RecoveryInstanceView| {
            one.instance_id
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default()
        }),
        Column::new("state", "Instance state", |one: &RecoveryInstanceView| {
            one.instance_state.to_lowercase().replace('_', " ")
        })
        .filter(),
        Column::new("reversed", "Way back", |one: &RecoveryInstanceView| {
            reversed(one.reversed_launch_state).1.to_owned()
        })
        .cell(|one| {
            let (status, text) = reversed(one.reversed_launch_state);
            view! { <StatusIndicator status=status text=text.to_owned() /> }
        })
        .filter(),
        Column::new("lag", "Lag", |one: &RecoveryInstanceView| {
            one.lag_seconds.map_or_else(|| "–".to_owned(), duration)
        })
        .number(|one| one.lag_seconds.map(|lag| lag as f64)),
        Column::new("copied", "Copied back", |one: &RecoveryInstanceView| {
            format!("{:.0}%", one.progress_percent)
        })
        .number(|one| Some(one.progress_percent)),
    ];
    columns.extend(more());
    columns
}

fn more() -> Vec<Column<RecoveryInstanceView>> {
    vec![
        Column::new("next", "Next", |one: &RecoveryInstanceView| {
            one.pending_action.clone().unwrap_or_default()
        }),
        Column::new(
            "session",
            "Failover session",
            |one: &RecoveryInstanceView| {
                one.session_id
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default()
            },
        )
        .cell(|one| {
            one.session_id.as_ref().map(|id| {
                view! { <a href=link(&format!("/failover-sessions/{id}"))>{id.to_string()}</a> }
            })
        }),
        Column::new("to", "Replicates back to", |one: &RecoveryInstanceView| {
            one.replicating_to
                .as_ref()
                .map(|to| format!("{} {}", to.region, to.source_server_id))
                .unwrap_or_default()
        })
        .hidden(),
        Column::new("launched", "Launched from", |one: &RecoveryInstanceView| {
            one.launched_at.map(time).unwrap_or_default()
        }),
        Column::new("wrong", "What is wrong", |one: &RecoveryInstanceView| {
            one.problem.clone().unwrap_or_default()
        })
        .hidden(),
    ]
}
