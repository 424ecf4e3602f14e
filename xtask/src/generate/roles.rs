//! `cfn/roles.yaml`: one role per function.

use dr_api::HandlerName;
use dr_api::iam::{own_actions, target_actions};
use serde_json::{Map, Value, json};

use super::policy::{own, target, target_conditions, target_parameters};
use super::{attribute, camel, environment_parameter, map, reference, substitute, tables};

/// Head of the template.
pub const ABOUT: &str = "\
Owns: the role of each function, with only the actions that its operations need.
Exports: DataManagementRoleArn, ExecutionRoleArn, QueryRoleArn.

Servers in the orchestrator's own account are reached without assuming a role. Where there are such servers,
HomeAccountHoldsServers gives each function the same actions that the role of a target account has, as far as
its own operations need them.";

/// The template.
pub fn template() -> Value {
    let mut parameters = Map::new();
    parameters.insert("Environment".to_owned(), environment_parameter());
    parameters.insert(
        "TopicArn".to_owned(),
        json!({ "Type": "String", "Description": "Topic of notifications" }),
    );
    parameters.insert(
        "TopicKeyArn".to_owned(),
        json!({ "Type": "String", "Description": "Key that encrypts the topic" }),
    );
    parameters.insert(
        "HomeAccountHoldsServers".to_owned(),
        json!({
            "Type": "String",
            "AllowedValues": ["true", "false"],
            "Default": "false",
            "Description": "Whether DRS servers live in this account too",
        }),
    );
    parameters.extend(target_parameters());
    let mut conditions = Map::new();
    conditions.insert(
        "ServersAtHome".to_owned(),
        json!({ "Fn::Equals": [{ "Ref": "HomeAccountHoldsServers" }, "true"] }),
    );
    conditions.extend(target_conditions());
    let mut resources = Map::new();
    let mut outputs = Map::new();
    for handler in HandlerName::ALL {
        let id = format!("{}Role", camel(handler.as_str()));
        outputs.insert(
            format!("{id}Arn"),
            json!({ "Value": attribute(&id, "Arn") }),
        );
        resources.insert(id.clone(), role(handler));
        let actions = target_actions(handler);
        if !actions.is_empty() {
            resources.insert(
                format!("{}AtHome", camel(handler.as_str())),
                at_home(handler, &id, &target(&actions)),
            );
        }
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Disaster recovery orchestrator: roles of the functions",
        "Parameters": parameters,
        "Conditions": conditions,
        "Resources": resources,
        "Outputs": outputs,
    })
}

/// Name of a function, and of its role.
pub fn function_name(handler: HandlerName) -> String {
    format!("dr-{}-${{Environment}}", handler.as_str())
}

fn role(handler: HandlerName) -> Value {
    let mut statements = vec![json!({
        "Sid": "WriteOwnLog",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": substitute(format!(
            "arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:/aws/lambda/{}:*",
            function_name(handler)
        )),
    })];
    statements.extend(own(&own_actions(handler), &tables::arns()));
    map([
        ("Type".to_owned(), json!("AWS::IAM::Role")),
        (
            "Properties".to_owned(),
            json!({
                // Target accounts trust it by this name.
                "RoleName": substitute(function_name(handler)),
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Effect": "Allow",
                        "Principal": { "Service": "lambda.amazonaws.com" },
                        "Action": "sts:AssumeRole",
                    }],
                },
                "Policies": [{
                    "PolicyName": "operations",
                    "PolicyDocument": { "Version": "2012-10-17", "Statement": statements },
                }],
            }),
        ),
    ])
}

fn at_home(handler: HandlerName, role: &str, statements: &[Value]) -> Value {
    json!({
        "Type": "AWS::IAM::ManagedPolicy",
        "Condition": "ServersAtHome",
        "Properties": {
            "ManagedPolicyName": substitute(format!("{}-at-home", function_name(handler))),
            "Roles": [reference(role)],
            "PolicyDocument": { "Version": "2012-10-17", "Statement": statements },
        },
    })
}
