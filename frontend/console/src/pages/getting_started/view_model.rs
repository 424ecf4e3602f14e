//! What is set up already and what is not, line by line, from what the API answers.

use chrono::{DateTime, Utc};
use dr_api::accounts::{TargetAccountValidation, TargetAccountView};
use dr_api::executions::ExecutionView;
use dr_api::replication::{PlaceAge, ReplicationDashboard};
use dr_model::execution::ExecutionStatus;
use dr_model::group::ProtectionGroup;
use dr_model::pair::InstancePair;
use dr_model::plan::RecoveryPlan;
use ui::Status;

use crate::format::time;
use crate::pages::session_steps::servers;
use crate::words;

/// As many accounts, groups and plans are looked at: this page is for beginning.
pub const MOST: i64 = 5;
/// As many drills are looked at, the newest first.
pub const MOST_DRILLS: i64 = 20;
/// A drill older than this proves little.
const STALE_DAYS: i64 = 90;

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The first accounts.
    pub accounts: Vec<TargetAccountView>,
    /// What validating each found.
    pub validations: Vec<TargetAccountValidation>,
    /// The estate.
    pub replication: ReplicationDashboard,
    /// The first groups.
    pub groups: Vec<ProtectionGroup>,
    /// The pairs of each.
    pub pairs: Vec<Vec<InstancePair>>,
    /// The first plans.
    pub plans: Vec<RecoveryPlan>,
    /// The newest drills.
    pub drills: Vec<ExecutionView>,
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What is to be done.
    pub title: &'static str,
    /// Whether it is.
    pub status: Status,
    /// The same in words.
    pub state: String,
    /// What it means.
    pub meaning: &'static str,
    /// Where it is done: what the button says, and its path.
    pub way: (&'static str, String),
}

/// The checklist, in the order in which things are set up.
#[must_use]
pub fn lines(found: &Found) -> Vec<Line> {
    vec![
        accounts(&found.accounts, &found.validations),
        replicating(&found.replication),
        groups(&found.groups),
        pairs(&found.groups, &found.pairs),
        plans(&found.plans),
        first_drill(&found.drills),
        last_drill(&found.drills, server_now(&found.replication.places)),
    ]
}

/// How many lines are done.
#[must_use]
pub fn done(lines: &[Line]) -> usize {
    lines
        .iter()
        .filter(|line| line.status == Status::Success)
        .count()
}

/// `1 recovery plan`, `2 recovery plans`, or `5 or more` where no more were looked at.
fn counted(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count if i64::try_from(count).is_ok_and(|count| count >= MOST) => {
            format!("{MOST} or more {one}s")
        }
        count => format!("{count} {one}s"),
    }
}

fn accounts(accounts: &[TargetAccountView], validations: &[TargetAccountValidation]) -> Line {
    let failed = validations.iter().find(|one| !one.validation_passed);
    let (status, state) = match (accounts.len(), failed) {
        (0, _) => (Status::NotStarted, "No account is registered".to_owned()),
        (_, Some(one)) => {
            let why = one.checks.iter().find(|check| check.is_blocking());
            let why = why.map_or("a check failed", |check| check.message.as_str());
            (Status::Error, format!("{}: {why}", one.account_id))
        }
        (count, None) => (
            Status::Success,
            format!("{}, every check passed", counted(count, "account")),
        ),
    };
    Line {
        title: "Target accounts",
        status,
        state,
        meaning: "The orchestrator can assume its role in each account, and DRS is initialised in the regions in use.",
        way: ("See accounts", "/settings".to_owned()),
    }
}

fn replicating(estate: &ReplicationDashboard) -> Line {
    let (total, level) = (estate.total_servers, estate.continuous);
    let (status, state) = match (total, level, estate.needs_attention) {
        (0, ..) => (Status::NotStarted, "No server replicates".to_owned()),
        (_, _, wrong) if wrong > 0 => (
            Status::Warning,
            format!(
                "{level} of {total} ready to recover; with an alert: {}",
                servers(wrong)
            ),
        ),
        (_, level, _) if level < total => (
            Status::InProgress,
            format!("{level} of {total} ready to recover"),
        ),
        _ => (Status::Success, format!("All {total} ready to recover")),
    };
    Line {
        title: "Source servers",
        status,
        state,
        meaning: "An agent on each server copies its disks to the recovery region; a server is ready once the copy is level.",
        way: if total == 0 {
            ("Install agents", "/agents".to_owned())
        } else {
            ("See servers", "/source-servers".to_owned())
        },
    }
}

fn groups(groups: &[ProtectionGroup]) -> Line {
    let (status, state, way) = match groups.len() {
        0 => (
            Status::NotStarted,
            "No protection group".to_owned(),
            ("Create a group", "/protection-groups/new"),
        ),
        count => (
            Status::Success,
            counted(count, "protection group"),
            ("See groups", "/protection-groups"),
        ),
    };
    Line {
        title: "Protection groups",
        status,
        state,
        meaning: "Servers that belong together are chosen by id or by tags, with the way that they fail over.",
        way: (way.0, way.1.to_owned()),
    }
}

