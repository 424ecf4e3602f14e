//! Tasks: results, retries, catches, timeouts.

mod support;

use dr_asl::{Delivery, Status, TaskError};
use serde_json::json;
use support::{Stage, error, task};

#[test]
fn a_task_is_handed_out_once_and_stays_in_flight_until_it_is_finished() {
    let mut stage = Stage::of(task(json!({"ResultPath": "$.r"})), json!({"id": 1}));
    let call = stage.task();
    assert_eq!(
        (call.function.as_str(), &call.payload, &call.token),
        ("f", &json!({"id": 1}), &None)
    );
    assert!(stage.advance().is_empty());
    assert_eq!(stage.execution.in_flight(), vec![call.clone()]);
    stage.succeed(&call, json!("done"));
    assert!(stage.execution.in_flight().is_empty());
    assert_eq!(
        stage.output(),
        &json!({"id": 1, "r": {"ExecutedVersion": "$LATEST", "Payload": "done", "StatusCode": 200}})
    );
    assert_eq!(
        stage.types(),
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded"
        ]
    );
}

#[test]
fn history_events_have_the_shapes_of_the_service() {
    let mut stage = Stage::of(task(json!({"TimeoutSeconds": 9})), json!({"id": 1}));
    let call = stage.task();
    stage.fail(&call, "Bad");
    let events: Vec<_> = stage
        .execution
        .history()
        .iter()
        .map(dr_asl::HistoryEvent::to_aws_json)
        .collect();
    assert_eq!(
        events[2],
        json!({
            "id": 3, "previousEventId": 2, "timestamp": 1_767_225_600.0, "type": "TaskScheduled",
            "taskScheduledEventDetails": {
                "resourceType": "lambda", "resource": "invoke", "region": "us-east-1",
                "parameters": "{\"FunctionName\":\"f\",\"Payload\":{\"id\":1}}",
                "timeoutInSeconds": 9,
            },
        })
    );
    assert_eq!(
        events[4]["taskFailedEventDetails"],
        json!({"error": "Bad", "cause": "why", "resourceType": "lambda", "resource": "invoke"})
    );
    assert_eq!(events[1]["stateEnteredEventDetails"]["name"], json!("A"));
    assert_eq!(
        events[5]["executionFailedEventDetails"],
        json!({"error": "Bad", "cause": "why"})
    );
}

#[test]
fn a_retry_waits_its_interval_times_the_backoff_up_to_the_longest_delay() {
    let retry = json!([{"ErrorEquals": ["Bad"], "IntervalSeconds": 2, "BackoffRate": 3.0,
        "MaxAttempts": 4, "MaxDelaySeconds": 10}]);
    let mut stage = Stage::of(task(json!({"Retry": retry})), json!({}));
    let mut call = stage.task();
    for wait in [2, 6, 10, 10] {
        stage.fail(&call, "Bad");
        assert_eq!(stage.due_in(), Some(wait));
        assert!(stage.later(wait - 1).is_empty());
        stage.now += chrono::TimeDelta::seconds(1);
        call = stage.task();
    }
    stage.fail(&call, "Bad");
    assert_eq!(stage.error(), "Bad");
    assert_eq!(
        (
            stage.count("TaskScheduled"),
            stage.count("TaskStateEntered")
        ),
        (5, 1)
    );
}

#[test]
fn full_jitter_waits_less_than_the_delay_and_is_the_same_for_the_same_seed() {
    let delays = || {
        let retry = json!([{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1000,
            "MaxAttempts": 5, "BackoffRate": 1.0, "JitterStrategy": "FULL"}]);
        let mut stage = Stage::of(task(json!({"Retry": retry})), json!({}));
        let mut delays = Vec::new();
        for _ in 0..5 {
            let call = stage.task();
            stage.fail(&call, "Bad");
            let due = stage.due_in().unwrap();
            assert!((0..=1000).contains(&due), "{due}");
            delays.push(due);
            stage.now += chrono::TimeDelta::seconds(due + 1);
        }
        delays
    };
    let first = delays();
    assert_eq!(first, delays());
    assert!(first.iter().any(|delay| *delay != first[0]), "{first:?}");
}

#[test]
fn a_timeout_is_reported_as_such_and_a_late_answer_changes_nothing() {
    let mut stage = Stage::of(task(json!({"TimeoutSeconds": 5})), json!({}));
    let call = stage.task();
    assert_eq!(stage.due_in(), Some(5));
    // The answer comes in the same moment as the timeout: the timeout was due first.
    stage.now += chrono::TimeDelta::seconds(5);
    assert_eq!(stage.finish(&call, Ok(json!(1))), Ok(Delivery::Late));
    assert_eq!(stage.error(), "States.Timeout");
    assert!(stage.types().contains(&"TaskTimedOut"));
    assert_eq!(stage.execution.next_due(), None);
}

#[test]
fn a_timeout_can_be_read_from_the_input() {
    let mut stage = Stage::of(
        task(json!({"TimeoutSecondsPath": "$.limit"})),
        json!({"limit": 7}),
    );
    stage.task();
    assert_eq!(stage.due_in(), Some(7));
    let mut stage = Stage::of(
        task(json!({"TimeoutSecondsPath": "$.limit"})),
        json!({"limit": "soon"}),
    );
    assert!(stage.advance().is_empty());
    assert_eq!(stage.error(), "States.Runtime");
}

