//! Gets a protection group.

use dr_api::groups::ProtectionGroupRequest;
use dr_engine::App;
use dr_error::Result;
use dr_model::group::ProtectionGroup;

pub async fn serve(app: &App, request: ProtectionGroupRequest) -> Result<ProtectionGroup> {
    app.store().group(&request.group_id).await
}
