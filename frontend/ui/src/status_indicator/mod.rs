//! A state in a word, with a sign before it. What moves is grey; only verdicts have a colour.

use leptos::prelude::*;

/// The ten types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Did not work.
    Error,
    /// Works, but look at it.
    Warning,
    /// Done, healthy.
    Success,
    /// Worth knowing.
    Info,
    /// Ended by a person.
    Stopped,
    /// Waits for something.
    Pending,
    /// Is being done.
    InProgress,
    /// Is being fetched.
    Loading,
    /// Is not there yet.
    NotStarted,
    /// Removed.
    Removed,
}

impl Status {
    /// All, for permutation pages and tests.
    pub const ALL: [Status; 10] = [
        Self::Error,
        Self::Warning,
        Self::Success,
        Self::Info,
        Self::Stopped,
        Self::Pending,
        Self::InProgress,
        Self::Loading,
        Self::NotStarted,
        Self::Removed,
    ];

    /// The end of its class.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Success => "success",
            Self::Info => "info",
            Self::Stopped => "stopped",
            Self::Pending => "pending",
            Self::InProgress => "in-progress",
            Self::Loading => "loading",
            Self::NotStarted => "not-started",
            Self::Removed => "removed",
        }
    }

    /// The sign, on a field of 16 by 16.
    fn path(self) -> &'static str {
        match self {
            Self::Error => "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M5.5 5.5l5 5M10.5 5.5l-5 5",
            Self::Warning => "M8 2L14.5 14H1.5ZM8 6.5v3.5M8 11.4v1.2",
            Self::Success => "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M5 8.2l2.1 2.1L11 6",
            Self::Info => "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M8 7.2V11.5M8 4.4v1.2",
            Self::Stopped => "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M5 8h6",
            Self::Pending => "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M8 4.5V8.5H11",
            Self::InProgress => {
                "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M5 8h.2M8 8h.2M11 8h.2"
            }
            Self::Loading => "M8 1.5a6.5 6.5 0 1 1-6.5 6.5",
            Self::NotStarted => "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13",
            Self::Removed => "M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.7 9h5.6l.7-9",
        }
    }
}

/// A state: sign and words.
#[component]
pub fn StatusIndicator(
    /// Which of the ten.
    #[prop(into)]
    status: Signal<Status>,
    /// The words.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    view! {
        <span class=move || format!("ui-status ui-status--{}", status.get().class())>
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
                <path d=move || status.get().path() fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
            </svg>
            <span>{move || text.get()}</span>
        </span>
    }
}
