//! The SSM actions of one side of a wave in the editor.

use dr_model::action::{ActionSide, MAX_ACTIONS};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use ui::{Button, Checkbox, FormField, Input, Select, Textarea};

use super::Fields;
use super::draft_action::{DraftAction, ON_INSTANCES, failures, targets, units};
use super::view_model::{Step, add_action, shift_action};
use super::wave::{Moves, edit, go};
use crate::fields::{error_within, follow};

/// The wave and the side that an action stands on. Copy it freely.
#[derive(Clone, Copy)]
struct Place {
    fields: Fields,
    own: usize,
    side: ActionSide,
    /// Where the wave stands, from 0.
    at: Memo<usize>,
}

impl Place {
    fn actions(self) -> Vec<DraftAction> {
        self.fields.waves.with(|waves| {
            let wave = waves.iter().find(|one| one.key == self.own);
            wave.map(|one| one.actions(self.side).to_vec())
                .unwrap_or_default()
        })
    }
}

/// Actions before or after a wave.
#[component]
pub(super) fn Actions(
    fields: Fields,
    own: usize,
    at: Memo<usize>,
    side: ActionSide,
) -> impl IntoView {
    let place = Place {
        fields,
        own,
        side,
        at,
    };
    let held = Memo::new(move |_| place.actions());
    let full = Signal::derive(move || {
        held.with(|held| held.len() >= MAX_ACTIONS)
            .then(|| format!("A wave has at most {MAX_ACTIONS} actions on a side"))
    });
    let add = move |_| {
        fields.change(|waves| add_action(waves, own, side));
    };
    let of_side = fields.error(move || format!("waves[{}].actions_{}", at.get(), side.as_str()));
    view! {
        <section class="wave-actions">
            <div class="wave-card__head">
                <h4>{format!("Actions {}", side.as_str())}</h4>
                <Button why_not=full on_click=add>{format!("Add action {}", side.as_str())}</Button>
            </div>
            <div class="ui-field__error" role="alert">{move || of_side.get()}</div>
            <ol class="wave-cards">
                <For each=move || held.get() key=|one| one.key
                    children=move |one| view! { <ActionCard place=place held=held first=one /> } />
            </ol>
        </section>
    }
}

/// The fields of an action as signals.
#[derive(Clone, Copy)]
struct Form {
    name: RwSignal<String>,
    document: RwSignal<String>,
    parameters: RwSignal<String>,
    on: RwSignal<String>,
    instances: RwSignal<String>,
    timeout: RwSignal<String>,
    unit: RwSignal<String>,
    on_failure: RwSignal<String>,
    skip_in_drills: RwSignal<bool>,
}

impl Form {
    fn of(first: DraftAction) -> Self {
        Self {
            name: RwSignal::new(first.name),
            document: RwSignal::new(first.document),
            parameters: RwSignal::new(first.parameters),
            on: RwSignal::new(first.on),
            instances: RwSignal::new(first.instances),
            timeout: RwSignal::new(first.timeout),
            unit: RwSignal::new(first.unit),
            on_failure: RwSignal::new(first.on_failure),
            skip_in_drills: RwSignal::new(first.skip_in_drills),
        }
    }

    /// Follows every field.
    fn draft(self, key: usize) -> DraftAction {
        DraftAction {
            key,
            name: self.name.get(),
            document: self.document.get(),
            parameters: self.parameters.get(),
            on: self.on.get(),
            instances: self.instances.get(),
            timeout: self.timeout.get(),
            unit: self.unit.get(),
            on_failure: self.on_failure.get(),
            skip_in_drills: self.skip_in_drills.get(),
        }
    }
}

