//! Previews, or starts, the repair of agents.

use dr_api::bounded::Servers;
use dr_api::failback::{AgentRepairStarted, InstallAgentsRequest, RepairCandidate};
use dr_engine::App;
use dr_engine::sessions::readiness::check;
use dr_engine::sessions::repair::{self, CONFIRMATION, ServerPreview};
use dr_error::{Error, FieldProblem, Result};
use dr_model::session::Action;

use super::{get, view};

pub async fn serve(app: &App, request: InstallAgentsRequest) -> Result<AgentRepairStarted> {
    let id = &request.session_id;
    let chosen = request.source_server_ids.as_ref().map(Servers::get);
    if let Some(words) = &request.confirm
        && words.as_str() != CONFIRMATION
    {
        let expected = format!("the words {CONFIRMATION:?}: every disk is copied again");
        return Err(Error::Invalid(vec![
            FieldProblem::new("confirm", expected).got(words.as_str()),
        ]));
    }
    let preview = request.confirm.is_none() || request.dry_run;
    let found = repair::preview(app, id, chosen).await?;
    let (accepted, estimate) = if preview {
        let checked = check(app, id, Action::InstallAgents, chosen).await?;
        (None, checked.estimate)
    } else {
        (Some(repair::start(app, id, chosen).await?), None)
    };
    let (source_server_ids, refused) = accepted
        .map(|accepted| (accepted.servers, accepted.refused))
        .unwrap_or_default();
    let session = app.store().session(id).await?;
    Ok(AgentRepairStarted {
        preview,
        confirmation: CONFIRMATION.to_owned(),
        note: found.note,
        total_bytes: found.total_bytes,
        candidates: found.servers.into_iter().map(candidate).collect(),
        source_server_ids,
        refused: view::refused(refused),
        copy_estimate: estimate.map(view::estimate),
        session: get::whole(app, session).await?,
    })
}

fn candidate(server: ServerPreview) -> RepairCandidate {
    RepairCandidate {
        source_server_id: server.source_server_id,
        name: server.name,
        instance_id: server.instance_id,
        is_needed: server.is_needed,
        reason: server.why,
        ssm_online: server.ssm_online,
        total_bytes: server.bytes,
    }
}
