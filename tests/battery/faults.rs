//! One failed call at every operation that an execution makes, in every way that a call can fail.

use std::collections::BTreeMap;

use dr_sim::control::{Fault, FaultKind, Outcome};
use dr_testkit::TestApp;
use dr_tests::run::{LIMIT, ask_pairs, execution_id, until_status};
use dr_tests::{product, truth, world};
use serde_json::{Value, json};

use crate::{drill, ends_like, short_drill, undisturbed};

/// Operations that the orchestration of a drill makes between its start and its end, with how often.
async fn operations() -> BTreeMap<(String, String), u64> {
    let app = product(2).await;
    let id = short_drill(&app).await;
    app.control().reset_calls();
    app.run_until_terminal(&id, LIMIT).await;
    let counts = app.control().call_counts();
    let of_service = |(service, operations): (String, BTreeMap<String, u64>)| {
        let named = move |(operation, count)| ((service.clone(), operation), count);
        operations.into_iter().map(named).collect::<Vec<_>>()
    };
    let all: BTreeMap<_, _> = counts.into_iter().flat_map(of_service).collect();
    let has = |service: &str, operation: &str| {
        all.contains_key(&(service.to_owned(), operation.to_owned()))
    };
    assert!(
        has("drs", "StartRecovery")
            && has("drs", "DescribeJobs")
            && has("states", "SendTaskSuccess"),
        "{all:?}"
    );
    all
}

fn server_error(service: &str) -> FaultKind {
    let code = match service {
        "ec2" => "InternalError",
        "dynamodb" => "InternalServerError",
        "cloudwatch" | "monitoring" => "InternalServiceFault",
        _ => "InternalServerException",
    };
    FaultKind::Error {
        status: 500,
        code: code.to_owned(),
        message: "injected".to_owned(),
    }
}

/// Fails one call of each operation, the first and the one in the middle by turns, each in a drill of its own.
async fn every_operation(kind: impl Fn(&str) -> FaultKind, turn: u64) {
    let undisturbed = {
        let app = product(2).await;
        let id = short_drill(&app).await;
        truth::over(&app, &id).await
    };
    let operations = operations().await;
    for (index, ((service, operation), count)) in (turn..).zip(operations) {
        let nth = if index % 2 == 0 { 1 } else { count / 2 + 1 };
        let app = product(2).await;
        let id = short_drill(&app).await;
        let fault = Fault {
            service: service.clone(),
            operation: operation.clone(),
            nth: nth.try_into().unwrap(),
            times: 1,
            kind: kind(&service),
        };
        let what = format!("{fault:?}");
        app.control().inject(fault);
        ends_like(&app, &id, &undisturbed, &what).await;
        assert!(has_struck(&app), "{what}: the call was never made");
    }
}

fn has_struck(app: &TestApp) -> bool {
    let calls = app.control().calls();
    calls.iter().any(|call| {
        matches!(
            call.outcome,
            Outcome::Throttled | Outcome::Injected(500) | Outcome::Unanswered
        )
    })
}

#[tokio::test]
async fn a_throttle_at_every_operation_changes_nothing() {
    every_operation(|_| FaultKind::Throttle, 0).await;
}

#[tokio::test]
async fn a_server_error_at_every_operation_changes_nothing() {
    every_operation(server_error, 1).await;
}

#[tokio::test]
async fn a_call_that_nobody_answers_at_every_operation_changes_nothing() {
    every_operation(|_| FaultKind::NoAnswer, 0).await;
}

#[tokio::test]
async fn a_lost_answer_at_every_operation_changes_nothing() {
    every_operation(|_| FaultKind::DropAfter, 1).await;
}

async fn fail(app: &TestApp, service: &str, operation: &str, times: u32, kind: FaultKind) {
    app.control().inject(Fault {
        service: service.to_owned(),
        operation: operation.to_owned(),
        nth: 1,
        times,
        kind,
    });
}

/// A lost answer to StartRecovery is the one that must not be repeated: both waves' answers are lost.
#[tokio::test]
async fn jobs_whose_starts_were_not_answered_are_adopted() {
    let undisturbed = undisturbed().await;
    let app = product(3).await;
    let id = drill(&app).await;
    fail(&app, "drs", "StartRecovery", 2, FaultKind::DropAfter).await;
    ends_like(&app, &id, &undisturbed, "both answers lost").await;
    assert_eq!(app.calls("drs", "StartRecovery"), 2);
}

