//! Agent installation: machines that an agent could be installed on, with the reasons where it cannot, and what was installed.

mod view_model;

use std::collections::BTreeSet;
use std::sync::Arc;

use dr_api::accounts::{ListRequest, TargetAccountView};
use dr_api::agents::{
    AgentCandidateView, InstallAgent, InstallAgentRequest, InstallationView, ListAgentCandidates,
    ListAgentCandidatesRequest, ListAgentInstallations, Tags,
};
use dr_api::bounded::Machines;
use dr_model::ids::{AccountId, MachineId, Region};
use dr_model::place::Place;
use dr_model::role::Permission;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use ui::{
    Breadcrumbs, Button, ButtonKind, Column, Confirm, Container, Empty, FormField, PageHeader,
    Problem, Select, StatusIndicator, Table,
};

pub use self::view_model::{counts, machine_name, outputs, status};
use self::view_model::{targets, verdict, why_not_install};
use crate::accounts::{accounts, place_choices};
use crate::api::use_api;
use crate::auth::use_why_not;
use crate::doing::Doing;
use crate::format::time;
use crate::live::{Live, Watched, poll};
use crate::route::{crumbs, link};

/// The page.
#[component]
pub fn Agents() -> impl IntoView {
    let api = use_api();
    let accounts = poll(move || accounts(api));
    let crumbs = crumbs("Agent installation", "/agents");
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Agent installation".to_owned() description="Machines that SSM reaches, and the replication agents that were installed from here." />
            <Watched live=accounts loading="Loading the accounts" view=|accounts| view! { <Choose accounts=accounts /> }.into_any() />
            <Installations />
        </div>
    }
}

#[component]
fn Choose(accounts: Signal<Arc<Vec<TargetAccountView>>>) -> impl IntoView {
    let choices = Signal::derive(move || accounts.with(|accounts| place_choices(accounts)));
    let first = choices.with_untracked(|choices| {
        choices
            .first()
            .map(|choice| choice.value.clone())
            .unwrap_or_default()
    });
    let place = RwSignal::new(first);
    let into = Memo::new(move |_| accounts.with(|accounts| targets(accounts, &place.get())));
    let target = RwSignal::new(String::new());
    Effect::new(move |_| {
        target.set(into.with(|into| {
            into.first()
                .map(|choice| choice.value.clone())
                .unwrap_or_default()
        }))
    });
    let list = move || {
        let Place { account_id, region } = place.get().parse().ok()?;
        Some(view! { <Candidates account_id=account_id region=region target=target /> })
    };
    view! {
        <Container title="Where".to_owned()>
            <div class="ui-grid">
                <FormField id="agent-place" label="Account and region"><Select id="agent-place" value=place choices=choices /></FormField>
                <FormField id="agent-target" label="Replicate into"><Select id="agent-target" value=target choices=Signal::derive(move || into.get()) /></FormField>
            </div>
        </Container>
        {list}
    }
}

fn columns() -> Vec<Column<AgentCandidateView>> {
    let text = |value: Option<String>| value.unwrap_or_default();
    vec![
        Column::new("machine", "Machine", |one: &AgentCandidateView| {
            one.name
                .clone()
                .unwrap_or_else(|| one.machine_id.to_string())
        }),
        Column::new("verdict", "Installation", |one: &AgentCandidateView| {
            verdict(one).1
        })
        .cell(|one| {
            let (status, text) = verdict(one);
            view! { <StatusIndicator status=status text=text /> }
        }),
        Column::new("id", "Id", |one: &AgentCandidateView| {
            one.machine_id.to_string()
        }),
        Column::new("ssm", "SSM", move |one: &AgentCandidateView| {
            one.ssm_status
                .clone()
                .unwrap_or_else(|| "Not managed".to_owned())
        })
        .filter(),
        Column::new("state", "Instance", move |one: &AgentCandidateView| {
            text(one.instance_state.clone())
        })
        .filter(),
        Column::new("os", "Operating system", move |one: &AgentCandidateView| {
            text(one.os.clone())
        }),
        Column::new("protected", "Protected in", |one: &AgentCandidateView| {
            one.protections
                .iter()
                .map(|protection| protection.place.to_string())
                .collect::<Vec<_>>()
                .join(", ")
        }),
    ]
}

