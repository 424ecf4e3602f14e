//! Replications over the real SDK: how far they are, turned, stopped, started, and their points in time.

use std::collections::BTreeMap;

use crate::script::{Reply, Script};
use crate::{body, json_reply, noon};
use chrono::TimeDelta;
use dr_drs::{Drs, ReplicationSettings};
use dr_error::{AwsClass, Error};
use dr_model::ids::{RecoveryInstanceId, SourceServerId};
use dr_model::replication::{InitiationStep, ReplicationDirection};
use dr_model::server::ReplicationState;
use serde_json::json;

const SERVER: &str = "s-1234567890abcdef0";
const INSTANCE: &str = "i-0123456789abcdef0";
const ARN: &str = "arn:aws:drs:us-east-1:111122223333:source-server/s-1234567890abcdef0";

fn open(script: &Script) -> Drs {
    crate::open(script).0
}

fn server() -> SourceServerId {
    SERVER.parse().unwrap()
}

fn instance() -> RecoveryInstanceId {
    INSTANCE.parse().unwrap()
}

fn step(name: &str, status: &str) -> InitiationStep {
    InitiationStep {
        name: name.into(),
        status: status.into(),
    }
}

#[tokio::test]
async fn the_replication_of_a_source_server_is_read_whole() {
    let script = Script::new(|_, _| {
        json_reply(&json!({"items": [{
            "sourceServerID": SERVER, "arn": ARN, "replicationDirection": "FAILBACK",
            "reversedDirectionSourceServerArn": "arn:aws:drs:us-west-2:111122223333:source-server/s-2",
            "lifeCycle": {
                "addedToServiceDateTime": "2026-01-31T10:00:00Z", "firstByteDateTime": "2026-01-31T10:05:00Z",
                "elapsedReplicationDuration": "PT1H55M", "lastSeenByServiceDateTime": "2026-01-31T11:59:30Z",
            },
            "dataReplicationInfo": {
                "dataReplicationState": "RESCAN", "lagDuration": "PT2M", "etaDateTime": "2026-01-31T13:00:00Z",
                "dataReplicationError": {"error": "SNAPSHOTS_FAILURE", "rawError": "quota of snapshots"},
                "dataReplicationInitiation": {
                    "startDateTime": "2026-01-31T10:01:00Z", "nextAttemptDateTime": "2026-01-31T12:05:00Z",
                    "steps": [{"name": "WAIT", "status": "SUCCEEDED"}, {"name": "WARM_UP", "status": "HUMMING"}],
                },
                "replicatedDisks": [{
                    "deviceName": "/dev/xvda", "totalStorageBytes": 100, "replicatedStorageBytes": 90,
                    "rescannedStorageBytes": 40, "backloggedStorageBytes": 7,
                }],
            },
        }]}))
    });
    let server = open(&script).source_servers().await.unwrap().remove(0);
    assert_eq!(server.arn.as_deref(), Some(ARN));
    assert_eq!(server.direction, ReplicationDirection::Failback);
    assert!(server.reversed_arn.unwrap().ends_with("/s-2"));
    let seen = server.replication;
    assert_eq!(seen.state, Some(ReplicationState::Rescan));
    assert_eq!(
        (seen.lag_seconds, seen.elapsed_seconds),
        (Some(120), Some(6_900))
    );
    assert_eq!(seen.eta, Some(noon() + TimeDelta::hours(1)));
    assert_eq!(seen.error.as_deref(), Some("SNAPSHOTS_FAILURE"));
    assert_eq!(seen.raw_error.as_deref(), Some("quota of snapshots"));
    let disk = &seen.disks[0];
    assert_eq!(
        (
            disk.total_bytes,
            disk.replicated_bytes,
            disk.rescanned_bytes,
            disk.backlogged_bytes
        ),
        (100, 90, 40, 7)
    );
    assert_eq!(
        seen.steps,
        [step("WAIT", "SUCCEEDED"), step("WARM_UP", "HUMMING")]
    );
    assert_eq!(seen.added_at, Some(noon() - TimeDelta::hours(2)));
    assert_eq!(seen.first_byte_at, Some(noon() - TimeDelta::minutes(115)));
    assert_eq!(seen.initiated_at, Some(noon() - TimeDelta::minutes(119)));
    assert_eq!(seen.next_attempt_at, Some(noon() + TimeDelta::minutes(5)));
    assert_eq!(seen.last_seen_at, Some(noon() - TimeDelta::seconds(30)));
}

#[tokio::test]
async fn a_server_of_which_drs_says_little_replicates_to_the_recovery_region_and_is_nowhere_yet() {
    let script = Script::new(|_, _| {
        json_reply(&json!({"items": [
            {"sourceServerID": SERVER},
            {"sourceServerID": SERVER, "replicationDirection": "SIDEWAYS"},
        ]}))
    });
    let servers = open(&script).source_servers().await.unwrap();
    assert_eq!(servers[0].direction, ReplicationDirection::Failover);
    assert_eq!(
        servers[0].replication,
        dr_model::replication::Replication::default()
    );
    assert_eq!((&servers[0].arn, &servers[0].reversed_arn), (&None, &None));
    assert_eq!(
        servers[1].direction,
        ReplicationDirection::Other("SIDEWAYS".into())
    );
}

