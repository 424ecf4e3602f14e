//! What must be so in a recovery plan and in a group before it is stored.

use std::collections::BTreeSet;

use dr_error::{Error, FieldProblem, Result};
use dr_model::group::{ProtectionGroup, Selection};
use dr_model::ids::GroupId;
use dr_model::plan::{MAX_WAVES, RecoveryPlan, Wave};
use dr_store::PageRequest;

use crate::app::App;
use crate::recovery::actions::check;

/// Servers that one group may name. More are chosen by tags.
const MAX_SERVER_IDS: usize = 4_000;
/// Tags that one group may ask for: as many as a source server can have.
const MAX_TAGS: usize = 50;
/// Most groups in a wave.
const MAX_GROUPS: usize = 50;

/// Checks the shape of waves. Pure.
///
/// # Errors
/// [`Error::Invalid`] naming each field.
pub fn check_waves(waves: &[Wave]) -> Result<()> {
    let mut problems = Vec::new();
    if waves.is_empty() || waves.len() > MAX_WAVES {
        problems
            .push(FieldProblem::new("waves", format!("1 to {MAX_WAVES} waves")).got(waves.len()));
    }
    let mut seen = BTreeSet::new();
    for (index, wave) in waves.iter().enumerate() {
        let name = wave.name.trim();
        if name.is_empty() || name.chars().count() > 128 || name.chars().any(char::is_control) {
            problems.push(FieldProblem::new(
                format!("waves[{index}].name"),
                "a name of 1 to 128 characters without control characters",
            ));
        }
        if wave.group_ids.is_empty() || wave.group_ids.len() > MAX_GROUPS {
            let expected = format!("1 to {MAX_GROUPS} groups");
            problems.push(
                FieldProblem::new(format!("waves[{index}].group_ids"), expected)
                    .got(wave.group_ids.len()),
            );
        }
        for (at, group) in wave.group_ids.iter().enumerate() {
            if !seen.insert(group) {
                problems.push(
                    FieldProblem::new(
                        format!("waves[{index}].group_ids[{at}]"),
                        "each group in one wave only",
                    )
                    .got(group),
                );
            }
        }
    }
    problems.extend(check::problems(waves));
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(problems))
    }
}

/// Checks that a plan's groups exist and fail over in one direction.
///
/// # Errors
/// [`Error::Invalid`] naming each field.
pub async fn check_groups(app: &App, waves: &[Wave]) -> Result<()> {
    let ids: Vec<GroupId> = waves
        .iter()
        .flat_map(|wave| wave.group_ids.iter().cloned())
        .collect();
    let groups = app.store().groups_by_id(&ids).await?;
    let mut problems = Vec::new();
    let mut first: Option<&ProtectionGroup> = None;
    for (index, wave) in waves.iter().enumerate() {
        for (at, id) in wave.group_ids.iter().enumerate() {
            let field = format!("waves[{index}].group_ids[{at}]");
            let Some(group) = groups.iter().find(|group| group.id == *id) else {
                problems.push(FieldProblem::new(field, "a protection group that exists").got(id));
                continue;
            };
            if first.get_or_insert(group).direction != group.direction {
                problems.push(
                    FieldProblem::new(
                        field,
                        "a group that fails over from and to the same places as the others",
                    )
                    .got(id),
                );
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(problems))
    }
}

/// Checks the shape of a selection. Pure.
///
/// # Errors
/// [`Error::Invalid`] on `selection`.
pub fn check_selection(selection: &Selection) -> Result<()> {
    match selection {
        Selection::ServerIds(ids) if ids.is_empty() || ids.len() > MAX_SERVER_IDS => {
            Err(Error::invalid(
                "selection.server_ids",
                format!("1 to {MAX_SERVER_IDS} servers"),
            ))
        }
        Selection::Tags(tags) if tags.is_empty() || tags.len() > MAX_TAGS => Err(Error::invalid(
            "selection.tags",
            format!("1 to {MAX_TAGS} tags: no tag at all would mean every server"),
        )),
        Selection::Tags(tags)
            if tags.iter().any(|(key, value)| {
                let is_control = |text: &str| text.chars().any(char::is_control);
                key.is_empty()
                    || key.chars().count() > 128
                    || value.chars().count() > 256
                    || is_control(key)
                    || is_control(value)
            }) =>
        {
            Err(Error::invalid(
                "selection.tags",
                "keys of 1 to 128 and values of at most 256 characters, none of them a control character, as AWS allows",
            ))
        }
        Selection::ServerIds(_) | Selection::Tags(_) => Ok(()),
    }
}

/// Plans that use a group. O(plans): there are dozens, and a group is deleted rarely.
///
/// # Errors
/// What the store answers.
pub async fn plans_with_group(app: &App, group: &GroupId) -> Result<Vec<RecoveryPlan>> {
    let mut found = Vec::new();
    let mut page = PageRequest::first(dr_store::MAX_PAGE);
    loop {
        let next = app.store().plans(&page).await?;
        found.extend(
            next.items
                .into_iter()
                .filter(|plan| plan.waves.iter().any(|wave| wave.group_ids.contains(group))),
        );
        match next.next_token {
            Some(token) => page.next_token = Some(token),
            None => return Ok(found),
        }
    }
}

/// Every group of a direction.
///
/// # Errors
/// What the store answers.
pub async fn all_groups(app: &App) -> Result<Vec<ProtectionGroup>> {
    let mut found = Vec::new();
    let mut page = PageRequest::first(dr_store::MAX_PAGE);
    loop {
        let next = app.store().groups(&page).await?;
        found.extend(next.items);
        match next.next_token {
            Some(token) => page.next_token = Some(token),
            None => return Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use dr_model::plan::{OnFailure, Wave};

    use super::check_waves;

    fn wave(groups: &[u32]) -> Wave {
        Wave {
            name: "w".into(),
            group_ids: groups
                .iter()
                .map(|n| {
                    format!("pg-00000000-0000-0000-0000-{n:012}")
                        .parse()
                        .unwrap()
                })
                .collect(),
            pause_before: false,
            on_failure: OnFailure::Continue,
            actions_before: Vec::new(),
            actions_after: Vec::new(),
        }
    }

    #[test]
    fn a_group_in_two_waves_would_be_launched_twice_and_is_refused() {
        assert!(check_waves(&[wave(&[1, 2]), wave(&[3])]).is_ok());
        assert!(check_waves(&[wave(&[1, 2]), wave(&[2])]).is_err());
        assert!(check_waves(&[wave(&[1, 1])]).is_err());
    }

    #[test]
    fn a_plan_has_one_to_twenty_waves_with_groups() {
        assert!(check_waves(&[]).is_err());
        assert!(check_waves(&[wave(&[])]).is_err());
        let many: Vec<Wave> = (0..21).map(|n| wave(&[n])).collect();
        assert!(check_waves(&many).is_err());
        assert!(check_waves(&many[..20]).is_ok());
    }
}
