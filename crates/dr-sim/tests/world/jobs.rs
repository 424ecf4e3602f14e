//! The life of jobs, and who may start them.

use dr_sim::control::Command;
use serde_json::{Value, json};

use crate::harness::{Bench, PRIMARY, RECOVERY, events, text};

#[tokio::test]
async fn a_job_passes_through_its_stages_in_realistic_time() {
    let bench = Bench::with(3);
    let (server, target) = bench.aim("web-portal-01").await;
    let id = bench.start(&[&server], true).await;
    assert_eq!(bench.job(&id).await["status"], "PENDING");
    bench.pass(12);
    let job = bench.job(&id).await;
    assert_eq!(job["status"], "STARTED");
    assert_eq!(job["initiatedBy"], "START_DRILL");
    assert_eq!(
        job["participatingServers"][0]["launchStatus"],
        "IN_PROGRESS"
    );
    let job = bench.finish(&id).await;
    assert_eq!(job["participatingServers"][0]["launchStatus"], "LAUNCHED");
    assert_eq!(job["participatingServers"][0]["recoveryInstanceID"], target);
    let log = bench.log(&id).await;
    assert_eq!(
        events(&log),
        [
            "JOB_START",
            "SNAPSHOT_START",
            "SNAPSHOT_END",
            "CONVERSION_START",
            "CONVERSION_END",
            "LAUNCH_START",
            "JOB_END"
        ]
    );
    let at = |n: usize| -> chrono::DateTime<chrono::Utc> {
        log[n]["logDateTime"].as_str().unwrap().parse().unwrap()
    };
    let conversion = (at(4) - at(3)).num_seconds();
    assert!((120..=600).contains(&conversion), "{conversion}");
    let launch = (at(6) - at(5)).num_seconds();
    assert!((60..=190).contains(&launch), "{launch}");
}

#[tokio::test]
async fn fast_recovery_skips_the_conversion() {
    let bench = Bench::with(3);
    let (server, _) = bench.aim("web-portal-01").await;
    let body = json!({ "sourceServerID": server, "recoveryMode": "FAST" });
    bench.ok("UpdateLaunchConfiguration", body).await;
    let id = bench.start(&[&server], true).await;
    bench.finish(&id).await;
    let log = bench.log(&id).await;
    assert!(!events(&log).contains(&"CONVERSION_START"));
    assert!(events(&log).contains(&"LAUNCH_START"));
}

#[tokio::test]
async fn a_server_in_a_job_conflicts_until_the_job_ends() {
    let bench = Bench::with(3);
    let (server, _) = bench.aim("web-portal-01").await;
    let id = bench.start(&[&server], true).await;
    let body = json!({ "sourceServers": [{ "sourceServerID": server }] });
    let (status, answer) = bench.drs("StartRecovery", body.clone()).await;
    assert_eq!(status, 409);
    assert_eq!(answer["errorType"], "ConflictException");
    assert_eq!(answer["resourceId"], server);
    for operation in ["StopReplication", "DisconnectSourceServer"] {
        let one = json!({ "sourceServerID": server });
        assert_eq!(bench.refused(operation, one).await.0, 409, "{operation}");
    }
    bench.finish(&id).await;
    bench.ok("StartRecovery", body).await;
}

#[tokio::test]
async fn quotas_of_jobs_answer_402_and_name_the_quota() {
    let bench = Bench::with(130);
    let servers = bench.servers().await;
    let ids: Vec<Value> = servers
        .iter()
        .map(|(_, id)| json!({ "sourceServerID": id }))
        .collect();
    let body = json!({ "sourceServers": ids[..101] });
    let (status, answer) = bench.drs("StartRecovery", body).await;
    assert_eq!((status, &answer["quotaCode"]), (402, &json!("L-B827C881")));
    assert_eq!(answer["errorType"], "ServiceQuotaExceededException");

    for one in &ids[..20] {
        bench
            .ok("StartRecovery", json!({ "sourceServers": [one] }))
            .await;
    }
    let (status, answer) = bench
        .drs("StartRecovery", json!({ "sourceServers": [ids[20]] }))
        .await;
    assert_eq!((status, &answer["quotaCode"]), (402, &json!("L-D88FAC3A")));

    let control = bench.sim.control();
    for (code, value) in [("L-D88FAC3A", 21.0), ("L-05AFA8C6", 29.0)] {
        control
            .set_quota(RECOVERY.0, RECOVERY.1, code, value)
            .unwrap();
    }
    let (_, answer) = bench
        .drs("StartRecovery", json!({ "sourceServers": ids[20..30] }))
        .await;
    assert_eq!(answer["quotaCode"], "L-05AFA8C6");
    bench
        .ok("StartRecovery", json!({ "sourceServers": ids[20..29] }))
        .await;
}

