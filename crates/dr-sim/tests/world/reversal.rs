//! What a reversal demands, what goes wrong on the way back, and what a person can do meanwhile.

use dr_sim::control::{Aimed, Fault, FaultKind};
use serde_json::{Value, json};

use crate::harness::{Bench, PRIMARY, RECOVERY, events, text};

/// A server that failed over into its pre-provisioned instance: B1 and B2.
async fn failed_over(bench: &Bench, name: &str) -> (String, String) {
    let (b1, b2) = bench.aim(name).await;
    let job = bench.start(&[&b1], false).await;
    let job = bench.finish(&job).await;
    assert_eq!(job["participatingServers"][0]["recoveryInstanceID"], b2);
    bench.pass(300);
    (b1, b2)
}

fn by_hand(bench: &Bench, place: (&str, &str), operation: &str, body: Value) -> Value {
    let control = bench.sim.control();
    control.by_hand(place.0, place.1, operation, &body).unwrap()
}

/// Reverses B2; gives A2.
fn reversed(bench: &Bench, b2: &str) -> String {
    let body = json!({ "recoveryInstanceID": b2 });
    let answer = by_hand(bench, RECOVERY, "ReverseReplication", body);
    let arn = text(&answer["reversedDirectionSourceServerArn"]);
    arn.rsplit('/').next().unwrap().to_owned()
}

fn info(bench: &Bench, place: (&str, &str), server: &str) -> Value {
    let body = json!({ "filters": { "sourceServerIDs": [server] } });
    let found = by_hand(bench, place, "DescribeSourceServers", body);
    found["items"][0]["dataReplicationInfo"].clone()
}

fn state(bench: &Bench, place: (&str, &str), server: &str) -> String {
    text(&info(bench, place, server)["dataReplicationState"])
}

fn failback(bench: &Bench, instance: &str) -> String {
    let body = json!({ "filters": { "recoveryInstanceIDs": [instance] } });
    let found = by_hand(bench, RECOVERY, "DescribeRecoveryInstances", body);
    text(&found["items"][0]["failback"]["state"])
}

fn wait(bench: &Bench, place: (&str, &str), server: &str) {
    for _ in 0..500 {
        if state(bench, place, server) == "CONTINUOUS" {
            return;
        }
        bench.pass(600);
    }
    panic!("{server} is not continuous");
}

/// A2 launched into the stopped, tagged original; gives A1 and the job.
fn come_home(bench: &Bench, b1: &str, a2: &str, drill: bool) -> (String, Value) {
    let a1 = bench.sim.control().inspect(|world| {
        let drs = &world.at(RECOVERY.0, RECOVERY.1).unwrap().drs;
        drs.servers[b1].machine.aws_instance_id.clone()
    });
    let tag = json!([{ "Key": "AWSDRS", "Value": "AllowLaunchingIntoThisInstance" }]);
    let tag = json!({ "ResourceId": [a1], "Tag": tag });
    by_hand(bench, PRIMARY, "CreateTags", tag);
    by_hand(
        bench,
        PRIMARY,
        "StopInstances",
        json!({ "InstanceId": [a1] }),
    );
    bench.pass(60);
    let update = json!({
        "sourceServerID": a2,
        "copyTags": false,
        "launchIntoInstanceProperties": { "launchIntoEC2InstanceID": a1 },
    });
    by_hand(bench, PRIMARY, "UpdateLaunchConfiguration", update);
    let start = json!({ "isDrill": drill, "sourceServers": [{ "sourceServerID": a2 }] });
    let job = by_hand(bench, PRIMARY, "StartRecovery", start);
    bench.pass(1_800);
    let filter = json!({ "filters": { "jobIDs": [job["job"]["jobID"]] } });
    let jobs = by_hand(bench, PRIMARY, "DescribeJobs", filter);
    (a1, jobs["items"][0].clone())
}

