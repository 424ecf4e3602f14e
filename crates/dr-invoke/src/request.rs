//! From fields to a typed request, with the path of the field in every complaint.

use dr_api::Endpoint;
use dr_error::{Error, FieldProblem, Result};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::event::Call;

/// Reads a call's fields as the request of its operation.
///
/// # Errors
/// [`Error::Invalid`] with the field and what was expected.
pub fn parse<E: Endpoint>(call: Call) -> Result<E::Request> {
    let mut fields = call.fields;
    if !call.texts.is_empty() {
        read_texts::<E>(&mut fields, &call.texts);
    }
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let path = error.path().to_string();
        let message = error.inner().to_string();
        Error::Invalid(vec![problem(&path, &message)])
    })
}

/// serde's words, turned into field and expectation.
fn problem(path: &str, message: &str) -> FieldProblem {
    let quoted = |text: &str| text.split('`').nth(1).map(ToOwned::to_owned);
    let join = |name: &str| match path {
        "." | "" => name.to_owned(),
        // serde reports an unknown field at its own path.
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    };
    if let Some(rest) = message.strip_prefix("missing field ") {
        let name = quoted(rest).unwrap_or_default();
        return FieldProblem::new(join(&name), "a value: the field is required").got("nothing");
    }
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let name = quoted(rest).unwrap_or_default();
        let known = rest
            .split_once(", ")
            .map_or("no further field", |(_, known)| known);
        return FieldProblem::new(join(&name), known);
    }
    if let Some((given, expected)) = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "))
        .and_then(|rest| rest.split_once(", expected "))
    {
        return FieldProblem::new(path, in_words(expected)).got(given);
    }
    if let Some((given, expected)) = message
        .strip_prefix("unknown variant ")
        .and_then(|rest| rest.split_once(", expected "))
    {
        return FieldProblem::new(path, expected).got(given);
    }
    if let Some((expected, given)) = message
        .strip_prefix("expected ")
        .and_then(|rest| rest.split_once(", got "))
    {
        return FieldProblem::new(path, expected).got(given);
    }
    FieldProblem::new(path, message.strip_prefix("expected ").unwrap_or(message))
}

/// Rust's names of numbers, for people.
fn in_words(expected: &str) -> &str {
    match expected {
        "i64" => "a whole number",
        "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "f64" => "a number",
        other => other,
    }
}

/// A query string holds text only: numbers, truth values and lists, divided by commas, are read where the request
/// wants them.
fn read_texts<E: Endpoint>(fields: &mut Map<String, Value>, texts: &[String]) {
    let schema = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<E::Request>();
    for name in texts {
        let wanted = &schema.as_value()["properties"][name];
        let Some(Value::String(text)) = fields.get(name) else {
            continue;
        };
        let read = match kind(wanted) {
            "integer" | "number" => text.parse().ok().map(Value::Number),
            "boolean" => text.parse().ok().map(Value::Bool),
            "array" => Some(text.split(',').map(str::trim).map(Value::from).collect()),
            _ => continue,
        };
        // What is none stays a text, and is refused in the same words as in a body.
        if let Some(value) = read {
            fields.insert(name.clone(), value);
        }
    }
}

/// The JSON type a schema wants, `null` aside.
fn kind(schema: &Value) -> &str {
    let own = match &schema["type"] {
        Value::String(kind) => Some(kind.as_str()),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => None,
    };
    own.or_else(|| {
        schema["anyOf"]
            .as_array()?
            .iter()
            .map(kind)
            .find(|kind| !matches!(*kind, "null" | ""))
    })
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use dr_api::Operation;
    use dr_api::cleanup::GetCleanupInventory;
    use dr_api::infrastructure::ListSourceServers;
    use dr_api::plans::CreateRecoveryPlan;
    use dr_error::Error;
    use serde_json::{Value, json};

    use super::parse;
    use crate::caller::Caller;
    use crate::event::Call;

    fn call(fields: Value, texts: &[&str]) -> Call {
        Call {
            operation: Operation::ListSourceServers,
            caller: Caller::Iam,
            fields: fields.as_object().cloned().unwrap(),
            texts: texts.iter().map(ToString::to_string).collect(),
            success: 200,
        }
    }

    fn problem(error: Error) -> (String, String) {
        match error {
            Error::Invalid(problems) => (problems[0].field.clone(), problems[0].expected.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn numbers_in_a_query_string_are_numbers() {
        let fields = json!({ "account_id": "111122223333", "region": "us-west-2", "limit": "7" });
        let request =
            parse::<ListSourceServers>(call(fields, &["limit", "region", "account_id"])).unwrap();
        assert_eq!(request.limit.get(), 7);
    }

    #[test]
    fn a_list_in_a_query_string_is_divided_by_commas() {
        let id = "fs-00000000-0000-4000-8000-000000000001";
        let ask = |ids: &str| {
            let fields = json!({ "session_id": id, "source_server_ids": ids });
            parse::<GetCleanupInventory>(call(fields, &["source_server_ids"]))
        };
        let two = "s-11111111111111111, s-22222222222222222";
        let request = ask(two).unwrap();
        assert_eq!(request.source_server_ids.unwrap().get().len(), 2);
        for (ids, field) in [
            ("s-11111111111111111,nope", "source_server_ids"),
            ("", "source_server_ids"),
        ] {
            let found = problem(ask(ids).unwrap_err());
            assert!(found.0.starts_with(field), "{ids:?}: {found:?}");
        }
    }

    #[test]
    fn every_complaint_names_the_field_and_what_was_expected() {
        let base = json!({ "account_id": "111122223333", "region": "us-west-2" });
        let with = |key: &str, value: Value| {
            let mut fields = base.clone();
            fields[key] = value;
            fields
        };
        let cases = [
            (json!({ "region": "us-west-2" }), "account_id", "required"),
            (with("account_id", json!("12")), "account_id", "12-digit"),
            (with("region", json!(5)), "region", "string"),
            (with("limit", json!(0)), "limit", "1 to 1000"),
            (with("colour", json!("red")), "colour", "expected"),
        ];
        for (fields, field, expected) in cases {
            let found = problem(parse::<ListSourceServers>(call(fields, &[])).unwrap_err());
            assert_eq!(found.0, field);
            assert!(found.1.contains(expected), "{found:?}");
        }
        let fields = with("limit", json!("many"));
        let found = problem(parse::<ListSourceServers>(call(fields, &["limit"])).unwrap_err());
        assert_eq!(found.0, "limit");
    }

    #[test]
    fn a_wrong_value_deep_inside_is_named_by_its_path() {
        let fields = json!({ "name": "p", "waves": [{ "name": "w", "group_ids": ["nope"] }] });
        let found = problem(parse::<CreateRecoveryPlan>(call(fields, &[])).unwrap_err());
        assert_eq!(found.0, "waves[0].group_ids[0]");
    }
}
