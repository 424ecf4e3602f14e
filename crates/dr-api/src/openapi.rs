//! The OpenAPI document, made from the table of operations and the types of each.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::endpoint::Endpoint;
use crate::error_body::ErrorEnvelope;
use crate::operation::{Method, Operation, Route};
use crate::{
    accounts, agents, cleanup, configuration, executions, failback, groups, infrastructure,
    matching, mirror, pairs, plans, recovery_instances, replication, sessions, start,
};

/// An operation with the schemas of what it takes and gives.
pub struct Described {
    /// The operation.
    pub operation: Operation,
    /// JSON Schema of the whole request, path and query fields included.
    pub request: Schema,
    /// JSON Schema of the answer.
    pub response: Schema,
}

fn describe<E: Endpoint>(generator: &mut SchemaGenerator) -> Described {
    Described {
        operation: E::OPERATION,
        // The request is inlined, because its fields are spread over path, query and body.
        request: E::Request::json_schema(generator),
        response: generator.subschema_for::<E::Response>(),
    }
}

/// Every operation with its schemas. A test compares this with the table.
pub fn described(generator: &mut SchemaGenerator) -> Vec<Described> {
    macro_rules! all {
        ($($module:ident: $($name:ident),+;)*) => { vec![$($(describe::<$module::$name>(generator),)+)*] };
    }
    all! {
        accounts: CreateTargetAccount, ListTargetAccounts, GetTargetAccount, UpdateTargetAccount,
            DeleteTargetAccount, ValidateTargetAccount;
        groups: CreateProtectionGroup, ListProtectionGroups, GetProtectionGroup, UpdateProtectionGroup,
            DeleteProtectionGroup, PreviewSelection;
        pairs: ConfigureInstancePairs, ListInstancePairs, UpdateInstancePair, DeleteInstancePair;
        configuration: ConfigureAllowLaunching, RevertAllowLaunching, ListConfigurations, GetConfiguration;
        plans: CreateRecoveryPlan, ListRecoveryPlans, GetRecoveryPlan, UpdateRecoveryPlan, DeleteRecoveryPlan;
        start: StartExecution, ExecuteFailover;
        executions: ListExecutions, GetExecution, ListExecutionServers, GetExecutionTimeline, PauseExecution,
            ResumeExecution, CancelExecution, TerminateExecutionInstances, GetAllowLaunchingStatus;
        matching: MatchInstances, ValidateInstancePairs, ValidateIpPreservation;
        infrastructure: ListSourceServers, GetQuotas;
        sessions: ListFailoverSessions, GetFailoverSession, ListFailoverSessionServers, CreateFailoverSession,
            UpdateFailoverSession, SplitFailoverSession, RefreshFailoverSession;
        failback: CheckReadiness, ValidateReverseReplication, InstallAgents, GetAgentStatus, StartReverseReplication, GetReverseReplicationStatus, ExecuteFailback,
            ExecuteAllowLaunchingFailback, CommitFailback, GoBack, ReProtect;
        mirror: MirrorConfig, GetMirrorStatus;
        cleanup: GetCleanupInventory, Cleanup;
        agents: ListAgentCandidates, InstallAgent, GetAgentInstallation, ListAgentInstallations,
            RetryAgentInstallation;
        replication: GetReplicationStatus, ListReplicationStatus, GetReplicationDashboard, GetLagHistory,
            RefreshInventory, ListRecoveryPoints;
        recovery_instances: ListRecoveryInstances, ReverseRecoveryInstance, FailbackRecoveryInstance,
            TerminateRecoveryInstance;
    }
}

