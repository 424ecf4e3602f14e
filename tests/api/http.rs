//! What is wrong with a request before its fields are looked at: body, content type, method, path, query string.

use dr_api::{Method, Operation, Route};
use dr_testkit::TestApp;
use dr_tests::product;
use serde_json::{Value, json};

use crate::doors::{raw, writes};

const UUID: &str = "01234567-89ab-4cde-8f01-23456789abcd";
const JSON: Option<&str> = Some("application/json");

/// A path of a route with well-formed ids in it.
fn path_of(route: &Route) -> String {
    [
        ("{account_id}", "123456123456".to_owned()),
        ("{group_id}", format!("pg-{UUID}")),
        ("{pair_id}", format!("pair-{UUID}")),
        ("{config_id}", format!("cfg-{UUID}")),
        ("{plan_id}", format!("rp-{UUID}")),
        ("{execution_id}", format!("exec-{UUID}")),
    ]
    .iter()
    .fold(route.path.to_owned(), |path, (name, id)| {
        path.replace(name, id)
    })
}

fn routes() -> impl Iterator<Item = &'static Route> {
    Operation::ALL.iter().flat_map(|one| one.routes())
}

async fn assert_code(
    app: &TestApp,
    (method, path): (&str, &str),
    (kind, body): (Option<&str>, &[u8]),
    expected: (u16, &str),
) {
    let answered = raw(app, method, path, kind, body.to_vec()).await;
    let shown = String::from_utf8_lossy(body)
        .chars()
        .take(60)
        .collect::<String>();
    let what = format!("{method} {path} {kind:?} {shown}: {:#}", answered.body);
    assert_eq!(answered.status, expected.0, "{what}");
    let error = &answered.body["error"];
    assert_eq!(error["code"], expected.1, "{what}");
    for field in ["message", "request_id", "timestamp"] {
        assert!(error[field].is_string(), "{what}");
    }
    assert!(error["details"].is_object(), "{what}");
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused_by_every_route() {
    let app = product(0).await;
    let before = writes(&app);
    let malformed: [&[u8]; 9] = [
        b"{",
        b"{\"name\": }",
        b"{'name': 'x'}",
        b"{\"name\": NaN}",
        b"{\"limit\": 1e400}",
        b"{\"name\": \"\\ud800\"}",
        b"{} {}",
        b"<xml/>",
        b"name=x",
    ];
    let others: [&[u8]; 5] = [b"[]", b"\"text\"", b"7", b"null", b"true"];
    for route in routes().filter(|route| route.method != Method::Get) {
        let (method, path) = (route.method.as_str(), path_of(route));
        for body in malformed {
            assert_code(&app, (method, &path), (JSON, body), (400, "MALFORMED_JSON")).await;
        }
        for body in others {
            let expected = (400, "VALIDATION_FAILED");
            assert_code(&app, (method, &path), (JSON, body), expected).await;
        }
        let not_utf8: &[u8] = b"{\"name\": \"\xff\"}";
        let expected = (400, "VALIDATION_FAILED");
        assert_code(&app, (method, &path), (JSON, not_utf8), expected).await;
    }
    assert_eq!(writes(&app), before);
}

#[tokio::test]
async fn a_body_of_another_type_is_415_and_one_too_large_413() {
    let app = product(0).await;
    let kinds = [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/json; charset=utf-16"),
        Some("application/xml"),
        Some(""),
    ];
    let large = vec![b' '; 6 * 1024 * 1024 + 1];
    for route in routes().filter(|route| route.method != Method::Get) {
        let (method, path) = (route.method.as_str(), path_of(route));
        for kind in kinds {
            let expected = (415, "UNSUPPORTED_MEDIA_TYPE");
            assert_code(&app, (method, &path), (kind, b"{}"), expected).await;
        }
        let expected = (413, "REQUEST_TOO_LARGE");
        assert_code(&app, (method, &path), (JSON, &large), expected).await;
    }
}

#[tokio::test]
async fn a_body_with_get_and_a_query_string_with_another_method_are_refused() {
    let app = product(0).await;
    let before = writes(&app);
    for route in routes() {
        let (method, path) = (route.method.as_str(), path_of(route));
        let expected = (400, "VALIDATION_FAILED");
        match route.method {
            Method::Get => assert_code(&app, (method, &path), (JSON, b"{}"), expected).await,
            _ => {
                let path = format!("{path}?dry_run=true");
                assert_code(&app, (method, &path), (None, b""), expected).await;
            }
        }
    }
    assert_eq!(writes(&app), before);
}

#[tokio::test]
async fn a_query_parameter_that_is_unknown_or_comes_twice_is_refused() {
    let app = product(0).await;
    for route in routes().filter(|route| route.method == Method::Get) {
        let expected = (400, "VALIDATION_FAILED");
        for query in ["colour=red", "limit=1&limit=2", "%00=1", "__proto__=1"] {
            let path = format!("{}?{query}", path_of(route));
            assert_code(&app, ("GET", &path), (None, b""), expected).await;
        }
    }
}

#[tokio::test]
async fn a_list_in_a_query_string_is_divided_by_commas() {
    let app = product(0).await;
    let path = "/failover-sessions/fs-00000000-0000-4000-8000-000000000001/cleanup";
    let (one, two) = ("s-11111111111111111", "s-22222222222222222");
    for (ids, expected) in [
        (format!("{one},{two}"), (404, "NOT_FOUND")),
        (format!("{one}%2C{two}"), (404, "NOT_FOUND")),
        (format!("{one},nope"), (400, "VALIDATION_FAILED")),
        (String::new(), (400, "VALIDATION_FAILED")),
        (
            format!("{one}&source_server_ids={two}"),
            (400, "VALIDATION_FAILED"),
        ),
    ] {
        let path = format!("{path}?source_server_ids={ids}");
        assert_code(&app, ("GET", &path), (None, b""), expected).await;
    }
}

#[tokio::test]
async fn a_path_that_is_none_is_404_and_a_method_that_it_lacks_405() {
    let app = product(0).await;
    for path in [
        "/",
        "/nope",
        "/executions/",
        "//executions",
        "/executions/a/b/c",
        "/Executions",
        "/protection-groups/../target-accounts",
        "/target-accounts/%2e%2e/x",
        "/.env",
    ] {
        assert_code(&app, ("GET", path), (None, b""), (404, "NO_SUCH_ROUTE")).await;
    }
    let answered = raw(&app, "GET", "/executions/%ff", None, "").await;
    assert_eq!(answered.status, 400);
    for route in routes() {
        let path = path_of(route);
        let has = |method: &str| {
            routes().any(|other| path_of(other) == path && other.method.as_str() == method)
        };
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
            if !has(method) {
                let expected = (405, "METHOD_NOT_ALLOWED");
                assert_code(&app, (method, &path), (None, b""), expected).await;
            }
        }
    }
}