#[tokio::test]
async fn a_reversal_conflicts_while_the_agent_initialises_and_where_nothing_runs() {
    let bench = Bench::with(3);
    let control = bench.sim.control();
    control
        .agent_takes(RECOVERY.0, RECOVERY.1, Some(3_600))
        .unwrap();
    let (_, b2) = failed_over(&bench, "web-portal-01").await;
    let reverse = json!({ "recoveryInstanceID": b2 });
    let conflict = (409, "ConflictException".to_owned());
    bench.pass(3_000);
    let refused = bench.refused("ReverseReplication", reverse.clone()).await;
    assert_eq!(refused, conflict, "still initialising");
    bench.pass(600);
    let ids = json!({ "InstanceId": [b2] });
    by_hand(&bench, RECOVERY, "StopInstances", ids.clone());
    bench.pass(60);
    let refused = bench.refused("ReverseReplication", reverse.clone()).await;
    assert_eq!(refused, conflict, "stopped");
    by_hand(&bench, RECOVERY, "StartInstances", ids);
    bench.pass(60);
    bench.ok("ReverseReplication", reverse.clone()).await;
    let refused = bench.refused("ReverseReplication", reverse.clone()).await;
    assert_eq!(refused, conflict, "reversed already");
    bench
        .ok("DisconnectRecoveryInstance", reverse.clone())
        .await;
    let refused = bench.refused("ReverseReplication", reverse).await;
    assert_eq!(refused, conflict, "disconnected");
    assert!(control.hold_reversal("i-00000000", 5).is_err());
}

#[tokio::test]
async fn a_failback_drill_completes_nothing_and_reversing_it_takes_the_protection_of_what_runs() {
    let bench = Bench::with(3);
    let (b1, b2) = failed_over(&bench, "web-portal-01").await;
    let a2 = reversed(&bench, &b2);
    wait(&bench, PRIMARY, &a2);
    let (a1, job) = come_home(&bench, &b1, &a2, true);
    assert_eq!(job["participatingServers"][0]["launchStatus"], "LAUNCHED");
    assert_eq!(failback(&bench, &b2), "FAILBACK_READY_FOR_LAUNCH");
    let told = bench.sim.take_events();
    assert!(
        !told
            .iter()
            .any(|event| event["detail"]["state"] == "FAILBACK_COMPLETED")
    );
    // The original's disks are the drill's now: B1 has lost its agent.
    assert_eq!(state(&bench, RECOVERY, &b1), "STALLED");
    let reverse = json!({ "recoveryInstanceID": a1 });
    by_hand(&bench, PRIMARY, "ReverseReplication", reverse);
    wait(&bench, RECOVERY, &b1);
    let machine = bench.sim.control().inspect(|world| {
        let drs = &world.at(RECOVERY.0, RECOVERY.1).unwrap().drs;
        drs.servers[&b1].machine.aws_instance_id.clone()
    });
    assert_eq!(machine, a1, "B1 follows the drill, and not what runs");
}

#[tokio::test]
async fn terminating_the_record_of_what_came_home_terminates_the_live_primary() {
    let bench = Bench::with(3);
    let (b1, b2) = failed_over(&bench, "web-portal-01").await;
    let a2 = reversed(&bench, &b2);
    wait(&bench, PRIMARY, &a2);
    let (a1, _) = come_home(&bench, &b1, &a2, false);
    assert_eq!(failback(&bench, &b2), "FAILBACK_COMPLETED");
    let reverse = json!({ "recoveryInstanceID": a1 });
    by_hand(&bench, PRIMARY, "ReverseReplication", reverse);
    wait(&bench, RECOVERY, &b1);
    let end = json!({ "recoveryInstanceIDs": [a1] });
    by_hand(&bench, PRIMARY, "TerminateRecoveryInstances", end);
    bench.pass(120);
    let gone = bench
        .sim
        .control()
        .inspect(|world| dr_sim::ec2::state_of(world, PRIMARY.0, PRIMARY.1, &a1));
    assert_eq!(gone, Some("terminated"));
    bench.pass(600);
    assert_eq!(state(&bench, RECOVERY, &b1), "STALLED");
    bench.pass(7_200);
    let stalled = info(&bench, RECOVERY, &b1);
    assert_eq!(
        stalled["dataReplicationState"], "STALLED",
        "also when EC2 has forgotten it"
    );
    assert!(text(&stalled["lagDuration"]).starts_with("PT2H"));
}

