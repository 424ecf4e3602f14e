//! One wave in the editor.

use dr_model::action::ActionSide;
use dr_model::group::ProtectionGroup;
use dr_model::ids::GroupId;
use dr_model::plan::{OnFailure, Wave};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use ui::{Button, ButtonKind, Checkbox, FormField, Input, Select};
use wasm_bindgen::JsCast as _;

use super::Fields;
use super::action::Actions;
use super::view_model::{DraftWave, Step, free_groups, position, shift};
use crate::pages::recovery_plan::graph::{GroupNames, group_name};

/// One wave: its name, its groups, what stands before and after it, and the ways to move it.
#[component]
pub(super) fn WaveCard(
    fields: Fields,
    first: DraftWave,
    groups: StoredValue<Vec<ProtectionGroup>>,
    names: StoredValue<GroupNames>,
) -> impl IntoView {
    let key = first.key;
    let at = Memo::new(move |_| {
        fields
            .waves
            .with(|waves| position(waves, key))
            .unwrap_or_default()
    });
    let step = move |step: Step| go(fields, |waves| shift(waves, key, step));
    let remove = move |()| {
        fields.change(|waves| waves.retain(|one| one.key != key));
        fields.said.set("The wave is removed".to_owned());
    };
    let count = Signal::derive(move || fields.waves.with(Vec::len));
    let keys = move |event: KeyboardEvent| {
        if let Some(to) = Step::of_key(&event.key()).filter(|_| event.alt_key()) {
            event.prevent_default();
            step(to);
        }
    };
    let title = Signal::derive(move || {
        fields.waves.with(|waves| {
            let name = waves.get(at.get()).map_or("", |one| one.wave.name.as_str());
            format!("Wave {}: {name}", at.get() + 1)
        })
    });
    view! {
        <li class="wave-card" on:keydown=keys>
            <div class="wave-card__head">
                <h3>{move || title.get()}</h3>
                <Moves at=at count=count title=title on_go=Callback::new(step) on_remove=Callback::new(remove) />
            </div>
            <Name fields=fields own=key at=at first=first.wave.name.clone() />
            <Groups fields=fields own=key at=at title=title groups=groups names=names />
            <Gates fields=fields own=key first=first.wave />
            <Actions fields=fields own=key at=at side=ActionSide::Before />
            <Actions fields=fields own=key at=at side=ActionSide::After />
        </li>
    }
}

/// Moves something in the page, says where it is now, and gives it the focus back that it loses by that.
pub(super) fn go(fields: Fields, shift: impl FnOnce(&mut Vec<DraftWave>) -> Option<String>) {
    let focused = document().active_element();
    if let Some(said) = fields.change(shift).flatten() {
        fields.said.set(said);
        request_animation_frame(move || focus_again(focused));
    }
}

fn focus_again(element: Option<web_sys::Element>) {
    if let Some(element) =
        element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = element.focus();
    }
}

/// The ways to move something, and to remove it.
#[component]
pub(super) fn Moves(
    at: Memo<usize>,
    count: Signal<usize>,
    title: Signal<String>,
    on_go: Callback<Step>,
    on_remove: Callback<()>,
) -> impl IntoView {
    let at_top = Signal::derive(move || (at.get() == 0).then(|| "It is the first".to_owned()));
    let at_end =
        Signal::derive(move || (at.get() + 1 >= count.get()).then(|| "It is the last".to_owned()));
    let label =
        move |what: &'static str| Signal::derive(move || Some(format!("{what} {}", title.get())));
    view! {
        <div class="ui-row">
            <Button label=label("Move up") why_not=at_top on_click=move |_| on_go.run(Step::Up)>"↑ Up"</Button>
            <Button label=label("Move down") why_not=at_end on_click=move |_| on_go.run(Step::Down)>"↓ Down"</Button>
            <Button kind=ButtonKind::Link label=label("Remove") on_click=move |_| on_remove.run(())>"Remove"</Button>
        </div>
    }
}

