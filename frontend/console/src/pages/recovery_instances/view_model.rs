//! What the list says of a recovery instance, what may be done with those that are ticked, and what ending them would do.

use std::collections::BTreeSet;

use dr_api::recovery_instances::{
    RecoveryInstanceView, ReversedLaunchState, TerminatedRecoveryInstance,
};
use dr_model::ids::{RecoveryInstanceId, SessionId};
use dr_model::session::{Action, ReverseState};
use ui::{Problem, Status};

use crate::pages::session_steps::{Item, Preview};

/// So many are ended at a time: each is asked about first, one after another.
const MOST: usize = 50;
/// What must be typed where the guard asks for nothing of its own.
const TERMINATE: &str = "terminate";

/// Its name, or its id.
#[must_use]
pub fn name(one: &RecoveryInstanceView) -> String {
    one.name
        .clone()
        .unwrap_or_else(|| one.recovery_instance_id.to_string())
}

/// What it was launched by, or that it is home.
#[must_use]
pub fn kind(one: &RecoveryInstanceView) -> &'static str {
    match (one.is_drill, one.is_home) {
        (true, _) => "Drill",
        (false, true) => "Home",
        (false, false) => "Recovery",
    }
}

/// How far it is on the way back.
#[must_use]
pub fn reversed(state: ReversedLaunchState) -> (Status, &'static str) {
    match state {
        ReversedLaunchState::NotStarted => (Status::NotStarted, "Not started"),
        ReversedLaunchState::Synchronizing => (Status::InProgress, "Synchronizing"),
        ReversedLaunchState::Ready => (Status::Success, "Ready"),
        ReversedLaunchState::Completed => (Status::Success, "Completed"),
        ReversedLaunchState::Error => (Status::Error, "Error"),
    }
}

/// Those that are ticked.
#[must_use]
pub fn chosen(all: &[RecoveryInstanceView], ids: &BTreeSet<String>) -> Vec<RecoveryInstanceView> {
    all.iter()
        .filter(|one| ids.contains(one.recovery_instance_id.as_str()))
        .cloned()
        .collect()
}

/// The session of all of them, or why no step of a session can take them.
///
/// # Errors
/// The reason.
pub fn session_for(chosen: &[RecoveryInstanceView], action: Action) -> Result<SessionId, String> {
    let first = chosen.first().ok_or("Tick recovery instances first")?;
    for one in chosen {
        let name = name(one);
        if one.is_drill {
            return Err(format!(
                "{name} belongs to a drill: a drill is ended, it does not go home"
            ));
        }
        if one.is_home {
            return Err(format!("{name} is home already"));
        }
        if one.session_id.is_none() {
            return Err(format!(
                "{name} has no failover session: create one from its execution first"
            ));
        }
        if one.session_id != first.session_id {
            return Err("These belong to several failover sessions: tick those of one".to_owned());
        }
        let is_ready = matches!(
            one.reverse_state,
            ReverseState::Ready | ReverseState::ReadyWithLag
        );
        let begins = matches!(
            one.reverse_state,
            ReverseState::NotStarted | ReverseState::Error
        );
        match action {
            Action::StartReverseReplication if !begins => {
                return Err(format!("{name} replicates back already"));
            }
            Action::FailbackDrill | Action::FailbackRecovery if !is_ready => {
                return Err(format!("{name} is not level with home yet"));
            }
            _ => {}
        }
    }
    first
        .session_id
        .clone()
        .ok_or_else(|| "There is no failover session".to_owned())
}

/// Why none can be ended; none if they can be asked about.
#[must_use]
pub fn why_not_end(count: usize) -> Option<String> {
    match count {
        0 => Some("Tick recovery instances first".to_owned()),
        count if count > MOST => Some(format!("At most {MOST} at a time")),
        _ => None,
    }
}

/// One that is to be ended, and what the guard says of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The recovery instance.
    pub id: RecoveryInstanceId,
    /// Its name.
    pub name: String,
    /// What ending it would do, or why that cannot be told.
    pub would: Result<TerminatedRecoveryInstance, Problem>,
}

