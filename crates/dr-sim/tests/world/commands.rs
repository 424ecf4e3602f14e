//! Systems Manager: commands on managed machines.

use dr_sim::control::Command;
use dr_sim::scenario::{Built, Estate};
use dr_sim::{Sim, Speed};
use serde_json::{Value, json};

use crate::harness::{Bench, PRIMARY, RECOVERY, options, text};
use crate::machines::{INSTALL, POWERSHELL, SHELL, estate, script};

#[tokio::test]
async fn a_command_takes_its_time_and_says_what_it_did() {
    let (bench, built) = estate(3);
    let instance = built.unprotected[0].as_str();
    let id = bench
        .command(PRIMARY, &[instance], SHELL, script("echo all well"))
        .await;
    let seen = bench.invocation(PRIMARY, &id, instance).await;
    assert_eq!(
        (seen["Status"].as_str(), seen["ResponseCode"].as_i64()),
        (Some("Pending"), Some(-1))
    );
    assert!(seen.get("ExecutionStartDateTime").is_none());
    bench.pass(30);
    let seen = bench.invocation(PRIMARY, &id, instance).await;
    assert_eq!(seen["Status"], "Success");
    assert_eq!(seen["StandardOutputContent"], "all well\n");
    assert_eq!(seen["ResponseCode"], 0);
    assert_eq!(seen["PluginName"], "aws:runShellScript");
    let list = json!({ "CommandId": id, "Details": true });
    let listed = bench.ssm(PRIMARY, "ListCommandInvocations", list).await;
    let plugin = &listed["CommandInvocations"][0]["CommandPlugins"][0];
    assert_eq!(plugin["Output"], "all well\n");
    assert_eq!(
        listed["CommandInvocations"][0]["InstanceName"],
        "web-intranet-01"
    );
    let listed = bench.ssm(PRIMARY, "ListCommands", json!({})).await;
    let command = &listed["Commands"][0];
    assert_eq!(
        (
            command["Status"].as_str(),
            command["CompletedCount"].as_i64()
        ),
        (Some("Success"), Some(1))
    );
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_by_name() {
    let (bench, built) = estate(3);
    let [linux, windows, unmanaged, stopped] = &built.unprotected[..] else {
        panic!("{built:?}");
    };
    let refused = async |ids: Value, document: &str, parameters: Value| {
        let body = json!({
            "InstanceIds": ids, "DocumentName": document, "Parameters": parameters,
        });
        bench.ssm_refused(PRIMARY, "SendCommand", body).await
    };
    for id in [
        unmanaged.as_str(),
        stopped,
        "i-0123456789abcdef0",
        "server-1",
    ] {
        assert_eq!(
            refused(json!([id]), SHELL, script("true")).await,
            "InvalidInstanceId"
        );
    }
    let many: Vec<String> = (0..51).map(|n| format!("i-{n:017x}")).collect();
    assert_eq!(
        refused(json!(many), SHELL, script("true")).await,
        "ValidationException"
    );
    let twice = json!([linux, linux]);
    assert_eq!(
        refused(twice, SHELL, script("true")).await,
        "DuplicateInstanceId"
    );
    assert_eq!(
        refused(json!([linux]), "No-Such", script("true")).await,
        "InvalidDocument"
    );
    assert_eq!(
        refused(json!([linux]), SHELL, json!({})).await,
        "InvalidParameters"
    );
    assert_eq!(
        refused(json!([linux]), INSTALL, json!({})).await,
        "InvalidParameters"
    );
    let shell_on_windows = refused(json!([windows]), SHELL, script("true")).await;
    assert_eq!(shell_on_windows, "UnsupportedPlatformType");
    // One that is not there spoils the whole command: nothing was sent.
    let both = json!([linux, stopped]);
    assert_eq!(
        refused(both, SHELL, script("true")).await,
        "InvalidInstanceId"
    );
    let listed = bench.ssm(PRIMARY, "ListCommands", json!({})).await;
    assert_eq!(listed["Commands"], json!([]));
    let short = json!({
        "InstanceIds": [linux], "DocumentName": SHELL, "Parameters": script("true"),
        "TimeoutSeconds": 29,
    });
    assert_eq!(
        bench.ssm_refused(PRIMARY, "SendCommand", short).await,
        "ValidationException"
    );
}

#[tokio::test]
async fn a_role_that_may_not_send_is_told_so() {
    let (bench, built) = estate(3);
    let role = format!("arn:aws:iam::{}:role/DROrchestratorRole", PRIMARY.0);
    let control = bench.sim.control();
    let home = "arn:aws:sts::999988887777:assumed-role/dr/test";
    control.trust(&role, home, Some("ext-1")).unwrap();
    let actions = vec!["ssm:SendCommand".to_owned()];
    let role_arn = role.clone();
    control.run(Command::Deny { role_arn, actions }).unwrap();
    let key = bench.assume(&role, "ext-1").await;
    let request = axum::http::Request::post("/").header("x-amz-target", "AmazonSSM.SendCommand");
    let body = json!({
        "InstanceIds": [built.unprotected[0]], "DocumentName": SHELL, "Parameters": script("true"),
    });
    let (status, _, text) = bench
        .send(&key, "ssm", PRIMARY.1, request, body.to_string())
        .await;
    assert_eq!(status, 400);
    assert!(
        text.contains("AccessDeniedException") && text.contains("ssm:SendCommand"),
        "{text}"
    );
}

#[tokio::test]
async fn a_command_fails_as_it_was_told_to() {
    let (bench, built) = estate(3);
    let instance = built.unprotected[0].as_str();
    let control = bench.sim.control();
    control
        .fail_next_command(instance, "curl: (7) no route", 7)
        .unwrap();
    let seen = bench
        .run(PRIMARY, instance, SHELL, script("curl https://x"))
        .await;
    assert_eq!(
        (seen["Status"].as_str(), seen["ResponseCode"].as_i64()),
        (Some("Failed"), Some(7))
    );
    let stderr = text(&seen["StandardErrorContent"]);
    assert_eq!(
        stderr,
        "curl: (7) no route\nfailed to run commands: exit status 7"
    );
    let seen = bench
        .run(PRIMARY, instance, SHELL, script("curl https://x"))
        .await;
    assert_eq!(seen["Status"], "Success");
    assert!(control.fail_next_command("i-nowhere", "", 1).is_err());
}

#[tokio::test]
async fn a_command_that_does_not_arrive_times_out() {
    let (bench, built) = estate(3);
    let instance = built.unprotected[0].as_str();
    bench.sim.control().time_out_delivery(instance).unwrap();
    let body = json!({
        "InstanceIds": [instance], "DocumentName": SHELL, "Parameters": script("true"),
        "TimeoutSeconds": 60,
    });
    let sent = bench.ssm(PRIMARY, "SendCommand", body).await;
    let id = text(&sent["Command"]["CommandId"]);
    bench.pass(59);
    assert_eq!(
        bench.invocation(PRIMARY, &id, instance).await["Status"],
        "Pending"
    );
    bench.pass(1);
    let seen = bench.invocation(PRIMARY, &id, instance).await;
    assert_eq!(seen["Status"], "TimedOut");
    assert_eq!(seen["StatusDetails"], "DeliveryTimedOut");
    let listed = bench
        .ssm(PRIMARY, "ListCommands", json!({ "CommandId": id }))
        .await;
    assert_eq!(listed["Commands"][0]["DeliveryTimedOutCount"], 1);
}

#[tokio::test]
async fn a_script_may_not_run_longer_than_its_limit() {
    let (bench, built) = estate(3);
    let instance = built.unprotected[0].as_str();
    let body = json!({ "commands": ["curl https://x"], "executionTimeout": ["1"] });
    let seen = bench.run(PRIMARY, instance, SHELL, body).await;
    assert_eq!(seen["StatusDetails"], "ExecutionTimedOut");
}

#[tokio::test]
async fn a_command_for_a_machine_that_is_terminated_cannot_be_delivered() {
    let (bench, built) = estate(3);
    let instance = built.unprotected[0].as_str();
    let id = bench
        .command(PRIMARY, &[instance], SHELL, script("true"))
        .await;
    let key = format!("AKIA{}", PRIMARY.0);
    let form = format!("Action=TerminateInstances&Version=2016-11-15&InstanceId.1={instance}");
    let request = axum::http::Request::post("/");
    let (status, ..) = bench.send(&key, "ec2", PRIMARY.1, request, form).await;
    assert_eq!(status, 200);
    bench.pass(120);
    let seen = bench.invocation(PRIMARY, &id, instance).await;
    assert_eq!(
        (seen["Status"].as_str(), seen["StatusDetails"].as_str()),
        (Some("Failed"), Some("Undeliverable"))
    );
}

#[tokio::test]
async fn what_waits_is_cancelled_and_what_runs_is_stopped() {
    let (bench, built) = estate(3);
    let [linux, windows] = [&built.unprotected[0], &built.unprotected[1]];
    let region = json!({ "Region": [RECOVERY.1] });
    let id = bench
        .command(PRIMARY, &[linux, windows], INSTALL, region)
        .await;
    bench.pass(10);
    assert_eq!(
        bench.invocation(PRIMARY, &id, linux).await["Status"],
        "InProgress"
    );
    let one = json!({ "CommandId": id, "InstanceIds": [linux] });
    bench.ssm(PRIMARY, "CancelCommand", one).await;
    assert_eq!(
        bench.invocation(PRIMARY, &id, linux).await["Status"],
        "Cancelling"
    );
    assert_eq!(
        bench.invocation(PRIMARY, &id, windows).await["Status"],
        "InProgress"
    );
    bench.pass(5);
    assert_eq!(
        bench.invocation(PRIMARY, &id, linux).await["Status"],
        "Cancelled"
    );
    let unknown = json!({ "CommandId": "0".repeat(36) });
    assert_eq!(
        bench.ssm_refused(PRIMARY, "CancelCommand", unknown).await,
        "InvalidCommandId"
    );
    let waiting = bench
        .command(PRIMARY, &[linux], SHELL, script("true"))
        .await;
    bench
        .ssm(PRIMARY, "CancelCommand", json!({ "CommandId": waiting }))
        .await;
    assert_eq!(
        bench.invocation(PRIMARY, &waiting, linux).await["Status"],
        "Cancelled"
    );
}

#[tokio::test]
async fn commands_are_listed_newest_first_by_page_and_filter() {
    let (bench, built) = estate(3);
    let [linux, windows] = [&built.unprotected[0], &built.unprotected[1]];
    let mut sent = Vec::new();
    for n in 0..7 {
        let id = match n % 2 {
            0 => {
                bench
                    .command(PRIMARY, &[linux], SHELL, script("true"))
                    .await
            }
            _ => {
                bench
                    .command(PRIMARY, &[linux, windows], POWERSHELL, script("hostname"))
                    .await
            }
        };
        sent.push(id);
        bench.pass(60);
    }
    sent.reverse();
    let pages = async |operation: &str, name: &str, mut body: Value| {
        let mut found = Vec::new();
        loop {
            let page = bench.ssm(PRIMARY, operation, body.clone()).await;
            found.extend(page[name].as_array().unwrap().clone());
            if page["NextToken"].is_null() {
                return found;
            }
            body["NextToken"] = page["NextToken"].clone();
        }
    };
    let ids =
        |list: &[Value]| -> Vec<String> { list.iter().map(|c| text(&c["CommandId"])).collect() };
    let all = pages("ListCommands", "Commands", json!({ "MaxResults": 2 })).await;
    assert_eq!(ids(&all), sent);
    let lines = pages(
        "ListCommandInvocations",
        "CommandInvocations",
        json!({ "MaxResults": 3 }),
    )
    .await;
    assert_eq!(lines.len(), 10);
    let of_windows = pages("ListCommands", "Commands", json!({ "InstanceId": windows })).await;
    assert_eq!(of_windows.len(), 3);
    // PowerShell is not installed on the Linux machine: these commands failed.
    let failed = json!({ "Filters": [{ "key": "Status", "value": "Failed" }] });
    assert_eq!(pages("ListCommands", "Commands", failed).await.len(), 3);
    let after = json!({ "Filters": [{ "key": "InvokedAfter", "value": "2026-11-21T08:04:30Z" }] });
    assert_eq!(
        ids(&pages("ListCommands", "Commands", after).await),
        sent[..2]
    );
    let document = json!({ "Filters": [{ "key": "DocumentName", "value": SHELL }] });
    assert_eq!(pages("ListCommands", "Commands", document).await.len(), 4);
    let bad = json!({ "NextToken": "?" });
    assert_eq!(
        bench.ssm_refused(PRIMARY, "ListCommands", bad).await,
        "InvalidNextToken"
    );
    let none = json!({ "CommandId": sent[0], "InstanceId": built.unprotected[3] });
    let refused = bench
        .ssm_refused(PRIMARY, "GetCommandInvocation", none)
        .await;
    assert_eq!(refused, "InvocationDoesNotExist");
}

#[tokio::test]
async fn splitting_time_makes_the_same_world() {
    let lived = async |steps: i64| {
        assert_eq!(options().speed, Speed::Manual);
        let (bench, built) = estate(3);
        let [linux, windows] = [&built.unprotected[0], &built.unprotected[1]];
        let region = json!({ "Region": [PRIMARY.1] });
        bench
            .command(PRIMARY, &[linux, windows], INSTALL, region)
            .await;
        bench
            .command(PRIMARY, &[linux], SHELL, script("reboot"))
            .await;
        for _ in 0..steps {
            bench.pass(720 / steps);
        }
        bench.sim.control().dump().unwrap()
    };
    assert_eq!(lived(1).await, lived(720).await);
}

#[tokio::test]
async fn a_killed_world_finishes_the_commands_that_it_had_begun() {
    let folder = tempfile::tempdir().unwrap();
    let kept = || dr_sim::SimOptions {
        world: Some(folder.path().join("world.json")),
        ..options()
    };
    let bench = Bench {
        sim: Sim::open(kept()).unwrap(),
    };
    let done = bench.sim.control().scenario(&Estate::default()).unwrap();
    let built: Built = serde_json::from_value(done.facts).unwrap();
    let instance = built.unprotected[0].as_str();
    let control = bench.sim.control();
    control.fail_next_command(instance, "boom", 3).unwrap();
    let id = bench
        .command(PRIMARY, &[instance], SHELL, script("true"))
        .await;
    bench.pass(2);
    let before = bench.sim.control().dump().unwrap();
    std::mem::forget(bench);
    let again = Bench {
        sim: Sim::open(kept()).unwrap(),
    };
    assert_eq!(again.sim.control().dump().unwrap(), before);
    again.pass(60);
    let seen = again.invocation(PRIMARY, &id, instance).await;
    assert_eq!(
        (seen["Status"].as_str(), seen["ResponseCode"].as_i64()),
        (Some("Failed"), Some(3))
    );
}
