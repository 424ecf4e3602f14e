//! What a launch does to EC2, and what it demands.

use dr_sim::control::Command;
use serde_json::{Value, json};

use crate::harness::{Bench, RECOVERY, events, text};

/// Raw error of the only failed server of a job.
async fn raw_error(bench: &Bench, job: &Value) -> String {
    assert_eq!(job["status"], "COMPLETED");
    assert_eq!(job["participatingServers"][0]["launchStatus"], "FAILED");
    let log = bench.log(&text(&job["jobID"])).await;
    let failed = log.iter().find(|item| item["event"] == "LAUNCH_FAILED");
    text(&failed.unwrap()["eventData"]["rawError"])
}

#[tokio::test]
async fn launching_into_an_instance_keeps_its_id_and_address_and_replaces_its_volumes() {
    let bench = Bench::with(3);
    let (server, target) = bench.aim("db-portal-01").await;
    let look = |bench: &Bench| {
        bench.sim.control().inspect(|world| {
            let ec2 = &world.at(RECOVERY.0, RECOVERY.1).unwrap().ec2;
            let view = dr_sim::ec2::look(world, RECOVERY.0, RECOVERY.1, &target).unwrap();
            let free: Vec<String> = ec2
                .volumes
                .values()
                .filter(|volume| volume.attachment.is_none())
                .map(|volume| volume.id.clone())
                .collect();
            (view, free)
        })
    };
    let (before, free_before) = look(&bench);
    assert_eq!((before.state.as_str(), free_before.len()), ("stopped", 0));
    let id = bench.start(&[&server], false).await;
    bench.finish(&id).await;
    let (after, free_after) = look(&bench);
    assert_eq!(after.state, "running");
    assert_eq!(after.private_ip, before.private_ip);
    assert_eq!(free_after.len(), 2, "the old volumes stay, detached");
    let found = bench.ok("DescribeRecoveryInstances", json!({})).await;
    let instance = &found["items"][0];
    assert_eq!(instance["ec2InstanceID"], target);
    assert_eq!(instance["ec2InstanceState"], "RUNNING");
    assert_eq!(instance["isDrill"], false);
    let disks = instance["recoveryInstanceProperties"]["disks"].as_array();
    assert_eq!(disks.unwrap().len(), 2);
}

