//! `cfn/api.yaml`: the REST API in front of the functions, from the OpenAPI document.

use dr_api::{HandlerName, Operation};
use serde_json::{Map, Value, json};

use super::gateway::responses;
use super::{camel, environment_parameter, reference, substitute};
use crate::python::short_hash;

/// API Gateway's own limit, unless raised for an account.
const INTEGRATION_TIMEOUT_MS: u32 = 29_000;

/// Head of the template.
pub const ABOUT: &str = "\
Owns: the REST API with its stage, access log and throttling, and the permission to invoke the functions.
Exports: ApiUrl, ApiId.

The body follows from `api/openapi.json`: every route with its Lambda proxy integration behind the user pool's
authorizer, and errors of the gateway itself in the shape of ours. Requests are validated by the functions, at both of
their doors alike, so the gateway validates none and knows no schemas. No page of another origin is let in: there is no
CORS, since the console is served from the same origin (console.yaml).";

/// The template.
pub fn template(document: &Value) -> Value {
    let body = body(document);
    // A deployment is a snapshot: another body needs another one.
    let deployment = format!("Deployment{}", short_hash(&[&body.to_string()]));
    let mut resources = Map::new();
    resources.insert(
        "Api".to_owned(),
        json!({
            "Type": "AWS::ApiGateway::RestApi",
            "Properties": {
                "Name": substitute("dr-api-${Environment}"),
                "Description": document["info"]["title"],
                "EndpointConfiguration": { "Types": ["REGIONAL"] },
                "DisableExecuteApiEndpoint": false,
                "Body": body,
            },
        }),
    );
    resources.insert(
        deployment.clone(),
        json!({
            "Type": "AWS::ApiGateway::Deployment",
            "Properties": { "RestApiId": reference("Api") },
        }),
    );
    resources.insert(
        "AccessLog".to_owned(),
        json!({
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "LogGroupName": substitute("/aws/apigateway/dr-api-${Environment}"),
                "RetentionInDays": 30,
            },
        }),
    );
    resources.insert("Stage".to_owned(), stage(&deployment));
    resources.extend(account_log_role());
    for handler in HandlerName::ALL {
        resources.insert(
            format!("Invoke{}", camel(handler.as_str())),
            permission(handler),
        );
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Disaster recovery orchestrator: REST API",
        "Parameters": parameters(),
        "Conditions": {
            "SetLogRole": { "Fn::Equals": [reference("SetAccountLogRole"), "true"] },
        },
        "Resources": resources,
        "Outputs": {
            "ApiId": { "Value": reference("Api") },
            "ApiUrl": {
                "Value": substitute(
                    "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Environment}"
                ),
            },
        },
    })
}

fn function_parameter(handler: HandlerName) -> String {
    format!("{}FunctionArn", camel(handler.as_str()))
}

fn parameters() -> Value {
    let mut parameters = Map::new();
    parameters.insert("Environment".to_owned(), environment_parameter());
    parameters.insert(
        "UserPoolArn".to_owned(),
        json!({ "Type": "String", "Description": "Who may sign in" }),
    );
    parameters.insert(
        "SetAccountLogRole".to_owned(),
        json!({
            "Type": "String",
            "AllowedValues": ["true", "false"],
            "Default": "true",
            "Description": "API Gateway logs with one role per account and region: false where it is set already",
        }),
    );
    for handler in HandlerName::ALL {
        parameters.insert(
            function_parameter(handler),
            json!({
                "Type": "String",
                "Description": format!("Function {}", handler.as_str()),
            }),
        );
    }
    Value::Object(parameters)
}

/// The document as API Gateway takes it: version 3.0.1, routes and integrations, no schemas.
fn body(document: &Value) -> Value {
    let empty = Map::new();
    let paths = document["paths"].as_object().unwrap_or(&empty);
    let paths: Map<String, Value> = paths
        .iter()
        .map(|(path, methods)| (path.clone(), path_methods(path, methods)))
        .collect();
    json!({
        "openapi": "3.0.1",
        "info": {
            "title": substitute("dr-api-${Environment}"),
            "version": document["info"]["version"],
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": { "securitySchemes": { "token": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "cognito_user_pools",
            "x-amazon-apigateway-authorizer": {
                "type": "cognito_user_pools",
                "providerARNs": [reference("UserPoolArn")],
            },
        } } },
        "x-amazon-apigateway-gateway-responses": responses(),
    })
}

