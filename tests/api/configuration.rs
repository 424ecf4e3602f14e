//! Launch configuration: preview, apply, apply again, revert; validation; quotas.

use dr_testkit::TestApp;
use dr_tests::{Fleet, RECOVERY, admin, fleet, places, product};
use serde_json::{Value, json};

use crate::expect::{fields, refused, text};
use crate::requests::with;

fn updates(app: &TestApp) -> u64 {
    app.calls("drs", "UpdateLaunchConfiguration")
}

fn configure(group: &str) -> String {
    format!("/protection-groups/{group}/configure-allow-launching")
}

fn list<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
    value[name].as_array().unwrap()
}

#[tokio::test]
async fn a_preview_changes_nothing_and_shows_what_applying_would() {
    let app = product(24).await;
    let Fleet { group_ids, .. } = fleet(&app).await;
    let path = configure(&group_ids[0]);
    let before = updates(&app);
    let preview = admin(&app, "POST", &path, json!({ "auto_configure": false })).await;
    assert_eq!(updates(&app), before, "a preview has updated something");
    assert_eq!(
        (&preview["preview"], &preview["updated_count"]),
        (&json!(true), &json!(0))
    );
    assert!(preview["config_id"].is_null());
    let applied = admin(&app, "POST", &path, json!({})).await;
    assert_eq!(applied["preview"], false);
    assert_eq!(
        updates(&app) - before,
        applied["updated_count"].as_u64().unwrap()
    );
    let changes = |result: &Value| -> Vec<(Value, Value)> {
        let servers = list(result, "matched_pairs").iter();
        servers
            .map(|one| (one["source_server_id"].clone(), one["changes"].clone()))
            .collect()
    };
    assert_eq!(changes(&applied), changes(&preview));
    let run = admin(
        &app,
        "GET",
        &format!(
            "/drs/recovery/configurations/{}",
            text(&applied["config_id"])
        ),
        Value::Null,
    )
    .await;
    assert_eq!(run["id"], applied["config_id"]);
}

#[tokio::test]
async fn applying_twice_updates_nothing_the_second_time() {
    let app = product(24).await;
    let Fleet { group_ids, .. } = fleet(&app).await;
    for group in &group_ids {
        let first = admin(&app, "POST", &configure(group), json!({})).await;
        assert!(first["updated_count"].as_u64().unwrap() > 0, "{first:#}");
        let before = updates(&app);
        let second = admin(&app, "POST", &configure(group), json!({})).await;
        assert_eq!(second["updated_count"], 0);
        assert_eq!(updates(&app), before);
        let applied = |result: &Value| {
            let servers = list(result, "matched_pairs").iter();
            servers
                .filter(|one| one["configuration_applied"] == true)
                .count()
        };
        assert_eq!(applied(&first), applied(&second));
    }
}

#[tokio::test]
async fn servers_that_fail_a_critical_check_are_left_out_and_say_why() {
    let app = product(24).await;
    let Fleet { group_ids, .. } = fleet(&app).await;
    let mut left_out = Vec::new();
    for group in &group_ids {
        let result = admin(&app, "POST", &configure(group), json!({})).await;
        for server in list(&result, "matched_pairs") {
            let applied = server["configuration_applied"] == true;
            let failed = list(server, "failed_checks");
            assert_eq!(applied, failed.is_empty(), "{server:#}");
            left_out.extend(
                failed
                    .iter()
                    .map(|check| text(&check["check_name"]).to_owned()),
            );
        }
    }
    left_out.sort();
    left_out.dedup();
    assert!(
        left_out.len() >= 2,
        "the running and the untagged one: {left_out:?}"
    );
}

#[tokio::test]
async fn reverting_restores_what_was_there_before() {
    let app = product(24).await;
    let Fleet { group_ids, .. } = fleet(&app).await;
    let group = &group_ids[0];
    let path = configure(group);
    let preview = json!({ "auto_configure": false });
    let before = admin(&app, "POST", &path, preview.clone()).await;
    let applied = admin(&app, "POST", &path, json!({})).await;
    let revert = format!("/protection-groups/{group}/revert-allow-launching");
    let one = &list(&applied, "matched_pairs")[0]["source_server_id"];
    let reverted = admin(&app, "POST", &revert, json!({ "source_server_ids": [one] })).await;
    assert_eq!(reverted["updated_count"], 1, "{reverted:#}");
    let reverted = admin(&app, "POST", &revert, json!({})).await;
    let rest = applied["updated_count"].as_u64().unwrap() - 1;
    assert_eq!(reverted["updated_count"], json!(rest));
    let after = admin(&app, "POST", &path, preview).await;
    assert_eq!(after["matched_pairs"], before["matched_pairs"]);
    let calls = updates(&app);
    let again = admin(&app, "POST", &revert, json!({})).await;
    assert_eq!((&again["updated_count"], updates(&app)), (&json!(0), calls));
}

