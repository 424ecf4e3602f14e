//! What the steps of a session have in common: show what will happen and what it comes to, ask, do it once.

use std::io;

use dr_api::Endpoint;
use dr_api::failback::{CopyEstimate, RefusedServer, StepStarted};
use dr_model::ids::SessionId;

use crate::commands::validate::failed;
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::screen::Screen;
use crate::{row, text};

/// How to take a step.
pub struct Step<'a> {
    /// For a question: `Replicate back`.
    pub what: &'a str,
    /// What the person should know before saying yes.
    pub note: &'a str,
    /// Do not ask.
    pub yes: bool,
    /// Show only.
    pub dry_run: bool,
    /// Go on though a critical check failed.
    pub skip_checks: bool,
}

/// Shows what a step would do, asks, and takes it. Answers the session where it was taken; otherwise why it was not
/// is told already.
pub async fn take<E: Endpoint<Response = StepStarted>>(
    desk: &mut Desk<'_>,
    step: &Step<'_>,
    rehearsal: &E::Request,
    request: &E::Request,
) -> Result<Result<SessionId, Outcome>, Failure> {
    let dry = desk.client.call::<E>(rehearsal).await?;
    let would = dry.read()?;
    let is_refused = !would.critical_failures.is_empty() && !step.skip_checks;
    let ends_here = step.dry_run || is_refused;
    if !desk.screen.is_json() {
        draw(desk.screen, &would)?;
    } else if ends_here {
        // To a script the rehearsal is the answer only when nothing is done after it.
        desk.screen.answer(&dry.raw)?;
    }
    if is_refused {
        desk.screen.note("It cannot be done: nothing was done.")?;
        return Ok(Err(Outcome::ChecksFailed));
    }
    if step.dry_run {
        desk.screen.note("Only a dry run: nothing was done.")?;
        return Ok(Err(Outcome::Done));
    }
    let servers = text::count(would.source_server_ids.len(), "server");
    let question = format!("{} {servers}? {}", step.what, step.note);
    desk.agree(question.trim_end(), step.yes)?;
    let answer = desk.client.call::<E>(request).await?;
    let outcome = desk.judge(&answer, draw_taken, outcome)?;
    let taken = answer.read()?;
    Ok(match outcome {
        Outcome::Done => Ok(taken.session.session_id),
        other => Err(other),
    })
}

/// What a step that was taken means: servers that it did not take are not done.
pub fn outcome(taken: &StepStarted) -> Outcome {
    if taken.refused.is_empty() {
        Outcome::Done
    } else {
        Outcome::Incomplete
    }
}

/// What would happen.
fn draw(screen: &mut Screen, would: &StepStarted) -> io::Result<()> {
    let servers = text::count(would.source_server_ids.len(), "server");
    screen.line(&format!(
        "{} would take {servers}.",
        text::step(would.action)
    ))?;
    refused(screen, &would.refused)?;
    if let Some(estimate) = &would.copy_estimate {
        draw_estimate(screen, estimate)?;
    }
    failed(screen, &would.warnings)?;
    failed(screen, &would.critical_failures)
}

/// What was done.
pub fn draw_taken(screen: &mut Screen, taken: &StepStarted) -> io::Result<()> {
    let servers = text::count(taken.source_server_ids.len(), "server");
    let step = text::step(taken.action);
    screen.line(&format!("{step} takes {servers}."))?;
    refused(screen, &taken.refused)
}

/// Servers that are not taken, and why.
pub fn refused(screen: &mut Screen, refused: &[RefusedServer]) -> io::Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let rows = refused
        .iter()
        .map(|one| row![&one.source_server_id, &one.reason])
        .collect();
    screen.table(&["not taken", "why"], rows, "")
}

/// What a copy comes to.
pub fn draw_estimate(screen: &mut Screen, estimate: &CopyEstimate) -> io::Result<()> {
    screen.line(&format!(
        "A full copy of {}: at most {}, about {} with {} at a time at {} each, transfer about {} ({} per GB).",
        text::count(estimate.servers, "server"),
        text::gibibytes(estimate.bytes),
        text::seconds(estimate.seconds_at_rate),
        estimate.parallel,
        text::rate(estimate.rate_bytes_per_second),
        text::usd(estimate.transfer_cost_usd),
        text::usd(estimate.price_per_gb_usd),
    ))?;
    screen.line(&estimate.note)
}
