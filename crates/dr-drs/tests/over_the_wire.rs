//! The DRS door over the real SDK: what goes out, what comes back, what is repeated and what never is.

#![expect(
    clippy::unwrap_used,
    reason = "tests: clippy exempts test functions, not their helpers"
)]

#[path = "over_the_wire/replication.rs"]
mod replication;
mod script;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use dr_drs::Drs;
use dr_error::AwsClass;
use dr_error::clock::{Clock, ManualClock};
use dr_model::ids::{RecoveryInstanceId, SourceServerId};
use dr_model::job::{JobStatus, LaunchStatus};
use dr_model::launch::LaunchConfiguration;
use dr_model::server::{Platform, ReplicationState};
use script::{Reply, Script, home};
use serde_json::{Value, json};

const SERVER: &str = "s-1234567890abcdef0";
const TARGET: &str = "i-0123456789abcdef0";

fn noon() -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

fn open(script: &Script) -> (Drs, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(noon()));
    (Drs::new(&script.config(), home(), clock.clone()), clock)
}

fn server_id(n: usize) -> SourceServerId {
    format!("s-{n:017}").parse().unwrap()
}

fn json_reply(value: &Value) -> Reply {
    Reply::ok(value.to_string())
}

fn body(sent: &script::Sent) -> Value {
    serde_json::from_str(&sent.body).unwrap()
}

#[tokio::test]
async fn a_throttle_is_waited_out_for_as_long_as_drs_asks() {
    let script = Script::new(|_, before| match before {
        0 => Reply::error(429, "ThrottlingException").with("Retry-After", "30"),
        _ => json_reply(&json!({"items": []})),
    });
    let (drs, clock) = open(&script);
    assert!(drs.source_servers().await.unwrap().is_empty());
    assert_eq!(script.sent().len(), 2);
    assert!(clock.now() - noon() >= TimeDelta::seconds(30));
}

#[tokio::test]
async fn what_stays_throttled_is_given_up_after_three_retries() {
    let script = Script::new(|_, _| Reply::error(429, "ThrottlingException"));
    let (drs, _) = open(&script);
    let error = drs.jobs_since(noon()).await.unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Throttled));
    // One try and three retries: the SDK adds none of its own.
    assert_eq!(script.sent().len(), 4);
}

#[tokio::test]
async fn a_throttle_on_a_later_page_does_not_begin_again() {
    let script = Script::new(
        |sent, before| match (before, body(sent)["nextToken"].as_str()) {
            (0, None) => json_reply(
                &json!({"items": [{"sourceServerID": server_id(1)}], "nextToken": "two"}),
            ),
            (1, Some("two")) => Reply::error(500, "InternalServerException"),
            (2, Some("two")) => json_reply(&json!({"items": [{"sourceServerID": server_id(2)}]})),
            other => panic!("{other:?}"),
        },
    );
    let (drs, _) = open(&script);
    let ids: Vec<_> = drs
        .source_servers()
        .await
        .unwrap()
        .into_iter()
        .map(|server| server.id)
        .collect();
    assert_eq!(ids, [server_id(1), server_id(2)]);
    assert_eq!(body(&script.sent()[0])["maxResults"], 200);
}

#[tokio::test]
async fn a_page_token_that_comes_again_ends_the_listing_with_an_error() {
    let script = Script::new(|_, _| json_reply(&json!({"items": [], "nextToken": "same"})));
    let (drs, _) = open(&script);
    assert!(drs.recovery_instances().await.is_err());
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test]
async fn ids_are_asked_for_two_hundred_at_a_time_and_no_ids_ask_for_nothing() {
    let script = Script::new(|_, _| json_reply(&json!({"items": []})));
    let (drs, _) = open(&script);
    // DRS takes an empty filter for "all": it must never be sent.
    assert!(drs.source_servers_by_id(&[]).await.unwrap().is_empty());
    assert!(drs.recovery_instances_of(&[]).await.unwrap().is_empty());
    assert!(script.sent().is_empty());

    let ids: Vec<_> = (0..450).map(server_id).collect();
    drs.source_servers_by_id(&ids).await.unwrap();
    drs.recovery_instances_of(&ids).await.unwrap();
    let sizes: Vec<_> = script
        .sent()
        .iter()
        .map(|sent| {
            body(sent)["filters"]["sourceServerIDs"]
                .as_array()
                .unwrap()
                .len()
        })
        .collect();
    assert_eq!(sizes, [200, 200, 50, 200, 200, 50]);
}