fn paired(count: usize) -> String {
    match count {
        1 => "1 pair".to_owned(),
        count => format!("{count} pairs"),
    }
}

fn pairs(groups: &[ProtectionGroup], pairs: &[Vec<InstancePair>]) -> Line {
    let count: usize = pairs.iter().map(Vec::len).sum();
    let applied = pairs
        .iter()
        .flatten()
        .filter(|pair| pair.configuration.is_some())
        .count();
    let bare = groups.iter().zip(pairs).find(|(_, pairs)| pairs.is_empty());
    let (status, state) = match (count, bare) {
        (0, _) => (Status::NotStarted, "No instance pair".to_owned()),
        (_, Some((group, _))) => (
            Status::Warning,
            format!("{}; the group {} has none", paired(count), group.name),
        ),
        (_, None) if applied > 0 => (
            Status::Success,
            format!(
                "{}; launch configuration applied ahead to {applied}",
                paired(count)
            ),
        ),
        (_, None) => (Status::Success, paired(count)),
    };
    let way = bare.map(|(group, _)| group).or(groups.first());
    Line {
        title: "Instance pairs",
        status,
        state,
        meaning: "A paired server is launched into an instance that waits for it, and keeps that one's id and IP. A start applies the launch \
                  configuration; an unpaired server is launched into a new instance.",
        way: match way {
            Some(group) => ("See pairs", format!("/protection-groups/{}", group.id)),
            None => ("Begin with a group", "/protection-groups/new".to_owned()),
        },
    }
}

fn plans(plans: &[RecoveryPlan]) -> Line {
    let (status, state, way) = match plans.len() {
        0 => (
            Status::NotStarted,
            "No recovery plan".to_owned(),
            ("Create a plan", "/recovery-plans/new"),
        ),
        count => (
            Status::Success,
            counted(count, "recovery plan"),
            ("See plans", "/recovery-plans"),
        ),
    };
    Line {
        title: "Recovery plan",
        status,
        state,
        meaning: "A plan says in which waves groups are launched, what waits for a person, and the target time.",
        way: (way.0, way.1.to_owned()),
    }
}

fn is_proof(drill: &ExecutionView) -> bool {
    drill.status == ExecutionStatus::Completed
}

fn first_drill(drills: &[ExecutionView]) -> Line {
    let good = drills.iter().rev().find(|drill| is_proof(drill));
    let (status, state) = match (good, drills.first()) {
        (Some(drill), _) => (
            Status::Success,
            format!("{} was drilled", words::subject(&drill.subject)),
        ),
        (None, None) => (Status::NotStarted, "No drill yet".to_owned()),
        (None, Some(newest)) => {
            let word = words::execution(newest.status).1.to_lowercase();
            let status = if newest.status.is_terminal() {
                Status::Warning
            } else {
                Status::InProgress
            };
            (
                status,
                format!("No drill completed without failures; the newest: {word}"),
            )
        }
    };
    Line {
        title: "First drill",
        status,
        state,
        meaning: "A drill launches the servers in the recovery region while production goes on: only that shows that a plan works.",
        way: match good.or(drills.first()) {
            Some(drill) => (
                "See the drill",
                format!("/executions/{}", drill.execution_id),
            ),
            None => ("Start a drill", "/failover".to_owned()),
        },
    }
}

/// The time at the server: nothing is counted against the browser's clock.
fn server_now(places: &[PlaceAge]) -> Option<DateTime<Utc>> {
    let now = |place: &PlaceAge| {
        let age = i64::try_from(place.age_seconds?).ok()?;
        place
            .refreshed_at?
            .checked_add_signed(chrono::TimeDelta::try_seconds(age)?)
    };
    places.iter().filter_map(now).max()
}

fn last_drill(drills: &[ExecutionView], now: Option<DateTime<Utc>>) -> Line {
    let ended = drills
        .iter()
        .find_map(|drill| Some((drill, drill.ended_at?)));
    let (status, state) = match ended {
        None => (Status::NotStarted, "Never".to_owned()),
        Some((drill, at)) => {
            let word = words::execution(drill.status).1.to_lowercase();
            match now.map(|now| (now - at).num_days()) {
                Some(days) if days > STALE_DAYS => {
                    (Status::Warning, format!("{days} days ago: {word}"))
                }
                _ => {
                    let (status, _) = words::execution(drill.status);
                    (status, format!("{}: {word}", time(at)))
                }
            }
        }
    };
    Line {
        title: "Last drill",
        status,
        state,
        meaning: "Servers and networks change; a drill that is older than 90 days proves little.",
        way: ("See executions", "/executions".to_owned()),
    }
}

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
