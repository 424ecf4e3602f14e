//! The signals of one table: its query follows the URL and the URL follows it.

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use leptos_router::params::ParamsMap;

use super::column::{Head, Listed};
use super::preferences::Preferences;
use super::query::Query;
use crate::browser;

/// What the parts of a table share.
#[derive(Clone, Copy)]
pub(super) struct TableState {
    pub(super) rows: Signal<Arc<dyn Listed>>,
    pub(super) heads: StoredValue<Vec<Head>>,
    pub(super) query: RwSignal<Query>,
    pub(super) preferences: RwSignal<Preferences>,
    pub(super) found: Memo<Vec<usize>>,
    pub(super) selection: Option<RwSignal<BTreeSet<String>>>,
}

impl TableState {
    pub(super) fn new(
        id: &str,
        prefix: String,
        rows: Signal<Arc<dyn Listed>>,
        heads: Vec<Head>,
        selection: Option<RwSignal<BTreeSet<String>>>,
    ) -> Self {
        let preferences = kept_preferences(format!("dr.table.{id}"), &heads);
        let heads = StoredValue::new(heads);
        let query = RwSignal::new(Query::default());
        follow_url(query, prefix);
        let found = Memo::new(move |_| {
            query.with(|query| {
                rows.with(|rows| heads.with_value(|heads| query.arrange(&**rows, heads)))
            })
        });
        Self {
            rows,
            heads,
            query,
            preferences,
            found,
            selection,
        }
    }

    /// Changes what is asked; the page is the first again.
    pub(super) fn ask(self, change: impl FnOnce(&mut Query)) {
        self.query.update(|query| {
            query.page = 0;
            change(query);
        });
    }

    /// The columns that are shown now, and where they stand among all.
    pub(super) fn shown(self) -> Vec<(usize, Head)> {
        self.preferences.with(|preferences| {
            self.heads.with_value(|heads| {
                heads
                    .iter()
                    .copied()
                    .enumerate()
                    .filter(|(_, head)| !preferences.hidden.contains(head.id))
                    .collect()
            })
        })
    }

    /// Ids of all rows that are asked for, on all pages.
    pub(super) fn found_keys(self) -> BTreeSet<String> {
        self.rows.with(|rows| {
            self.found
                .with(|found| found.iter().filter_map(|at| rows.key(*at)).collect())
        })
    }
}

fn kept_preferences(name: String, heads: &[Head]) -> RwSignal<Preferences> {
    let usual = Preferences::usual(
        heads
            .iter()
            .filter(|head| head.is_hidden)
            .map(|head| head.id),
    );
    let preferences = RwSignal::new(
        browser::kept(&name)
            .and_then(|text| Preferences::read(&text))
            .unwrap_or(usual),
    );
    Effect::new(move |before: Option<()>| {
        let text = preferences.with(Preferences::write);
        if before.is_some() {
            browser::keep(&name, &text);
        }
    });
    preferences
}

/// Of two things that follow each other one must remember what was written last, or they would chase each other.
fn follow_url(query: RwSignal<Query>, prefix: String) {
    let location = use_location();
    let navigate = use_navigate();
    let last = StoredValue::new(Vec::<(String, String)>::new());
    let (read_prefix, pathname, parameters) = (prefix.clone(), location.pathname, location.query);
    let read = move |parameters: &ParamsMap| {
        let pairs: Vec<(String, String)> = parameters
            .clone()
            .into_iter()
            .map(|(name, value)| (name.into_owned(), value))
            .collect();
        Query::read(
            &read_prefix,
            pairs
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        )
    };
    query.set(parameters.with_untracked(&read));
    last.set_value(query.with_untracked(|query| query.write(&prefix)));
    let home = pathname.get_untracked();
    let write_prefix = prefix.clone();
    Effect::new(move |_| {
        let asked = parameters.with(&read);
        // On the way to another page: its parameters are not ours.
        if pathname.get_untracked() == home
            && last.with_value(|last| *last != asked.write(&write_prefix))
        {
            last.set_value(asked.write(&write_prefix));
            query.set(asked);
        }
    });
    Effect::new(move |_| {
        let wanted = query.with(|query| query.write(&prefix));
        if last.with_value(|last| *last == wanted) {
            return;
        }
        let mut all = ParamsMap::new();
        for (name, value) in parameters.get_untracked() {
            if !Query::owns(&prefix, &name) {
                all.insert(name, value);
            }
        }
        for (name, value) in wanted.clone() {
            all.insert(name, value);
        }
        last.set_value(wanted);
        let options = NavigateOptions {
            replace: true,
            scroll: false,
            ..NavigateOptions::default()
        };
        navigate(
            &format!("{}{}", pathname.get_untracked(), all.to_query_string()),
            options,
        );
    });
}
