//! Applying launch configurations: one Get and at most one Update per server, verified by its answer.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dr_aws::{Metric, Unit};
use dr_error::{AwsClass, Error, Result};
use dr_model::check::Check;
use dr_model::config_run::{ConfigRun, UnmatchedSource};
use dr_model::execution::ExecutionType;
use dr_model::group::ProtectionGroup;
use dr_model::ids::{InstanceId, SourceServerId};
use dr_model::launch::LaunchConfiguration;
use dr_model::pair::AppliedConfiguration;
use dr_model::place::Direction;
use futures::{StreamExt, stream};

use crate::app::App;
use crate::cloud::Cloud;
use crate::configuration::plan::{Outcome, ServerOutcome, Subject, status};
use crate::validation::gather::{CONCURRENCY, Depth, Wanted, gather};
use crate::{matching, pairs, servers, validation};

/// What to do.
#[derive(Debug, Clone)]
pub struct Order {
    /// From where to where.
    pub direction: Direction,
    /// The group whose saved pairs are meant; otherwise what matching finds.
    pub group: Option<ProtectionGroup>,
    /// Tolerance of matching, without a group.
    pub tolerance: f64,
    /// Check each pair first.
    pub validate: bool,
    /// Apply; otherwise only answer what would change.
    pub apply: bool,
    /// Who asks.
    pub asked_by: String,
}

/// Previews or applies.
///
/// # Errors
/// When the recovery place cannot be looked at. What fails for one server is in its outcome.
pub async fn run(app: &App, order: &Order) -> Result<Outcome> {
    let began = app.clock().now();
    let (subjects, unmatched) = subjects(app, order).await?;
    let blocked = if order.validate {
        blocked(app, order, &subjects).await?
    } else {
        BTreeMap::new()
    };
    let cloud = app.cloud(&order.direction.recovery).await?;
    let configurations = subjects.iter().map(|subject| {
        let failed = blocked
            .get(&subject.source_server_id)
            .cloned()
            .unwrap_or_default();
        configure(&cloud, subject, failed, order.apply)
    });
    let servers: Vec<ServerOutcome> = stream::iter(configurations.collect::<Vec<_>>())
        .buffered(CONCURRENCY)
        .collect()
        .await;
    let mut outcome = Outcome {
        config_id: None,
        servers,
        unmatched,
    };
    if order.apply {
        remember(app, subjects, &outcome.servers).await?;
        outcome.config_id = Some(record(app, order, &outcome).await?);
        publish(app, &outcome, began).await;
    }
    Ok(outcome)
}

type Unmatched = Vec<(SourceServerId, Option<String>, String)>;

async fn subjects(app: &App, order: &Order) -> Result<(Vec<Subject>, Unmatched)> {
    let Some(group) = &order.group else {
        let request = matching::Request {
            direction: order.direction.clone(),
            group_id: None,
            tolerance: order.tolerance,
            ignore_special_characters: false,
        };
        let matched = matching::run(app, &request).await?;
        let subjects = pairs::choices_of(&matched)
            .into_iter()
            .map(|choice| Subject {
                source_server_id: choice.source_server_id,
                target_instance_id: choice.target_instance_id,
                pair: None,
            })
            .collect();
        let unmatched = matched.unmatched_sources().collect();
        return Ok((subjects, unmatched));
    };
    let saved = app.store().pairs_of_group(&group.id).await?;
    let (members, _) = servers::resolve(app, &group.direction, &group.selection).await?;
    let paired: BTreeMap<_, _> = saved
        .into_iter()
        .map(|pair| (pair.source_server_id.clone(), pair))
        .collect();
    let unmatched = members
        .iter()
        .filter(|server| !paired.contains_key(&server.id))
        .map(|server| {
            (
                server.id.clone(),
                server.own_name().map(ToOwned::to_owned),
                "No pair is saved for it".to_owned(),
            )
        })
        .collect();
    let subjects = paired
        .into_values()
        .map(|pair| Subject {
            source_server_id: pair.source_server_id.clone(),
            target_instance_id: pair.target_instance_id.clone(),
            pair: Some(pair),
        })
        .collect();
    Ok((subjects, unmatched))
}

