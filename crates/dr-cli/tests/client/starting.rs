//! Starting: what is asked, and what is sent.

use serde_json::{Value, json};

use crate::stand::{Stand, group, id, plan};

fn started(execution: Option<String>, failed_checks: Value) -> Value {
    json!({
        "execution_id": execution, "status": null, "execution_type": "RECOVERY", "total_servers": 3,
        "waves": [{ "name": "All", "pause_before": false, "servers": 3, "jobs": 1, "skipped": 0, "new_instances": 1,
            "actions_before": ["drain", "stop"] }],
        "warnings": [], "failed_checks": failed_checks,
    })
}

async fn ready() -> Stand {
    let stand = Stand::new().await;
    let plans = json!({ "recovery_plans": [plan(1, "shop")], "next_token": null });
    stand
        .says("GET /recovery-plans", 200, plans)
        .says("POST /executions", 200, started(None, json!([])))
        .says(
            "POST /executions",
            202,
            started(Some(id("exec", 1)), json!([])),
        );
    stand
}

fn posts(stand: &Stand) -> usize {
    let is_post = |line: &String| line.starts_with("POST");
    stand.lines().iter().filter(|line| is_post(line)).count()
}

#[tokio::test]
async fn a_recovery_asks_to_type_the_plans_name_after_showing_what_will_happen() {
    let mut stand = ready().await;
    stand.answers = Some(vec!["shop"]);
    let ran = stand.run(&["start", "shop", "--recovery"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("A REAL RECOVERY of 3 servers in 1 wave"),
        "{ran:?}"
    );
    assert!(ran.out.contains(&id("exec", 1)), "{ran:?}");
    assert_eq!(stand.calls()[2].body["execution_type"], "RECOVERY");
}

#[tokio::test]
async fn a_recovery_is_not_started_by_another_word_nor_by_yes_alone() {
    let mut stand = ready().await;
    let ran = stand.run(&["start", "shop", "--recovery", "--yes"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("--confirm"), "{ran:?}");
    let ran = stand
        .run(&["start", "shop", "--recovery", "--confirm", "Shop"])
        .await;
    assert_eq!(ran.code, 2, "{ran:?}");
    stand.answers = Some(vec!["yes"]);
    assert_eq!(stand.run(&["start", "shop", "--recovery"]).await.code, 1);
    let dry = stand
        .calls()
        .into_iter()
        .filter(|call| call.body["dry_run"] == true);
    assert_eq!(dry.count(), posts(&stand));
}

#[tokio::test]
async fn a_dry_run_starts_nothing_and_a_failed_check_is_exit_code_4() {
    let stand = Stand::new().await;
    let check = json!([{
        "check_name": "target_instance_stopped", "passed": false, "severity": "critical",
        "message": "It runs", "subject": "i-0123456789abcdef0", "remediation": "Stop it",
    }]);
    let plans = json!({ "recovery_plans": [plan(1, "shop")], "next_token": null });
    stand.says("GET /recovery-plans", 200, plans).says(
        "POST /executions",
        200,
        started(None, check),
    );
    let ran = stand.run(&["start", "shop", "--drill", "--dry-run"]).await;
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.out.contains("what to do: Stop it"), "{ran:?}");
    let told = "SSM actions before All: drain, then stop";
    assert!(ran.out.contains(told), "{ran:?}");
    let ran = stand.run(&["start", "shop", "--drill", "--yes"]).await;
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(
        stand
            .calls()
            .iter()
            .all(|call| call.body.get("dry_run") != Some(&json!(false)))
    );
}

#[tokio::test]
async fn a_script_gets_the_starts_answer_and_nothing_else() {
    let stand = ready().await;
    let ran = stand
        .run(&[
            "start",
            "shop",
            "--recovery",
            "--confirm",
            "shop",
            "--token",
            "incident-4711",
            "--json",
        ])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answer["execution_id"], id("exec", 1));
    assert_eq!(ran.err, "");
    assert_eq!(stand.calls()[2].body["client_token"], "incident-4711");
}

#[tokio::test]
async fn a_failover_takes_its_places_from_its_groups_and_refuses_groups_that_disagree() {
    let stand = Stand::new().await;
    let mut elsewhere = group(2, "db");
    elsewhere["direction"]["recovery"]["region"] = json!("eu-west-1");
    let groups = json!({ "protection_groups": [group(1, "web"), elsewhere], "next_token": null });
    let path = "POST /executions/allow-launching/failover";
    stand
        .says("GET /protection-groups", 200, groups)
        .says(path, 200, started(None, json!([])))
        .says(path, 202, started(Some(id("exec", 1)), json!([])));
    let ran = stand
        .run(&[
            "failover", "--group", "web", "--group", "db", "--drill", "--yes",
        ])
        .await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(posts(&stand), 0);
    let ran = stand
        .run(&[
            "failover",
            "--group",
            "web",
            "--recovery",
            "--confirm",
            "us-west-2",
            "--skip-invalid",
        ])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let body = stand.calls().pop().unwrap().body;
    assert_eq!(body["group_ids"], json!([id("pg", 1)]));
    assert_eq!(body["dr_region"], "us-west-2");
    assert_eq!(body["is_drill"], false);
    assert_eq!(body["skip_invalid_servers"], true);
}
