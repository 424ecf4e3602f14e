//! Checks a step, and starts those steps that are checked first.

use dr_api::bounded::Servers;
use dr_api::failback::{
    CheckReadinessRequest, ReProtectRequest, ReadinessView, StartReverseReplicationRequest,
    StepStarted,
};
use dr_engine::App;
use dr_engine::sessions::readiness::{Readiness, check};
use dr_engine::sessions::{Accepted, Chosen, change, re_protect, reverse};
use dr_error::{Error, Result};
use dr_model::check::Check;
use dr_model::ids::SessionId;
use dr_model::session::Action;

use super::{get, view};

pub async fn serve(app: &App, request: CheckReadinessRequest) -> Result<ReadinessView> {
    let chosen = request.source_server_ids.as_ref().map(Servers::get);
    let found = check(app, &request.session_id, request.action, chosen).await?;
    let (critical_failures, warnings) = failures(&found.checks);
    Ok(ReadinessView {
        session_id: request.session_id,
        action: request.action,
        ready: found.is_ready(),
        checks: found.checks,
        critical_failures,
        warnings,
        copy_estimate: found.estimate.map(view::estimate),
    })
}

/// What forbids, and what does not but should be known.
fn failures(checks: &[Check]) -> (Vec<Check>, Vec<Check>) {
    let failed = checks.iter().filter(|check| !check.passed).cloned();
    failed.partition(Check::is_blocking)
}

pub async fn reverse(app: &App, request: StartReverseReplicationRequest) -> Result<StepStarted> {
    let chosen = request.source_server_ids.as_ref().map(Servers::get);
    let (id, action) = (&request.session_id, Action::StartReverseReplication);
    if request.dry_run {
        return preview(app, id, action, chosen).await;
    }
    let checked = if request.skip_checks {
        None
    } else {
        Some(ready(app, id, action, chosen).await?)
    };
    let accepted = reverse::start(app, id, chosen).await?;
    started(app, action, accepted, checked).await
}

pub async fn re_protect(app: &App, request: ReProtectRequest) -> Result<StepStarted> {
    let chosen = request.source_server_ids.as_ref().map(Servers::get);
    let (id, action) = (&request.session_id, Action::ReProtect);
    if request.dry_run {
        return preview(app, id, action, chosen).await;
    }
    let checked = ready(app, id, action, chosen).await?;
    let accepted = re_protect::start(app, id, chosen).await?;
    started(app, action, accepted, Some(checked)).await
}

/// What checking found, where nothing forbids the step.
async fn ready(app: &App, id: &SessionId, action: Action, chosen: Chosen<'_>) -> Result<Readiness> {
    change::allowed(&app.store().session(id).await?, action)?;
    let found = check(app, id, action, chosen).await?;
    if found.is_ready() {
        return Ok(found);
    }
    Err(Error::PrerequisitesNotMet(failures(&found.checks).0))
}

/// What a step would do.
async fn preview(
    app: &App,
    id: &SessionId,
    action: Action,
    chosen: Chosen<'_>,
) -> Result<StepStarted> {
    let found = check(app, id, action, chosen).await?;
    let (session, servers) = get::read(app, id).await?;
    let taken = servers.iter().filter(|server| {
        action.takes().contains(&server.stage)
            && chosen.is_none_or(|ids| ids.contains(&server.source_server_id))
    });
    let (critical_failures, warnings) = failures(&found.checks);
    Ok(StepStarted {
        action,
        dry_run: true,
        source_server_ids: taken
            .map(|server| server.source_server_id.clone())
            .collect(),
        refused: Vec::new(),
        critical_failures,
        warnings,
        copy_estimate: found.estimate.map(view::estimate),
        session: view::whole(session, servers.iter(), app.clock().now()),
    })
}

/// What a step took.
pub async fn started(
    app: &App,
    action: Action,
    accepted: Accepted,
    checked: Option<Readiness>,
) -> Result<StepStarted> {
    let (checks, estimate) = checked.map_or((Vec::new(), None), |c| (c.checks, c.estimate));
    Ok(StepStarted {
        action,
        dry_run: false,
        source_server_ids: accepted.servers,
        refused: view::refused(accepted.refused),
        critical_failures: Vec::new(),
        warnings: failures(&checks).1,
        copy_estimate: estimate.map(view::estimate),
        session: get::whole(app, accepted.session).await?,
    })
}
