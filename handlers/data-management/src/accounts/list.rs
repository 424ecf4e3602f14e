//! Lists registered accounts.

use dr_api::accounts::{ListRequest, TargetAccountList};
use dr_engine::App;
use dr_error::Result;

use super::view;
use crate::plans::page;

pub async fn serve(app: &App, request: ListRequest) -> Result<TargetAccountList> {
    let found = app.store().accounts(&page(request)).await?;
    Ok(TargetAccountList {
        target_accounts: found.items.into_iter().map(view).collect(),
        next_token: found.next_token,
    })
}
