//! An action in its fields, and back.

use dr_model::action::{ActionSide, ActionTarget, SsmAction};
use serde_json::json;

use super::{DraftAction, ON_INSTANCES};

fn action(parameters: &serde_json::Value) -> SsmAction {
    serde_json::from_value(json!({
        "name": "drain", "document_name": "AWS-RunShellScript", "parameters": parameters,
        "on": { "instance_ids": ["i-0000000a", "i-0000000b"] }, "timeout_seconds": 5400, "on_failure": "STOP",
        "skip_in_drills": true,
    }))
    .unwrap()
}

fn read(draft: &DraftAction) -> Result<SsmAction, Vec<String>> {
    let mut findings = Vec::new();
    let action = draft.read("a", &mut findings);
    if findings.is_empty() {
        return Ok(action);
    }
    Err(findings.into_iter().map(|one| one.subject).collect())
}

#[test]
fn an_action_that_is_not_touched_is_the_same_whatever_its_parameters_hold() {
    for parameters in [
        json!({}),
        json!({ "commands": ["systemctl stop queue", "test a=b", " indented"] }),
        json!({ "commands": [""], "workingDirectory": ["/tmp"] }),
        json!({ "commands": ["one\ntwo"] }),
        json!({ "commands": ["carriage\r"] }),
        json!({ "commands": [] }),
    ] {
        let action = action(&parameters);
        assert_eq!(
            read(&DraftAction::of(0, &action)),
            Ok(action),
            "{parameters}"
        );
    }
}

#[test]
fn every_timeout_survives_being_shown_in_minutes_or_hours() {
    let mut action = action(&json!({}));
    for seconds in (30..=7200).chain([36_000, 71_999, 72_000]) {
        action.timeout_seconds = seconds;
        assert_eq!(
            read(&DraftAction::of(0, &action)).unwrap().timeout_seconds,
            seconds
        );
    }
    action.timeout_seconds = 7200;
    let draft = DraftAction::of(0, &action);
    assert_eq!((draft.timeout.as_str(), draft.unit.as_str()), ("2", "3600"));
}

#[test]
fn a_line_is_a_value_and_a_name_again_adds_one() {
    let mut draft = DraftAction::of(0, &action(&json!({ "commands": ["true"] })));
    assert_eq!(draft.parameters, "commands=true");
    draft
        .parameters
        .push_str("\n\ncommands=echo a=b\nworkingDirectory = /tmp");
    assert_eq!(
        json!(read(&draft).unwrap().parameters),
        json!({ "commands": ["true", "echo a=b"], "workingDirectory": [" /tmp"] })
    );
}

#[test]
fn what_no_action_can_have_is_named_as_the_server_names_it() {
    let mut draft = DraftAction::new(0, ActionSide::Before);
    assert_eq!(draft.on, ON_INSTANCES);
    for (timeout, unit) in [
        ("0.4", "60"),
        ("20.01", "3600"),
        ("soon", "60"),
        ("-1", "60"),
    ] {
        (draft.timeout, draft.unit) = (timeout.to_owned(), unit.to_owned());
        assert_eq!(
            read(&draft),
            Err(vec!["a.timeout_seconds".to_owned()]),
            "{timeout}"
        );
    }
    draft.instances = "i-0000000a db-1".to_owned();
    draft.parameters = "commands".to_owned();
    assert_eq!(
        read(&draft),
        Err(vec![
            "a.parameters".to_owned(),
            "a.timeout_seconds".to_owned(),
            "a.on.instance_ids".to_owned(),
        ])
    );
    draft.parameters = "{ nothing".to_owned();
    assert_eq!(read(&draft).unwrap_err()[0], "a.parameters");
}

#[test]
fn a_new_action_after_a_wave_runs_on_what_it_launched() {
    let action = read(&DraftAction::new(1, ActionSide::After)).unwrap();
    assert_eq!(
        (action.on, action.name.as_str()),
        (ActionTarget::Wave, "action-2")
    );
}
