//! Deletes a protection group that no plan uses, and its pairs.

use dr_api::accounts::Deleted;
use dr_api::groups::ProtectionGroupRequest;
use dr_engine::{App, plans};
use dr_error::{Error, Result};

pub async fn serve(app: &App, request: ProtectionGroupRequest) -> Result<Deleted> {
    let group = app.store().group(&request.group_id).await?;
    let users = plans::plans_with_group(app, &group.id).await?;
    if !users.is_empty() {
        let names: Vec<_> = users.iter().map(|plan| plan.name.as_str()).collect();
        return Err(Error::Conflict {
            code: "GROUP_IN_USE",
            message: format!(
                "Used by the recovery plans {}: take it out of them first",
                names.join(", ")
            ),
        });
    }
    // Pairs first: a group without pairs can be deleted again, pairs without a group could not.
    let pairs = app.store().pairs_of_group(&group.id).await?;
    if let Some((_, error)) = app.store().delete_pairs(&pairs).await?.into_iter().next() {
        return Err(error);
    }
    app.store().delete_group(&group).await?;
    Ok(Deleted {
        deleted: group.id.to_string(),
    })
}
