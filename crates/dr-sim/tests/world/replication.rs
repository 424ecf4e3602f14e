//! Replication as a function of time: lag, stalls, points in time, stopping and reversing.

use serde_json::{Value, json};

use crate::harness::{Bench, PRIMARY, RECOVERY, text};

async fn info(bench: &Bench, server: &str) -> Value {
    let body = json!({ "filters": { "sourceServerIDs": [server] } });
    let answer = bench.ok("DescribeSourceServers", body).await;
    answer["items"][0]["dataReplicationInfo"].clone()
}

#[tokio::test]
async fn a_stalled_server_lags_more_and_more_until_it_resumes() {
    let bench = Bench::with(3);
    let server = bench.server("web-portal-01").await;
    assert_eq!(
        info(&bench, &server).await["dataReplicationState"],
        "CONTINUOUS"
    );
    bench.sim.control().stall_server(&server).unwrap();
    bench.pass(7_200);
    let stalled = info(&bench, &server).await;
    assert_eq!(stalled["dataReplicationState"], "STALLED");
    assert!(
        text(&stalled["lagDuration"]).starts_with("PT2H"),
        "{stalled}"
    );
    assert_eq!(stalled["dataReplicationError"]["error"], "AGENT_NOT_SEEN");
    bench.sim.control().resume_server(&server).unwrap();
    assert_eq!(
        info(&bench, &server).await["dataReplicationState"],
        "CONTINUOUS"
    );
}

#[tokio::test]
async fn a_stalled_server_is_launched_from_its_last_point_in_time() {
    let bench = Bench::with(3);
    let (server, _) = bench.aim("web-portal-01").await;
    bench.sim.control().stall_server(&server).unwrap();
    bench.pass(7_200);
    let id = bench.start(&[&server], true).await;
    bench.finish(&id).await;
    let log = bench.log(&id).await;
    let names = crate::harness::events(&log);
    assert!(names.contains(&"USING_PREVIOUS_SNAPSHOT"), "{names:?}");
    let found = bench.ok("DescribeRecoveryInstances", json!({})).await;
    let point = text(&found["items"][0]["pointInTimeSnapshotDateTime"]);
    assert!(point.as_str() < "2026-11-21T08:00:01", "{point}");
}

#[tokio::test]
async fn points_in_time_follow_the_policy_and_can_be_launched() {
    let bench = Bench::with(3);
    let (server, _) = bench.aim("web-portal-01").await;
    let body = json!({ "sourceServerID": server, "order": "DESC" });
    let points = bench.ok("DescribeRecoverySnapshots", body.clone()).await;
    let points = points["items"].as_array().unwrap().clone();
    assert!((30..=37).contains(&points.len()), "{}", points.len());
    assert_eq!(
        bench.ok("DescribeRecoverySnapshots", body).await["items"],
        json!(points),
        "a look changes nothing"
    );
    let chosen = &points[3];
    let answer = bench
        .ok(
            "StartRecovery",
            json!({
                "isDrill": true,
                "sourceServers": [{
                    "sourceServerID": server,
                    "recoverySnapshotID": chosen["snapshotID"],
                }],
            }),
        )
        .await;
    bench.finish(&text(&answer["job"]["jobID"])).await;
    let found = bench.ok("DescribeRecoveryInstances", json!({})).await;
    assert_eq!(
        found["items"][0]["pointInTimeSnapshotDateTime"],
        chosen["timestamp"]
    );
}

#[tokio::test]
async fn stopping_deletes_the_points_and_starting_copies_everything_again() {
    let bench = Bench::with(3);
    let server = bench.server("web-portal-01").await;
    let one = json!({ "sourceServerID": server });
    bench.ok("StopReplication", one.clone()).await;
    assert_eq!(
        info(&bench, &server).await["dataReplicationState"],
        "STOPPED"
    );
    let points = bench.ok("DescribeRecoverySnapshots", one.clone()).await;
    assert_eq!(points["items"], json!([]));
    let start = json!({ "sourceServers": [one] });
    assert_eq!(bench.refused("StartRecovery", start).await.0, 409);
    assert_eq!(bench.refused("StopReplication", one.clone()).await.0, 409);
    bench.ok("StartReplication", one.clone()).await;
    let mut seen = Vec::new();
    for _ in 0..120 {
        let state = text(&info(&bench, &server).await["dataReplicationState"]);
        if seen.last() != Some(&state) {
            seen.push(state);
        }
        bench.pass(60);
    }
    assert_eq!(seen, ["INITIATING", "INITIAL_SYNC", "CONTINUOUS"]);
}

#[tokio::test]
async fn a_server_is_deleted_only_after_it_was_disconnected() {
    let bench = Bench::with(3);
    let server = bench.server("web-portal-01").await;
    let one = json!({ "sourceServerID": server });
    assert_eq!(
        bench.refused("DeleteSourceServer", one.clone()).await,
        (409, "ConflictException".to_owned())
    );
    let gone = bench.ok("DisconnectSourceServer", one.clone()).await;
    let info = &gone["dataReplicationInfo"];
    assert_eq!(info["dataReplicationState"], "DISCONNECTED");
    assert_eq!(info["replicatedDisks"][0]["totalStorageBytes"], 0);
    bench.ok("DeleteSourceServer", one.clone()).await;
    assert_eq!(bench.refused("GetLaunchConfiguration", one).await.0, 404);
}

