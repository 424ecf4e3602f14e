//! Watching a run of agent installations: a line for each change, an answer for each change to scripts.

use std::time::Duration;

use dr_api::agents::{
    GetAgentInstallation, InstallationRequest, InstallationStatus, InstallationView,
};
use dr_model::ids::InstallationId;
use dr_model::session::RepairStage;

use super::follow::{End, Watched, follow};
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::text;

/// Watches until every machine is done or failed, or until Ctrl-C. Answers the last look.
///
/// # Errors
/// When the installation cannot be looked at, now or for long.
pub async fn watch(
    desk: &mut Desk<'_>,
    installation_id: &InstallationId,
    interval: Duration,
) -> Result<Outcome, Failure> {
    let mut interrupt = (desk.interrupt)();
    let mut lines = Lines {
        installation_id: installation_id.clone(),
        last: None,
    };
    match follow(desk, &mut lines, interval, &mut interrupt).await? {
        End::Over(view) => {
            if !desk.screen.is_json() {
                let failed = view
                    .machines
                    .iter()
                    .filter(|one| is_failed(one.machine.progress.stage));
                for one in failed {
                    let reason = text::or_dash(one.machine.progress.reason.as_ref());
                    desk.screen
                        .line(&format!("failed: {}: {reason}", one.machine.machine_id))?;
                }
                if view.failed > 0 {
                    desk.screen.line(&format!(
                        "Try those again: dr agent retry {installation_id}"
                    ))?;
                }
            }
            Ok(outcome(view.status))
        }
        End::Stopped(_) => {
            desk.screen.note(&format!(
                "Stopped watching. The installation goes on: dr agent status {installation_id} --watch"
            ))?;
            Ok(Outcome::StoppedWatching)
        }
    }
}

fn is_failed(stage: RepairStage) -> bool {
    stage == RepairStage::Failed
}

/// What an installation that is over means.
#[must_use]
pub fn outcome(status: InstallationStatus) -> Outcome {
    match status {
        InstallationStatus::Pending
        | InstallationStatus::InProgress
        | InstallationStatus::Success => Outcome::Done,
        InstallationStatus::PartialFailure => Outcome::CompletedWithFailures,
        InstallationStatus::Failed => Outcome::Failed,
    }
}

/// `IN_PROGRESS  3/5 replicate, 1 failed: 1 INSTALLING`.
fn line(view: &InstallationView) -> String {
    let mut stages: Vec<(RepairStage, usize)> = Vec::new();
    for one in &view.machines {
        let stage = one.machine.progress.stage;
        match stages.iter_mut().find(|(known, _)| *known == stage) {
            Some((_, count)) => *count += 1,
            None => stages.push((stage, 1)),
        }
    }
    stages.sort_unstable();
    let stages: Vec<String> = stages
        .into_iter()
        .map(|(stage, count)| format!("{count} {}", text::word(&stage)))
        .collect();
    format!(
        "{}  {}/{} replicate: {}",
        text::word(&view.status),
        view.done,
        view.machines.len(),
        stages.join(", ")
    )
}

struct Lines {
    installation_id: InstallationId,
    last: Option<String>,
}

impl Watched for Lines {
    type View = InstallationView;

    async fn look(&mut self, desk: &mut Desk<'_>) -> Result<InstallationView, Failure> {
        let request = InstallationRequest {
            installation_id: self.installation_id.clone(),
        };
        let answer = desk.client.call::<GetAgentInstallation>(&request).await?;
        let view = answer.read()?;
        let now = line(&view);
        if self.last.as_ref() != Some(&now) {
            if desk.screen.is_json() {
                desk.screen.answer(&answer.raw)?;
            } else {
                desk.screen.line(&now)?;
            }
        }
        self.last = Some(now);
        Ok(view)
    }

    fn is_over(&self, view: &InstallationView) -> bool {
        matches!(
            view.status,
            InstallationStatus::Success
                | InstallationStatus::PartialFailure
                | InstallationStatus::Failed
        )
    }

    fn say(&self, desk: &mut Desk<'_>, text: &str) -> Result<(), Failure> {
        Ok(desk.screen.note(text)?)
    }

    fn close(&self) {}
}