/// The whole document, version 3.0.3.
#[must_use]
pub fn document() -> Value {
    let mut generator = SchemaSettings::openapi3()
        .with_transform(RecursiveTransform(|schema: &mut Schema| {
            // A set takes what is given twice as once, so this is no demand.
            schema.remove("uniqueItems");
        }))
        .into_generator();
    let mut operations = described(&mut generator);
    // Inlined requests are not among the definitions, to which the generator does this itself: `nullable` and the
    // other words of 3.0 for what JSON Schema says otherwise.
    for described in &mut operations {
        for transform in generator.transforms_mut() {
            transform.transform(&mut described.request);
        }
    }
    let error = generator.subschema_for::<ErrorEnvelope>();
    let definitions = generator.definitions().clone();
    let mut paths = Map::new();
    for described in &operations {
        for (index, route) in described.operation.routes().iter().enumerate() {
            let path = paths
                .entry(route.path)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(methods) = path {
                methods.insert(
                    route.method.as_str().to_lowercase(),
                    path_item(described, route, index, error.as_value(), &definitions),
                );
            }
        }
    }
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Disaster recovery orchestrator for AWS Elastic Disaster Recovery",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0" },
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
        },
    })
}

/// One method of one path. Further routes of an operation get its name with a number: ids must be unique.
fn path_item(
    described: &Described,
    route: &Route,
    index: usize,
    error: &Value,
    definitions: &Map<String, Value>,
) -> Value {
    let operation = described.operation;
    let in_path = path_parameters(route.path);
    let empty = Map::new();
    let schema = described.request.as_value();
    let properties = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let (path_fields, other_fields): (Vec<_>, Vec<_>) = properties
        .iter()
        .partition(|(name, _)| in_path.contains(&name.as_str()));

    let mut parameters: Vec<Value> = path_fields
        .iter()
        .map(|(name, schema)| parameter(name, "path", true, schema))
        .collect();
    let operation_id = match index {
        0 => operation.name().to_owned(),
        n => format!("{}_{}", operation.name(), n + 1),
    };
    let mut item = json!({
        "operationId": operation_id,
        "summary": operation.summary(),
        "description": format!("Permission: `{}`. Direct invocation: `{}` of the {} function.",
            serde_json::to_value(operation.permission()).ok().as_ref().and_then(Value::as_str).unwrap_or_default(),
            operation.name(), operation.handler().as_str()),
        "tags": [operation.handler().as_str()],
    });
    if route.method == Method::Get {
        parameters.extend(other_fields.iter().map(|(name, schema)| {
            let mut parameter = parameter(name, "query", required.contains(&name.as_str()), schema);
            if is_list(&parameter["schema"], definitions) {
                // One value, divided by commas.
                parameter["style"] = json!("form");
                parameter["explode"] = json!(false);
            }
            parameter
        }));
    } else if !other_fields.is_empty() {
        let body_required: Vec<&str> = required
            .iter()
            .copied()
            .filter(|name| other_fields.iter().any(|(field, _)| field == name))
            .collect();
        let fields: Map<String, Value> = other_fields
            .iter()
            .map(|(name, schema)| ((*name).clone(), (*schema).clone()))
            .collect();
        let mut body =
            json!({ "type": "object", "properties": fields, "additionalProperties": false });
        if !body_required.is_empty() {
            body["required"] = json!(body_required);
        }
        item["requestBody"] = json!({
            "required": !body_required.is_empty(),
            "content": { "application/json": { "schema": body } },
        });
    }
    if !parameters.is_empty() {
        item["parameters"] = Value::Array(parameters);
    }
    item["responses"] = responses(route.success, described.response.as_value(), error);
    let has_list = parameters_of(&item).any(|parameter| parameter["explode"] == false);
    if has_list {
        // The server and API Gateway both refuse it before anything of ours reads it, and without a body of ours.
        item["responses"]["414"] = json!({ "description": "The list makes the address longer than is read: ask in several requests" });
    }
    item
}

fn parameters_of(item: &Value) -> impl Iterator<Item = &Value> {
    item["parameters"].as_array().into_iter().flatten()
}

fn parameter(name: &str, place: &str, required: bool, schema: &Value) -> Value {
    let mut schema = never_null(schema);
    let description = schema
        .as_object_mut()
        .and_then(|fields| fields.remove("description"))
        .unwrap_or_default();
    let mut parameter =
        json!({ "name": name, "in": place, "required": required, "schema": schema });
    if description.is_string() {
        parameter["description"] = description;
    }
    parameter
}

