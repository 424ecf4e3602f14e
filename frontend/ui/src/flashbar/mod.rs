//! Messages at the top of the page, and the live region that reads them out.

use leptos::prelude::*;

use crate::button::{Button, ButtonKind};
use crate::faces::Problem;

/// What kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlashKind {
    /// It worked.
    Success,
    /// It did not.
    Error,
    /// Look at it.
    Warning,
    /// Worth knowing.
    Info,
}

impl FlashKind {
    fn class(self) -> &'static str {
        match self {
            Self::Success => "ui-flash ui-flash--success",
            Self::Error => "ui-flash ui-flash--error",
            Self::Warning => "ui-flash ui-flash--warning",
            Self::Info => "ui-flash ui-flash--info",
        }
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    id: u64,
    kind: FlashKind,
    text: String,
}

/// At most so many are kept; the oldest goes.
const MOST: usize = 5;

/// The messages that are shown. Copy it freely; it is one list.
#[derive(Debug, Clone, Copy)]
pub struct Flashes {
    shown: RwSignal<Vec<Flash>>,
    next: RwSignal<u64>,
}

impl Default for Flashes {
    fn default() -> Self {
        Self {
            shown: RwSignal::new(Vec::new()),
            next: RwSignal::new(0),
        }
    }
}

impl Flashes {
    /// Shows a message.
    pub fn show(self, kind: FlashKind, text: impl Into<String>) {
        let id = self.next.get_untracked();
        self.next.set(id + 1);
        self.shown.update(|shown| {
            if shown.len() >= MOST {
                shown.remove(0);
            }
            shown.push(Flash {
                id,
                kind,
                text: text.into(),
            });
        });
    }

    /// Says that something worked.
    pub fn success(self, text: impl Into<String>) {
        self.show(FlashKind::Success, text);
    }

    /// Says what went wrong, with the request id.
    pub fn problem(self, problem: &Problem) {
        let id = problem
            .request_id
            .as_ref()
            .map(|id| format!(" (request {id})"))
            .unwrap_or_default();
        self.show(FlashKind::Error, format!("{}{id}", problem.message));
    }

    /// Takes all away, at a sign-out.
    pub fn clear(self) {
        self.shown.set(Vec::new());
    }

    fn dismiss(self, id: u64) {
        self.shown
            .update(|shown| shown.retain(|flash| flash.id != id));
    }
}

/// The messages of the app; outside of one, a list that nobody sees.
#[must_use]
pub fn use_flashes() -> Flashes {
    use_context().unwrap_or_default()
}

/// Shows the messages. Stands once in the shell.
#[component]
pub fn Flashbar() -> impl IntoView {
    let flashes = use_flashes();
    let item = move |flash: Flash| {
        let id = flash.id;
        view! {
            <li class=flash.kind.class()>
                <span>{flash.text}</span>
                <Button kind=ButtonKind::Icon label="Dismiss" on_click=move |_| flashes.dismiss(id)>
                    <span aria-hidden="true">"✕"</span>
                </Button>
            </li>
        }
    };
    view! {
        <div aria-live="polite" role="status">
            <ul class="ui-flashbar">
                <For each=move || flashes.shown.get() key=|flash| flash.id children=item />
            </ul>
        </div>
    }
}
