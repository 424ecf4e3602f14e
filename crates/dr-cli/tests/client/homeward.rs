//! Failover sessions: what is shown, what is asked, what is sent, and how watching ends.

use dr_model::session::{Action, SessionStatus, Stage, StageTally};
use serde_json::{Value, json};

use crate::stand::{Stand, direction, id};

/// A session whose servers are at these stages, as the server would show it.
pub fn session(stages: &[Stage], done_gib: u64) -> Value {
    let tally = StageTally::count(stages.iter().copied());
    let actions: Vec<Value> = Action::ALL
        .into_iter()
        .map(|action| {
            let allowed = action.allowed(tally, true, false);
            json!({
                "action": action, "allowed": allowed.is_ok(), "servers": allowed.as_ref().unwrap_or(&0),
                "reason": allowed.as_ref().err().map(|not| not.reason.clone()),
            })
        })
        .collect();
    let totals = json!({
        "states": [], "servers": stages.len(), "ready": tally.ready, "in_error": 0,
        "total_bytes": 40_u64 << 30, "done_bytes": done_gib << 30, "backlogged_bytes": 0,
        "bytes_per_second": 35 << 20, "progress_percent": 0.0, "max_lag_seconds": null,
        // Ten minutes after the stand's clock begins.
        "eta": "1970-01-12T13:56:40Z",
    });
    json!({
        "session_id": id("fs", 1), "execution_id": id("exec", 1), "split_from": null, "direction": direction(),
        "plan_id": id("rp", 1), "plan_name": "shop", "group_ids": [], "mirrored_plan_id": id("rp", 2),
        "mirrored_groups": [], "is_mirrored": true, "status": SessionStatus::of(tally, true, false),
        "total_servers": tally.counted(), "stages": tally, "failed_servers": 0, "actions": actions,
        "progress_percent": 10.0, "reverse": totals, "failback_execution_id": null, "commit_policy": null,
        "commit_window": null, "lag_threshold_seconds": 60, "last_error": null, "is_active": true,
        "looked_at": null, "ready_told_at": null, "created_by": "system",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        "elapsed_seconds": 60, "version": 1,
    })
}

fn server(number: u8, name: &str, stage: Stage, error: Value) -> Value {
    json!({
        "name": name, "origin_instance_id": null, "source_server_id": format!("s-1234567890abcdeF{number}"),
        "launched_into": "new_instance", "recovery_instance": null, "way_back": null, "stage": stage,
        "left_out": null, "repair": null, "reverse": progress(), "reverse_percent": 0.0, "mirrored": null,
        "returned": null, "forward": progress(), "forward_percent": 0.0, "cleanup": null, "intent": null,
        "error": error,
    })
}

fn progress() -> Value {
    json!({
        "state": "NOT_STARTED", "replication_state": null, "asked_at": null, "ready_at": null,
        "lag_seconds": null, "total_bytes": 0, "done_bytes": 0, "backlogged_bytes": 0,
        "bytes_per_second": null, "eta": null, "stalled_since": null, "problem": null, "seen_at": null,
    })
}

fn servers(servers: &[Value]) -> Value {
    json!({ "servers": servers, "total": servers.len(), "next_token": null })
}

/// The call that looks at the session.
pub fn get() -> String {
    format!("GET /failover-sessions/{}", id("fs", 1))
}

/// The call that takes a step.
pub fn post(step: &str) -> String {
    format!("POST /failover-sessions/{}/{step}", id("fs", 1))
}

/// What a copy comes to.
pub fn estimate() -> Value {
    json!({
        "servers": 2, "bytes": 40_u64 << 30, "seconds_at_rate": 1200, "rate_bytes_per_second": 35 << 20,
        "parallel": 2, "price_per_gb_usd": 0.02, "transfer_cost_usd": 0.86, "note": "No promise",
    })
}

/// A step that was taken, or would be.
pub fn step(dry_run: bool, critical: Value, refused: Value) -> Value {
    json!({
        "action": "start_reverse_replication", "dry_run": dry_run,
        "source_server_ids": ["s-1234567890abcdeF1", "s-1234567890abcdeF2"], "refused": refused,
        "critical_failures": critical, "warnings": [], "copy_estimate": estimate(),
        "session": session(&[Stage::Reversing, Stage::Reversing], 0),
    })
}

/// The bodies of all POSTs.
pub fn posts(stand: &Stand) -> Vec<Value> {
    let calls = stand.calls().into_iter();
    calls
        .filter(|call| call.line.starts_with("POST"))
        .map(|call| call.body)
        .collect()
}

