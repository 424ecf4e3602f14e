//! What is refused at load: everything unknown, and everything that could not work, all at once.

#![expect(clippy::unwrap_used, reason = "tests")]

use dr_asl::Machine;
use serde_json::{Value, json};

fn problems(definition: &Value) -> Vec<String> {
    match Machine::parse(&definition.to_string()) {
        Ok(_) => Vec::new(),
        Err(refused) => refused.problems.iter().map(ToString::to_string).collect(),
    }
}

/// The problems of a machine whose only state is given.
fn of(state: Value) -> Vec<String> {
    problems(&json!({"StartAt": "A", "States": {"A": state}}))
}

fn task(extra: Value) -> Value {
    let mut state = json!({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "f"}, "End": true});
    state
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    state
}

#[test]
fn every_problem_is_told_with_its_place() {
    let definition = json!({
        "StartAt": "Gone", "Version": "2.0", "Colour": "blue",
        "States": {
            "A": {"Type": "Pass", "Next": "Nowhere", "Assign": {}},
            "B": {"Type": "Choice", "Choices": [{"Variable": "$.x", "NumericEquals": "1", "Next": "A"}]},
            "C/D": {"Type": "Activity"},
        },
    });
    assert_eq!(
        problems(&definition),
        [
            "/Version: only version 1.0 is supported",
            "/States/A/Assign: this field is not supported here",
            "/States/B/Choices/0/NumericEquals: must be a number",
            "/States/C~1D/Type: the state type \"Activity\" is not supported",
            "/StartAt: there is no state \"Gone\"",
            "/States/A/Next: there is no state \"Nowhere\" here",
            "/Colour: this field is not supported here",
        ]
    );
}

#[test]
fn text_that_is_not_json_is_refused() {
    let refused = Machine::parse("{").unwrap_err();
    assert!(
        refused.problems[0].message.starts_with("not JSON"),
        "{refused}"
    );
    assert_eq!(problems(&json!([])), ["/: must be an object"]);
}

#[test]
fn missing_parts_are_named() {
    assert_eq!(
        problems(&json!({})),
        [
            "/: the field \"StartAt\" is missing",
            "/: the field \"States\" is missing"
        ]
    );
    assert_eq!(
        problems(&json!({"StartAt": "A", "States": {}})),
        [
            "/States: there are no states",
            "/StartAt: there is no state \"A\""
        ]
    );
    assert_eq!(
        of(json!({"End": true})),
        ["/States/A: the field \"Type\" is missing"]
    );
}

#[test]
fn unreachable_states_and_flows_without_an_end_are_refused() {
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"},
        "C": {"Type": "Pass", "Next": "A"}}});
    assert_eq!(
        problems(&definition),
        [
            "/States/C: nothing leads to this state",
            "/States: no state ends the flow (End, Succeed or Fail)"
        ]
    );
}

#[test]
fn a_transition_cannot_leave_its_branch_and_names_are_unique_in_the_machine() {
    let branch = json!({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Out"}}});
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Parallel", "Branches": [branch], "Next": "Out"},
        "Out": {"Type": "Succeed"}}});
    assert_eq!(
        problems(&definition),
        [
            "/States/A/Branches/0/States/A: the state name \"A\" is used twice",
            "/States/A/Branches/0/States/A/Next: there is no state \"Out\" here",
            "/States/A/Branches/0/States: no state ends the flow (End, Succeed or Fail)",
        ]
    );
}

#[test]
fn next_and_end_exclude_each_other() {
    for state in [
        json!({"Type": "Pass"}),
        json!({"Type": "Pass", "Next": "A", "End": true}),
    ] {
        assert_eq!(
            of(state)[0],
            "/States/A: a state has exactly one of Next and End"
        );
    }
    assert_eq!(
        of(json!({"Type": "Pass", "End": false}))[0],
        "/States/A/End: must be true"
    );
}

#[test]
fn only_lambda_invoke_is_supported() {
    for resource in [
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "arn:aws:states:::sns:publish",
        "arn:aws:states:::lambda:invoke.sync",
    ] {
        let told = of(task(json!({"Resource": resource})));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("/States/A/Resource: "), "{told:?}");
    }
}

#[test]
fn parameters_of_a_task_are_checked() {
    assert_eq!(
        of(task(
            json!({"Parameters": {"FunctionName": "${Fn}", "Qualifier": "1"}})
        )),
        [
            "/States/A/Parameters/FunctionName: must be a function name with every ${...} resolved",
            "/States/A/Parameters/Qualifier: this field is not supported here",
        ]
    );
    assert_eq!(
        of(task(json!({"Parameters": {"Payload.$": "$$.Task.Token"}}))),
        [
            "/States/A/Parameters: the field \"FunctionName\" is missing",
            "/States/A/Parameters: $$.Task.Token exists only in the Parameters of a \
             .waitForTaskToken task",
        ]
    );
    assert_eq!(
        of(task(json!({"HeartbeatSeconds": 5, "TimeoutSeconds": 5}))),
        [
            "/States/A/HeartbeatSeconds: without a task token nobody can send a heartbeat",
            "/States/A/HeartbeatSeconds: must be smaller than TimeoutSeconds",
        ]
    );
}