fn path_methods(path: &str, methods: &Value) -> Value {
    let parameters: Vec<Value> = dr_api::openapi::path_parameters(path)
        .into_iter()
        .map(|name| {
            json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
        })
        .collect();
    let mut all = Map::new();
    for (method, item) in methods.as_object().into_iter().flatten() {
        let Some((operation, _)) = Operation::routed(&method.to_uppercase(), path) else {
            continue;
        };
        let mut entry = json!({
            "operationId": item["operationId"],
            "summary": item["summary"],
            "security": [{ "token": [] }],
        });
        if !parameters.is_empty() {
            entry["parameters"] = Value::Array(parameters.clone());
        }
        entry["responses"] = json!({ "200": { "description": "Answered by the function" } });
        entry["x-amazon-apigateway-integration"] = integration(operation.handler());
        all.insert(method.clone(), entry);
    }
    Value::Object(all)
}

fn integration(handler: HandlerName) -> Value {
    json!({
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": substitute(format!(
            "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{}}}/invocations",
            function_parameter(handler)
        )),
        "passthroughBehavior": "when_no_match",
        "timeoutInMillis": INTEGRATION_TIMEOUT_MS,
    })
}

fn stage(deployment: &str) -> Value {
    // No token, no query string and no body: ids and outcomes only.
    let format = json!({
        "requestId": "$context.requestId",
        "time": "$context.requestTime",
        "method": "$context.httpMethod",
        "resource": "$context.resourcePath",
        "status": "$context.status",
        "latencyMs": "$context.responseLatency",
        "user": "$context.authorizer.claims.sub",
        "sourceIp": "$context.identity.sourceIp",
        "error": "$context.error.responseType",
    });
    json!({
        "Type": "AWS::ApiGateway::Stage",
        "Properties": {
            "RestApiId": reference("Api"),
            "DeploymentId": reference(deployment),
            "StageName": reference("Environment"),
            "AccessLogSetting": {
                "DestinationArn": {
                    "Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${AccessLog}",
                },
                "Format": format.to_string(),
            },
            "MethodSettings": [{
                "ResourcePath": "/*",
                "HttpMethod": "*",
                "LoggingLevel": "ERROR",
                "MetricsEnabled": true,
                // A console of 50 people that refreshes each second stays below.
                "ThrottlingRateLimit": 100,
                "ThrottlingBurstLimit": 200,
            }],
        },
    })
}

fn account_log_role() -> [(String, Value); 2] {
    let role = json!({
        "Type": "AWS::IAM::Role",
        "Condition": "SetLogRole",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "Service": "apigateway.amazonaws.com" },
                    "Action": "sts:AssumeRole",
                }],
            },
            "ManagedPolicyArns": [substitute(
                "arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
            )],
        },
    });
    let account = json!({
        "Type": "AWS::ApiGateway::Account",
        "Condition": "SetLogRole",
        // Other APIs of the account log with it too.
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": { "CloudWatchRoleArn": { "Fn::GetAtt": ["LogRole", "Arn"] } },
    });
    [
        ("LogRole".to_owned(), role),
        ("AccountLogRole".to_owned(), account),
    ]
}

fn permission(handler: HandlerName) -> Value {
    json!({
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "Action": "lambda:InvokeFunction",
            "FunctionName": reference(&function_parameter(handler)),
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": substitute(
                "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*"
            ),
        },
    })
}

#[cfg(test)]
mod tests {
    use dr_api::Operation;

    use super::body;

    #[test]
    fn every_route_has_an_integration_and_no_path_answers_another_origin() {
        let body = body(&dr_api::openapi::document());
        for operation in Operation::ALL {
            for route in operation.routes() {
                let path = &body["paths"][route.path];
                let method = &path[route.method.as_str().to_lowercase()];
                assert_eq!(
                    method["x-amazon-apigateway-integration"]["type"],
                    "aws_proxy"
                );
                assert!(path.get("options").is_none());
            }
        }
    }
}
