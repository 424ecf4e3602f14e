//! Messages at the top of the page, and the live region that reads them out. What went well goes by itself: after a time, or
//! with the page that it was said on. What did not stays until it is dismissed.

use std::time::Duration;

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
    /// It goes by itself.
    fn is_passing(self) -> bool {
        matches!(self, Self::Success | Self::Info)
    }

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
    /// It was shown long enough to belong to the page. One that was shown just before a change of pages says what led there.
    is_settled: bool,
}

/// At most so many are kept; the oldest goes.
const MOST: usize = 5;
/// What goes by itself is shown so long.
const PASSING: Duration = Duration::from_secs(10);
/// Shown so long before the page changes, a message belongs to the page that is left.
const SETTLING: Duration = Duration::from_secs(1);

/// Takes away what belongs to the page that is left.
fn leave_page(shown: &mut Vec<Flash>) {
    shown.retain(|flash| !(flash.kind.is_passing() && flash.is_settled));
}

fn settle(shown: &mut [Flash], id: u64) {
    if let Some(flash) = shown.iter_mut().find(|flash| flash.id == id) {
        flash.is_settled = true;
    }
}

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
                is_settled: false,
            });
        });
        if kind.is_passing() {
            // The list may be gone by then, with the session.
            let settled = move || {
                let _ = self.shown.try_update(|shown| settle(shown, id));
            };
            let over = move || {
                let _ = self
                    .shown
                    .try_update(|shown| shown.retain(|flash| flash.id != id));
            };
            set_timeout(settled, SETTLING);
            set_timeout(over, PASSING);
        }
    }

    /// Another page is shown: what went well on the one before is no longer said.
    pub fn leave_page(self) {
        self.shown.update(leave_page);
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

#[cfg(test)]
mod tests {
    use super::{Flash, FlashKind, leave_page, settle};

    fn flash(id: u64, kind: FlashKind) -> Flash {
        Flash {
            id,
            kind,
            text: "text".to_owned(),
            is_settled: false,
        }
    }

    #[test]
    fn with_its_page_goes_what_went_well_and_errors_and_warnings_stay() {
        let kinds = [
            FlashKind::Success,
            FlashKind::Error,
            FlashKind::Warning,
            FlashKind::Info,
        ];
        let mut shown: Vec<Flash> = (0..).zip(kinds).map(|(id, kind)| flash(id, kind)).collect();
        (0..4).for_each(|id| settle(&mut shown, id));
        leave_page(&mut shown);
        assert_eq!(
            shown.iter().map(|flash| flash.id).collect::<Vec<_>>(),
            [1, 2]
        );
    }

    #[test]
    fn what_was_said_as_the_page_changed_is_read_on_the_next_one_and_goes_with_that() {
        let mut shown = vec![flash(0, FlashKind::Success)];
        leave_page(&mut shown);
        assert_eq!(shown.len(), 1);
        settle(&mut shown, 0);
        leave_page(&mut shown);
        assert!(shown.is_empty());
    }
}
