//! From the fields of a request to path, query and body, as the table of operations has it: for every client.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::openapi::path_parameters;
use crate::{Method, Operation};

/// What stays as it is in a path segment and in a query value: RFC 3986, "Unreserved Characters".
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
    /// Path with the query string, both encoded, from the leading slash.
    pub target: String,
    /// Body; none when no field is left for it.
    pub body: Option<Map<String, Value>>,
}

/// Why a request cannot be put into HTTP: a mistake in the table of operations, not of the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the field {field} of {operation} cannot be sent: {reason}")]
pub struct Unsendable {
    operation: &'static str,
    field: String,
    reason: &'static str,
}

/// Spreads fields over the first route of an operation: the others do the same. A null is the same as a
/// field left out, by every door, and is not sent.
///
/// # Errors
/// [`Unsendable`] when a path parameter has no value, or a GET has a value that a query cannot carry.
pub fn split(operation: Operation, fields: Map<String, Value>) -> Result<Parts, Unsendable> {
    let refuse = |field: &str, reason| Unsendable {
        operation: operation.name(),
        field: field.to_owned(),
        reason,
    };
    let route = operation
        .routes()
        .first()
        .ok_or_else(|| refuse("*", "the operation has no route"))?;
    let mut fields: Map<String, Value> = fields
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();

    let mut target = route.path.to_owned();
    for name in path_parameters(route.path) {
        let text = match fields.remove(name) {
            Some(value) => text(&value).ok_or_else(|| refuse(name, "a path carries text"))?,
            None => return Err(refuse(name, "the path needs it")),
        };
        target = target.replace(&format!("{{{name}}}"), &encode(&text));
    }
    if route.method == Method::Get {
        let mut separator = '?';
        for (name, value) in std::mem::take(&mut fields) {
            let text = text(&value)
                .or_else(|| list(&value))
                .ok_or_else(|| refuse(&name, "a query carries text, or a list of it"))?;
            target.push(separator);
            target.push_str(&format!("{}={}", encode(&name), encode(&text)));
            separator = '&';
        }
    }
    Ok(Parts {
        method: route.method,
        target,
        body: (!fields.is_empty()).then_some(fields),
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A list, divided by commas: none of what stands in it has one.
fn list(value: &Value) -> Option<String> {
    let items: Option<Vec<&str>> = value.as_array()?.iter().map(Value::as_str).collect();
    let items = items?;
    let is_clear = items
        .iter()
        .all(|item| !item.is_empty() && !item.contains(','));
    (is_clear && !items.is_empty()).then(|| items.join(","))
}

/// A text as it stands in a URL.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use percent_encoding::percent_decode_str;
    use schemars::generate::SchemaSettings;
    use serde_json::{Map, Value, json};

    use super::split;
    use crate::openapi::described;
    use crate::{Method, Operation};

    /// Every field that the schema of each operation's request names, with a value of its own.
    fn samples() -> Vec<(Operation, Map<String, Value>)> {
        let mut generator = SchemaSettings::draft2020_12().into_generator();
        described(&mut generator)
            .iter()
            .map(|one| {
                let properties = one.request.as_value()["properties"].as_object().unwrap();
                let fields = properties
                    .keys()
                    .map(|name| (name.clone(), json!(format!("{name}/ü &?=%"))))
                    .collect();
                (one.operation, fields)
            })
            .collect()
    }

    #[test]
    fn every_operation_fills_its_path_and_loses_no_field() {
        let samples = samples();
        assert_eq!(samples.len(), Operation::ALL.len());
        for (operation, fields) in samples {
            let parts = split(operation, fields.clone()).unwrap();
            let template = operation.routes()[0].path;
            let (path, query) = parts.target.split_once('?').unwrap_or((&parts.target, ""));
            let mut found: BTreeMap<String, Value> = BTreeMap::new();
            let mut keep = |name: &str, value: Value| {
                assert_eq!(found.insert(name.to_owned(), value), None, "{name} twice");
            };
            let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().to_string();
            assert_eq!(path.split('/').count(), template.split('/').count());
            for (pattern, part) in template.split('/').zip(path.split('/')) {
                match pattern.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
                    Some(name) => keep(name, json!(decode(part))),
                    None => assert_eq!(pattern, part),
                }
            }
            for pair in query.split('&').filter(|pair| !pair.is_empty()) {
                let (name, value) = pair.split_once('=').unwrap();
                keep(name, json!(decode(value)));
            }
            for (name, value) in parts.body.unwrap_or_default() {
                assert_ne!(parts.method, Method::Get, "{operation:?} has a body");
                keep(&name, value);
            }
            assert_eq!(found, fields.into_iter().collect(), "{operation:?}");
        }
    }

    #[test]
    fn a_missing_path_parameter_is_refused_for_every_operation_that_has_one() {
        let mut refused = 0;
        for operation in Operation::ALL {
            let has_one = operation.routes()[0].path.contains('{');
            assert_eq!(split(*operation, Map::new()).is_err(), has_one);
            refused += usize::from(has_one);
        }
        assert!(refused > 10);
    }

    #[test]
    fn a_null_is_left_out_and_numbers_and_truth_values_become_text_in_a_query() {
        let fields = json!({ "limit": 7, "next_token": null, "status": true });
        let parts = split(
            Operation::ListExecutions,
            fields.as_object().cloned().unwrap(),
        )
        .unwrap();
        assert_eq!(parts.target, "/executions?limit=7&status=true");
        assert_eq!(parts.body, None);
    }

    #[test]
    fn a_list_in_a_query_is_divided_by_commas_and_refused_rather_than_lost() {
        let sent = |ids: Value| {
            let fields = json!({ "session_id": "fs-1", "source_server_ids": ids });
            let fields = fields.as_object().cloned().unwrap();
            split(Operation::GetCleanupInventory, fields)
        };
        let parts = sent(json!(["s-1", "s-2"])).unwrap();
        let path = "/failover-sessions/fs-1/cleanup?source_server_ids=s-1%2Cs-2";
        assert_eq!(parts.target, path);
        for lost in [
            json!([]),
            json!(["a,b"]),
            json!([""]),
            json!([1]),
            json!({}),
        ] {
            let error = sent(lost).unwrap_err();
            assert!(error.to_string().contains("source_server_ids"), "{error}");
        }
    }
}
