//! The failover wizard: choose, match, check, look at what changes, confirm, start.

mod confirm;
mod matching;
pub mod pairing;
mod select;
mod validate;
mod view_model;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dr_api::accounts::ListRequest;
use dr_api::groups::ListProtectionGroups;
use dr_api::plans::ListRecoveryPlans;
use dr_api::start::StartExecution;
use dr_model::execution::ExecutionType;
use dr_model::group::ProtectionGroup;
use dr_model::plan::RecoveryPlan;
use dr_model::role::Permission;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use ui::{Breadcrumbs, ErrorPanel, PageHeader, Problem, Wizard, WizardStep, use_flashes};

use self::confirm::{Confirmation, Preview};
use self::matching::Match;
use self::pairing::Found;
use self::select::Select;
use self::validate::Validate;
use self::view_model::{DRILL, Verdict, Wish, why_not_confirmed, why_not_start};
use crate::api::{Authorised, use_api};
use crate::auth::why_not;
use crate::doing::Doing;
use crate::live::{Live, Watched, poll};
use crate::route::{crumbs, link};

/// Plans and groups to choose from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Given {
    plans: Vec<RecoveryPlan>,
    groups: Vec<ProtectionGroup>,
}

/// The state of the wizard. Copy it freely.
#[derive(Clone, Copy)]
pub(super) struct State {
    given: Live<Given>,
    plan_id: RwSignal<String>,
    kind: RwSignal<String>,
    skip_invalid: RwSignal<bool>,
    /// The servers of a plan, by the plan's id.
    matched: RwSignal<Option<(String, Arc<Found>)>>,
    matching: Doing,
    verdict: RwSignal<Option<Verdict>>,
    checking: Doing,
    typed: RwSignal<String>,
    is_ticked: RwSignal<bool>,
    starting: Doing,
    /// Made once: what is sent twice starts once.
    secret: StoredValue<Option<String>>,
}

impl State {
    fn new(given: Live<Given>, plan_id: String) -> Self {
        Self {
            given,
            plan_id: RwSignal::new(plan_id),
            kind: RwSignal::new(DRILL.to_owned()),
            skip_invalid: RwSignal::new(false),
            matched: RwSignal::new(None),
            matching: Doing::default(),
            verdict: RwSignal::new(None),
            checking: Doing::default(),
            typed: RwSignal::new(String::new()),
            is_ticked: RwSignal::new(false),
            starting: Doing::default(),
            secret: StoredValue::new(secret()),
        }
    }

    /// What is wished for. Follows the fields.
    fn wish(self) -> Option<Wish> {
        Wish::of(
            &self.plan_id.get(),
            &self.kind.get(),
            self.skip_invalid.get(),
        )
    }

    /// The plan that is chosen. Follows the field and the list.
    fn plan(self) -> Option<RecoveryPlan> {
        let id = self.plan_id.get();
        self.given.value.with(|given| {
            given.as_ref().and_then(|given| {
                given
                    .plans
                    .iter()
                    .find(|plan| plan.id.as_str() == id)
                    .cloned()
            })
        })
    }

    /// Its groups, in the order of its waves.
    fn groups(self) -> Vec<ProtectionGroup> {
        let plan = self.plan();
        let ids = plan
            .iter()
            .flat_map(|plan| &plan.waves)
            .flat_map(|wave| &wave.group_ids);
        self.given.value.with(|given| {
            ids.filter_map(|id| {
                given
                    .as_ref()?
                    .groups
                    .iter()
                    .find(|group| group.id == *id)
                    .cloned()
            })
            .collect()
        })
    }

    fn execution_type(self) -> ExecutionType {
        self.wish().map_or(ExecutionType::Drill, |wish| wish.kind)
    }
}