#[tokio::test]
async fn reversing_shows_what_the_copy_comes_to_before_it_asks() {
    let mut stand = Stand::new().await;
    let path = post("start-reverse-replication");
    stand
        .says(&path, 200, step(true, json!([]), json!([])))
        .says(&path, 202, step(false, json!([]), json!([])));
    stand.answers = Some(vec!["n"]);
    let ran = stand.run(&["session", "reverse", &id("fs", 1)]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("at most 40.0 GiB, about 20m"), "{ran:?}");
    assert!(ran.out.contains("about USD 0.86"), "{ran:?}");
    assert_eq!(posts(&stand).len(), 1);
    let ran = stand
        .run(&["session", "reverse", &id("fs", 1), "--yes"])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("dr session watch"), "{ran:?}");
    let dry: Vec<Value> = posts(&stand)
        .iter()
        .map(|body| body["dry_run"].clone())
        .collect();
    assert_eq!(dry, [true, true, false]);
}

#[tokio::test]
async fn a_step_that_a_check_forbids_is_exit_code_4_and_one_that_leaves_servers_out_is_1() {
    let path = post("start-reverse-replication");
    let stand = Stand::new().await;
    let check = json!([{
        "check_name": "metadata", "passed": false, "severity": "critical", "message": "Not reached",
        "subject": "s-1", "remediation": "Open it",
    }]);
    stand.says(&path, 200, step(true, check, json!([])));
    let reverse = ["session", "reverse", &id("fs", 1), "--yes"].map(ToOwned::to_owned);
    let reverse: Vec<&str> = reverse.iter().map(String::as_str).collect();
    let ran = stand.run(&reverse).await;
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.out.contains("what to do: Open it"), "{ran:?}");
    assert_eq!(posts(&stand).len(), 1);

    let stand = Stand::new().await;
    let refused = json!([{ "source_server_id": "s-1234567890abcdeF2", "reason": "It is ready" }]);
    stand
        .says(&path, 200, step(true, json!([]), json!([])))
        .says(&path, 202, step(false, json!([]), refused));
    let ran = stand.run(&reverse).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("It is ready"), "{ran:?}");
}

#[tokio::test]
async fn a_server_of_a_session_is_named_by_id_or_by_name() {
    let stand = Stand::new().await;
    let path = post("start-reverse-replication");
    let all = [
        server(1, "web-01", Stage::Recovered, Value::Null),
        server(2, "web-02", Stage::Recovered, Value::Null),
    ];
    stand
        .says(&format!("{}/servers", get()), 200, servers(&all))
        .says(&path, 200, step(true, json!([]), json!([])));
    let fs = id("fs", 1);
    let by = |one: &'static str| {
        [
            "session",
            "reverse",
            fs.as_str(),
            "--dry-run",
            "--server",
            one,
        ]
    };
    assert_eq!(stand.run(&by("web-02")).await.code, 0);
    assert_eq!(stand.run(&by("s-1234567890abcdeF9")).await.code, 0);
    let chosen: Vec<Value> = posts(&stand)
        .into_iter()
        .map(|body| body["source_server_ids"].clone())
        .collect();
    assert_eq!(
        chosen,
        [
            json!(["s-1234567890abcdeF2"]),
            json!(["s-1234567890abcdeF9"])
        ]
    );
    let ran = stand.run(&by("web-03")).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("did you mean"), "{ran:?}");
}

#[tokio::test]
async fn watching_shows_bytes_rate_and_time_to_go_and_ends_with_what_to_do_next() {
    let stand = Stand::new().await;
    for look in [
        session(&[Stage::Reversing, Stage::Reversing], 10),
        session(&[Stage::Reversing, Stage::Reversing], 10),
        session(&[Stage::Ready, Stage::Reversing], 30),
        session(&[Stage::Ready, Stage::Ready], 40),
    ] {
        stand.says(&get(), 200, look);
    }
    let ran = stand.run(&["session", "watch", &id("fs", 1)]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stand.waits(), [5, 5, 5]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ran.out);
    for part in [
        "25.0%",
        "10.0 GiB of 40.0 GiB",
        "35.0 MiB/s",
        "about 10m to go",
        "2 replicating back",
    ] {
        assert!(lines[0].contains(part), "{part} is not in {}", lines[0]);
    }
    assert!(
        lines[3].starts_with("READY_FOR_FAILBACK. Next: dr session failback"),
        "{}",
        lines[3]
    );
}

