//! The whole way there and back, twice, in raw calls: failover into pre-provisioned instances,
//! reversal, failback into the originals, re-protection, retirement.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Bench, PRIMARY, RECOVERY, text};

type Place = (&'static str, &'static str);

/// A DRS call that must succeed.
async fn ok(bench: &Bench, place: Place, operation: &str, body: Value) -> Value {
    let (status, answer) = bench.drs_at(place, operation, body).await;
    assert!(status < 300, "{operation}: {status} {answer}");
    answer
}

/// An EC2 call that must succeed.
fn ec2(bench: &Bench, place: Place, operation: &str, body: &Value) -> String {
    let answer = bench
        .sim
        .control()
        .by_hand(place.0, place.1, operation, body);
    answer.unwrap().as_str().unwrap().to_owned()
}

async fn server(bench: &Bench, place: Place, id: &str) -> Value {
    let body = json!({ "filters": { "sourceServerIDs": [id] } });
    ok(bench, place, "DescribeSourceServers", body).await["items"][0].clone()
}

async fn record(bench: &Bench, place: Place, id: &str) -> Value {
    let body = json!({ "filters": { "recoveryInstanceIDs": [id] } });
    ok(bench, place, "DescribeRecoveryInstances", body).await["items"][0].clone()
}

/// Starts a job for these servers and waits for it; gives server and instance of each.
async fn launch(bench: &Bench, place: Place, servers: &[String]) -> BTreeMap<String, String> {
    let servers: Vec<Value> = servers
        .iter()
        .map(|id| json!({ "sourceServerID": id }))
        .collect();
    let body = json!({ "sourceServers": servers, "isDrill": false });
    let job = ok(bench, place, "StartRecovery", body).await;
    let filter = json!({ "filters": { "jobIDs": [job["job"]["jobID"]] } });
    for _ in 0..40 {
        bench.pass(60);
        let jobs = ok(bench, place, "DescribeJobs", filter.clone()).await;
        let job = &jobs["items"][0];
        if job["status"] == "COMPLETED" {
            let participants = job["participatingServers"].as_array().unwrap();
            return participants
                .iter()
                .map(|p| {
                    assert_eq!(p["launchStatus"], "LAUNCHED", "{job}");
                    (text(&p["sourceServerID"]), text(&p["recoveryInstanceID"]))
                })
                .collect();
        }
    }
    panic!("the job does not end");
}

/// Lets time pass until every server is continuous; gives the states seen, in order.
async fn until_continuous(bench: &Bench, place: Place, ids: &[String]) -> Vec<Vec<String>> {
    let mut seen: Vec<Vec<String>> = vec![Vec::new(); ids.len()];
    for _ in 0..3_000 {
        let mut all = true;
        for (id, states) in ids.iter().zip(&mut seen) {
            let info = server(bench, place, id).await["dataReplicationInfo"].clone();
            let state = text(&info["dataReplicationState"]);
            all &= state == "CONTINUOUS";
            if states.last() != Some(&state) {
                states.push(state);
            }
        }
        if all {
            return seen;
        }
        bench.pass(300);
    }
    panic!("not continuous after ten days: {seen:?}");
}

/// A1 of each source server: id of the original instance.
async fn originals(bench: &Bench, b1: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for id in b1 {
        let shown = server(bench, RECOVERY, id).await;
        found.push(text(
            &shown["sourceProperties"]["identificationHints"]["awsInstanceID"],
        ));
    }
    found
}

/// What one cycle learned.
struct Cycle {
    a2: Vec<String>,
}

