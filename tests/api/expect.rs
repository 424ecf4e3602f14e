//! Short words for what a user does and what he is told.

use dr_testkit::{Role, TestApp};
use serde_json::Value;

/// Asks over REST as an administrator and expects this refusal; gives the error.
#[track_caller]
pub fn refused(
    app: &TestApp,
    method: &'static str,
    path: impl Into<String>,
    body: Value,
    expected: (u16, &'static str),
) -> impl Future<Output = Value> {
    let path = path.into();
    async move {
        let body = (!body.is_null()).then_some(body);
        let answered = app.rest(Role::Admin, method, &path, body.as_ref()).await;
        let error = answered.body["error"].clone();
        let code = error["code"].as_str().unwrap_or_default();
        let what = format!("{method} {path}: {:#}", answered.body);
        assert_eq!((answered.status, code), expected, "{what}");
        assert!(!error["message"].as_str().unwrap_or_default().is_empty());
        error
    }
}

/// Fields that an error complains of.
pub fn fields(error: &Value) -> Vec<&str> {
    let all = error["details"]["fields"].as_array();
    all.into_iter()
        .flatten()
        .filter_map(|one| one["field"].as_str())
        .collect()
}

/// A value's text.
#[track_caller]
pub fn text(value: &Value) -> &str {
    match value {
        Value::String(text) => text,
        other => panic!("not a text: {other}"),
    }
}
