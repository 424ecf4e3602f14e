//! The other services over the real SDK: what goes out and what comes back.

use std::sync::Arc;

use crate::script::{Reply, Script, home};
use chrono::{DateTime, Utc};
use dr_aws::{
    Ec2, Iam, KeyState, Kms, Metric, Metrics, Quotas, StateMachines, TokenAnswer, Topic, Unit,
};
use dr_error::AwsClass;
use dr_error::clock::ManualClock;
use dr_model::ids::InstanceId;
use dr_model::server::{Architecture, BootMode, Platform};
use serde_json::json;

const MACHINE: &str = "arn:aws:states:us-east-1:111122223333:stateMachine:recovery";

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(noon()))
}

pub(crate) fn ec2(script: &Script) -> Ec2 {
    Ec2::new(&script.config(), home(), clock())
}

pub(crate) fn instance_id(n: usize) -> InstanceId {
    format!("i-{n:017x}").parse().unwrap()
}

fn instances(inside: &str) -> Reply {
    Reply::ok(format!(
        "<DescribeInstancesResponse><reservationSet><item><instancesSet>{inside}</instancesSet></item>\
         </reservationSet></DescribeInstancesResponse>"
    ))
}

const STOPPED: &str = "<item><instanceId>i-0123456789abcdef0</instanceId>\
    <instanceState><name>stopped</name></instanceState><instanceType>m5.large</instanceType>\
    <architecture>x86_64</architecture><platform>windows</platform><privateIpAddress>10.0.0.7</privateIpAddress>\
    <subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><rootDeviceType>ebs</rootDeviceType>\
    <virtualizationType>hvm</virtualizationType><bootMode>uefi-preferred</bootMode>\
    <currentInstanceBootMode>legacy-bios</currentInstanceBootMode>\
    <groupSet><item><groupId>sg-1</groupId></item></groupSet>\
    <iamInstanceProfile><arn>arn:aws:iam::111122223333:instance-profile/path/dr</arn></iamInstanceProfile>\
    <blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-1</volumeId></ebs></item>\
    </blockDeviceMapping><tagSet><item><key>Name</key><value>web</value></item><item><key>AWSDRS</key>\
    <value>AllowLaunchingIntoThisInstance</value></item></tagSet></item>";

#[tokio::test]
async fn a_target_is_read_whole() {
    let script = Script::new(|_, _| instances(STOPPED));
    let target = ec2(&script)
        .instances(&["i-0123456789abcdef0".parse().unwrap()])
        .await
        .unwrap()
        .remove(0);
    assert_eq!(target.state, "stopped");
    assert_eq!(target.name(), Some("web"));
    assert!(target.allows_launching());
    assert_eq!(target.architecture, Architecture::X86_64);
    assert_eq!(target.platform, Platform::Windows);
    // What it boots with now outranks what its image prefers.
    assert_eq!(target.boot_mode, BootMode::Bios);
    assert_eq!(target.instance_profile.as_deref(), Some("dr"));
    assert_eq!(target.volume_ids, ["vol-1"]);
    assert_eq!(target.security_group_ids, ["sg-1"]);
    assert_eq!(
        (
            target.root_device_type.as_str(),
            target.virtualization.as_str()
        ),
        ("ebs", "hvm")
    );
}

#[tokio::test]
async fn an_architecture_that_nobody_knows_yet_is_carried() {
    let script = Script::new(|_, _| {
        instances(
            "<item><instanceId>i-0123456789abcdef0</instanceId><architecture>riscv</architecture>\
             <instanceState><name>dreaming</name></instanceState></item>",
        )
    });
    let ids = [instance_id(1)];
    let target = ec2(&script).instances(&ids).await.unwrap().remove(0);
    assert_eq!(target.architecture, Architecture::Other("riscv".into()));
    assert_eq!(target.state, "dreaming");
    let origin = ec2(&script).origin_instances(&ids).await.unwrap().remove(0);
    assert_eq!((origin.boot_mode, origin.name), (None, None));
}

