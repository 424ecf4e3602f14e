//! Who may do what: every operation by every role and by every route; tokens that are none.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dr_api::Operation;
use dr_model::role::Permission;
use dr_testkit::{Answered, Role, TestApp, TestAppBuilder};
use dr_tests::{Fleet, places, product};
use serde_json::{Value, json};

use crate::doors::{Door, request_of, writes};
use crate::requests::{World, valid, with};
use crate::way_home::Home;

const UUID: &str = "01234567-89ab-4cde-8f01-23456789abcd";

/// Ids that are well formed, of things that nobody made.
pub fn nowhere() -> World {
    let id = |prefix: &str| format!("{prefix}-{UUID}");
    World {
        fleet: Fleet {
            plan_id: id("rp"),
            group_ids: vec![id("pg"), id("pg"), id("pg")],
        },
        group_id: id("pg"),
        pair: json!({
            "id": id("pair"),
            "source_server_id": "s-0123456789abcdef0",
            "target_instance_id": "i-0123456789abcdef0",
        }),
        free_target: "i-0123456789abcdef1".to_owned(),
        spare_group_id: id("pg"),
        spare_plan_id: id("rp"),
        config_id: id("cfg"),
        execution_id: id("exec"),
        home: Home::nowhere(),
    }
}

#[tokio::test]
async fn every_operation_is_forbidden_to_exactly_the_roles_that_do_not_hold_its_permission() {
    let app = product(0).await;
    let before = writes(&app);
    for operation in Operation::ALL {
        // Refused for its shape by whoever may ask: permission is looked at first, and nothing is done.
        let fields = with(valid(*operation, &nowhere()), json!({ "not_a_field": 1 }));
        for door in Door::of(*operation) {
            let Some(route) = door.route(*operation) else {
                continue;
            };
            for role in Role::ALL {
                let asked = door.ask(&app, role, *operation, &fields).await;
                let (status, body) = asked.unwrap();
                let expected = match role.allows(operation.permission()) {
                    true => (Some(400), "VALIDATION_FAILED"),
                    false => (Some(403), "FORBIDDEN"),
                };
                let code = body["error"]["code"].as_str().unwrap();
                assert_eq!((status, code), expected, "{route:?} {role:?} {body:#}");
            }
        }
    }
    assert_eq!(writes(&app), before);
}

#[tokio::test]
async fn a_role_too_low_is_told_which_permission_it_lacks_and_changes_nothing() {
    let app = product(0).await;
    let before = writes(&app);
    for operation in Operation::ALL {
        for role in Role::ALL {
            if role.allows(operation.permission()) {
                continue;
            }
            let fields = valid(*operation, &nowhere());
            let asked = Door::Rest(0).ask(&app, role, *operation, &fields).await;
            let (status, body) = asked.unwrap();
            assert_eq!(status, Some(403), "{operation:?} {role:?}");
            let word = serde_json::to_value(operation.permission()).unwrap();
            let message = body["error"]["message"].as_str().unwrap();
            assert!(message.contains(word.as_str().unwrap()), "{message}");
        }
    }
    assert_eq!(writes(&app), before);
}

#[tokio::test]
async fn a_real_recovery_takes_more_than_the_right_to_start_a_drill() {
    let app = product(0).await;
    let plan = json!({ "plan_id": format!("rp-{UUID}"), "execution_type": "RECOVERY" });
    let pairs = with(
        places(),
        json!({ "is_drill": false, "group_ids": [format!("pg-{UUID}")] }),
    );
    let home = nowhere();
    let real = |operation| with(valid(operation, &home), json!({ "is_drill": false }));
    let session = valid(Operation::ExecuteFailback, &home);
    let cases = [
        (Operation::StartExecution, plan),
        (Operation::ExecuteFailover, pairs),
        (
            Operation::ExecuteFailback,
            with(session, json!({ "execution_type": "RECOVERY" })),
        ),
        (
            Operation::ExecuteAllowLaunchingFailback,
            real(Operation::ExecuteAllowLaunchingFailback),
        ),
        (
            Operation::FailbackRecoveryInstance,
            real(Operation::FailbackRecoveryInstance),
        ),
    ];
    for (operation, fields) in cases {
        for index in 0..operation.routes().len() {
            for role in Role::ALL {
                let asked = Door::Rest(index).ask(&app, role, operation, &fields).await;
                let (status, body) = asked.unwrap();
                let forbidden = status == Some(403) && body["error"]["code"] == "FORBIDDEN";
                let may = role.allows(Permission::StartRecovery);
                assert_eq!(forbidden, !may, "{operation:?} {role:?} {body:#}");
            }
        }
    }
}

