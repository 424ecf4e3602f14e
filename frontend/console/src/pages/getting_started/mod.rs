//! Getting started: what is set up and what is not, each line with the way to where it is done.

mod view_model;

use std::sync::Arc;

use dr_api::accounts::{
    ListRequest, ListTargetAccounts, TargetAccountRequest, ValidateTargetAccount,
};
use dr_api::bounded::Limit;
use dr_api::executions::{ListExecutions, ListExecutionsRequest};
use dr_api::groups::ListProtectionGroups;
use dr_api::pairs::{ListInstancePairs, ListPairsRequest};
use dr_api::plans::ListRecoveryPlans;
use dr_api::replication::{GetReplicationDashboard, ReplicationDashboardRequest};
use dr_model::execution::ExecutionType;
use leptos::prelude::*;
use ui::{
    Breadcrumbs, Button, Container, LinkButton, PageHeader, Problem, Progress, StatusIndicator,
};

use self::view_model::{Found, Line, MOST, MOST_DRILLS, done, lines};
use crate::api::{Authorised, use_api};
use crate::doing::Once;
use crate::route::{crumbs, link};

/// The page.
#[component]
pub fn GettingStarted() -> impl IntoView {
    let api = use_api();
    let once = Once::now(move || look(api));
    let crumbs = crumbs("Getting started", "/getting-started");
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Getting started".to_owned() description="From an empty account to a plan that was drilled, as it stands now."
                actions=move || view! { <Button busy=once.doing.busy on_click=move |_| once.ask.run(())>"Look again"</Button> } />
            {once.faces("Looking at what is set up", |found| checklist(&found))}
        </div>
    }
}

fn at_most(count: i64) -> Limit {
    Limit::try_from(count).unwrap_or_default()
}

/// Asked once: validating an account assumes its role and calls DRS in each of its regions.
async fn look(api: Authorised) -> Result<Found, Problem> {
    let few = ListRequest {
        limit: at_most(MOST),
        next_token: None,
    };
    let accounts = api.call::<ListTargetAccounts>(&few).await?.target_accounts;
    let mut validations = Vec::new();
    for account in &accounts {
        let asked = TargetAccountRequest {
            account_id: account.account_id.clone(),
        };
        validations.push(api.call::<ValidateTargetAccount>(&asked).await?);
    }
    let replication = api
        .call::<GetReplicationDashboard>(&ReplicationDashboardRequest::default())
        .await?;
    let groups = api
        .call::<ListProtectionGroups>(&few)
        .await?
        .protection_groups;
    let mut pairs = Vec::new();
    for group in &groups {
        let asked = ListPairsRequest {
            group_id: group.id.clone(),
            limit: at_most(1000),
            next_token: None,
        };
        pairs.push(api.call::<ListInstancePairs>(&asked).await?.pairs);
    }
    let plans = api.call::<ListRecoveryPlans>(&few).await?.recovery_plans;
    let drills = ListExecutionsRequest {
        execution_type: Some(ExecutionType::Drill),
        limit: at_most(MOST_DRILLS),
        ..ListExecutionsRequest::default()
    };
    let drills = api.call::<ListExecutions>(&drills).await?.executions;
    Ok(Found {
        accounts,
        validations,
        replication,
        groups,
        pairs,
        plans,
        drills,
    })
}

fn checklist(found: &Arc<Found>) -> AnyView {
    let all = lines(found);
    let (done, count) = (done(&all), all.len());
    let percent = done as f64 * 100.0 / count.max(1) as f64;
    let rows: Vec<_> = all.into_iter().map(row).collect();
    view! {
        <Container title="Checklist".to_owned() counter=format!("({done}/{count})")>
            <Progress label="Done".to_owned() percent=percent detail=format!("{done} of {count}") />
            <ol class="console-checks">{rows}</ol>
        </Container>
    }
    .into_any()
}

fn row(line: Line) -> impl IntoView {
    let (words, path) = line.way;
    view! {
        <li>
            <div>
                <h3>{line.title}</h3>
                <StatusIndicator status=line.status text=line.state />
                <p class="ui-secondary">{line.meaning}</p>
            </div>
            <LinkButton href=link(&path)>{words}</LinkButton>
        </li>
    }
}
