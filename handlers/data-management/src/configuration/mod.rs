//! Launch configuration.

pub mod configure;
pub mod get;
pub mod list;
pub mod revert;

use chrono::{DateTime, Utc};
use dr_api::Operation;
use dr_api::configuration as api;
use dr_api::configuration::{ConfigurationResult, ServerConfiguration};
use dr_api::matching::UnmatchedSource;
use dr_engine::App;
use dr_engine::configuration::run::rate;
use dr_engine::configuration::{Outcome, ServerOutcome};
use dr_error::Result;
use dr_invoke::{Call, run};
use serde_json::Value;

use crate::not_served;

/// A run's outcome as it is shown.
fn view(outcome: Outcome, preview: bool, timestamp: DateTime<Utc>) -> ConfigurationResult {
    let matched_count = outcome.servers.len();
    let total_sources = matched_count + outcome.unmatched.len();
    let errors = outcome.servers.iter().filter_map(|server| {
        let error = server.error.as_ref()?;
        Some(format!("{}: {error}", server.source_server_id))
    });
    ConfigurationResult {
        config_id: outcome.config_id.clone(),
        timestamp,
        preview,
        configuration_errors: errors.collect(),
        updated_count: outcome
            .servers
            .iter()
            .filter(|server| server.was_updated())
            .count(),
        match_rate: rate(matched_count, total_sources),
        total_sources,
        matched_count,
        matched_pairs: outcome.servers.into_iter().map(server_view).collect(),
        unmatched_sources: outcome
            .unmatched
            .into_iter()
            .map(
                |(source_server_id, source_name_tag, reason)| UnmatchedSource {
                    source_server_id,
                    source_name_tag,
                    reason,
                },
            )
            .collect(),
    }
}

fn server_view(server: ServerOutcome) -> ServerConfiguration {
    ServerConfiguration {
        source_server_id: server.source_server_id,
        target_instance_id: server.target_instance_id,
        configuration_applied: server.applied,
        changes: server.changes,
        failed_checks: server.failed_checks,
        error: server.error,
    }
}

/// Serves the operations of launch configuration.
pub async fn serve(app: &App, call: Call) -> Result<Value> {
    let caller = call.caller.clone();
    match call.operation {
        Operation::ConfigureAllowLaunching => {
            run::<api::ConfigureAllowLaunching, _, _>(call, |r| configure::serve(app, &caller, r))
                .await
        }
        Operation::RevertAllowLaunching => {
            run::<api::RevertAllowLaunching, _, _>(call, |r| revert::serve(app, &caller, r)).await
        }
        Operation::ListConfigurations => {
            run::<api::ListConfigurations, _, _>(call, |r| list::serve(app, r)).await
        }
        Operation::GetConfiguration => {
            run::<api::GetConfiguration, _, _>(call, |r| get::serve(app, r)).await
        }
        other => Err(not_served(other)),
    }
}