#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
async fn cycle(bench: &Bench, b1: &[String], before: Option<&Cycle>) -> Cycle {
    let a1 = originals(bench, b1).await;
    for (n, id) in b1.iter().enumerate() {
        // The ARN of the last cycle's A2, deleted long since, still stands here.
        let stale = server(bench, RECOVERY, id).await["reversedDirectionSourceServerArn"].clone();
        match before {
            Some(before) => assert!(text(&stale).ends_with(&before.a2[n])),
            None => assert_eq!(stale, Value::Null),
        }
    }

    // Failover, and reversal as soon as the agents let it.
    let b2 = launch(bench, RECOVERY, b1).await;
    let mut a2 = Vec::new();
    for id in b1 {
        let instance = &b2[id];
        bench.sim.control().hold_reversal(instance, 90).unwrap();
        let reverse = json!({ "recoveryInstanceID": instance });
        let refused = bench.refused("ReverseReplication", reverse.clone()).await;
        assert_eq!(refused, (409, "ConflictException".to_owned()));
        let shown = record(bench, RECOVERY, instance).await;
        assert_eq!(shown["failback"]["state"], "FAILBACK_NOT_STARTED");
        assert_eq!(
            shown["dataReplicationInfo"]["dataReplicationState"],
            "NOT_STARTED"
        );
        bench.pass(91);
        let answer = ok(bench, RECOVERY, "ReverseReplication", reverse).await;
        let arn = text(&answer["reversedDirectionSourceServerArn"]);
        assert!(arn.starts_with("arn:aws:drs:us-east-1:111122223333:source-server/"));
        let new = arn.rsplit('/').next().unwrap().to_owned();
        let found = server(bench, PRIMARY, &new).await;
        let hints = &found["sourceProperties"]["identificationHints"];
        assert_eq!(hints["awsInstanceID"], json!(instance));
        let old = server(bench, RECOVERY, id).await;
        assert_eq!(
            hints["hostname"],
            old["sourceProperties"]["identificationHints"]["hostname"]
        );
        assert_eq!(found["tags"]["Name"], old["tags"]["Name"]);
        assert_eq!(found["replicationDirection"], "FAILBACK");
        assert_eq!(old["reversedDirectionSourceServerArn"], json!(arn));
        let steps = &found["dataReplicationInfo"]["dataReplicationInitiation"]["steps"];
        assert_eq!(steps.as_array().unwrap().len(), 11);
        let shown = record(bench, RECOVERY, instance).await;
        assert_eq!(shown["failback"]["state"], "FAILBACK_IN_PROGRESS");
        a2.push(new);
    }
    if let Some(before) = before {
        assert!(a2.iter().all(|id| !before.a2.contains(id)));
    }
    for states in until_continuous(bench, PRIMARY, &a2).await {
        assert_eq!(states.last().unwrap(), "CONTINUOUS");
    }
    for id in b1 {
        let shown = record(bench, RECOVERY, &b2[id]).await;
        assert_eq!(shown["failback"]["state"], "FAILBACK_READY_FOR_LAUNCH");
    }

    // Home: into the originals, stopped and tagged.
    let tag = [json!({ "Key": "AWSDRS", "Value": "AllowLaunchingIntoThisInstance" })];
    ec2(
        bench,
        PRIMARY,
        "CreateTags",
        &json!({ "ResourceId": a1, "Tag": tag }),
    );
    ec2(
        bench,
        PRIMARY,
        "StopInstances",
        &json!({ "InstanceId": a1 }),
    );
    bench.pass(600);
    for (id, into) in a2.iter().zip(&a1) {
        let update = json!({
            "sourceServerID": id,
            "copyTags": false,
            "copyPrivateIp": false,
            "targetInstanceTypeRightSizingMethod": "NONE",
            "launchIntoInstanceProperties": { "launchIntoEC2InstanceID": into },
        });
        ok(bench, PRIMARY, "UpdateLaunchConfiguration", update).await;
    }
    let points = |id: String| async move {
        let body = json!({ "sourceServerID": id });
        let found = ok(bench, RECOVERY, "DescribeRecoverySnapshots", body).await;
        let times: Vec<String> = found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|point| text(&point["timestamp"]))
            .collect();
        times
    };
    let points_before = points(b1[0].clone()).await;
    let b1_state = server(bench, RECOVERY, &b1[0]).await["dataReplicationInfo"].clone();
    assert_eq!(b1_state["dataReplicationState"], "STALLED", "A1 is down");
    assert_eq!(b1_state["dataReplicationError"]["error"], "AGENT_NOT_SEEN");
    let a3 = launch(bench, PRIMARY, &a2).await;
    assert_eq!(
        a2.iter().map(|id| a3[id].clone()).collect::<Vec<_>>(),
        a1,
        "id and address of the originals are kept"
    );
    for id in b1 {
        let shown = record(bench, RECOVERY, &b2[id]).await;
        assert_eq!(shown["failback"]["state"], "FAILBACK_COMPLETED");
    }

    // Re-protect: the same B1, a rescan, its points in time kept.
    bench.pass(600);
    for (n, instance) in a1.iter().enumerate() {
        let reverse = json!({ "recoveryInstanceID": instance });
        let answer = ok(bench, PRIMARY, "ReverseReplication", reverse).await;
        let arn = text(&answer["reversedDirectionSourceServerArn"]);
        assert!(arn.ends_with(&b1[n]), "{arn}");
    }
    let (mut rescanned, mut lags) = (Vec::new(), Vec::new());
    let mut states = Vec::new();
    for _ in 0..400 {
        let info = server(bench, RECOVERY, &b1[0]).await["dataReplicationInfo"].clone();
        let state = text(&info["dataReplicationState"]);
        if state != "CONTINUOUS" {
            lags.push(text(&info["lagDuration"]));
        }
        if states.last() != Some(&state) {
            states.push(state.clone());
        }
        let disk = &info["replicatedDisks"][0];
        rescanned.push((
            disk["rescannedStorageBytes"].as_u64().unwrap(),
            disk["totalStorageBytes"].as_u64().unwrap(),
        ));
        if state == "CONTINUOUS" {
            break;
        }
        bench.pass(20);
    }
    assert_eq!(states, ["STALLED", "RESCAN", "CONTINUOUS"]);
    assert!(rescanned.is_sorted() && rescanned.len() > 2);
    let (done, total) = *rescanned.last().unwrap();
    assert_eq!(done, total);
    assert!(lags.len() > 5 && lags.iter().all(|lag| lag.starts_with("PT")));
    until_continuous(bench, RECOVERY, b1).await;
    let points_after = points(b1[0].clone()).await;
    let kept = |point: &&String| points_after.contains(point);
    assert!(points_before.iter().filter(kept).count() * 2 > points_before.len());

    // Retire.
    for id in &a2 {
        let one = json!({ "sourceServerID": id });
        let (status, _) = bench
            .drs_at(PRIMARY, "DisconnectSourceServer", one.clone())
            .await;
        assert_eq!(status, 409, "A3 still has its record");
        ok(bench, PRIMARY, "StopReplication", one).await;
    }
    let b2: Vec<String> = b1.iter().map(|id| b2[id].clone()).collect();
    ec2(
        bench,
        RECOVERY,
        "StopInstances",
        &json!({ "InstanceId": b2 }),
    );
    for instance in &b2 {
        let one = json!({ "recoveryInstanceID": instance });
        assert_eq!(
            bench.refused("DeleteRecoveryInstance", one.clone()).await.0,
            409
        );
        bench.ok("DisconnectRecoveryInstance", one.clone()).await;
        bench.ok("DeleteRecoveryInstance", one).await;
    }
    for (id, instance) in a2.iter().zip(&a1) {
        let one = json!({ "recoveryInstanceID": instance });
        ok(bench, PRIMARY, "DeleteRecoveryInstance", one).await;
        let one = json!({ "sourceServerID": id });
        ok(bench, PRIMARY, "DisconnectSourceServer", one.clone()).await;
        ok(bench, PRIMARY, "DeleteSourceServer", one).await;
    }
    bench.pass(600);
    let tag = [json!({ "Key": "AWSDRS" })];
    ec2(
        bench,
        PRIMARY,
        "DeleteTags",
        &json!({ "ResourceId": a1, "Tag": tag }),
    );
    Cycle { a2 }
}

