//! A recovery plan: its waves in order, its SSM actions, and what it was used for.

pub mod graph;
mod view_model;

use std::sync::Arc;

use dr_api::accounts::ListRequest;
use dr_api::executions::{ExecutionView, ListExecutions, ListExecutionsRequest};
use dr_api::groups::ListProtectionGroups;
use dr_api::plans::{GetRecoveryPlan, RecoveryPlanRequest};
use dr_model::ids::PlanId;
use dr_model::role::Permission;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use ui::{
    Breadcrumbs, Button, ButtonKind, Column, Container, Crumb, Empty, ErrorPanel, KeyValue,
    LinkButton, PageHeader, Pair, Table,
};

use self::graph::{WaveGraph, boxes, group_name};
use self::view_model::{ActionRow, Shown, actions, of_plan, on_failure};
pub use self::view_model::{names, on_action_failure};
use crate::api::{Authorised, use_api};
use crate::auth::use_why_not;
use crate::delete::DeleteThis;
use crate::format::{duration, time};
use crate::live::{Live, Watched, poll};
use crate::pages::executions;
use crate::pages::recovery_plans::delete;
use crate::route::{crumbs, link, parameter};

/// The page.
#[component]
pub fn PlanDetail() -> impl IntoView {
    match parameter::<PlanId>("plan_id") {
        Ok(id) => view! { <Plan id=id /> }.into_any(),
        Err(problem) => {
            view! { <PageHeader title="Recovery plan".to_owned() /><ErrorPanel problem=problem /> }
                .into_any()
        }
    }
}

async fn fetch(api: Authorised, plan_id: PlanId) -> Result<Shown, ui::Problem> {
    let plan = api
        .call::<GetRecoveryPlan>(&RecoveryPlanRequest { plan_id })
        .await?;
    let groups = api
        .all::<ListProtectionGroups, _>(&ListRequest::default(), |page| {
            (page.protection_groups, page.next_token)
        })
        .await?;
    Ok(Shown {
        plan,
        names: names(&groups),
    })
}

#[component]
fn Plan(id: PlanId) -> impl IntoView {
    let api = use_api();
    let asked = id.clone();
    let live = poll(move || fetch(api, asked.clone()));
    let name = Signal::derive(move || {
        live.value.get().map_or_else(
            || "Recovery plan".to_owned(),
            |shown| shown.plan.name.clone(),
        )
    });
    let own = link(&format!("/recovery-plans/{id}"));
    let crumbs = Signal::derive(move || {
        let mut crumbs = crumbs("Recovery plans", "/recovery-plans");
        crumbs.push(Crumb::new(name.get(), own.clone()));
        crumbs
    });
    let buttons = id.clone();
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title=name actions=move || view! { <Buttons id=buttons.clone() name=name /> } />
            <Watched live=live loading="Loading the plan" view=|shown| view! { <Content shown=shown /> }.into_any() />
            <Used id=id />
        </div>
    }
}

#[component]
fn Buttons(id: PlanId, name: Signal<String>) -> impl IntoView {
    let may_not = use_why_not(Permission::ManagePlans);
    let navigate = use_navigate();
    let edit = link(&format!("/recovery-plans/{id}/edit"));
    let edit = Callback::new(move |_| navigate(&edit, NavigateOptions::default()));
    view! {
        <DeleteThis thing="recovery plan" id=id.to_string() name=name delete=delete list="/recovery-plans"
            what="The plan is deleted. Its groups, pairs and past executions stay; nothing can be started with it any more." />
        <Button why_not=may_not on_click=edit>"Edit"</Button>
        <LinkButton kind=ButtonKind::Primary href=link(&format!("/failover?plan={id}"))>"Start drill or recovery"</LinkButton>
    }
}

