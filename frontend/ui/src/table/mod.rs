//! A list of things: filtered, sorted, paged, selected, with its faces. Smooth at 10,000 rows: only those that are seen
//! are drawn. What a person asks of it stands in the URL, how he wants to see it in this browser.

mod column;
mod preferences;
mod query;
mod rows;
mod state;
mod toolbar;
mod window;

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::prelude::*;

pub use self::column::{Column, SortKey};
use self::column::{Head, Listed, Read, Reading};
pub use self::preferences::Preferences;
pub use self::query::{Property, Query};
use self::rows::Rows;
use self::state::TableState;
use self::toolbar::Toolbar;
use crate::button::Button;
use crate::faces::{Empty, ErrorPanel, Loading, Problem, Stale};

/// A list of things.
#[component]
pub fn Table<T: Send + Sync + 'static>(
    /// A stable name: of its preferences and of the ids within.
    id: &'static str,
    /// What is listed: `Protection groups`. A heading of level 2.
    #[prop(into)]
    title: String,
    /// The rows; none while they are fetched for the first time.
    #[prop(into)]
    rows: Signal<Option<Arc<Vec<T>>>>,
    /// The columns. The first names the row.
    columns: Vec<Column<T>>,
    /// What a row is known by.
    key: fn(&T) -> String,
    /// Why the last fetch failed: an error where there are no rows yet, a remark where there are.
    #[prop(optional, into)]
    problem: Signal<Option<Problem>>,
    /// Seconds since the rows were good.
    #[prop(optional, into)]
    age_seconds: Signal<u64>,
    /// Fetches again.
    #[prop(optional, into)]
    on_retry: Option<Callback<()>>,
    /// Ids of the rows that are ticked; without it none can be.
    #[prop(optional, into)]
    selection: Option<RwSignal<BTreeSet<String>>>,
    /// Buttons: what can be made, and what can be done with what is ticked.
    #[prop(optional, into)]
    actions: ViewFn,
    /// What to say when there is nothing.
    #[prop(into)]
    empty: ViewFn,
    /// Before its parameters in the URL, where a page has several tables: `pairs.`.
    #[prop(optional, into)]
    url_prefix: String,
) -> impl IntoView {
    let heads = columns.iter().map(|column| column.head).collect();
    let reading = Arc::new(Reading { columns, key });
    let has_rows = Signal::derive(move || rows.with(Option::is_some));
    let listed = Signal::derive(move || {
        let (rows, reading) = (rows.get().unwrap_or_default(), Arc::clone(&reading));
        Arc::new(Read { rows, reading }) as Arc<dyn Listed>
    });
    let listing = Listing {
        id,
        title,
        rows: listed,
        has_rows,
        heads,
        problem,
        age_seconds,
        on_retry,
        selection,
        actions,
        empty,
        url_prefix,
    };
    listing.view()
}

/// A table whose rows may be anything.
struct Listing {
    id: &'static str,
    title: String,
    rows: Signal<Arc<dyn Listed>>,
    /// There are some, or it is known that there are none.
    has_rows: Signal<bool>,
    heads: Vec<Head>,
    problem: Signal<Option<Problem>>,
    age_seconds: Signal<u64>,
    on_retry: Option<Callback<()>>,
    selection: Option<RwSignal<BTreeSet<String>>>,
    actions: ViewFn,
    empty: ViewFn,
    url_prefix: String,
}

impl Listing {
    fn view(self) -> AnyView {
        let Self {
            id,
            rows,
            problem,
            on_retry,
            selection,
            empty,
            ..
        } = self;
        let state = TableState::new(id, self.url_prefix, rows, self.heads, selection);
        let name = StoredValue::new(self.title.clone());
        let has_rows = Memo::new(move |_| self.has_rows.get());
        let count = Memo::new(move |_| rows.with(|rows| rows.len()));
        let is_empty = Memo::new(move |_| count.get() == 0);
        let content = move || match (has_rows.get(), is_empty.get()) {
            (false, _) => first_face(name.get_value(), problem, on_retry),
            (true, true) => empty.run(),
            (true, false) => {
                view! { <Content state=state id=id title=name.get_value() /> }.into_any()
            }
        };
        let counter = move || {
            has_rows.get().then(|| {
                let all = count.get();
                match selection.map(|selection| selection.with(BTreeSet::len)) {
                    Some(chosen) if chosen > 0 => format!(" ({chosen}/{all})"),
                    _ => format!(" ({all})"),
                }
            })
        };
        let stale = Signal::derive(move || problem.get().filter(|_| has_rows.get()));
        view! {
            <section class="ui-container">
                <header class="ui-container__header">
                    <h2>{self.title}<span class="ui-container__counter">{counter}</span></h2>
                    <div class="ui-row">{self.actions.run()}</div>
                </header>
                <div class="ui-container__content"><Stale problem=stale age_seconds=self.age_seconds />{content}</div>
            </section>
        }
        .into_any()
    }
}

fn first_face(
    title: String,
    problem: Signal<Option<Problem>>,
    on_retry: Option<Callback<()>>,
) -> AnyView {
    let text = format!("Loading {}", title.to_lowercase());
    let face = move || match (problem.get(), on_retry) {
        (Some(problem), Some(retry)) => {
            view! { <ErrorPanel problem=problem on_retry=retry /> }.into_any()
        }
        (Some(problem), None) => view! { <ErrorPanel problem=problem /> }.into_any(),
        (None, _) => view! { <Loading text=text.clone() /> }.into_any(),
    };
    face.into_any()
}

#[component]
fn Content(state: TableState, id: &'static str, title: String) -> impl IntoView {
    let has_found = Memo::new(move |_| state.found.with(|found| !found.is_empty()));
    let clear = move |_| state.ask(|query| *query = Query::default());
    let title = StoredValue::new(title);
    let face = move || {
        if has_found.get() {
            view! { <Rows state=state title=title.get_value() /> }.into_any()
        } else {
            view! {
                <Empty title="No matches" text="Nothing is like what the filters ask for."
                    action=move || view! { <Button on_click=clear>"Clear filters"</Button> } />
            }
            .into_any()
        }
    };
    view! { <Toolbar state=state id=id.to_owned() />{face} }
}