/// Critical checks that failed, by server.
async fn blocked(
    app: &App,
    order: &Order,
    subjects: &[Subject],
) -> Result<BTreeMap<SourceServerId, Vec<Check>>> {
    let wanted: Vec<Wanted> = subjects
        .iter()
        .map(|subject| Wanted {
            source_server_id: subject.source_server_id.clone(),
            target_id: Some(subject.target_instance_id.clone()),
        })
        .collect();
    let depth = Depth {
        purpose: ExecutionType::Drill,
        launch_configuration: false,
        origin: false,
    };
    let (place, facts) = gather(app, &order.direction, &wanted, depth).await?;
    let of_place: Vec<Check> = validation::place::checks(&place, 0)
        .into_iter()
        .filter(Check::is_blocking)
        .collect();
    if !of_place.is_empty() {
        return Err(Error::PrerequisitesNotMet(of_place));
    }
    Ok(facts
        .iter()
        .map(|pair| {
            let failed = validation::pair::checks(pair, &place)
                .into_iter()
                .filter(Check::is_blocking)
                .collect();
            (pair.source_server_id.clone(), failed)
        })
        .collect())
}

async fn configure(
    cloud: &Cloud,
    subject: &Subject,
    failed_checks: Vec<Check>,
    apply: bool,
) -> ServerOutcome {
    let mut outcome = ServerOutcome {
        source_server_id: subject.source_server_id.clone(),
        target_instance_id: subject.target_instance_id.clone(),
        previous: None,
        current: None,
        changes: Vec::new(),
        applied: false,
        failed_checks,
        error: None,
    };
    let apply = apply && outcome.failed_checks.is_empty();
    match ensure_target(
        cloud,
        &subject.source_server_id,
        &subject.target_instance_id,
        apply,
    )
    .await
    {
        Ok(ensured) => {
            outcome.changes = ensured
                .previous
                .changes_to(&ensured.previous.into_target(&subject.target_instance_id));
            outcome.applied = outcome.changes.is_empty() || ensured.current.is_some();
            outcome.previous = Some(ensured.previous);
            outcome.current = ensured.current;
        }
        Err(error) => outcome.error = Some(error.words()),
    }
    outcome
}

/// A launch configuration before, and after where it had to change.
#[derive(Debug)]
pub struct Ensured {
    /// Before.
    pub previous: LaunchConfiguration,
    /// After, as DRS answered it.
    pub current: Option<LaunchConfiguration>,
}

/// Makes a server launch into an instance: one Get, and one Update where it differs, verified by its answer.
///
/// # Errors
/// What DRS answers, or that its answer is not what was asked for.
pub async fn ensure_target(
    cloud: &Cloud,
    server: &SourceServerId,
    target: &InstanceId,
    apply: bool,
) -> Result<Ensured> {
    let previous = cloud.drs.launch_configuration(server).await?;
    let wanted = previous.into_target(target);
    if !apply || previous.changes_to(&wanted).is_empty() {
        return Ok(Ensured {
            previous,
            current: None,
        });
    }
    let current = cloud.drs.update_launch_configuration(&wanted).await?;
    verify(&wanted, &current)?;
    Ok(Ensured {
        previous,
        current: Some(current),
    })
}

/// Compares what was asked for with what DRS answered.
///
/// # Errors
/// [`Error::Conflict`] naming the settings that DRS did not take.
pub fn verify(wanted: &LaunchConfiguration, answered: &LaunchConfiguration) -> Result<()> {
    let left = answered.changes_to(wanted);
    if left.is_empty() {
        return Ok(());
    }
    let settings: Vec<_> = left.iter().map(|change| change.setting.as_str()).collect();
    Err(Error::Conflict {
        code: "CONFIGURATION_NOT_TAKEN",
        message: format!(
            "DRS accepted the launch configuration of {} and did not take {}",
            wanted.source_server_id,
            settings.join(", ")
        ),
    })
}

