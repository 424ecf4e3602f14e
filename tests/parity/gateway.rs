//! The API Gateway body in `cfn/api.yaml`: each route, behind the authorizer, with the function that serves it.

use std::collections::BTreeSet;

use dr_api::{HandlerName, Operation};
use serde_json::Value;

use crate::read;

fn body() -> Value {
    let template: Value = serde_yaml_ng::from_str(&read("cfn/api.yaml")).unwrap();
    let body = &template["Resources"]["Api"]["Properties"]["Body"];
    assert!(body.is_object());
    body.clone()
}

/// The parameter with the ARN of the function.
fn function(handler: HandlerName) -> &'static str {
    match handler {
        HandlerName::DataManagement => "${DataManagementFunctionArn}/invocations",
        HandlerName::Execution => "${ExecutionFunctionArn}/invocations",
        HandlerName::Query => "${QueryFunctionArn}/invocations",
    }
}

#[test]
fn every_route_is_integrated_with_its_function_behind_the_authorizer_and_no_other_is() {
    let body = body();
    let mut known = BTreeSet::new();
    for operation in Operation::ALL {
        for route in operation.routes() {
            let method = route.method.as_str().to_lowercase();
            let item = &body["paths"][route.path][&method];
            let integration = &item["x-amazon-apigateway-integration"];
            assert_eq!(integration["type"], "aws_proxy", "{route:?}");
            assert_eq!(
                integration["httpMethod"], "POST",
                "Lambda is invoked by POST: {route:?}"
            );
            let uri = integration["uri"]["Fn::Sub"].as_str().unwrap_or_default();
            assert!(
                uri.ends_with(function(operation.handler())),
                "{route:?} {uri}"
            );
            let security = item["security"].as_array().unwrap();
            assert!(
                security.iter().any(|one| one.get("token").is_some()),
                "{route:?} is open"
            );
            known.insert((method, route.path.to_owned()));
        }
    }
    let mut listed = BTreeSet::new();
    for (path, methods) in body["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            listed.insert((method.clone(), path.clone()));
        }
    }
    assert_eq!(listed, known);
}

#[test]
fn the_authorizer_is_the_user_pool_and_each_function_may_be_invoked() {
    let body = body();
    let authorizer =
        &body["components"]["securitySchemes"]["token"]["x-amazon-apigateway-authorizer"];
    assert_eq!(authorizer["type"], "cognito_user_pools");
    let template: Value = serde_yaml_ng::from_str(&read("cfn/api.yaml")).unwrap();
    for handler in HandlerName::ALL {
        let parameter = function(handler).trim_start_matches("${");
        let parameter = parameter.split('}').next().unwrap();
        let resources = template["Resources"].as_object().unwrap().values();
        let permitted = resources.clone().any(|one| {
            one["Type"] == "AWS::Lambda::Permission"
                && one["Properties"]["FunctionName"]["Ref"] == parameter
                && one["Properties"]["Principal"] == "apigateway.amazonaws.com"
        });
        assert!(permitted, "{handler:?}");
    }
}
