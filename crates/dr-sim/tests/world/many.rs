//! A thousand servers there and back: the simulator's own work must not grow faster than the fleet.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Bench, PRIMARY, RECOVERY, text};

type Place = (&'static str, &'static str);

fn by_hand(bench: &Bench, place: Place, operation: &str, body: &Value) -> Value {
    let control = bench.sim.control();
    control.by_hand(place.0, place.1, operation, body).unwrap()
}

/// Five jobs of a hundred servers at a time; gives instances by server.
fn launch(bench: &Bench, place: Place, servers: &[String]) -> BTreeMap<String, String> {
    let mut launched = BTreeMap::new();
    for wave in servers.chunks(500) {
        let jobs: Vec<Value> = wave
            .chunks(100)
            .map(|batch| {
                let batch: Vec<Value> = batch
                    .iter()
                    .map(|id| json!({ "sourceServerID": id }))
                    .collect();
                let body = json!({ "sourceServers": batch });
                by_hand(bench, place, "StartRecovery", &body)["job"]["jobID"].clone()
            })
            .collect();
        bench.pass(3_600);
        let filter = json!({ "filters": { "jobIDs": jobs } });
        let done = by_hand(bench, place, "DescribeJobs", &filter);
        for job in done["items"].as_array().unwrap() {
            for p in job["participatingServers"].as_array().unwrap() {
                assert_eq!(p["launchStatus"], "LAUNCHED", "{p}");
                launched.insert(text(&p["sourceServerID"]), text(&p["recoveryInstanceID"]));
            }
        }
    }
    launched
}

fn reverse(bench: &Bench, place: Place, instance: &str) -> String {
    let body = json!({ "recoveryInstanceID": instance });
    let answer = by_hand(bench, place, "ReverseReplication", &body);
    let arn = text(&answer["reversedDirectionSourceServerArn"]);
    arn.rsplit('/').next().unwrap().to_owned()
}

/// The states of servers, two hundred at a time.
fn states(bench: &Bench, place: Place, ids: &[String]) -> Vec<String> {
    let pages = ids.chunks(200).map(|ids| {
        let body = json!({ "filters": { "sourceServerIDs": ids } });
        by_hand(bench, place, "DescribeSourceServers", &body)
    });
    pages
        .flat_map(|page| page["items"].as_array().unwrap().clone())
        .map(|item| text(&item["dataReplicationInfo"]["dataReplicationState"]))
        .collect()
}

fn round_trip(servers: usize) {
    let bench = Bench::with(servers);
    let control = bench.sim.control();
    // Origin and recovery hold more than 300 replicating servers here: a fleet this large comes
    // home in parts, and this is about the simulator's own work.
    control
        .set_quota(PRIMARY.0, PRIMARY.1, "L-C1D14A2B", 5_000.0)
        .unwrap();
    let b1: Vec<(String, String)> = control.inspect(|world| {
        let place = world.at(RECOVERY.0, RECOVERY.1).unwrap();
        let servers = place.drs.servers.values();
        let machine = |s: &dr_sim::drs::SourceServer| s.machine.aws_instance_id.clone();
        servers.map(|s| (s.id.clone(), machine(s))).collect()
    });
    let ids: Vec<String> = b1.iter().map(|(id, _)| id.clone()).collect();
    let b2 = launch(&bench, RECOVERY, &ids);
    bench.pass(600);
    let a2: BTreeMap<&String, String> = b1
        .iter()
        .map(|(id, _)| (id, reverse(&bench, RECOVERY, &b2[id])))
        .collect();
    bench.pass(5 * 86_400);
    let back: Vec<String> = a2.values().cloned().collect();
    assert!(
        states(&bench, PRIMARY, &back)
            .iter()
            .all(|state| state == "CONTINUOUS")
    );
    let originals: Vec<&String> = b1.iter().map(|(_, a1)| a1).collect();
    let tag = json!([{ "Key": "AWSDRS", "Value": "AllowLaunchingIntoThisInstance" }]);
    let tag = json!({ "ResourceId": originals, "Tag": tag });
    by_hand(&bench, PRIMARY, "CreateTags", &tag);
    let stop = json!({ "InstanceId": originals });
    by_hand(&bench, PRIMARY, "StopInstances", &stop);
    bench.pass(600);
    for (id, a1) in &b1 {
        let update = json!({
            "sourceServerID": a2[id],
            "copyTags": false,
            "launchIntoInstanceProperties": { "launchIntoEC2InstanceID": a1 },
        });
        by_hand(&bench, PRIMARY, "UpdateLaunchConfiguration", &update);
    }
    launch(&bench, PRIMARY, &back);
    for (id, a1) in &b1 {
        assert_eq!(&reverse(&bench, PRIMARY, a1), id);
    }
    bench.pass(86_400);
    assert!(
        states(&bench, RECOVERY, &ids)
            .iter()
            .all(|state| state == "CONTINUOUS")
    );
    for (id, a1) in &b1 {
        let one = json!({ "sourceServerID": a2[id] });
        by_hand(&bench, PRIMARY, "StopReplication", &one);
        let record = json!({ "recoveryInstanceID": a1 });
        by_hand(&bench, PRIMARY, "DeleteRecoveryInstance", &record);
        by_hand(&bench, PRIMARY, "DisconnectSourceServer", &one);
        by_hand(&bench, PRIMARY, "DeleteSourceServer", &one);
    }
    let left = control.inventory();
    let primary = &left[PRIMARY.0][PRIMARY.1];
    assert!(primary["source_servers"].is_null());
    assert!(primary["recovery_instances"].is_null());
}

#[test]
fn a_thousand_servers_go_there_and_back() {
    round_trip(1_000);
}
