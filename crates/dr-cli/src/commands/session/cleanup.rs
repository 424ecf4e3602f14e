//! `dr session cleanup`: what goes, what stays and why, what it costs; then the words.

use std::collections::BTreeSet;
use std::io;

use clap::Args;
use dr_api::bounded::{Instances, Line};
use dr_api::cleanup::{
    Cleanup as CleanupStep, CleanupAction, CleanupInventoryRequest, CleanupInventoryView,
    CleanupItem, CleanupRequest, GetCleanupInventory,
};
use dr_model::ids::InstanceId;

use super::step::{draw_taken, outcome};
use super::{Chosen, WatchArgs};
use crate::commands::validate::failed;
use crate::desk::Desk;
use crate::failure::{Failure, Outcome};
use crate::screen::{Cell, Screen, Tone};
use crate::{given, row, text};

/// Shown by its help.
pub const EXAMPLES: &str = "\
Examples:
  dr session cleanup latest --preview
  dr session cleanup latest --server web-01 --server web-02 --preview
  dr session cleanup latest --watch
  dr session cleanup latest --keep-volumes --confirm 'the words of the preview'

Pre-provisioned instances are handed back stopped: id, IP and tag stay. The source servers that protect the
fleet in the recovery region stay.";

/// Cleans up.
#[derive(Debug, Args)]
pub struct Cleanup {
    #[command(flatten)]
    chosen: Chosen,
    /// Only show what would happen.
    #[arg(long, conflicts_with_all = ["watch", "confirm"])]
    preview: bool,
    /// A pre-provisioned instance to terminate as well, instead of handing it back stopped: its id and IP
    /// are gone for good. Repeat for more.
    #[arg(long = "also-terminate", value_name = "INSTANCE")]
    also_terminate: Vec<InstanceId>,
    /// Keep the volumes that launches left detached.
    #[arg(long)]
    keep_volumes: bool,
    /// Go on though the fleet is not protected yet, and stays unprotected meanwhile: the words that the refusal names.
    #[arg(long, value_name = "WORDS", value_parser = given::line)]
    accept_unprotected: Option<Line>,
    /// The words that the preview names.
    #[arg(long, value_name = "WORDS")]
    confirm: Option<String>,
    #[command(flatten)]
    watch: WatchArgs,
}

impl Cleanup {
    pub(super) async fn run(self, desk: &mut Desk<'_>) -> Result<Outcome, Failure> {
        let (session_id, source_server_ids) = self.chosen.find(desk).await?;
        let asked = CleanupInventoryRequest {
            session_id: session_id.clone(),
            source_server_ids: source_server_ids.clone(),
        };
        let answer = desk.client.call::<GetCleanupInventory>(&asked).await?;
        let inventory = answer.read()?;
        // What was accepted in words may be all that forbids it: then the server decides.
        let is_refused = !inventory.refused.is_empty() && self.accept_unprotected.is_none();
        if !desk.screen.is_json() {
            self.draw(desk.screen, &inventory)?;
        } else if self.preview || is_refused {
            desk.screen.answer(&answer.raw)?;
        }
        if is_refused {
            desk.screen
                .note("It cannot be done: nothing was removed.")?;
            return Ok(Outcome::ChecksFailed);
        }
        if self.preview {
            desk.screen.note("Only a preview: nothing was removed.")?;
            return Ok(Outcome::Done);
        }
        let words = inventory.confirmation;
        desk.agree_in_words("the clean-up", &words, self.confirm.as_deref())?;
        let usage = |error: dr_api::bounded::OutOfBounds| Failure::Usage(error.to_string());
        let terminate: BTreeSet<InstanceId> = self.also_terminate.into_iter().collect();
        let request = CleanupRequest {
            session_id,
            confirm: Line::try_from(words).map_err(usage)?,
            source_server_ids,
            terminate_instance_ids: match terminate.is_empty() {
                true => None,
                false => Some(Instances::try_from(terminate).map_err(usage)?),
            },
            delete_detached_volumes: !self.keep_volumes,
            accept_unprotected: self.accept_unprotected,
        };
        let answer = desk.client.call::<CleanupStep>(&request).await?;
        match desk.judge(&answer, draw_taken, outcome)? {
            Outcome::Done => self.watch.follow(desk, &request.session_id).await,
            other => Ok(other),
        }
    }

    fn draw(&self, screen: &mut Screen, inventory: &CleanupInventoryView) -> io::Result<()> {
        let goes = |item: &&CleanupItem| is_removal(self.action(item));
        let rows = |goes_too: bool| -> Vec<Vec<Cell>> {
            let mut items: Vec<&CleanupItem> = inventory.items.iter().collect();
            items.retain(|item| goes(item) == goes_too);
            items.into_iter().map(|item| self.item_row(item)).collect()
        };
        let headings = [
            "what",
            "name",
            "id",
            "where",
            "happens",
            "cost a month",
            "why",
        ];
        screen.line("What goes:")?;
        screen.table(&headings, rows(true), "Nothing.")?;
        screen.line("")?;
        screen.line("What stays:")?;
        screen.table(&headings, rows(false), "Nothing.")?;
        screen.line("")?;
        screen.line(&format!(
            "What goes costs {} a month while it stays, as far as that is known.",
            text::usd(inventory.monthly_cost_usd)
        ))?;
        failed(screen, &inventory.refused)
    }

    /// What happens to an item, by what was asked for besides.
    fn action(&self, item: &CleanupItem) -> CleanupAction {
        let is_named = self.also_terminate.iter().any(|id| id.as_str() == item.id);
        match item.action {
            CleanupAction::HandBack if is_named => CleanupAction::Terminate,
            CleanupAction::Delete if self.keep_volumes && item.kind == "volume" => {
                CleanupAction::Keep
            }
            other => other,
        }
    }

    fn item_row(&self, item: &CleanupItem) -> Vec<Cell> {
        let action = self.action(item);
        let (word, tone) = match action {
            CleanupAction::Delete => ("deleted", Tone::Plain),
            CleanupAction::Terminate => ("TERMINATED", Tone::Bad),
            CleanupAction::HandBack => ("handed back stopped", Tone::Plain),
            CleanupAction::Keep => ("stays", Tone::Plain),
            CleanupAction::ByHand => ("by hand", Tone::Doubtful),
        };
        let why = if action == item.action {
            item.reason.as_str()
        } else {
            "You asked for it"
        };
        row![
            item.kind.replace('_', " "),
            &item.name,
            &item.id,
            text::or_dash(item.place.as_ref()),
            Cell::toned(word, tone),
            text::or_dash(item.monthly_cost_usd.map(text::usd)),
            why,
        ]
    }
}

fn is_removal(action: CleanupAction) -> bool {
    match action {
        CleanupAction::Delete | CleanupAction::Terminate | CleanupAction::HandBack => true,
        CleanupAction::Keep | CleanupAction::ByHand => false,
    }
}
