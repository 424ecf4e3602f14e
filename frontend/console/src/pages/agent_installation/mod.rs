//! A run of agent installations, machine by machine.

use std::sync::Arc;

use dr_api::agents::{
    GetAgentInstallation, InstallationRequest, InstallationView, InstallingMachineView,
    RetryAgentInstallation,
};
use dr_model::ids::InstallationId;
use dr_model::role::Permission;
use leptos::prelude::*;
use ui::{
    Breadcrumbs, Button, Column, Container, Crumb, Empty, ErrorPanel, KeyValue, PageHeader, Pair,
    StatusIndicator, Table, use_flashes,
};

use crate::api::use_api;
use crate::auth::use_why_not;
use crate::doing::Doing;
use crate::format::time;
use crate::live::{Live, Watched, poll};
use crate::pages::agents::{counts, machine_name, outputs, status};
use crate::route::{crumbs, link, parameter};
use crate::words;

/// The page.
#[component]
pub fn AgentInstallation() -> impl IntoView {
    match parameter::<InstallationId>("installation_id") {
        Ok(id) => view! { <Installation id=id /> }.into_any(),
        Err(problem) => view! { <PageHeader title="Agent installation".to_owned() /><ErrorPanel problem=problem /> }.into_any(),
    }
}

#[component]
fn Installation(id: InstallationId) -> impl IntoView {
    let api = use_api();
    let asked = InstallationRequest {
        installation_id: id.clone(),
    };
    let request = asked.clone();
    let live = poll(move || {
        let request = request.clone();
        async move { api.call::<GetAgentInstallation>(&request).await }
    });
    let mut crumbs = crumbs("Agent installation", "/agents");
    crumbs.push(Crumb::new("Installation", link(&format!("/agents/{id}"))));
    view! {
        <div class="ui-stack">
            <Breadcrumbs crumbs=crumbs />
            <PageHeader title="Installation".to_owned() actions=move || view! { <Retry asked=asked.clone() live=live /> } />
            <Watched live=live loading="Loading the installation" view=|installation| view! { <Content installation=installation /> }.into_any() />
        </div>
    }
}

/// Tries the failed machines again.
#[component]
fn Retry(asked: InstallationRequest, live: Live<InstallationView>) -> impl IntoView {
    let api = use_api();
    let flashes = use_flashes();
    let doing = Doing::default();
    let may_not = use_why_not(Permission::InstallAgents);
    let why_not = Signal::derive(move || {
        let has_failed = live.value.with(|known| {
            known
                .as_ref()
                .is_some_and(|installation| installation.failed > 0)
        });
        may_not
            .get()
            .or_else(|| (!has_failed).then(|| "No machine failed".to_owned()))
    });
    let retry = move |_| {
        let asked = asked.clone();
        doing.run(
            async move { api.call::<RetryAgentInstallation>(&asked).await },
            move |_| {
                flashes.success("The failed machines are tried again");
                live.refresh();
            },
        );
    };
    view! {
        <Button busy=doing.busy why_not=why_not on_click=retry>"Retry failed machines"</Button>
        {move || doing.problem.get().map(|problem| view! { <ErrorPanel problem=problem /> })}
    }
}

fn columns() -> Vec<Column<InstallingMachineView>> {
    vec![
        Column::new("machine", "Machine", machine_name),
        Column::new("stage", "Stage", |one: &InstallingMachineView| {
            words::repair(one.machine.progress.stage).1.to_owned()
        })
        .cell(|one| {
            let (status, text) = words::repair(one.machine.progress.stage);
            view! { <StatusIndicator status=status text=text.to_owned() /> }
        })
        .filter(),
        Column::new("percent", "Done", |one: &InstallingMachineView| {
            format!("{}%", one.percent)
        })
        .number(|one| Some(f64::from(one.percent))),
        Column::new("ssm", "SSM says", |one: &InstallingMachineView| {
            one.machine
                .progress
                .command_status
                .clone()
                .unwrap_or_default()
        }),
        Column::new("reason", "What is wrong", |one: &InstallingMachineView| {
            one.machine.progress.reason.clone().unwrap_or_default()
        }),
        Column::new("server", "Source server", |one: &InstallingMachineView| {
            one.machine
                .source_server_id
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default()
        }),
        Column::new("since", "Since", |one: &InstallingMachineView| {
            time(one.machine.progress.since)
        }),
        Column::new("tries", "Tries", |one: &InstallingMachineView| {
            one.machine.progress.tries.to_string()
        })
        .hidden(),
    ]
}

#[component]
fn Content(installation: Signal<Arc<InstallationView>>) -> impl IntoView {
    let of = move |read: fn(&InstallationView) -> String| {
        move || installation.with(|installation| read(installation))
    };
    let sign =
        Signal::derive(move || installation.with(|installation| status(installation.status).0));
    let text = Signal::derive(move || {
        installation.with(|installation| status(installation.status).1.to_owned())
    });
    let pairs = vec![
        Pair::new(
            "Status",
            view! { <StatusIndicator status=sign text=text /> },
        ),
        Pair::new("Machines", of(counts)),
        Pair::new("From", of(|installation| installation.place.to_string())),
        Pair::new(
            "Into",
            of(|installation| installation.target_region.to_string()),
        ),
        Pair::new(
            "Begun",
            of(|installation| {
                format!(
                    "{} by {}",
                    time(installation.created_at),
                    installation.created_by
                )
            }),
        ),
        Pair::new(
            "Id",
            of(|installation| installation.installation_id.to_string()),
        ),
    ];
    let rows = Memo::new(move |_| {
        installation.with(|installation| Some(Arc::new(installation.machines.clone())))
    });
    view! {
        <Container title="Details".to_owned()><KeyValue pairs=pairs /></Container>
        <Table id="installing" title="Machines" rows=rows columns=columns() key=|one: &InstallingMachineView| one.machine.machine_id.to_string()
            empty=|| view! { <Empty title="No machines" /> } />
        <Outputs installation=installation />
    }
}

/// What commands printed on the machines where something is wrong: the cause, as the machine says it.
#[component]
fn Outputs(installation: Signal<Arc<InstallationView>>) -> impl IntoView {
    let outputs = Memo::new(move |_| installation.with(|installation| outputs(installation)));
    let output = |(machine, text): (String, String)| {
        let title = format!("Output of {machine}");
        view! {
            <Container title=title.clone()><pre tabindex="0" role="region" aria-label=title>{text}</pre></Container>
        }
    };
    move || outputs.get().into_iter().map(output).collect::<Vec<_>>()
}
