//! Removes a registered account, unless a protection group needs it.

use dr_api::accounts::{Deleted, TargetAccountRequest};
use dr_engine::{App, plans};
use dr_error::{Error, Result};

pub async fn serve(app: &App, request: TargetAccountRequest) -> Result<Deleted> {
    let account = app.store().account(&request.account_id).await?;
    let user = plans::all_groups(app).await?.into_iter().find(|group| {
        [&group.direction.primary, &group.direction.recovery]
            .iter()
            .any(|place| place.account_id == account.account_id)
    });
    if let Some(group) = user {
        return Err(Error::Conflict {
            code: "ACCOUNT_IN_USE",
            message: format!(
                "The protection group {} uses this account: delete the group first",
                group.name
            ),
        });
    }
    app.store().delete_account(&account).await?;
    Ok(Deleted {
        deleted: account.account_id.to_string(),
    })
}
