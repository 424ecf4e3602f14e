//! Telling people how a session is, after it is stored. Best effort.

use dr_model::session::FailoverSession;

use crate::app::App;

/// Everything can fail back.
pub async fn ready(app: &App, session: &FailoverSession) {
    let what = if session.is_mirrored() {
        "It can fail back now."
    } else {
        "Mirror its configuration next; then it can fail back."
    };
    let message = format!(
        "Failover session {}\nAll {} servers replicate back from {} to {} and are ready.\n{what}",
        session.id, session.stages.ready, session.direction.recovery, session.direction.primary,
    );
    publish(app, session, "ready for failback", &message).await;
}

/// Publishes, if there is a topic.
pub async fn publish(app: &App, session: &FailoverSession, what: &str, message: &str) {
    let Some(topic) = &app.settings().topic_arn else {
        return;
    };
    let name = session.plan_name.as_deref().unwrap_or("instance pairs");
    // SNS takes subjects of at most 100 ASCII characters.
    let subject: String = format!("{name}: {what}")
        .chars()
        .filter(|c| c.is_ascii() && !c.is_ascii_control())
        .take(100)
        .collect();
    if let Err(error) = app.topic().publish(topic, &subject, message).await {
        tracing::warn!(%error, session = %session.id, "notification not sent");
    }
}