/// Changes one wave.
pub(super) fn edit(fields: Fields, key: usize, change: impl FnOnce(&mut DraftWave)) {
    fields.waves.update(|waves| {
        if let Some(one) = waves.iter_mut().find(|one| one.key == key) {
            change(one);
        }
    });
}

#[component]
fn Name(fields: Fields, own: usize, at: Memo<usize>, first: String) -> impl IntoView {
    let name = RwSignal::new(first);
    Effect::new(move |before: Option<()>| {
        let name = name.get();
        if before.is_some() {
            edit(fields, own, |one| one.wave.name = name);
        }
    });
    let error = fields.error(move || format!("waves[{}].name", at.get()));
    let is_wrong = Signal::derive(move || error.with(Option::is_some));
    let id = format!("wave-{own}-name");
    view! {
        <FormField id=id.clone() label="Wave name" error=error><Input id=id value=name invalid=is_wrong /></FormField>
    }
}

#[component]
fn Groups(
    fields: Fields,
    own: usize,
    at: Memo<usize>,
    title: Signal<String>,
    groups: StoredValue<Vec<ProtectionGroup>>,
    names: StoredValue<GroupNames>,
) -> impl IntoView {
    let chosen = RwSignal::new(String::new());
    let choices = Signal::derive(move || {
        fields
            .waves
            .with(|waves| groups.with_value(|groups| free_groups(groups, waves)))
    });
    let held = Memo::new(move |_| {
        fields.waves.with(|waves| {
            waves
                .iter()
                .find(|one| one.key == own)
                .map(|one| one.wave.group_ids.clone())
                .unwrap_or_default()
        })
    });
    let why_not = Signal::derive(move || {
        chosen
            .with(String::is_empty)
            .then(|| "Choose a group first".to_owned())
    });
    let add = move |_| {
        if let Ok(group) = chosen.get_untracked().parse::<GroupId>() {
            fields.saving.problem.set(None);
            edit(fields, own, |one| one.wave.group_ids.push(group));
            chosen.set(String::new());
        }
    };
    let item = move |group: GroupId| {
        let name = names.with_value(|names| group_name(&group, names));
        let label = format!("Remove group {name}");
        let remove = move |_| {
            fields.saving.problem.set(None);
            edit(fields, own, |one| {
                one.wave.group_ids.retain(|held| *held != group)
            });
        };
        view! {
            <li class="ui-token">{name}<Button kind=ButtonKind::Icon label=label on_click=remove><span aria-hidden="true">"✕"</span></Button></li>
        }
    };
    let error = fields.error(move || format!("waves[{}].group_ids", at.get()));
    let id = format!("wave-{own}-group");
    view! {
        <ul class="wave-card__groups" aria-label=move || format!("Groups of {}", title.get())>
            {move || held.get().into_iter().map(item).collect::<Vec<_>>()}
        </ul>
        <FormField id=id.clone() label="Add a protection group" error=error>
            <div class="ui-row">
                <Select id=id value=chosen choices=choices />
                <Button why_not=why_not on_click=add>"Add group"</Button>
            </div>
        </FormField>
    }
}

#[component]
fn Gates(fields: Fields, own: usize, first: Wave) -> impl IntoView {
    let (pauses, waits) = (
        RwSignal::new(first.pause_before),
        RwSignal::new(first.on_failure == OnFailure::Pause),
    );
    let pause = move |now: bool| {
        pauses.set(now);
        edit(fields, own, |one| one.wave.pause_before = now);
    };
    let wait = move |now: bool| {
        waits.set(now);
        let what = if now {
            OnFailure::Pause
        } else {
            OnFailure::Continue
        };
        edit(fields, own, |one| one.wave.on_failure = what);
    };
    view! {
        <div class="ui-row">
            <Checkbox checked=pauses on_change=pause label="Wait for a person before this wave".to_owned() />
            <Checkbox checked=waits on_change=wait label="Wait for a person after it when servers fail".to_owned() />
        </div>
    }
}
