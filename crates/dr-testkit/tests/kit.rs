//! The kit itself, over toy functions that make real SDK calls.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use chrono::TimeDelta;
use dr_aws::StateMachines;
use dr_local::local::{HOME_ACCOUNT, HOME_REGION, POLLER, RECOVERY, machine_name};
use dr_local::states::MachineSpec;
use dr_local::{Connection, Failure, Function, Handlers, Product};
use dr_model::place::Place;
use dr_model::role::Role;
use dr_store::Store;
use dr_testkit::{Cut, TestApp, TestAppBuilder};
use serde_json::{Value, json};

const TICK: &str = r#"{"StartAt": "Look", "States": {"Look": {"Type": "Task",
  "Resource": "arn:aws:states:::lambda:invoke",
  "Parameters": {"FunctionName": "dr-execution-test", "Payload": {"task": "poll"}}, "End": true}}}"#;
const WAIT: &str =
    r#"{"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 30, "End": true}}}"#;

/// Registers accounts, starts the recovery machine when told, and answers REST calls.
struct Toy {
    machines: StateMachines,
    arn: String,
    polls: Arc<AtomicUsize>,
}

#[async_trait]
impl Handlers for Toy {
    async fn invoke(&self, function: Function, event: Value, _: String) -> Result<Value, Failure> {
        if event["operation"] == "create_target_account" {
            return Ok(json!({"external_id": "x"}));
        }
        if event["task"] == "poll" {
            self.polls.fetch_add(1, Ordering::Relaxed);
            return Ok(json!({"active": false}));
        }
        if let Some(name) = event["start"].as_str() {
            let started = self.machines.start(&self.arn, name, &json!({})).await;
            return started.map(Value::String).map_err(|error| Failure {
                error_type: error.task_error_name().to_owned(),
                error_message: format!("{error:?}"),
            });
        }
        if event.get("httpMethod").is_some() {
            let body =
                json!({"by": event["requestContext"]["authorizer"]["claims"]["cognito:groups"]});
            return Ok(json!({"statusCode": 200, "body": body.to_string()}));
        }
        Err(Failure {
            error_type: "Toy".to_owned(),
            error_message: function.name().to_owned(),
        })
    }
}

fn product(connection: Connection, polls: Arc<AtomicUsize>) -> Product {
    let home = Place {
        account_id: HOME_ACCOUNT.parse().unwrap(),
        region: HOME_REGION.parse().unwrap(),
    };
    let clock = Arc::clone(&connection.clock);
    let store = Store::new(&connection.sdk, &connection.environment, Arc::clone(&clock));
    Product {
        handlers: Arc::new(Toy {
            machines: StateMachines::new(&connection.sdk, home, clock),
            arn: connection.recovery_state_machine_arn,
            polls,
        }),
        prepare: Box::pin(async move { store.create_all().await.map_err(|e| e.to_string()) }),
    }
}

fn builder(polls: &Arc<AtomicUsize>) -> TestAppBuilder {
    let spec = |name: &str, definition: &str| MachineSpec {
        name: machine_name(name, "test"),
        definition: definition.to_owned(),
        keep: None,
    };
    let machines = vec![spec(POLLER, TICK), spec(RECOVERY, WAIT)];
    let polls = Arc::clone(polls);
    TestAppBuilder::over(
        move |connection| product(connection, Arc::clone(&polls)),
        machines,
    )
    .servers(8)
}

async fn start() -> TestApp {
    builder(&Arc::default()).start().await
}

async fn begin(app: &TestApp, name: &str) {
    let event = json!({"start": name});
    let now = app.now();
    app.driver()
        .inbox()
        .put(Function::Execution, event, now)
        .unwrap();
}

fn executions(app: &TestApp) -> usize {
    let machine =
        format!("arn:aws:states:{HOME_REGION}:{HOME_ACCOUNT}:stateMachine:dr-recovery-test");
    let body = json!({"stateMachineArn": machine});
    let listed = app
        .driver()
        .shell()
        .call("ListExecutions", body, app.now())
        .unwrap();
    listed["executions"].as_array().unwrap().len()
}

#[tokio::test]
async fn both_doors_reach_the_functions() {
    let app = start().await;
    let answer = app
        .rest(Role::Operator, "GET", "/executions", None)
        .await
        .expect(200);
    assert_eq!(answer, json!({"by": "operator"}));
    let refused = app.rest(Role::Admin, "GET", "/nothing", None).await;
    assert_eq!(refused.status, 404);
    let failure = app.invoke(Function::Query, &json!({})).await.unwrap_err();
    assert_eq!(failure.error_type, "Toy");
}

#[tokio::test]
async fn time_moves_by_hand_and_the_poller_with_it() {
    let polls = Arc::default();
    let app = builder(&polls).start().await;
    let before = app.now();
    app.advance(TimeDelta::minutes(3)).await;
    assert_eq!(app.now() - before, TimeDelta::minutes(3));
    assert_eq!(polls.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_process_killed_around_a_call_starts_one_execution_all_the_same() {
    for cut in [
        Cut::before("StartExecution", 1),
        Cut::after("StartExecution", 1),
    ] {
        let mut app = start().await;
        begin(&app, "once").await;
        app.crash_at(cut.clone(), TimeDelta::minutes(1)).await;
        app.run_until_idle(TimeDelta::minutes(2)).await;
        assert_eq!(executions(&app), 1, "{cut:?}");
    }
}

#[tokio::test]
async fn what_runs_survives_a_restart_and_a_crash() {
    let mut app = start().await;
    begin(&app, "kept").await;
    app.advance(TimeDelta::seconds(10)).await;
    let world = app.control().dump().unwrap();
    app.restart().await;
    assert_eq!(app.control().dump().unwrap(), world);
    app.crash().await;
    assert_eq!(app.control().dump().unwrap(), world);
    assert_eq!(app.driver().shell().running().len(), 1);
    app.run_until_idle(TimeDelta::minutes(1)).await;
    assert_eq!(executions(&app), 1);
}

#[tokio::test]
#[should_panic(expected = "the test leaves unfinished")]
async fn a_test_that_leaves_an_execution_running_fails() {
    let app = start().await;
    begin(&app, "left").await;
    app.advance(TimeDelta::seconds(10)).await;
}

#[tokio::test]
#[should_panic(expected = "was not reached")]
async fn a_cut_that_is_never_reached_fails() {
    let mut app = start().await;
    app.crash_at(Cut::before("StartRecovery", 1), TimeDelta::minutes(2))
        .await;
}