#[tokio::test]
async fn jobs_are_listed_newest_first_and_paged() {
    let bench = Bench::with(6);
    let mut started = Vec::new();
    for (_, server) in bench.servers().await.iter().take(3) {
        started.push(bench.start(&[server], true).await);
        bench.pass(10);
    }
    let mut listed = Vec::new();
    let mut token = Value::Null;
    loop {
        let body = json!({ "maxResults": 1, "nextToken": token });
        let page = bench.ok("DescribeJobs", body).await;
        listed.push(text(&page["items"][0]["jobID"]));
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    started.reverse();
    assert_eq!(listed, started);
    let body = json!({ "filters": { "fromDate": "2026-11-21T08:00:05Z" } });
    let later = bench.ok("DescribeJobs", body).await;
    assert_eq!(later["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_terminate_job_ends_the_instance_and_forgets_it() {
    let bench = Bench::with(3);
    let (server, target) = bench.aim("web-portal-01").await;
    let id = bench.start(&[&server], true).await;
    bench.finish(&id).await;
    let body = json!({ "recoveryInstanceIDs": [target] });
    let answer = bench.ok("TerminateRecoveryInstances", body.clone()).await;
    assert_eq!(answer["job"]["type"], "TERMINATE");
    let job = bench.finish(&text(&answer["job"]["jobID"])).await;
    let participant = &job["participatingServers"][0];
    assert_eq!(participant["launchStatus"], "TERMINATED");
    assert_eq!(participant["recoveryInstanceID"], target);
    let log = bench.log(&text(&job["jobID"])).await;
    assert_eq!(
        events(&log),
        ["JOB_START", "CLEANUP_START", "CLEANUP_END", "JOB_END"]
    );
    let left = bench.ok("DescribeRecoveryInstances", json!({})).await;
    assert_eq!(left["items"], json!([]));
    bench.pass(120);
    let state = bench
        .sim
        .control()
        .inspect(|world| dr_sim::ec2::state_of(world, RECOVERY.0, RECOVERY.1, &target).unwrap());
    assert_eq!(state, "terminated");
    assert_eq!(
        bench.refused("TerminateRecoveryInstances", body).await,
        (400, "ValidationException".to_owned())
    );
}

#[tokio::test]
async fn accounts_and_regions_are_separate_and_must_be_initialized() {
    let bench = Bench::with(3);
    let elsewhere = ("444455556666", "eu-west-1");
    let (status, answer) = bench.drs_at(elsewhere, "DescribeJobs", json!({})).await;
    assert_eq!(status, 400);
    assert_eq!(answer["errorType"], "UninitializedAccountException");
    let (status, _) = bench
        .drs_at(elsewhere, "InitializeService", json!({}))
        .await;
    assert_eq!(status, 204);
    let (_, answer) = bench
        .drs_at(elsewhere, "DescribeSourceServers", json!({}))
        .await;
    assert_eq!(answer["items"], json!([]));
    let (_, answer) = bench
        .drs_at(PRIMARY, "DescribeSourceServers", json!({}))
        .await;
    assert_eq!(answer["items"], json!([]));
    assert_eq!(bench.servers().await.len(), 3);
}

#[tokio::test]
async fn a_launch_result_event_tells_of_each_server() {
    let bench = Bench::with(6);
    let (good, _) = bench.aim("web-portal-01").await;
    let (bad, _) = bench.aim("app-portal-01").await;
    bench
        .sim
        .control()
        .fail_launch(&bad, "no capacity")
        .unwrap();
    let id = bench.start(&[&good, &bad], true).await;
    bench.finish(&id).await;
    let taken = bench.sim.take_events();
    let mut told: Vec<(String, String)> = taken
        .iter()
        .map(|event| {
            assert_eq!(event["source"], "aws.drs");
            assert_eq!(event["detail-type"], "DRS Source Server Launch Result");
            assert_eq!(event["detail"]["job-id"], id);
            assert_eq!(event["detail"]["is-drill"], "TRUE");
            let arn = text(&event["resources"][0]);
            let server = arn.rsplit('/').next().unwrap().to_owned();
            (server, text(&event["detail"]["state"]))
        })
        .collect();
    told.sort();
    let mut expected = vec![
        (good, "RECOVERY_LAUNCH_SUCCEEDED".to_owned()),
        (bad, "RECOVERY_LAUNCH_FAILED".to_owned()),
    ];
    expected.sort();
    assert_eq!(told, expected);
    assert!(bench.sim.take_events().is_empty());
}

#[tokio::test]
async fn events_can_be_lost_doubled_and_late() {
    let bench = Bench::with(6);
    let control = bench.sim.control();
    let server = bench.server("web-portal-01").await;
    let rules = |lose, double, delay_seconds| Command::Events {
        rules: dr_sim::events::Rules {
            lose,
            double,
            delay_seconds,
        },
    };
    control.run(rules(1, 1, 0)).unwrap();
    control.stall_server(&server).unwrap();
    assert!(bench.sim.take_events().is_empty());
    control.resume_server(&server).unwrap();
    let taken = bench.sim.take_events();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0], taken[1]);
    control.run(rules(0, 0, 60)).unwrap();
    control.stall_server(&server).unwrap();
    assert!(bench.sim.take_events().is_empty());
    bench.pass(60);
    assert_eq!(bench.sim.take_events().len(), 1);
}
