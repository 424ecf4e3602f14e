//! What the wizard decides: what is wished for, how servers and instances match, what the checks say, what would change.

use dr_api::bounded::ClientToken;
use dr_api::start::{StartExecutionRequest, Started, StartedWave};
use dr_model::check::{Check, Severity};
use dr_model::execution::ExecutionType;
use dr_model::ids::PlanId;
use dr_model::place::Direction;
use ui::{Problem, Status};

/// What a person wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The plan.
    pub plan_id: PlanId,
    /// Drill or recovery.
    pub kind: ExecutionType,
    /// Leave out servers that fail a critical check.
    pub skip_invalid: bool,
}

impl Wish {
    /// Of what stands in the fields; none while no plan is chosen.
    #[must_use]
    pub fn of(plan_id: &str, kind: &str, skip_invalid: bool) -> Option<Self> {
        Some(Self {
            plan_id: plan_id.parse().ok()?,
            kind: if kind == RECOVERY {
                ExecutionType::Recovery
            } else {
                ExecutionType::Drill
            },
            skip_invalid,
        })
    }

    /// The request. The same wish in the same wizard has the same token, so that it starts once however often it is
    /// sent; another wish has another.
    #[must_use]
    pub fn request(&self, secret: Option<&str>, dry_run: bool) -> StartExecutionRequest {
        let mark = match (self.kind.is_drill(), self.skip_invalid) {
            (true, false) => "d",
            (true, true) => "e",
            (false, false) => "r",
            (false, true) => "s",
        };
        let token = secret.map(|secret| format!("{secret}{mark}{}", self.plan_id));
        StartExecutionRequest {
            plan_id: self.plan_id.clone(),
            execution_type: self.kind,
            client_token: token.and_then(|token| ClientToken::try_from(token).ok()),
            skip_invalid_servers: self.skip_invalid,
            dry_run,
        }
    }
}

/// The value of the field that asks for a recovery.
pub const RECOVERY: &str = "RECOVERY";
/// The value of the field that asks for a drill.
pub const DRILL: &str = "DRILL";

/// What the checks of a wish came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What was checked.
    pub wish: Wish,
    /// What would be started, or why not.
    pub answer: Result<Started, Problem>,
}

/// Why the start may not be gone on with; none: it may.
#[must_use]
pub fn why_not_start(wish: Option<&Wish>, verdict: Option<&Verdict>) -> Option<String> {
    let Some(verdict) = verdict.filter(|verdict| Some(&verdict.wish) == wish) else {
        return Some("Wait until the checks are done".to_owned());
    };
    match &verdict.answer {
        Err(problem) => Some(format!("It would be refused: {}", problem.message)),
        Ok(started) if started.failed_checks.is_empty() => None,
        Ok(started) => Some(format!(
            "{} critical checks fail: mend what they name, or go back and leave those servers out",
            started.failed_checks.len()
        )),
    }
}

/// A check that failed, as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRow {
    /// Its place.
    pub number: usize,
    /// The check.
    pub check: Check,
}

/// Those that failed, worst first.
#[must_use]
pub fn check_rows(started: &Started) -> Vec<CheckRow> {
    let mut checks: Vec<Check> = started
        .failed_checks
        .iter()
        .chain(&started.warnings)
        .cloned()
        .collect();
    checks.sort_by(|one, two| {
        let key = |check: &Check| {
            (
                std::cmp::Reverse(check.severity),
                check.name.clone(),
                check.subject.clone(),
            )
        };
        key(one).cmp(&key(two))
    });
    checks
        .into_iter()
        .enumerate()
        .map(|(number, check)| CheckRow { number, check })
        .collect()
}

/// What was looked at, in one sentence.
#[must_use]
pub fn check_summary(started: &Started) -> (Status, String) {
    let critical = started.failed_checks.len();
    let warnings = started
        .warnings
        .iter()
        .filter(|check| check.severity != Severity::Info)
        .count();
    if critical > 0 {
        (
            Status::Error,
            format!("{critical} critical checks fail and {warnings} warn: it would not start"),
        )
    } else if warnings > 0 {
        (
            Status::Warning,
            format!("It can start: no critical check fails, {warnings} warn"),
        )
    } else {
        (
            Status::Success,
            "It can start: every check passes".to_owned(),
        )
    }
}

/// How many servers are launched: those that are left out are not.
#[must_use]
pub fn launched(started: &Started) -> usize {
    let skipped: usize = started.waves.iter().map(|wave| wave.skipped).sum();
    started.total_servers.saturating_sub(skipped)
}

/// What will happen, sentence by sentence.
#[must_use]
pub fn changes(started: &Started, direction: Option<&Direction>) -> Vec<String> {
    let sum = |read: fn(&StartedWave) -> usize| started.waves.iter().map(read).sum::<usize>();
    let (skipped, new, jobs) = (
        sum(|wave| wave.skipped),
        sum(|wave| wave.new_instances),
        sum(|wave| wave.jobs),
    );
    let launched = launched(started);
    let place = direction.map_or_else(String::new, |direction| {
        format!(
            " in {} of account {}",
            direction.recovery.region, direction.recovery.account_id
        )
    });
    let mut said = vec![
        format!(
            "{launched} servers are launched{place}, in {} waves and {jobs} DRS jobs.",
            started.waves.len()
        ),
        format!(
            "{} launch into the instance they are paired with and keep its id and private IP; {new} launch into a new instance.",
            launched.saturating_sub(new)
        ),
    ];
    if skipped > 0 {
        said.push(format!(
            "Left out, since a critical check fails: {skipped}."
        ));
    }
    said.push("What an earlier drill of these servers launched is terminated by DRS.".to_owned());
    said.push(
        match started.execution_type {
            ExecutionType::Drill => "Replication goes on and the original instances run on. The drill is ended on its page.",
            ExecutionType::Recovery => {
                "The original instances are not stopped by this: stop them, or users reach both. The way home begins as a failover session."
            }
        }
        .to_owned(),
    );
    said
}

/// Why it is not confirmed; none: it is. A recovery takes the plan's name, a drill a tick.
#[must_use]
pub fn why_not_confirmed(
    kind: ExecutionType,
    plan: &str,
    typed: &str,
    is_ticked: bool,
) -> Option<String> {
    match kind {
        ExecutionType::Recovery if typed.trim() != plan => {
            Some(format!("Type “{plan}” to confirm"))
        }
        ExecutionType::Drill if !is_ticked => Some("Tick the box to confirm".to_owned()),
        ExecutionType::Recovery | ExecutionType::Drill => None,
    }
}

/// How many instances a refusal of the guard names; none: it is another refusal.
#[must_use]
pub fn blast_radius(problem: &Problem) -> Option<String> {
    let lost = problem
        .findings
        .iter()
        .filter(|finding| finding.subject.starts_with("i-"))
        .count();
    (lost > 0 && problem.code == WOULD_LOSE).then(|| {
        if lost == 1 {
            "Blast radius: 1 instance that is live now".to_owned()
        } else {
            format!("Blast radius: {lost} instances that are live now")
        }
    })
}

/// The code of the guard's refusal.
const WOULD_LOSE: &str = "GUARD_REFUSED";

#[cfg(test)]
#[path = "view_model_tests.rs"]
mod tests;
