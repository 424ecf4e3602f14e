//! What the dashboard shows, from what the API answers.

use dr_api::executions::ExecutionView;
use dr_api::replication::ReplicationDashboard;
use dr_api::sessions::SessionView;
use dr_model::execution::{ExecutionType, Subject};
use dr_model::session::SessionStatus;
use ui::Status;
use ui::charts::Slice;

use crate::format::duration;
use crate::words::{self, counted};

/// How many cards there are.
pub const CARDS: usize = 4;
/// Alerts that are shown; the replication page has them all.
const MOST_ALERTS: usize = 10;

/// A number with its meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Card {
    /// What is counted.
    pub title: String,
    /// The number.
    pub value: String,
    /// What it means.
    pub detail: String,
}

/// An execution that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// What it is.
    pub title: String,
    /// 0 to 100.
    pub percent: f64,
    /// Where it stands.
    pub detail: String,
}

/// A session that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnTheWay {
    /// What it brings home.
    pub title: String,
    /// Where it stands.
    pub status: SessionStatus,
}

/// A server that needs attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    /// How much.
    pub status: Status,
    /// Which.
    pub server: String,
    /// Why.
    pub message: String,
    /// What to do.
    pub remediation: String,
}

/// The dashboard.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// Numbers.
    pub cards: Vec<Card>,
    /// Executions under way.
    pub running: Vec<Running>,
    /// Sessions that are not over.
    pub sessions: Vec<OnTheWay>,
    /// Servers by replication state.
    pub states: Vec<Slice>,
    /// Servers by recovery region.
    pub regions: Vec<Slice>,
    /// The worst alerts.
    pub alerts: Vec<AlertRow>,
}

impl Overview {
    /// From the answers.
    #[must_use]
    pub fn of(
        replication: ReplicationDashboard,
        executions: &[ExecutionView],
        sessions: &[SessionView],
    ) -> Self {
        let running: Vec<Running> = executions
            .iter()
            .filter(|one| !one.status.is_terminal())
            .map(running)
            .collect();
        let sessions: Vec<OnTheWay> = sessions
            .iter()
            .filter(|one| one.status != SessionStatus::CleanupComplete)
            .map(on_the_way)
            .collect();
        Self {
            cards: cards(&replication, running.len(), sessions.len()),
            running,
            sessions,
            states: replication
                .states
                .into_iter()
                .map(|count| Slice {
                    name: words::replication(&count.name).1,
                    count: count.servers,
                })
                .collect(),
            regions: replication
                .regions
                .into_iter()
                .map(|count| Slice {
                    name: count.name,
                    count: count.servers,
                })
                .collect(),
            alerts: replication
                .alerts
                .into_iter()
                .take(MOST_ALERTS)
                .map(|alert| AlertRow {
                    status: words::severity(alert.alert.severity).0,
                    server: alert.name,
                    message: alert.alert.message,
                    remediation: alert.alert.remediation,
                })
                .collect(),
        }
    }
}

fn cards(replication: &ReplicationDashboard, running: usize, sessions: usize) -> Vec<Card> {
    let rpo = &replication.rpo;
    let attained = rpo
        .attained_percent
        .map_or_else(|| "–".to_owned(), |percent| format!("{percent:.0}%"));
    let age = replication.age_seconds.map_or_else(
        || "never read".to_owned(),
        |age| format!("read {} ago", duration(age)),
    );
    let card = |title: &str, value: String, detail: String| Card {
        title: title.to_owned(),
        value,
        detail,
    };
    vec![
        card(
            "Ready to recover",
            format!(
                "{} of {}",
                replication.continuous, replication.total_servers
            ),
            format!("{} syncing, {age}", replication.syncing),
        ),
        card(
            "Recovery point objective",
            attained,
            format!(
                "{} of {} within {}",
                rpo.attained,
                rpo.attained + rpo.missed,
                duration(rpo.rpo_seconds)
            ),
        ),
        card(
            "Needs attention",
            replication.needs_attention.to_string(),
            "servers with an alert".to_owned(),
        ),
        card(
            "Under way",
            running.to_string(),
            format!(
                "executions, and {} on the way home",
                counted(sessions, "session")
            ),
        ),
    ]
}

fn running(execution: &ExecutionView) -> Running {
    let kind = match execution.execution_type {
        ExecutionType::Drill => "Drill",
        ExecutionType::Recovery => "Recovery",
    };
    let subject = match &execution.subject {
        Subject::Plan { name, .. } => name.as_str(),
        Subject::Pairs => "chosen pairs",
    };
    let waits = execution
        .waiting_for
        .as_ref()
        .map(|what| format!(", waits for {what}"))
        .unwrap_or_default();
    Running {
        title: format!("{kind} of {subject}"),
        percent: f64::from(execution.progress_percent),
        detail: format!(
            "{}, {} so far{waits}",
            words::execution(execution.status).1,
            duration(execution.elapsed_seconds)
        ),
    }
}

fn on_the_way(session: &SessionView) -> OnTheWay {
    let what = session.plan_name.as_deref().unwrap_or("chosen pairs");
    let direction = &session.direction;
    OnTheWay {
        title: format!(
            "{what}: {} servers, {} → {}",
            session.total_servers, direction.recovery.region, direction.primary.region
        ),
        status: session.status,
    }
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
