//! Changes a protection group. What runs keeps the servers that it started with.

use dr_api::groups::UpdateProtectionGroupRequest;
use dr_engine::pairs::expect_version;
use dr_engine::{App, plans};
use dr_error::Result;
use dr_model::group::ProtectionGroup;

pub async fn serve(app: &App, request: UpdateProtectionGroupRequest) -> Result<ProtectionGroup> {
    let mut group = app.store().group(&request.group_id).await?;
    expect_version(
        "protection group",
        group.id.as_str(),
        group.version,
        request.version,
    )?;
    if let Some(name) = request.name {
        group.name = name.into();
    }
    if let Some(description) = request.description {
        group.description = description.into();
    }
    if let Some(selection) = request.selection {
        plans::check_selection(&selection)?;
        group.selection = selection;
    }
    group.updated_at = app.clock().now();
    app.store().update_group(&mut group).await?;
    Ok(group)
}
