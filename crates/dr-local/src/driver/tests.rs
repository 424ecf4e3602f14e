//! The loop and the executions, with time moved by hand, over functions that do as they are told.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use dr_error::ids::CountedIds;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{Driver, NotReached, Parts, Schedule};
use crate::db::Db;
use crate::fakes::{Does, FakeHandlers, FakeWorld};
use crate::function::Function;
use crate::states::{ApiError, MachineSpec, Machines, Shell};
use crate::world::World;

const START: &str = "2026-11-21T08:00:30Z";

/// One task, a wait of ten seconds, a second task that waits for a token for at most a minute.
const MACHINE: &str = r#"{
  "StartAt": "First",
  "States": {
    "First": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
      "Parameters": {"FunctionName": "execution", "Payload": {"task": "first", "n.$": "$.n"}},
      "Retry": [{"ErrorEquals": ["Dr.Transient"], "IntervalSeconds": 5, "MaxAttempts": 2, "BackoffRate": 1.0}],
      "ResultPath": "$.first", "Next": "Pause"},
    "Pause": {"Type": "Wait", "Seconds": 10, "Next": "Second"},
    "Second": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
      "Parameters": {"FunctionName": "${Function}", "Payload": {"task": "second", "token.$": "$$.Task.Token"}},
      "TimeoutSeconds": 60, "End": true}
  }
}"#;

const TICK: &str = r#"{"StartAt": "Tick", "States": {"Tick": {"Type": "Task",
  "Resource": "arn:aws:states:::lambda:invoke",
  "Parameters": {"FunctionName": "execution", "Payload": {"task": "poll"}}, "End": true}}}"#;

struct Stand {
    driver: Driver,
    world: Arc<FakeWorld>,
    handlers: Arc<FakeHandlers>,
    ids: Arc<CountedIds>,
}

impl Stand {
    fn open(file: Option<&Path>, scheduled: bool) -> Self {
        let world = Arc::new(FakeWorld::at(START));
        let ids = Arc::new(CountedIds::from_seed(1));
        Self::reopen(file, scheduled, world, Arc::default(), ids)
    }

    fn reopen(
        file: Option<&Path>,
        scheduled: bool,
        world: Arc<FakeWorld>,
        handlers: Arc<FakeHandlers>,
        ids: Arc<CountedIds>,
    ) -> Self {
        let db = Arc::new(file.map_or_else(Db::in_memory, Db::open).unwrap());
        let changed = Arc::new(Notify::new());
        let spec = |name: &str, definition: &str, keep| MachineSpec {
            name: name.to_owned(),
            definition: definition.replace("${Function}", "dr-execution-test"),
            keep,
        };
        let specs = vec![
            spec("recovery", MACHINE, None),
            spec("poller", TICK, Some(3)),
        ];
        let machines = Machines::load("us-east-1", "111111111111", specs).unwrap();
        let shell = Shell::open(
            Arc::clone(&db),
            machines,
            Arc::clone(&ids) as _,
            Arc::clone(&changed),
        );
        let rule = Schedule {
            name: "dr-poll".to_owned(),
            every: TimeDelta::minutes(1),
            machine: "poller".to_owned(),
            region: "us-east-1".to_owned(),
            account: "111111111111".to_owned(),
        };
        let driver = Driver::new(Parts {
            world: Arc::clone(&world) as _,
            handlers: Arc::clone(&handlers) as _,
            shell: Arc::new(shell.unwrap()),
            db,
            ids: Arc::clone(&ids) as _,
            schedules: if scheduled { vec![rule] } else { Vec::new() },
            changed,
            environment: "test".to_owned(),
        });
        Self {
            driver: driver.unwrap(),
            world,
            handlers,
            ids,
        }
    }

    fn call(&self, operation: &str, body: &Value) -> Result<Value, ApiError> {
        let now = self.world.now();
        self.driver.shell().call(operation, body.clone(), now)
    }

    fn machine(&self, name: &str) -> String {
        self.driver.shell().machines().arn(name)
    }

