//! What must be so in the SSM actions of a plan before it is stored. Pure.

use std::collections::BTreeSet;

use dr_error::FieldProblem;
use dr_model::action::{
    ACTION_TIMEOUT_SECONDS, ActionSide, ActionTarget, MAX_ACTIONS, MAX_NAMED_INSTANCES,
    MAX_PARAMETER_BYTES, MAX_PLAN_PARAMETER_BYTES, SsmAction,
};
use dr_model::plan::Wave;

/// SSM's names of documents: letters, digits and these (API reference, `SendCommand`).
const DOCUMENT_SIGNS: &str = "_-.";
/// And in an ARN.
const ARN_SIGNS: &str = "_-.:/";
/// Characters of a document's name, and of its ARN.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 3..=128;
const ARN_CHARS: usize = 450;

/// Everything that is wrong with the actions of waves, field by field.
#[must_use]
pub fn problems(waves: &[Wave]) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    for (index, wave) in waves.iter().enumerate() {
        of_wave(index, wave, &mut problems);
    }
    let bytes: usize = waves
        .iter()
        .flat_map(both_sides)
        .map(|(_, _, action)| action.parameter_bytes())
        .sum();
    if bytes > MAX_PLAN_PARAMETER_BYTES {
        let expected = format!(
            "at most {MAX_PLAN_PARAMETER_BYTES} bytes of parameters in all actions of a plan: put long scripts into \
             documents of your own"
        );
        problems.push(FieldProblem::new("waves", expected).got(bytes));
    }
    problems
}

fn both_sides(wave: &Wave) -> impl Iterator<Item = (ActionSide, usize, &SsmAction)> {
    let sides = [
        (ActionSide::Before, &wave.actions_before),
        (ActionSide::After, &wave.actions_after),
    ];
    sides.into_iter().flat_map(|(side, actions)| {
        actions
            .iter()
            .enumerate()
            .map(move |(turn, action)| (side, turn, action))
    })
}

fn of_wave(index: usize, wave: &Wave, problems: &mut Vec<FieldProblem>) {
    for (side, actions) in [
        ("actions_before", &wave.actions_before),
        ("actions_after", &wave.actions_after),
    ] {
        if actions.len() > MAX_ACTIONS {
            let expected = format!("at most {MAX_ACTIONS} actions");
            problems.push(
                FieldProblem::new(format!("waves[{index}].{side}"), expected).got(actions.len()),
            );
        }
    }
    let mut names = BTreeSet::new();
    let mut seconds = 0_u64;
    for (side, turn, action) in both_sides(wave) {
        let field = format!("waves[{index}].actions_{}[{turn}]", side.as_str());
        if !names.insert(action.name.trim()) {
            let expected = "a name that no other action of the wave has";
            problems.push(FieldProblem::new(format!("{field}.name"), expected).got(&action.name));
        }
        seconds += u64::from(action.timeout_seconds);
        problems.extend(of_action(&field, side, action));
    }
    let most = u64::from(*ACTION_TIMEOUT_SECONDS.end());
    if seconds > most {
        let expected = format!(
            "at most {most} seconds for all actions of a wave: it has 24 hours, its launches among them"
        );
        problems.push(FieldProblem::new(format!("waves[{index}]"), expected).got(seconds));
    }
}

fn of_action(field: &str, side: ActionSide, action: &SsmAction) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let name = action.name.trim();
    if name.is_empty() || name.chars().count() > 128 || name.chars().any(char::is_control) {
        problems.push(FieldProblem::new(
            format!("{field}.name"),
            "a name of 1 to 128 characters without control characters",
        ));
    }
    if !is_document(&action.document_name) {
        let expected =
            "the name of an SSM document: 3 to 128 letters, digits, '_', '-' or '.'; or its ARN";
        problems.push(
            FieldProblem::new(format!("{field}.document_name"), expected)
                .got(&action.document_name),
        );
    }
    problems.extend(of_target(field, side, &action.on));
    if !ACTION_TIMEOUT_SECONDS.contains(&action.timeout_seconds) {
        let expected = format!(
            "seconds from {} to {}",
            ACTION_TIMEOUT_SECONDS.start(),
            ACTION_TIMEOUT_SECONDS.end()
        );
        problems.push(
            FieldProblem::new(format!("{field}.timeout_seconds"), expected)
                .got(action.timeout_seconds),
        );
    }
    if action.parameter_bytes() > MAX_PARAMETER_BYTES {
        let expected = format!("at most {MAX_PARAMETER_BYTES} bytes, names and values");
        problems.push(
            FieldProblem::new(format!("{field}.parameters"), expected)
                .got(action.parameter_bytes()),
        );
    }
    for (name, values) in &action.parameters {
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.is_empty() || name.len() > 64 || !is_name {
            let expected = "parameters named with 1 to 64 letters, digits or '_'";
            problems.push(FieldProblem::new(format!("{field}.parameters"), expected).got(name));
        }
        // DynamoDB and SSM alike take no control characters but those that a script has.
        let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if values.iter().any(|value| value.chars().any(is_odd)) {
            let expected = "texts without control characters but line breaks and tabs";
            problems.push(FieldProblem::new(
                format!("{field}.parameters.{name}"),
                expected,
            ));
        }
    }
    problems
}

fn of_target(field: &str, side: ActionSide, on: &ActionTarget) -> Option<FieldProblem> {
    match on {
        ActionTarget::Wave if side == ActionSide::Before => Some(
            FieldProblem::new(
                format!("{field}.on"),
                "instance_ids: before a wave none of its instances is launched",
            )
            .got("WAVE"),
        ),
        ActionTarget::Instances(ids) if !(1..=MAX_NAMED_INSTANCES).contains(&ids.len()) => {
            let expected = format!("1 to {MAX_NAMED_INSTANCES} instance ids");
            Some(FieldProblem::new(format!("{field}.on.instance_ids"), expected).got(ids.len()))
        }
        ActionTarget::Wave | ActionTarget::Instances(_) => None,
    }
}

fn is_document(name: &str) -> bool {
    let of = |signs: &str| {
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || signs.contains(c))
    };
    if name.starts_with("arn:aws") {
        return name.contains(":ssm:")
            && name.contains(":document/")
            && name.len() <= ARN_CHARS
            && of(ARN_SIGNS);
    }
    NAME_CHARS.contains(&name.len()) && of(DOCUMENT_SIGNS)
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