/// Which of the names in a Catch an error meets.
#[test]
fn error_names_match_as_the_developer_guide_says() {
    let caught_by = |error_name: &str, name: &str| {
        let catch = json!([{"ErrorEquals": [name], "Next": "B"}]);
        let mut stage = Stage::start(
            &json!({"StartAt": "A", "States": {
                "A": task(json!({"Catch": catch, "Next": "B"})), "B": {"Type": "Succeed"}}}),
            json!({}),
        );
        let call = stage.task();
        stage.fail(&call, error_name);
        matches!(stage.execution.status(), Status::Succeeded { .. })
    };
    for (error_name, name, caught) in [
        ("Bad", "Bad", true),
        ("Bad", "bad", false),
        ("Bad", "States.ALL", true),
        ("Bad", "States.TaskFailed", true),
        ("Bad", "States.Timeout", false),
        ("States.Timeout", "States.TaskFailed", false),
        ("States.Timeout", "States.Timeout", true),
        ("States.HeartbeatTimeout", "States.Timeout", true),
        ("States.HeartbeatTimeout", "States.HeartbeatTimeout", true),
        ("States.DataLimitExceeded", "States.ALL", false),
        ("States.DataLimitExceeded", "States.DataLimitExceeded", true),
        ("States.Runtime", "States.ALL", false),
        ("States.Runtime", "States.Runtime", false),
    ] {
        assert_eq!(
            caught_by(error_name, name),
            caught,
            "{error_name} by {name}"
        );
    }
}

#[test]
fn a_path_that_finds_nothing_ends_the_execution_and_nobody_catches_it() {
    let recover = json!({
        "Parameters": {"FunctionName": "f", "Payload.$": "$.missing"},
        "Retry": [{"ErrorEquals": ["States.ALL"]}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}],
        "Next": "B",
    });
    let mut stage = Stage::start(
        &json!({"StartAt": "A", "States": {"A": task(recover), "B": {"Type": "Succeed"}}}),
        json!({}),
    );
    assert!(stage.advance().is_empty());
    assert_eq!(stage.error(), "States.Runtime");
}

#[test]
fn a_result_that_does_not_fit_the_input_can_be_caught() {
    let definition = json!({"StartAt": "A", "States": {
        "A": task(json!({"ResultPath": "$.text.deeper", "Next": "B",
            "Catch": [{"ErrorEquals": ["States.ResultPathMatchFailure"], "ResultPath": "$.e", "Next": "B"}]})),
        "B": {"Type": "Succeed", "OutputPath": "$.e.Error"}}});
    let mut stage = Stage::start(&definition, json!({"text": "a string"}));
    let call = stage.task();
    stage.succeed(&call, json!(1));
    assert_eq!(stage.output(), &json!("States.ResultPathMatchFailure"));
}

#[test]
fn an_answer_to_a_task_never_scheduled_is_refused() {
    let mut stage = Stage::of(task(json!({})), json!({}));
    let call = stage.task();
    let mut other = Stage::of(json!({"Type": "Succeed"}), json!({}));
    other.advance();
    assert!(other.finish(&call, Ok(json!(1))).is_err());
}

#[test]
fn the_machine_s_own_timeout_ends_it_wherever_it_is() {
    let mut stage = Stage::start(
        &json!({"TimeoutSeconds": 60, "StartAt": "A", "States": {"A": task(json!({}))}}),
        json!({}),
    );
    let call = stage.task();
    assert_eq!(stage.due_in(), Some(60));
    stage.later(60);
    assert_eq!(stage.execution.status(), &Status::TimedOut);
    assert_eq!(stage.types().last(), Some(&"ExecutionTimedOut"));
    assert_eq!(stage.finish(&call, Ok(json!(1))), Ok(Delivery::Late));
}

#[test]
fn a_stopped_execution_stays_stopped() {
    let mut stage = Stage::of(task(json!({})), json!({}));
    let call = stage.task();
    let now = stage.now;
    stage
        .execution
        .stop(Some("Cancelled".to_owned()), None, now);
    assert_eq!(
        stage.execution.status(),
        &Status::Aborted {
            error: Some("Cancelled".to_owned()),
            cause: None
        }
    );
    assert_eq!(stage.finish(&call, Err(error("Bad"))), Ok(Delivery::Late));
    assert_eq!(stage.types().last(), Some(&"ExecutionAborted"));
    stage.execution.stop(None, None, now);
    assert_eq!(stage.count("ExecutionAborted"), 1);
    assert_eq!(stage.execution.stopped_at(), Some(now));
}

#[test]
fn time_does_not_go_back_within_an_execution() {
    let mut stage = Stage::of(task(json!({})), json!({}));
    let call = stage.task();
    stage.now -= chrono::TimeDelta::seconds(100);
    stage.succeed(&call, json!(1));
    let events = stage.execution.history();
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0].timestamp <= pair[1].timestamp)
    );
}

#[test]
fn the_cause_of_a_task_reaches_the_catch() {
    let definition = json!({"StartAt": "A", "States": {
        "A": task(json!({"Next": "B", "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "B"}]})),
        "B": {"Type": "Succeed"}}});
    let mut stage = Stage::start(&definition, json!({"kept": true}));
    let call = stage.task();
    let told = TaskError {
        error: "Bad".to_owned(),
        cause: "{\"errorType\":\"Bad\"}".to_owned(),
    };
    stage.finish(&call, Err(told)).unwrap();
    assert_eq!(
        stage.output(),
        &json!({"kept": true, "e": {"Error": "Bad", "Cause": "{\"errorType\":\"Bad\"}"}})
    );
}
