//! Making and changing a recovery plan: waves in order, moved by button or by Alt with the arrow keys, their groups, and
//! what stands between them.

mod action;
mod draft_action;
mod view_model;
mod wave;

use std::sync::Arc;

use dr_api::accounts::ListRequest;
use dr_api::groups::ListProtectionGroups;
use dr_api::plans::{CreateRecoveryPlan, GetRecoveryPlan, RecoveryPlanRequest, UpdateRecoveryPlan};
use dr_model::group::ProtectionGroup;
use dr_model::ids::PlanId;
use dr_model::plan::{RecoveryPlan, Wave};
use dr_model::role::Permission;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use ui::{
    Breadcrumbs, Button, Container, Crumb, ErrorPanel, FormField, Input, PageHeader, Problem,
    Textarea, use_flashes,
};

use self::view_model::{Draft, DraftWave, add, why_not_add};
use self::wave::WaveCard;
use super::recovery_plan::graph::{WaveGraph, boxes};
use super::recovery_plan::names;
use crate::api::{Authorised, use_api};
use crate::doing::{Doing, Once};
use crate::fields::{Save, error_at, follow};
use crate::route::{crumbs, link, parameter};

/// The page that makes a plan.
#[component]
pub fn PlanCreate() -> impl IntoView {
    view! { <Page id=None /> }
}

/// The page that changes one.
#[component]
pub fn PlanEdit() -> impl IntoView {
    match parameter::<PlanId>("plan_id") {
        Ok(id) => view! { <Page id=Some(id) /> }.into_any(),
        Err(problem) => view! { <PageHeader title="Edit recovery plan".to_owned() /><ErrorPanel problem=problem /> }.into_any(),
    }
}

/// What is needed before anything can be edited. Read once: a form does not change under a person's hands.
#[derive(Debug, Clone, PartialEq)]
struct Given {
    plan: Option<RecoveryPlan>,
    groups: Vec<ProtectionGroup>,
}

async fn fetch(api: Authorised, id: Option<PlanId>) -> Result<Given, Problem> {
    let plan = match id {
        Some(plan_id) => Some(
            api.call::<GetRecoveryPlan>(&RecoveryPlanRequest { plan_id })
                .await?,
        ),
        None => None,
    };
    let groups = api
        .all::<ListProtectionGroups, _>(&ListRequest::default(), |page| {
            (page.protection_groups, page.next_token)
        })
        .await?;
    Ok(Given { plan, groups })
}

#[component]
fn Page(id: Option<PlanId>) -> impl IntoView {
    let api = use_api();
    let title = if id.is_some() {
        "Edit recovery plan"
    } else {
        "Create recovery plan"
    };
    let mut crumbs = crumbs("Recovery plans", "/recovery-plans");
    if let Some(id) = &id {
        crumbs.push(Crumb::new("Plan", link(&format!("/recovery-plans/{id}"))));
    }
    crumbs.push(Crumb::new(title, String::new()));
    let once = Once::now(move || fetch(api, id.clone()));
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title=title.to_owned() description="Waves run one after the other; the groups of a wave are launched together." />
            {once.faces("Loading the plan and the groups", |given| view! { <Form given=given /> }.into_any())}
        </div>
    }
}

/// The fields as signals. Copy it freely.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    name: RwSignal<String>,
    description: RwSignal<String>,
    rto_minutes: RwSignal<String>,
    pause_minutes: RwSignal<String>,
    waves: RwSignal<Vec<DraftWave>>,
    /// What a screen reader is told.
    said: RwSignal<String>,
    saving: Doing,
}

impl Fields {
    fn of(draft: Draft) -> Self {
        Self {
            name: RwSignal::new(draft.name),
            description: RwSignal::new(draft.description),
            rto_minutes: RwSignal::new(draft.rto_minutes),
            pause_minutes: RwSignal::new(draft.pause_minutes),
            waves: RwSignal::new(draft.waves),
            said: RwSignal::new(String::new()),
            saving: Doing::default(),
        }
    }

    fn draft(self) -> Draft {
        Draft {
            name: self.name.get_untracked(),
            description: self.description.get_untracked(),
            rto_minutes: self.rto_minutes.get_untracked(),
            pause_minutes: self.pause_minutes.get_untracked(),
            waves: self.waves.get_untracked(),
        }
    }

    /// What is wrong with a field whose path may change.
    fn error(self, field: impl Fn() -> String + Send + Sync + 'static) -> Signal<Option<String>> {
        follow(self.saving.problem, error_at, field)
    }

