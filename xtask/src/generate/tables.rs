//! `cfn/tables.yaml`, from the schema that the store works with.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use self::schema::{TableSchema, schema};
use super::{attribute, camel, environment_parameter, substitute};

/// The store's own file, compiled here a second time: to depend on the store would mean to build the SDK
/// before `cargo xtask` can say a word.
#[path = "../../../crates/dr-store/src/schema.rs"]
#[expect(
    dead_code,
    reason = "names of attributes and indexes that only the store uses"
)]
mod schema;

/// Stands for the environment while names are made.
const ENVIRONMENT: &str = "${Environment}";

/// Head of the template.
pub const ABOUT: &str = "\
Owns: the tables. They stay when the stack is deleted or a table is replaced, and can be restored to any
second of the last 35 days.
Exports: one name per table.";

/// Every table, environment left open.
pub fn all() -> Vec<TableSchema> {
    schema(ENVIRONMENT)
}

/// `drs-recovery-executions` as `DrsRecoveryExecutions`.
fn logical_id(table: &TableSchema) -> String {
    camel(table.name.trim_end_matches(&format!("-{ENVIRONMENT}")))
}

/// ARNs of every table and its indexes.
pub fn arns() -> Vec<Value> {
    let arn = |end: String| {
        substitute(format!(
            "arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/{end}"
        ))
    };
    all()
        .into_iter()
        .flat_map(|table| {
            let index = (!table.indexes.is_empty()).then(|| arn(format!("{}/index/*", table.name)));
            [Some(arn(table.name)), index].into_iter().flatten()
        })
        .collect()
}

/// The template.
pub fn template() -> Value {
    let mut resources = Map::new();
    let mut outputs = Map::new();
    for table in all() {
        let id = logical_id(&table);
        outputs.insert(
            format!("{id}Name"),
            json!({ "Value": { "Ref": id.clone() } }),
        );
        outputs.insert(
            format!("{id}Arn"),
            json!({ "Value": attribute(&id, "Arn") }),
        );
        resources.insert(id, resource(&table));
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Disaster recovery orchestrator: tables",
        "Parameters": { "Environment": environment_parameter() },
        "Resources": resources,
        "Outputs": outputs,
    })
}

fn resource(table: &TableSchema) -> Value {
    let mut properties = json!({
        "TableName": substitute(table.name.clone()),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes(table),
        "KeySchema": key(table.partition_key, table.sort_key),
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        "SSESpecification": { "SSEEnabled": true },
        "DeletionProtectionEnabled": true,
    });
    if !table.indexes.is_empty() {
        let indexes = table.indexes.iter().map(|index| {
            json!({
                "IndexName": index.name,
                "KeySchema": key(index.partition_key, index.sort_key),
                "Projection": { "ProjectionType": "KEYS_ONLY" },
            })
        });
        properties["GlobalSecondaryIndexes"] = indexes.collect();
    }
    if let Some(attribute) = table.ttl_attribute {
        properties["TimeToLiveSpecification"] =
            json!({ "AttributeName": attribute, "Enabled": true });
    }
    json!({
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    })
}

fn key(partition: &str, sort: Option<&str>) -> Value {
    let mut key = vec![json!({ "AttributeName": partition, "KeyType": "HASH" })];
    if let Some(sort) = sort {
        key.push(json!({ "AttributeName": sort, "KeyType": "RANGE" }));
    }
    Value::Array(key)
}

/// Every key attribute once; all are strings.
fn attributes(table: &TableSchema) -> Value {
    let indexes = table.indexes.iter();
    let names: BTreeSet<&str> = indexes
        .flat_map(|index| [Some(index.partition_key), index.sort_key])
        .chain([Some(table.partition_key), table.sort_key])
        .flatten()
        .collect();
    names
        .into_iter()
        .map(|name| json!({ "AttributeName": name, "AttributeType": "S" }))
        .collect()
}