#[tokio::test]
async fn instances_are_asked_for_by_filter_two_hundred_at_a_time() {
    let script = Script::new(|_, _| instances(""));
    let ids: Vec<_> = (0..401).map(instance_id).collect();
    assert!(ec2(&script).instances(&[]).await.unwrap().is_empty());
    assert!(ec2(&script).instances(&ids).await.unwrap().is_empty());
    let sent = script.sent();
    assert_eq!(sent.len(), 3);
    assert!(sent[0].body.contains("Filter.1.Name=instance-id"));
    assert!(sent[0].body.contains("Filter.1.Value.200="));
    assert!(!sent[0].body.contains("Filter.1.Value.201="));
}

#[tokio::test]
async fn candidates_come_once_though_they_are_in_both_listings() {
    let script = Script::new(|_, _| instances(STOPPED));
    let targets = ec2(&script).candidate_targets().await.unwrap();
    assert_eq!(targets.len(), 1);
    let bodies: Vec<_> = script.sent().into_iter().map(|sent| sent.body).collect();
    assert_eq!(bodies.len(), 2);
    // Only one of them asks for what is stopped, so that nothing comes over the wire twice.
    assert_eq!(
        bodies
            .iter()
            .filter(|body| body.contains("=stopped"))
            .count(),
        1
    );
    assert_eq!(
        bodies
            .iter()
            .filter(|body| body.contains("tag:AWSDRS"))
            .count(),
        1
    );
}

#[tokio::test]
async fn the_default_version_of_every_template_is_listed_over_all_pages() {
    let page = |id: &str, data: &str, next: &str| {
        Reply::ok(format!(
            "<DescribeLaunchTemplateVersionsResponse><launchTemplateVersionSet><item>\
             <launchTemplateId>{id}</launchTemplateId><launchTemplateData>{data}</launchTemplateData></item>\
             </launchTemplateVersionSet>{next}</DescribeLaunchTemplateVersionsResponse>"
        ))
    };
    let script = Script::new(move |sent, before| match before {
        0 => page(
            "lt-1",
            "<instanceType>m5.large</instanceType><iamInstanceProfile><name>dr</name></iamInstanceProfile>\
             <networkInterfaceSet><item><deviceIndex>0</deviceIndex><subnetId>subnet-1</subnetId>\
             <groupSet><groupId>sg-1</groupId></groupSet></item></networkInterfaceSet>",
            "<nextToken>two</nextToken>",
        ),
        _ => {
            assert!(sent.body.contains("NextToken=two"));
            page("lt-2", "", "<nextToken></nextToken>")
        }
    });
    let templates = ec2(&script).default_launch_templates().await.unwrap();
    assert_eq!(templates.len(), 2);
    assert_eq!(templates[0].subnet_id.as_deref(), Some("subnet-1"));
    assert_eq!(templates[0].security_group_ids, ["sg-1"]);
    assert_eq!(templates[0].instance_profile.as_deref(), Some("dr"));
    // The trap of an automatic template: nothing in it.
    assert_eq!(templates[1].subnet_id, None);
    let first = &script.sent()[0].body;
    assert!(
        first.contains("LaunchTemplateVersion.1=$Default"),
        "{first}"
    );
}