    /// Changes the waves. Errors name waves by their number, so those of other numbers go.
    fn change<T>(self, change: impl FnOnce(&mut Vec<DraftWave>) -> T) -> Option<T> {
        self.saving.problem.set(None);
        self.waves.try_update(change)
    }
}

#[component]
fn Form(given: Arc<Given>) -> impl IntoView {
    let fields = Fields::of(Draft::of(given.plan.as_ref()));
    let group_names = StoredValue::new(names(&given.groups));
    let groups = StoredValue::new(given.groups.clone());
    let wire = move || -> Vec<Wave> {
        fields.waves.with(|waves| {
            waves
                .iter()
                .map(|one| one.read(0, &mut Vec::new()))
                .collect()
        })
    };
    let drawn = Signal::derive(move || group_names.with_value(|names| boxes(&wire(), names)));
    let full = Signal::derive(move || why_not_add(fields.waves.with(Vec::len)));
    let of_waves = fields.error(|| "waves".to_owned());
    view! {
        <Container title="Plan".to_owned()><PlanFields fields=fields /></Container>
        <Container title="Waves".to_owned() description="Alt with the arrow keys moves the wave that has the focus."
            actions=move || view! { <Button why_not=full on_click=move |_| { fields.change(add); }>"Add wave"</Button> }>
            <div class="ui-stack">
                <Show when=move || groups.with_value(Vec::is_empty)>
                    <p>"There is no protection group yet, and a wave needs one: "<a href=link("/protection-groups/new")>"create a group"</a></p>
                </Show>
                <WaveGraph waves=drawn />
                <div class="ui-field__error" role="alert">{move || of_waves.get()}</div>
                <ol class="wave-cards">
                    <For each=move || fields.waves.get() key=|one| one.key
                        children=move |one| view! { <WaveCard fields=fields first=one groups=groups names=group_names /> } />
                </ol>
                <div class="ui-hidden" role="status">{move || fields.said.get()}</div>
            </div>
        </Container>
        <SavePlan fields=fields plan=given.plan.clone() />
    }
}

#[component]
fn PlanFields(fields: Fields) -> impl IntoView {
    let of = move |field: &'static str| fields.error(move || field.to_owned());
    let (name, description, rto, pause) = (
        of("name"),
        of("description"),
        of("rto_target_seconds"),
        of("pause_timeout_seconds"),
    );
    let is_wrong =
        |error: Signal<Option<String>>| Signal::derive(move || error.with(Option::is_some));
    view! {
        <div class="plan-fields">
            <FormField id="plan-name" label="Name" help="Unique, 1 to 128 characters" error=name>
                <Input id="plan-name" value=fields.name invalid=is_wrong(name) />
            </FormField>
            <FormField id="plan-rto" label="RTO target in minutes" help="From 1 minute to 7 days (10080)" error=rto>
                <Input id="plan-rto" value=fields.rto_minutes invalid=is_wrong(rto) />
            </FormField>
            <FormField id="plan-pause" label="A pause waits at most, in minutes" help="Then the execution is cancelled" error=pause>
                <Input id="plan-pause" value=fields.pause_minutes invalid=is_wrong(pause) />
            </FormField>
            <FormField id="plan-description" label="Description" help="At most 1,000 characters" error=description>
                <Textarea id="plan-description" value=fields.description />
            </FormField>
        </div>
    }
}

#[component]
fn SavePlan(fields: Fields, plan: Option<RecoveryPlan>) -> impl IntoView {
    let api = use_api();
    let flashes = use_flashes();
    let navigate = use_navigate();
    let (back, verb) = match &plan {
        Some(plan) => (
            link(&format!("/recovery-plans/{}", plan.id)),
            "Save changes",
        ),
        None => (link("/recovery-plans"), "Create plan"),
    };
    let save = move |()| {
        let (draft, plan, navigate) = (fields.draft(), plan.clone(), navigate.clone());
        let work = async move {
            match &plan {
                Some(plan) => api.call::<UpdateRecoveryPlan>(&draft.update(plan)?).await,
                None => api.call::<CreateRecoveryPlan>(&draft.create()?).await,
            }
        };
        fields.saving.run(work, move |saved| {
            flashes.success(format!("Saved the recovery plan {}", saved.name));
            navigate(
                &link(&format!("/recovery-plans/{}", saved.id)),
                NavigateOptions::default(),
            );
        });
    };
    view! { <Save verb=verb needs=Permission::ManagePlans saving=fields.saving on_save=save back=back /> }
}