#[component]
fn ActionCard(place: Place, held: Memo<Vec<DraftAction>>, first: DraftAction) -> impl IntoView {
    let Place {
        fields, own, side, ..
    } = place;
    let key = first.key;
    let form = Form::of(first);
    Effect::new(move |before: Option<()>| {
        let now = form.draft(key);
        if before.is_some() {
            edit(fields, own, |wave| {
                if let Some(one) = wave.actions_mut(side).iter_mut().find(|one| one.key == key) {
                    *one = now;
                }
            });
        }
    });
    let turn = Memo::new(move |_| {
        held.with(|held| held.iter().position(|one| one.key == key))
            .unwrap_or_default()
    });
    let title = Signal::derive(move || {
        format!(
            "Action {} {}: {}",
            turn.get() + 1,
            side.as_str(),
            form.name.get()
        )
    });
    let step = move |step: Step| go(fields, |waves| shift_action(waves, own, side, key, step));
    let keys = move |event: KeyboardEvent| {
        if let Some(to) = Step::of_key(&event.key()).filter(|_| event.alt_key()) {
            event.prevent_default();
            // Or the wave would move as well.
            event.stop_propagation();
            step(to);
        }
    };
    let remove = move |()| {
        fields.change(|waves| {
            let wave = waves.iter_mut().find(|one| one.key == own)?;
            wave.actions_mut(side).retain(|one| one.key != key);
            Some(())
        });
        fields.said.set("The action is removed".to_owned());
    };
    let count = Signal::derive(move || held.with(Vec::len));
    view! {
        <li class="wave-card" on:keydown=keys>
            <div class="wave-card__head">
                <strong>{move || title.get()}</strong>
                <Moves at=turn count=count title=title on_go=Callback::new(step) on_remove=Callback::new(remove) />
            </div>
            <ActionFields place=place turn=turn own=key form=form />
        </li>
    }
}

#[component]
fn ActionFields(place: Place, turn: Memo<usize>, own: usize, form: Form) -> impl IntoView {
    let Place {
        fields, side, at, ..
    } = place;
    let error = move |field: &'static str| {
        let path = move || {
            format!(
                "waves[{}].actions_{}[{}].{field}",
                at.get(),
                side.as_str(),
                turn.get()
            )
        };
        follow(fields.saving.problem, error_within, path)
    };
    let id = move |field: &str| format!("wave-{}-{}-{own}-{field}", place.own, side.as_str());
    let text = move |field: &'static str, label: &'static str, help: &'static str, value| {
        let error = error(field);
        let is_wrong = Signal::derive(move || error.with(Option::is_some));
        view! {
            <FormField id=id(field) label=label help=help error=error><Input id=id(field) value=value invalid=is_wrong /></FormField>
        }
        .into_any()
    };
    let timeout = error("timeout_seconds");
    let instances = move || {
        let help = "1 to 50, with commas, in the place that the plan recovers into";
        (form.on.get() == ON_INSTANCES).then(|| text("on", "Instance ids", help, form.instances))
    };
    let on = (side == ActionSide::After).then(|| {
        view! { <FormField id=id("target") label="Runs on"><Select id=id("target") value=form.on choices=targets() /></FormField> }
    });
    view! {
        <div class="plan-fields">
            {text("name", "Action name", "Unique in the wave", form.name)}
            {text("document_name", "SSM document", "By name or ARN", form.document)}
            {on}
            {instances}
            <FormField id=id("timeout") label="At most" help="From half a minute to 20 hours" error=timeout>
                <div class="wave-actions__time">
                    <Input id=id("timeout") value=form.timeout invalid=Signal::derive(move || timeout.with(Option::is_some)) />
                    <Select id=id("unit") label="Unit" value=form.unit choices=units() />
                </div>
            </FormField>
            <FormField id=id("failure") label="When it fails"><Select id=id("failure") value=form.on_failure choices=failures() /></FormField>
            <FormField id=id("parameters") label="Parameters" help="A line for each value: commands=systemctl stop queue. Or JSON." error=error("parameters")>
                <Textarea id=id("parameters") value=form.parameters />
            </FormField>
        </div>
        <Checkbox checked=form.skip_in_drills on_change=move |now| form.skip_in_drills.set(now) label="Leave it out of drills".to_owned() />
    }
}
