//! What may be done with a session, with the reason where something may not; and what failed, to be tried again.

use std::collections::BTreeSet;
use std::sync::Arc;

use dr_api::sessions::{SessionServerView, SessionView};
use dr_model::ids::SourceServerId;
use dr_model::session::Action;
use leptos::prelude::*;
use ui::{Button, Container, Status, StatusIndicator};

use super::view_model::{Failure, failures, retries, why_not};
use crate::auth::use_why_not;
use crate::live::Live;
use crate::pages::session_steps::{Asked, StepDialogue, Taken, needs, purpose};
use crate::words;

/// Failures that are shown; the list of servers has them all.
const MOST_FAILURES: usize = 20;

/// Opens the question of a step; more servers than one step takes are refused at once.
fn ask(
    asking: RwSignal<Option<Asked>>,
    session: &SessionView,
    action: Action,
    chosen: BTreeSet<SourceServerId>,
) {
    match Asked::of(session, action, chosen) {
        Ok(asked) => asking.set(Some(asked)),
        Err(_) => asking.set(None),
    }
}

/// Every action, in the order of the way home.
#[component]
pub fn Actions(
    /// The session.
    session: Signal<Arc<SessionView>>,
    /// Servers that are ticked: steps are for these; for all where none is.
    selection: RwSignal<BTreeSet<String>>,
    /// What comes after a step.
    on_done: Callback<Taken>,
) -> impl IntoView {
    let asking = RwSignal::new(None::<Asked>);
    let rows: Vec<_> = Action::ALL
        .into_iter()
        .map(|action| {
            let may_not = use_why_not(needs(action));
            let reason = Signal::derive(move || {
                may_not
                    .get()
                    .or_else(|| session.with(|session| why_not(session, action)))
            });
            let begin = move |_| {
                let chosen = selection
                    .with_untracked(|ids| ids.iter().filter_map(|id| id.parse().ok()).collect());
                ask(asking, &session.get_untracked(), action, chosen);
            };
            let text = move || reason.get().unwrap_or_else(|| purpose(action).to_owned());
            view! {
                <li>
                    <Button why_not=reason on_click=begin>{words::action(action)}</Button>
                    <div class="ui-secondary">{text}</div>
                </li>
            }
        })
        .collect();
    let scope = Signal::derive(move || match selection.with(BTreeSet::len) {
        0 => {
            "For every server that a step can take. Tick servers below for some of them.".to_owned()
        }
        count => format!("For the {count} servers that are ticked below."),
    });
    view! {
        <Container title="Actions".to_owned() description=scope>
            <ul class="console-list console-actions">{rows}</ul>
        </Container>
        <StepDialogue asking=asking on_done=on_done />
    }
}

/// What failed, with what to do and a way to try again; nothing where nothing failed.
#[component]
pub fn Failures(
    /// The session.
    session: Signal<Arc<SessionView>>,
    /// Its servers.
    servers: Live<Vec<SessionServerView>>,
    /// What comes after a step.
    on_done: Callback<Taken>,
) -> impl IntoView {
    let asking = RwSignal::new(None::<Asked>);
    let found = Memo::new(move |_| {
        servers.value.with(|servers| {
            servers
                .as_deref()
                .map(|servers| failures(servers))
                .unwrap_or_default()
        })
    });
    let again = Memo::new(move |_| {
        servers.value.with(|servers| {
            servers
                .as_deref()
                .map(|servers| retries(servers))
                .unwrap_or_default()
        })
    });
    let of_all = Memo::new(move |_| session.with(|session| session.last_error.clone()));
    let buttons = move || {
        again
            .get()
            .into_iter()
            .map(|(action, ids)| {
                let may_not = use_why_not(needs(action));
                let reason = Signal::derive(move || {
                    may_not
                        .get()
                        .or_else(|| session.with(|session| why_not(session, action)))
                });
                let text = format!(
                    "Retry {} ({})",
                    words::action(action).to_lowercase(),
                    ids.len()
                );
                let begin = move |_| ask(asking, &session.get_untracked(), action, ids.clone());
                view! { <Button why_not=reason on_click=begin>{text}</Button> }
            })
            .collect::<Vec<_>>()
    };
    let content = move || {
        let (failures, last) = (found.get(), of_all.get());
        if failures.is_empty() && last.is_none() {
            return None;
        }
        let more = failures.len().saturating_sub(MOST_FAILURES);
        let rows: Vec<_> = failures.into_iter().take(MOST_FAILURES).map(row).collect();
        let session_row = last.map(|error| {
            row(Failure {
                name: "The session".to_owned(),
                message: format!("{}: {}", error.step.replace('_', " "), error.message),
                remediation: error.remediation.unwrap_or_default(),
                detail: format!("log id {}", error.correlation_id),
            })
        });
        Some(view! {
            <Container title="Failed".to_owned() actions=buttons>
                <ul class="console-list">{session_row}{rows}</ul>
                {(more > 0).then(|| view! { <p class="ui-secondary">{format!("and {more} more, in the list of servers")}</p> })}
            </Container>
        })
    };
    view! { {content}<StepDialogue asking=asking on_done=on_done /> }
}

fn row(failure: Failure) -> impl IntoView {
    view! {
        <li>
            <StatusIndicator status=Status::Error text=format!("{}: {}", failure.name, failure.message) />
            <div>{failure.remediation}</div>
            <div class="ui-secondary">{failure.detail}</div>
        </li>
    }
}