/// A start that never reached DRS is repeated, but not before DRS would have shown the job.
#[tokio::test]
async fn a_start_that_never_arrived_is_repeated_after_its_grace() {
    let undisturbed = undisturbed().await;
    let app = product(3).await;
    let id = drill(&app).await;
    fail(&app, "drs", "StartRecovery", 2, FaultKind::NoAnswer).await;
    ends_like(&app, &id, &undisturbed, "never arrived twice").await;
    assert_eq!(app.calls("drs", "StartRecovery"), 4);
    let calls = app.control().calls();
    let starts: Vec<_> = calls
        .iter()
        .filter(|call| call.operation == "StartRecovery")
        .collect();
    assert!(starts[1].at - starts[0].at >= chrono::TimeDelta::seconds(60));
}

/// Requirement 004: test_job_timeout_detection, test_recovery_job_timeout. An error while looking is never a
/// failure of what is looked at.
#[tokio::test]
async fn jobs_that_cannot_be_seen_for_ten_minutes_have_not_failed() {
    let undisturbed = undisturbed().await;
    let app = product(3).await;
    let id = drill(&app).await;
    until_status(&app, &id, "LAUNCHING").await;
    fail(&app, "drs", "DescribeJobs", u32::MAX, server_error("drs")).await;
    app.advance(chrono::TimeDelta::minutes(10)).await;
    app.control().clear_faults();
    ends_like(&app, &id, &undisturbed, "ten minutes blind").await;
}

/// The tables throttle for minutes: slower, and the same.
#[tokio::test]
async fn tables_that_throttle_for_minutes_change_nothing() {
    let undisturbed = undisturbed().await;
    let app = product(3).await;
    let id = drill(&app).await;
    until_status(&app, &id, "LAUNCHING").await;
    fail(&app, "dynamodb", "*", 120, FaultKind::Throttle).await;
    ends_like(&app, &id, &undisturbed, "throttled tables").await;
}

/// Nobody can assume the role for a while, and the session is over.
#[tokio::test]
async fn an_outage_of_sts_is_waited_for() {
    let undisturbed = undisturbed().await;
    let app = product(3).await;
    let id = drill(&app).await;
    until_status(&app, &id, "LAUNCHING").await;
    // A new process has no session.
    let mut app = app;
    app.restart().await;
    fail(&app, "sts", "*", u32::MAX, FaultKind::NoAnswer).await;
    app.advance(chrono::TimeDelta::minutes(10)).await;
    app.control().clear_faults();
    ends_like(&app, &id, &undisturbed, "no role for ten minutes").await;
}

/// A start whose call fails for good is answered with an error or not at all; whatever was stored by then, the same
/// token starts it once.
#[tokio::test]
async fn a_start_that_failed_anywhere_is_repeated_with_its_token_and_runs_once() {
    let undisturbed = {
        let app = product(2).await;
        let id = short_drill(&app).await;
        truth::over(&app, &id).await
    };
    let app = product(2).await;
    app.control().reset_calls();
    let quiet = app.control().call_counts();
    assert!(quiet.is_empty());
    short_drill(&app).await;
    let counts = app.control().call_counts();
    let mut app = app;
    app.leave_hanging();
    let services = counts.into_iter();
    let operations: Vec<(String, String)> = services
        .flat_map(|(service, of_it)| of_it.into_keys().map(move |one| (service.clone(), one)))
        .collect();
    let mut refused = 0;
    for (service, operation) in operations {
        let app = product(2).await;
        let pairs = world::pairs(&app);
        app.control()
            .fail_launch(&pairs[1].0, "InsufficientInstanceCapacity: none left")
            .unwrap();
        let more = || json!({ "client_token": "again-and-again" });
        // The first try and its three retries take effect, and nobody hears of it.
        fail(&app, &service, &operation, 4, FaultKind::DropAfter).await;
        let what = format!("{service}:{operation}");
        let first = ask_pairs(&app, &pairs, more()).await;
        assert!(
            [202, 503].contains(&first.status),
            "{what}: {:#}",
            first.body
        );
        refused += usize::from(first.status == 503);
        app.control().clear_faults();
        let again = ask_pairs(&app, &pairs, more()).await;
        let id = execution_id(&again.expect(202));
        if first.status == 202 {
            assert_eq!(execution_id(&first.body), id, "{what}");
        }
        ends_like(&app, &id, &undisturbed, &what).await;
        let list = dr_tests::admin(&app, "GET", "/executions", Value::Null).await;
        assert_eq!(list["executions"].as_array().unwrap().len(), 1, "{what}");
    }
    assert!(refused > 3, "starts were refused");
}
