//! `tests/cfn/facts.json`: what the code says, for the checks that compare the templates with it.

use dr_api::iam::{forwarded, own_actions, target_actions};
use dr_api::{HandlerName, Operation};
use dr_model::role::Role;
use serde_json::{Map, Value, json};

use super::policy::METRICS_NAMESPACE;
use super::tables;

/// The facts.
pub fn facts() -> Value {
    let functions: Map<String, Value> = HandlerName::ALL
        .into_iter()
        .map(|handler| {
            let target = target_actions(handler);
            let facts = json!({
                "own_actions": own_actions(handler),
                "target_actions": target,
                "forwarded_actions": forwarded(&target),
            });
            (handler.as_str().to_owned(), facts)
        })
        .collect();
    let routes: Vec<Value> = Operation::ALL
        .iter()
        .flat_map(|operation| {
            operation.routes().iter().map(|route| {
                json!({
                    "method": route.method.as_str(),
                    "path": route.path,
                    "operation": operation.name(),
                    "function": operation.handler().as_str(),
                })
            })
        })
        .collect();
    json!({
        "metrics_namespace": METRICS_NAMESPACE,
        "roles": Role::ALL.map(Role::name),
        "functions": functions,
        "tables": tables::all(),
        "routes": routes,
    })
}