#[tokio::test]
async fn head_answers_as_get_without_a_body_and_options_lists_methods() {
    let app = product(0).await;
    for route in routes() {
        let path = path_of(route);
        let answered = raw(&app, "OPTIONS", &path, None, "").await;
        assert_eq!(
            (answered.status, answered.body),
            (204, Value::Null),
            "{path}"
        );
        if route.method == Method::Get {
            let get = raw(&app, "GET", &path, None, "").await;
            let head = raw(&app, "HEAD", &path, None, "").await;
            assert_eq!(
                (head.status, head.body),
                (get.status, Value::Null),
                "{path}"
            );
        }
    }
}

/// Determination: JSON leaves a name that comes twice open (RFC 8259, section 4); the last value counts, at both
/// doors, as a direct invocation is parsed before we see it.
#[tokio::test]
async fn of_a_field_that_comes_twice_the_last_counts() {
    let app = product(0).await;
    let body = br#"{"account_id": "12", "account_id": "777788889999", "name": "A", "regions": ["eu-central-1"],
        "role_arn": "arn:aws:iam::777788889999:role/R"}"#;
    let answered = raw(&app, "POST", "/target-accounts", JSON, body.to_vec()).await;
    assert_eq!(answered.expect(201)["account_id"], "777788889999");
    let body = br#"{"account_id": "777788889999", "account_id": 7}"#;
    let answered = raw(&app, "POST", "/target-accounts", JSON, body.to_vec()).await;
    let problem = &answered.expect(400)["error"]["details"]["fields"][0];
    assert_eq!(problem["field"], json!("account_id"));
}

#[tokio::test]
async fn a_field_of_the_path_is_refused_in_the_body_as_well() {
    let app = product(0).await;
    for route in routes().filter(|route| route.method != Method::Get) {
        for name in dr_api::openapi::path_parameters(route.path) {
            let body = json!({ name: "x" }).to_string();
            let (method, path) = (route.method.as_str(), path_of(route));
            let answered = raw(&app, method, &path, JSON, body).await;
            let problem = &answered.expect(400)["error"]["details"]["fields"][0];
            assert_eq!(problem["field"], json!(name), "{path}");
        }
    }
}

#[tokio::test]
async fn a_direct_call_that_is_none_is_answered_not_thrown() {
    let app = product(0).await;
    let before = writes(&app);
    let events = [
        json!({}),
        json!([]),
        json!(null),
        json!("get_quotas"),
        json!({ "operation": 7 }),
        json!({ "operation": "nope", "body": {} }),
        json!({ "operation": "", "body": {} }),
        json!({ "operation": "\u{0}" }),
        json!({ "body": {} }),
        json!({ "operation": "list_executions", "body": [] }),
        json!({ "operation": "list_executions", "body": "{}" }),
        json!({ "operation": "list_executions", "extra": 1 }),
        json!({ "Operation": "list_executions" }),
    ];
    for handler in dr_api::HandlerName::ALL {
        for event in &events {
            let answered = app.invoke(handler.into(), event).await.unwrap();
            let error = &answered["error"];
            let code = error["code"].as_str().unwrap_or_default();
            let refused = ["VALIDATION_FAILED", "UNKNOWN_OPERATION"].contains(&code);
            assert!(refused, "{event} {answered:#}");
            assert!(
                error["details"]["fields"][0]["field"].is_string(),
                "{event}"
            );
        }
        for operation in Operation::ALL {
            let event = json!({ "operation": operation.name(), "body": { "not_a_field": 1 } });
            let answered = app.invoke(handler.into(), &event).await.unwrap();
            let expected = match operation.handler() == handler {
                true => "VALIDATION_FAILED",
                false => "UNKNOWN_OPERATION",
            };
            assert_eq!(answered["error"]["code"], expected, "{operation:?}");
        }
    }
    assert_eq!(writes(&app), before);
}