#[tokio::test]
async fn the_way_back_of_a_recovery_instance_is_read_though_its_durations_are_typed_as_times() {
    let script = Script::new(|_, _| {
        json_reply(&json!({"items": [{
            "recoveryInstanceID": INSTANCE, "sourceServerID": SERVER, "ec2InstanceID": INSTANCE,
            "ec2InstanceState": "RUNNING", "isDrill": false, "tags": {"Name": "web"},
            "recoveryInstanceProperties": {"identificationHints": {"hostname": "web-1"}},
            "failback": {
                "state": "FAILBACK_IN_PROGRESS", "elapsedReplicationDuration": "PT10M",
                "agentLastSeenByServiceDateTime": "2026-01-31T11:59:00Z",
                "failbackInitiationTime": "2026-01-31T11:50:00Z", "firstByteDateTime": "2026-01-31T11:52:00Z",
            },
            "dataReplicationInfo": {
                "dataReplicationState": "INITIAL_SYNC", "lagDuration": "PT45S",
                "etaDateTime": "2026-01-31T12:30:00Z",
                "dataReplicationError": {"error": "AGENT_NOT_SEEN"},
                "dataReplicationInitiation": {"steps": [{"name": "WAIT", "status": "SUCCEEDED"}]},
                "replicatedDisks": [{"deviceName": "/dev/xvda", "totalStorageBytes": 100,
                    "replicatedStorageBytes": 25, "rescannedStorageBytes": 0, "backloggedStorageBytes": 3}],
            },
        }, {
            "recoveryInstanceID": INSTANCE, "sourceServerID": SERVER,
            "recoveryInstanceProperties": {"identificationHints": {"hostname": "web-1"}},
            "dataReplicationInfo": {"dataReplicationState": "NOT_STARTED", "lagDuration": "2026-01-31T11:59:00Z"},
        }]}))
    });
    let instances = open(&script)
        .recovery_instances_by_id(&[instance()])
        .await
        .unwrap();
    assert_eq!(
        body(&script.sent()[0])["filters"],
        json!({"recoveryInstanceIDs": [INSTANCE]})
    );
    let seen = &instances[0].replication;
    assert_eq!(seen.state, Some(ReplicationState::InitialSync));
    assert_eq!(
        (seen.lag_seconds, seen.elapsed_seconds),
        (Some(45), Some(600))
    );
    assert_eq!(seen.disks[0].replicated_bytes, 25);
    assert_eq!(seen.error.as_deref(), Some("AGENT_NOT_SEEN"));
    assert_eq!(seen.steps, [step("WAIT", "SUCCEEDED")]);
    assert_eq!(seen.initiated_at, Some(noon() - TimeDelta::minutes(10)));
    assert_eq!(seen.first_byte_at, Some(noon() - TimeDelta::minutes(8)));
    assert_eq!(seen.eta, Some(noon() + TimeDelta::minutes(30)));
    assert_eq!(
        instances[0].agent_seen_at,
        Some(noon() - TimeDelta::minutes(1))
    );
    assert_eq!(instances[0].name.as_deref(), Some("web"));
    // No replication to speak of; a lag that is a time after all counts from then.
    assert_eq!(instances[1].replication.state, None);
    assert_eq!(instances[1].replication.lag_seconds, Some(60));
    assert_eq!(instances[1].name.as_deref(), Some("web-1"));
}

