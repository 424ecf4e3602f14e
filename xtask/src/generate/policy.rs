//! Policy statements from sets of IAM actions: which resources and conditions each service's actions get.

use std::collections::BTreeSet;

use dr_api::iam::{DOCUMENTS, PASSED_ROLES, forwarded, passes_roles};
use serde_json::{Value, json};

use super::substitute;

/// Requirement 004, "Monitoring & Observability".
pub const METRICS_NAMESPACE: &str = "DRS/AllowLaunchingIntoInstance";

/// Name of the role in target accounts, per environment; functions may assume no other.
pub const TARGET_ROLE_NAME: &str = "dr-target-${Environment}";

/// The only action that runs anything on a machine.
const SEND_COMMAND: &str = "ssm:SendCommand";

/// One statement.
fn allow(sid: &str, actions: &BTreeSet<&str>, resource: Value) -> Value {
    json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource })
}

fn with_condition(mut statement: Value, condition: Value) -> Value {
    statement["Condition"] = condition;
    statement
}

fn of_service<'a>(actions: &BTreeSet<&'a str>, prefix: &str) -> BTreeSet<&'a str> {
    actions
        .iter()
        .copied()
        .filter(|action| action.starts_with(prefix))
        .collect()
}

fn machine() -> Value {
    substitute(
        "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:dr-recovery-${Environment}",
    )
}

/// Statements of a function's own role. An action of a service that has no arm here gets no statement, and a
/// test says so.
pub fn own(actions: &BTreeSet<&str>, tables: &[Value]) -> Vec<Value> {
    let mut statements = Vec::new();
    let mut add = |prefix: &str, sid: &str, resource: Value| {
        let wanted = of_service(actions, prefix);
        if !wanted.is_empty() {
            statements.push(allow(sid, &wanted, resource));
        }
    };
    add("dynamodb:", "Tables", Value::Array(tables.to_vec()));
    add("states:StartExecution", "StartRecovery", machine());
    // A task token names its machine: Step Functions checks the permission on the machine.
    add("states:SendTask", "AnswerTasks", machine());
    add("sns:", "Notify", json!({ "Ref": "TopicArn" }));
    add(
        "sts:AssumeRole",
        "WorkInTargetAccounts",
        substitute(format!(
            "arn:${{AWS::Partition}}:iam::*:role/{TARGET_ROLE_NAME}"
        )),
    );
    if actions.contains("cloudwatch:PutMetricData") {
        statements.push(with_condition(
            allow("Measure", &of_service(actions, "cloudwatch:"), json!("*")),
            json!({ "StringEquals": { "cloudwatch:namespace": METRICS_NAMESPACE } }),
        ));
    }
    if actions.contains("sns:Publish") {
        // The topic is encrypted, and whoever publishes needs a data key.
        statements.push(allow(
            "EncryptNotifications",
            &BTreeSet::from(["kms:Decrypt", "kms:GenerateDataKey"]),
            json!({ "Ref": "TopicKeyArn" }),
        ));
    }
    statements
}

/// Statements where the servers are: what we call, what DRS does on our behalf, and the roles that it passes.
/// DRS and EC2 name resources by ids that do not exist yet, so regions are the bound.
pub fn target(actions: &BTreeSet<&'static str>) -> Vec<Value> {
    let regional: BTreeSet<&str> = actions
        .iter()
        .copied()
        .filter(|action| !action.starts_with("iam:") && *action != SEND_COMMAND)
        .collect();
    let global = of_service(actions, "iam:");
    let in_regions = json!({ "StringEquals": { "aws:RequestedRegion": { "Ref": "Regions" } } });
    let mut statements = vec![with_condition(
        allow("WhatWeCall", &regional, json!("*")),
        in_regions,
    )];
    if !global.is_empty() {
        // Read only: what an instance profile brings, and what this role may not do.
        statements.push(allow("ReadProfilesAndPermissions", &global, json!("*")));
    }
    if actions.contains(SEND_COMMAND) {
        statements.push(run_documents());
    }
    let forwarded = forwarded(actions);
    let checked = of_service(&forwarded, "drs:");
    if !checked.is_empty() {
        // DRS looks at these itself; nothing shows that such a look counts as a call of a service.
        statements.push(with_condition(
            allow("WhatDrsChecks", &checked, json!("*")),
            json!({ "StringEquals": { "aws:RequestedRegion": { "Ref": "Regions" } } }),
        ));
    }
    let done: BTreeSet<&str> = forwarded.difference(&checked).copied().collect();
    if !done.is_empty() {
        statements.push(with_condition(
            allow("WhatDrsDoesOnOurBehalf", &done, json!("*")),
            json!({
                "Bool": { "aws:ViaAWSService": "true" },
                "StringEquals": { "aws:RequestedRegion": { "Ref": "Regions" } },
            }),
        ));
    }
    if passes_roles(actions) {
        statements.extend([
            pass_drs_roles(),
            pass_application_roles(),
            use_volume_keys(),
        ]);
    }
    statements
}

