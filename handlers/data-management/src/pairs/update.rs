//! Points a pair to another instance.

use dr_api::pairs::UpdatePairRequest;
use dr_engine::{App, pairs};
use dr_error::Result;
use dr_model::pair::InstancePair;

pub async fn serve(app: &App, request: UpdatePairRequest) -> Result<InstancePair> {
    let group = app.store().group(&request.group_id).await?;
    pairs::repoint(
        app,
        &group,
        &request.pair_id,
        &request.target_instance_id,
        request.version,
    )
    .await
}