#[tokio::test]
async fn a_new_launch_terminates_even_a_disconnected_recovery_and_nobody_can_take_b1_away_before() {
    let bench = Bench::with(3);
    let b1 = bench.server("web-portal-01").await;
    let job = bench.start(&[&b1], false).await;
    let job = bench.finish(&job).await;
    let b2 = text(&job["participatingServers"][0]["recoveryInstanceID"]);
    let one = json!({ "sourceServerID": b1 });
    assert_eq!(bench.refused("DisconnectSourceServer", one).await.0, 409);
    let record = json!({ "recoveryInstanceID": b2 });
    bench.ok("DisconnectRecoveryInstance", record).await;
    let drill = bench.start(&[&b1], true).await;
    bench.finish(&drill).await;
    let log = bench.log(&drill).await;
    let names = events(&log);
    assert!(names.contains(&"CLEANUP_START") && names.contains(&"CLEANUP_END"));
    let gone = bench
        .sim
        .control()
        .inspect(|world| dr_sim::ec2::state_of(world, RECOVERY.0, RECOVERY.1, &b2));
    assert_eq!(gone, Some("terminated"));
}

#[tokio::test]
async fn a_stall_before_the_first_copy_is_an_error_and_after_it_only_not_ready() {
    let bench = Bench::with(3);
    let (_, b2) = failed_over(&bench, "web-portal-01").await;
    let a2 = reversed(&bench, &b2);
    let control = bench.sim.control();
    bench.pass(120);
    control.stall_for(&a2, 60).unwrap();
    assert_eq!(failback(&bench, &b2), "FAILBACK_ERROR");
    let told = bench.sim.take_events();
    assert!(
        told.iter()
            .any(|event| event["detail"]["state"] == "FAILBACK_ERROR")
    );
    bench.pass(60);
    assert_eq!(failback(&bench, &b2), "FAILBACK_IN_PROGRESS");
    wait(&bench, PRIMARY, &a2);
    control.stall_server(&a2).unwrap();
    assert_eq!(failback(&bench, &b2), "FAILBACK_NOT_READY_FOR_LAUNCH");
    let body = json!({ "filters": { "recoveryInstanceIDs": [b2] } });
    let found = by_hand(&bench, RECOVERY, "DescribeRecoveryInstances", body);
    let shown = &found["items"][0]["dataReplicationInfo"];
    assert_eq!(shown["dataReplicationState"], "STALLED");
    assert_eq!(shown["dataReplicationError"]["error"], "AGENT_NOT_SEEN");
    control.resume_server(&a2).unwrap();
    assert_eq!(failback(&bench, &b2), "FAILBACK_READY_FOR_LAUNCH");
    let one = json!({ "sourceServerID": a2 });
    by_hand(&bench, PRIMARY, "StopReplication", one.clone());
    assert_eq!(failback(&bench, &b2), "FAILBACK_NOT_READY_FOR_LAUNCH");
    control.disconnect_agent(&a2).unwrap();
    assert_eq!(failback(&bench, &b2), "FAILBACK_ERROR");
    by_hand(&bench, PRIMARY, "DeleteSourceServer", one);
    assert_eq!(failback(&bench, &b2), "FAILBACK_LAUNCH_STATE_NOT_AVAILABLE");
}

