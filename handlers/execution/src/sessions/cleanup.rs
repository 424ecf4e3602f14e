//! Shows, or removes, what a session left.

use dr_api::bounded::Servers;
use dr_api::cleanup::{
    CleanupAction, CleanupInventoryRequest, CleanupInventoryView, CleanupItem, CleanupRequest,
};
use dr_api::failback::StepStarted;
use dr_engine::App;
use dr_engine::sessions::cleanup::{
    ACCEPT_UNPROTECTED, Fate, Item, Wanted, inventory as look, start,
};
use dr_error::Result;
use dr_model::session::Action;

use super::readiness;

pub async fn inventory(
    app: &App,
    request: CleanupInventoryRequest,
) -> Result<CleanupInventoryView> {
    let chosen = request.source_server_ids.as_ref().map(Servers::get);
    let found = look(app, &request.session_id, chosen).await?;
    Ok(CleanupInventoryView {
        session_id: found.session_id,
        items: found.items.into_iter().map(item).collect(),
        monthly_cost_usd: found.monthly_cost_usd,
        confirmation: found.confirmation,
        unprotected_confirmation: ACCEPT_UNPROTECTED.to_owned(),
        refused: found.refused,
    })
}

fn item(item: Item) -> CleanupItem {
    CleanupItem {
        kind: item.kind.to_owned(),
        id: item.id,
        place: item.place,
        name: item.name,
        action: match item.fate {
            Fate::Delete => CleanupAction::Delete,
            Fate::Terminate => CleanupAction::Terminate,
            Fate::HandBack => CleanupAction::HandBack,
            Fate::Keep => CleanupAction::Keep,
            Fate::ByHand => CleanupAction::ByHand,
        },
        reason: item.reason,
        monthly_cost_usd: item.monthly_cost_usd,
    }
}

pub async fn serve(app: &App, request: CleanupRequest) -> Result<StepStarted> {
    let wanted = Wanted {
        chosen: request.source_server_ids.map(Servers::into),
        confirm: request.confirm.into(),
        terminate: request
            .terminate_instance_ids
            .map(Into::into)
            .unwrap_or_default(),
        delete_volumes: request.delete_detached_volumes,
        accept_unprotected: request.accept_unprotected.map(Into::into),
    };
    let accepted = start(app, &request.session_id, wanted).await?;
    readiness::started(app, Action::Cleanup, accepted, None).await
}
