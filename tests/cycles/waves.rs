//! Undisturbed executions, from the start to the last comparison.

use dr_testkit::Role;
use dr_tests::run::{Wave, execution_id, group, plan, server_ids, start_pairs, start_plan};
use dr_tests::{admin, places, product, truth, world};
use serde_json::{Value, json};

/// Requirement 004: test_wave_based_recovery, test_drill_mode_recovery, test_drill_mode_end_to_end,
/// test_recovery_instance_validation, test_recovery_without_tags.
#[tokio::test]
async fn a_drill_of_a_plan_launches_wave_after_wave() {
    let app = product(6).await;
    let ids = server_ids(&app);
    let waves: Vec<Wave> = ids.chunks(2).map(Wave::of).collect();
    let plan = plan(&app, &waves, &Value::Null).await;
    let id = start_plan(&app, &plan, "DRILL").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED");
    assert_eq!(over.count("LAUNCHED"), 6);

    let mut jobs = world::launches(&app);
    jobs.sort_by_key(|job| job.created);
    let sorted = |servers: &[String]| {
        let mut servers = servers.to_vec();
        servers.sort_unstable();
        servers
    };
    let of_jobs: Vec<Vec<String>> = jobs.iter().map(|job| sorted(&job.servers)).collect();
    let of_waves: Vec<Vec<String>> = ids.chunks(2).map(sorted).collect();
    assert_eq!(of_jobs, of_waves, "one job per wave, in the order of waves");
    let waves = over.execution["waves"].as_array().unwrap();
    for (wave, next) in waves.iter().zip(waves.iter().skip(1)) {
        let ended: chrono::DateTime<chrono::Utc> =
            wave["ended_at"].as_str().unwrap().parse().unwrap();
        let began: chrono::DateTime<chrono::Utc> =
            next["started_at"].as_str().unwrap().parse().unwrap();
        assert!(ended <= began, "{wave:#} {next:#}");
    }
    // Untouched but for the launches: nobody's tags were asked for (requirement 004's "skip conversion").
    assert!(world::are_all_drills(&app));
}

/// Requirement 004: test_recovery_mode_recovery, test_failover_to_dr_region, test_identity_preservation,
/// test_original_ip_preservation, test_cross_account_recovery, test_cross_account_multi_region.
#[tokio::test]
async fn a_recovery_runs_in_the_instances_that_waited_for_it() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let pairs = world::pairs(&app);
    let before: Vec<_> = pairs
        .iter()
        .map(|(_, target)| world::machine(&app, target).unwrap())
        .collect();
    assert!(before.iter().all(|machine| machine.state == "stopped"));
    let plan = plan(&app, &[Wave::of(&ids)], &Value::Null).await;
    let id = start_plan(&app, &plan, "RECOVERY").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED");
    for ((server, target), before) in pairs.iter().zip(before) {
        assert_eq!(over.server(server)["identity"]["instance_id"], *target);
        let now = world::machine(&app, target).unwrap();
        assert_eq!(
            (now.state.as_str(), now.private_ip),
            ("running", before.private_ip)
        );
    }
    assert!(!world::are_all_drills(&app));
}

/// Requirement 004: test_multiple_instance_recovery.
#[tokio::test]
async fn the_saved_pairs_of_groups_fail_over_in_one_wave() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let mut groups = Vec::new();
    for (number, chunk) in ids.chunks(2).enumerate() {
        groups.push(group(&app, &format!("g{number}"), chunk).await);
    }
    let mut body = places();
    body["group_ids"] = json!(groups);
    body["is_drill"] = json!(false);
    body["wave"] = json!("everything");
    let started = admin(&app, "POST", "/executions/allow-launching/failover", body).await;
    let over = truth::over(&app, &execution_id(&started)).await;
    assert_eq!(over.status(), "COMPLETED");
    assert_eq!(over.execution["execution_type"], "RECOVERY");
    assert_eq!(over.execution["waves"][0]["name"], "everything");
    assert_eq!(world::launches(&app).len(), 1);
}

/// Requirement 004: test_single_instance_recovery, test_end_to_end_configuration.
#[tokio::test]
async fn one_pair_that_nobody_saved_fails_over_by_the_other_path_too() {
    let app = product(3).await;
    let (server, target) = world::pairs(&app).remove(0);
    let mut body = places();
    body["pairs"] = json!([{ "source_server_id": server, "target_instance_id": target }]);
    // A drill, unless it is asked for otherwise.
    let answered = app
        .rest(
            Role::Operator,
            "POST",
            "/drs/recovery/failover",
            Some(&body),
        )
        .await;
    let over = truth::over(&app, &execution_id(&answered.expect(202))).await;
    assert_eq!(over.status(), "COMPLETED");
    assert_eq!(over.execution["execution_type"], "DRILL");
    let set = world::launch_configuration(&app, &server);
    assert_eq!(set, (Some(target), false, false, "NONE".to_owned()));
}

#[tokio::test]
async fn two_executions_of_other_servers_run_side_by_side() {
    let app = product(7).await;
    let pairs = world::pairs(&app);
    let (left, right) = pairs.split_at(4);
    let first = start_pairs(&app, left, Value::Null).await;
    let second = start_pairs(&app, right, json!({ "is_drill": false })).await;
    app.run_until_terminal(&first, dr_tests::run::LIMIT).await;
    let second = truth::over(&app, &second).await;
    let first = truth::over(&app, &first).await;
    assert_eq!(
        (first.status(), second.status()),
        ("COMPLETED", "COMPLETED")
    );
    let jobs = world::launches(&app);
    assert_eq!(jobs.len(), 2);
}
