//! Systems Manager over the real SDK: what goes out, what comes back, what is never repeated.

use std::collections::BTreeMap;

use crate::script::{Reply, Script, Sent, home};
use crate::services::{clock, noon};
use chrono::TimeDelta;
use dr_aws::{Command, Ssm};
use dr_error::{AwsClass, Error};
use dr_model::server::Platform;
use serde_json::{Value, json};

const INSTANCE: &str = "i-0123456789abcdef0";
const COMMAND: &str = "11111111-2222-3333-4444-555555555555";

fn ssm(script: &Script) -> Ssm {
    Ssm::new(&script.config(), home(), clock())
}

fn json_reply(value: &Value) -> Reply {
    Reply::ok(value.to_string())
}

fn body(sent: &Sent) -> Value {
    serde_json::from_str(&sent.body).unwrap()
}

fn install() -> Command {
    Command {
        document: "AWSDisasterRecovery-InstallDRAgentOnInstance".into(),
        instance_ids: vec![INSTANCE.into()],
        parameters: BTreeMap::from([("Region".to_owned(), vec!["us-west-2".to_owned()])]),
        comment: "dr agents run-1 0".into(),
        timeout_seconds: 600,
    }
}

#[tokio::test]
async fn managed_instances_are_read_whole_over_all_pages() {
    let script = Script::new(|sent, _| match body(sent)["NextToken"].as_str() {
        None => json_reply(&json!({"NextToken": "two", "InstanceInformationList": [{
            "InstanceId": INSTANCE, "PingStatus": "Online", "LastPingDateTime": noon().timestamp(),
            "AgentVersion": "3.3.0.0", "PlatformType": "Linux", "PlatformName": "Amazon Linux",
            "ResourceType": "EC2Instance", "IPAddress": "10.0.0.7", "ComputerName": "web-1",
        }]})),
        Some(_) => json_reply(&json!({"InstanceInformationList": [
            {"InstanceId": "mi-0123456789abcdef0", "PingStatus": "ConnectionLost", "PlatformType": "Windows",
             "ResourceType": "ManagedInstance"},
            {"InstanceId": "i-0aaaaaaaaaaaaaaaa", "PingStatus": "Dozing", "PlatformType": "MacOS"},
            {"PingStatus": "Online"},
        ]})),
    });
    let all = ssm(&script).managed_instances(&[]).await.unwrap();
    let [web, outside, mac] = all.as_slice() else {
        panic!("{all:?}");
    };
    assert!(web.is_online && !web.is_on_premises);
    assert_eq!(
        (web.platform, web.last_ping_at),
        (Some(Platform::Linux), Some(noon()))
    );
    assert_eq!(web.platform_name.as_deref(), Some("Amazon Linux"));
    assert_eq!(web.computer_name.as_deref(), Some("web-1"));
    assert_eq!(web.ip_address.as_deref(), Some("10.0.0.7"));
    assert_eq!(web.agent_version.as_deref(), Some("3.3.0.0"));
    assert!(outside.is_on_premises && !outside.is_online);
    assert_eq!(outside.platform, Some(Platform::Windows));
    assert_eq!((mac.platform, mac.ping_status.as_str()), (None, "Dozing"));
    let first = body(&script.sent()[0]);
    assert_eq!(
        (&first["MaxResults"], first.get("Filters")),
        (&json!(50), None)
    );
}

