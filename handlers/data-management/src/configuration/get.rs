//! Gets a configuration run, server by server.

use dr_api::configuration::ConfigurationRequest;
use dr_engine::App;
use dr_error::Result;
use dr_model::config_run::ConfigRun;

pub async fn serve(app: &App, request: ConfigurationRequest) -> Result<ConfigRun> {
    app.store().config_run(&request.config_id).await
}