/// 16 random bytes as text; none where the browser has no source of them.
fn secret() -> Option<String> {
    let mut bytes = [0; 16];
    window()
        .crypto()
        .ok()?
        .get_random_values_with_u8_array(&mut bytes)
        .ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

async fn fetch(api: Authorised) -> Result<Given, Problem> {
    let plans = api
        .all::<ListRecoveryPlans, _>(&ListRequest::default(), |page| {
            (page.recovery_plans, page.next_token)
        })
        .await?;
    let groups = api
        .all::<ListProtectionGroups, _>(&ListRequest::default(), |page| {
            (page.protection_groups, page.next_token)
        })
        .await?;
    Ok(Given { plans, groups })
}

/// The page.
#[component]
pub fn Failover() -> impl IntoView {
    let api = use_api();
    let given = poll(move || fetch(api));
    let asked = use_query_map().with_untracked(|query| query.get("plan"));
    let state = State::new(given, asked.unwrap_or_default());
    provide_context(state);
    // What was confirmed was confirmed of one wish.
    Effect::new(move |_| {
        let _ = state.wish();
        state.typed.set(String::new());
        state.is_ticked.set(false);
        state.starting.problem.set(None);
    });
    let crumbs = crumbs("Start drill or recovery", "/failover");
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Start drill or recovery".to_owned() description="Nothing is started before the last step." />
            <Watched live=given loading="Loading the plans" view=|_| view! { <Steps /> }.into_any() />
        </div>
    }
}

#[component]
fn Steps() -> impl IntoView {
    let state: State = expect_context();
    let api = use_api();
    let step = RwSignal::new(0);
    let navigate = use_navigate();
    let leave = Callback::new(move |()| navigate(&link("/executions"), NavigateOptions::default()));
    let not_selected = Signal::derive(move || {
        let Some(plan) = state.plan() else {
            return Some("Choose a plan".to_owned());
        };
        let needs = match state.execution_type() {
            ExecutionType::Drill => Permission::StartDrill,
            ExecutionType::Recovery => Permission::StartRecovery,
        };
        drop(plan);
        why_not(&api.who().roles, needs)
    });
    let not_matched = Signal::derive(move || {
        let is_read = state.matched.with(|matched| {
            matched
                .as_ref()
                .is_some_and(|(id, _)| *id == state.plan_id.get())
        });
        (!is_read && state.matching.problem.with(Option::is_none))
            .then(|| "Wait until the pairs are read".to_owned())
    });
    let not_valid = Signal::derive(move || {
        let wish = state.wish();
        state
            .verdict
            .with(|verdict| why_not_start(wish.as_ref(), verdict.as_ref()))
    });
    let not_confirmed = Signal::derive(move || {
        let name = state.plan().map(|plan| plan.name).unwrap_or_default();
        why_not_confirmed(
            state.execution_type(),
            &name,
            &state.typed.get(),
            state.is_ticked.get(),
        )
    });
    let steps = vec![
        WizardStep::new("Choose", not_selected, || view! { <Select /> }),
        WizardStep::new("Match", not_matched, || view! { <Match /> }),
        WizardStep::new("Validate", not_valid, || view! { <Validate /> }),
        WizardStep::new("Preview changes", not_valid, || view! { <Preview /> }),
        WizardStep::new("Confirm", not_confirmed, || view! { <Confirmation /> }),
    ];
    let finish = Signal::derive(move || match state.execution_type() {
        ExecutionType::Drill => "Start drill".to_owned(),
        ExecutionType::Recovery => "Start recovery".to_owned(),
    });
    let start = start(state, api);
    view! {
        <Wizard steps=steps step=step finish=finish busy=state.starting.busy on_finish=start on_cancel=leave
            cancel_text="Nothing has been started; what you chose here is forgotten." />
        {move || state.starting.problem.get().map(|problem| view! { <Refusal problem=problem /> })}
    }
}

/// Starts what is wished for, and goes to its page.
fn start(state: State, api: Authorised) -> Callback<()> {
    let flashes = use_flashes();
    let navigate = use_navigate();
    Callback::new(move |()| {
        let Some(wish) = untrack(|| state.wish()) else {
            return;
        };
        let request = state
            .secret
            .with_value(|secret| wish.request(secret.as_deref(), false));
        let navigate = navigate.clone();
        let work = async move { api.call::<StartExecution>(&request).await };
        state.starting.run(work, move |started| {
            flashes.success(match started.execution_type {
                ExecutionType::Drill => "The drill is started",
                ExecutionType::Recovery => "The recovery is started",
            });
            let page = started.execution_id.map_or_else(
                || "/executions".to_owned(),
                |id| format!("/executions/{id}"),
            );
            navigate(&link(&page), NavigateOptions::default());
        });
    })
}

/// Why it was, or would be, refused; of the guard's refusal first how much it would have destroyed.
#[component]
pub(super) fn Refusal(problem: Problem) -> impl IntoView {
    let radius = view_model::blast_radius(&problem);
    view! {
        {radius.map(|text| view! { <p class="failover-radius"><strong>{text}</strong></p> })}
        <ErrorPanel problem=problem />
    }
}