async fn with_token(app: &TestApp, header: Option<&str>, operation: Operation) -> Answered {
    let fields = valid(operation, &nowhere());
    let route = operation.routes()[0];
    let (path, body) = request_of(&route, fields.as_object().unwrap()).unwrap();
    let mut request = Request::builder()
        .method(route.method.as_str())
        .uri(path)
        .header("host", "127.0.0.1")
        .header("content-type", "application/json");
    if let Some(header) = header {
        request = request.header("authorization", header);
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    app.send(request.body(body).unwrap()).await
}

fn assert_refused(answered: &Answered, what: &str) {
    assert_eq!(answered.status, 401, "{what}: {:#}", answered.body);
    let error = &answered.body["error"];
    assert_eq!(error["code"], "UNAUTHENTICATED", "{what}");
    assert!(error["details"]["remediation"].is_string(), "{what}");
}

/// The token with other claims and the old signature.
fn tampered(token: &str) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let claims = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
    let mut claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["cognito:groups"] = json!(["admin"]);
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("{}.{claims}.{}", parts[0], parts[2])
}

/// The token as one that says of itself that it is not signed.
fn unsigned(token: &str) -> String {
    let claims = token.split('.').nth(1).unwrap();
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"none"}"#);
    format!("{header}.{claims}.")
}

#[tokio::test]
async fn without_a_token_nothing_is_served() {
    let app = product(0).await;
    for operation in Operation::ALL {
        let answered = with_token(&app, None, *operation).await;
        assert_refused(&answered, operation.name());
    }
}

#[tokio::test]
async fn foreign_tampered_and_unsigned_tokens_are_refused_by_every_operation() {
    let app = product(0).await;
    let other = TestAppBuilder::new().servers(0).seed(2).start().await;
    let token = app.token(Role::ReadOnly);
    let mut cut = token.clone();
    cut.truncate(token.len() - 4);
    let cases = [
        (
            "of another installation",
            format!("Bearer {}", other.token(Role::Admin)),
        ),
        ("tampered", format!("Bearer {}", tampered(&token))),
        (
            "unsigned",
            format!("Bearer {}", unsigned(&app.token(Role::Admin))),
        ),
        ("cut", format!("Bearer {cut}")),
        ("empty", "Bearer ".to_owned()),
        ("no token", "Bearer a.b.c".to_owned()),
        ("another scheme", format!("Basic {token}")),
    ];
    for operation in Operation::ALL {
        for (what, header) in &cases {
            let answered = with_token(&app, Some(header), *operation).await;
            assert_refused(&answered, &format!("{what} {}", operation.name()));
        }
    }
    let answered = with_token(
        &app,
        Some(&format!("Bearer {token}")),
        Operation::ListExecutions,
    )
    .await;
    assert_eq!(answered.status, 200);
}

#[tokio::test]
async fn a_token_ends_after_an_hour() {
    let app = product(0).await;
    let header = format!("Bearer {}", app.token(Role::Admin));
    app.wall().advance(Duration::from_secs(3_599));
    let answered = with_token(&app, Some(&header), Operation::ListExecutions).await;
    assert_eq!(answered.status, 200);
    app.wall().advance(Duration::from_secs(1));
    for operation in Operation::ALL {
        let answered = with_token(&app, Some(&header), *operation).await;
        assert_refused(&answered, operation.name());
    }
}
