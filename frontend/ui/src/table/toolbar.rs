//! Above the rows: filters, pages, preferences.

use std::collections::BTreeSet;

use leptos::prelude::*;

use super::preferences::PAGE_SIZES;
use super::query::{Property, page_count, page_of, place_of};
use super::state::TableState;
use crate::button::{Button, ButtonKind};
use crate::form::{Checkbox, Choice, Select};
use crate::modal::Modal;

/// Values of a property that are offered at most; of more, a person types.
const MOST_VALUES: usize = 200;

/// The line above the rows.
#[component]
pub(super) fn Toolbar(
    /// The table.
    state: TableState,
    /// Its id.
    id: String,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let typed = move |event| {
        let text = event_target_value(&event);
        state.ask(|query| query.text = text);
    };
    view! {
        <div class="ui-table__tools">
            <input class="ui-input ui-table__search" type="search" aria-label="Filter by text" placeholder="Filter by text" id=format!("{id}-filter")
                prop:value=move || state.query.with(|query| query.text.clone()) on:input=typed />
            <PropertyFilter state=state id=id.clone() />
            <span class="ui-secondary" role="status">{move || count(state)}</span>
            <div class="ui-row ui-table__pages">
                <Pages state=state />
                <Button kind=ButtonKind::Icon label="Preferences" on_click=move |_| is_open.set(true)>
                    <span aria-hidden="true">"⚙"</span>
                </Button>
            </div>
        </div>
        <Tokens state=state />
        <Modal open=is_open title="Preferences"><PreferenceForm state=state id=id.clone() /></Modal>
    }
}

fn count(state: TableState) -> String {
    let found = state.found.with(Vec::len);
    if state.query.with(super::query::Query::is_open) {
        String::new()
    } else {
        format!("{found} matches")
    }
}

#[component]
fn PropertyFilter(state: TableState, id: String) -> impl IntoView {
    let column = RwSignal::new(String::new());
    let value = RwSignal::new(String::new());
    let columns = state.heads.with_value(|heads| {
        let offered = heads.iter().filter(|head| head.is_filter);
        std::iter::once(Choice::new("", "Property"))
            .chain(offered.map(|head| Choice::new(head.id, head.title)))
            .collect::<Vec<_>>()
    });
    if columns.len() == 1 {
        return ().into_any();
    }
    let values = Signal::derive(move || {
        let values = values_of(state, &column.get());
        std::iter::once(Choice::new("", "is …"))
            .chain(
                values
                    .into_iter()
                    .map(|text| Choice::new(text.clone(), text)),
            )
            .collect::<Vec<_>>()
    });
    Effect::new(move |_| {
        let chosen = value.get();
        if !chosen.is_empty() {
            let property = Property {
                column: column.get_untracked(),
                value: chosen,
            };
            state.ask(|query| {
                if !query.properties.contains(&property) {
                    query.properties.push(property);
                }
            });
            value.set(String::new());
            column.set(String::new());
        }
    });
    view! {
        <Select id=format!("{id}-property") label="Property to filter by" value=column choices=columns />
        <Show when=move || column.with(|column| !column.is_empty())>
            <Select id="property-value" label="Value to filter by" value=value choices=values />
        </Show>
    }
    .into_any()
}

fn values_of(state: TableState, id: &str) -> BTreeSet<String> {
    let Some(column) = state.heads.with_value(|heads| place_of(heads, id)) else {
        return BTreeSet::new();
    };
    let mut values = BTreeSet::new();
    state.rows.with(|rows| {
        for at in 0..rows.len() {
            if values.len() >= MOST_VALUES {
                break;
            }
            values.insert(rows.text(at, column));
        }
    });
    values
}

#[component]
fn Tokens(state: TableState) -> impl IntoView {
    let token = move |property: Property| {
        let title = state.heads.with_value(|heads| {
            heads
                .iter()
                .find(|head| head.id == property.column)
                .map_or_else(|| property.column.clone(), |head| head.title.to_owned())
        });
        let text = format!("{title} = {}", property.value);
        let label = format!("Remove filter {text}");
        let remove = move |_| state.ask(|query| query.properties.retain(|one| *one != property));
        view! {
            <li class="ui-token">{text}<Button kind=ButtonKind::Icon label=label on_click=remove><span aria-hidden="true">"✕"</span></Button></li>
        }
    };
    move || {
        let properties = state.query.with(|query| query.properties.clone());
        (!properties.is_empty()).then(|| view! {
            <ul class="ui-row ui-table__tokens" aria-label="Filters">{properties.into_iter().map(token).collect::<Vec<_>>()}</ul>
        })
    }
}

#[component]
fn Pages(state: TableState) -> impl IntoView {
    let size = move || state.preferences.with(|preferences| preferences.page_size);
    let pages = Memo::new(move |_| page_count(state.found.with(Vec::len), size()));
    let page = Memo::new(move |_| {
        state
            .found
            .with(|found| page_of(found, state.query.with(|query| query.page), size()).0)
    });
    let go = move |to: usize| state.query.update(|query| query.page = to);
    let at_start =
        Signal::derive(move || (page.get() == 0).then(|| "This is the first page".to_owned()));
    let at_end = Signal::derive(move || {
        (page.get() + 1 >= pages.get()).then(|| "This is the last page".to_owned())
    });
    view! {
        <Show when=move || { pages.get() > 1 }>
            <div class="ui-row" role="group" aria-label="Pages of the table">
                <Button kind=ButtonKind::Icon label="Previous page" why_not=at_start on_click=move |_| go(page.get_untracked().saturating_sub(1))>
                    <span aria-hidden="true">"‹"</span>
                </Button>
                <span aria-live="polite">{move || format!("{} of {}", page.get() + 1, pages.get())}</span>
                <Button kind=ButtonKind::Icon label="Next page" why_not=at_end on_click=move |_| go(page.get_untracked() + 1)>
                    <span aria-hidden="true">"›"</span>
                </Button>
            </div>
        </Show>
    }
}

#[component]
fn PreferenceForm(state: TableState, id: String) -> impl IntoView {
    let size = RwSignal::new(
        state
            .preferences
            .with_untracked(|preferences| preferences.page_size.to_string()),
    );
    Effect::new(move |_| {
        if let Ok(chosen) = size.get().parse::<usize>() {
            state
                .preferences
                .update(|preferences| preferences.page_size = chosen);
        }
    });
    let name = |size: usize| {
        if size > 10_000 {
            "All rows".to_owned()
        } else {
            format!("{size} rows")
        }
    };
    let sizes: Vec<Choice> = PAGE_SIZES
        .into_iter()
        .map(|size| Choice::new(size.to_string(), name(size)))
        .collect();
    let columns = state.heads.get_value().into_iter().map(|head| {
        let is_shown = Signal::derive(move || state.preferences.with(|preferences| !preferences.hidden.contains(head.id)));
        let change = move |show: bool| state.preferences.update(|preferences| {
            if show {
                preferences.hidden.remove(head.id);
            } else {
                preferences.hidden.insert(head.id.to_owned());
            }
        });
        view! { <div><Checkbox checked=is_shown on_change=change label=head.title.to_owned() /></div> }
    });
    view! {
        <label for=format!("{id}-size")>"Page size"</label>
        <Select id=format!("{id}-size") value=size choices=sizes />
        <fieldset class="ui-stack ui-stack--s"><legend>"Columns"</legend>{columns.collect::<Vec<_>>()}</fieldset>
    }
}
