//! Step 3: every check that the start makes, without starting.

use std::sync::Arc;

use dr_api::start::{StartExecution, Started};
use leptos::prelude::*;
use ui::{Button, Column, Empty, Loading, SortKey, Status, StatusIndicator, Table};

use super::view_model::{CheckRow, Verdict, check_rows, check_summary};
use super::{Refusal, State};
use crate::api::{Authorised, use_api};
use crate::words;

/// Critical checks that are spelt out with what to do; the list has them all.
const MOST_SPELT_OUT: usize = 20;

/// The step.
#[component]
pub(super) fn Validate() -> impl IntoView {
    let state: State = expect_context();
    let api = use_api();
    // What was checked a step ago may have changed: it is checked whenever the step is entered.
    check(state, api);
    let face = move || {
        if state.checking.busy.get() {
            return view! { <Loading text="Checking accounts, servers, instances, quotas and what runs already" /> }.into_any();
        }
        match state.verdict.get().map(|verdict| verdict.answer) {
            Some(Ok(started)) => view! { <Checks started=started /> }.into_any(),
            Some(Err(problem)) => view! { <Refusal problem=problem /> }.into_any(),
            None => ().into_any(),
        }
    };
    view! {
        <div class="ui-stack">
            <div class="ui-row"><Button busy=state.checking.busy on_click=move |_| check(state, api)>"Check again"</Button></div>
            <div class="ui-stack" role="status">{face}</div>
        </div>
    }
}

/// Asks what would be started. A refusal is an answer too.
fn check(state: State, api: Authorised) {
    let Some(wish) = untrack(|| state.wish()) else {
        return;
    };
    state.verdict.set(None);
    let request = wish.request(None, true);
    let work = async move { Ok(api.call::<StartExecution>(&request).await) };
    state.checking.run(work, move |answer| {
        state.verdict.set(Some(Verdict { wish, answer }))
    });
}

#[component]
fn Checks(started: Started) -> impl IntoView {
    let (status, text) = check_summary(&started);
    let checks = check_rows(&started);
    let critical: Vec<_> = checks
        .iter()
        .filter(|row| row.check.is_blocking())
        .take(MOST_SPELT_OUT)
        .map(|row| row.check.clone())
        .map(|check| {
            let todo = check
                .remediation
                .map(|todo| view! { <div class="ui-secondary">{todo}</div> });
            view! { <li><StatusIndicator status=Status::Error text=check.message />{todo}</li> }
        })
        .collect();
    let rows = Signal::stored(Some(Arc::new(checks)));
    let columns = vec![
        Column::new("subject", "Subject", |row: &CheckRow| {
            row.check.subject.clone()
        }),
        Column::new("severity", "Severity", |row: &CheckRow| {
            words::severity(row.check.severity).1.to_owned()
        })
        .cell(|row: &CheckRow| {
            let (status, text) = words::severity(row.check.severity);
            view! { <StatusIndicator status=status text=text.to_owned() /> }
        })
        .sort_by(|row| SortKey::Number(row.number as f64))
        .filter(),
        Column::new("message", "What was seen", |row: &CheckRow| {
            row.check.message.clone()
        }),
        Column::new("remediation", "What to do", |row: &CheckRow| {
            row.check.remediation.clone().unwrap_or_default()
        }),
        Column::new("check", "Check", |row: &CheckRow| row.check.name.clone()).filter(),
        Column::new("expected", "Expected", |row: &CheckRow| {
            row.check.expected.clone().unwrap_or_default()
        })
        .hidden(),
        Column::new("actual", "Found", |row: &CheckRow| {
            row.check.actual.clone().unwrap_or_default()
        })
        .hidden(),
    ];
    view! {
        <StatusIndicator status=status text=text />
        {(!critical.is_empty()).then(|| view! { <ul class="console-list" aria-label="What to mend">{critical}</ul> })}
        <Table id="failover-checks" title="Checks that do not pass" rows=rows columns=columns url_prefix="checks."
            key=|row: &CheckRow| row.number.to_string()
            empty=|| view! { <Empty title="Every check passes" /> } />
    }
}