#[tokio::test]
async fn stopping_an_instance_that_is_not_there_says_so() {
    let script = Script::new(|_, _| {
        Reply::Answer(
            400,
            Vec::new(),
            b"<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>no</Message>\
              </Error></Errors><RequestID>r</RequestID></Response>"
                .to_vec(),
        )
    });
    let error = ec2(&script)
        .stop_instances(&[instance_id(1)])
        .await
        .unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::NotFound));
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn the_policies_of_a_profile_come_over_all_pages() {
    let script = Script::new(|sent, _| match sent.operation.as_str() {
        "GetInstanceProfile" => Reply::ok(
            "<GetInstanceProfileResponse><GetInstanceProfileResult><InstanceProfile>\
             <Path>/</Path><InstanceProfileName>dr</InstanceProfileName><InstanceProfileId>p</InstanceProfileId>\
             <Arn>a</Arn><CreateDate>2026-01-31T12:00:00Z</CreateDate><Roles><member><Path>/</Path>\
             <RoleName>dr-role</RoleName><RoleId>r</RoleId><Arn>arn:aws:iam::111122223333:role/dr-role</Arn>\
             <CreateDate>2026-01-31T12:00:00Z</CreateDate></member></Roles></InstanceProfile>\
             </GetInstanceProfileResult></GetInstanceProfileResponse>",
        ),
        _ => {
            let (name, more) = if sent.body.contains("Marker=two") {
                ("Second", "<IsTruncated>false</IsTruncated>")
            } else {
                (
                    "First",
                    "<IsTruncated>true</IsTruncated><Marker>two</Marker>",
                )
            };
            Reply::ok(format!(
                "<ListAttachedRolePoliciesResponse><ListAttachedRolePoliciesResult><AttachedPolicies><member>\
                 <PolicyName>{name}</PolicyName></member></AttachedPolicies>{more}\
                 </ListAttachedRolePoliciesResult></ListAttachedRolePoliciesResponse>"
            ))
        }
    });
    let iam = Iam::new(&script.config(), home(), clock());
    let policies = iam.profile_policies("dr").await.unwrap().unwrap();
    assert_eq!(policies.attached, ["First", "Second"]);
    assert_eq!(
        policies.role_arn.as_deref(),
        Some("arn:aws:iam::111122223333:role/dr-role")
    );
}

#[tokio::test]
async fn a_profile_that_is_not_there_is_an_answer() {
    let script = Script::new(|_, _| {
        Reply::Answer(
            404,
            Vec::new(),
            b"<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>".to_vec(),
        )
    });
    let iam = Iam::new(&script.config(), home(), clock());
    assert_eq!(iam.profile_policies("dr").await.unwrap(), None);
}

#[tokio::test]
async fn denied_actions_are_those_that_are_not_allowed() {
    let script = Script::new(|_, _| {
        let result = |action: &str, decision: &str| {
            format!(
                "<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision></member>"
            )
        };
        Reply::ok(format!(
            "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>{}{}{}\
             </EvaluationResults><IsTruncated>false</IsTruncated></SimulatePrincipalPolicyResult>\
             </SimulatePrincipalPolicyResponse>",
            result("drs:StartRecovery", "allowed"),
            result("ec2:RunInstances", "implicitDeny"),
            result("iam:PassRole", "explicitDeny"),
        ))
    });
    let iam = Iam::new(&script.config(), home(), clock());
    let actions = ["drs:StartRecovery", "ec2:RunInstances", "iam:PassRole"].map(str::to_owned);
    let session = "arn:aws:sts::111122223333:assumed-role/dr/x";
    assert_eq!(
        iam.denied_actions(session, &actions).await.unwrap(),
        ["ec2:RunInstances", "iam:PassRole"]
    );
    assert!(
        script.sent()[0]
            .body
            .contains("arn:aws:iam::111122223333:role/dr&")
    );
}

#[tokio::test]
async fn the_state_of_a_key_is_told_also_when_there_is_none() {
    for (reply, state) in [
        (key("Enabled"), KeyState::Enabled),
        (key("PendingDeletion"), KeyState::PendingDeletion),
        (key("Melting"), KeyState::Other("Melting".into())),
        (Reply::error(400, "NotFoundException"), KeyState::Missing),
    ] {
        let script = Script::new(move |_, _| reply.clone());
        let kms = Kms::new(&script.config(), home(), clock());
        let told = kms.key_state("alias/dr").await.unwrap();
        assert_eq!(told.usable(), state == KeyState::Enabled);
        assert_eq!(told, state);
    }
}

fn key(state: &str) -> Reply {
    Reply::ok(json!({"KeyMetadata": {"KeyId": "k", "KeyState": state}}).to_string())
}