#[tokio::test]
async fn a_machine_that_writes_too_fast_lags_until_it_writes_less() {
    let bench = Bench::with(3);
    let server = bench.server("db-portal-01").await;
    let control = bench.sim.control();
    control.write_load(&server, 5 * 1024 * 1024).unwrap();
    bench.pass(3_600);
    assert_eq!(state(&bench, RECOVERY, &server), "CONTINUOUS");
    // Twice the speed of the copy.
    control.write_load(&server, 28 * 1024 * 1024).unwrap();
    bench.pass(600);
    let behind = info(&bench, RECOVERY, &server);
    assert_eq!(behind["dataReplicationState"], "BACKLOG");
    assert_eq!(behind["lagDuration"], "PT10M");
    let backlog: u64 = behind["replicatedDisks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|disk| disk["backloggedStorageBytes"].as_u64().unwrap())
        .sum();
    let expected = 600 * 14 * 1024 * 1024;
    assert!(backlog.abs_diff(expected) < 16, "{backlog}");
    control.write_load(&server, 0).unwrap();
    bench.pass(300);
    assert_eq!(info(&bench, RECOVERY, &server)["lagDuration"], "PT5M");
    bench.pass(300);
    assert_eq!(state(&bench, RECOVERY, &server), "CONTINUOUS");
}

#[tokio::test]
async fn an_initiation_that_fails_names_its_step() {
    let bench = Bench::with(3);
    let (_, b2) = failed_over(&bench, "web-portal-01").await;
    let a2 = reversed(&bench, &b2);
    let control = bench.sim.control();
    control
        .break_replication(&a2, "FAILED_TO_AUTHENTICATE_WITH_SERVICE")
        .unwrap();
    let body = json!({ "filters": { "recoveryInstanceIDs": [b2] } });
    let found = by_hand(&bench, RECOVERY, "DescribeRecoveryInstances", body);
    let shown = &found["items"][0];
    assert_eq!(shown["failback"]["state"], "FAILBACK_ERROR");
    let info = &shown["dataReplicationInfo"];
    let error = &info["dataReplicationError"]["error"];
    assert_eq!(error, "FAILED_TO_AUTHENTICATE_WITH_SERVICE");
    let steps = info["dataReplicationInitiation"]["steps"]
        .as_array()
        .unwrap();
    let failed: Vec<&Value> = steps.iter().filter(|s| s["status"] == "FAILED").collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["name"], "AUTHENTICATE_WITH_SERVICE");
    control.resume_server(&a2).unwrap();
    wait(&bench, PRIMARY, &a2);
    let refused = control.break_replication(&a2, "NONSENSE").unwrap_err();
    assert_eq!(refused.code, "ValidationException");
}

#[tokio::test]
async fn copies_are_as_fast_as_told() {
    let bench = Bench::with(3);
    let (_, b2) = failed_over(&bench, "db-portal-01").await;
    let control = bench.sim.control();
    control
        .copy_speed(PRIMARY.0, PRIMARY.1, Some(1 << 40))
        .unwrap();
    let a2 = reversed(&bench, &b2);
    // Its initiation takes up to 15 minutes as always.
    bench.pass(910);
    assert_eq!(state(&bench, PRIMARY, &a2), "CONTINUOUS");
}

#[tokio::test]
async fn a_lost_agent_is_not_seen_and_a_machine_that_is_down_neither() {
    let bench = Bench::with(3);
    let server = bench.server("web-portal-01").await;
    let control = bench.sim.control();
    let a1 = control.inspect(|world| {
        let drs = &world.at(RECOVERY.0, RECOVERY.1).unwrap().drs;
        drs.servers[&server].machine.aws_instance_id.clone()
    });
    let ids = json!({ "InstanceId": [a1] });
    by_hand(&bench, PRIMARY, "StopInstances", ids.clone());
    bench.pass(240);
    assert_eq!(state(&bench, RECOVERY, &server), "CONTINUOUS");
    bench.pass(240);
    assert_eq!(state(&bench, RECOVERY, &server), "STALLED");
    by_hand(&bench, PRIMARY, "StartInstances", ids);
    bench.pass(60);
    assert_eq!(state(&bench, RECOVERY, &server), "CONTINUOUS");
    control.lose_agent(&server).unwrap();
    bench.pass(301);
    assert_eq!(state(&bench, RECOVERY, &server), "STALLED");
    control.resume_server(&server).unwrap();
    assert_eq!(
        state(&bench, RECOVERY, &server),
        "STALLED",
        "it takes a new agent"
    );
}

