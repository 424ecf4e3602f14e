//! The head and the rows of a table.

use std::collections::BTreeSet;

use leptos::ev::MouseEvent;
use leptos::prelude::*;

use super::column::Head;
use super::query::page_of;
use super::state::TableState;
use super::window::{LONG, ROW_HEIGHT, drawn};
use crate::form::Checkbox;

/// A row that is drawn: where it stands, and what it is known by. A row whose texts change is drawn anew.
#[derive(Clone, PartialEq)]
struct Drawn {
    /// Place among all rows.
    at: usize,
    /// Place within the rows that are asked for, from 1.
    number: usize,
    key: String,
    texts: Vec<String>,
}

/// A text that is cut in its cell is whole in its tooltip, from when the pointer comes there: rows are drawn without it.
fn tell_whole(event: &MouseEvent) {
    let cell = event_target::<web_sys::Element>(event).closest("td");
    if let Ok(Some(cell)) = cell
        && cell.scroll_width() > cell.client_width()
    {
        let _ = cell.set_attribute("title", &cell.text_content().unwrap_or_default());
    }
}

/// Head and rows.
#[component]
pub(super) fn Rows(
    /// The table.
    state: TableState,
    /// Its name.
    title: String,
) -> impl IntoView {
    let scrolled = RwSignal::new(0.0);
    let size = move || state.preferences.with(|preferences| preferences.page_size);
    let page = Memo::new(move |_| {
        let asked = state.query.with(|query| query.page);
        state
            .found
            .with(|found| page_of(found, asked, size()).1.to_vec())
    });
    let window = Memo::new(move |_| drawn(page.with(Vec::len), scrolled.get()));
    let first_number = move || {
        state
            .found
            .with(|found| page_of(found, state.query.with(|query| query.page), size()).0)
            * size()
    };
    let rows = Memo::new(move |_| {
        let (first, end) = window.get();
        let columns = state.shown();
        page.with(|page| {
            page.get(first..end)
                .unwrap_or_default()
                .iter()
                .enumerate()
                .filter_map(|(offset, at)| {
                    let number = first_number() + first + offset + 1;
                    state.rows.with(|rows| {
                        rows.key(*at).map(|key| Drawn {
                            at: *at,
                            number,
                            key,
                            texts: columns
                                .iter()
                                .map(|(column, _)| rows.text(*at, *column))
                                .collect(),
                        })
                    })
                })
                .collect::<Vec<_>>()
        })
    });
    let above = move || format!("{}px", window.get().0 as f64 * ROW_HEIGHT);
    let below = move || {
        format!(
            "{}px",
            page.with(Vec::len).saturating_sub(window.get().1) as f64 * ROW_HEIGHT
        )
    };
    let on_scroll = move |event: leptos::ev::Event| {
        scrolled.set(f64::from(
            event_target::<web_sys::Element>(&event).scroll_top(),
        ))
    };
    let name = title.clone();
    let is_long = move || page.with(|page| page.len() > LONG);
    view! {
        <div class="ui-table__scroll" class:ui-table__scroll--long=is_long tabindex="0" role="region"
            aria-label=name on:scroll=on_scroll>
            <table class="ui-table" aria-rowcount=move || state.found.with(|found| found.len() + 1)>
                <caption class="ui-hidden">{title}</caption>
                <Heads state=state />
                <tbody on:mouseover=move |event| tell_whole(&event)>
                    <tr aria-hidden="true" class="ui-table__space" style:height=above></tr>
                    <For each=move || rows.get() key=|row| (row.key.clone(), row.texts.clone()) children=move |row| view! { <Row state=state row=row /> } />
                    <tr aria-hidden="true" class="ui-table__space" style:height=below></tr>
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Heads(state: TableState) -> impl IntoView {
    let head = move |(_, head): (usize, Head)| {
        let id = head.id;
        let sorted = move || {
            state
                .query
                .with(|query| (query.sort.as_deref() == Some(id)).then_some(query.is_descending))
        };
        let aria = move || {
            sorted().map(|is_descending| {
                if is_descending {
                    "descending"
                } else {
                    "ascending"
                }
            })
        };
        let sign = move || match sorted() {
            Some(true) => "▼",
            Some(false) => "▲",
            None => "",
        };
        view! {
            <th scope="col" aria-sort=aria class:ui-table__number=head.is_number>
                <button type="button" class="ui-table__sort" on:click=move |_| state.ask(|query| query.turn(id))>
                    {head.title}<span aria-hidden="true">{sign}</span>
                </button>
            </th>
        }
    };
    view! {
        <thead><tr aria-rowindex="1">
            {state.selection.map(|selection| view! { <th scope="col" class="ui-table__tick"><All state=state selection=selection /></th> })}
            {move || state.shown().into_iter().map(head).collect::<Vec<_>>()}
        </tr></thead>
    }
}

/// Ticks every row that is asked for, on all pages.
#[component]
fn All(state: TableState, selection: RwSignal<BTreeSet<String>>) -> impl IntoView {
    let found = Memo::new(move |_| state.found_keys());
    let chosen = Memo::new(move |_| {
        selection.with(|chosen| found.with(|found| found.intersection(chosen).count()))
    });
    let all = Signal::derive(move || chosen.get() > 0 && chosen.get() == found.with(BTreeSet::len));
    let some = Signal::derive(move || chosen.get() > 0 && !all.get());
    let change = move |tick: bool| {
        selection.update(|chosen| {
            if tick {
                chosen.extend(found.get_untracked());
            } else {
                chosen.clear();
            }
        })
    };
    view! { <Checkbox checked=all indeterminate=some on_change=change label="Select all rows".to_owned() label_hidden=true /> }
}

#[component]
fn Row(state: TableState, row: Drawn) -> impl IntoView {
    let Drawn {
        at, number, key, ..
    } = row;
    let cells = state.rows.with_untracked(|rows| {
        let cell = |(column, head): (usize, Head)| {
            let class = if head.is_number {
                "ui-table__number"
            } else {
                ""
            };
            view! { <td class=class>{rows.view(at, column)}</td> }
        };
        state.shown().into_iter().map(cell).collect::<Vec<_>>()
    });
    let tick = state.selection.map(|selection| {
        let (own, changed) = (key.clone(), key.clone());
        let is_chosen = Signal::derive(move || selection.with(|chosen| chosen.contains(&own)));
        let change = move |tick: bool| selection.update(|chosen| {
            if tick {
                chosen.insert(changed.clone());
            } else {
                chosen.remove(&changed);
            }
        });
        let label = format!("Select {}", state.rows.with_untracked(|rows| rows.text(at, 0)));
        view! { <td class="ui-table__tick"><Checkbox checked=is_chosen on_change=change label=label label_hidden=true /></td> }
    });
    let is_chosen = move || {
        state
            .selection
            .is_some_and(|selection| selection.with(|chosen| chosen.contains(&key)))
    };
    view! { <tr aria-rowindex=number + 1 class:ui-table__chosen=is_chosen>{tick}{cells}</tr> }
}
