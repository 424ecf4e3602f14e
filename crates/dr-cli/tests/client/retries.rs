//! What is sent again, and what is not.

use serde_json::{Value, json};

use crate::stand::{Stand, error, group, id, plan};

fn busy() -> Value {
    error("AWS_THROTTLED", json!({}))
}

#[tokio::test]
async fn a_get_is_tried_again_three_times_with_growing_pauses() {
    let stand = Stand::new().await;
    stand.says("GET /recovery-plans", 503, busy());
    let ran = stand.run(&["plan", "list"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(stand.lines().len(), 4);
    assert_eq!(stand.waits(), [1, 2, 4]);
}

#[tokio::test]
async fn a_get_that_succeeds_later_is_a_success() {
    let stand = Stand::new().await;
    stand.says("GET /recovery-plans", 429, busy()).says(
        "GET /recovery-plans",
        200,
        json!({ "recovery_plans": [], "next_token": null }),
    );
    let ran = stand.run(&["plan", "list"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("no plan"), "{ran:?}");
}

#[tokio::test]
async fn what_makes_something_and_cannot_be_known_again_is_sent_once() {
    let stand = Stand::new().await;
    let list = json!({ "protection_groups": [group(1, "web")], "next_token": null });
    stand
        .says("GET /protection-groups", 200, list)
        .says("POST /recovery-plans", 503, busy());
    let ran = stand
        .run(&["plan", "create", "shop", "--wave", "W=web"])
        .await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let posts = stand
        .lines()
        .into_iter()
        .filter(|line| line.starts_with("POST"));
    assert_eq!(posts.count(), 1);
    assert_eq!(stand.waits(), [0; 0]);
}

#[tokio::test]
async fn a_start_is_sent_again_with_the_same_token() {
    let stand = Stand::new().await;
    let started = |execution: Option<String>| {
        json!({
            "execution_id": execution, "status": "PENDING", "execution_type": "DRILL",
            "total_servers": 1, "waves": [], "warnings": [], "failed_checks": [],
        })
    };
    let path = format!("GET /recovery-plans/{}", id("rp", 1));
    stand
        .says(&path, 200, plan(1, "shop"))
        .says("POST /executions", 200, started(None))
        .says("POST /executions", 504, error("TIMED_OUT", json!({})))
        .says("POST /executions", 503, busy())
        .says("POST /executions", 202, started(Some(id("exec", 1))));
    let ran = stand
        .run(&["start", &id("rp", 1), "--drill", "--yes"])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let posts: Vec<Value> = stand
        .calls()
        .into_iter()
        .filter(|call| call.line.starts_with("POST"))
        .map(|call| call.body)
        .collect();
    assert_eq!(posts.len(), 4);
    assert_eq!(posts[0]["dry_run"], true);
    assert_eq!(posts[0].get("client_token"), None);
    let token = posts[1]["client_token"].as_str().unwrap();
    assert!(token.len() >= 8, "{token}");
    assert!(posts[1..].iter().all(|body| body["client_token"] == token));
    assert!(posts[1..].iter().all(|body| body["dry_run"] == false));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_exit_code_7() {
    let mut stand = Stand::new().await;
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    stand.environment.url = Some(format!("http://127.0.0.1:{port}"));
    let ran = stand.run(&["plan", "list"]).await;
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(ran.err.contains(&port.to_string()), "{ran:?}");
}