#[tokio::test]
async fn managed_instances_are_asked_for_by_filter_fifty_at_a_time() {
    let script = Script::new(|_, _| json_reply(&json!({})));
    let ids: Vec<_> = (0..101).map(|n| format!("i-{n:017x}")).collect();
    ssm(&script).managed_instances(&ids).await.unwrap();
    let filters: Vec<_> = script
        .sent()
        .iter()
        .map(|sent| body(sent)["Filters"][0].clone())
        .collect();
    assert!(filters.iter().all(|filter| filter["Key"] == "InstanceIds"));
    let sizes: Vec<_> = filters
        .iter()
        .map(|f| f["Values"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [50, 50, 1]);
}

#[tokio::test]
async fn a_command_goes_out_as_it_was_given() {
    let script = Script::new(|_, _| json_reply(&json!({"Command": {"CommandId": COMMAND}})));
    assert_eq!(
        ssm(&script).send_command(&install()).await.unwrap(),
        COMMAND
    );
    assert_eq!(
        body(&script.sent()[0]),
        json!({
            "InstanceIds": [INSTANCE], "DocumentName": "AWSDisasterRecovery-InstallDRAgentOnInstance",
            "TimeoutSeconds": 600, "Comment": "dr agents run-1 0", "Parameters": {"Region": ["us-west-2"]},
        })
    );
}

#[tokio::test]
async fn a_command_is_sent_once_whatever_comes_back() {
    for (reply, class) in [
        (Reply::Lost, AwsClass::Unavailable),
        (
            Reply::error(400, "ThrottlingException"),
            AwsClass::Throttled,
        ),
        (
            Reply::error(500, "InternalServerError"),
            AwsClass::Unavailable,
        ),
        (Reply::ok("not json"), AwsClass::Unavailable),
        (Reply::error(400, "InvalidInstanceId"), AwsClass::Invalid),
    ] {
        let script = Script::new(move |_, _| reply.clone());
        let error = ssm(&script).send_command(&install()).await.unwrap_err();
        assert_eq!(error.aws_class(), Some(class), "{error}");
        assert_eq!(script.sent().len(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_command_that_would_be_refused_is_refused_here_by_field() {
    let script = Script::new(|_, _| panic!("nothing may be sent"));
    let bad = Command {
        instance_ids: vec![INSTANCE.into(); 51],
        comment: "x".repeat(101),
        timeout_seconds: 29,
        ..install()
    };
    let Err(Error::Invalid(problems)) = ssm(&script).send_command(&bad).await else {
        panic!("accepted");
    };
    let fields: Vec<_> = problems
        .iter()
        .map(|problem| problem.field.as_str())
        .collect();
    assert_eq!(fields, ["instance_ids", "comment", "timeout_seconds"]);
    let without = Command {
        comment: String::new(),
        ..install()
    };
    // Nothing would tell it from another one.
    assert!(ssm(&script).send_command(&without).await.is_err());
}

#[tokio::test]
async fn a_command_whose_answer_was_lost_is_found_by_its_comment() {
    let script = Script::new(|sent, _| match body(sent)["NextToken"].as_str() {
        None => json_reply(&json!({"NextToken": "two", "Commands": [
            {"CommandId": "other", "DocumentName": "AWS-RunPatchBaseline"},
        ]})),
        Some(_) => json_reply(&json!({"Commands": [{
            "CommandId": COMMAND, "DocumentName": "AWSDisasterRecovery-InstallDRAgentOnInstance",
            "Comment": "dr agents run-1 0", "RequestedDateTime": noon().timestamp(), "InstanceIds": [INSTANCE],
        }]})),
    });
    let from = noon() + TimeDelta::milliseconds(999);
    let sent = ssm(&script).commands_since(from).await.unwrap();
    let ours = sent
        .iter()
        .find(|command| command.comment == install().comment)
        .unwrap();
    assert_eq!(
        (ours.id.as_str(), ours.requested_at),
        (COMMAND, Some(noon()))
    );
    assert_eq!(ours.instance_ids, [INSTANCE]);
    assert_eq!(
        body(&script.sent()[0])["Filters"],
        json!([{"key": "InvokedAfter", "value": "2026-01-31T11:59:59Z"}])
    );
}

#[tokio::test]
async fn the_errors_of_a_failed_step_are_read_where_the_listing_does_not_hold_them() {
    let script = Script::new(|sent, _| match sent.operation.as_str() {
        "ListCommandInvocations" => {
            assert_eq!(body(sent)["Details"], true);
            let step = |status: &str, output: &str, code: i32| {
                json!({"Name": "install", "Status": status, "ResponseCode": code, "Output": output,
                       "ResponseStartDateTime": 100, "ResponseFinishDateTime": 160})
            };
            let of = |id: &str, status: &str, details: &str, steps: Value| json!({"InstanceId": id, "Status": status, "StatusDetails": details, "CommandPlugins": steps});
            json_reply(&json!({"CommandInvocations": [
                of("i-1", "Success", "Success", json!([step("Success", "done", 0)])),
                of("i-2", "Failed", "Failed", json!([step("Failed", "trying", 3)])),
                of("i-3", "Failed", "Failed", json!([step("Failed", "a\n----------ERROR-------\nb", 4)])),
                of("i-4", "TimedOut", "Undeliverable", json!([])),
                of("i-5", "InProgress", "In Progress", json!([])),
            ]}))
        }
        "GetCommandInvocation" => {
            let asked = body(sent);
            assert_eq!(
                (&asked["InstanceId"], &asked["PluginName"]),
                (&json!("i-2"), &json!("install"))
            );
            json_reply(&json!({"StandardErrorContent": format!("{}end", "x".repeat(5_000))}))
        }
        other => panic!("{other}"),
    });
    let seen = ssm(&script).invocations(COMMAND).await.unwrap();
    let over: Vec<_> = seen
        .iter()
        .map(|i| (i.is_over, i.succeeded, i.response_code))
        .collect();
    assert_eq!(
        over,
        [
            (true, true, Some(0)),
            (true, false, Some(3)),
            (true, false, Some(4)),
            (true, false, None),
            (false, false, None),
        ]
    );
    assert_eq!(seen[0].output, "done");
    assert_eq!(seen[1].error.len(), 2_000);
    assert!(seen[1].error.ends_with("end"));
    assert_eq!(
        (seen[2].output.as_str(), seen[2].error.as_str()),
        ("a", "b")
    );
    assert_eq!(seen[3].status_details, "Undeliverable");
    // One listing, and one look for the one failure that did not say why.
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test]
async fn a_failure_is_told_though_its_errors_cannot_be_read() {
    let script = Script::new(|sent, _| match sent.operation.as_str() {
        "ListCommandInvocations" => json_reply(&json!({"CommandInvocations": [{
            "InstanceId": INSTANCE, "Status": "Failed",
            "CommandPlugins": [{"Name": "install", "Status": "Failed", "ResponseStartDateTime": 100}],
        }]})),
        _ => Reply::error(400, "InvocationDoesNotExist"),
    });
    let seen = ssm(&script).invocations(COMMAND).await.unwrap();
    assert!(seen[0].is_over && !seen[0].succeeded && seen[0].error.is_empty());
}
