//! Deletes a pair. What was applied to DRS for it stays: revert first to restore it.

use dr_api::accounts::Deleted;
use dr_api::pairs::PairRequest;
use dr_engine::App;
use dr_error::Result;

pub async fn serve(app: &App, request: PairRequest) -> Result<Deleted> {
    let pair = app
        .store()
        .pair(&request.group_id, &request.pair_id)
        .await?;
    app.store().delete_pair(&pair).await?;
    Ok(Deleted {
        deleted: pair.id.to_string(),
    })
}
