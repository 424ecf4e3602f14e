//! SNS: telling people.

use std::sync::Arc;

use aws_config::SdkConfig;
use dr_error::{Clock, Result};
use dr_model::place::Place;

use dr_error::sdk::{Caller, once_only};

/// Longest subject, in ASCII characters (SNS API reference, `Publish`).
const SUBJECT_CHARS: usize = 100;
/// Longest message: 256 KiB (the same).
const MESSAGE_BYTES: usize = 262_144;

/// SNS in one account and region.
#[derive(Debug, Clone)]
pub struct Topic {
    client: aws_sdk_sns::Client,
    caller: Caller,
}

impl Topic {
    /// SNS in `place`, with the credentials and the region of `config`.
    pub fn new(config: &SdkConfig, place: Place, clock: Arc<dyn Clock>) -> Self {
        Self {
            client: aws_sdk_sns::Client::new(&once_only(config)),
            caller: Caller {
                service: "sns",
                place: place.to_string(),
                clock,
            },
        }
    }

    /// Publishes a message, cut to what SNS takes. At least once: a lost answer is sent again.
    /// IAM: `sns:Publish`.
    ///
    /// # Errors
    /// `Error::Aws`.
    pub async fn publish(&self, arn: &str, subject: &str, message: &str) -> Result<()> {
        let subject = subject_line(subject);
        let message = cut(message, MESSAGE_BYTES);
        self.caller
            .send("Publish", || {
                self.client
                    .publish()
                    .topic_arn(arn)
                    .subject(&subject)
                    .message(message)
                    .send()
            })
            .await?;
        Ok(())
    }
}

/// A subject as SNS takes it: printable ASCII in one line that does not begin with a space.
fn subject_line(text: &str) -> String {
    let ascii: String = text
        .chars()
        .map(|c| match c {
            ' '..='~' => c,
            c if c.is_whitespace() => ' ',
            _ => '?',
        })
        .collect();
    let line: String = ascii.trim().chars().take(SUBJECT_CHARS).collect();
    if line.is_empty() {
        "(no subject)".to_owned()
    } else {
        line
    }
}

/// The longest beginning of a text of at most so many bytes.
fn cut(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let end = (0..=bytes).rev().find(|n| text.is_char_boundary(*n));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{cut, subject_line};

    #[test]
    fn a_subject_is_one_line_of_ascii() {
        assert_eq!(subject_line(" wave 1\nfäiled "), "wave 1 f?iled");
        assert_eq!(subject_line(&"x".repeat(200)).len(), 100);
        assert_eq!(subject_line("\n"), "(no subject)");
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        assert_eq!(cut("aä", 2), "a");
        assert_eq!(cut("aä", 3), "aä");
    }
}
