//! Pass, Choice, Wait, Succeed and Fail where ministack has no say: failures, quotas, and what it
//! does not know.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use dr_asl::{Execution, Identity, MAX_HISTORY_EVENTS, MAX_PAYLOAD_BYTES, Machine, StartError};
use serde_json::{Value, json};
use support::{Stage, task};

/// Whether a Choice with one rule takes it.
fn takes(rule: Value, input: Value) -> bool {
    let mut rule = rule;
    rule.as_object_mut()
        .unwrap()
        .insert("Next".to_owned(), json!("Yes"));
    let definition = json!({"StartAt": "C", "States": {
        "C": {"Type": "Choice", "Choices": [rule], "Default": "No"},
        "Yes": {"Type": "Pass", "Result": true, "End": true},
        "No": {"Type": "Pass", "Result": false, "End": true}}});
    let mut stage = Stage::start(&definition, input);
    stage.advance();
    stage.output() == &json!(true)
}

#[test]
fn comparisons_with_paths_and_times_hold_as_written() {
    let input = json!({"s": "b", "a": "a", "t": "2026-01-01T00:00:00Z",
        "u": "2026-01-01T02:00:00+01:00", "n": 2, "f": 2.0, "yes": true});
    for (operator, variable, operand, holds) in [
        ("StringLessThanPath", "$.a", "$.s", true),
        ("StringGreaterThanPath", "$.a", "$.s", false),
        ("StringLessThanEqualsPath", "$.a", "$.a", true),
        ("StringGreaterThanEqualsPath", "$.a", "$.s", false),
        ("TimestampEqualsPath", "$.t", "$.t", true),
        ("TimestampLessThanPath", "$.t", "$.u", true),
        ("TimestampGreaterThanPath", "$.t", "$.u", false),
        ("TimestampLessThanEqualsPath", "$.u", "$.t", false),
        ("TimestampGreaterThanEqualsPath", "$.u", "$.t", true),
        ("NumericEqualsPath", "$.n", "$.f", true),
        ("NumericEqualsPath", "$.n", "$.s", false),
        ("BooleanEqualsPath", "$.yes", "$.n", false),
        ("StringEqualsPath", "$$.Execution.Name", "$.s", false),
    ] {
        let rule = json!({"Variable": variable, operator: operand});
        assert_eq!(
            takes(rule, input.clone()),
            holds,
            "{operator} {variable} {operand}"
        );
    }
}

#[test]
fn patterns_match_with_stars_and_escapes() {
    for (pattern, text, holds) in [
        ("*", "", true),
        ("web-*.log", "web-1.log", true),
        ("web-*.log", "web-.log", true),
        ("web-*.log", "web-1.log.gz", false),
        ("*a*b*", "xxaxxbxx", true),
        ("*ab*ab", "abab", true),
        ("ab*ab", "ab", false),
        ("a\\*b", "a*b", true),
        ("a\\*b", "axb", false),
        ("a\\\\b", "a\\b", true),
        ("plain", "plain", true),
        ("plain", "plainer", false),
    ] {
        let rule = json!({"Variable": "$.v", "StringMatches": pattern});
        assert_eq!(
            takes(rule, json!({"v": text})),
            holds,
            "{pattern} on {text}"
        );
    }
}

#[test]
fn a_condition_on_a_missing_value_ends_the_execution_unless_a_rule_before_it_decides() {
    let guarded = json!({"And": [{"Variable": "$.x", "IsPresent": true},
        {"Variable": "$.x", "NumericEquals": 1}]});
    assert!(!takes(guarded, json!({})));
    let mut stage = Stage::start(
        &json!({"StartAt": "C", "States": {
            "C": {"Type": "Choice", "Default": "S",
                "Choices": [{"Variable": "$.x", "NumericEquals": 1, "Next": "S"}]},
            "S": {"Type": "Succeed"}}}),
        json!({}),
    );
    stage.advance();
    assert_eq!(stage.error(), "States.Runtime");
    assert_eq!(
        stage.types(),
        ["ExecutionStarted", "ChoiceStateEntered", "ExecutionFailed"]
    );
}

