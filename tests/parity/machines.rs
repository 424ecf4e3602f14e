//! The tasks that the state machines ask for are those that the execution function serves, each way round.

use std::collections::{BTreeMap, BTreeSet};

use dr_api::HandlerName;
use dr_tests::product;
use serde_json::{Map, Value, json};

use crate::{file, read};

/// Every `Task` state's payload by its task, of every machine in the repository.
fn payloads() -> BTreeMap<String, Vec<Map<String, Value>>> {
    let mut found: BTreeMap<String, Vec<Map<String, Value>>> = BTreeMap::new();
    let mut machines = 0;
    for entry in std::fs::read_dir(file("statemachine")).unwrap() {
        let path = entry.unwrap().path();
        if !path.to_string_lossy().ends_with(".asl.json") {
            continue;
        }
        machines += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        let machine: Value = serde_json::from_str(&text).unwrap();
        for (name, state) in machine["States"].as_object().unwrap() {
            if state["Type"] != "Task" {
                continue;
            }
            let parameters = &state["Parameters"];
            assert_eq!(
                parameters["FunctionName"], "${ExecutionFunctionArn}",
                "{name}"
            );
            let payload = parameters["Payload"].as_object().unwrap().clone();
            let task = payload["task"].as_str().unwrap().to_owned();
            let waits = state["Resource"]
                .as_str()
                .unwrap()
                .ends_with(".waitForTaskToken");
            assert_eq!(waits, payload.contains_key("token.$"), "{name}");
            let goes_on = ["Retry", "Catch"]
                .iter()
                .any(|word| state[*word].is_array());
            assert!(goes_on, "{name} is neither tried again nor passed over");
            found.entry(task).or_default().push(payload);
        }
    }
    assert!(machines >= 2);
    found
}

/// The tasks that the function takes, as its source lists them. (Its failure for another one does not name them.)
fn served() -> BTreeSet<String> {
    let source = read("handlers/execution/src/background.rs");
    let body = source.split_once("enum Task {").unwrap().1;
    let body = body.split_once("\n}").unwrap().0;
    let variants = body.lines().filter_map(|line| {
        let name = line
            .strip_prefix("    ")?
            .split([' ', '{', '(', ','])
            .next()?;
        let is_variant = name.chars().next().is_some_and(|c| c.is_ascii_uppercase());
        is_variant.then(|| snake(name))
    });
    variants.collect()
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[test]
fn the_tasks_of_the_state_machines_are_those_of_the_execution_function() {
    let asked: BTreeSet<String> = payloads().into_keys().collect();
    assert_eq!(asked, served());
}

#[tokio::test]
async fn a_task_that_no_state_machine_asks_for_is_refused_for_good() {
    let app = product(0).await;
    for event in [
        json!({ "task": "no_such_task" }),
        json!({ "task": "begin" }),
        json!({ "task": 7 }),
    ] {
        let handler = HandlerName::Execution.into();
        let failure = app.invoke(handler, &event).await.unwrap_err();
        assert_eq!(failure.error_type, "Dr.Permanent", "{failure:?}");
    }
}

/// Each payload is taken as it is: with an execution that does not exist, a task answers that it does not, and never
/// that a field is missing or unknown.
#[tokio::test]
async fn the_execution_function_takes_every_payload_as_the_state_machines_send_it() {
    let app = product(0).await;
    let unknown = "exec-00000000-0000-4000-8000-000000000000";
    for (task, payloads) in payloads() {
        for payload in payloads {
            let mut event = Map::new();
            for (name, value) in payload {
                let filled = match name.as_str() {
                    "execution_id.$" => json!(unknown),
                    "token.$" => json!("a-token"),
                    "wave.$" | "attempt.$" => json!(0),
                    "entered_at.$" => json!("2026-11-21T08:00:00.000Z"),
                    "error.$" => json!({ "Error": "Dr.Permanent", "Cause": "A test" }),
                    _ => value,
                };
                let name = name.trim_end_matches(".$").to_owned();
                event.insert(name, filled);
            }
            let answered = app
                .invoke(HandlerName::Execution.into(), &Value::Object(event))
                .await;
            match answered {
                Ok(answer) => assert!(
                    ["poll", "refresh_inventory"].contains(&task.as_str()),
                    "{answer}"
                ),
                Err(failure) => {
                    assert_eq!(failure.error_type, "Dr.Permanent", "{task}");
                    let message = &failure.error_message;
                    assert!(message.contains(unknown), "{task}: {message}");
                }
            }
        }
    }
}

#[tokio::test]
async fn functions_that_take_no_tasks_say_so() {
    let app = product(0).await;
    for handler in [HandlerName::DataManagement, HandlerName::Query] {
        for event in [
            json!({ "task": "poll" }),
            json!({ "source": "aws.drs", "detail-type": "DRS Source Server Launch Result" }),
        ] {
            let failure = app.invoke(handler.into(), &event).await.unwrap_err();
            assert_eq!(failure.error_type, "Dr.Permanent", "{handler:?}");
        }
    }
}