#[component]
fn Content(shown: Signal<Arc<Shown>>) -> impl IntoView {
    let of = move |read: fn(&Shown) -> String| move || shown.with(|shown| read(shown));
    let home = move || {
        shown.with(|shown| {
            let other = |text: &'static str, id: &PlanId| {
                view! { <a href=link(&format!("/recovery-plans/{id}"))>{text}</a> }.into_any()
            };
            match (&shown.plan.mirrored_as, &shown.plan.mirror_of) {
                (Some(id), _) => other("The plan that brings it home", id),
                (None, Some(id)) => other("Brings this plan home", id),
                (None, None) => "–".into_any(),
            }
        })
    };
    let pairs = vec![
        Pair::new("Description", of(|shown| shown.plan.description.clone())),
        Pair::new(
            "RTO target",
            of(|shown| duration(shown.plan.rto_target_seconds)),
        ),
        Pair::new(
            "A pause waits at most",
            of(|shown| duration(shown.plan.pause_timeout_seconds)),
        ),
        Pair::new("Failback", home),
        Pair::new("Changed", of(|shown| time(shown.plan.updated_at))),
        Pair::new("Id", of(|shown| shown.plan.id.to_string())),
    ];
    let waves = Signal::derive(move || shown.with(|shown| boxes(&shown.plan.waves, &shown.names)));
    let has_actions =
        Memo::new(move |_| shown.with(|shown| !actions(&shown.plan.waves).is_empty()));
    view! {
        <Container title="Details".to_owned()><KeyValue pairs=pairs /></Container>
        <Container title="Waves".to_owned()>
            <div class="ui-stack"><WaveGraph waves=waves /><WaveNumbers shown=shown /></div>
        </Container>
        <Show when=move || has_actions.get()><Actions shown=shown /></Show>
    }
}

/// What the picture of the waves says, as a table.
#[component]
fn WaveNumbers(shown: Signal<Arc<Shown>>) -> impl IntoView {
    let rows = move || {
        shown.with(|shown| {
            let row = |(at, wave): (usize, &dr_model::plan::Wave)| {
                let groups: Vec<_> = wave
                    .group_ids
                    .iter()
                    .map(|id| view! { <li><a href=link(&format!("/protection-groups/{id}"))>{group_name(id, &shown.names)}</a></li> })
                    .collect();
                let before = if wave.pause_before { "Waits for a person" } else { "Begins at once" };
                view! {
                    <tr>
                        <th scope="row">{format!("{}. {}", at + 1, wave.name)}</th>
                        <td><ul class="wave-card__groups">{groups}</ul></td><td>{before}</td><td>{on_failure(wave)}</td>
                    </tr>
                }
            };
            shown.plan.waves.iter().enumerate().map(row).collect::<Vec<_>>()
        })
    };
    view! {
        <div class="ui-table__scroll" tabindex="0" role="region" aria-label="Waves, as a table">
            <table class="ui-table plan-numbers">
                <thead><tr><th scope="col">"Wave"</th><th scope="col">"Groups"</th><th scope="col">"Before it"</th><th scope="col">"After failures"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Actions(shown: Signal<Arc<Shown>>) -> impl IntoView {
    let rows =
        Signal::derive(move || Some(Arc::new(shown.with(|shown| actions(&shown.plan.waves)))));
    let columns = vec![
        Column::new("name", "Action", |row: &ActionRow| row.name.clone()),
        Column::new("wave", "Wave", |row: &ActionRow| row.wave.clone()).filter(),
        Column::new("turn", "When", |row: &ActionRow| {
            format!("{} it, {}", row.side.as_str(), row.turn)
        }),
        Column::new("document", "Document", |row: &ActionRow| {
            row.document.clone()
        }),
        Column::new("on", "On", |row: &ActionRow| row.on.clone()),
        Column::new("timeout", "At most", |row: &ActionRow| row.timeout.clone()),
        Column::new("failure", "When it fails", |row: &ActionRow| {
            row.on_failure.to_owned()
        }),
        Column::new("drills", "In drills", |row: &ActionRow| {
            row.in_drills.to_owned()
        }),
        Column::new("parameters", "Parameters", |row: &ActionRow| {
            row.parameters.clone()
        }),
    ];
    view! {
        <Table id="plan-actions" title="SSM actions" rows=rows columns=columns url_prefix="actions."
            key=|row: &ActionRow| format!("{} {} {}", row.wave, row.side.as_str(), row.turn)
            empty=|| view! { <Empty title="No SSM actions" /> } />
    }
}

#[component]
fn Used(id: PlanId) -> impl IntoView {
    let api = use_api();
    let live: Live<Vec<ExecutionView>> = poll(move || {
        let id = id.clone();
        async move {
            let all = api
                .all::<ListExecutions, _>(&ListExecutionsRequest::default(), |page| {
                    (page.executions, page.next_token)
                })
                .await?;
            Ok(of_plan(all, &id))
        }
    });
    view! {
        <Table id="plan-executions" title="Executions" rows=live.value columns=executions::columns() url_prefix="executions."
            key=|run: &ExecutionView| run.execution_id.to_string()
            problem=live.problem age_seconds=live.age_seconds on_retry=live.retry()
            empty=|| view! { <Empty title="Never used" text="Its drills and recoveries will stand here." /> } />
    }
}
