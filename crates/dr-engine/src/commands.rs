//! Sending commands through SSM no more than once. `SendCommand` has no client token: the comment of a command says who
//! ordered it and what, and by it a command is found whose answer was lost.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use dr_aws::{Command, SentCommand, Ssm};
use dr_error::{Error, Result};
use dr_model::installation::MAX_MACHINES;

/// Between our clock and that of SSM, while looking for what was sent.
const CLOCK_SLACK_SECONDS: i64 = 60;
/// A document that does not run on the platform of a machine.
pub const NOT_ITS_PLATFORM: &str = "UnsupportedPlatformType";
const NOT_REACHED: &str = "InvalidInstanceId";
/// SSM sends nothing to anybody where one machine of a command is not fit for it.
const OF_ONE_MACHINE: [&str; 2] = [NOT_REACHED, NOT_ITS_PLATFORM];

/// Who is to get a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// The machine.
    pub machine: String,
    /// Not before then.
    pub since: DateTime<Utc>,
    /// The command before this one.
    pub last_command: Option<String>,
}

/// What came of an order on one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// A command is on its way, sent now or before.
    Command(String),
    /// SSM does not reach the machine after all, in its words.
    Refused(String),
}

/// Sends what was not sent yet: to those who get the same, as many at a time as a command takes. First it is looked for
/// what was sent under this label before, by whom it was for and by its comment. One machine that SSM refuses does not
/// keep the others waiting: they are halved until it stands alone.
pub async fn send<Same: Ord + Clone>(
    ssm: &Ssm,
    label: &str,
    to: Vec<(Same, Addressee)>,
    command: impl Fn(&Same, Vec<String>, String) -> Command,
    now: DateTime<Utc>,
) -> Vec<(String, Result<Sent>)> {
    let Some(earliest) = to.iter().map(|(_, addressee)| addressee.since).min() else {
        return Vec::new();
    };
    let before = match ssm.commands_since(earliest - slack()).await {
        Ok(before) => before,
        Err(error) => return all(to.iter().map(|(_, addressee)| addressee), &error),
    };
    let mut outcomes = Vec::with_capacity(to.len());
    let mut open = Vec::new();
    for (same, addressee) in to {
        match adopted(label, &addressee, &before) {
            Some(id) => outcomes.push((addressee.machine, Ok(Sent::Command(id)))),
            None => open.push((same, addressee)),
        }
    }
    let mut waiting = batches(open);
    let mut number = 0_usize;
    while let Some((same, mut batch)) = waiting.pop() {
        number += 1;
        let comment = format!("{label} {}-{number}", now.format("%Y%m%dT%H%M%S%3fZ"));
        let machines = batch.iter().map(|to| to.machine.clone()).collect();
        match ssm.send_command(&command(&same, machines, comment)).await {
            Ok(id) => outcomes.extend(
                batch
                    .into_iter()
                    .map(|to| (to.machine, Ok(Sent::Command(id.clone())))),
            ),
            Err(error) if is_of_one(&error) && batch.len() > 1 => {
                let half = batch.split_off(batch.len() / 2);
                waiting.push((same.clone(), half));
                waiting.push((same, batch));
            }
            Err(error) => outcomes.extend(refused(&batch, &error)),
        }
    }
    outcomes
}

fn slack() -> Duration {
    Duration::seconds(CLOCK_SLACK_SECONDS)
}

/// The command that was sent to a machine under this label already.
pub(crate) fn adopted(label: &str, to: &Addressee, before: &[SentCommand]) -> Option<String> {
    let label = format!("{label} ");
    before
        .iter()
        .filter(|sent| sent.comment.starts_with(&label))
        .filter(|sent| sent.instance_ids.contains(&to.machine))
        .filter(|sent| Some(&sent.id) != to.last_command.as_ref())
        .filter(|sent| sent.requested_at.is_none_or(|at| at >= to.since - slack()))
        .max_by_key(|sent| sent.requested_at)
        .map(|sent| sent.id.clone())
}

/// Those who get the same, in batches of as many as a command takes.
pub(crate) fn batches<Same: Ord + Clone>(
    to: Vec<(Same, Addressee)>,
) -> Vec<(Same, Vec<Addressee>)> {
    let mut sorted: BTreeMap<Same, Vec<Addressee>> = BTreeMap::new();
    for (same, addressee) in to {
        sorted.entry(same).or_default().push(addressee);
    }
    sorted
        .into_iter()
        .flat_map(|(same, all)| {
            all.chunks(MAX_MACHINES)
                .map(|batch| (same.clone(), batch.to_vec()))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// AWS's code of an error.
#[must_use]
pub fn code(error: &Error) -> Option<&str> {
    match error {
        Error::Aws(error) => Some(error.code.as_str()),
        _ => None,
    }
}

fn is_of_one(error: &Error) -> bool {
    code(error).is_some_and(|code| OF_ONE_MACHINE.contains(&code))
}

fn refused(batch: &[Addressee], error: &Error) -> Vec<(String, Result<Sent>)> {
    if code(error) != Some(NOT_REACHED) {
        return all(batch, error);
    }
    batch
        .iter()
        .map(|to| (to.machine.clone(), Ok(Sent::Refused(error.words()))))
        .collect()
}

fn all<'a>(
    to: impl IntoIterator<Item = &'a Addressee>,
    error: &Error,
) -> Vec<(String, Result<Sent>)> {
    let one = || match error {
        Error::Aws(error) => Error::Aws(error.clone()),
        other => Error::internal(other),
    };
    to.into_iter()
        .map(|to| (to.machine.clone(), Err(one())))
        .collect()
}
