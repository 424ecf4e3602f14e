//! Watching to the end.

use serde_json::{Value, json};

use crate::stand::{Stand, direction, error, id};

fn execution(status: &str, phase: &str, launched: usize, failed: usize, elapsed: u64) -> Value {
    let tally = json!({
        "waiting": 0, "launching": 3 - launched - failed, "launched": launched, "failed": failed, "skipped": 0,
    });
    json!({
        "execution_id": id("exec", 1),
        "subject": { "plan": { "plan_id": id("rp", 1), "name": "shop" } },
        "execution_type": "DRILL", "direction": direction(), "status": status, "current_phase": phase,
        "waiting_for": null, "pause_requested": false, "current_wave": 1,
        "waves": [{
            "name": "All", "pause_before": false, "on_failure": "CONTINUE", "batches": 1, "tally": tally,
            "started_at": "2026-01-01T00:00:00Z", "ended_at": null,
        }],
        "servers": tally, "progress_percent": launched * 33, "started_by": "ada",
        "started_at": "2026-01-01T00:00:00Z", "ended_at": null, "elapsed_seconds": elapsed,
        "paused_seconds": 0, "estimated_remaining_seconds": 60, "rto_target_seconds": 1800,
        "rto_met": true, "reason": null, "instances_terminated_at": null, "version": 1,
    })
}

fn server(number: u8, name: &str, status: &str, ip_kept: bool) -> Value {
    let identity = (status == "LAUNCHED").then(|| {
        json!({
            "instance_id": format!("i-0123456789abcdef{number}"), "private_ip": "10.0.0.1",
            "instance_id_kept": true, "private_ip_kept": ip_kept,
            "reason": (!ip_kept).then_some("The address was taken"),
        })
    });
    json!({
        "source_server_id": format!("s-1234567890abcdeF{number}"), "name": name, "wave": 1, "job_id": null,
        "launch_into": { "target": { "instance_id": format!("i-0123456789abcdef{number}"), "private_ip": null } },
        "status": status, "recovery_instance_id": null,
        "reason": (status == "FAILED").then_some("No capacity"), "identity": identity,
    })
}

fn get() -> String {
    format!("GET /executions/{}", id("exec", 1))
}

async fn playing(looks: &[Value]) -> Stand {
    let stand = Stand::new().await;
    for look in looks {
        stand.says(&get(), 200, look.clone());
    }
    let servers = json!({
        "servers": [
            server(1, "web-01", "LAUNCHED", true),
            server(2, "web-02", "LAUNCHED", false),
            server(3, "web-03", "FAILED", false),
        ],
        "total": 3, "next_token": null,
    });
    let failed = json!({ "servers": [server(3, "web-03", "FAILED", false)], "total": 1, "next_token": null });
    let path = format!("{}/servers", get());
    stand.says(&path, 200, failed).says(&path, 200, servers);
    stand
}

#[tokio::test]
async fn each_change_is_a_line_each_failure_is_told_once_and_the_outcome_is_the_exit_code() {
    let stand = playing(&[
        execution("LAUNCHING", "recovery", 0, 0, 2),
        execution("LAUNCHING", "recovery", 0, 0, 4),
        execution("LAUNCHING", "recovery", 1, 1, 6),
        execution("VALIDATING", "validation", 2, 1, 8),
        execution("COMPLETED_WITH_FAILURES", "finished", 2, 1, 10),
    ])
    .await;
    let ran = stand
        .run(&["execution", "watch", &id("exec", 1), "--interval", "5s"])
        .await;
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_eq!(stand.waits(), [5, 5, 5, 5]);
    let changes = ran.out.lines().filter(|line| line.starts_with('[')).count();
    assert_eq!(changes, 4, "{}", ran.out);
    let told = "failed: web-03 (s-1234567890abcdeF3) in wave 1: No capacity";
    assert_eq!(ran.out.matches(told).count(), 1, "{}", ran.out);
    for part in [
        "10s of 30m",
        "about 1m to go",
        "WHY NOT",
        "The address was taken",
        "COMPLETED_WITH_FAILURES: 2/3 launched, 1 failed. 1 server kept instance id and private IP.",
        "RTO target met",
    ] {
        assert!(ran.out.contains(part), "{part} is not in\n{}", ran.out);
    }
}

#[tokio::test]
async fn actions_are_told_with_their_state_and_a_failed_one_with_its_last_words() {
    let mut over = execution("COMPLETED_WITH_FAILURES", "finished", 3, 0, 10);
    let action = |name: &str, state: &str, on: Value| {
        json!({
            "wave": 1, "side": "BEFORE", "name": name, "document_name": "AWS-RunShellScript",
            "on_failure": "CONTINUE", "state": state, "reason": null, "command_ids": [],
            "instances": [on], "started_at": null, "ended_at": null,
        })
    };
    let on = |state: &str| json!({ "instance_id": "i-0123456789abcdef7", "state": state });
    let mut failed = on("FAILED");
    failed["reason"] = json!("Its command ended with Failed, exit code 3");
    failed["output"] = json!("stopping\nthe queue is locked");
    over["actions"] = json!([
        action("drain", "FAILED", failed),
        action("tell", "SUCCEEDED", on("SUCCEEDED")),
    ]);
    for command in ["get", "watch"] {
        let stand = playing(std::slice::from_ref(&over)).await;
        let ran = stand.run(&["execution", command, &id("exec", 1)]).await;
        for part in [
            "LAST WORDS",
            "the queue is locked",
            "exit code 3",
            "i-0123456789abcdef7",
            "AWS-RunShellScript",
            "1/1",
        ] {
            assert!(ran.out.contains(part), "{part} is not in\n{}", ran.out);
        }
        let says_so = ran.out.contains("1 SSM action failed.");
        assert_eq!(says_so, command == "watch", "{}", ran.out);
    }
}