#[tokio::test]
async fn no_ids_of_recovery_instances_ask_for_nothing() {
    let script = Script::new(|_, _| panic!("DRS takes an empty filter for all"));
    assert!(
        open(&script)
            .recovery_instances_by_id(&[])
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn reversing_answers_the_server_that_does_it() {
    let script = Script::new(|_, _| json_reply(&json!({"reversedDirectionSourceServerArn": ARN})));
    assert_eq!(
        open(&script)
            .reverse_replication(&instance())
            .await
            .unwrap(),
        ARN
    );
    assert_eq!(
        body(&script.sent()[0]),
        json!({"recoveryInstanceID": INSTANCE})
    );
}

#[tokio::test]
async fn reversing_is_sent_once_whatever_comes_back() {
    for (reply, class) in [
        (Reply::Lost, AwsClass::Unavailable),
        (
            Reply::error(429, "ThrottlingException"),
            AwsClass::Throttled,
        ),
        (
            Reply::error(500, "InternalServerException"),
            AwsClass::Unavailable,
        ),
        // The agent initialises: the caller comes again.
        (Reply::error(409, "ConflictException"), AwsClass::Conflict),
    ] {
        let script = Script::new(move |_, _| reply.clone());
        let error = open(&script)
            .reverse_replication(&instance())
            .await
            .unwrap_err();
        assert_eq!(error.aws_class(), Some(class), "{error}");
        assert_eq!(script.sent().len(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_reversal_that_was_accepted_without_a_server_is_none_that_was_refused() {
    let script = Script::new(|_, _| json_reply(&json!({})));
    let error = open(&script)
        .reverse_replication(&instance())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn stopping_starting_and_disconnecting_name_the_server_and_are_repeated() {
    let script = Script::new(|_, before| match before % 2 {
        0 => Reply::error(500, "InternalServerException"),
        _ => json_reply(&json!({"sourceServerID": SERVER})),
    });
    let drs = open(&script);
    drs.stop_replication(&server()).await.unwrap();
    drs.start_replication(&server()).await.unwrap();
    drs.disconnect_source_server(&server()).await.unwrap();
    let sent = script.sent();
    let operations: Vec<_> = sent.iter().map(|sent| sent.operation.as_str()).collect();
    assert_eq!(
        operations,
        [
            "StopReplication",
            "StopReplication",
            "StartReplication",
            "StartReplication",
            "DisconnectSourceServer",
            "DisconnectSourceServer",
        ]
    );
    assert!(
        sent.iter()
            .all(|sent| body(sent) == json!({"sourceServerID": SERVER}))
    );
}

#[tokio::test]
async fn a_source_server_that_is_gone_is_deleted_and_one_that_is_connected_is_not() {
    let script = Script::new(|_, before| match before {
        0 => Reply::Lost,
        _ => Reply::error(404, "ResourceNotFoundException"),
    });
    open(&script).delete_source_server(&server()).await.unwrap();
    assert_eq!(script.sent().len(), 2);

    let script = Script::new(|_, _| Reply::error(409, "ConflictException"));
    let error = open(&script)
        .delete_source_server(&server())
        .await
        .unwrap_err();
    assert_eq!(error.aws_class(), Some(AwsClass::Conflict));
}

#[tokio::test]
async fn points_in_time_come_newest_first_over_all_pages() {
    let script = Script::new(|sent, _| match body(sent)["nextToken"].as_str() {
        None => json_reply(&json!({"nextToken": "two", "items": [{
            "snapshotID": "pit-2", "sourceServerID": SERVER, "expectedTimestamp": "2026-01-31T12:00:00Z",
        }]})),
        Some(_) => json_reply(&json!({"items": [{
            "snapshotID": "pit-1", "sourceServerID": SERVER, "expectedTimestamp": "2026-01-31T11:50:00Z",
            "timestamp": "2026-01-31T11:50:05Z", "ebsSnapshots": ["snap-1", "snap-2"],
        }]})),
    });
    let points = open(&script).recovery_points(&server()).await.unwrap();
    let ids: Vec<_> = points.iter().map(|point| point.id.as_str()).collect();
    assert_eq!(ids, ["pit-2", "pit-1"]);
    assert_eq!((points[0].at, points[0].expected_at), (None, Some(noon())));
    assert_eq!(points[1].at, Some(noon() - TimeDelta::seconds(595)));
    assert_eq!(points[1].ebs_snapshots, ["snap-1", "snap-2"]);
    assert_eq!(
        body(&script.sent()[0]),
        json!({"sourceServerID": SERVER, "order": "DESC", "maxResults": 200})
    );
}

#[tokio::test]
async fn a_recovery_can_start_from_a_point_in_time_of_each_server() {
    let script =
        Script::new(|_, _| json_reply(&json!({"job": {"jobID": "drsjob-1234567890abcdef0"}})));
    let other: SourceServerId = "s-00000000000000001".parse().unwrap();
    let servers = [(server(), Some("pit-1".to_owned())), (other.clone(), None)];
    open(&script)
        .start_recovery_at(&servers, false, &BTreeMap::new())
        .await
        .unwrap();
    assert_eq!(
        body(&script.sent()[0])["sourceServers"],
        json!([
            {"sourceServerID": SERVER, "recoverySnapshotID": "pit-1"},
            {"sourceServerID": other.as_str()},
        ])
    );
}

#[tokio::test]
async fn replication_settings_are_those_of_the_template_and_none_where_drs_is_not_initialised() {
    let script = Script::new(|_, _| {
        json_reply(&json!({"items": [{
            "replicationConfigurationTemplateID": "rct-1", "stagingAreaSubnetId": "subnet-1",
            "replicationServersSecurityGroupsIDs": ["sg-1"], "dataPlaneRouting": "PRIVATE_IP",
            "createPublicIP": false, "bandwidthThrottling": 100,
        }]}))
    });
    assert_eq!(
        open(&script).replication_settings().await.unwrap(),
        Some(ReplicationSettings {
            staging_subnet_id: "subnet-1".into(),
            security_group_ids: vec!["sg-1".into()],
            use_private_ip: true,
            create_public_ip: false,
            bandwidth_mbps: 100,
        })
    );
    let script = Script::new(|_, _| json_reply(&json!({"items": []})));
    assert_eq!(open(&script).replication_settings().await.unwrap(), None);
    let script = Script::new(|_, _| Reply::error(400, "UninitializedAccountException"));
    assert_eq!(open(&script).replication_settings().await.unwrap(), None);
    let script = Script::new(|_, _| Reply::error(403, "AccessDeniedException"));
    assert!(open(&script).replication_settings().await.is_err());
}