#[test]
fn paths_that_name_more_than_one_node_are_refused() {
    for path in [
        "$.a[*]",
        "$..a",
        "$.a[?(@.b)]",
        "$.a[0:2]",
        "$.a[-1]",
        "a",
        "$.",
        "$.a.",
        "$['a",
    ] {
        let told = of(json!({"Type": "Pass", "InputPath": path, "End": true}));
        assert_eq!(told.len(), 1, "{path}: {told:?}");
        assert!(told[0].starts_with("/States/A/InputPath: "), "{told:?}");
    }
    for path in [
        "$",
        "$.a-b_c.d",
        "$['a b'].c[0]",
        "$[\"x\"]['y']",
        "$$.Execution.Id",
    ] {
        assert!(
            of(json!({"Type": "Pass", "InputPath": path, "End": true})).is_empty(),
            "{path}"
        );
    }
    assert_eq!(
        of(json!({"Type": "Pass", "ResultPath": "$$.a", "End": true})).len(),
        1
    );
}

#[test]
fn templates_and_functions_are_checked_where_they_stand() {
    let parameters = json!({
        "a.$": "plain", "b": [{"c.$": "States.UUID()"}], "d.$": 1, "e": 1, "e.$": "$.e",
        "f.$": "States.Format('open", "g.$": "States.MathAdd(1)", "h.$": "States.Array(x)",
    });
    assert_eq!(
        of(json!({"Type": "Pass", "Parameters": parameters, "End": true})),
        [
            "/States/A/Parameters/a.$: must be a path or an intrinsic function",
            "/States/A/Parameters/b/0/c.$: the intrinsic function States.UUID is not supported",
            "/States/A/Parameters/d.$: must be a string",
            "/States/A/Parameters/e.$: \"e\" is given twice",
            "/States/A/Parameters/f.$: a string is not closed",
            "/States/A/Parameters/g.$: States.MathAdd does not take 1 arguments",
            "/States/A/Parameters/h.$: \"x\" is not an argument",
        ]
    );
}

#[test]
fn retry_and_catch_are_checked() {
    let retry = json!([
        {"ErrorEquals": ["States.ALL", "Bad"], "IntervalSeconds": 0},
        {"ErrorEquals": ["States.Nope"], "BackoffRate": 0.5, "JitterStrategy": "SOME", "Tries": 1},
        {"ErrorEquals": [], "MaxDelaySeconds": 1, "MaxAttempts": -1},
    ]);
    assert_eq!(
        of(task(
            json!({"Retry": retry, "Catch": [{"ErrorEquals": ["Bad"]}]})
        )),
        [
            "/States/A/Retry/0/ErrorEquals: States.ALL must stand alone and in the last place",
            "/States/A/Retry/0/IntervalSeconds: must be an integer from 1 to 99999999",
            "/States/A/Retry/1/ErrorEquals/0: \"States.Nope\" is not an error name of the service",
            "/States/A/Retry/1/BackoffRate: must be a number of at least 1.0",
            "/States/A/Retry/1/JitterStrategy: must be NONE or FULL",
            "/States/A/Retry/1/Tries: this field is not supported here",
            "/States/A/Retry/2/ErrorEquals: must be an array that is not empty",
            "/States/A/Retry/2/MaxAttempts: must be an integer from 0 to 99999999",
            "/States/A/Retry/2/MaxDelaySeconds: must be greater than IntervalSeconds",
            "/States/A/Catch/0: the field \"Next\" is missing",
        ]
    );
}

#[test]
fn choice_rules_have_one_operator_each() {
    let rules = json!([
        {"Variable": "$.a", "Next": "B"},
        {"Variable": "$.a", "IsNull": true, "IsString": true, "Next": "B"},
        {"Variable": "$.a", "BooleanLessThan": true, "Next": "B"},
        {"And": [{"Variable": "$.a", "IsNull": true, "Next": "B"}], "Next": "B"},
        {"IsNull": "yes", "Next": "B"},
        {"Variable": "$.a", "TimestampEquals": "noon", "Next": "B"},
    ]);
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Choice", "Choices": rules}, "B": {"Type": "Succeed"}}});
    let one = "a rule has exactly one of And, Or, Not and the comparison operators";
    assert_eq!(
        problems(&definition),
        [
            format!("/States/A/Choices/0: {one}"),
            format!("/States/A/Choices/1: {one}"),
            format!("/States/A/Choices/2: {one}"),
            "/States/A/Choices/2/BooleanLessThan: this field is not supported here".to_owned(),
            "/States/A/Choices/3/And/0/Next: this field is not supported here".to_owned(),
            "/States/A/Choices/4: the field \"Variable\" is missing".to_owned(),
            "/States/A/Choices/4/IsNull: must be true or false".to_owned(),
            "/States/A/Choices/5/TimestampEquals: must be an RFC 3339 timestamp".to_owned(),
        ]
    );
}

#[test]
fn what_a_map_offers_beyond_inline_is_refused() {
    let processor = json!({"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "I", "States": {"I": {"Type": "Succeed"}}});
    assert_eq!(
        of(json!({"Type": "Map", "ItemProcessor": processor, "ItemReader": {}, "End": true})),
        [
            "/States/A/ItemProcessor/ProcessorConfig/Mode: only INLINE is supported",
            "/States/A/ItemProcessor/ProcessorConfig/ExecutionType: this field is not supported here",
            "/States/A/ItemReader: this field is not supported here",
        ]
    );
}

#[test]
fn jsonata_is_refused() {
    assert_eq!(
        of(json!({"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% 1 %}", "End": true})),
        [
            "/States/A/QueryLanguage: only JSONPath is supported",
            "/States/A/Output: this field is not supported here",
        ]
    );
}

#[test]
fn a_wait_has_one_way_to_wait() {
    for state in [
        json!({"Type": "Wait", "End": true}),
        json!({"Type": "Wait", "Seconds": 1, "Timestamp": "2026-01-01T00:00:00Z", "End": true}),
    ] {
        assert_eq!(of(state).len(), 1);
    }
    assert_eq!(
        of(json!({"Type": "Wait", "Seconds": -1, "End": true})).len(),
        1
    );
}