impl Judged {
    /// The guard lets it be ended; among several, only where it asks for no words of its own.
    fn is_taken(&self, is_alone: bool) -> bool {
        self.would.as_ref().is_ok_and(|would| {
            would.refused.is_empty() && (is_alone || would.confirmation.is_none())
        })
    }
}

/// Those that are ended, of those that were judged.
#[must_use]
pub fn taken(judged: &[Judged]) -> Vec<&Judged> {
    judged
        .iter()
        .filter(|one| one.is_taken(judged.len() == 1))
        .collect()
}

/// What would be lost, in the guard's words.
fn whys(would: &TerminatedRecoveryInstance) -> String {
    let whys: Vec<&str> = would.losses.iter().map(|loss| loss.why.as_str()).collect();
    whys.join("; ")
}

/// An earlier drill in a pre-provisioned instance: there is a way that does not destroy the instance.
fn could_be_handed_back(one: &Judged) -> bool {
    one.would.as_ref().is_ok_and(|would| {
        would.confirmation.is_some() && would.losses.iter().any(|loss| loss.is_drill)
    })
}

/// Why one is not taken.
fn left(one: &Judged) -> Item {
    let (status, title, detail) = match &one.would {
        Err(problem) => (
            Status::Error,
            problem.message.clone(),
            problem.remediation.clone().unwrap_or_default(),
        ),
        Ok(would) => match would.refused.first() {
            Some(check) => (
                Status::Error,
                check.message.clone(),
                check.remediation.clone().unwrap_or_default(),
            ),
            None => (
                Status::Warning,
                "not taken among several, for its id is asked for: tick it alone".to_owned(),
                whys(would),
            ),
        },
    };
    Item {
        status,
        title: format!("{}: {title}", one.name),
        detail,
    }
}

/// What ending them would do.
#[must_use]
pub fn preview(judged: &[Judged]) -> Preview {
    let is_alone = judged.len() == 1;
    let (taken, left_out): (Vec<&Judged>, Vec<&Judged>) =
        judged.iter().partition(|one| one.is_taken(is_alone));
    let item = |one: &&Judged| Item {
        status: Status::Removed,
        title: format!("{} ({}) is terminated", one.name, one.id),
        detail: one.would.as_ref().map(whys).unwrap_or_default(),
    };
    let mut findings: Vec<Item> = left_out.iter().map(|one| left(one)).collect();
    if judged.iter().any(could_be_handed_back) {
        findings.push(Item {
            status: Status::Info,
            title: "A pre-provisioned instance can be had back instead".to_owned(),
            detail: "End the drill on the page of its execution: that hands it back stopped, with its id and IP.".to_owned(),
        });
    }
    let own = taken
        .first()
        .filter(|_| is_alone)
        .and_then(|one| one.would.as_ref().ok()?.confirmation.clone());
    Preview {
        what: "The instances and what is written on them are gone for good. Their source servers and the replication that protects them stay."
            .to_owned(),
        facts: vec![("Terminated", taken.len().to_string()), ("Not taken", left_out.len().to_string())],
        findings,
        items: taken.iter().map(item).collect(),
        word: (!taken.is_empty()).then(|| own.unwrap_or_else(|| TERMINATE.to_owned())),
        why_not: taken.is_empty().then(|| "Nothing of what is ticked may be terminated".to_owned()),
        ..Preview::default()
    }
}

/// What became of one.
#[must_use]
pub fn result(name: &str, answer: &Result<TerminatedRecoveryInstance, Problem>) -> Item {
    match answer {
        Ok(done) => Item {
            status: Status::Success,
            title: format!("{name}: is being terminated"),
            detail: done
                .job_id
                .as_ref()
                .map(|job| format!("DRS job {job}"))
                .unwrap_or_default(),
        },
        Err(problem) => {
            let mut why: Vec<&str> = problem
                .findings
                .iter()
                .map(|finding| finding.message.as_str())
                .collect();
            why.extend(problem.remediation.as_deref());
            Item {
                status: Status::Error,
                title: format!("{name}: {}", problem.message),
                detail: why.join("; "),
            }
        }
    }
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
