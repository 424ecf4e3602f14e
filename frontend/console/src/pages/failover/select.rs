//! Step 1: which plan, and whether it is a drill.

use leptos::prelude::*;
use ui::{Checkbox, Choice, FormField, LinkButton};

use super::State;
use super::view_model::{DRILL, RECOVERY};
use crate::pages::recovery_plan::graph::{WaveGraph, boxes};
use crate::pages::recovery_plan::names;
use crate::route::link;

/// The step.
#[component]
pub(super) fn Select() -> impl IntoView {
    let state: State = expect_context();
    let choices = Signal::derive(move || {
        state.given.value.with(|given| {
            let plans = given.iter().flat_map(|given| &given.plans);
            std::iter::once(Choice::new("", "Choose a plan"))
                .chain(plans.map(|plan| Choice::new(plan.id.to_string(), plan.name.clone())))
                .collect::<Vec<_>>()
        })
    });
    let has_none = Memo::new(move |_| {
        state
            .given
            .value
            .with(|given| given.as_ref().is_some_and(|given| given.plans.is_empty()))
    });
    let kinds = vec![
        Choice::new(DRILL, "Drill: a rehearsal, replication goes on"),
        Choice::new(RECOVERY, "Recovery: the real thing"),
    ];
    let waves = Signal::derive(move || {
        let names = state.given.value.with(|given| {
            given
                .as_ref()
                .map(|given| names(&given.groups))
                .unwrap_or_default()
        });
        state
            .plan()
            .map(|plan| boxes(&plan.waves, &names))
            .unwrap_or_default()
    });
    view! {
        <div class="ui-stack">
            <Show when=move || has_none.get()>
                <p>"There is no recovery plan yet."</p>
                <div class="ui-row"><LinkButton href=link("/recovery-plans/new")>"Create plan"</LinkButton></div>
            </Show>
            <div class="failover-field">
                <FormField id="failover-plan" label="Recovery plan">
                    <ui::Select id="failover-plan" value=state.plan_id choices=choices />
                </FormField>
            </div>
            <WaveGraph waves=waves />
            <div class="failover-field">
                <FormField id="failover-kind" label="Kind" help="Drill first: it shows that the plan works and changes nothing that runs.">
                    <ui::Select id="failover-kind" value=state.kind choices=kinds />
                </FormField>
            </div>
            <Checkbox checked=state.skip_invalid on_change=move |now| state.skip_invalid.set(now)
                label="Leave out servers that fail a critical check, instead of refusing to start".to_owned() />
        </div>
    }
}
