//! The faces of a page or a table that are not its content: loading, empty, and what went wrong.

use leptos::prelude::*;

use crate::button::Button;
use crate::status_indicator::{Status, StatusIndicator};

/// One thing that was found wrong, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about: a field, a server.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remediation: Option<String>,
}

/// What went wrong, as a person can use it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// Stable code, such as `VALIDATION_FAILED`.
    pub code: String,
    /// What went wrong.
    pub message: String,
    /// What exactly.
    pub findings: Vec<Finding>,
    /// What to do, where no finding says it.
    pub remediation: Option<String>,
    /// To find the call in the log.
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem in a code and a sentence.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            ..Self::default()
        }
    }
}

/// Something is being fetched.
#[component]
pub fn Loading(
    /// What.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <div class="ui-face" role="status"><StatusIndicator status=Status::Loading text=text /></div> }
}

/// There is nothing, and that is no error.
#[component]
pub fn Empty(
    /// What there is none of: `No protection groups`.
    #[prop(into)]
    title: String,
    /// What it would be good for, or why there is none.
    #[prop(optional, into)]
    text: Option<String>,
    /// What to do about it.
    #[prop(optional, into)]
    action: ViewFn,
) -> impl IntoView {
    view! {
        <div class="ui-face">
            <strong>{title}</strong>
            {text.map(|text| view! { <p class="ui-secondary">{text}</p> })}
            {action.run()}
        </div>
    }
}

/// What went wrong: the sentence, each finding with its remediation, the request id, and a way to try again.
#[component]
pub fn ErrorPanel(
    /// What went wrong.
    #[prop(into)]
    problem: Signal<Problem>,
    /// Tries again; without it there is no button.
    #[prop(optional, into)]
    on_retry: Option<Callback<()>>,
) -> impl IntoView {
    view! {
        <div class="ui-error" role="alert">
            <StatusIndicator status=Status::Error text=Signal::derive(move || problem.get().message) />
            {move || details(&problem.get())}
            {on_retry.map(|retry| view! { <Button on_click=move |_| retry.run(())>"Try again"</Button> })}
        </div>
    }
}

fn details(problem: &Problem) -> impl IntoView + use<> {
    let findings: Vec<_> = problem
        .findings
        .iter()
        .map(|finding| {
            let what = format!("{}: {}", finding.subject, finding.message);
            let todo = finding.remediation.clone();
            view! { <li>{what}{todo.map(|todo| view! { <div class="ui-secondary">{todo}</div> })}</li> }
        })
        .collect();
    let origin = match &problem.request_id {
        Some(id) => format!("{} · request {id}", problem.code),
        None => problem.code.clone(),
    };
    view! {
        {(!findings.is_empty()).then(|| view! { <ul>{findings}</ul> })}
        {problem.remediation.clone().map(|text| view! { <p>{text}</p> })}
        <p class="ui-secondary">{origin}</p>
    }
}

/// The last good value is shown, and the refresh failed: how old it is, and why.
#[component]
pub fn Stale(
    /// Why the last refresh failed; none shows nothing.
    #[prop(into)]
    problem: Signal<Option<Problem>>,
    /// Seconds since the value was good.
    #[prop(into)]
    age_seconds: Signal<u64>,
) -> impl IntoView {
    move || {
        problem.get().map(|problem| {
            let text = move || {
                format!(
                    "Shown as of {} s ago: {}",
                    age_seconds.get(),
                    problem.message
                )
            };
            view! {
                <div class="ui-stale">
                    <StatusIndicator status=Status::Warning text=Signal::derive(text) />
                </div>
            }
        })
    }
}
