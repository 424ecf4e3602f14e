//! Deletion of one thing from its page, and of several that are ticked in a list: named once more, with a word to type.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;

use dr_model::role::Permission;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use ui::{Button, Confirm, Problem, use_flashes};

use crate::api::{Authorised, use_api};
use crate::auth::use_why_not;
use crate::doing::Doing;
use crate::route::link;
use crate::words::counted;

/// One deletion, under way.
pub type Deletion = Pin<Box<dyn Future<Output = Result<(), Problem>>>>;

/// The button for what is ticked, and the question behind it.
#[component]
pub fn BulkDelete(
    /// What one of them is called: `recovery plan`.
    thing: &'static str,
    /// Why it cannot be: nothing is ticked.
    select_first: &'static str,
    /// What happens to them, and what does not.
    what: &'static str,
    /// What is ticked.
    selection: RwSignal<BTreeSet<String>>,
    /// All of them, by id and name.
    #[prop(into)]
    all: Signal<Vec<(String, String)>>,
    /// Deletes one.
    delete: fn(Authorised, String) -> Deletion,
    /// Reads the list again.
    refresh: Callback<()>,
) -> impl IntoView {
    let api = use_api();
    let flashes = use_flashes();
    let doing = Doing::default();
    let open = RwSignal::new(false);
    let may_not = use_why_not(Permission::ManagePlans);
    let why_not = Signal::derive(move || {
        may_not.get().or_else(|| {
            selection
                .with(BTreeSet::is_empty)
                .then(|| select_first.to_owned())
        })
    });
    let confirm = move |()| {
        let ids = selection.get_untracked();
        let work = async move {
            let count = ids.len();
            for id in ids {
                let answer = delete(api, id.clone()).await;
                // What is deleted is not deleted again when the rest is tried once more.
                refresh.run(());
                answer?;
                selection.update(|chosen| {
                    chosen.remove(&id);
                });
            }
            Ok(count)
        };
        doing.run(work, move |count| {
            open.set(false);
            flashes.success(format!("Deleted {}", counted(count, thing)));
        });
    };
    let names = move || {
        let chosen = selection.get();
        all.get()
            .into_iter()
            .filter(|(id, _)| chosen.contains(id))
            .map(|(_, name)| view! { <li>{name}</li> })
            .collect::<Vec<_>>()
    };
    view! {
        <Button why_not=why_not on_click=move |_| open.set(true)>"Delete"</Button>
        <Confirm open=open title=format!("Delete {thing}s?") verb="Delete" word=Signal::stored("delete".to_owned())
            busy=doing.busy problem=doing.problem on_confirm=confirm>
            <p>{what}</p>
            <ul class="console-bullets">{names}</ul>
        </Confirm>
    }
}

/// The button on the page of one thing, and the question behind it, which its name answers.
#[component]
pub fn DeleteThis(
    /// What it is called: `recovery plan`.
    thing: &'static str,
    /// What happens to it, and what does not.
    what: &'static str,
    /// Its id.
    id: String,
    /// Its name.
    name: Signal<String>,
    /// Deletes it.
    delete: fn(Authorised, String) -> Deletion,
    /// The page of those that are left.
    list: &'static str,
) -> impl IntoView {
    let api = use_api();
    let flashes = use_flashes();
    let doing = Doing::default();
    let navigate = use_navigate();
    let open = RwSignal::new(false);
    let may_not = use_why_not(Permission::ManagePlans);
    let confirm = move |()| {
        let navigate = navigate.clone();
        let gone = format!("Deleted the {thing} {}", name.get_untracked());
        doing.run(delete(api, id.clone()), move |()| {
            flashes.success(gone);
            navigate(&link(list), NavigateOptions::default());
        });
    };
    view! {
        <Button why_not=may_not on_click=move |_| open.set(true)>"Delete"</Button>
        <Confirm open=open title=format!("Delete this {thing}?") verb="Delete" word=name busy=doing.busy problem=doing.problem on_confirm=confirm>
            <p>{what}</p>
        </Confirm>
    }
}
