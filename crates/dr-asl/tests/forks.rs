//! Parallel and Map: lanes side by side, their order, their failures.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use dr_asl::{Delivery, TaskCall};
use serde_json::{Value, json};
use support::{Stage, callback, task};

fn map(extra: Value) -> Value {
    let mut state = json!({"Type": "Map", "End": true, "ItemProcessor": {
        "StartAt": "I", "States": {"I": task(json!({"OutputPath": "$.Payload"}))}}});
    state
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    state
}

fn payloads(calls: &[TaskCall]) -> Vec<Value> {
    calls.iter().map(|call| call.payload.clone()).collect()
}

#[test]
fn a_map_starts_no_more_iterations_than_its_concurrency_and_keeps_the_order_of_results() {
    let mut stage = Stage::of(map(json!({"MaxConcurrency": 2})), json!([0, 1, 2]));
    let calls = stage.advance();
    assert_eq!(payloads(&calls), [json!(0), json!(1)]);
    stage.succeed(&calls[1], json!("b"));
    let third = stage.task();
    assert_eq!(third.payload, json!(2));
    stage.succeed(&third, json!("c"));
    assert!(stage.advance().is_empty());
    assert_eq!(stage.execution.in_flight(), vec![calls[0].clone()]);
    stage.succeed(&calls[0], json!("a"));
    assert_eq!(stage.output(), &json!(["a", "b", "c"]));
    assert_eq!(
        (
            stage.count("MapIterationStarted"),
            stage.count("MapIterationSucceeded")
        ),
        (3, 3)
    );
}

#[test]
fn a_map_without_a_limit_hands_out_everything_at_once() {
    let mut stage = Stage::of(map(json!({})), json!((0..1000).collect::<Vec<_>>()));
    let calls = stage.advance();
    assert_eq!(calls.len(), 1000);
    assert_eq!(stage.count("MapStateStarted"), 1);
}

#[test]
fn a_failed_iteration_cuts_off_its_siblings() {
    let mut stage = Stage::of(map(json!({"MaxConcurrency": 2})), json!([0, 1, 2]));
    let calls = stage.advance();
    stage.fail(&calls[1], "Bad");
    assert_eq!(stage.error(), "Bad");
    assert_eq!(stage.finish(&calls[0], Ok(json!(1))), Ok(Delivery::Late));
    let types = stage.types();
    assert_eq!(
        types[types.len() - 6..],
        [
            "TaskFailed",
            "MapIterationFailed",
            "TaskStateAborted",
            "MapIterationAborted",
            "MapStateFailed",
            "ExecutionFailed"
        ]
    );
}

#[test]
fn items_that_are_no_array_end_the_execution() {
    let mut stage = Stage::of(map(json!({"ItemsPath": "$.items"})), json!({"items": 3}));
    stage.advance();
    assert_eq!(stage.error(), "States.Runtime");
}

fn two_branches(extra: Value) -> Value {
    let branch = |name: &str, function: &str| {
        let state = task(json!({
            "Parameters": {"FunctionName": function, "Payload.$": "$"}, "OutputPath": "$.Payload"
        }));
        json!({"StartAt": name, "States": {name: state}})
    };
    let mut state =
        json!({"Type": "Parallel", "End": true, "Branches": [branch("L", "l"), branch("R", "r")]});
    state
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    state
}

#[test]
fn events_of_branches_descend_from_the_fork() {
    let mut stage = Stage::of(two_branches(json!({})), json!({}));
    let calls = stage.advance();
    stage.succeed(&calls[1], json!("right"));
    stage.succeed(&calls[0], json!("left"));
    assert_eq!(stage.output(), &json!(["left", "right"]));
    let events = stage.execution.history();
    let started = events
        .iter()
        .find(|e| e.event_type.as_str() == "ParallelStateStarted")
        .unwrap();
    let firsts: Vec<_> = events
        .iter()
        .filter(|event| event.previous_event_id == started.id)
        .map(|event| event.event_type.as_str())
        .collect();
    assert_eq!(firsts, ["TaskStateEntered", "TaskStateEntered"]);
    assert!(
        events
            .iter()
            .all(|event| event.previous_event_id < event.id)
    );
}

#[test]
fn a_retried_parallel_begins_all_branches_anew() {
    let retry = json!({"Retry": [{"ErrorEquals": ["Bad"], "IntervalSeconds": 4}]});
    let mut stage = Stage::of(two_branches(retry), json!({}));
    let calls = stage.advance();
    stage.fail(&calls[0], "Bad");
    assert_eq!(
        (stage.due_in(), stage.execution.in_flight().len()),
        (Some(4), 0)
    );
    let again = stage.later(4);
    assert_eq!(again.len(), 2);
    assert!(
        again
            .iter()
            .all(|call| calls.iter().all(|old| old.id != call.id))
    );
    for call in &again {
        stage.succeed(call, json!(1));
    }
    assert_eq!(stage.output(), &json!([1, 1]));
    assert_eq!(
        (
            stage.count("ParallelStateStarted"),
            stage.count("ParallelStateFailed")
        ),
        (2, 1)
    );
}

#[test]
fn an_error_nobody_may_catch_passes_through_a_parallel() {
    let inner = json!({"StartAt": "P", "States": {
        "P": {"Type": "Pass", "InputPath": "$.missing", "End": true}}});
    let state = json!({"Type": "Parallel", "Branches": [inner], "Next": "B",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]});
    let definition = json!({"StartAt": "A", "States": {"A": state, "B": {"Type": "Succeed"}}});
    let mut stage = Stage::start(&definition, json!({}));
    stage.advance();
    assert_eq!(stage.error(), "States.Runtime");
}

#[test]
fn a_waiting_sibling_is_aborted_by_its_type() {
    let branches = json!([
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": true}}},
        {"StartAt": "T", "States": {"T": task(json!({}))}},
        {"StartAt": "M", "States": {"M": map(json!({}))}},
    ]);
    let mut stage = Stage::of(
        json!({"Type": "Parallel", "Branches": branches, "End": true}),
        json!([1]),
    );
    let calls = stage.advance();
    assert_eq!(stage.due_in(), Some(100));
    stage.fail(&calls[0], "Bad");
    let types = stage.types();
    let from = types.iter().position(|name| *name == "TaskFailed").unwrap();
    assert_eq!(
        types[from..],
        [
            "TaskFailed",
            "WaitStateAborted",
            "TaskStateAborted",
            "MapIterationAborted",
            "MapStateAborted",
            "ParallelStateFailed",
            "ExecutionFailed"
        ]
    );
}

#[test]
fn tokens_of_iterations_are_told_apart() {
    let processor = json!({"StartAt": "I", "States": {"I": callback(json!({}))}});
    let mut stage = Stage::of(
        json!({"Type": "Map", "ItemProcessor": processor, "End": true}),
        json!(["a", "b", "c"]),
    );
    let calls = stage.advance();
    let tokens: Vec<String> = calls
        .iter()
        .map(|call| call.token.clone().unwrap())
        .collect();
    for (index, token) in tokens.iter().enumerate().rev() {
        assert_eq!(stage.token_success(token, json!(index)), Ok(()));
    }
    assert_eq!(stage.output(), &json!([0, 1, 2]));
}
