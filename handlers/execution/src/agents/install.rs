//! Installs agents, and shows how far that is.

use dr_api::accounts::ListRequest;
use dr_api::agents::{
    InstallAgentRequest, InstallationList, InstallationRequest, InstallationStatus,
    InstallationView, InstallingMachineView,
};
use dr_engine::App;
use dr_engine::agents::{self, Wanted, percent};
use dr_error::Result;
use dr_invoke::Caller;
use dr_model::installation::{Installation, InstallingMachine};
use dr_model::place::Place;
use dr_model::session::RepairStage;
use dr_store::PageRequest;

pub async fn install(
    app: &App,
    caller: &Caller,
    request: InstallAgentRequest,
) -> Result<InstallationView> {
    let wanted = Wanted {
        place: Place {
            account_id: request.account_id,
            region: request.region,
        },
        machine_ids: request.machine_ids.into(),
        target_region: request.target_region,
        tags: request.tags.into(),
        by: caller.name().to_owned(),
    };
    agents::install(app, wanted).await.map(view)
}

pub async fn get(app: &App, request: InstallationRequest) -> Result<InstallationView> {
    app.store()
        .installation(&request.installation_id)
        .await
        .map(view)
}

pub async fn list(app: &App, request: ListRequest) -> Result<InstallationList> {
    let page = PageRequest {
        limit: usize::try_from(request.limit.get()).unwrap_or(dr_store::MAX_PAGE),
        next_token: request.next_token,
    };
    let page = app.store().installations(&page).await?;
    Ok(InstallationList {
        installations: page.items.into_iter().map(view).collect(),
        next_token: page.next_token,
    })
}

pub async fn retry(app: &App, request: InstallationRequest) -> Result<InstallationView> {
    agents::retry(app, &request.installation_id).await.map(view)
}

fn view(installation: Installation) -> InstallationView {
    let at = |stage: RepairStage| {
        let machines = installation.machines.iter();
        machines.filter(|one| one.progress.stage == stage).count()
    };
    InstallationView {
        status: status(&installation.machines),
        done: at(RepairStage::Done),
        failed: at(RepairStage::Failed),
        installation_id: installation.id,
        place: installation.place,
        target_region: installation.target_region,
        tags: installation.tags,
        machines: installation.machines.into_iter().map(machine).collect(),
        is_active: installation.is_active,
        created_by: installation.created_by,
        created_at: installation.created_at,
        updated_at: installation.updated_at,
        version: installation.version,
    }
}

fn machine(machine: InstallingMachine) -> InstallingMachineView {
    InstallingMachineView {
        percent: percent(&machine.progress),
        machine,
    }
}

fn status(machines: &[InstallingMachine]) -> InstallationStatus {
    let all = |is: fn(&InstallingMachine) -> bool| machines.iter().all(is);
    if all(|one| one.progress.stage == RepairStage::Done) {
        InstallationStatus::Success
    } else if all(|one| one.progress.stage == RepairStage::Failed) {
        InstallationStatus::Failed
    } else if all(|one| one.progress.stage.is_over()) {
        InstallationStatus::PartialFailure
    } else if all(|one| one.progress.command_id.is_none() && !one.progress.stage.is_over()) {
        InstallationStatus::Pending
    } else {
        InstallationStatus::InProgress
    }
}