#[tokio::test]
async fn start_recovery_is_sent_once_whatever_comes_back() {
    for reply in [
        Reply::Lost,
        Reply::error(429, "ThrottlingException").with("Retry-After", "1"),
        Reply::error(500, "InternalServerException"),
        Reply::ok("not json"),
    ] {
        let script = Script::new(move |_, _| reply.clone());
        let (drs, clock) = open(&script);
        let error = drs
            .start_recovery(&[server_id(1)], true, &BTreeMap::new())
            .await
            .unwrap_err();
        assert!(error.retryable(), "the caller decides: {error}");
        assert_eq!(script.sent().len(), 1, "{error}");
        assert_eq!(clock.now(), noon());
    }
}

#[tokio::test]
async fn terminating_is_sent_once_too() {
    let script = Script::new(|_, _| Reply::Lost);
    let (drs, _) = open(&script);
    let id: RecoveryInstanceId = TARGET.parse().unwrap();
    let error = drs.terminate_recovery_instances(&[id]).await.unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Unavailable));
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn a_recovery_names_its_servers_its_kind_and_its_tags() {
    let script = Script::new(|_, _| {
        json_reply(&json!({"job": {
            "jobID": "drsjob-1234567890abcdef0", "type": "LAUNCH", "initiatedBy": "START_DRILL",
            "status": "PENDING", "creationDateTime": "2026-01-31T12:00:00.123Z",
            "participatingServers": [{"sourceServerID": SERVER, "launchStatus": "PENDING"}],
        }}))
    });
    let (drs, _) = open(&script);
    let tags = BTreeMap::from([("plan".to_owned(), "p".to_owned())]);
    let servers = [SERVER.parse().unwrap()];
    let job = drs.start_recovery(&servers, true, &tags).await.unwrap();
    assert_eq!(
        (job.status, job.kind.as_str()),
        (JobStatus::Pending, "LAUNCH")
    );
    assert_eq!(job.servers[0].launch_status, LaunchStatus::Pending);
    assert_eq!(
        body(&script.sent()[0]),
        json!({"sourceServers": [{"sourceServerID": SERVER}], "isDrill": true, "tags": {"plan": "p"}})
    );
    drs.start_recovery(&servers, false, &BTreeMap::new())
        .await
        .unwrap();
    assert_eq!(body(&script.sent()[1]).get("tags"), None);
}