#[test]
fn a_wait_lasts_as_long_as_it_says_and_survives_a_restart() {
    let mut stage = Stage::of(
        json!({"Type": "Wait", "SecondsPath": "$.s", "OutputPath": "$.s", "End": true}),
        json!({"s": 90}),
    );
    stage.advance();
    assert_eq!(stage.due_in(), Some(90));
    stage.later(89);
    assert_eq!(stage.types().last(), Some(&"WaitStateEntered"));
    stage.later(1);
    assert_eq!(stage.output(), &json!(90));
}

#[test]
fn a_wait_until_a_moment_is_over_at_that_moment() {
    let mut stage = Stage::of(
        json!({"Type": "Wait", "TimestampPath": "$.at", "End": true}),
        json!({"at": "2026-01-01T01:00:30+01:00"}),
    );
    stage.advance();
    assert_eq!(stage.due_in(), Some(30));
}

#[test]
fn a_wait_for_nonsense_ends_the_execution() {
    for (field, value) in [
        ("SecondsPath", json!(-1)),
        ("SecondsPath", json!("5")),
        ("TimestampPath", json!("tomorrow")),
    ] {
        let mut stage = Stage::of(
            json!({"Type": "Wait", field: "$.v", "End": true}),
            json!({"v": value}),
        );
        stage.advance();
        assert_eq!(stage.error(), "States.Runtime");
    }
}

#[test]
fn a_fail_state_may_say_nothing() {
    let mut stage = Stage::of(json!({"Type": "Fail"}), json!({}));
    stage.advance();
    assert_eq!(stage.error(), "no error name");
    assert_eq!(
        stage.types(),
        ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]
    );
}

#[test]
fn intrinsic_functions_that_fail_end_the_execution() {
    for call in [
        "States.StringToJson('{')",
        "States.StringToJson($.n)",
        "States.MathAdd($.n, 'two')",
        "States.Format('{} {}', $.n)",
        "States.Format('{}', $.n, $.n)",
        "States.Format('{}', $.missing)",
    ] {
        let mut stage = Stage::of(
            json!({"Type": "Pass", "Parameters": {"v.$": call}, "End": true}),
            json!({"n": 1}),
        );
        stage.advance();
        assert_eq!(stage.error(), "States.Runtime", "{call}");
    }
}

#[test]
fn an_input_over_the_quota_is_refused_at_the_start() {
    let machine =
        Machine::parse(r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#).unwrap();
    let start = |length: usize| {
        let input = json!("x".repeat(length));
        let now = chrono::DateTime::UNIX_EPOCH;
        Execution::start(&machine, Identity::local("m", "e"), input, 0, now).map(|_| ())
    };
    // Two quotation marks belong to the JSON text.
    assert_eq!(start(MAX_PAYLOAD_BYTES - 2), Ok(()));
    let bytes = MAX_PAYLOAD_BYTES + 1;
    assert_eq!(
        start(MAX_PAYLOAD_BYTES - 1),
        Err(StartError::InputTooLong { bytes })
    );
}

#[test]
fn a_result_over_the_quota_fails_its_task_and_states_all_does_not_catch_it() {
    let catch = json!([{"ErrorEquals": ["States.ALL"], "Next": "B"}]);
    let definition = json!({"StartAt": "A", "States": {
        "A": task(json!({"Catch": catch, "Next": "B"})), "B": {"Type": "Succeed"}}});
    let mut stage = Stage::start(&definition, json!({}));
    let call = stage.task();
    stage.succeed(&call, json!("x".repeat(MAX_PAYLOAD_BYTES)));
    assert_eq!(stage.error(), "States.DataLimitExceeded");
}

#[test]
fn an_endless_loop_ends_at_the_history_quota() {
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Choice", "Default": "B",
            "Choices": [{"Variable": "$.stop", "IsPresent": true, "Next": "S"}]},
        "B": {"Type": "Pass", "Next": "A"}, "S": {"Type": "Succeed"}}});
    let mut stage = Stage::start(&definition, json!({}));
    stage.advance();
    assert_eq!(stage.error(), "States.Runtime");
    assert_eq!(stage.execution.history().len(), MAX_HISTORY_EVENTS);
    assert_eq!(stage.types().last(), Some(&"ExecutionFailed"));
}

