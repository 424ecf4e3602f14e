//! Restoring the launch configurations that applying replaced.

use std::collections::BTreeSet;

use dr_error::{Error, FieldProblem, Result};
use dr_model::config_run::{ConfigRun, ConfigRunStatus};
use dr_model::group::ProtectionGroup;
use dr_model::ids::SourceServerId;
use dr_model::pair::InstancePair;
use futures::{StreamExt, stream};

use crate::app::App;
use crate::cloud::Cloud;
use crate::configuration::plan::{Outcome, ServerOutcome};
use crate::configuration::run::verify;
use crate::validation::gather::CONCURRENCY;

/// Restores a group's launch configurations, all of them or those of the given servers.
///
/// # Errors
/// When a given server has nothing to restore, or the place cannot be looked at.
pub async fn run(
    app: &App,
    group: &ProtectionGroup,
    only: Option<&[SourceServerId]>,
    asked_by: &str,
) -> Result<Outcome> {
    let mut pairs = app.store().pairs_of_group(&group.id).await?;
    pairs.retain(|pair| pair.configuration.is_some());
    if let Some(only) = only {
        let configured: BTreeSet<_> = pairs.iter().map(|pair| &pair.source_server_id).collect();
        let problems: Vec<_> = only
            .iter()
            .enumerate()
            .filter(|(_, id)| !configured.contains(id))
            .map(|(index, id)| {
                FieldProblem::new(
                    format!("source_server_ids[{index}]"),
                    "a server that we configured",
                )
                .got(id)
            })
            .collect();
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        pairs.retain(|pair| only.contains(&pair.source_server_id));
    }
    let cloud = app.cloud(&group.direction.recovery).await?;
    let restores = pairs.iter().map(|pair| restore(&cloud, pair));
    let servers: Vec<ServerOutcome> = stream::iter(restores.collect::<Vec<_>>())
        .buffered(CONCURRENCY)
        .collect()
        .await;
    forget(app, pairs, &servers).await?;
    let id = record(app, group, &servers, asked_by).await?;
    Ok(Outcome {
        config_id: Some(id),
        servers,
        unmatched: Vec::new(),
    })
}

async fn restore(cloud: &Cloud, pair: &InstancePair) -> ServerOutcome {
    let mut outcome = ServerOutcome {
        source_server_id: pair.source_server_id.clone(),
        target_instance_id: pair.target_instance_id.clone(),
        previous: None,
        current: None,
        changes: Vec::new(),
        applied: false,
        failed_checks: Vec::new(),
        error: None,
    };
    let Some(applied) = &pair.configuration else {
        return outcome;
    };
    let restored = async {
        let found = cloud
            .drs
            .launch_configuration(&pair.source_server_id)
            .await?;
        // Settings that are not ours stay as they are now.
        let wanted = dr_model::launch::LaunchConfiguration {
            launch_disposition: found.launch_disposition.clone(),
            launch_template_id: found.launch_template_id.clone(),
            ..applied.previous.clone()
        };
        let changes = found.changes_to(&wanted);
        if changes.is_empty() {
            return Ok((found, None, changes));
        }
        let current = cloud.drs.update_launch_configuration(&wanted).await?;
        verify(&wanted, &current)?;
        Ok::<_, Error>((found, Some(current), changes))
    };
    match restored.await {
        Ok((previous, current, changes)) => {
            outcome.previous = Some(previous);
            outcome.current = current;
            outcome.changes = changes;
            outcome.applied = true;
        }
        Err(error) => outcome.error = Some(error.to_string()),
    }
    outcome
}

async fn forget(app: &App, pairs: Vec<InstancePair>, outcomes: &[ServerOutcome]) -> Result<()> {
    let now = app.clock().now();
    let mut restored: Vec<InstancePair> = pairs
        .into_iter()
        .zip(outcomes)
        .filter(|(_, outcome)| outcome.applied)
        .map(|(pair, _)| InstancePair {
            configuration: None,
            updated_at: now,
            ..pair
        })
        .collect();
    for (_, error) in app.store().update_pairs(&mut restored).await? {
        // Reverting again is harmless: the configuration is restored already.
        tracing::warn!(%error, "the pair still remembers a launch configuration");
    }
    Ok(())
}

async fn record(
    app: &App,
    group: &ProtectionGroup,
    servers: &[ServerOutcome],
    asked_by: &str,
) -> Result<dr_model::ids::ConfigId> {
    let run = ConfigRun {
        id: app.new_id("cfg-")?,
        group_id: Some(group.id.clone()),
        direction: group.direction.clone(),
        status: ConfigRunStatus::Reverted,
        match_rate: 1.0,
        total_sources: servers.len(),
        matched_count: servers.len(),
        created_at: app.clock().now(),
        servers: servers.iter().map(ServerOutcome::record).collect(),
        unmatched_sources: Vec::new(),
        created_by: asked_by.to_owned(),
    };
    app.store().create_config_run(&run).await?;
    Ok(run.id)
}