#[tokio::test]
async fn a_configuration_is_of_a_group_or_of_four_places_never_both_or_neither() {
    let app = product(24).await;
    let Fleet { group_ids, .. } = fleet(&app).await;
    let path = "/drs/recovery/configure-allow-launching";
    let both = with(
        places(),
        json!({ "group_id": group_ids[0], "auto_configure": false }),
    );
    let error = refused(&app, "POST", path, both, (400, "VALIDATION_FAILED")).await;
    assert_eq!(fields(&error).len(), 4);
    let error = refused(
        &app,
        "POST",
        path,
        json!({ "dr_region": RECOVERY.1 }),
        (400, "VALIDATION_FAILED"),
    )
    .await;
    assert_eq!(fields(&error).len(), 3);
    let before = updates(&app);
    let body = with(
        places(),
        json!({ "fuzzy_matching_tolerance": 0.2, "auto_configure": false }),
    );
    let preview = admin(&app, "POST", path, body).await;
    assert_eq!(
        (&preview["total_sources"], &preview["matched_count"]),
        (&json!(24), &json!(23))
    );
    assert_eq!(list(&preview, "unmatched_sources").len(), 1);
    assert_eq!(updates(&app), before);
}

#[tokio::test]
async fn validation_shows_the_running_and_the_untagged_instance_with_remediation() {
    let app = product(24).await;
    fleet(&app).await;
    let report = admin(&app, "POST", "/drs/instances/validate-pairs", places()).await;
    assert_eq!(report["validation_passed"], false);
    let invalid: Vec<&Value> = list(&report, "pairs")
        .iter()
        .filter(|pair| pair["valid"] == false)
        .collect();
    let mut reasons = Vec::new();
    for pair in &invalid {
        for check in list(pair, "failed_checks") {
            assert!(!text(&check["remediation"]).is_empty(), "{check:#}");
            assert_eq!(check["passed"], false);
            if check["severity"] == "critical" || check["severity"] == "CRITICAL" {
                reasons.push(text(&check["check_name"]));
            }
        }
    }
    reasons.sort_unstable();
    assert_eq!(invalid.len(), 2, "{reasons:?}");
    assert_eq!(reasons, ["awsdrs_tag", "target_instance_state"]);
    assert!(list(&report, "errors").len() >= 2);
    let other = admin(&app, "POST", "/drs/recovery/validate", places()).await;
    assert_eq!(other, report, "the other path is the same operation");
}

#[tokio::test]
async fn validation_of_an_instance_that_does_not_exist_is_a_failed_check_not_an_error() {
    let app = product(24).await;
    let servers = dr_tests::source_server_ids(&app).await;
    let pair = |server: &str| json!({ "source_server_id": server, "target_instance_id": "i-00000000000000000" });
    let body = with(
        places(),
        json!({ "pairs": [pair(&servers[0]), pair("s-00000000000000000")] }),
    );
    let report = admin(&app, "POST", "/drs/instances/validate-pairs", body).await;
    assert_eq!(report["validation_passed"], false);
    for pair in list(&report, "pairs") {
        assert_eq!(pair["valid"], false);
        let failed = list(pair, "failed_checks");
        assert!(!failed.is_empty());
        assert!(
            failed.iter().all(|check| check["remediation"].is_string()),
            "{failed:#?}"
        );
    }
}

#[tokio::test]
async fn ips_of_a_group_will_be_kept_and_either_a_group_or_an_execution_is_asked_for() {
    let app = product(24).await;
    let Fleet { group_ids, .. } = fleet(&app).await;
    let path = "/drs/instances/validate-ip";
    let report = admin(&app, "POST", path, json!({ "group_id": group_ids[0] })).await;
    assert_eq!(report["all_preserved"], true);
    assert_eq!(
        report["preserved_count"],
        json!(list(&report, "servers").len())
    );
    refused(&app, "POST", path, json!({}), (400, "VALIDATION_FAILED")).await;
    let both = json!({ "group_id": group_ids[0], "execution_id": "exec-00000000-0000-4000-8000-000000000000" });
    refused(&app, "POST", path, both, (400, "VALIDATION_FAILED")).await;
}

#[tokio::test]
async fn quotas_are_those_of_the_account_with_what_of_them_is_in_use() {
    let app = product(24).await;
    let path = format!(
        "/drs/quotas?account_id={}&region={}",
        RECOVERY.0, RECOVERY.1
    );
    let report = admin(&app, "GET", &path, Value::Null).await;
    let quota = |name: &str| {
        let all = list(&report, "quotas").iter();
        all.clone().find(|one| one["name"] == name).unwrap().clone()
    };
    // DRS quotas (L-...): 300 replicating servers, 4,000 source servers, 20 jobs, 500 servers in all of them.
    let replicating = quota("replicating_servers");
    assert_eq!(
        (&replicating["limit"], &replicating["used"]),
        (&json!(300), &json!(24))
    );
    let servers = quota("source_servers");
    assert_eq!(
        (&servers["limit"], &servers["used"]),
        (&json!(4_000), &json!(24))
    );
    let jobs = quota("concurrent_jobs");
    assert_eq!((&jobs["limit"], &jobs["used"]), (&json!(20), &json!(0)));
    assert_eq!(quota("servers_in_all_jobs")["used"], 0);
}
