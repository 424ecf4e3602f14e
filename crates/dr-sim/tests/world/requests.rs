//! Requests as they come over the wire: scope, identity, protocol, tables.

use axum::http::Request;
use serde_json::{Value, json};

use crate::harness::{Bench, RECOVERY};

const KEY: &str = "AKIA444455556666";

#[tokio::test]
async fn what_is_not_simulated_says_so_in_the_protocol_of_its_service() {
    let bench = Bench::with(0);
    let (status, answer) = bench.drs("CreateSourceNetwork", json!({})).await;
    assert_eq!(
        (status, &answer["errorType"]),
        (501, &json!("NotSimulated"))
    );
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("drs CreateSourceNetwork"), "{message}");
    let (status, xml) = bench.ec2("Action=CreateVpc&Version=2016-11-15").await;
    assert_eq!(status, 501);
    assert!(xml.contains("<Code>NotSimulated</Code>"), "{xml}");
    let request = Request::post("/");
    let (status, _, text) = bench
        .send(KEY, "s3", "us-west-2", request, String::new())
        .await;
    assert_eq!(status, 501);
    assert!(text.contains("the service s3"), "{text}");
}

#[tokio::test]
async fn an_unknown_key_is_refused() {
    let bench = Bench::with(0);
    let request = Request::post("/DescribeJobs");
    let (status, _, _) = bench
        .send("ASIANOBODY", "drs", RECOVERY.1, request, "{}".to_owned())
        .await;
    assert_eq!(status, 403);
}

#[tokio::test]
async fn tags_travel_in_path_and_query() {
    let bench = Bench::with(3);
    let server = bench.server("web-portal-01").await;
    let arn = format!("arn:aws:drs:us-west-2:444455556666:source-server/{server}");
    let path = format!("/tags/{}", arn.replace(':', "%3A").replace('/', "%2F"));
    let body = json!({ "tags": { "Owner": "ops", "Old": "x" } }).to_string();
    let send = |request, body| bench.send(KEY, "drs", RECOVERY.1, request, body);
    assert_eq!(send(Request::post(&path), body).await.0, 200);
    let untag = Request::delete(format!("{path}?tagKeys=Old&tagKeys=Tier"));
    assert_eq!(send(untag, String::new()).await.0, 200);
    let (_, _, text) = send(Request::get(&path), String::new()).await;
    let tags: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(tags["tags"]["Owner"], "ops");
    assert_eq!(tags["tags"]["Tier"], Value::Null);
    assert_eq!(tags["tags"]["Name"], "web-portal-01");
}

#[tokio::test]
async fn bad_input_is_a_validation_error_that_names_the_field() {
    let bench = Bench::with(3);
    let cases = [
        ("StartRecovery", json!({}), "sourceServers"),
        (
            "StartRecovery",
            json!({ "sourceServers": [] }),
            "sourceServers",
        ),
        (
            "DescribeJobs",
            json!({ "filters": { "jobIDs": ["drsjob-1"] } }),
            "filters.jobIDs",
        ),
        (
            "DescribeJobs",
            json!({ "filters": { "fromDate": "yesterday" } }),
            "filters.fromDate",
        ),
        ("DescribeJobs", json!({ "maxResults": 0 }), "maxResults"),
        ("DescribeJobs", json!({ "nextToken": "?" }), "nextToken"),
        (
            "GetLaunchConfiguration",
            json!({ "sourceServerID": "s-1" }),
            "sourceServerID",
        ),
    ];
    for (operation, body, field) in cases {
        let (status, answer) = bench.drs(operation, body).await;
        assert_eq!(status, 400, "{operation} {answer}");
        assert_eq!(answer["errorType"], "ValidationException");
        assert_eq!(answer["fieldList"][0]["name"], field);
    }
    let request = Request::post("/DescribeJobs");
    let (status, _, text) = bench
        .send(KEY, "drs", RECOVERY.1, request, "{".to_owned())
        .await;
    assert_eq!(status, 400);
    assert!(text.contains("cannotParse"), "{text}");
}

#[tokio::test]
async fn tables_answer_the_wire_of_dynamodb() {
    let bench = Bench::with(0);
    let call = async |operation: &str, body: Value| {
        let request = Request::post("/")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0");
        let (status, _, text) = bench
            .send(
                "AKIAHOME0",
                "dynamodb",
                "us-east-1",
                request,
                body.to_string(),
            )
            .await;
        (status, serde_json::from_str::<Value>(&text).unwrap())
    };
    let (status, answer) = call("DescribeTable", json!({ "TableName": "t" })).await;
    assert_eq!(status, 400);
    let name = answer["__type"].as_str().unwrap();
    assert!(name.ends_with("ValidationException"), "{answer}");
    let create = json!({
        "TableName": "table",
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    let (status, answer) = call("CreateTable", create).await;
    assert_eq!(status, 200, "{answer}");
    let put = json!({
        "TableName": "table",
        "Item": { "pk": { "S": "a" } },
        "ConditionExpression": "attribute_not_exists(pk)",
    });
    let (status, answer) = call("PutItem", put.clone()).await;
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = call("PutItem", put).await;
    assert_eq!(status, 400);
    let name = answer["__type"].as_str().unwrap();
    assert!(name.ends_with("ConditionalCheckFailedException"), "{name}");
}

struct Echo;

#[async_trait::async_trait]
impl dr_sim::Backend for Echo {
    async fn call(&self, operation: &str, body: Value) -> Result<Value, dr_sim::BackendError> {
        if operation == "StartExecution" {
            return Ok(json!({ "executionArn": body["stateMachineArn"] }));
        }
        Err(dr_sim::BackendError {
            code: "ExecutionDoesNotExist".to_owned(),
            message: operation.to_owned(),
            status: 400,
        })
    }
}

#[tokio::test]
async fn step_functions_are_answered_by_whoever_was_set() {
    let bench = Bench::with(0);
    let call = async |operation: &str| {
        let request =
            Request::post("/").header("x-amz-target", format!("AWSStepFunctions.{operation}"));
        let body = json!({ "stateMachineArn": "arn:m" }).to_string();
        let (status, _, text) = bench
            .send("AKIAHOME0", "states", "us-east-1", request, body)
            .await;
        (status, serde_json::from_str::<Value>(&text).unwrap())
    };
    assert_eq!(call("StartExecution").await.0, 501);
    bench.sim.set_backend("states", std::sync::Arc::new(Echo));
    assert_eq!(
        call("StartExecution").await,
        (200, json!({ "executionArn": "arn:m" }))
    );
    let (status, answer) = call("DescribeExecution").await;
    assert_eq!(status, 400);
    assert_eq!(answer["__type"], "ExecutionDoesNotExist");
}

#[tokio::test]
async fn a_compressed_body_is_read() {
    use std::io::Write;
    let bench = Bench::with(3);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(b"{\"maxResults\": 2}").unwrap();
    let request = Request::post("/DescribeSourceServers").header("content-encoding", "gzip");
    let (status, text) = bench
        .send_bytes(KEY, request, packer.finish().unwrap())
        .await;
    assert_eq!(status, 200, "{text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["items"].as_array().unwrap().len(), 2);
}
