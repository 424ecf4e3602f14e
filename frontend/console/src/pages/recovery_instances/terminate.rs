//! Ends recovery instances: what the guard says of each, the word, then one after another with the result of each.

use std::collections::BTreeSet;
use std::sync::Arc;

use dr_api::bounded::Line;
use dr_api::recovery_instances::{
    RecoveryInstanceView, TerminateRecoveryInstance, TerminateRecoveryInstanceRequest,
    TerminatedRecoveryInstance,
};
use dr_model::ids::RecoveryInstanceId;
use dr_model::place::Place;
use leptos::prelude::*;
use ui::{
    Button, ButtonKind, ErrorPanel, FormField, Input, Loading, Modal, Problem, StatusIndicator,
};

use super::view_model::{Judged, name, preview, result, taken};
use crate::api::{Authorised, use_api};
use crate::doing::Doing;
use crate::pages::session_steps::{Item, Shown};

/// What the dialogue holds.
#[derive(Clone, Copy)]
struct Ending {
    api: Authorised,
    place: StoredValue<Place>,
    judged: RwSignal<Option<Vec<Judged>>>,
    results: RwSignal<Vec<Item>>,
    word: RwSignal<String>,
    looking: Doing,
    ending: Doing,
    selection: RwSignal<BTreeSet<String>>,
    refresh: Callback<()>,
}

impl Ending {
    fn request(
        self,
        id: &RecoveryInstanceId,
        confirm: Option<Line>,
        dry_run: bool,
    ) -> TerminateRecoveryInstanceRequest {
        let place = self.place.get_value();
        TerminateRecoveryInstanceRequest {
            recovery_instance_id: id.clone(),
            account_id: place.account_id,
            region: place.region,
            confirm,
            dry_run,
        }
    }

    async fn call(
        self,
        request: TerminateRecoveryInstanceRequest,
    ) -> Result<TerminatedRecoveryInstance, Problem> {
        self.api.call::<TerminateRecoveryInstance>(&request).await
    }

    /// Asks the guard about each.
    fn look(self, all: Vec<RecoveryInstanceView>) {
        self.judged.set(None);
        self.results.set(Vec::new());
        self.word.set(String::new());
        self.ending.problem.set(None);
        let work = async move {
            let mut judged = Vec::new();
            for one in all {
                let id = one.recovery_instance_id.clone();
                let would = self.call(self.request(&id, None, true)).await;
                judged.push(Judged {
                    id,
                    name: name(&one),
                    would,
                });
            }
            Ok(judged)
        };
        self.looking.run(work, move |judged| {
            let _ = self.judged.try_set(Some(judged));
        });
    }

    /// Ends those that the guard lets go, one after another; a refusal of one keeps no other from its end.
    fn end(self) {
        let judged = self.judged.get_untracked().unwrap_or_default();
        let typed = self.word.get_untracked().trim().to_owned();
        let work = async move {
            for one in taken(&judged) {
                let asks = one
                    .would
                    .as_ref()
                    .is_ok_and(|would| would.confirmation.is_some());
                let confirm = match asks.then(|| Line::try_from(typed.clone())).transpose() {
                    Ok(confirm) => confirm,
                    Err(error) => return Err(Problem::new("VALIDATION_FAILED", error.to_string())),
                };
                let answer = self.call(self.request(&one.id, confirm, false)).await;
                if answer.is_ok() {
                    let _ = self
                        .selection
                        .try_update(|chosen| chosen.remove(one.id.as_str()));
                }
                let _ = self
                    .results
                    .try_update(|all| all.push(result(&one.name, &answer)));
            }
            Ok(())
        };
        self.ending.run(work, move |()| self.refresh.run(()));
    }
}

/// The dialogue.
#[component]
pub(super) fn Terminate(
    open: RwSignal<bool>,
    place: Place,
    picked: Signal<Vec<RecoveryInstanceView>>,
    selection: RwSignal<BTreeSet<String>>,
    refresh: Callback<()>,
) -> impl IntoView {
    let ending = Ending {
        api: use_api(),
        place: StoredValue::new(place),
        judged: RwSignal::new(None),
        results: RwSignal::new(Vec::new()),
        word: RwSignal::new(String::new()),
        looking: Doing::default(),
        ending: Doing::default(),
        selection,
        refresh,
    };
    Effect::new(move |_| {
        if open.get() {
            ending.look(picked.get_untracked());
        }
    });
    view! { <Modal open=open title="Terminate recovery instances?"><Content ending=ending open=open /></Modal> }
}

#[component]
fn Content(ending: Ending, open: RwSignal<bool>) -> impl IntoView {
    let shown = Memo::new(move |_| ending.judged.with(|judged| judged.as_deref().map(preview)));
    let is_begun =
        Memo::new(move |_| ending.ending.busy.get() || ending.results.with(|all| !all.is_empty()));
    let why_not = Signal::derive(move || match shown.get() {
        Some(preview) => preview.refusal(&ending.word.get(), ""),
        None => Some("It is not known yet what it would do".to_owned()),
    });
    let question = move || match (is_begun.get(), shown.get()) {
        (true, _) => ().into_any(),
        (false, None) => view! { <Loading text="Asking the guard about each" /> }.into_any(),
        (false, Some(preview)) => {
            let word = preview.word.clone().map(|word| {
                view! {
                    <FormField id="terminate-word" label="Confirmation" help=format!("Type: {word}")>
                        <Input id="terminate-word" value=ending.word />
                    </FormField>
                }
            });
            view! { <Shown preview=Arc::new(preview) />{word} }.into_any()
        }
    };
    let results = move || {
        let row = |item: Item| view! { <li><StatusIndicator status=item.status text=item.title /><div class="ui-secondary">{item.detail}</div></li> };
        ending
            .results
            .get()
            .into_iter()
            .map(row)
            .collect::<Vec<_>>()
    };
    let problem = move || {
        ending
            .ending
            .problem
            .get()
            .map(|problem| view! { <ErrorPanel problem=problem /> })
    };
    let button = move || {
        let is_over = is_begun.get() && !ending.ending.busy.get();
        (!is_over).then(|| view! {
            <Button kind=ButtonKind::Primary why_not=why_not busy=ending.ending.busy on_click=move |_| ending.end()>"Terminate"</Button>
        })
    };
    view! {
        {question}
        <ul class="console-list" role="status">{results}</ul>
        {problem}
        <div class="ui-row ui-modal__footer">
            <Button kind=ButtonKind::Link on_click=move |_| open.set(false)>"Close"</Button>
            {button}
        </div>
    }
}
