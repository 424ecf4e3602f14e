//! Machines that Systems Manager manages: who they are, when they are away.

use std::collections::BTreeSet;

use dr_sim::Sim;
use dr_sim::scenario::{Built, Estate};
use dr_sim::ssm::Fault;
use serde_json::{Value, json};

use crate::harness::{Bench, PRIMARY, RECOVERY, options, text};

pub const INSTALL: &str = "AWSDisasterRecovery-InstallDRAgentOnInstance";
pub const SHELL: &str = "AWS-RunShellScript";
pub const POWERSHELL: &str = "AWS-RunPowerShellScript";

/// An estate, and what it has beside its servers.
pub fn estate(servers: usize) -> (Bench, Built) {
    let bench = Bench {
        sim: Sim::open(options()).unwrap(),
    };
    let estate = Estate {
        servers,
        ..Estate::default()
    };
    let done = bench.sim.control().scenario(&estate).unwrap();
    let built = serde_json::from_value(done.facts).unwrap();
    (bench, built)
}

impl Bench {
    /// A Systems Manager call: status and body.
    pub async fn ssm_at(&self, place: (&str, &str), operation: &str, body: Value) -> (u16, Value) {
        let request = axum::http::Request::post("/")
            .header("x-amz-target", format!("AmazonSSM.{operation}"))
            .header("content-type", "application/x-amz-json-1.1");
        let key = format!("AKIA{}", place.0);
        let (status, _, text) = self
            .send(&key, "ssm", place.1, request, body.to_string())
            .await;
        (status, serde_json::from_str(&text).unwrap())
    }

    /// A Systems Manager call that must succeed.
    pub async fn ssm(&self, place: (&str, &str), operation: &str, body: Value) -> Value {
        let (status, body) = self.ssm_at(place, operation, body).await;
        assert_eq!(status, 200, "{operation}: {body}");
        body
    }

    /// A Systems Manager call that must fail: the error's name.
    pub async fn ssm_refused(&self, place: (&str, &str), operation: &str, body: Value) -> String {
        let (status, body) = self.ssm_at(place, operation, body).await;
        assert_eq!(status, 400, "{operation} was accepted: {body}");
        text(&body["__type"])
    }

    /// Sends a command; gives its id.
    pub async fn command(
        &self,
        place: (&str, &str),
        instances: &[&str],
        document: &str,
        parameters: Value,
    ) -> String {
        let body = json!({
            "InstanceIds": instances,
            "DocumentName": document,
            "Parameters": parameters,
        });
        let sent = self.ssm(place, "SendCommand", body).await;
        text(&sent["Command"]["CommandId"])
    }

    pub async fn invocation(&self, place: (&str, &str), command: &str, instance: &str) -> Value {
        let body = json!({ "CommandId": command, "InstanceId": instance });
        self.ssm(place, "GetCommandInvocation", body).await
    }

    /// Runs a command on one machine to its end; gives what is known of it then.
    pub async fn run(
        &self,
        place: (&str, &str),
        instance: &str,
        document: &str,
        parameters: Value,
    ) -> Value {
        let id = self.command(place, &[instance], document, parameters).await;
        for _ in 0..30 {
            self.pass(10);
            let seen = self.invocation(place, &id, instance).await;
            if !["Pending", "InProgress"].contains(&seen["Status"].as_str().unwrap()) {
                return seen;
            }
        }
        panic!("the command is not through after five minutes");
    }

    pub async fn node(&self, place: (&str, &str), instance: &str) -> Option<Value> {
        let filter = json!([{ "Key": "InstanceIds", "Values": [instance] }]);
        let body = json!({ "Filters": filter });
        let found = self.ssm(place, "DescribeInstanceInformation", body).await;
        found["InstanceInformationList"].get(0).cloned()
    }

    pub async fn ping(&self, place: (&str, &str), instance: &str) -> Option<String> {
        let node = self.node(place, instance).await;
        node.map(|node| text(&node["PingStatus"]))
    }
}

pub fn script(line: &str) -> Value {
    json!({ "commands": [line] })
}

#[tokio::test]
async fn an_estate_has_four_unprotected_instances_and_two_machines_elsewhere() {
    let (bench, built) = estate(24);
    assert_eq!((built.unprotected.len(), built.on_premises.len()), (4, 2));
    let mut seen = Vec::new();
    for id in &built.unprotected {
        let ping = bench.ping(PRIMARY, id).await;
        seen.push(ping.unwrap_or_else(|| "unmanaged".to_owned()));
    }
    assert_eq!(seen, ["Online", "Online", "unmanaged", "ConnectionLost"]);
    let node = bench.node(PRIMARY, &built.on_premises[0]).await.unwrap();
    assert_eq!(node["ResourceType"], "ManagedInstance");
    assert_eq!(node["PingStatus"], "Online");
    assert_eq!(node["SourceType"], "AWS::SSM::ManagedInstance");
    assert!(text(&node["InstanceId"]).starts_with("mi-"));
    let windows = bench.node(PRIMARY, &built.on_premises[1]).await.unwrap();
    assert_eq!(windows["PlatformType"], "Windows");
}

