//! Creates a protection group.

use dr_api::groups::CreateProtectionGroupRequest;
use dr_engine::{App, plans};
use dr_error::Result;
use dr_model::group::ProtectionGroup;

use super::check_direction;

pub async fn serve(app: &App, request: CreateProtectionGroupRequest) -> Result<ProtectionGroup> {
    check_direction(&request.direction)?;
    plans::check_selection(&request.selection)?;
    let now = app.clock().now();
    let mut group = ProtectionGroup {
        id: app.new_id("pg-")?,
        name: request.name.into(),
        description: request.description.into(),
        direction: request.direction,
        selection: request.selection,
        mirror_of: None,
        mirrored_as: None,
        session_id: None,
        created_at: now,
        updated_at: now,
        version: 0,
    };
    app.store().create_group(&mut group).await?;
    Ok(group)
}