/// Running a command takes the right on the document and on each machine. Of AWS's own documents, whose ARNs have no
/// account, those that we run; and all of the account, which are what the actions of its plans are made of.
fn run_documents() -> Value {
    let documents = DOCUMENTS
        .iter()
        .map(|name| format!("arn:${{AWS::Partition}}:ssm:*::document/{name}"));
    let machines = [
        "ssm:*:${AWS::AccountId}:document",
        "ec2:*:${AWS::AccountId}:instance",
        "ssm:*:${AWS::AccountId}:managed-instance",
    ]
    .map(|machines| format!("arn:${{AWS::Partition}}:{machines}/*"));
    let resources: Vec<Value> = documents.chain(machines).map(substitute).collect();
    with_condition(
        allow(
            "RunCommandsOnMachines",
            &BTreeSet::from([SEND_COMMAND]),
            json!(resources),
        ),
        json!({ "StringEquals": { "aws:RequestedRegion": { "Ref": "Regions" } } }),
    )
}

fn pass_drs_roles() -> Value {
    let roles: Vec<Value> = PASSED_ROLES
        .iter()
        .map(|role| {
            substitute(format!(
                "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/service-role/{role}"
            ))
        })
        .collect();
    with_condition(
        allow(
            "PassRolesOfDrs",
            &BTreeSet::from(["iam:PassRole"]),
            json!(roles),
        ),
        json!({ "StringEquals": { "iam:PassedToService": "ec2.amazonaws.com" } }),
    )
}

/// Roles of the applications' own instance profiles, where the user names them.
fn pass_application_roles() -> Value {
    let statement = with_condition(
        allow(
            "PassRolesOfApplications",
            &BTreeSet::from(["iam:PassRole"]),
            json!({ "Ref": "ApplicationRoleArns" }),
        ),
        json!({ "StringEquals": { "iam:PassedToService": "ec2.amazonaws.com" } }),
    );
    only_if("HasApplicationRoles", statement)
}

/// Keys of the user's own that encrypt volumes, where the user names them.
fn use_volume_keys() -> Value {
    let actions = BTreeSet::from([
        "kms:CreateGrant",
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
    ]);
    let statement = with_condition(
        allow("UseVolumeKeys", &actions, json!({ "Ref": "VolumeKeyArns" })),
        json!({ "Bool": { "aws:ViaAWSService": "true" } }),
    );
    only_if("HasVolumeKeys", statement)
}

fn only_if(condition: &str, value: Value) -> Value {
    json!({ "Fn::If": [condition, value, { "Ref": "AWS::NoValue" }] })
}

/// Parameters that the statements of [`target`] refer to.
pub fn target_parameters() -> [(String, Value); 3] {
    let list = |about: &str, default: Option<&str>| {
        let mut parameter = json!({ "Type": "CommaDelimitedList", "Description": about });
        if let Some(default) = default {
            parameter["Default"] = json!(default);
        }
        parameter
    };
    [
        (
            "Regions".to_owned(),
            list(
                "Regions that servers are protected in or recovered into",
                None,
            ),
        ),
        (
            "ApplicationRoleArns".to_owned(),
            list(
                "Roles of the instance profiles of the recovered machines, if DRS passes them",
                Some(""),
            ),
        ),
        (
            "VolumeKeyArns".to_owned(),
            list(
                "Customer managed KMS keys that encrypt volumes, if any",
                Some(""),
            ),
        ),
    ]
}

/// Conditions that the statements of [`target`] refer to.
pub fn target_conditions() -> [(String, Value); 2] {
    let given = |list: &str| json!({ "Fn::Not": [{ "Fn::Equals": [{ "Fn::Join": ["", { "Ref": list }] }, ""] }] });
    [
        (
            "HasApplicationRoles".to_owned(),
            given("ApplicationRoleArns"),
        ),
        ("HasVolumeKeys".to_owned(), given("VolumeKeyArns")),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use dr_api::HandlerName;
    use dr_api::iam::{own_actions, target_actions};
    use serde_json::{Value, json};

    use super::{own, target};

    fn granted(statements: &[Value]) -> BTreeSet<String> {
        statements
            .iter()
            .filter_map(|statement| statement["Action"].as_array())
            .flatten()
            .filter_map(|action| action.as_str().map(str::to_owned))
            .collect()
    }

    #[test]
    fn every_action_of_the_table_gets_a_statement() {
        for handler in HandlerName::ALL {
            let wanted = own_actions(handler);
            let given = granted(&own(&wanted, &[json!("table")]));
            assert!(wanted.iter().all(|action| given.contains(*action)));
            let wanted = target_actions(handler);
            let given = granted(&target(&wanted));
            assert!(wanted.iter().all(|action| given.contains(*action)));
        }
    }

    #[test]
    fn no_statement_has_a_wildcard_action() {
        for handler in HandlerName::ALL {
            let mut all = own(&own_actions(handler), &[json!("table")]);
            all.extend(target(&target_actions(handler)));
            assert!(granted(&all).iter().all(|action| !action.contains('*')));
        }
    }
}
