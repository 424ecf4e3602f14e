//! What a command works with: the client, the screen, and the person it may ask.

use std::io;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::client::{Answer, Client};
use crate::failure::{Failure, Outcome};
use crate::screen::Screen;
use crate::world::{Later, Person, Time};

/// A desk.
pub struct Desk<'a> {
    /// The API.
    pub client: Client,
    /// Where results go.
    pub screen: &'a mut Screen,
    /// Who can be asked.
    pub person: &'a mut dyn Person,
    /// Time.
    pub time: Arc<dyn Time>,
    /// Ends when Ctrl-C is pressed.
    pub interrupt: fn() -> Later<()>,
}

impl Desk<'_> {
    /// Shows an answer: as it is to scripts, drawn to people.
    ///
    /// # Errors
    /// When it is not understood, or cannot be written.
    pub fn show<T: DeserializeOwned>(
        &mut self,
        answer: &Answer<T>,
        draw: impl FnOnce(&mut Screen, T) -> io::Result<()>,
    ) -> Result<Outcome, Failure> {
        if self.screen.is_json() {
            self.screen.answer(&answer.raw)?;
        } else {
            draw(self.screen, answer.read()?)?;
        }
        Ok(Outcome::Done)
    }

    /// Shows an answer whose content decides about the outcome.
    ///
    /// # Errors
    /// When it is not understood, or cannot be written.
    pub fn judge<T: DeserializeOwned>(
        &mut self,
        answer: &Answer<T>,
        draw: impl FnOnce(&mut Screen, &T) -> io::Result<()>,
        judgement: impl FnOnce(&T) -> Outcome,
    ) -> Result<Outcome, Failure> {
        if self.screen.is_json() {
            self.screen.answer(&answer.raw)?;
            return answer.read().map(|value| judgement(&value));
        }
        let value = answer.read()?;
        draw(self.screen, &value)?;
        Ok(judgement(&value))
    }

    /// Goes on when the person says yes, or said so with `--yes`.
    ///
    /// # Errors
    /// [`Failure::Declined`], or [`Failure::Usage`] when nobody is there.
    pub fn agree(&mut self, question: &str, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !self.person.is_there() {
            return Err(Failure::Usage(format!(
                "{question} There is nobody to ask here: add --yes"
            )));
        }
        let question = format!("{question} [y/N] ");
        let answer = self.person.line(&crate::text::clean(&question))?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::Declined),
        }
    }

    /// Goes on when the person types `expected`, or gave it with `--confirm`: for what is real.
    ///
    /// # Errors
    /// [`Failure::Declined`], or [`Failure::Usage`] when nobody is there or the word is another.
    pub fn agree_in_words(
        &mut self,
        what: &str,
        expected: &str,
        given: Option<&str>,
    ) -> Result<(), Failure> {
        match given {
            Some(words) if words == expected => Ok(()),
            Some(words) => Err(Failure::Usage(format!(
                "--confirm says {words:?}, and {what} needs {expected:?}. Nothing was started"
            ))),
            None if !self.person.is_there() => Err(Failure::Usage(format!(
                "To confirm {what} where nobody can be asked, add --confirm {expected:?}"
            ))),
            None => {
                let question = format!("To confirm {what}, type {expected}: ");
                let words = self.person.line(&crate::text::clean(&question))?;
                if words.trim() == expected {
                    Ok(())
                } else {
                    Err(Failure::Declined)
                }
            }
        }
    }
}
