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
use ui::{Breadcrumbs, Button, ButtonKind, Column, Empty, PageHeader, Problem, Table};

use self::view_model::{groups, waves, way};
use crate::api::{Authorised, use_api};
use crate::auth::use_why_not;
use crate::delete::{BulkDelete, Deletion};
use crate::format::{duration, time};
use crate::live::poll;
use crate::route::{crumbs, link};

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
    let may_not = use_why_not(Permission::ManagePlans);
    let all = Signal::derive(move || {
        let rows = live.value.get().unwrap_or_default();
        rows.iter()
            .map(|plan| (plan.id.to_string(), plan.name.clone()))
            .collect::<Vec<_>>()
    });
    let crumbs = crumbs("Recovery plans", "/recovery-plans");
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
                    <BulkDelete thing="recovery plan" select_first="Select plans first" selection=selection all=all delete=delete refresh=live.retry()
                        what="These plans are deleted. Their groups, pairs and past executions stay; nothing can be started with them any more." />
                    <Button kind=ButtonKind::Primary why_not=may_not on_click=create>"Create plan"</Button>
                }
                empty=|| view! { <Empty title="No recovery plans" text="A plan recovers protection groups wave by wave, as a drill or for real." /> } />
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

/// Deletes a plan.
pub fn delete(api: Authorised, id: String) -> Deletion {
    Box::pin(async move {
        let plan_id = id
            .parse::<PlanId>()
            .map_err(|error| Problem::new("VALIDATION_FAILED", error.to_string()))?;
        let request = RecoveryPlanRequest { plan_id };
        api.call::<DeleteRecoveryPlan>(&request).await.map(drop)
    })
}
