//! Gets a registered account.

use dr_api::accounts::{TargetAccountRequest, TargetAccountView};
use dr_engine::App;
use dr_error::Result;

use super::view;

pub async fn serve(app: &App, request: TargetAccountRequest) -> Result<TargetAccountView> {
    app.store().account(&request.account_id).await.map(view)
}
