//! `dr session repair-agents` and `agent-status`: the price first, then the words.

use std::io;

use clap::Args;
use dr_api::bounded::Line;
use dr_api::failback::{
    AgentRepairStarted, AgentStatus, GetAgentStatus, InstallAgents, InstallAgentsRequest,
    RepairCandidate,
};
use dr_model::session::RepairStage;

use super::step::{draw_estimate, refused};
use super::{Chosen, Paged, WatchArgs};
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::screen::{Cell, Screen, Tone};
use crate::watch::session::view;
use crate::{row, text};

/// Repairs.
#[derive(Debug, Args)]
pub struct Repair {
    #[command(flatten)]
    chosen: Chosen,
    /// Only show what it would take and what it costs.
    #[arg(long, conflicts_with_all = ["watch", "confirm"])]
    dry_run: bool,
    /// The words that the preview names: every repaired server is copied whole again.
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
    #[command(flatten)]
    watch: WatchArgs,
}

impl Repair {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let (session_id, source_server_ids) = self.chosen.find(desk).await?;
        let is_named = source_server_ids.is_some();
        let preview = InstallAgentsRequest {
            session_id,
            source_server_ids,
            confirm: None,
            dry_run: true,
        };
        let answer = desk.client.call::<InstallAgents>(&preview).await?;
        let would = answer.read()?;
        let needed = would.candidates.iter().filter(|one| one.is_needed).count();
        let is_nothing = needed == 0 && !is_named;
        if !desk.screen.is_json() {
            draw_preview(desk.screen, &would)?;
        } else if self.dry_run || is_nothing {
            desk.screen.answer(&answer.raw)?;
        }
        if self.dry_run {
            desk.screen.note("Only a preview: nothing was done.")?;
            return Ok(Outcome::Done);
        }
        if is_nothing {
            desk.screen.note(
                "No agent needs repair: nothing was done. --server repairs one all the same.",
            )?;
            return Ok(Outcome::Done);
        }
        let taken = if is_named {
            would.candidates.len()
        } else {
            needed
        };
        let what = format!("the repair of {}", text::count(taken, "agent"));
        desk.agree_in_words(&what, &would.confirmation, self.confirm.as_deref())?;
        let confirm = Line::try_from(would.confirmation)
            .map_err(|error| Failure::Usage(error.to_string()))?;
        let request = InstallAgentsRequest {
            confirm: Some(confirm),
            dry_run: false,
            ..preview
        };
        let answer = desk.client.call::<InstallAgents>(&request).await?;
        match desk.judge(&answer, draw_started, outcome)? {
            Outcome::Done => self.watch.follow(desk, &request.session_id).await,
            other => Ok(other),
        }
    }
}

fn outcome(started: &AgentRepairStarted) -> Outcome {
    if started.refused.is_empty() {
        Outcome::Done
    } else {
        Outcome::Incomplete
    }
}

fn draw_preview(screen: &mut Screen, would: &AgentRepairStarted) -> io::Result<()> {
    let rows = would.candidates.iter().map(candidate_row).collect();
    let headings = [
        "name",
        "server",
        "instance",
        "needs it",
        "ssm",
        "copied again",
        "why",
    ];
    screen.table(&headings, rows, "No server's agent can be repaired.")?;
    screen.line(&format!(
        "Copied again: {}.",
        text::gibibytes(would.total_bytes)
    ))?;
    if let Some(estimate) = &would.copy_estimate {
        draw_estimate(screen, estimate)?;
    }
    screen.line(&would.note)
}

fn candidate_row(one: &RepairCandidate) -> Vec<Cell> {
    let ssm = match one.ssm_online {
        Some(true) => Cell::toned("online", Tone::Good),
        Some(false) => Cell::toned("not reached", Tone::Bad),
        None => Cell::from("unknown"),
    };
    row![
        &one.name,
        &one.source_server_id,
        text::or_dash(one.instance_id.as_ref()),
        if one.is_needed { "yes" } else { "no" },
        ssm,
        text::gibibytes(one.total_bytes),
        &one.reason,
    ]
}

fn draw_started(screen: &mut Screen, started: &AgentRepairStarted) -> io::Result<()> {
    let agents = text::count(started.source_server_ids.len(), "agent");
    screen.line(&format!("Repairs {agents}."))?;
    refused(screen, &started.refused)
}

/// Shows repairs.
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    paged: Paged,
}

impl Status {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = self.paged.request(desk).await?;
        let answer = desk
            .client
            .list::<GetAgentStatus>(&request, self.paged.page.paging())
            .await?;
        desk.show(&answer, |screen, status| {
            let rows = status.servers.iter().map(status_row).collect();
            let headings = [
                "name",
                "instance",
                "server is",
                "repair",
                "since",
                "ssm command",
                "way back",
                "why not",
            ];
            screen.table(&headings, rows, "No server is part of the way home.")?;
            crate::commands::say_if_more(screen, status.next_token.as_ref())
        })
    }
}

fn status_row(one: &AgentStatus) -> Vec<Cell> {
    let repair = one.repair.as_ref();
    let reason = one
        .error
        .as_ref()
        .map(view::problem)
        .or_else(|| repair.and_then(|repair| repair.reason.clone()));
    row![
        &one.name,
        text::or_dash(one.instance_id.as_ref()),
        view::stage_words(one.stage),
        repair.map_or_else(|| Cell::from("-"), |repair| repair_stage(repair.stage)),
        text::or_dash(repair.map(|repair| text::time(repair.since))),
        text::or_dash(repair.and_then(|repair| repair.command_status.as_ref())),
        text::or_dash(one.way_back.as_ref().map(|way| &way.source_server_id)),
        text::or_dash(reason),
    ]
}

/// How far a repair, or an installation, is.
pub fn repair_stage(stage: RepairStage) -> Cell {
    let tone = match stage {
        RepairStage::Done => Tone::Good,
        RepairStage::Failed => Tone::Bad,
        RepairStage::WaitingForSsm
        | RepairStage::Queued
        | RepairStage::Uninstalling
        | RepairStage::Rebooting
        | RepairStage::ReadyToInstall
        | RepairStage::Installing
        | RepairStage::Verifying => Tone::Plain,
    };
    Cell::toned(text::word(&stage), tone)
}