/// Deletes every volume that is attached to nothing.
fn clean_up(bench: &Bench, place: Place) -> usize {
    let filter = json!({ "Filter": [{ "Name": "status", "Value": ["available"] }] });
    let found = ec2(bench, place, "DescribeVolumes", &filter);
    let ids: Vec<&str> = found
        .split("<volumeId>")
        .skip(1)
        .filter_map(|rest| rest.split('<').next())
        .collect();
    for id in &ids {
        ec2(bench, place, "DeleteVolume", &json!({ "VolumeId": id }));
    }
    ids.len()
}

#[tokio::test]
async fn a_fleet_goes_there_and_back_twice_and_nothing_is_left_but_time() {
    let bench = Bench::with(6);
    let mut b1 = Vec::new();
    for (name, _) in bench.servers().await {
        b1.push(bench.aim(&name).await.0);
    }
    let control = bench.sim.control();
    let at_first = control.inventory();
    let mut last = None;
    for _ in 0..2 {
        let done = cycle(&bench, &b1, last.as_ref()).await;
        let left = control.inventory();
        assert_ne!(left, at_first, "the old volumes are left");
        for place in [PRIMARY, RECOVERY] {
            assert_eq!(clean_up(&bench, place), 10, "two disks in four of six");
        }
        assert_eq!(control.inventory(), at_first);
        last = Some(done);
    }
}