#[test]
fn the_history_quota_ends_a_map_as_well() {
    let processor = json!({"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}});
    let items: Vec<u32> = (0..10_000).collect();
    let mut stage = Stage::of(
        json!({"Type": "Map", "ItemProcessor": processor, "End": true}),
        json!(items),
    );
    stage.advance();
    assert_eq!(stage.error(), "States.Runtime");
    assert_eq!(stage.execution.history().len(), MAX_HISTORY_EVENTS);
}

/// What a Pass makes of a template.
fn made(parameters: Value, input: Value) -> Value {
    let mut stage = Stage::of(
        json!({"Type": "Pass", "Parameters": parameters, "End": true}),
        input,
    );
    stage.advance();
    stage.output().clone()
}

#[test]
fn paths_find_keys_indexes_and_the_context() {
    let input = json!({"list": ["zero", {"odd name": "one"}], "a": {"b-c": 2}, "null": null});
    let whole = json!({
        "Id": "arn:aws:states:us-east-1:000000000000:execution:stage:one", "Input": input,
        "Name": "one", "StartTime": "2026-01-01T00:00:00.000Z",
    });
    let parameters = json!({
        "first.$": "$.list[0]", "odd.$": "$.list[1]['odd name']", "deep.$": "$['a']['b-c']",
        "null.$": "$.null", "name.$": "$$.Execution.Name", "id.$": "$$.Execution.Id",
        "state.$": "$$.State.Name", "entered.$": "$$.State.EnteredTime",
        "started.$": "$$.Execution.StartTime", "machine.$": "$$.StateMachine.Name",
        "input.$": "$$.Execution.Input.a", "list.$": "$$.Execution.Input.list[0]",
        "whole.$": "$$.Execution", "retries.$": "$$.State.RetryCount",
    });
    assert_eq!(
        made(parameters, input),
        json!({
            "first": "zero", "odd": "one", "deep": 2, "null": null, "name": "one",
            "id": "arn:aws:states:us-east-1:000000000000:execution:stage:one",
            "state": "A", "entered": "2026-01-01T00:00:00.000Z",
            "started": "2026-01-01T00:00:00.000Z", "machine": "stage", "input": {"b-c": 2},
            "list": "zero", "whole": whole, "retries": 0,
        })
    );
}

#[test]
fn intrinsic_functions_give_what_the_developer_guide_says() {
    let input = json!({"n": 3, "who": "it's {me}", "text": "{\"a\":[1,null]}"});
    let parameters = json!({
        "format.$": "States.Format('{}: \\{{}\\} it\\'s', $.who, $.n)",
        "parsed.$": "States.StringToJson($.text)",
        "text.$": "States.JsonToString(States.Array($.n, 'a, b', null, true, -1.5))",
        "sum.$": "States.MathAdd(States.MathAdd($.n, -10), 1)",
    });
    assert_eq!(
        made(parameters, input),
        json!({
            "format": "it's {me}: {3} it's", "parsed": {"a": [1, null]},
            "text": "[3,\"a, b\",null,true,-1.5]", "sum": -6,
        })
    );
}

#[test]
fn a_result_path_makes_objects_and_replaces_elements() {
    let passed = |path: &str, input: Value| {
        let mut stage = Stage::of(
            json!({"Type": "Pass", "Result": 9, "ResultPath": path, "End": true}),
            input,
        );
        stage.advance();
        match stage.execution.status() {
            dr_asl::Status::Succeeded { output } => output.clone(),
            _ => json!(stage.error()),
        }
    };
    assert_eq!(passed("$", json!({"a": 1})), json!(9));
    assert_eq!(
        passed("$.b.c", json!({"a": 1})),
        json!({"a": 1, "b": {"c": 9}})
    );
    assert_eq!(passed("$.l[1]", json!({"l": [1, 2]})), json!({"l": [1, 9]}));
    for (path, input) in [
        ("$.l[2]", json!({"l": [1, 2]})),
        ("$.a.b", json!({"a": 1})),
        ("$.a", json!([1])),
    ] {
        assert_eq!(
            passed(path, input),
            json!("States.ResultPathMatchFailure"),
            "{path}"
        );
    }
}
