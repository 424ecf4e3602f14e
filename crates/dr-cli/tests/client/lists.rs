//! Lists, names, and what `--json` prints.

use serde_json::{Value, json};

use crate::stand::{Stand, error, group, id, plan};

fn page(names: &[(u8, &str)], next: Option<&str>) -> Value {
    let groups: Vec<Value> = names.iter().map(|(n, name)| group(*n, name)).collect();
    json!({ "protection_groups": groups, "next_token": next })
}

#[tokio::test]
async fn a_list_stops_at_its_page_and_says_that_there_is_more() {
    let stand = Stand::new().await;
    stand.says(
        "GET /protection-groups",
        200,
        page(&[(1, "web")], Some("n 1")),
    );
    let ran = stand.run(&["group", "list", "--limit", "1"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stand.lines(), ["GET /protection-groups?limit=1"]);
    assert!(ran.out.contains("web"), "{ran:?}");
    assert!(ran.err.contains("--all"), "{ran:?}");
}

#[tokio::test]
async fn all_pages_are_joined_into_one_answer() {
    let stand = Stand::new().await;
    stand
        .says(
            "GET /protection-groups",
            200,
            page(&[(1, "web")], Some("n 1")),
        )
        .says(
            "GET /protection-groups",
            200,
            page(&[(2, "db")], Some("n&2")),
        )
        .says("GET /protection-groups", 200, page(&[(3, "cache")], None));
    let ran = stand.run(&["group", "list", "--all", "--json"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let answer: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(answer, page(&[(1, "web"), (2, "db"), (3, "cache")], None));
    assert_eq!(ran.out.lines().count(), 1);
    assert_eq!(
        stand.lines()[2],
        "GET /protection-groups?limit=500&next_token=n%262"
    );
}

#[tokio::test]
async fn a_server_that_gives_the_same_page_for_ever_is_not_followed_for_ever() {
    let stand = Stand::new().await;
    stand.says(
        "GET /protection-groups",
        200,
        page(&[(1, "web")], Some("n1")),
    );
    let ran = stand.run(&["group", "list", "--all"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("same page"), "{ran:?}");
}

#[tokio::test]
async fn json_is_the_answer_as_it_came_even_with_fields_that_this_version_does_not_know() {
    let stand = Stand::new().await;
    let mut answer = page(&[(1, "web")], None);
    answer["new"] = json!({ "z": 1, "a": [2.50] });
    stand.says("GET /protection-groups", 200, answer.clone());
    let ran = stand.run(&["--json", "group", "list"]).await;
    assert_eq!(ran.out, format!("{answer}\n"));
    assert_eq!(ran.err, "");
}

#[tokio::test]
async fn a_group_is_found_by_its_name_and_one_that_is_not_there_is_a_wrong_command_line() {
    let stand = Stand::new().await;
    let path = format!("/protection-groups/{}", id("pg", 2));
    stand
        .says(
            "GET /protection-groups",
            200,
            page(&[(1, "web"), (2, "db")], None),
        )
        .says(&format!("GET {path}"), 200, group(2, "db"));
    let ran = stand.run(&["group", "get", "db"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stand.lines()[1], format!("GET {path}"));
    let ran = stand.run(&["group", "get", "wbe"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("did you mean"), "{ran:?}");
}

#[tokio::test]
async fn a_plan_is_made_with_groups_by_name_and_by_id_in_the_order_given() {
    let stand = Stand::new().await;
    stand
        .says(
            "GET /protection-groups",
            200,
            page(&[(1, "web"), (2, "db")], None),
        )
        .says("POST /recovery-plans", 201, plan(1, "shop"));
    let by_id = format!("Web=web,{}:pause", id("pg", 9));
    let ran = stand
        .run(&[
            "plan",
            "create",
            "shop",
            "--wave",
            "DB=db:pause-on-failure",
            "--wave",
            &by_id,
            "--rto",
            "45m",
        ])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let made = stand
        .calls()
        .into_iter()
        .find(|call| call.line.starts_with("POST"))
        .unwrap();
    assert_eq!(
        made.body["waves"],
        json!([
            { "name": "DB", "group_ids": [id("pg", 2)], "pause_before": false, "on_failure": "PAUSE" },
            { "name": "Web", "group_ids": [id("pg", 1), id("pg", 9)], "pause_before": true, "on_failure": "CONTINUE" },
        ])
    );
    assert_eq!(made.body["rto_target_seconds"], 2700);
}

#[tokio::test]
async fn a_plan_file_may_name_groups() {
    let mut stand = Stand::new().await;
    stand
        .says("GET /protection-groups", 200, page(&[(1, "web")], None))
        .says("POST /recovery-plans", 201, plan(1, "shop"));
    stand.answers = Some(vec![
        r#"{"name":"shop","waves":[{"name":"W","group_ids":["web"]}]}"#,
    ]);
    let ran = stand.run(&["plan", "create", "--file", "-"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        stand.calls()[1].body["waves"][0]["group_ids"],
        json!([id("pg", 1)])
    );
    stand.answers = Some(vec![r#"{"name":"shop","wave":[]}"#]);
    let ran = stand.run(&["plan", "create", "--file", "-"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("unknown field `wave`"), "{ran:?}");
}

#[tokio::test]
async fn a_plan_is_shown_with_its_actions() {
    let stand = Stand::new().await;
    let mut shop = plan(1, "shop");
    shop["waves"][0]["actions_after"] = json!([{
        "name": "check", "document_name": "check-shop", "on": "WAVE", "timeout_seconds": 90, "on_failure": "PAUSE",
    }]);
    stand
        .says("GET /protection-groups", 200, page(&[(1, "web")], None))
        .says(&format!("GET /recovery-plans/{}", id("rp", 1)), 200, shop);
    let ran = stand.run(&["plan", "get", &id("rp", 1)]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    for part in [
        "check-shop",
        "after",
        "what the wave launched",
        "1m 30s",
        "pauses",
    ] {
        assert!(ran.out.contains(part), "{part} is not in\n{}", ran.out);
    }
}

fn action(name: &str) -> Value {
    json!({
        "name": name, "document_name": "own", "parameters": {}, "on": "WAVE", "timeout_seconds": 90,
        "on_failure": "PAUSE", "skip_in_drills": false,
    })
}

/// A plan of two waves, each with an action after it.
fn with_a_plan_of_actions(stand: &Stand) {
    let mut shop = plan(1, "shop");
    let group_ids = shop["waves"][0]["group_ids"].clone();
    shop["waves"] = json!([
        { "name": "DB", "group_ids": group_ids, "actions_after": [action("check")] },
        { "name": "Old", "group_ids": [], "actions_after": [action("lost")] },
    ]);
    shop["version"] = json!(7);
    let path = format!("/recovery-plans/{}", id("rp", 1));
    stand
        .says(
            "GET /protection-groups",
            200,
            page(&[(1, "web"), (2, "db")], None),
        )
        .says(&format!("GET {path}"), 200, shop.clone())
        .says(&format!("PUT {path}"), 200, shop);
}

#[tokio::test]
async fn waves_that_stay_keep_their_actions_and_given_ones_replace_their_side() {
    let stand = Stand::new().await;
    with_a_plan_of_actions(&stand);
    let sent = || {
        stand
            .calls()
            .into_iter()
            .rfind(|call| call.line.starts_with("PUT"))
            .unwrap()
            .body
    };
    let plan_id = id("rp", 1);
    let drain = "wave=Web,when=before,document=drain,on=i-0123456789abcdef0,timeout=15m";
    let change = [
        "plan",
        "update",
        &plan_id,
        "--wave",
        "Web=web",
        "--wave",
        "DB=db:pause",
        "--action",
        drain,
    ];
    let ran = stand.run(&change).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("of the wave Old go with it"), "{ran:?}");
    let body = sent();
    assert_eq!(body["version"], 7);
    assert_eq!(body["waves"][0]["actions_before"][0]["name"], "before-1");
    assert_eq!(
        body["waves"][0]["actions_before"][0]["timeout_seconds"],
        900
    );
    assert_eq!(body["waves"][1]["pause_before"], true);
    assert_eq!(body["waves"][1]["actions_after"], json!([action("check")]));
    // The waves need not be given again to change their actions, nor to take them away.
    let other = "wave=DB,when=after,document=other";
    assert_eq!(
        stand
            .run(&["plan", "update", &plan_id, "--action", other])
            .await
            .code,
        0
    );
    let after = &sent()["waves"][0]["actions_after"];
    assert_eq!(
        (after[0]["document_name"].as_str(), after[1].as_object()),
        (Some("other"), None)
    );
    assert_eq!(
        stand
            .run(&["plan", "update", &plan_id, "--no-actions", "DB"])
            .await
            .code,
        0
    );
    assert_eq!(sent()["waves"][0].get("actions_after"), None);
    let ran = stand
        .run(&["plan", "update", &plan_id, "--no-actions", "Nowhere"])
        .await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("the plan has DB, Old"), "{ran:?}");
}

#[tokio::test]
async fn an_error_is_told_to_people_in_full_and_to_scripts_as_it_came() {
    let stand = Stand::new().await;
    let losses = json!({ "losses": [{
        "source_server_id": "s-1234567890abcdeF0", "instance_id": "i-0123456789abcdef0",
        "is_drill": false, "launched_at": null, "why": "It serves customers",
    }] });
    let refused = error("GUARD_REFUSED", losses);
    let path = format!("/executions/{}/terminate-instances", id("exec", 1));
    stand.says(&format!("POST {path}"), 409, refused.clone());
    let execution = id("exec", 1);
    let command = ["execution", "terminate", execution.as_str(), "--yes"];
    let ran = stand.run(&command).await;
    assert_eq!((ran.code, ran.out.as_str()), (4, ""), "{ran:?}");
    for part in [
        "GUARD_REFUSED",
        "i-0123456789abcdef0",
        "It serves customers",
        "req-1",
    ] {
        assert!(ran.err.contains(part), "{part}: {ran:?}");
    }
    let ran = stand.run(&[&command[..], &["--json"]].concat()).await;
    assert_eq!(ran.err, format!("{refused}\n"));
}

#[tokio::test]
async fn deleting_asks_first_and_asks_nobody_where_nobody_is() {
    let mut stand = Stand::new().await;
    let group = id("pg", 1);
    let path = format!("DELETE /protection-groups/{group}");
    stand.says(&path, 200, json!({ "deleted": group }));
    let command = ["group", "delete", group.as_str()];
    assert_eq!(stand.run(&command).await.code, 2);
    stand.answers = Some(vec!["n"]);
    assert_eq!(stand.run(&command).await.code, 1);
    assert_eq!(stand.lines(), [""; 0]);
    stand.answers = Some(vec!["y"]);
    assert_eq!(stand.run(&command).await.code, 0);
    assert_eq!(stand.lines(), [path]);
}

#[tokio::test]
async fn what_is_wrong_on_the_command_line_never_reaches_the_server() {
    let stand = Stand::new().await;
    for wrong in [
        &["group", "create", "web"][..],
        &["group", "list", "--limit", "0"],
        &["start", "shop"],
        &["start", "shop", "--drill", "--recovery"],
        &["match", "--from", "111122223333/us-east-1"],
        &["plan", "create", "shop", "--wave", "nonsense"],
        &[
            "plan",
            "create",
            "shop",
            "--wave",
            "W=web",
            "--action",
            "wave=W,when=during,document=own",
        ],
        &["execution", "get", "exec-1"],
        &["--url", "http://dr.example.com", "plan", "list"],
    ] {
        let ran = stand.run(wrong).await;
        assert_eq!(ran.code, 2, "{wrong:?} {ran:?}");
    }
    assert_eq!(stand.lines(), [""; 0]);
    let ran = stand.run(&["start", "--help"]).await;
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("Examples:"), "{ran:?}");
}