fn is_list(schema: &Value, definitions: &Map<String, Value>) -> bool {
    let defined = schema["$ref"]
        .as_str()
        .and_then(|reference| definitions.get(reference.rsplit('/').next()?));
    let one_of_it = schema["allOf"].as_array().into_iter().flatten();
    schema["type"] == "array"
        || defined
            .into_iter()
            .chain(one_of_it)
            .any(|inner| is_list(inner, definitions))
}

/// In a path or a query string a field that is not given is left out: there is no null.
fn never_null(schema: &Value) -> Value {
    let mut schema = schema.clone();
    let Some(fields) = schema.as_object_mut() else {
        return schema;
    };
    fields.shift_remove("nullable");
    if fields.get("default") == Some(&Value::Null) {
        fields.shift_remove("default");
    }
    let is_null = |one: &Value| one.get("enum") == Some(&json!([null]));
    if let Some(Value::Array(mut all)) = fields.shift_remove("anyOf") {
        all.retain(|one| !is_null(one));
        let word = if all.len() == 1 { "allOf" } else { "anyOf" };
        fields.insert(word.to_owned(), Value::Array(all));
    }
    schema
}

fn responses(success: u16, response: &Value, error: &Value) -> Value {
    let mut all = Map::new();
    all.insert(
        success.to_string(),
        json!({ "description": "Done", "content": { "application/json": { "schema": response } } }),
    );
    for (status, meaning) in ERRORS {
        all.insert(
            status.to_string(),
            json!({ "description": meaning, "content": { "application/json": { "schema": error } } }),
        );
    }
    Value::Object(all)
}

/// Statuses that any operation may answer, and what they mean.
pub const ERRORS: [(u16, &str); 10] = [
    (
        400,
        "The request is wrong, or prerequisites are not met: see details",
    ),
    (401, "No token, or one that is not valid"),
    (
        403,
        "The caller's roles, or our role in an account, do not allow it",
    ),
    (404, "No such thing"),
    (
        409,
        "In conflict with the present state, or refused by the guard",
    ),
    (413, "The body is too large"),
    (415, "The body is not JSON"),
    (429, "Too many requests"),
    (
        503,
        "AWS does not answer, or asks us to slow down: try again",
    ),
    (504, "Not finished within 29 seconds"),
];

/// Names of the parameters in a path template.
#[must_use]
pub fn path_parameters(template: &str) -> Vec<&str> {
    template
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schemars::generate::SchemaSettings;

    use super::{described, document, path_parameters};
    use crate::operation::Operation;

    #[test]
    fn every_operation_is_described_and_its_path_parameters_are_fields_of_its_request() {
        let mut generator = SchemaSettings::openapi3().into_generator();
        let all = described(&mut generator);
        let names: BTreeSet<_> = all.iter().map(|d| d.operation).collect();
        assert_eq!(names, Operation::ALL.iter().copied().collect());
        for one in all {
            for route in one.operation.routes() {
                for parameter in path_parameters(route.path) {
                    let fields = &one.request.as_value()["properties"];
                    assert!(fields.get(parameter).is_some(), "{route:?} {parameter}");
                }
            }
        }
    }

    #[test]
    fn the_document_has_every_route_once() {
        let document = document();
        let routes: usize = Operation::ALL.iter().map(|o| o.routes().len()).sum();
        let items: usize = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .map(|methods| methods.as_object().unwrap().len())
            .sum();
        assert_eq!(items, routes);
    }

    #[test]
    fn no_answer_has_a_field_that_is_called_error() {
        // By direct invocation there is no status: what has an `error` at its top is a refusal.
        let settings = SchemaSettings::openapi3().with(|one| one.inline_subschemas = true);
        for one in described(&mut settings.into_generator()) {
            let fields = &one.response.as_value()["properties"];
            assert!(fields.is_object(), "{:?}", one.operation);
            assert!(fields.get("error").is_none(), "{:?}", one.operation);
        }
    }

    #[test]
    fn unknown_fields_are_refused_everywhere() {
        let mut generator = SchemaSettings::openapi3().into_generator();
        for one in described(&mut generator) {
            assert_eq!(
                one.request.as_value()["additionalProperties"],
                false,
                "{:?}",
                one.operation
            );
        }
    }
}