#[tokio::test]
async fn reversing_makes_a_failback_server_in_the_origin_region_and_coming_home_re_protects() {
    let bench = Bench::with(3);
    let (b1, _) = bench.aim("web-portal-01").await;
    let job = bench.start(&[&b1], false).await;
    let job = bench.finish(&job).await;
    let b2 = text(&job["participatingServers"][0]["recoveryInstanceID"]);
    let reverse = json!({ "recoveryInstanceID": b2 });
    // The agent initialises for some minutes: ConflictException, try again.
    bench.pass(300);
    let answer = bench.ok("ReverseReplication", reverse.clone()).await;
    assert_eq!(bench.refused("ReverseReplication", reverse).await.0, 409);
    let arn = text(&answer["reversedDirectionSourceServerArn"]);
    assert!(arn.starts_with("arn:aws:drs:us-east-1:111122223333:source-server/s-"));
    let (_, found) = bench
        .drs_at(PRIMARY, "DescribeSourceServers", json!({}))
        .await;
    let a2 = &found["items"][0];
    assert_eq!(a2["replicationDirection"], "FAILBACK");
    assert_eq!(a2["arn"], arn);
    let hints = &a2["sourceProperties"]["identificationHints"];
    assert_eq!(hints["awsInstanceID"], b2);
    assert_eq!(a2["sourceCloudProperties"]["originRegion"], RECOVERY.1);

    bench.pass(3_600);
    let filter = json!({ "filters": { "recoveryInstanceIDs": [b2] } });
    let found = bench.ok("DescribeRecoveryInstances", filter).await;
    let failback = &found["items"][0]["failback"]["state"];
    assert_eq!(failback, "FAILBACK_READY_FOR_LAUNCH");

    // Home: A2 is launched into the stopped original.
    let a2_id = text(&a2["sourceServerID"]);
    let a1 = bench.sim.control().inspect(|world| {
        let ec2 = &world.at(PRIMARY.0, PRIMARY.1).unwrap().ec2;
        let named = ec2
            .instances
            .values()
            .find(|i| i.tags.get("Name").map(String::as_str) == Some("web-portal-01"));
        named.unwrap().id.clone()
    });
    come_home(&bench, &a2_id, &a1).await;
    bench.pass(600);
    let again = json!({ "recoveryInstanceID": a1 });
    let (status, answer) = bench.drs_at(PRIMARY, "ReverseReplication", again).await;
    assert_eq!(status, 200, "{answer}");
    let told: Vec<Value> = bench
        .sim
        .take_events()
        .into_iter()
        .filter(|event| event["detail-type"] == "DRS Recovery Instance Failback State Change")
        .map(|event| event["detail"]["state"].clone())
        .collect();
    assert_eq!(
        told,
        [
            "FAILBACK_IN_PROGRESS",
            "FAILBACK_COMPLETED",
            "FAILBACK_IN_PROGRESS"
        ]
    );
    let standing = text(&answer["reversedDirectionSourceServerArn"]);
    assert!(
        standing.ends_with(&b1),
        "the same source server: {standing}"
    );
    bench.pass(3_600);
    let info = info(&bench, &b1).await;
    assert_eq!(info["dataReplicationState"], "CONTINUOUS");
    let disk = &info["replicatedDisks"][0];
    assert_eq!(disk["rescannedStorageBytes"], disk["totalStorageBytes"]);
}

async fn come_home(bench: &Bench, a2: &str, a1: &str) {
    let key = format!("AKIA{}", PRIMARY.0);
    let tag = format!(
        "Action=CreateTags&Version=2016-11-15&ResourceId.1={a1}&Tag.1.Key=AWSDRS\
         &Tag.1.Value=AllowLaunchingIntoThisInstance"
    );
    let stop = format!("Action=StopInstances&Version=2016-11-15&InstanceId.1={a1}");
    for form in [tag, stop] {
        let request = axum::http::Request::post("/");
        let (status, _, text) = bench.send(&key, "ec2", PRIMARY.1, request, form).await;
        assert_eq!(status, 200, "{text}");
    }
    bench.pass(300);
    let update = json!({
        "sourceServerID": a2,
        "copyTags": false,
        "launchIntoInstanceProperties": { "launchIntoEC2InstanceID": a1 },
    });
    let (status, answer) = bench
        .drs_at(PRIMARY, "UpdateLaunchConfiguration", update)
        .await;
    assert_eq!(status, 200, "{answer}");
    let start = json!({ "sourceServers": [{ "sourceServerID": a2 }] });
    let (status, answer) = bench.drs_at(PRIMARY, "StartRecovery", start).await;
    assert_eq!(status, 202, "{answer}");
    bench.pass(1_800);
    let (_, jobs) = bench.drs_at(PRIMARY, "DescribeJobs", json!({})).await;
    let participant = &jobs["items"][0]["participatingServers"][0];
    assert_eq!(participant["launchStatus"], "LAUNCHED", "{jobs}");
    assert_eq!(participant["recoveryInstanceID"], a1);
}
