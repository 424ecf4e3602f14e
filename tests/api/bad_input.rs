//! Bad input, made from the schema of every operation: refused by both doors with the field and what was expected,
//! and nothing is written.

use dr_api::Operation;
use dr_api::openapi::path_parameters;
use dr_testkit::{Role, TestApp};
use dr_tests::product;
use serde_json::{Value, json};

use crate::doors::{Door, writes};
use crate::mutations::{Mutation, Step, changed, is_list, mutations, takes_free_text, texts};
use crate::requests::{World, valid};

/// An answer may show what was wrong, not all of a megabyte of it.
const LARGEST_ERROR: usize = 8_000;

fn root_of(field: &str) -> &str {
    field.split(['.', '[']).next().unwrap()
}

/// A refusal in the product's error body, that names the field and what was expected.
fn assert_names_the_field(what: &str, (status, body): &(Option<u16>, Value), root: &str) {
    let shown: String = body.to_string().chars().take(2_000).collect();
    assert!(
        status.is_none_or(|status| status == 400),
        "{what}: {status:?} {shown}"
    );
    assert_eq!(
        body["error"]["code"], "VALIDATION_FAILED",
        "{what}: {shown}"
    );
    let problem = &body["error"]["details"]["fields"][0];
    let field = problem["field"].as_str().unwrap_or_default();
    assert_eq!(root_of(field), root, "{what}: {shown}");
    let expected = problem["expected"].as_str().unwrap_or_default();
    assert!(!expected.is_empty(), "{what}: {shown}");
    assert!(body.to_string().len() < LARGEST_ERROR, "{what}: {shown}");
}

/// What REST can say of a mutation by this route: kinds of values are lost in a path and in a query string, and the
/// longest URI that it reads is 64 KB.
fn sayable(door: Door, operation: Operation, mutation: &Mutation) -> bool {
    let Some(route) = door.route(operation) else {
        return true;
    };
    let in_path = path_parameters(route.path).contains(&mutation.root());
    if !in_path && route.method != dr_api::Method::Get {
        return true;
    }
    let value = &mutation.fields[mutation.root()];
    match value {
        Value::String(text) => !(in_path && text.is_empty()) && text.len() < 10_000,
        Value::Number(_) | Value::Bool(_) => in_path || mutation.what != "mistyped",
        // A parameter that is not there.
        Value::Null => !in_path && mutation.what == "missing",
        _ => false,
    }
}

async fn refuse(app: &TestApp, operation: Operation, base: &Value) -> usize {
    let mut tried = 0;
    for mutation in mutations(operation, base) {
        let mut first: Option<Value> = None;
        for door in Door::of(operation) {
            if !sayable(door, operation, &mutation) {
                continue;
            }
            let asked = door.ask(app, Role::Admin, operation, &mutation.fields);
            let Some(answered) = asked.await else {
                continue;
            };
            let what = format!(
                "{operation:?} by {door:?}: {} {:?}",
                mutation.what, mutation.path
            );
            assert_names_the_field(&what, &answered, mutation.root());
            // The same words at every door; a number in a path is a text there, a text in a query string may be a list,
            // and so they are other requests.
            let given = &mutation.fields[mutation.root()];
            let route = door.route(operation);
            let is_same =
                |path: &str| given.is_string() || !path_parameters(path).contains(&mutation.root());
            let in_query = route.is_some_and(|route| route.method == dr_api::Method::Get);
            let is_list = in_query && is_list(operation, mutation.root());
            if !is_list && route.is_none_or(|route| is_same(route.path)) {
                let mut error = answered.1["error"].clone();
                error.as_object_mut().unwrap().shift_remove("request_id");
                assert_eq!(&error, first.get_or_insert_with(|| error.clone()), "{what}");
            }
            tried += 1;
        }
    }
    tried
}

#[tokio::test]
async fn every_field_missing_mistyped_unknown_oversized_or_out_of_bounds_is_refused_by_name() {
    let app = product(24).await;
    let world = World::build(&app).await;
    let before = writes(&app);
    assert!(
        before > 100,
        "the fleet and the drill have written: {before}"
    );
    let mut tried = 0;
    for operation in Operation::ALL {
        let of_operation = refuse(&app, *operation, &valid(*operation, &world)).await;
        assert!(of_operation >= 4, "{operation:?}: {of_operation}");
        tried += of_operation;
    }
    assert!(tried > 2_000, "{tried}");
    assert_eq!(
        writes(&app),
        before,
        "a refused request has written something"
    );
}

/// Text that has broken something somewhere: ends of strings, paths, templates, headers, directions of writing.
fn hostile() -> Vec<String> {
    let fixed = [
        "\u{0}",
        "a\u{0}b",
        "\r\nset-cookie: a=b",
        "'; DROP TABLE executions; --",
        "../../../../etc/passwd",
        "%2e%2e%2f%00",
        "${jndi:ldap://127.0.0.1/x}",
        "{{7*7}}",
        "<script>alert(1)</script>",
        "\u{202e}gnp.exe",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
        "\u{1f469}\u{200d}\u{1f4bb}",
        "Z\u{351}\u{327}\u{33c}a\u{360}lgo",
        "\u{feff}\u{fffe}\u{ffff}",
        "NaN",
        "-0",
        "null",
    ];
    let long = ["\u{1d56c}".repeat(3_000), "a".repeat(1_000_000)];
    fixed.into_iter().map(str::to_owned).chain(long).collect()
}

