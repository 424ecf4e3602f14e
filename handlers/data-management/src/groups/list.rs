//! Lists protection groups.

use dr_api::accounts::ListRequest;
use dr_api::groups::ProtectionGroupList;
use dr_engine::App;
use dr_error::Result;

use crate::plans::page;

pub async fn serve(app: &App, request: ListRequest) -> Result<ProtectionGroupList> {
    let found = app.store().groups(&page(request)).await?;
    Ok(ProtectionGroupList {
        protection_groups: found.items,
        next_token: found.next_token,
    })
}