#[tokio::test]
async fn a_launch_configuration_is_validated() {
    let bench = Bench::with(24);
    let server = bench.server("web-portal-01").await;
    let target = bench.target("web-portal-01");
    let into = |id: &str| json!({ "launchIntoEC2InstanceID": id });
    let with = |extra: Value| {
        let mut body = json!({ "sourceServerID": server });
        for (name, value) in extra.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let refused = |extra: Value| bench.refused("UpdateLaunchConfiguration", with(extra));
    // copyTags is on by default: an existing instance keeps its own.
    let (status, name) = refused(json!({ "launchIntoInstanceProperties": into(&target) })).await;
    assert_eq!((status, name.as_str()), (400, "ValidationException"));
    let unknown = json!({
        "copyTags": false,
        "launchIntoInstanceProperties": into("i-0123456789abcdef0"),
    });
    assert_eq!(refused(unknown).await.0, 400);
    let running = running_target(&bench).await;
    let running = json!({
        "copyTags": false,
        "launchIntoInstanceProperties": into(&running),
    });
    assert_eq!(
        refused(running).await,
        (409, "ConflictException".to_owned())
    );
    assert_eq!(refused(json!({ "recoveryMode": "SLOW" })).await.0, 400);
    assert_eq!(refused(json!({ "name": "x".repeat(129) })).await.0, 400);
    // Nothing of it was kept; members that are not given stay.
    let body = with(json!({ "copyTags": false, "launchIntoInstanceProperties": into(&target) }));
    let answer = bench.ok("UpdateLaunchConfiguration", body).await;
    assert_eq!(answer["launchIntoInstanceProperties"], into(&target));
    assert_eq!(answer["targetInstanceTypeRightSizingMethod"], "BASIC");
    let body = with(json!({ "launchIntoInstanceProperties": into("") }));
    let answer = bench.ok("UpdateLaunchConfiguration", body).await;
    assert_eq!(answer["launchIntoInstanceProperties"], Value::Null);
}

async fn running_target(bench: &Bench) -> String {
    bench.sim.control().inspect(|world| {
        let ec2 = &world.at(RECOVERY.0, RECOVERY.1).unwrap().ec2;
        let running = ec2.instances.values().find(|i| i.state.word() == "running");
        running.unwrap().id.clone()
    })
}

#[tokio::test]
async fn a_target_without_the_tag_fails_the_launch_and_says_so_in_the_log_alone() {
    let bench = Bench::with(3);
    let (server, target) = bench.aim("web-portal-01").await;
    let form =
        format!("Action=DeleteTags&Version=2016-11-15&ResourceId.1={target}&Tag.1.Key=AWSDRS");
    let (status, body) = bench.ec2(&form).await;
    assert_eq!(status, 200, "{body}");
    let id = bench.start(&[&server], false).await;
    let job = bench.finish(&id).await;
    assert!(raw_error(&bench, &job).await.contains("AWSDRS"));
    assert_eq!(
        job["participatingServers"][0]["recoveryInstanceID"],
        Value::Null
    );
}

#[tokio::test]
async fn a_target_that_was_started_fails_the_launch() {
    let bench = Bench::with(3);
    let (server, target) = bench.aim("web-portal-01").await;
    let form = format!("Action=StartInstances&Version=2016-11-15&InstanceId.1={target}");
    let (status, body) = bench.ec2(&form).await;
    assert_eq!(status, 200, "{body}");
    let id = bench.start(&[&server], false).await;
    let job = bench.finish(&id).await;
    assert!(
        raw_error(&bench, &job)
            .await
            .starts_with("ConflictException")
    );
}

#[tokio::test]
async fn an_injected_launch_failure_hits_one_launch_only() {
    let bench = Bench::with(3);
    let (server, _) = bench.aim("web-portal-01").await;
    bench
        .sim
        .control()
        .fail_launch(&server, "InsufficientInstanceCapacity")
        .unwrap();
    let id = bench.start(&[&server], false).await;
    let job = bench.finish(&id).await;
    assert_eq!(
        raw_error(&bench, &job).await,
        "InsufficientInstanceCapacity"
    );
    let id = bench.start(&[&server], false).await;
    let job = bench.finish(&id).await;
    assert_eq!(job["participatingServers"][0]["launchStatus"], "LAUNCHED");
}

#[tokio::test]
async fn without_a_target_a_new_instance_is_launched_from_the_template() {
    let bench = Bench::with(3);
    let server = bench.server("app-portal-01").await;
    let target = bench.target("app-portal-01");
    let id = bench.start(&[&server], true).await;
    let job = bench.finish(&id).await;
    let instance = text(&job["participatingServers"][0]["recoveryInstanceID"]);
    assert_ne!(instance, target);
    let view = bench
        .sim
        .control()
        .inspect(|world| dr_sim::ec2::look(world, RECOVERY.0, RECOVERY.1, &instance).unwrap());
    assert_eq!(view.state, "running");
    assert_eq!(view.tags.get("Tier").map(String::as_str), Some("app"));
}

#[tokio::test]
async fn a_new_launch_terminates_earlier_recovery_instances_even_disconnected_ones() {
    let bench = Bench::with(3);
    let server = bench.server("app-portal-01").await;
    let first = bench.start(&[&server], false).await;
    let job = bench.finish(&first).await;
    let earlier = text(&job["participatingServers"][0]["recoveryInstanceID"]);
    bench
        .ok(
            "DisconnectRecoveryInstance",
            json!({ "recoveryInstanceID": earlier }),
        )
        .await;
    let second = bench.start(&[&server], true).await;
    bench.finish(&second).await;
    let log = bench.log(&second).await;
    let names = events(&log);
    let start = names
        .iter()
        .position(|name| *name == "CLEANUP_START")
        .unwrap();
    assert_eq!(names[start + 1], "CLEANUP_END");
    let state = bench
        .sim
        .control()
        .inspect(|world| dr_sim::ec2::state_of(world, RECOVERY.0, RECOVERY.1, &earlier).unwrap());
    assert_eq!(state, "terminated");
    let left = bench.ok("DescribeRecoveryInstances", json!({})).await;
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
    assert_ne!(left["items"][0]["recoveryInstanceID"], earlier);
}

#[tokio::test]
async fn a_template_without_a_subnet_ends_after_the_snapshot_without_an_instance() {
    let bench = Bench::with(3);
    let server = bench.server("app-portal-01").await;
    let mut dump = bench.sim.control().dump().unwrap();
    let bare = bench.sim.control().inspect(|world| {
        let drs = &world.at(RECOVERY.0, RECOVERY.1).unwrap().drs;
        drs.servers[&server].launch.launch_template_id.clone()
    });
    let servers = &mut dump["places"][RECOVERY.0][RECOVERY.1]["drs"]["servers"];
    servers[&server]["launch"]["launch_template_id"] = json!("lt-0gone");
    assert_ne!(bare, "lt-0gone");
    bench.sim.control().load(dump).unwrap();
    let id = bench.start(&[&server], true).await;
    let job = bench.finish(&id).await;
    assert_eq!(job["participatingServers"][0]["launchStatus"], "FAILED");
    assert_eq!(
        events(&bench.log(&id).await),
        ["JOB_START", "SNAPSHOT_START", "SNAPSHOT_END", "JOB_END"]
    );
}

#[tokio::test]
async fn a_missing_permission_of_the_starter_shows_in_the_launch_not_in_the_call() {
    let bench = Bench::with(3);
    let (server, _) = bench.aim("web-portal-01").await;
    let control = bench.sim.control();
    let role_arn = format!("arn:aws:iam::{}:role/DROrchestratorRole", RECOVERY.0);
    control
        .trust(&role_arn, "arn:aws:iam::999988887777:root", Some("ext-1"))
        .unwrap();
    let key = bench.assume(&role_arn, "ext-1").await;
    control
        .run(Command::Deny {
            role_arn,
            actions: vec!["ec2:AttachVolume".to_owned()],
        })
        .unwrap();
    let body = json!({ "sourceServers": [{ "sourceServerID": server }] });
    let request = axum::http::Request::post("/StartRecovery");
    let (status, _, answer) = bench
        .send(&key, "drs", RECOVERY.1, request, body.to_string())
        .await;
    assert_eq!(status, 202, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let job = bench.finish(&text(&answer["job"]["jobID"])).await;
    let log = bench.log(&text(&job["jobID"])).await;
    let at = |event: &str| {
        let line = log.iter().find(|item| item["event"] == event).unwrap();
        let at: chrono::DateTime<chrono::Utc> = text(&line["logDateTime"]).parse().unwrap();
        at
    };
    let late = (at("LAUNCH_FAILED") - at("LAUNCH_START")).num_seconds();
    assert!((270..=360).contains(&late), "about five minutes: {late} s");
    let error = raw_error(&bench, &job).await;
    assert!(error.starts_with("UnauthorizedOperation"), "{error}");
    assert!(error.ends_with("ec2:AttachVolume"), "{error}");
}
