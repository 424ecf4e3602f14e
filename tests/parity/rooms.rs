//! Handler, OpenAPI document, IAM, tests.

use std::collections::BTreeSet;

use dr_api::openapi::{document, path_parameters};
use dr_api::{HandlerName, Operation, iam};
use dr_tests::product;
use serde_json::{Value, json};

use crate::read;

fn openapi() -> Value {
    serde_json::from_str(&read("api/openapi.json")).unwrap()
}

#[tokio::test]
async fn every_operation_is_served_by_its_function_and_by_no_other() {
    let app = product(0).await;
    for operation in Operation::ALL {
        for handler in HandlerName::ALL {
            let event = json!({ "operation": operation.name(), "body": { "not_a_field": 1 } });
            let answered = app.invoke(handler.into(), &event).await.unwrap();
            let code = answered["error"]["code"].as_str().unwrap();
            // A handler that has no arm for it would answer INTERNAL, "is not served here".
            let expected = match operation.handler() == handler {
                true => "VALIDATION_FAILED",
                false => "UNKNOWN_OPERATION",
            };
            assert_eq!(code, expected, "{operation:?} by {handler:?}");
        }
    }
}

#[test]
fn the_document_in_the_repository_is_the_one_that_the_code_makes() {
    assert_eq!(openapi(), document(), "run `cargo xtask gen`");
}

#[test]
fn every_route_is_in_the_document_with_its_permission_parameters_and_answers_and_no_other() {
    let document = openapi();
    let mut known = BTreeSet::new();
    for operation in Operation::ALL {
        let permission = serde_json::to_value(operation.permission()).unwrap();
        for (index, route) in operation.routes().iter().enumerate() {
            let method = route.method.as_str().to_lowercase();
            known.insert((method.clone(), route.path.to_owned()));
            let item = &document["paths"][route.path][&method];
            let id = item["operationId"].as_str().unwrap_or_default();
            let expected = match index {
                0 => operation.name().to_owned(),
                n => format!("{}_{}", operation.name(), n + 1),
            };
            assert_eq!(id, expected, "{route:?}");
            let description = item["description"].as_str().unwrap();
            assert!(
                description.contains(&format!("`{}`", permission.as_str().unwrap())),
                "{description}"
            );
            for parameter in path_parameters(route.path) {
                let all = item["parameters"].as_array().unwrap();
                let found = |one: &&Value| one["name"] == parameter && one["in"] == "path";
                assert!(all.iter().any(|one| found(&one)), "{route:?} {parameter}");
            }
            for status in [
                &route.success.to_string(),
                "400",
                "401",
                "403",
                "409",
                "503",
            ] {
                assert!(
                    item["responses"].get(status).is_some(),
                    "{route:?} {status}"
                );
            }
        }
    }
    let mut listed = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        listed.extend(
            methods
                .as_object()
                .unwrap()
                .keys()
                .map(|method| (method.clone(), path.clone())),
        );
    }
    assert_eq!(listed, known);
}

#[test]
fn every_operation_has_rights_and_every_right_is_in_a_role() {
    let roles = read("cfn/roles.yaml");
    let target = read("cfn/target-account-role.yaml");
    for operation in Operation::ALL {
        let rights = iam::rights(*operation);
        let own = rights.own();
        assert!(
            own.contains("dynamodb:GetItem"),
            "{operation:?} reads its tables: {own:?}"
        );
        for action in own {
            assert!(
                roles.contains(action),
                "{operation:?} {action} is not in cfn/roles.yaml"
            );
        }
        for action in rights.target() {
            let action: &str = action;
            assert!(
                target.contains(action),
                "{operation:?} {action} is not in cfn/target-account-role.yaml"
            );
        }
    }
}

/// The variant as the tests write it.
fn named(operation: Operation) -> String {
    format!("Operation::{operation:?}")
}

/// Whether a name stands in a text, and is not only the beginning of a longer one.
fn holds(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let next = text[at + name.len()..].chars().next();
        !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[test]
fn every_operation_has_a_valid_request_and_a_place_in_the_story_of_the_tests_of_the_api() {
    let table = read("tests/api/requests.rs");
    let story = read("tests/api/same_answer.rs") + &read("tests/api/round_trip.rs");
    for operation in Operation::ALL {
        assert!(
            holds(&table, &named(*operation)),
            "{operation:?} has no request"
        );
        assert!(
            holds(&story, &named(*operation)),
            "{operation:?} is not told"
        );
    }
}

#[test]
fn the_roles_may_run_the_documents_that_the_engine_runs_and_no_other() {
    let sources = ["agents/command.rs", "sessions/probe.rs"]
        .map(|path| read(&format!("crates/dr-engine/src/{path}")))
        .concat();
    let quoted = sources.split('"').skip(1).step_by(2);
    let is_document = |text: &&str| {
        let starts = ["AWS-", "AWSDisasterRecovery-"];
        starts.iter().any(|start| text.starts_with(start))
    };
    let run: BTreeSet<&str> = quoted.filter(is_document).collect();
    let granted: BTreeSet<&str> = iam::DOCUMENTS.iter().copied().collect();
    assert_eq!(run, granted);
}
