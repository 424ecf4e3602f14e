//! Lists configuration runs.

use dr_api::configuration::{ConfigurationList, ListConfigurationsRequest};
use dr_engine::App;
use dr_error::Result;
use dr_store::{ConfigRunFilter, PageRequest};

pub async fn serve(app: &App, request: ListConfigurationsRequest) -> Result<ConfigurationList> {
    let page = PageRequest {
        limit: usize::try_from(request.limit.get()).unwrap_or(dr_store::MAX_PAGE),
        next_token: request.next_token,
    };
    let filter = ConfigRunFilter::Account(request.primary_account_id);
    let found = app.store().config_runs(&filter, &page).await?;
    Ok(ConfigurationList {
        configurations: found.items,
        next_token: found.next_token,
    })
}
