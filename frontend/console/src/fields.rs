//! A form: what is wrong with its fields, found here or by the server, and its end.

use dr_api::bounded::OutOfBounds;
use dr_model::role::Permission;
use leptos::prelude::*;
use ui::{Button, ButtonKind, ErrorPanel, Finding, LinkButton, Problem};

use crate::auth::use_why_not;
use crate::doing::Doing;

/// A value that fits; one that does not is added to the findings, at its field.
pub fn kept<T>(
    field: &str,
    value: Result<T, OutOfBounds>,
    findings: &mut Vec<Finding>,
) -> Option<T> {
    value
        .map_err(|error| {
            findings.push(Finding {
                subject: field.to_owned(),
                message: error.to_string(),
                remediation: None,
            });
        })
        .ok()
}

/// The form with its findings.
#[must_use]
pub fn refused(findings: Vec<Finding>) -> Problem {
    Problem {
        findings,
        ..Problem::new("VALIDATION_FAILED", "Some fields are not as they must be")
    }
}

/// What `find` finds wrong with a field, whenever either changes.
pub fn follow(
    problem: RwSignal<Option<Problem>>,
    find: fn(Option<&Problem>, &str) -> Option<String>,
    field: impl Fn() -> String + Send + Sync + 'static,
) -> Signal<Option<String>> {
    Signal::derive(move || {
        let field = field();
        problem.with(|problem| find(problem.as_ref(), &field))
    })
}

/// The end of a form: what went wrong, the button that saves it, and the way back.
#[component]
pub fn Save(
    /// What the button says.
    verb: &'static str,
    /// Who may.
    needs: Permission,
    /// How the saving goes.
    saving: Doing,
    /// Saves.
    #[prop(into)]
    on_save: Callback<()>,
    /// Where to, with nothing saved.
    back: String,
) -> impl IntoView {
    let may_not = use_why_not(needs);
    view! {
        {move || saving.problem.get().map(|problem| view! { <ErrorPanel problem=problem /> })}
        <div class="ui-row">
            <Button kind=ButtonKind::Primary why_not=may_not busy=saving.busy on_click=move |_| on_save.run(())>{verb}</Button>
            <LinkButton href=back>"Cancel"</LinkButton>
        </div>
    }
}

/// What is wrong with a field, or with a part of it: `waves[0].group_ids` and `waves[0].group_ids[1]`.
#[must_use]
pub fn error_at(problem: Option<&Problem>, field: &str) -> Option<String> {
    errors(problem, field, |rest| {
        rest.starts_with('[') && !rest.contains('.')
    })
}

/// What is wrong with a field or with anything in it: `on` and `on.instance_ids`.
#[must_use]
pub fn error_within(problem: Option<&Problem>, field: &str) -> Option<String> {
    errors(problem, field, |rest| rest.starts_with(['[', '.']))
}

fn errors(problem: Option<&Problem>, field: &str, is_part: fn(&str) -> bool) -> Option<String> {
    let is_here = |subject: &str| {
        subject
            .strip_prefix(field)
            .is_some_and(|rest| rest.is_empty() || is_part(rest))
    };
    let found: Vec<&str> = problem?
        .findings
        .iter()
        .filter(|finding| is_here(&finding.subject))
        .map(|finding| finding.message.as_str())
        .collect();
    (!found.is_empty()).then(|| found.join("; "))
}

#[cfg(test)]
mod tests {
    use ui::{Finding, Problem};

    use super::error_at;

    #[test]
    fn an_error_is_shown_at_its_field_and_at_no_other() {
        let finding = |subject: &str| Finding {
            subject: subject.to_owned(),
            message: subject.to_owned(),
            remediation: None,
        };
        let problem = Problem {
            findings: vec![
                finding("waves[1].group_ids[0]"),
                finding("waves[1].name"),
                finding("waves"),
            ],
            ..Problem::default()
        };
        let at = |field| error_at(Some(&problem), field);
        assert_eq!(
            at("waves[1].group_ids").as_deref(),
            Some("waves[1].group_ids[0]")
        );
        assert_eq!(at("waves[1].name").as_deref(), Some("waves[1].name"));
        assert_eq!(at("waves").as_deref(), Some("waves"));
        assert_eq!(at("waves[10].name"), None);
        assert_eq!(error_at(None, "waves"), None);
    }
}
