//! Telling people and CloudWatch, after the state is stored. Best effort, and safe to do twice.

use dr_aws::{Metric, Unit};
use dr_model::execution::{Execution, Subject};
use dr_monitor::progress::measure;

use crate::app::App;

/// What an execution runs, for a person.
#[must_use]
pub fn title(execution: &Execution) -> String {
    match &execution.subject {
        Subject::Plan { name, .. } => name.clone(),
        Subject::Pairs => "instance pairs".to_owned(),
    }
}

/// Publishes a notification, if there is a topic.
pub async fn notify(app: &App, execution: &Execution, what: &str) {
    let Some(topic) = &app.settings().topic_arn else {
        return;
    };
    let kind = if execution.execution_type.is_drill() {
        "Drill"
    } else {
        "Recovery"
    };
    // SNS takes subjects of at most 100 ASCII characters.
    let subject: String = format!("{kind} {}: {what}", title(execution))
        .chars()
        .filter(|c| c.is_ascii() && !c.is_ascii_control())
        .take(100)
        .collect();
    let tally = execution.tally();
    let message = format!(
        "{kind} of {}\nExecution: {}\nStatus: {}\nFrom {} to {}\nServers: {} launched, {} failed, {} left out, {} to go\n{}",
        title(execution),
        execution.id,
        execution.status.as_str(),
        execution.direction.primary,
        execution.direction.recovery,
        tally.launched,
        tally.failed,
        tally.skipped,
        tally.waiting + tally.launching,
        execution.reason.as_deref().unwrap_or_default(),
    );
    if let Err(error) = app.topic().publish(topic, &subject, &message).await {
        tracing::warn!(%error, execution = %execution.id, "notification not sent");
    }
}

/// Publishes the metrics of an execution that is over (requirement 004, "Recovery Metrics"), in one call.
pub async fn metrics(app: &App, execution: &Execution) {
    let progress = measure(execution, app.clock().now());
    let tally = execution.tally();
    let at = app.clock().now();
    let kind = if execution.execution_type.is_drill() {
        "DRILL"
    } else {
        "RECOVERY"
    };
    let metric = |name: &str, value: u64, unit: Unit| Metric {
        name: name.to_owned(),
        // Counts and seconds of an execution are far below 2^52.
        value: value as f64,
        unit,
        at,
        dimensions: vec![("ExecutionType".to_owned(), kind.to_owned())],
    };
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let has_failed = tally.launched < tally.total();
    let all = vec![
        metric(
            "RecoveryJobDuration",
            progress.elapsed_seconds,
            Unit::Seconds,
        ),
        metric("RecoveryJobSuccess", u64::from(!has_failed), Unit::Count),
        metric("RecoveryJobFailure", u64::from(has_failed), Unit::Count),
        metric("InstancesLaunched", count(tally.launched), Unit::Count),
        metric("InstancesFailed", count(tally.failed), Unit::Count),
        metric("RTOAchieved", u64::from(progress.rto_met), Unit::Count),
        metric(
            "RTOActual",
            progress
                .elapsed_seconds
                .saturating_sub(progress.paused_seconds),
            Unit::Seconds,
        ),
    ];
    if let Err(error) = app.metrics().put(all).await {
        tracing::warn!(%error, execution = %execution.id, "metrics not published");
    }
}
