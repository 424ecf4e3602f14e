//! Quotas of DRS: how much of each is used in every account and region, what reaching it means, and what to do.

mod view_model;

use std::sync::Arc;

use dr_api::infrastructure::{GetQuotas, GetQuotasRequest, QuotaView};
use dr_model::place::Place;
use leptos::prelude::*;
use ui::{
    Breadcrumbs, Button, Container, Empty, ErrorPanel, FormField, PageHeader, Problem, Progress,
    Select, StatusIndicator,
};

use self::view_model::{Line, choices, is_wanted, line};
use crate::accounts::{accounts, places};
use crate::api::{Authorised, use_api};
use crate::doing::Once;
use crate::route::crumbs;

/// What each place answered: one that cannot be asked keeps no other from being shown.
type Reports = Vec<(Place, Result<Vec<QuotaView>, Problem>)>;

/// The page.
#[component]
pub fn Quotas() -> impl IntoView {
    let api = use_api();
    let once = Once::now(move || look(api));
    let crumbs = crumbs("Quotas", "/quotas");
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Quotas".to_owned() description="What DRS allows in each account and region, and how much of it is used now."
                actions=move || view! { <Button busy=once.doing.busy on_click=move |_| once.ask.run(())>"Read again"</Button> } />
            {once.faces("Reading the quotas", |reports| view! { <Content reports=reports /> }.into_any())}
        </div>
    }
}

/// Asked once: each place costs a reading of its servers and jobs.
async fn look(api: Authorised) -> Result<Reports, Problem> {
    let mut reports = Vec::new();
    for place in places(&accounts(api).await?) {
        let asked = GetQuotasRequest {
            account_id: place.account_id.clone(),
            region: place.region.clone(),
        };
        let answer = api
            .call::<GetQuotas>(&asked)
            .await
            .map(|report| report.quotas);
        reports.push((place, answer));
    }
    Ok(reports)
}

#[component]
fn Content(reports: Arc<Reports>) -> impl IntoView {
    if reports.is_empty() {
        return view! { <Empty title="No accounts" text="Register a target account first: quotas are those of its regions." /> }.into_any();
    }
    let (account, region) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let accounts = choices(
        "All accounts",
        reports
            .iter()
            .map(|(place, _)| place.account_id.to_string()),
    );
    let regions = choices(
        "All regions",
        reports.iter().map(|(place, _)| place.region.to_string()),
    );
    let shown = move || {
        let (account, region) = (account.get(), region.get());
        let wanted = reports
            .iter()
            .filter(|(place, _)| is_wanted(place, &account, &region));
        let rows: Vec<_> = wanted
            .map(|(place, answer)| of_place(place, answer))
            .collect();
        if rows.is_empty() {
            return view! { <Empty title="No matches" text="This account does not use this region." /> }.into_any();
        }
        rows.into_any()
    };
    view! {
        <div class="ui-grid">
            <FormField id="quota-account" label="Account"><Select id="quota-account" value=account choices=Signal::stored(accounts) /></FormField>
            <FormField id="quota-region" label="Region"><Select id="quota-region" value=region choices=Signal::stored(regions) /></FormField>
        </div>
        {shown}
    }
    .into_any()
}

fn of_place(place: &Place, answer: &Result<Vec<QuotaView>, Problem>) -> AnyView {
    let content = match answer {
        Ok(quotas) => {
            let rows: Vec<_> = quotas.iter().map(|quota| row(line(quota))).collect();
            view! { <div class="console-halves">{rows}</div> }.into_any()
        }
        Err(problem) => view! { <ErrorPanel problem=problem.clone() /> }.into_any(),
    };
    view! { <Container title=place.to_string()>{content}</Container> }.into_any()
}

fn row(line: Line) -> AnyView {
    let meter = match line.percent {
        Some(percent) => view! { <Progress label=line.title percent=percent detail=line.figures /> }.into_any(),
        None => view! { <div class="ui-progress__label">{line.title}</div><div class="ui-secondary">{line.figures}</div> }.into_any(),
    };
    view! {
        <div class="ui-stack ui-stack--s">
            {meter}
            <StatusIndicator status=line.status text=line.state.to_owned() />
            <p>{line.meaning} " " {line.remedy}</p>
            <p class="ui-secondary">{line.origin}</p>
        </div>
    }
    .into_any()
}