    fn start(&self, name: &str, input: &Value) -> Result<String, ApiError> {
        let body = json!({"stateMachineArn": self.machine("recovery"), "name": name,
                          "input": input.to_string()});
        let answer = self.call("StartExecution", &body)?;
        Ok(answer["executionArn"].as_str().unwrap().to_owned())
    }

    fn status(&self, arn: &str) -> String {
        let answer = self
            .call("DescribeExecution", &json!({"executionArn": arn}))
            .unwrap();
        answer["status"].as_str().unwrap().to_owned()
    }

    fn types(&self, arn: &str) -> Vec<String> {
        let body = json!({"executionArn": arn, "maxResults": 1000});
        let answer = self.call("GetExecutionHistory", &body).unwrap();
        let events = answer["events"].as_array().unwrap();
        events
            .iter()
            .map(|event| event["type"].as_str().unwrap().to_owned())
            .collect()
    }

    fn token(&self) -> String {
        let last = self.handlers.event(self.handlers.count() - 1);
        last["token"].as_str().unwrap().to_owned()
    }

    /// Everything in memory is gone, as after `kill -9`; what the world and the file hold stays.
    async fn killed(self, file: &Path) -> Self {
        self.driver.abort().await;
        let Self {
            driver,
            world,
            handlers,
            ids,
        } = self;
        drop(driver);
        Self::reopen(Some(file), false, world, handlers, ids)
    }
}