#[tokio::test]
async fn a_script_gets_an_answer_for_each_change_and_no_table() {
    let looks = [
        execution("LAUNCHING", "recovery", 0, 0, 2),
        execution("LAUNCHING", "recovery", 0, 0, 4),
        execution("COMPLETED", "finished", 3, 0, 6),
    ];
    let stand = playing(&looks).await;
    let ran = stand
        .run(&["--json", "execution", "watch", &id("exec", 1)])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out, format!("{}\n{}\n", looks[0], looks[2]));
}

#[tokio::test]
async fn one_that_was_cancelled_or_failed_is_exit_code_6() {
    for status in ["FAILED", "CANCELLED"] {
        let stand = playing(&[execution(status, "finished", 0, 3, 6)]).await;
        let ran = stand.run(&["execution", "watch", &id("exec", 1)]).await;
        assert_eq!(ran.code, 6, "{ran:?}");
    }
}

#[tokio::test]
async fn ctrl_c_stops_watching_and_says_that_the_execution_goes_on() {
    let mut stand = playing(&[execution("LAUNCHING", "recovery", 0, 0, 2)]).await;
    stand.interrupt = || Box::pin(std::future::ready(()));
    let ran = stand.run(&["execution", "watch", &id("exec", 1)]).await;
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.err.contains("The execution goes on"), "{ran:?}");
    assert!(stand.lines().iter().all(|line| line.starts_with("GET")));
}

#[tokio::test]
async fn a_server_that_is_away_for_a_while_does_not_end_the_watch() {
    let stand = Stand::new().await;
    stand.says(&get(), 200, execution("LAUNCHING", "recovery", 0, 0, 2));
    for _ in 0..20 {
        stand.says(&get(), 500, error("INTERNAL", json!({})));
    }
    let ran = stand.run(&["execution", "watch", &id("exec", 1)]).await;
    assert_eq!(ran.code, 1, "away for too long: {ran:?}");
    let stand = playing(&[execution("LAUNCHING", "recovery", 0, 0, 2)]).await;
    stand
        .says(&get(), 500, error("INTERNAL", json!({})))
        .says(&get(), 500, error("INTERNAL", json!({})))
        .says(&get(), 200, execution("COMPLETED", "finished", 3, 0, 6));
    let ran = stand.run(&["execution", "watch", &id("exec", 1)]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("Looking again"), "{ran:?}");
}

#[tokio::test]
async fn an_execution_that_is_not_there_is_not_watched() {
    let stand = Stand::new().await;
    stand.says(&get(), 404, error("NOT_FOUND", json!({})));
    let ran = stand.run(&["execution", "watch", &id("exec", 1)]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(stand.lines().len(), 1);
}

#[tokio::test]
async fn latest_is_the_execution_that_was_started_last() {
    let stand = Stand::new().await;
    let list =
        json!({ "executions": [execution("PAUSED", "paused", 1, 0, 2)], "next_token": "more" });
    stand.says("GET /executions", 200, list).says(
        &get(),
        200,
        execution("PAUSED", "paused", 1, 0, 2),
    );
    let ran = stand.run(&["execution", "get", "latest"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stand.lines(), ["GET /executions?limit=1".to_owned(), get()]);
    assert!(ran.out.contains("drill of shop"), "{ran:?}");
}

#[tokio::test]
async fn the_pause_that_is_next_and_the_pause_that_it_is_in_are_named() {
    let mut running = execution("LAUNCHING", "recovery", 0, 0, 2);
    let second = json!({
        "name": "Web", "pause_before": true, "on_failure": "CONTINUE", "batches": 1,
        "tally": running["servers"].clone(), "started_at": null, "ended_at": null,
    });
    running["waves"].as_array_mut().unwrap().push(second);
    running["waiting_for"] = json!("DRS to launch 3 servers of wave All");
    let mut paused = running.clone();
    paused["status"] = json!("PAUSED");
    paused["current_phase"] = json!("paused");
    paused["current_wave"] = json!(2);
    paused["waiting_for"] = json!("A person to resume or cancel before wave Web");
    let stand = playing(&[running, paused, execution("COMPLETED", "finished", 3, 0, 9)]).await;
    let ran = stand.run(&["execution", "watch", &id("exec", 1)]).await;
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(
        lines[0].ends_with("wave All  pauses before wave 2/2 Web"),
        "{}",
        ran.out
    );
    let resume = format!(
        "waits at the pause before wave 2/2 Web: dr execution resume {}",
        id("exec", 1)
    );
    assert!(lines[1].ends_with(&resume), "{}", ran.out);
}
