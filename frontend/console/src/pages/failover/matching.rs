//! Step 2: which server is launched into which instance.

use std::sync::Arc;

use dr_api::pairs::{ListInstancePairs, ListPairsRequest};
use dr_model::group::ProtectionGroup;
use leptos::prelude::*;
use ui::{ErrorPanel, Loading, Problem, StatusIndicator};

use super::State;
use super::pairing::{Face, Found, MatchByName, Pairing, found, match_summary, report, together};
use crate::api::{Authorised, use_api};

/// Servers without a pair that are spelt out; the list has them all.
const MOST_SPELT_OUT: usize = 10;

/// The step.
#[component]
pub(super) fn Match() -> impl IntoView {
    let state: State = expect_context();
    let api = use_api();
    let is_read = state.matched.with_untracked(|matched| {
        matched
            .as_ref()
            .is_some_and(|(id, _)| *id == state.plan_id.get_untracked())
    });
    if !is_read {
        state.matched.set(None);
        read(state, api);
    }
    let found = Signal::derive(move || state.matched.get().map(|(_, found)| found));
    let summary =
        move || found.with(|found| found.as_ref().map(|found| match_summary(&found.rows)));
    let has_rows = Memo::new(move |_| found.with(Option::is_some));
    let groups = Signal::derive(move || {
        let groups = state.groups();
        groups.into_iter().map(|group| group.id).collect::<Vec<_>>()
    });
    let again = Callback::new(move |()| read(state, api));
    view! {
        <div class="ui-stack">
            <p>"A server with a saved pair is launched into that instance and keeps its id and private IP; one without is launched into a new instance."</p>
            <p role="status"><strong>{summary}</strong></p>
            {move || state.matching.problem.get().map(|problem| view! { <ErrorPanel problem=problem on_retry=again /> })}
            <MatchByName groups=groups on_saved=again />
            {move || if has_rows.get() {
                view! { <Unmatched found=found /><Pairing id="failover-pairs" title="Servers" found=found on_saved=again /> }.into_any()
            } else if state.matching.busy.get() {
                view! { <Loading text="Reading the pairs of the plan's groups" /> }.into_any()
            } else {
                ().into_any()
            }}
        </div>
    }
}

/// Reads the pairs of every group of the plan.
fn read(state: State, api: Authorised) {
    let (id, groups) = (state.plan_id.get_untracked(), untrack(|| state.groups()));
    let work = async move {
        let mut all = Vec::new();
        for group in groups {
            all.push(of_group(api, &group).await?);
        }
        Ok(all)
    };
    state.matching.run(work, move |all| {
        state.matched.set(Some((id, Arc::new(together(all)))))
    });
}

async fn of_group(api: Authorised, group: &ProtectionGroup) -> Result<Found, Problem> {
    let asked = ListPairsRequest {
        group_id: group.id.clone(),
        limit: Default::default(),
        next_token: None,
    };
    let pairs = api
        .all::<ListInstancePairs, _>(&asked, |page| (page.pairs, page.next_token))
        .await?;
    Ok(found(group, &pairs, Some(&report(api, group).await?)))
}

/// The first of those that want to be looked at, spelt out.
#[component]
fn Unmatched(found: Signal<Option<Arc<Found>>>) -> impl IntoView {
    let items = move || {
        let found = found.get().unwrap_or_default();
        let open = found.rows.iter().filter(|row| row.face == Face::Unmatched);
        open.take(MOST_SPELT_OUT)
            .map(|row| {
                let said = format!("{}: {}", row.server, row.note);
                view! { <li><StatusIndicator status=Face::Unmatched.words().0 text=said /></li> }
            })
            .collect::<Vec<_>>()
    };
    view! { <ul class="console-list" aria-label="Servers without a pair">{items}</ul> }
}