fn after(seconds: i64) -> DateTime<Utc> {
    START.parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

#[tokio::test]
async fn an_execution_goes_through_tasks_waits_and_tokens() {
    let stand = Stand::open(None, false);
    let arn = stand.start("one", &json!({"n": 7})).unwrap();
    stand.driver.run_ready().await.unwrap();
    assert_eq!(stand.handlers.event(0), json!({"task": "first", "n": 7}));
    assert_eq!(stand.driver.next_due(), Some(after(10)));
    stand.driver.advance_to_next().await.unwrap();
    assert_eq!(stand.handlers.count(), 2);
    assert_eq!(stand.driver.next_due(), Some(after(70)));

    let token = stand.token();
    stand
        .call("SendTaskHeartbeat", &json!({"taskToken": token}))
        .unwrap();
    stand
        .call(
            "SendTaskSuccess",
            &json!({"taskToken": token, "output": "{\"ok\": 1}"}),
        )
        .unwrap();
    assert_eq!(stand.status(&arn), "SUCCEEDED");
    let described = stand
        .call("DescribeExecution", &json!({"executionArn": arn}))
        .unwrap();
    assert_eq!(described["output"], json!("{\"ok\":1}"));
    assert_eq!(
        described["stopDate"],
        json!(after(10).timestamp_millis() as f64 / 1000.0)
    );
    assert_eq!(stand.driver.next_due(), None);

    let again = stand.call(
        "SendTaskSuccess",
        &json!({"taskToken": token, "output": "1"}),
    );
    assert_eq!(again.unwrap_err().code, "TaskTimedOut");
}

#[tokio::test]
async fn a_transient_failure_is_retried_in_time_and_a_panic_fails_the_execution() {
    let stand = Stand::open(None, false);
    stand.handlers.then(Does::Fail("Dr.Transient"));
    stand.handlers.then(Does::Panic);
    let arn = stand.start("one", &json!({"n": 1})).unwrap();
    stand.driver.run_ready().await.unwrap();
    assert_eq!(
        (stand.status(&arn).as_str(), stand.handlers.count()),
        ("RUNNING", 1)
    );
    assert_eq!(
        stand.driver.advance_to_next().await.unwrap(),
        Some(after(5))
    );
    assert_eq!(
        (stand.status(&arn).as_str(), stand.handlers.count()),
        ("FAILED", 2)
    );
    let described = stand
        .call("DescribeExecution", &json!({"executionArn": arn}))
        .unwrap();
    assert_eq!(described["error"], "Runtime.ExitError");
}

#[tokio::test]
async fn a_name_is_one_execution() {
    let stand = Stand::open(None, false);
    let first = stand.start("one", &json!({"n": 1})).unwrap();
    assert_eq!(stand.start("one", &json!({"n": 1})).unwrap(), first);
    let other_input = stand.start("one", &json!({"n": 2})).unwrap_err();
    assert_eq!(other_input.code, "ExecutionAlreadyExists");
    stand
        .call(
            "StopExecution",
            &json!({"executionArn": first, "cause": "enough"}),
        )
        .unwrap();
    let closed = stand.start("one", &json!({"n": 1})).unwrap_err();
    assert_eq!(closed.code, "ExecutionAlreadyExists");
    assert_eq!(stand.status(&first), "ABORTED");
    stand.driver.run_ready().await.unwrap();
    assert_eq!(stand.handlers.count(), 0);
}

#[tokio::test]
async fn bad_requests_have_the_services_error_names() {
    let stand = Stand::open(None, false);
    let machine = stand.machine("recovery");
    let nowhere = "arn:aws:states:us-east-1:111111111111:execution:recovery:none";
    let foreign = dr_asl_token(&stand).await;
    for (operation, body, code) in [
        (
            "StartExecution",
            json!({"stateMachineArn": stand.machine("none")}),
            "StateMachineDoesNotExist",
        ),
        (
            "StartExecution",
            json!({"stateMachineArn": machine, "input": "{"}),
            "InvalidExecutionInput",
        ),
        (
            "StartExecution",
            json!({"stateMachineArn": machine, "input": format!("\"{}\"", "x".repeat(300_000))}),
            "InvalidExecutionInput",
        ),
        (
            "StartExecution",
            json!({"stateMachineArn": machine, "name": "a b"}),
            "InvalidName",
        ),
        (
            "StartExecution",
            json!({"stateMachineArn": machine, "name": "x".repeat(81)}),
            "InvalidName",
        ),
        ("StartExecution", json!({}), "ValidationException"),
        (
            "DescribeExecution",
            json!({"executionArn": nowhere}),
            "ExecutionDoesNotExist",
        ),
        (
            "StopExecution",
            json!({"executionArn": nowhere}),
            "ExecutionDoesNotExist",
        ),
        (
            "GetExecutionHistory",
            json!({"executionArn": nowhere}),
            "ExecutionDoesNotExist",
        ),
        (
            "ListExecutions",
            json!({"stateMachineArn": machine, "nextToken": "?"}),
            "InvalidToken",
        ),
        (
            "ListExecutions",
            json!({"stateMachineArn": machine, "maxResults": 1001}),
            "ValidationException",
        ),
        (
            "SendTaskSuccess",
            json!({"taskToken": "x", "output": "{}"}),
            "InvalidToken",
        ),
        (
            "SendTaskSuccess",
            json!({"taskToken": "x", "output": "{"}),
            "InvalidOutput",
        ),
        (
            "SendTaskHeartbeat",
            json!({"taskToken": foreign}),
            "TaskDoesNotExist",
        ),
        ("CreateStateMachine", json!({}), "NotSimulated"),
    ] {
        let error = stand.call(operation, &body).unwrap_err();
        assert_eq!(error.code, code, "{operation} {error}");
    }
}

/// A true token of an execution that this stand has never seen.
async fn dr_asl_token(stand: &Stand) -> String {
    let other = Stand::open(None, false);
    other.start("elsewhere", &json!({"n": 1})).unwrap();
    other.driver.advance(TimeDelta::seconds(10)).await.unwrap();
    assert_eq!(stand.handlers.count(), 0);
    other.token()
}

#[tokio::test]
async fn killed_at_any_moment_an_execution_ends_as_if_nothing_had_happened() {
    let undisturbed = {
        let stand = Stand::open(None, false);
        let arn = stand.start("one", &json!({"n": 1})).unwrap();
        stand.driver.advance(TimeDelta::seconds(10)).await.unwrap();
        stand
            .call(
                "SendTaskSuccess",
                &json!({"taskToken": stand.token(), "output": "{}"}),
            )
            .unwrap();
        stand.types(&arn)
    };
    let temp = tempfile::tempdir().unwrap();
    for moment in 0..5 {
        let file = temp.path().join(format!("{moment}.sqlite"));
        let mut stand = Stand::open(Some(&file), false);
        let arn = stand.start("one", &json!({"n": 1})).unwrap();
        if moment == 0 {
            stand = stand.killed(&file).await; // started, nothing given out
        }
        if moment == 1 {
            // The first task has been invoked and has not returned.
            stand.handlers.then(Does::Hang);
            let ready = stand.driver.run_ready();
            assert!(futures::FutureExt::now_or_never(ready).is_none());
            tokio::task::yield_now().await;
            assert_eq!(stand.handlers.count(), 1);
            stand = stand.killed(&file).await;
        }
        stand.driver.run_ready().await.unwrap();
        if moment == 2 {
            stand = stand.killed(&file).await; // in the wait
        }
        stand.driver.advance(TimeDelta::seconds(10)).await.unwrap();
        if moment == 3 {
            stand = stand.killed(&file).await; // the token is out
        }
        stand.driver.run_ready().await.unwrap();
        let invoked = if moment == 1 { 3 } else { 2 };
        assert_eq!(stand.handlers.count(), invoked, "at {moment}");
        stand
            .call(
                "SendTaskSuccess",
                &json!({"taskToken": stand.token(), "output": "{}"}),
            )
            .unwrap();
        if moment == 4 {
            stand = stand.killed(&file).await; // over
        }
        assert_eq!(stand.status(&arn), "SUCCEEDED", "at {moment}");
        assert_eq!(stand.types(&arn), undisturbed, "at {moment}");
        assert!(stand.driver.shell().running().is_empty());
    }
}

#[tokio::test]
async fn the_history_comes_in_pages_either_way_and_without_data_on_request() {
    let stand = Stand::open(None, false);
    let arn = stand.start("one", &json!({"n": 1})).unwrap();
    stand.driver.advance(TimeDelta::seconds(80)).await.unwrap();
    assert_eq!(stand.status(&arn), "FAILED"); // Second timed out after a minute.
    let all = stand.types(&arn);
    let mut paged = Vec::new();
    let mut body = json!({"executionArn": arn, "maxResults": 3, "reverseOrder": true,
                          "includeExecutionData": false});
    loop {
        let page = stand.call("GetExecutionHistory", &body).unwrap();
        let events = page["events"].as_array().unwrap().clone();
        assert!(events.len() <= 3);
        assert!(!json!(events).to_string().contains("\"input\""));
        paged.extend(events);
        match page.get("nextToken") {
            Some(token) => body["nextToken"] = token.clone(),
            None => break,
        }
    }
    paged.reverse();
    let types: Vec<&str> = paged.iter().map(|e| e["type"].as_str().unwrap()).collect();
    assert_eq!(types, all);
    assert_eq!(*types.last().unwrap(), "ExecutionFailed");
}

#[tokio::test]
async fn a_rule_starts_its_machine_every_minute_and_old_runs_are_forgotten() {
    let stand = Stand::open(None, true);
    stand.driver.advance(TimeDelta::minutes(10)).await.unwrap();
    assert_eq!(stand.handlers.count(), 10);
    let list = json!({"stateMachineArn": stand.machine("poller")});
    let answer = stand.call("ListExecutions", &list).unwrap();
    let executions = answer["executions"].as_array().unwrap();
    assert_eq!(executions.len(), 3);
    // Newest first: the last whole minute before 08:10:30.
    let newest = "2026-11-21T08:10:00Z".parse::<DateTime<Utc>>().unwrap();
    assert_eq!(executions[0]["startDate"], json!(newest.timestamp() as f64));
    let shown = json!({"executionArn": executions[0]["executionArn"]});
    let described = stand.call("DescribeExecution", &shown).unwrap();
    assert!(
        described["input"]
            .as_str()
            .unwrap()
            .contains("Scheduled Event")
    );
}

#[tokio::test]
async fn minutes_missed_while_nothing_ran_are_made_up_for_once() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("state.sqlite");
    let stand = Stand::open(Some(&file), true);
    stand.driver.advance(TimeDelta::minutes(1)).await.unwrap();
    let Stand {
        driver,
        world,
        handlers,
        ids,
    } = stand;
    drop(driver);
    world.move_to(after(3600));
    let stand = Stand::reopen(Some(&file), true, world, handlers, ids);
    stand.driver.run_ready().await.unwrap();
    assert_eq!(stand.handlers.count(), 2);
    assert_eq!(stand.driver.next_due(), Some(after(3630)));
}

