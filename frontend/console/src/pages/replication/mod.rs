//! The replication of the estate: numbers, distribution, lag over time, what needs attention, what happened.

mod lists;
mod view_model;

use std::sync::Arc;

use dr_api::bounded::RpoSeconds;
use dr_api::replication::{
    GetLagHistory, GetReplicationDashboard, LagHistoryView, ListReplicationRequest,
    ListReplicationStatus, RefreshInventory, RefreshInventoryRequest, ReplicationDashboard,
    ReplicationDashboardRequest, ServerRequest,
};
use dr_model::role::Permission;
use leptos::prelude::*;
use ui::charts::{DonutChart, LineChart};
use ui::{
    Breadcrumbs, Button, Choice, Container, ErrorPanel, FormField, PageHeader, Problem, Select,
    use_flashes,
};

use self::lists::{Activity, Alerts, Places};
use self::view_model::{CARDS, cards, directions, freshness, furthest, slices, states};
pub use self::view_model::{lag, server_path};
use crate::api::{Authorised, use_api};
use crate::auth::use_why_not;
use crate::doing::Doing;
use crate::live::{Live, Watched, poll};
use crate::route::crumbs;

/// The objective when nothing is chosen: the API's own.
const OBJECTIVES: [(u32, &str); 5] = [
    (60, "1 minute"),
    (300, "5 minutes"),
    (900, "15 minutes"),
    (3600, "1 hour"),
    (14_400, "4 hours"),
];

/// What is shown: the sum, and lag over time of the servers furthest behind.
#[derive(Debug, Clone, PartialEq)]
struct Estate {
    sum: ReplicationDashboard,
    histories: Vec<(String, LagHistoryView)>,
}

/// The page.
#[component]
pub fn Replication() -> impl IntoView {
    let api = use_api();
    let objective = RwSignal::new(RpoSeconds::default().get().to_string());
    let live = poll(move || {
        let seconds = objective.get_untracked().parse::<i64>().unwrap_or_default();
        fetch(api, RpoSeconds::try_from(seconds).unwrap_or_default())
    });
    Effect::new(move |before: Option<()>| {
        objective.track();
        if before.is_some() {
            live.refresh();
        }
    });
    let choices = Signal::stored(
        OBJECTIVES
            .map(|(seconds, text)| Choice::new(seconds.to_string(), text))
            .to_vec(),
    );
    let description = Signal::derive(move || {
        live.value
            .with(|known| known.as_ref().map(|estate| freshness(&estate.sum)))
    });
    let crumbs = crumbs("Replication", "/replication");
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Replication".to_owned() description=description actions=move || view! { <ReadAgain live=live /> } />
            <div class="ui-grid"><FormField id="objective" label="Recovery point objective"><Select id="objective" value=objective choices=choices /></FormField></div>
            <Watched live=live loading="Loading the replication" view=|estate| view! { <Content estate=estate /> }.into_any() />
        </div>
    }
}

async fn fetch(api: Authorised, rpo_seconds: RpoSeconds) -> Result<Estate, Problem> {
    let sum = api
        .call::<GetReplicationDashboard>(&ReplicationDashboardRequest { rpo_seconds })
        .await?;
    let servers = api
        .all::<ListReplicationStatus, _>(&ListReplicationRequest::default(), |page| {
            (page.servers, page.next_token)
        })
        .await?;
    let mut histories = Vec::new();
    for one in furthest(&servers) {
        let request = ServerRequest {
            source_server_id: one.server.source_server_id,
            account_id: one.place.account_id,
            region: one.place.region,
        };
        histories.push((one.server.name, api.call::<GetLagHistory>(&request).await?));
    }
    Ok(Estate { sum, histories })
}

#[component]
fn ReadAgain(live: Live<Estate>) -> impl IntoView {
    let api = use_api();
    let flashes = use_flashes();
    let doing = Doing::default();
    let read = move |_| {
        let work = async move {
            api.call::<RefreshInventory>(&RefreshInventoryRequest::default())
                .await
        };
        doing.run(work, move |answer| {
            let failed = answer
                .places
                .iter()
                .filter(|place| place.error.is_some())
                .count();
            flashes.success(format!(
                "Read {} of {} places",
                answer.places.len() - failed,
                answer.places.len()
            ));
            live.refresh();
        });
    };
    view! {
        <Button busy=doing.busy why_not=use_why_not(Permission::Read) on_click=read>"Read again"</Button>
        {move || doing.problem.get().map(|problem| view! { <ErrorPanel problem=problem /> })}
    }
}

#[component]
fn Content(estate: Signal<Arc<Estate>>) -> impl IntoView {
    let all = Memo::new(move |_| estate.with(|estate| cards(&estate.sum)));
    let shown: Vec<_> = (0..CARDS)
        .map(|at| {
            let card = move || all.with(|cards| cards.get(at).cloned().unwrap_or_default());
            view! {
                <Container title=Signal::derive(move || card().title.to_owned())>
                    <div class="ui-number">{move || card().value}</div>
                    <div class="ui-secondary">{move || card().detail}</div>
                </Container>
            }
        })
        .collect();
    let by_state = Signal::derive(move || estate.with(|estate| states(&estate.sum.states)));
    let by_region = Signal::derive(move || estate.with(|estate| slices(&estate.sum.regions)));
    let by_way = Signal::derive(move || estate.with(|estate| directions(&estate.sum.directions)));
    let drawn = Memo::new(move |_| estate.with(|estate| lag(&estate.histories)));
    let places = Signal::derive(move || drawn.with(|lag| lag.places.clone()));
    let series = Signal::derive(move || drawn.with(|lag| lag.series.clone()));
    let objective =
        Signal::derive(move || estate.with(|estate| Some(estate.sum.rpo.rpo_seconds as f64)));
    let sum = Signal::derive(move || estate.with(|estate| estate.sum.clone()));
    view! {
        <div class="ui-grid">{shown}</div>
        <div class="console-halves">
            <Container title="Servers by state".to_owned()><DonutChart label="Servers by replication state" slices=by_state /></Container>
            <Container title="Servers by region".to_owned()><DonutChart label="Servers by the region that they replicate into" slices=by_region /></Container>
            <Container title="Servers by direction".to_owned()><DonutChart label="Servers by direction" slices=by_way /></Container>
        </div>
        <Container title="Lag over 24 hours".to_owned() description="The servers furthest behind, in seconds; the broken line is the objective.".to_owned()>
            <LineChart label="Lag in seconds" places=places series=series threshold=objective />
        </Container>
        <Alerts sum=sum />
        <Activity sum=sum />
        <Places sum=sum />
    }
}
