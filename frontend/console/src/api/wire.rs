//! From the fields of a request to method, path, query and body.

use dr_api::openapi::path_parameters;
use dr_api::{Method, Operation};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use ui::Problem;

/// What stays as it is: RFC 3986, "Unreserved Characters".
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request as HTTP carries it.
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// Method.
    pub method: Method,
    /// Path and query, encoded.
    pub target: String,
    /// Body; none when no field is left for it.
    pub body: Option<String>,
}

/// A text as it stands in a URL.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Spreads fields over the first route of an operation: the others do the same. A null is a field left out.
///
/// # Errors
/// A field that a path or a query cannot carry.
pub fn split(operation: Operation, mut fields: Map<String, Value>) -> Result<Parts, Problem> {
    let refuse = |field: &str| {
        Problem::new(
            "UNSENDABLE",
            format!("{} cannot be asked with this {field}", operation.name()),
        )
    };
    let route = operation.routes().first().ok_or_else(|| refuse("route"))?;
    fields.retain(|_, value| !value.is_null());
    let mut target = route.path.to_owned();
    for name in path_parameters(route.path) {
        let value = fields
            .remove(name)
            .and_then(|value| text(&value))
            .ok_or_else(|| refuse(name))?;
        target = target.replace(&format!("{{{name}}}"), &encode(&value));
    }
    if route.method == Method::Get {
        for (at, (name, value)) in std::mem::take(&mut fields).into_iter().enumerate() {
            let value = text(&value).ok_or_else(|| refuse(&name))?;
            target.push(if at == 0 { '?' } else { '&' });
            target.push_str(&format!("{}={}", encode(&name), encode(&value)));
        }
    }
    let body = (!fields.is_empty()).then(|| Value::Object(fields).to_string());
    Ok(Parts {
        method: route.method,
        target,
        body,
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        // A list in a query string is one value, divided by commas.
        Value::Array(all) => {
            let texts: Option<Vec<String>> = all.iter().map(text).collect();
            texts.map(|texts| texts.join(","))
        }
        Value::Null | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use dr_api::openapi::path_parameters;
    use dr_api::{Method, Operation};
    use serde_json::{Map, Value, json};

    use super::split;

    #[test]
    fn every_operation_fills_its_path_and_refuses_to_go_without() {
        for operation in Operation::ALL {
            let names = path_parameters(operation.routes()[0].path);
            let fields: Map<String, Value> = names
                .iter()
                .map(|name| ((*name).to_owned(), json!("ü/1")))
                .collect();
            let parts = split(*operation, fields).unwrap();
            assert!(!parts.target.contains('{'), "{operation:?}");
            assert_eq!(
                parts.target.matches("%C3%BC%2F1").count(),
                names.len(),
                "{operation:?}"
            );
            assert_eq!(
                split(*operation, Map::new()).is_err(),
                !names.is_empty(),
                "{operation:?}"
            );
        }
    }

    #[test]
    fn a_query_carries_numbers_truth_values_and_lists_and_no_objects() {
        let fields = json!({ "limit": 7, "next_token": null, "alerts_only": true });
        let parts = split(
            Operation::ListExecutions,
            fields.as_object().cloned().unwrap(),
        )
        .unwrap();
        assert_eq!(
            (parts.method, parts.target.as_str(), parts.body),
            (Method::Get, "/executions?limit=7&alerts_only=true", None)
        );
        let target = |fields: serde_json::Value| {
            let fields = fields.as_object().cloned().unwrap();
            split(Operation::ListExecutions, fields).map(|parts| parts.target)
        };
        assert_eq!(
            target(json!({ "ids": ["s-1", "s-2"] })).unwrap(),
            "/executions?ids=s-1%2Cs-2"
        );
        assert!(target(json!({ "of": { "status": "FAILED" } })).is_err());
    }

    #[test]
    fn a_body_holds_what_the_path_does_not() {
        let fields = json!({ "group_id": "pg-1", "name": "web" });
        let parts = split(
            Operation::UpdateProtectionGroup,
            fields.as_object().cloned().unwrap(),
        )
        .unwrap();
        assert_eq!(parts.target, "/protection-groups/pg-1");
        assert_eq!(parts.body.as_deref(), Some(r#"{"name":"web"}"#));
    }
}