#[tokio::test]
async fn what_is_beside_the_servers_changes_nothing_else() {
    let build = |beside: usize| {
        let sim = Sim::open(options()).unwrap();
        let estate = Estate {
            unprotected: beside,
            on_premises: beside,
            ..Estate::default()
        };
        sim.control().scenario(&estate).unwrap();
        sim.control().inspect(|world| {
            let drs = serde_json::to_value(&world.at(RECOVERY.0, RECOVERY.1).unwrap().drs);
            (drs.unwrap(), serde_json::to_value(&world.dice).unwrap())
        })
    };
    assert_eq!(build(0), build(7));
}

#[tokio::test]
async fn managed_machines_come_in_pages() {
    let (bench, built) = estate(9);
    let mut ids = BTreeSet::new();
    let mut token = Value::Null;
    loop {
        let body = match &token {
            Value::Null => json!({ "MaxResults": 5 }),
            some => json!({ "MaxResults": 5, "NextToken": some }),
        };
        let page = bench
            .ssm(PRIMARY, "DescribeInstanceInformation", body)
            .await;
        let list = page["InstanceInformationList"].as_array().unwrap();
        assert!(list.len() <= 5);
        for node in list {
            assert!(ids.insert(text(&node["InstanceId"])));
        }
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    // Nine originals, three of the four others, two elsewhere.
    assert_eq!(ids.len(), 14);
    assert!(built.on_premises.iter().all(|id| ids.contains(id)));
}

#[tokio::test]
async fn a_reboot_takes_a_machine_away_for_a_while() {
    let (bench, built) = estate(3);
    for instance in [&built.unprotected[0], &built.on_premises[0]] {
        let seen = bench
            .run(PRIMARY, instance, SHELL, script("sudo reboot"))
            .await;
        assert_eq!(seen["Status"], "Success");
        assert_eq!(
            bench.ping(PRIMARY, instance).await.unwrap(),
            "ConnectionLost"
        );
        let body = json!({
            "InstanceIds": [instance], "DocumentName": SHELL, "Parameters": script("true"),
        });
        let refused = bench.ssm_refused(PRIMARY, "SendCommand", body).await;
        assert_eq!(refused, "InvalidInstanceId");
        bench.pass(120);
        assert_eq!(bench.ping(PRIMARY, instance).await.unwrap(), "Online");
    }
}

#[tokio::test]
async fn a_reboot_by_ec2_is_a_reboot_too() {
    let (bench, built) = estate(3);
    let instance = built.unprotected[0].as_str();
    let key = format!("AKIA{}", PRIMARY.0);
    let form = format!("Action=RebootInstances&Version=2016-11-15&InstanceId.1={instance}");
    let request = axum::http::Request::post("/");
    let (status, ..) = bench.send(&key, "ec2", PRIMARY.1, request, form).await;
    assert_eq!(status, 200);
    let ping = bench.ping(PRIMARY, instance).await.unwrap();
    assert_eq!(ping, "ConnectionLost");
    bench.pass(120);
    assert_eq!(bench.ping(PRIMARY, instance).await.unwrap(), "Online");
}

#[tokio::test]
async fn a_machine_that_does_not_come_back_is_cured_by_a_stop_and_a_start() {
    let (bench, built) = estate(3);
    let instance = built.unprotected[0].as_str();
    bench
        .sim
        .control()
        .never_back_from_reboot(instance)
        .unwrap();
    bench.run(PRIMARY, instance, SHELL, script("reboot")).await;
    bench.pass(3_600);
    assert_eq!(
        bench.ping(PRIMARY, instance).await.unwrap(),
        "ConnectionLost"
    );
    for action in ["StopInstances", "StartInstances"] {
        let key = format!("AKIA{}", PRIMARY.0);
        let form = format!("Action={action}&Version=2016-11-15&InstanceId.1={instance}");
        let request = axum::http::Request::post("/");
        let (status, _, text) = bench.send(&key, "ec2", PRIMARY.1, request, form).await;
        assert_eq!(status, 200, "{text}");
        bench.pass(60);
    }
    assert_eq!(bench.ping(PRIMARY, instance).await.unwrap(), "Online");
}

#[tokio::test]
async fn a_silent_agent_is_lost_until_it_is_healed() {
    let (bench, built) = estate(3);
    let instance = built.on_premises[0].as_str();
    let control = bench.sim.control();
    control.ssm_fault(instance, Fault::Silent).unwrap();
    assert_eq!(
        bench.ping(PRIMARY, instance).await.unwrap(),
        "ConnectionLost"
    );
    control.heal_machine(instance).unwrap();
    assert_eq!(bench.ping(PRIMARY, instance).await.unwrap(), "Online");
}
