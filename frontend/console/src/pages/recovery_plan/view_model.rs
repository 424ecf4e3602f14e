//! What the page of a plan says.

use dr_api::executions::ExecutionView;
use dr_model::action::{ActionSide, ActionTarget, OnActionFailure, SsmAction};
use dr_model::execution::Subject;
use dr_model::group::ProtectionGroup;
use dr_model::ids::PlanId;
use dr_model::plan::{OnFailure, RecoveryPlan, Wave};

use super::graph::GroupNames;
use crate::format::duration;

/// A plan with what its page needs to say it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The plan.
    pub plan: RecoveryPlan,
    /// Names of all groups.
    pub names: GroupNames,
}

/// Names by id.
#[must_use]
pub fn names(groups: &[ProtectionGroup]) -> GroupNames {
    groups
        .iter()
        .map(|group| (group.id.clone(), group.name.clone()))
        .collect()
}

/// Those of this plan, as they are listed: newest first.
#[must_use]
pub fn of_plan(executions: Vec<ExecutionView>, id: &PlanId) -> Vec<ExecutionView> {
    executions
        .into_iter()
        .filter(|one| matches!(&one.subject, Subject::Plan { plan_id, .. } if plan_id == id))
        .collect()
}

/// What happens after a wave in which servers failed.
#[must_use]
pub fn on_failure(wave: &Wave) -> &'static str {
    match wave.on_failure {
        OnFailure::Continue => "Goes on",
        OnFailure::Pause => "Waits for a person",
    }
}

/// One SSM action, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionRow {
    /// `1. db`.
    pub wave: String,
    /// Before or after it.
    pub side: ActionSide,
    /// Its turn on that side, from 1.
    pub turn: usize,
    /// Its name.
    pub name: String,
    /// Its document.
    pub document: String,
    /// Where it runs.
    pub on: String,
    /// How long it may take.
    pub timeout: String,
    /// What its failure does.
    pub on_failure: &'static str,
    /// In drills as well.
    pub in_drills: &'static str,
    /// Its parameters in words.
    pub parameters: String,
}

/// All SSM actions of waves, in the order they run.
#[must_use]
pub fn actions(waves: &[Wave]) -> Vec<ActionRow> {
    let mut rows = Vec::new();
    for (at, wave) in waves.iter().enumerate() {
        let sides = [
            (ActionSide::Before, &wave.actions_before),
            (ActionSide::After, &wave.actions_after),
        ];
        for (side, actions) in sides {
            let title = format!("{}. {}", at + 1, wave.name);
            rows.extend(
                actions
                    .iter()
                    .enumerate()
                    .map(|(turn, action)| action_row(&title, side, turn + 1, action)),
            );
        }
    }
    rows
}

fn action_row(wave: &str, side: ActionSide, turn: usize, action: &SsmAction) -> ActionRow {
    let on = match &action.on {
        ActionTarget::Wave => "What the wave launched".to_owned(),
        ActionTarget::Instances(ids) => ids
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    };
    let parameters: Vec<String> = action
        .parameters
        .iter()
        .map(|(name, values)| format!("{name}: {}", values.join(" ")))
        .collect();
    ActionRow {
        wave: wave.to_owned(),
        side,
        turn,
        name: action.name.clone(),
        document: action.document_name.clone(),
        on,
        timeout: duration(u64::from(action.timeout_seconds)),
        on_failure: on_action_failure(action.on_failure),
        in_drills: if action.skip_in_drills {
            "Left out"
        } else {
            "Runs"
        },
        parameters: parameters.join("; "),
    }
}

/// What a failed action does to the execution.
#[must_use]
pub fn on_action_failure(what: OnActionFailure) -> &'static str {
    match what {
        OnActionFailure::Continue => "Goes on",
        OnActionFailure::Pause => "Waits for a person",
        OnActionFailure::Stop => "Cancels the execution",
    }
}

#[cfg(test)]
mod tests {
    use dr_model::plan::Wave;
    use serde_json::json;

    use super::actions;

    #[test]
    fn actions_stand_in_the_order_they_run_with_where_and_what_their_failure_does() {
        let group = "pg-00000000-0000-4000-8000-000000000001";
        let waves: Vec<Wave> = serde_json::from_value(json!([{
            "name": "db", "group_ids": [group],
            "actions_after": [{ "name": "dns", "document_name": "AWS-RunShellScript", "on": "WAVE", "on_failure": "STOP",
                "parameters": { "commands": ["true", "false"] }, "timeout_seconds": 60 }],
            "actions_before": [{ "name": "stop", "document_name": "Stop", "on": { "instance_ids": ["i-00000001"] }, "skip_in_drills": true }],
        }]))
        .unwrap();
        let rows = actions(&waves);
        assert_eq!(
            (
                rows[0].name.as_str(),
                rows[0].on.as_str(),
                rows[0].in_drills
            ),
            ("stop", "i-00000001", "Left out")
        );
        assert_eq!(
            (rows[1].name.as_str(), rows[1].timeout.as_str()),
            ("dns", "1 min")
        );
        assert_eq!(
            (rows[1].on_failure, rows[1].parameters.as_str()),
            ("Cancels the execution", "commands: true false")
        );
    }
}
