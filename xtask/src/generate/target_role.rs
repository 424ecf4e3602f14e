//! `cfn/target-account-role.yaml`: the role in each account that holds servers.

use std::collections::BTreeSet;

use dr_api::HandlerName;
use dr_api::iam::target_actions;
use serde_json::{Map, Value, json};

use super::policy::{TARGET_ROLE_NAME, target, target_conditions, target_parameters};
use super::roles::function_name;
use super::{attribute, environment_parameter, reference, substitute};

/// Head of the template.
pub const ABOUT: &str = "\
Deployed by hand in each account that holds servers or instances; no part of the main stack.
Owns: the role that the orchestrator's functions assume there.
Exports: RoleArn, to be registered with the external id that `create_target_account` generated.

It trusts the functions' roles by their exact ARNs, not the account, and only with that external id. Deploy it
after the main stack: IAM refuses a trust policy that names a role which does not exist, and a role that is
deleted and made again must be trusted again (update this stack).
DRS does the EC2 part of a launch with the permissions of this role: see WhatDrsDoesOnOurBehalf.";

/// The template.
pub fn template() -> Value {
    let (callers, actions) = callers_and_actions();
    let mut parameters = Map::new();
    parameters.insert("Environment".to_owned(), environment_parameter());
    parameters.insert(
        "HomeAccountId".to_owned(),
        json!({
            "Type": "String",
            "AllowedPattern": "[0-9]{12}",
            "Description": "Account that the orchestrator runs in",
        }),
    );
    parameters.insert(
        "ExternalId".to_owned(),
        json!({
            "Type": "String",
            "MinLength": 16,
            "MaxLength": 1224,
            "Description": "As create_target_account answered it; one per account",
        }),
    );
    parameters.extend(target_parameters());
    let conditions: Map<String, Value> = target_conditions().into_iter().collect();
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Disaster recovery orchestrator: what it may do in this account",
        "Parameters": parameters,
        "Conditions": conditions,
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": substitute(TARGET_ROLE_NAME),
                    // The functions come here with a role of their own, and a chained session ends after an hour.
                    "MaxSessionDuration": 3600,
                    "AssumeRolePolicyDocument": trust(&callers),
                    "ManagedPolicyArns": [reference("Policy")],
                },
            },
            "Policy": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {
                    "ManagedPolicyName": substitute(TARGET_ROLE_NAME),
                    "PolicyDocument": { "Version": "2012-10-17", "Statement": target(&actions) },
                },
            },
        },
        "Outputs": { "RoleArn": { "Value": attribute("Role", "Arn") } },
    })
}

/// Functions that work in other accounts, and all that they do there.
fn callers_and_actions() -> (Vec<HandlerName>, BTreeSet<&'static str>) {
    let callers: Vec<HandlerName> = HandlerName::ALL
        .into_iter()
        .filter(|handler| !target_actions(*handler).is_empty())
        .collect();
    let actions = callers
        .iter()
        .flat_map(|handler| target_actions(*handler))
        .collect();
    (callers, actions)
}

fn trust(callers: &[HandlerName]) -> Value {
    let principals: Vec<Value> = callers
        .iter()
        .map(|handler| {
            substitute(format!(
                "arn:${{AWS::Partition}}:iam::${{HomeAccountId}}:role/{}",
                function_name(*handler)
            ))
        })
        .collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": principals },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": reference("ExternalId") } },
        }],
    })
}