/// Saves with each pair what was replaced, so that reverting can restore it. The first previous one stays:
/// applying twice must not make our own configuration the one to go back to.
async fn remember(app: &App, subjects: Vec<Subject>, outcomes: &[ServerOutcome]) -> Result<()> {
    let now = app.clock().now();
    let mut changed = Vec::new();
    for (subject, outcome) in subjects.into_iter().zip(outcomes) {
        let (Some(mut pair), Some(previous), Some(current)) =
            (subject.pair, &outcome.previous, &outcome.current)
        else {
            continue;
        };
        let previous = pair
            .configuration
            .map_or_else(|| previous.clone(), |earlier| earlier.previous);
        pair.configuration = Some(AppliedConfiguration {
            previous,
            current: current.clone(),
            applied_at: now,
        });
        pair.updated_at = now;
        changed.push(pair);
    }
    for (_, error) in app.store().update_pairs(&mut changed).await? {
        // Somebody changed the pair meanwhile: the run's record still has what was replaced.
        tracing::warn!(%error, "the pair does not remember its launch configuration");
    }
    Ok(())
}

async fn record(app: &App, order: &Order, outcome: &Outcome) -> Result<dr_model::ids::ConfigId> {
    let total = outcome.servers.len() + outcome.unmatched.len();
    let run = ConfigRun {
        id: app.new_id("cfg-")?,
        group_id: order.group.as_ref().map(|group| group.id.clone()),
        direction: order.direction.clone(),
        status: status(&outcome.servers),
        match_rate: rate(outcome.servers.len(), total),
        total_sources: total,
        matched_count: outcome.servers.len(),
        created_at: app.clock().now(),
        servers: outcome.servers.iter().map(ServerOutcome::record).collect(),
        unmatched_sources: outcome
            .unmatched
            .iter()
            .map(|(id, name, reason)| UnmatchedSource {
                source_server_id: id.clone(),
                name: name.clone().unwrap_or_default(),
                reason: reason.clone(),
            })
            .collect(),
        created_by: order.asked_by.clone(),
    };
    app.store().create_config_run(&run).await?;
    Ok(run.id)
}

/// Part of a whole, 1.0 for nothing of nothing.
#[must_use]
pub fn rate(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}

/// Metrics of requirement 004, "Configuration Metrics". Best effort.
async fn publish(app: &App, outcome: &Outcome, began: DateTime<Utc>) {
    let at = app.clock().now();
    let applied = outcome
        .servers
        .iter()
        .filter(|server| server.applied)
        .count();
    let metric = |name: &str, value: f64, unit| Metric {
        name: name.to_owned(),
        value,
        unit,
        at,
        dimensions: Vec::new(),
    };
    let failed = outcome.servers.len() - applied;
    let metrics = vec![
        metric("ConfigurationSuccess", applied as f64, Unit::Count),
        metric("ConfigurationFailure", failed as f64, Unit::Count),
        metric(
            "ConfigurationDuration",
            (at - began).as_seconds_f64(),
            Unit::Seconds,
        ),
    ];
    if let Err(error) = app.metrics().put(metrics).await {
        tracing::warn!(%error, "metrics not published");
    }
}

/// Whether an error is about one server and not about our access to DRS.
#[must_use]
pub fn is_about_one_server(error: &Error) -> bool {
    match error {
        Error::Aws(aws) => matches!(
            aws.class,
            AwsClass::NotFound | AwsClass::Conflict | AwsClass::Invalid
        ),
        Error::Conflict { .. } => true,
        _ => false,
    }
}