#[tokio::test]
async fn listing_goes_newest_first_page_by_page_and_by_status() {
    let stand = Stand::open(None, false);
    let arns: Vec<String> = (0..5)
        .map(|n| stand.start(&format!("e{n}"), &json!({"n": n})).unwrap())
        .collect();
    stand
        .call("StopExecution", &json!({"executionArn": arns[1]}))
        .unwrap();
    let mut body = json!({"stateMachineArn": stand.machine("recovery"), "maxResults": 2,
                          "statusFilter": "RUNNING"});
    let mut names = Vec::new();
    loop {
        let page = stand.call("ListExecutions", &body).unwrap();
        for one in page["executions"].as_array().unwrap() {
            names.push(one["name"].as_str().unwrap().to_owned());
        }
        match page.get("nextToken") {
            Some(token) => body["nextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(names, ["e4", "e3", "e2", "e0"]);
}

#[tokio::test]
async fn an_event_reaches_the_execution_function_and_is_tried_three_times() {
    let stand = Stand::open(None, false);
    let envelope = json!({"source": "aws.drs", "detail-type": "DRS Source Server Launch Result"});
    stand.world.send(after(30), envelope.clone());
    (0..3).for_each(|_| stand.handlers.then(Does::Fail("Dr.Transient")));
    stand.driver.run_ready().await.unwrap();
    assert_eq!(stand.handlers.count(), 0);
    for (due, attempts) in [(30, 1), (90, 2), (210, 3)] {
        assert_eq!(
            stand.driver.advance_to_next().await.unwrap(),
            Some(after(due))
        );
        assert_eq!(stand.handlers.count(), attempts);
    }
    assert_eq!(
        stand.handlers.seen.lock().unwrap()[2],
        (Function::Execution, envelope)
    );
    assert!(stand.driver.inbox().is_empty().unwrap());
    assert_eq!(stand.driver.next_due(), None);
}

#[tokio::test]
async fn an_accepted_event_survives_a_kill_in_the_middle_of_its_delivery() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("state.sqlite");
    let stand = Stand::open(Some(&file), false);
    let now = stand.world.now();
    stand
        .driver
        .inbox()
        .put(Function::Query, json!({"operation": "x"}), now)
        .unwrap();
    stand.handlers.then(Does::Hang);
    assert!(futures::FutureExt::now_or_never(stand.driver.run_ready()).is_none());
    tokio::task::yield_now().await;
    assert_eq!(stand.handlers.count(), 1);
    let stand = stand.killed(&file).await;
    stand.driver.run_ready().await.unwrap();
    assert_eq!(stand.handlers.count(), 2);
    assert!(stand.driver.inbox().is_empty().unwrap());
}

#[tokio::test]
async fn waiting_for_what_never_comes_says_so() {
    let stand = Stand::open(None, false);
    let idle = stand.driver.run_until(|| false, TimeDelta::hours(1)).await;
    assert!(matches!(idle, Err(NotReached::Idle(_))));
    stand.world.send(after(7200), json!({"source": "aws.drs"}));
    let late = stand.driver.run_until(|| false, TimeDelta::hours(1)).await;
    assert!(matches!(late, Err(NotReached::Late(at)) if at == after(3600)));
    let reached = stand
        .driver
        .run_until(|| stand.handlers.count() == 1, TimeDelta::hours(2));
    reached.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_server_runs_what_comes_in_and_stops_when_told() {
    let stand = Stand::open(None, false);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let driver = stand.driver.clone();
    let serving = tokio::spawn(async move { driver.serve(async { stopped.await.unwrap() }).await });
    tokio::task::yield_now().await;
    let arn = stand.start("one", &json!({"n": 1})).unwrap();
    while stand.handlers.count() < 1 {
        tokio::task::yield_now().await;
    }
    stand.world.move_to(after(10));
    while stand.handlers.count() < 2 {
        tokio::time::advance(std::time::Duration::from_millis(50)).await;
    }
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    assert_eq!(stand.status(&arn), "RUNNING");
}