#[tokio::test]
async fn a_job_that_was_accepted_without_a_readable_id_is_no_job_that_was_refused() {
    let script = Script::new(|_, _| json_reply(&json!({"job": {"jobID": "job 7"}})));
    let (drs, _) = open(&script);
    let error = drs
        .start_recovery(&[server_id(1)], true, &BTreeMap::new())
        .await
        .unwrap_err();
    assert!(matches!(error, dr_error::Error::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn a_source_server_is_read_whole() {
    let script = Script::new(|_, _| {
        json_reply(&json!({"items": [{
            "sourceServerID": SERVER,
            "recoveryInstanceId": TARGET,
            "tags": {"Name": "web"},
            "stagingArea": {"status": "EXTENDED", "stagingAccountID": "444455556666"},
            "sourceCloudProperties": {"originAccountID": "111122223333", "originRegion": "us-west-2"},
            "sourceProperties": {
                "os": {"fullString": "Microsoft Windows Server 2022"},
                "identificationHints": {"hostname": "web-1", "awsInstanceID": "i-0aaaaaaaaaaaaaaaa"},
                "networkInterfaces": [
                    {"ips": ["10.9.9.9"]},
                    {"isPrimary": true, "ips": ["fe80::1", "10.0.1.5"]},
                ],
            },
            "dataReplicationInfo": {
                "dataReplicationState": "STALLED", "lagDuration": "PT1M30S",
                "dataReplicationError": {"error": "AGENT_NOT_SEEN"},
                "replicatedDisks": [
                    {"deviceName": "/dev/xvda", "totalStorageBytes": 8_589_934_592_u64, "volumeStatus": "REGULAR"},
                    {"deviceName": "/dev/xvdb", "totalStorageBytes": 1, "volumeStatus": "MISSING_VOLUME_ATTRIBUTES"},
                ],
            },
        }]}))
    });
    let (drs, _) = open(&script);
    let server = drs.source_servers().await.unwrap().remove(0);
    assert_eq!(server.hostname.as_deref(), Some("web-1"));
    assert_eq!(server.platform, Platform::Windows);
    assert_eq!(server.private_ip.as_deref(), Some("10.0.1.5"));
    assert_eq!(
        server.origin_instance_id.unwrap().as_str(),
        "i-0aaaaaaaaaaaaaaaa"
    );
    assert_eq!(server.origin_region.unwrap().as_str(), "us-west-2");
    assert_eq!(server.staging_account_id.unwrap().as_str(), "444455556666");
    assert_eq!(server.recovery_instance_id.unwrap().as_str(), TARGET);
    assert_eq!(server.replication_state, ReplicationState::Stalled);
    assert_eq!(server.replication_error.as_deref(), Some("AGENT_NOT_SEEN"));
    assert_eq!(server.lag_seconds, Some(90));
    assert_eq!(
        server.last_consistent_at,
        Some(noon() - TimeDelta::seconds(90))
    );
    assert!(!server.is_archived);
    assert_eq!(server.disks[0].bytes, 8_589_934_592);
    assert_eq!(server.disks[0].volume_problem, None);
    assert_eq!(
        server.disks[1].volume_problem.as_deref(),
        Some("MISSING_VOLUME_ATTRIBUTES")
    );
    assert_eq!(server.tags["Name"], "web");
}

#[tokio::test]
async fn a_word_of_drs_that_nobody_knows_yet_is_carried() {
    let script = Script::new(|sent, _| match sent.operation.as_str() {
        "DescribeSourceServers" => json_reply(&json!({"items": [{
            "sourceServerID": SERVER,
            "dataReplicationInfo": {
                "dataReplicationState": "TELEPORTING", "lagDuration": "soon",
                "dataReplicationError": {"error": "GREMLINS"},
            },
        }]})),
        "DescribeRecoveryInstances" => json_reply(&json!({"items": [{
            "recoveryInstanceID": TARGET, "sourceServerID": SERVER, "ec2InstanceID": TARGET,
            "ec2InstanceState": "DREAMING", "failback": {"state": "FAILBACK_PONDERING"},
        }]})),
        "DescribeJobs" => json_reply(&json!({"items": [{
            "jobID": "drsjob-1234567890abcdef0", "status": "HOVERING", "type": "JUMP",
            "initiatedBy": "MOON",
            "participatingServers": [{"sourceServerID": SERVER, "launchStatus": "FLOATING"}],
        }]})),
        _ => json_reply(
            &json!({"items": [{"event": "SING", "logDateTime": "2026-01-31T12:00:00Z"}]}),
        ),
    });
    let (drs, _) = open(&script);
    let server = drs.source_servers().await.unwrap().remove(0);
    assert_eq!(
        server.replication_state,
        ReplicationState::Other("TELEPORTING".into())
    );
    assert_eq!(server.replication_error.as_deref(), Some("GREMLINS"));
    assert_eq!(
        (server.lag_seconds, server.last_consistent_at),
        (None, None)
    );
    let instance = drs.recovery_instances().await.unwrap().remove(0);
    assert_eq!(instance.instance_state, "DREAMING");
    assert!(instance.is_live(), "what we do not know may be alive");
    assert_eq!(
        instance.failback_state.as_deref(),
        Some("FAILBACK_PONDERING")
    );
    let job = drs.jobs_since(noon()).await.unwrap().remove(0);
    assert_eq!(job.status, JobStatus::Other("HOVERING".into()));
    assert!(job.is_active());
    assert_eq!(
        job.servers[0].launch_status,
        LaunchStatus::Other("FLOATING".into())
    );
    assert_eq!(drs.job_log(&job.id).await.unwrap()[0].event, "SING");
}

#[tokio::test]
async fn an_entry_whose_id_cannot_be_read_does_not_hide_the_others() {
    let script = Script::new(|_, _| {
        json_reply(&json!({"items": [{"sourceServerID": "nonsense"}, {"sourceServerID": SERVER}]}))
    });
    let (drs, _) = open(&script);
    let servers = drs.source_servers().await.unwrap();
    assert_eq!(servers.len(), 1);
    assert_eq!(servers[0].id.as_str(), SERVER);
}

#[tokio::test]
async fn jobs_are_looked_for_from_a_whole_second() {
    let script = Script::new(|_, _| json_reply(&json!({"items": []})));
    let (drs, _) = open(&script);
    assert_eq!(*drs.place(), home());
    let from = noon() + TimeDelta::milliseconds(999);
    drs.jobs_since(from).await.unwrap();
    assert_eq!(
        body(&script.sent()[0])["filters"],
        json!({"fromDate": "2026-01-31T12:00:00Z"})
    );
    assert!(script.sent()[0].authorization.contains("/us-east-1/drs/"));
}

#[tokio::test]
async fn the_reason_of_a_failed_launch_is_in_the_log() {
    let script = Script::new(|_, _| {
        json_reply(&json!({"items": [{
            "event": "LAUNCH_FAILED", "logDateTime": "2026-01-31T12:00:00Z",
            "eventData": {"sourceServerID": SERVER, "targetInstanceID": TARGET, "rawError": "no room"},
        }]}))
    });
    let (drs, _) = open(&script);
    let id = "drsjob-1234567890abcdef0".parse().unwrap();
    let entry = drs.job_log(&id).await.unwrap().remove(0);
    assert_eq!(entry.error.as_deref(), Some("no room"));
    assert_eq!(entry.instance_id.as_deref(), Some(TARGET));
    assert_eq!(entry.source_server_id.unwrap().as_str(), SERVER);
    assert_eq!(entry.at, Some(noon()));
}

/// Answers an update with what it set, as DRS does.
fn launch_settings() -> Script {
    Script::new(|sent, _| {
        let mut answer = body(sent);
        answer["ec2LaunchTemplateID"] = json!("lt-0123456789abcdef0");
        json_reply(&answer)
    })
}

fn wanted(target: Option<&str>) -> LaunchConfiguration {
    LaunchConfiguration {
        source_server_id: SERVER.parse().unwrap(),
        copy_private_ip: false,
        copy_tags: false,
        right_sizing: "NONE".into(),
        launch_disposition: "STARTED".into(),
        launch_template_id: Some("lt-0123456789abcdef0".into()),
        target_instance_id: target.map(|target| target.parse().unwrap()),
    }
}

#[tokio::test]
async fn a_target_is_set_with_its_settings_in_one_call_and_verified_by_the_answer() {
    let script = launch_settings();
    let (drs, _) = open(&script);
    let wanted = wanted(Some(TARGET));
    let now = drs.update_launch_configuration(&wanted).await.unwrap();
    assert_eq!(now, wanted);
    assert_eq!(script.sent().len(), 1);
    assert_eq!(
        body(&script.sent()[0]),
        json!({
            "sourceServerID": SERVER, "copyPrivateIp": false, "copyTags": false,
            "targetInstanceTypeRightSizingMethod": "NONE", "launchDisposition": "STARTED",
            "launchIntoInstanceProperties": {"launchIntoEC2InstanceID": TARGET},
        })
    );
}

#[tokio::test]
async fn no_target_is_said_by_the_empty_string() {
    let script = launch_settings();
    let (drs, _) = open(&script);
    let now = drs
        .update_launch_configuration(&wanted(None))
        .await
        .unwrap();
    assert_eq!(now, wanted(None));
    assert_eq!(
        body(&script.sent()[0])["launchIntoInstanceProperties"],
        json!({"launchIntoEC2InstanceID": ""})
    );
}

#[tokio::test]
async fn a_setting_that_we_do_not_understand_is_left_as_it_is() {
    let script = launch_settings();
    let (drs, _) = open(&script);
    let odd = LaunchConfiguration {
        right_sizing: "BY_MOOD".into(),
        ..wanted(None)
    };
    drs.update_launch_configuration(&odd).await.unwrap();
    assert_eq!(
        body(&script.sent()[0]).get("targetInstanceTypeRightSizingMethod"),
        None
    );
}

#[tokio::test]
async fn drs_that_was_never_initialised_is_an_answer_and_no_permission_is_not() {
    let script = Script::new(|_, _| Reply::error(400, "UninitializedAccountException"));
    assert!(!open(&script).0.is_initialized().await.unwrap());
    let script = Script::new(|_, _| Reply::error(403, "AccessDeniedException"));
    let error = open(&script).0.is_initialized().await.unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::AccessDenied));
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test]
async fn a_record_that_is_gone_is_deleted() {
    let script = Script::new(|_, before| match before {
        0 => Reply::Lost,
        _ => Reply::error(404, "ResourceNotFoundException"),
    });
    let (drs, _) = open(&script);
    drs.delete_recovery_instance(&TARGET.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test]
async fn a_conflict_while_disconnecting_is_told_at_once() {
    let script = Script::new(|_, _| Reply::error(409, "ConflictException"));
    let (drs, _) = open(&script);
    let error = drs
        .disconnect_recovery_instance(&TARGET.parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Conflict));
    assert_eq!(script.sent().len(), 1);
}
