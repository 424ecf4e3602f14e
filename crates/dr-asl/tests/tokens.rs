//! Tasks that wait for their token.

mod support;

use dr_asl::{Delivery, TokenError, execution_of_token};
use serde_json::json;
use support::{Stage, callback, error};

#[test]
fn a_returned_invocation_only_submits_and_the_token_s_output_is_the_result() {
    let mut stage = Stage::of(callback(json!({})), json!({}));
    let call = stage.task();
    let token = call.token.clone().unwrap();
    assert_eq!(call.payload, json!({"token": token}));
    assert!(stage.execution.holds_token(&token));
    assert_eq!(
        execution_of_token(&token).as_deref(),
        Some("arn:aws:states:us-east-1:000000000000:execution:stage:one")
    );
    stage.succeed(&call, json!("accepted"));
    // Submitted: a restart must not invoke it again, and a second return is of no interest.
    assert!(stage.execution.in_flight().is_empty());
    assert_eq!(stage.finish(&call, Ok(json!("again"))), Ok(Delivery::Late));
    assert_eq!(stage.types().last(), Some(&"TaskSubmitted"));
    assert_eq!(stage.token_success(&token, json!({"job": 1})), Ok(()));
    assert_eq!(stage.output(), &json!({"job": 1}));
    assert!(!stage.execution.holds_token(&token));
    assert_eq!(
        stage.token_success(&token, json!(2)),
        Err(TokenError::TaskTimedOut)
    );
}

#[test]
fn a_token_may_be_answered_before_its_invocation_returns() {
    let mut stage = Stage::of(callback(json!({})), json!({}));
    let call = stage.task();
    let token = call.token.clone().unwrap();
    assert_eq!(stage.token_success(&token, json!("early")), Ok(()));
    assert_eq!(stage.output(), &json!("early"));
    assert_eq!(stage.finish(&call, Ok(json!("late"))), Ok(Delivery::Late));
    assert_eq!(stage.count("TaskSubmitted"), 0);
}

#[test]
fn a_failed_invocation_ends_the_attempt_without_its_token() {
    let retry = json!([{"ErrorEquals": ["Bad"], "IntervalSeconds": 3}]);
    let mut stage = Stage::of(callback(json!({"Retry": retry})), json!({}));
    let first = stage.task();
    stage.fail(&first, "Bad");
    assert_eq!(stage.types().last(), Some(&"TaskFailed"));
    stage.now += chrono::TimeDelta::seconds(3);
    let second = stage.task();
    assert_ne!(first.token, second.token);
    let old = stage.token_success(first.token.as_deref().unwrap(), json!(1));
    assert_eq!(old, Err(TokenError::TaskTimedOut));
    assert_eq!(
        stage.token_failure(second.token.as_deref().unwrap(), "Other"),
        Ok(())
    );
    assert_eq!(stage.error(), "Other");
}

#[test]
fn heartbeats_keep_a_task_alive_and_a_missed_one_ends_it() {
    let mut stage = Stage::of(
        callback(json!({"HeartbeatSeconds": 10, "TimeoutSeconds": 100})),
        json!({}),
    );
    let call = stage.task();
    let token = call.token.clone().unwrap();
    stage.succeed(&call, json!(null));
    for _ in 0..3 {
        stage.later(9);
        assert_eq!(stage.heartbeat(&token), Ok(()));
        assert_eq!(stage.due_in(), Some(10));
    }
    stage.later(10);
    assert_eq!(stage.error(), "States.HeartbeatTimeout");
    assert!(stage.types().contains(&"TaskTimedOut"));
    assert_eq!(stage.heartbeat(&token), Err(TokenError::TaskTimedOut));
}

#[test]
fn heartbeats_do_not_put_off_the_timeout() {
    let mut stage = Stage::of(
        callback(json!({"HeartbeatSeconds": 10, "TimeoutSeconds": 12})),
        json!({}),
    );
    let token = stage.task().token.unwrap();
    stage.later(9);
    assert_eq!(stage.heartbeat(&token), Ok(()));
    assert_eq!(stage.due_in(), Some(3));
    stage.later(3);
    assert_eq!(stage.error(), "States.Timeout");
}

#[test]
fn foreign_and_mangled_tokens_are_refused() {
    let mut stage = Stage::of(callback(json!({})), json!({}));
    let token = stage.task().token.unwrap();
    for mangled in [
        "",
        "abc",
        "zz",
        &token[2..],
        &format!("{}00", &token[..token.len() - 2]),
        "é",
    ] {
        assert_eq!(
            stage.token_success(mangled, json!(1)),
            Err(TokenError::InvalidToken),
            "{mangled}"
        );
    }
    let definition = json!({"StartAt": "A", "States": {"A": callback(json!({}))}});
    let machine = dr_asl::Machine::parse(&definition.to_string()).unwrap();
    let identity = dr_asl::Identity::local("stage", "another");
    let mut other = dr_asl::Execution::start(&machine, identity, json!({}), 1, stage.now).unwrap();
    let foreign = other.advance(&machine, stage.now).remove(0).token.unwrap();
    assert_eq!(
        stage.token_success(&foreign, json!(1)),
        Err(TokenError::TaskDoesNotExist)
    );
    let long = json!("x".repeat(dr_asl::MAX_PAYLOAD_BYTES));
    assert_eq!(
        stage.token_success(&token, long),
        Err(TokenError::InvalidOutput)
    );
    assert_eq!(stage.token_success(&token, json!(1)), Ok(()));
}

#[test]
fn a_restart_before_the_invocation_returns_invokes_the_same_task_again() {
    let mut stage = Stage::of(callback(json!({})), json!({}));
    let call = stage.task();
    let again = stage.execution.in_flight();
    assert_eq!(again, vec![call.clone()]);
    assert_eq!(
        stage.finish(&again[0], Err(error("Bad"))),
        Ok(Delivery::Accepted)
    );
    assert_eq!(stage.error(), "Bad");
}