#[tokio::test]
async fn watching_ends_when_all_that_is_left_failed_for_good_and_that_is_exit_code_5() {
    let error = |is_final: bool| {
        json!({
            "step": "start_reverse_replication", "message": "Access denied", "remediation": "Allow it",
            "first_at": "2026-01-01T00:00:00Z", "at": "2026-01-01T00:00:00Z", "correlation_id": "c",
            "tries": 3, "is_final": is_final,
        })
    };
    let stand = Stand::new().await;
    let mut look = session(&[Stage::Ready, Stage::Reversing], 30);
    look["failed_servers"] = json!(1);
    let path = format!("{}/servers", get());
    let failing = |is_final| servers(&[server(2, "web-02", Stage::Reversing, error(is_final))]);
    stand
        .says(&get(), 200, look)
        .says(&path, 200, failing(false))
        .says(&path, 200, failing(true));
    let ran = stand.run(&["session", "watch", &id("fs", 1)]).await;
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_eq!(stand.waits(), [5]);
    assert_eq!(
        ran.out
            .matches("Access denied What to do: Allow it")
            .count(),
        1,
        "{}",
        ran.out
    );
    assert!(ran.out.trim_end().ends_with("--failed."), "{}", ran.out);
}

#[tokio::test]
async fn a_script_gets_the_answers_of_a_watched_session_and_nothing_else() {
    let stand = Stand::new().await;
    let looks = [
        session(&[Stage::Reversing], 10),
        session(&[Stage::Ready], 40),
    ];
    for look in &looks {
        stand.says(&get(), 200, look.clone());
    }
    let ran = stand
        .run(&["--json", "session", "watch", &id("fs", 1)])
        .await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    assert_eq!(ran.out, format!("{}\n{}\n", looks[0], looks[1]));
}

#[tokio::test]
async fn next_is_one_line_with_the_reasons_of_what_is_not_allowed() {
    let stand = Stand::new().await;
    let list = json!({ "sessions": [session(&[Stage::Ready], 40)], "next_token": null });
    stand.says("GET /failover-sessions", 200, list);
    stand.says(&get(), 200, session(&[Stage::Ready], 40));
    let ran = stand.run(&["session", "next", "latest"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    assert!(ran.out.contains("--drill (1 server)"), "{}", ran.out);
    assert!(
        ran.out
            .contains("commit, go-back (No failback is on trial)"),
        "{}",
        ran.out
    );
}

#[tokio::test]
async fn a_real_failback_asks_to_type_the_region_to_go_home_to() {
    let mut stand = Stand::new().await;
    let started = |execution: Option<String>| {
        json!({
            "session_id": id("fs", 1), "execution_id": execution, "status": null, "execution_type": "RECOVERY",
            "total_servers": 1, "waves": [], "warnings": [], "failed_checks": [],
        })
    };
    let path = post("execute-failback");
    stand
        .says(&get(), 200, session(&[Stage::Ready], 40))
        .says(&path, 200, started(None))
        .says(&path, 202, started(Some(id("exec", 2))));
    let fs = id("fs", 1);
    let command = ["session", "failback", fs.as_str(), "--recovery"];
    assert_eq!(
        stand.run(&[&command[..], &["--yes"]].concat()).await.code,
        2
    );
    stand.answers = Some(vec!["us-east-1"]);
    let ran = stand.run(&command).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("A REAL FAILBACK of 1 server"), "{ran:?}");
    let sent = posts(&stand);
    assert_eq!(sent.last().unwrap()["execution_type"], "RECOVERY");
    assert_eq!(sent.last().unwrap()["dry_run"], false);
    assert!(
        sent[..sent.len() - 1]
            .iter()
            .all(|body| body["dry_run"] == true)
    );
}

#[tokio::test]
async fn one_instance_goes_home_by_the_region_of_its_own_session() {
    let mut stand = Stand::new().await;
    let started = |execution: Option<String>| {
        json!({
            "session_id": id("fs", 1), "execution_id": execution, "status": null, "execution_type": "RECOVERY",
            "total_servers": 1, "waves": [], "warnings": [], "failed_checks": [],
        })
    };
    let path = "POST /recovery-instances/i-0123456789abcdef0/failback";
    stand
        .says(&get(), 200, session(&[Stage::Ready], 40))
        .says(path, 200, started(None))
        .says(path, 200, started(None))
        .says(path, 202, started(Some(id("exec", 2))));
    stand.answers = Some(vec!["us-east-1"]);
    let ran = stand
        .run(&["instance", "failback", "i-0123456789abcdef0", "--recovery"])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let drills: Vec<Value> = posts(&stand)
        .iter()
        .map(|body| json!([body["is_drill"], body["dry_run"]]))
        .collect();
    assert_eq!(
        drills,
        [
            json!([false, true]),
            json!([false, true]),
            json!([false, false])
        ]
    );
}
