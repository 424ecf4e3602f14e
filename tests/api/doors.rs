//! The same request through any door.

use axum::body::Body;
use axum::http::Request;
use dr_api::openapi::path_parameters;
use dr_api::{Method, Operation, Route};
use dr_testkit::{Answered, Role, TestApp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// Where a request goes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Lambda's Invoke API.
    Direct,
    /// REST, by this route of the operation, or by its last.
    Rest(usize),
}

impl Door {
    /// Direct, and every route of an operation.
    pub fn of(operation: Operation) -> Vec<Self> {
        let routes = (0..operation.routes().len()).map(Self::Rest);
        std::iter::once(Self::Direct).chain(routes).collect()
    }

    /// The route that it takes.
    pub fn route(self, operation: Operation) -> Option<&'static Route> {
        let routes = operation.routes();
        match self {
            Self::Direct => None,
            Self::Rest(index) => routes.get(index).or(routes.last()),
        }
    }

    /// Asks, and gives the answer's body and, over REST, its status. `None` where REST cannot say it: a field of
    /// the path that is not there, in a query string a list of anything but texts.
    pub async fn ask(
        self,
        app: &TestApp,
        role: Role,
        operation: Operation,
        fields: &Value,
    ) -> Option<(Option<u16>, Value)> {
        match self.route(operation) {
            None => {
                // The other door's token takes an id from the source of ids: so that both stay in step.
                let _token = app.token(role);
                let body = app.operation(operation, fields).await;
                Some((None, body))
            }
            Some(route) => {
                let (path, body) = request_of(route, fields.as_object()?)?;
                let method = route.method.as_str();
                let answered = app.rest(role, method, &path, body.as_ref()).await;
                Some((Some(answered.status), answered.body))
            }
        }
    }
}

/// A field as text in a path or a query string.
fn as_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        // A list of texts is divided by commas.
        Value::Array(items) if !items.is_empty() => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            let texts = texts?;
            if texts
                .iter()
                .any(|text| text.is_empty() || text.contains(','))
            {
                return None;
            }
            texts.join(",")
        }
        _ => return None,
    };
    Some(utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string())
}

/// Path with query string, and body, of a request with these fields.
pub fn request_of(route: &Route, fields: &Map<String, Value>) -> Option<(String, Option<Value>)> {
    let mut fields = fields.clone();
    let mut path = route.path.to_owned();
    for name in path_parameters(route.path) {
        let value = as_text(&fields.remove(name)?)?;
        if value.is_empty() {
            return None;
        }
        path = path.replace(&format!("{{{name}}}"), &value);
    }
    if route.method == Method::Get {
        let query: Option<Vec<String>> = fields
            .iter()
            .map(|(name, value)| Some(format!("{name}={}", as_text(value)?)))
            .collect();
        let query = query?.join("&");
        if !query.is_empty() {
            path = format!("{path}?{query}");
        }
        return Some((path, None));
    }
    let body = (!fields.is_empty()).then_some(Value::Object(fields));
    Some((path, body))
}

/// A request with this header and body, as an administrator.
pub async fn raw(
    app: &TestApp,
    method: &str,
    path: &str,
    content_type: Option<&str>,
    body: impl Into<Body>,
) -> Answered {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "127.0.0.1")
        .header(
            "authorization",
            format!("Bearer {}", app.token(Role::Admin)),
        );
    if let Some(kind) = content_type {
        request = request.header("content-type", kind);
    }
    app.send(request.body(body.into()).unwrap()).await
}

/// How many AWS calls changed something so far: tables, launch configurations, instances, jobs, state machines.
pub fn writes(app: &TestApp) -> u64 {
    const READS: [&str; 7] = [
        "Describe",
        "Get",
        "List",
        "Query",
        "BatchGet",
        "Simulate",
        "AssumeRole",
    ];
    let counts = app.control().call_counts();
    let of_operations = counts.values().flatten();
    of_operations
        .filter(|(operation, _)| !READS.iter().any(|read| operation.starts_with(read)))
        .map(|(_, count)| *count)
        .sum()
}