#[component]
fn Candidates(account_id: AccountId, region: Region, target: RwSignal<String>) -> impl IntoView {
    let api = use_api();
    let place = (account_id.clone(), region.clone());
    let asked = ListAgentCandidatesRequest {
        account_id,
        region,
        include_on_premises: true,
        limit: Default::default(),
        next_token: None,
    };
    let live = poll(move || {
        let asked = asked.clone();
        async move {
            api.all::<ListAgentCandidates, _>(&asked, |page| (page.candidates, page.next_token))
                .await
        }
    });
    let selection = RwSignal::new(BTreeSet::new());
    let open = RwSignal::new(false);
    let may_not = use_why_not(Permission::InstallAgents);
    let why_not = Signal::derive(move || {
        let all = live.value.get().unwrap_or_default();
        may_not
            .get()
            .or_else(|| selection.with(|chosen| why_not_install(&all, chosen, &target.get())))
    });
    view! {
        <Table id="agent-candidates" title="Machines" rows=live.value columns=columns() key=|one: &AgentCandidateView| one.machine_id.to_string()
            problem=live.problem age_seconds=live.age_seconds on_retry=live.retry() selection=selection url_prefix="machines."
            actions=move || view! { <Button kind=ButtonKind::Primary why_not=why_not on_click=move |_| open.set(true)>"Install agent"</Button> }
            empty=|| view! { <Empty title="No machines" text="There is no instance in this region, and SSM knows no machine on premises." /> } />
        <Install open=open place=place target=target selection=selection live=live />
    }
}

#[component]
fn Install(
    open: RwSignal<bool>,
    place: (AccountId, Region),
    target: RwSignal<String>,
    selection: RwSignal<BTreeSet<String>>,
    live: Live<Vec<AgentCandidateView>>,
) -> impl IntoView {
    let api = use_api();
    let doing = Doing::default();
    let navigate = use_navigate();
    let request = move || -> Result<InstallAgentRequest, Problem> {
        let refuse = |why: String| Problem::new("VALIDATION_FAILED", why);
        let ids: BTreeSet<MachineId> =
            selection.with_untracked(|ids| ids.iter().filter_map(|id| id.parse().ok()).collect());
        let (account_id, region) = place.clone();
        Ok(InstallAgentRequest {
            account_id,
            region,
            machine_ids: Machines::try_from(ids).map_err(|error| refuse(error.to_string()))?,
            target_region: target
                .get_untracked()
                .parse::<Region>()
                .map_err(|error| refuse(error.to_string()))?,
            tags: Tags::default(),
        })
    };
    let confirm = move |()| {
        let (request, navigate) = (request(), navigate.clone());
        doing.run(
            async move { api.call::<InstallAgent>(&request?).await },
            move |installation| {
                open.set(false);
                navigate(
                    &link(&format!("/agents/{}", installation.installation_id)),
                    NavigateOptions::default(),
                );
            },
        );
    };
    let names = move || {
        let (chosen, all) = (selection.get(), live.value.get().unwrap_or_default());
        all.iter()
            .filter(|one| chosen.contains(&one.machine_id.to_string()))
            .map(|one| view! { <li>{format!("{} {}", one.name.clone().unwrap_or_default(), one.machine_id)}</li> })
            .collect::<Vec<_>>()
    };
    view! {
        <Confirm open=open title="Install the agent?" verb="Install" busy=doing.busy problem=doing.problem on_confirm=confirm>
            <p>{move || format!("SSM installs the replication agent on these machines; each then replicates into {}, which copies its disks in full and costs from then on.", target.get())}</p>
            <ul class="console-bullets">{names}</ul>
        </Confirm>
    }
}

#[component]
fn Installations() -> impl IntoView {
    let api = use_api();
    let live = poll(move || async move {
        api.all::<ListAgentInstallations, _>(&ListRequest::default(), |page| {
            (page.installations, page.next_token)
        })
        .await
    });
    let columns = vec![
        Column::new("at", "Begun", |one: &InstallationView| time(one.created_at)).cell(|one| {
            view! { <a href=link(&format!("/agents/{}", one.installation_id))>{time(one.created_at)}</a> }
        }),
        Column::new("status", "Status", |one: &InstallationView| status(one.status).1.to_owned())
            .cell(|one| {
                let (status, text) = status(one.status);
                view! { <StatusIndicator status=status text=text.to_owned() /> }
            })
            .filter(),
        Column::new("machines", "Machines", counts),
        Column::new("from", "From", |one: &InstallationView| one.place.to_string()).filter(),
        Column::new("into", "Into", |one: &InstallationView| one.target_region.to_string()).filter(),
        Column::new("by", "By", |one: &InstallationView| one.created_by.clone()),
    ];
    view! {
        <Table id="installations" title="Installations" rows=live.value columns=columns key=|one: &InstallationView| one.installation_id.to_string()
            problem=live.problem age_seconds=live.age_seconds on_retry=live.retry() url_prefix="installations."
            empty=|| view! { <Empty title="No installations" text="Tick machines above and install." /> } />
    }
}
