//! `dr session mirror` and `mirror-status`: groups and plan for the way home.

use std::io;

use clap::Args;
use dr_api::mirror::{
    GetMirrorStatus, MirrorConfig, MirrorConfigRequest, MirrorServer, MirrorView,
};

use super::One;
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::screen::{Cell, Screen, Tone};
use crate::{names, row, text};

/// Mirrors.
#[derive(Debug, Args)]
pub struct Mirror {
    /// The session: id or `latest`.
    session: String,
    /// Let the wave that went last come home first.
    #[arg(long)]
    reverse_waves: bool,
    /// Only show what would be made.
    #[arg(long)]
    dry_run: bool,
}

impl Mirror {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let request = MirrorConfigRequest {
            session_id: names::session_id(&desk.client, &self.session).await?,
            reverse_waves: self.reverse_waves,
            dry_run: self.dry_run,
        };
        let answer = desk.client.call::<MirrorConfig>(&request).await?;
        desk.judge(&answer, draw, outcome)
    }
}

/// Shows what is mirrored.
pub async fn status(one: &One, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
    let request = one.request(desk).await?;
    let answer = desk.client.call::<GetMirrorStatus>(&request).await?;
    desk.judge(&answer, draw, outcome)
}

/// Servers that are not mirrored cannot go home.
fn outcome(view: &MirrorView) -> Outcome {
    if view.servers.iter().any(|one| one.reason_not.is_some()) {
        Outcome::Incomplete
    } else {
        Outcome::Done
    }
}

fn draw(screen: &mut Screen, view: &MirrorView) -> io::Result<()> {
    let rows = view.servers.iter().map(server_row).collect();
    let headings = [
        "name",
        "way back",
        "found by",
        "goes home into",
        "private ip",
        "changes",
        "why not",
    ];
    screen.table(&headings, rows, "No server can be mirrored yet.")?;
    for one in &view.servers {
        for change in &one.changes {
            let from = &change.from;
            screen.line(&format!(
                "  {}: {} {from} -> {}",
                one.name, change.setting, change.to
            ))?;
        }
        if let Some(remediation) = &one.remediation {
            screen.line(&format!("  {}: what to do: {remediation}", one.name))?;
        }
    }
    for group in &view.mirrored_groups {
        screen.line(&format!("group {} {}", group.mirrored_id, group.name))?;
    }
    if let Some(name) = &view.mirrored_plan_name {
        let waves: Vec<&str> = view.waves.iter().map(|wave| wave.name.as_str()).collect();
        let id = text::or_dash(view.mirrored_plan_id.as_ref());
        screen.line(&format!("plan {id} {name}: {}", waves.join(", then ")))?;
    }
    for warning in &view.warnings {
        screen.line(&format!("warning: {warning}"))?;
    }
    if view.remaining > 0 {
        screen.note(&format!(
            "The launch configuration of {} is still being applied: dr session mirror-status {}",
            text::count(view.remaining, "server"),
            view.session_id
        ))?;
    }
    screen.line(match (view.dry_run, view.is_mirrored) {
        (true, _) => "Only a dry run: nothing was made.",
        (false, true) => "Groups and plan for the way home exist.",
        (false, false) => "Groups and plan for the way home do not exist yet.",
    })
}

fn server_row(one: &MirrorServer) -> Vec<Cell> {
    let mirrored = one.mirrored.as_ref();
    let into = mirrored.map(|to| match &to.target_instance_id {
        Some(id) => id.to_string(),
        None => "a new instance".to_owned(),
    });
    let reason = one
        .reason_not
        .clone()
        .or_else(|| mirrored.and_then(|to| to.problem.clone()));
    let tone = if reason.is_some() {
        Tone::Bad
    } else {
        Tone::Plain
    };
    row![
        &one.name,
        text::or_dash(one.way_back.as_ref()),
        text::or_dash(one.mapped_by.as_ref().map(text::word)),
        text::or_dash(into),
        text::or_dash(mirrored.and_then(|to| to.private_ip.as_ref())),
        one.changes.len(),
        Cell::toned(text::or_dash(reason), tone),
    ]
}