#[tokio::test]
async fn hostile_text_is_taken_as_text_or_refused_and_never_breaks_anything() {
    let app = product(24).await;
    let world = World::prepared(&app).await;
    let id = &world.execution_id;
    app.run_until_terminal(id, chrono::TimeDelta::hours(3))
        .await;
    for operation in Operation::ALL {
        let base = valid(*operation, &world);
        for leaf in texts(*operation, &base) {
            if !takes_free_text(&leaf.schema) {
                continue;
            }
            for text in hostile() {
                let fields = changed(&base, &leaf.path, Some(json!(text)));
                for door in Door::of(*operation) {
                    let in_query = door
                        .route(*operation)
                        .is_some_and(|route| route.method == dr_api::Method::Get);
                    if in_query && text.len() > 10_000 {
                        continue;
                    }
                    let asked = door.ask(&app, Role::Admin, *operation, &fields).await;
                    let Some((status, body)) = asked else {
                        continue;
                    };
                    let shown: String = text.chars().take(40).collect();
                    let what = format!("{operation:?} {:?} {shown:?}", leaf.path);
                    check_hostile(&what, &text, &leaf.path, status, &body);
                }
            }
        }
    }
}

fn check_hostile(what: &str, text: &str, path: &[Step], status: Option<u16>, body: &Value) {
    let shown: String = body.to_string().chars().take(2_000).collect();
    assert!(status.is_none_or(|status| status < 500), "{what}: {shown}");
    let Some(error) = body.get("error").filter(|error| error.is_object()) else {
        assert!(text.len() <= 10_000, "{what}: a megabyte was taken");
        assert!(!text.contains('\0'), "{what}: a null was taken: {shown}");
        // What is stored under this name comes back as it was.
        if let [Step::Field(name)] = path
            && let Some(kept) = body.get(name).and_then(Value::as_str)
        {
            assert!(kept == text || kept == text.trim(), "{what}: {shown}");
        }
        return;
    };
    let code = error["code"].as_str().unwrap();
    assert!(
        !["INTERNAL", "AWS_ERROR", "AWS_REJECTED"].contains(&code),
        "{what}: {shown}"
    );
    assert!(body.to_string().len() < LARGEST_ERROR, "{what}: {shown}");
}

/// A well-formed id of the same kind that nobody has.
fn unknown_id(id: &str) -> String {
    if id.len() == 12 {
        return "123456123456".to_owned();
    }
    let (prefix, rest) = id.split_once('-').unwrap();
    if rest.len() == 17 {
        return format!("{prefix}-fedcba98765432100");
    }
    format!("{prefix}-fedcba98-7654-4321-8fed-cba987654321")
}

#[tokio::test]
async fn a_malformed_id_in_the_path_is_400_and_one_of_nothing_is_404() {
    let app = product(8).await;
    let world = World::build(&app).await;
    let before = writes(&app);
    let mut tried = 0;
    for operation in Operation::ALL {
        let base = valid(*operation, &world);
        for door in Door::of(*operation) {
            let paths = operation.routes().iter().map(|route| route.path);
            let names: std::collections::BTreeSet<&str> = paths.flat_map(path_parameters).collect();
            for name in names {
                let Some(id) = base.get(name).and_then(Value::as_str) else {
                    continue;
                };
                let what = format!("{operation:?} by {door:?}: {name}");
                for malformed in ["nope", "pg-", "../../x", "\u{1f525}", "a b", &id[1..]] {
                    let step = [Step::Field(name.to_owned())];
                    let fields = changed(&base, &step, Some(json!(malformed)));
                    let asked = door.ask(&app, Role::Admin, *operation, &fields).await;
                    assert_names_the_field(&what, &asked.unwrap(), name);
                }
                let step = [Step::Field(name.to_owned())];
                let fields = changed(&base, &step, Some(json!(unknown_id(id))));
                let asked = door.ask(&app, Role::Admin, *operation, &fields).await;
                let (status, body) = asked.unwrap();
                assert_eq!(body["error"]["code"], "NOT_FOUND", "{what}: {body:#}");
                assert!(status.is_none_or(|status| status == 404), "{what}");
                tried += 1;
            }
        }
    }
    assert!(tried > 50, "{tried}");
    assert_eq!(writes(&app), before);
}

#[tokio::test]
async fn nesting_beyond_reason_is_refused_by_both_doors() {
    let app = product(0).await;
    let before = writes(&app);
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    for operation in Operation::ALL {
        let value: Value = serde_json::from_str(&deep(100)).unwrap();
        let fields = json!({ "name": value });
        for door in Door::of(*operation) {
            let Some(answered) = door.ask(&app, Role::Admin, *operation, &fields).await else {
                continue;
            };
            let code = answered.1["error"]["code"].as_str();
            assert_eq!(code, Some("VALIDATION_FAILED"), "{operation:?} {door:?}");
        }
    }
    let body = format!("{{\"name\": {}}}", deep(100_000));
    let kind = Some("application/json");
    let answered = crate::doors::raw(&app, "POST", "/recovery-plans", kind, body).await;
    assert_eq!(answered.expect(400)["error"]["code"], "MALFORMED_JSON");
    assert_eq!(writes(&app), before);
}
