//! Steps 4 and 5: what will change, and a person's word.

use dr_api::start::{Started, StartedWave};
use dr_model::execution::ExecutionType;
use leptos::prelude::*;
use ui::{Checkbox, FormField, Input};

use super::State;
use super::view_model::{changes, launched};

/// What would be started, as the checks found it.
fn started(state: State) -> Option<Started> {
    state.verdict.with(|verdict| {
        verdict
            .as_ref()
            .and_then(|verdict| verdict.answer.as_ref().ok().cloned())
    })
}

/// Step 4.
#[component]
pub(super) fn Preview() -> impl IntoView {
    let state: State = expect_context();
    let sentences = move || {
        let direction = state.groups().first().map(|group| group.direction.clone());
        let said = started(state)
            .map(|started| changes(&started, direction.as_ref()))
            .unwrap_or_default();
        said.into_iter()
            .map(|text| view! { <li>{text}</li> })
            .collect::<Vec<_>>()
    };
    let row = |(at, wave): (usize, StartedWave)| {
        let before = if wave.pause_before {
            "Waits for a person"
        } else {
            "Begins at once"
        };
        view! {
            <tr>
                <th scope="row">{format!("{}. {}", at + 1, wave.name)}</th><td>{before}</td>
                <td class="ui-table__number">{wave.servers}</td><td class="ui-table__number">{wave.new_instances}</td>
                <td class="ui-table__number">{wave.skipped}</td><td class="ui-table__number">{wave.jobs}</td>
            </tr>
        }
    };
    let rows = move || {
        let waves = started(state)
            .map(|started| started.waves)
            .unwrap_or_default();
        waves.into_iter().enumerate().map(row).collect::<Vec<_>>()
    };
    view! {
        <div class="ui-stack">
            <ul class="console-bullets">{sentences}</ul>
            <div class="ui-table__scroll" tabindex="0" role="region" aria-label="Waves that would be started">
                <table class="ui-table plan-numbers">
                    <thead><tr>
                        <th scope="col">"Wave"</th><th scope="col">"Before it"</th>
                        <th scope="col" class="ui-table__number">"Servers"</th><th scope="col" class="ui-table__number">"New instances"</th>
                        <th scope="col" class="ui-table__number">"Left out"</th><th scope="col" class="ui-table__number">"Jobs"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </div>
    }
}

/// Step 5.
#[component]
pub(super) fn Confirmation() -> impl IntoView {
    let state: State = expect_context();
    let name = Memo::new(move |_| state.plan().map(|plan| plan.name).unwrap_or_default());
    let count = move || started(state).map_or(0, |started| launched(&started));
    let kind = Memo::new(move |_| state.execution_type());
    let ask = move || {
        match kind.get() {
        ExecutionType::Drill => {
            let label = Signal::derive(move || format!("Start a drill of {} with {} servers", name.get(), count()));
            view! { <Checkbox checked=state.is_ticked on_change=move |now| state.is_ticked.set(now) label=label /> }.into_any()
        }
        ExecutionType::Recovery => view! {
            <p>"This is a real recovery of " {count} " servers. To confirm, type the plan's name: " <strong>{move || name.get()}</strong></p>
            <div class="failover-field">
                <FormField id="failover-name" label="Name of the plan"><Input id="failover-name" value=state.typed /></FormField>
            </div>
        }
        .into_any(),
    }
    };
    view! { <div class="ui-stack">{ask}</div> }
}