#[tokio::test]
async fn a_failback_launch_fails_as_told_and_the_way_home_stays_open() {
    let bench = Bench::with(3);
    let (b1, b2) = failed_over(&bench, "web-portal-01").await;
    let a2 = reversed(&bench, &b2);
    wait(&bench, PRIMARY, &a2);
    bench
        .sim
        .control()
        .fail_launch(&a2, "InsufficientInstanceCapacity")
        .unwrap();
    let (_, job) = come_home(&bench, &b1, &a2, false);
    assert_eq!(job["participatingServers"][0]["launchStatus"], "FAILED");
    let log = json!({ "jobID": job["jobID"] });
    let log = by_hand(&bench, PRIMARY, "DescribeJobLogItems", log);
    assert!(log.to_string().contains("InsufficientInstanceCapacity"));
    assert_eq!(failback(&bench, &b2), "FAILBACK_READY_FOR_LAUNCH");
}

#[tokio::test]
async fn a_second_operator_does_things_beside_the_product_and_its_faults() {
    let bench = Bench::with(3);
    let control = bench.sim.control();
    let kind = FaultKind::Throttle;
    control.inject(Aimed {
        account: Some(RECOVERY.0.to_owned()),
        region: Some(RECOVERY.1.to_owned()),
        fault: Fault {
            service: "drs".to_owned(),
            operation: "DescribeJobs".to_owned(),
            nth: 1,
            times: 1,
            kind,
        },
    });
    let (status, _) = bench.drs_at(PRIMARY, "DescribeJobs", json!({})).await;
    assert_eq!(status, 200, "another place");
    by_hand(&bench, RECOVERY, "DescribeJobs", Value::Null);
    assert_eq!(bench.drs("DescribeJobs", json!({})).await.0, 429);
    assert_eq!(control.call_counts()["drs"]["DescribeJobs"], 2);
    let refused = control.by_hand(RECOVERY.0, RECOVERY.1, "StopReplication", &json!({}));
    assert_eq!(refused.unwrap_err().code, "ValidationException");
    let volume = json!({ "VolumeId": "vol-00000000000000000" });
    let refused = control.by_hand(RECOVERY.0, RECOVERY.1, "DeleteVolume", &volume);
    assert_eq!(refused.unwrap_err().code, "InvalidVolume.NotFound");
    let refused = control.by_hand(RECOVERY.0, RECOVERY.1, "MakeCoffee", &json!({}));
    assert_eq!(refused.unwrap_err().status, 501);
    let server = bench.server("web-portal-01").await;
    let start = json!({ "isDrill": true, "sourceServers": [{ "sourceServerID": server }] });
    by_hand(&bench, RECOVERY, "StartRecovery", start);
    let started_by = control.inspect(|world| {
        let drs = &world.at(RECOVERY.0, RECOVERY.1).unwrap().drs;
        drs.jobs.values().next().unwrap().started_by.clone()
    });
    assert_eq!(started_by, "arn:aws:iam::444455556666:user/second-operator");
}

#[tokio::test]
async fn an_inventory_shows_a_difference_and_not_the_time() {
    let bench = Bench::with(3);
    let control = bench.sim.control();
    let before = control.inventory();
    bench.pass(86_400);
    bench.ok("DescribeJobs", json!({})).await;
    assert_eq!(control.inventory(), before);
    let server = bench.server("web-portal-01").await;
    let update = json!({ "sourceServerID": server, "launchDisposition": "STOPPED" });
    bench.ok("UpdateLaunchConfiguration", update).await;
    let after = control.inventory();
    assert_ne!(after, before);
    let launch = &after[RECOVERY.0][RECOVERY.1]["source_servers"][&server]["launch"];
    assert_eq!(launch["disposition"], "STOPPED");
}