#[tokio::test]
async fn quotas_are_live_where_they_can_be_read_and_documented_where_not() {
    let script = Script::new(|_, before| match before {
        0 => Reply::ok(json!({"Quotas": [{"QuotaCode": "L-B827C881", "Value": 80.0}]}).to_string()),
        _ => Reply::error(400, "AccessDeniedException"),
    });
    let quotas = Quotas::new(&script.config(), home(), clock());
    let live = quotas.drs_quotas().await;
    assert_eq!(
        (live.servers_per_job.value, live.servers_per_job.live),
        (80, true)
    );
    assert_eq!(
        (live.source_servers.value, live.source_servers.live),
        (4_000, false)
    );
    let documented = quotas.drs_quotas().await;
    assert_eq!(
        (
            documented.servers_per_job.value,
            documented.servers_per_job.live
        ),
        (100, false)
    );
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test]
async fn metrics_go_out_a_thousand_at_a_time() {
    let script = Script::new(|_, _| {
        // An empty CBOR map.
        Reply::ok(vec![0xA0])
            .with("smithy-protocol", "rpc-v2-cbor")
            .with("content-type", "application/cbor")
    });
    let metric = Metric {
        name: "ConfiguredServers".into(),
        value: 1.0,
        unit: Unit::Count,
        at: noon(),
        dimensions: vec![("Environment".into(), "test".into())],
    };
    let metrics = Metrics::new(&script.config(), home(), clock());
    metrics.put(vec![metric; 2_500]).await.unwrap();
    let operations: Vec<_> = script
        .sent()
        .into_iter()
        .map(|sent| sent.operation)
        .collect();
    assert_eq!(operations, ["PutMetricData"; 3]);
    metrics.put(Vec::new()).await.unwrap();
    assert_eq!(script.sent().len(), 3);
}

fn machines(script: &Script) -> StateMachines {
    StateMachines::new(&script.config(), home(), clock())
}

#[tokio::test]
async fn an_execution_that_exists_is_adopted() {
    let script = Script::new(|_, before| match before {
        0 => Reply::Lost,
        _ => Reply::error(400, "ExecutionAlreadyExists"),
    });
    let arn = machines(&script)
        .start(MACHINE, "exec-1", &json!({"a": 1}))
        .await
        .unwrap();
    assert_eq!(
        arn,
        "arn:aws:states:us-east-1:111122223333:execution:recovery:exec-1"
    );
    let sent: serde_json::Value = serde_json::from_str(&script.sent()[1].body).unwrap();
    assert_eq!(sent["input"], r#"{"a":1}"#);
}

#[tokio::test]
async fn a_task_that_nobody_waits_for_is_gone_and_a_token_that_never_was_is_an_error() {
    for (reply, taken) in [
        (Reply::ok("{}"), Some(TokenAnswer::Taken)),
        (Reply::error(400, "TaskTimedOut"), Some(TokenAnswer::Gone)),
        (
            Reply::error(400, "TaskDoesNotExist"),
            Some(TokenAnswer::Gone),
        ),
        (Reply::error(400, "InvalidToken"), None),
    ] {
        let script = Script::new(move |_, _| reply.clone());
        let machines = machines(&script);
        assert_eq!(machines.succeed("t", &json!({})).await.ok(), taken);
    }
}

#[tokio::test]
async fn a_message_is_published_again_when_its_answer_was_lost() {
    let script = Script::new(|_, before| match before {
        0 => Reply::Lost,
        _ => Reply::ok(
            "<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>",
        ),
    });
    let topic = Topic::new(&script.config(), home(), clock());
    topic
        .publish(
            "arn:aws:sns:us-east-1:111122223333:dr",
            "wave 1\ndone",
            "text",
        )
        .await
        .unwrap();
    assert_eq!(script.sent().len(), 2);
    assert!(script.sent()[1].body.contains("Subject=wave 1 done"));
}
