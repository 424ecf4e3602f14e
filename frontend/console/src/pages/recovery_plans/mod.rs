//! Recovery plans: the list, with deletion of several.

mod view_model;

use std::collections::BTreeSet;

use dr_api::accounts::ListRequest;
use dr_api::plans::{DeleteRecoveryPlan, ListRecoveryPlans, RecoveryPlanRequest};
use dr_model::ids::PlanId;
use dr_model::plan::RecoveryPlan;
use dr_model::role::Permission;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use ui::{
    Breadcrumbs, Button, ButtonKind, Column, Confirm, Crumb, Empty, PageHeader, Table, use_flashes,
};

use self::view_model::{deleted, groups, waves, way, why_not_delete};
use crate::api::use_api;
use crate::auth::use_why_not;
use crate::doing::Doing;
use crate::format::{duration, time};
use crate::live::{Live, poll};
use crate::route::link;

/// The page.
#[component]
pub fn RecoveryPlans() -> impl IntoView {
    let api = use_api();
    let live = poll(move || async move {
        api.all::<ListRecoveryPlans, _>(&ListRequest::default(), |page| {
            (page.recovery_plans, page.next_token)
        })
        .await
    });
    let selection = RwSignal::new(BTreeSet::new());
    let asking = RwSignal::new(false);
    let may_not = use_why_not(Permission::ManagePlans);
    let why_not = Signal::derive(move || {
        may_not
            .get()
            .or_else(|| why_not_delete(selection.with(BTreeSet::len)))
    });
    let crumbs = vec![
        Crumb::new("Dashboard", link("/")),
        Crumb::new("Recovery plans", link("/recovery-plans")),
    ];
    let navigate = use_navigate();
    let create =
        Callback::new(move |_| navigate(&link("/recovery-plans/new"), NavigateOptions::default()));
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Recovery plans".to_owned() description="Protection groups in the order in which they are recovered." />
            <Table id="recovery-plans" title="Plans" rows=live.value columns=columns() key=|plan: &RecoveryPlan| plan.id.to_string()
                problem=live.problem age_seconds=live.age_seconds on_retry=live.retry() selection=selection
                actions=move || view! {
                    <Button why_not=why_not on_click=move |_| asking.set(true)>"Delete"</Button>
                    <Button kind=ButtonKind::Primary why_not=may_not on_click=create>"Create plan"</Button>
                }
                empty=|| view! { <Empty title="No recovery plans" text="A plan recovers protection groups wave by wave, as a drill or for real." /> } />
            <Delete open=asking selection=selection live=live />
        </div>
    }
}

fn columns() -> Vec<Column<RecoveryPlan>> {
    vec![
        Column::new("name", "Name", |plan: &RecoveryPlan| plan.name.clone()).cell(|plan| {
            view! { <a href=link(&format!("/recovery-plans/{}", plan.id))>{plan.name.clone()}</a> }
        }),
        Column::new("waves", "Waves", waves),
        Column::new("wave-count", "Number of waves", |plan: &RecoveryPlan| {
            plan.waves.len().to_string()
        })
        .number(|plan| Some(plan.waves.len() as f64))
        .hidden(),
        Column::new("groups", "Groups", |plan: &RecoveryPlan| {
            groups(plan).to_string()
        })
        .number(|plan| Some(groups(plan) as f64)),
        Column::new("way", "Way", |plan: &RecoveryPlan| way(plan).to_owned()).filter(),
        Column::new("rto", "RTO target", |plan: &RecoveryPlan| {
            duration(plan.rto_target_seconds)
        })
        .number(|plan| Some(plan.rto_target_seconds as f64)),
        Column::new("description", "Description", |plan: &RecoveryPlan| {
            plan.description.clone()
        })
        .hidden(),
        Column::new("changed", "Changed", |plan: &RecoveryPlan| {
            time(plan.updated_at)
        }),
        Column::new("id", "Id", |plan: &RecoveryPlan| plan.id.to_string()).hidden(),
    ]
}

#[component]
fn Delete(
    open: RwSignal<bool>,
    selection: RwSignal<BTreeSet<String>>,
    live: Live<Vec<RecoveryPlan>>,
) -> impl IntoView {
    let api = use_api();
    let flashes = use_flashes();
    let doing = Doing::default();
    let confirm = move |()| {
        let ids = selection.get_untracked();
        let work = async move {
            let mut count = 0;
            for id in ids {
                let Ok(plan_id) = id.parse::<PlanId>() else {
                    continue;
                };
                let answer = api
                    .call::<DeleteRecoveryPlan>(&RecoveryPlanRequest { plan_id })
                    .await;
                // What is deleted is not deleted again when the rest is tried once more.
                live.refresh();
                answer?;
                selection.update(|chosen| {
                    chosen.remove(&id);
                });
                count += 1;
            }
            Ok(count)
        };
        doing.run(work, move |count: usize| {
            open.set(false);
            flashes.success(deleted(count));
        });
    };
    let names = move || {
        let chosen = selection.get();
        let plans = live.value.get().unwrap_or_default();
        plans
            .iter()
            .filter(|plan| chosen.contains(plan.id.as_str()))
            .map(|plan| view! { <li>{plan.name.clone()}</li> })
            .collect::<Vec<_>>()
    };
    view! {
        <Confirm open=open title="Delete recovery plans?" verb="Delete" word=Signal::stored("delete".to_owned())
            busy=doing.busy problem=doing.problem on_confirm=confirm>
            <p>"These plans are deleted. Their groups, pairs and past executions stay; nothing can be started with them any more."</p>
            <ul class="console-bullets">{names}</ul>
        </Confirm>
    }
}
