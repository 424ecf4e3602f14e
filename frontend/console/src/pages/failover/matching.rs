//! Step 2: which server is launched into which instance.

use std::sync::Arc;

use dr_api::bounded::FuzzyTolerance;
use dr_api::matching::{MatchInstances, MatchInstancesRequest};
use dr_api::pairs::{
    ConfigureInstancePairs, ConfigurePairsRequest, ListInstancePairs, ListPairsRequest,
};
use dr_model::group::ProtectionGroup;
use dr_model::role::Permission;
use leptos::prelude::*;
use ui::{
    Button, Choice, Column, Empty, ErrorPanel, FormField, Loading, Problem, StatusIndicator, Table,
    use_flashes,
};

use super::State;
use super::view_model::{Face, MatchRow, match_rows, match_summary, worst_first};
use crate::api::{Authorised, use_api};
use crate::auth::use_why_not;
use crate::doing::Doing;

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
        read(state, api);
    }
    let rows = Signal::derive(move || state.matched.get().map(|(_, rows)| rows));
    let summary = move || rows.with(|rows| rows.as_ref().map(|rows| match_summary(rows)));
    let has_rows = Memo::new(move |_| rows.with(Option::is_some) && !state.matching.busy.get());
    view! {
        <div class="ui-stack">
            <p>"A server with a saved pair is launched into that instance and keeps its id and private IP; one without is launched into a new instance."</p>
            <p role="status"><strong>{summary}</strong></p>
            {move || state.matching.problem.get().map(|problem| view! {
                <ErrorPanel problem=problem on_retry=Callback::new(move |()| read(state, api)) />
            })}
            <Save state=state />
            {move || if has_rows.get() {
                view! { <Rows rows=rows /> }.into_any()
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
    state.matched.set(None);
    let work = async move {
        let mut rows = Vec::new();
        for group in groups {
            rows.extend(rows_of(api, &group).await?);
        }
        Ok(rows)
    };
    state.matching.run(work, move |rows| {
        state.matched.set(Some((id, Arc::new(worst_first(rows)))))
    });
}

async fn rows_of(api: Authorised, group: &ProtectionGroup) -> Result<Vec<MatchRow>, Problem> {
    let asked = ListPairsRequest {
        group_id: group.id.clone(),
        limit: Default::default(),
        next_token: None,
    };
    let pairs = api
        .all::<ListInstancePairs, _>(&asked, |page| (page.pairs, page.next_token))
        .await?;
    let direction = &group.direction;
    let report = api
        .call::<MatchInstances>(&MatchInstancesRequest {
            primary_account_id: direction.primary.account_id.clone(),
            dr_account_id: direction.recovery.account_id.clone(),
            primary_region: direction.primary.region.clone(),
            dr_region: direction.recovery.region.clone(),
            fuzzy_matching_tolerance: FuzzyTolerance::default(),
            ignore_special_characters: false,
            group_id: Some(group.id.clone()),
        })
        .await?;
    Ok(match_rows(&group.name, &pairs, &report))
}

/// Matches by name and saves what is found, for all groups of the plan.
#[component]
fn Save(state: State) -> impl IntoView {
    let api = use_api();
    let flashes = use_flashes();
    let doing = Doing::default();
    let may_not = use_why_not(Permission::ManagePlans);
    let tolerance = RwSignal::new("0".to_owned());
    let choices = vec![
        Choice::new("0", "Same names only"),
        Choice::new("0.1", "Names that are 90% alike"),
        Choice::new("0.2", "Names that are 80% alike"),
        Choice::new("0.3", "Names that are 70% alike"),
    ];
    let save = move |_| {
        let groups = untrack(|| state.groups());
        let chosen = tolerance.get_untracked().parse::<f64>().unwrap_or_default();
        let tolerance = FuzzyTolerance::try_from(chosen).unwrap_or_default();
        let work = async move {
            let mut saved = 0;
            for group in groups {
                let request = ConfigurePairsRequest {
                    group_id: group.id,
                    pairs: None,
                    fuzzy_matching_tolerance: tolerance,
                    ignore_special_characters: false,
                };
                saved += api.call::<ConfigureInstancePairs>(&request).await?.saved;
            }
            Ok(saved)
        };
        doing.run(work, move |saved: usize| {
            flashes.success(format!("Saved {saved} new or changed pairs"));
            read(state, api);
        });
    };
    view! {
        <div class="failover-field">
            <FormField id="failover-tolerance" label="Match by name and save the pairs">
                <div class="ui-row">
                    <ui::Select id="failover-tolerance" value=tolerance choices=choices />
                    <Button why_not=may_not busy=doing.busy on_click=save>"Match and save"</Button>
                </div>
            </FormField>
        </div>
        {move || doing.problem.get().map(|problem| view! { <ErrorPanel problem=problem /> })}
    }
}

#[component]
fn Rows(rows: Signal<Option<Arc<Vec<MatchRow>>>>) -> impl IntoView {
    let columns = vec![
        Column::new("server", "Server", |row: &MatchRow| row.server.clone()),
        Column::new("match", "Match", |row: &MatchRow| {
            row.face.words().1.to_owned()
        })
        .cell(|row: &MatchRow| {
            let (status, text) = row.face.words();
            view! { <StatusIndicator status=status text=text.to_owned() /> }
        })
        .filter(),
        Column::new("confidence", "Confidence", |row: &MatchRow| {
            row.confidence
                .map_or_else(|| "–".to_owned(), |value| format!("{:.0}%", value * 100.0))
        })
        .number(|row| row.confidence),
        Column::new("target", "Launched into", |row: &MatchRow| {
            row.target.clone()
        }),
        Column::new("ip", "Keeps private IP", |row: &MatchRow| {
            if row.face == Face::Unmatched {
                "–".to_owned()
            } else {
                row.private_ip.clone()
            }
        }),
        Column::new("group", "Group", |row: &MatchRow| row.group.clone()).filter(),
        Column::new("note", "Why not matched", |row: &MatchRow| row.note.clone()),
        Column::new("id", "Server id", |row: &MatchRow| row.server_id.clone()).hidden(),
    ];
    let item = |row: &MatchRow| {
        let said = format!("{}: {}", row.server, row.note);
        view! { <li><StatusIndicator status=Face::Unmatched.words().0 text=said /></li> }
    };
    let unmatched = move || {
        rows.with(|rows| {
            let open = rows
                .iter()
                .flat_map(|rows| rows.iter())
                .filter(|row| row.face == Face::Unmatched);
            open.take(MOST_SPELT_OUT).map(item).collect::<Vec<_>>()
        })
    };
    view! {
        <ul class="console-list" aria-label="Servers without a pair">{unmatched}</ul>
        <Table id="failover-pairs" title="Servers" rows=rows columns=columns
            key=|row: &MatchRow| format!("{} {}", row.group, row.server_id)
            empty=|| view! { <Empty title="No servers" text="The groups of this plan hold no server now." /> } />
    }
}
