//! Recovery instances, agents and the replication of the estate.

use serde_json::{Value, json};

use crate::stand::{Stand, id};

const PLACE: [&str; 4] = ["--account", "444455556666", "--region", "us-west-2"];

fn posts(stand: &Stand) -> Vec<Value> {
    let calls = stand.calls().into_iter();
    calls
        .filter(|call| call.line.starts_with("POST"))
        .map(|call| call.body)
        .collect()
}

#[tokio::test]
async fn what_runs_production_is_terminated_by_its_words_alone_and_a_drill_by_yes() {
    let path = "POST /recovery-instances/i-0123456789abcdef0/terminate";
    let answer = |dry_run: bool, is_drill: bool| {
        json!({
            "recovery_instance_id": "i-0123456789abcdef0", "dry_run": dry_run,
            "losses": [{
                "source_server_id": "s-1234567890abcdeF1", "instance_id": "i-0123456789abcdef0",
                "is_drill": is_drill, "launched_at": null, "why": "It serves customers",
            }],
            "confirmation": (!is_drill).then_some("terminate production"), "refused": [],
            "job_id": (!dry_run).then_some("drsjob-1234567890abcdeF1"),
        })
    };
    let command = [
        &["instance", "terminate", "i-0123456789abcdef0"][..],
        &PLACE,
    ]
    .concat();
    let stand = Stand::new().await;
    stand.says(path, 200, answer(true, false));
    let ran = stand.run(&[&command[..], &["--yes"]].concat()).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.out.contains("It serves customers"), "{ran:?}");
    assert!(posts(&stand).iter().all(|body| body["dry_run"] == true));
    stand
        .says(path, 200, answer(true, false))
        .says(path, 202, answer(false, false));
    let words = ["--confirm", "terminate production"];
    let ran = stand.run(&[&command[..], &words].concat()).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        posts(&stand).pop().unwrap()["confirm"],
        "terminate production"
    );
    let stand = Stand::new().await;
    stand
        .says(path, 200, answer(true, true))
        .says(path, 202, answer(false, true));
    let ran = stand.run(&[&command[..], &["--yes"]].concat()).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("drsjob-1234567890abcdeF1"), "{ran:?}");
}

fn installation(stages: &[&str], status: &str) -> Value {
    let machines: Vec<Value> = stages
        .iter()
        .enumerate()
        .map(|(index, stage)| {
            json!({
                "machine_id": format!("i-0123456789abcdef{index}"), "name": null, "source_server_id": null,
                "percent": 50, "progress": {
                    "stage": stage, "asked_at": "2026-01-01T00:00:00Z", "since": "2026-01-01T00:00:00Z",
                    "command_id": null, "command_status": null, "output": null,
                    "reason": (*stage == "FAILED").then_some("No disk space"), "tries": 1,
                },
            })
        })
        .collect();
    let count = |word: &str| stages.iter().filter(|stage| **stage == word).count();
    json!({
        "installation_id": id("ai", 1), "place": { "account_id": "111122223333", "region": "us-east-1" },
        "target_region": "us-west-2", "tags": [], "status": status, "done": count("DONE"),
        "failed": count("FAILED"), "machines": machines, "is_active": true, "created_by": "ada",
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "version": 1,
    })
}

#[tokio::test]
async fn an_installation_is_watched_to_its_end_and_its_failures_are_the_exit_code() {
    let stand = Stand::new().await;
    let path = format!("GET /agent/install/{}/status", id("ai", 1));
    stand
        .says(
            "POST /agent/install",
            202,
            installation(&["INSTALLING", "INSTALLING"], "IN_PROGRESS"),
        )
        .says(
            &path,
            200,
            installation(&["INSTALLING", "INSTALLING"], "IN_PROGRESS"),
        )
        .says(
            &path,
            200,
            installation(&["INSTALLING", "INSTALLING"], "IN_PROGRESS"),
        )
        .says(
            &path,
            200,
            installation(&["DONE", "FAILED"], "PARTIAL_FAILURE"),
        );
    let ran = stand
        .run(&[
            "agent",
            "install",
            "--account",
            "111122223333",
            "--region",
            "us-east-1",
            "--target-region",
            "us-west-2",
            "--machine",
            "i-0123456789abcdef0",
            "--machine",
            "i-0123456789abcdef1",
            "--tag",
            "Tier=web",
            "--yes",
            "--watch",
        ])
        .await;
    assert_eq!(ran.code, 5, "{ran:?}");
    assert_eq!(posts(&stand)[0]["tags"], json!({ "Tier": "web" }));
    assert_eq!(
        ran.out.matches("0/2 replicate: 2 INSTALLING").count(),
        1,
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .contains("failed: i-0123456789abcdef1: No disk space"),
        "{}",
        ran.out
    );
    assert!(
        ran.out
            .trim_end()
            .ends_with(&format!("dr agent retry {}", id("ai", 1))),
        "{}",
        ran.out
    );
}

#[tokio::test]
async fn tags_that_are_more_than_text_and_too_many_machines_never_reach_the_server() {
    let stand = Stand::new().await;
    let base = [
        "agent",
        "install",
        "--account",
        "111122223333",
        "--region",
        "us-east-1",
        "--target-region",
        "us-west-2",
        "--yes",
    ];
    let tag = ["--machine", "i-0123456789abcdef0", "--tag", "a=$(reboot)"];
    assert_eq!(stand.run(&[&base[..], &tag].concat()).await.code, 2);
    let machines: Vec<String> = (0..51).map(|n| format!("--machine=i-{n:017x}")).collect();
    let machines: Vec<&str> = machines.iter().map(String::as_str).collect();
    assert_eq!(stand.run(&[&base[..], &machines].concat()).await.code, 2);
    assert_eq!(stand.lines(), [""; 0]);
}

#[tokio::test]
async fn a_place_that_could_not_be_read_again_is_exit_code_1() {
    let place = |error: Value| {
        json!({ "places": [{
            "place": { "account_id": "444455556666", "region": "us-west-2" }, "servers": 3,
            "refreshed_at": "2026-01-01T00:00:00Z", "age_seconds": 0, "error": error,
        }] })
    };
    for (error, code) in [(Value::Null, 0), (json!("Access denied"), 1)] {
        let stand = Stand::new().await;
        stand.says("POST /replication/refresh", 200, place(error));
        let ran = stand.run(&["replication", "refresh"]).await;
        assert_eq!(ran.code, code, "{ran:?}");
        assert_eq!(ran.out.contains("Access denied"), code == 1, "{ran:?}");
    }
}

#[tokio::test]
async fn the_estate_is_listed_with_what_was_asked_for_and_says_how_old_it_is() {
    let stand = Stand::new().await;
    let list =
        json!({ "servers": [], "total": 0, "age_seconds": 90, "places": [], "next_token": null });
    stand.says("GET /servers/replication-status", 200, list);
    let ran = stand
        .run(&[
            "replication",
            "list",
            "--alerts",
            "--direction",
            "failback",
            "--state",
            "initial-sync",
            "--rpo",
            "5m",
        ])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("1m 30s ago"), "{ran:?}");
    let line = &stand.lines()[0];
    for part in [
        "alerts_only=true",
        "direction=FAILBACK",
        "state=INITIAL_SYNC",
        "rpo_seconds=300",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
}

fn replicating(id: &str, name: &str, region: &str, direction: &str) -> Value {
    json!({
        "place": { "account_id": "444455556666", "region": region },
        "source_server_id": id, "name": name, "origin_instance_id": null, "origin_account_id": null,
        "origin_region": null, "direction": direction, "state": "CONTINUOUS", "lag_seconds": 1,
        "last_consistent_at": null, "eta": null, "error": null, "total_bytes": 8, "done_bytes": 8,
        "backlogged_bytes": 0, "has_recovery_instance": false, "state_since": "2026-01-01T00:00:00Z",
        "progress_percent": 100.0, "alert": null,
    })
}

#[tokio::test]
async fn a_server_is_named_as_people_call_it_and_one_of_two_is_asked_for() {
    let stand = Stand::new().await;
    let (out, back, db) = (
        "s-11111111111111111",
        "s-22222222222222222",
        "s-33333333333333333",
    );
    let servers = json!([
        replicating(out, "web-01", "us-west-2", "FAILOVER"),
        replicating(back, "web-01", "us-east-1", "FAILBACK"),
        replicating(db, "Db-01", "us-west-2", "FAILOVER"),
    ]);
    let list = json!({
        "servers": servers, "total": 3, "age_seconds": 9, "places": [], "next_token": null,
    });
    let history = json!({
        "source_server_id": db, "step_seconds": 3600, "points": [],
    });
    stand
        .says("GET /servers/replication-status", 200, list)
        .says(&format!("GET /servers/{db}/lag-history"), 200, history);
    let ran = stand.run(&["replication", "history", "db-01"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let asked = stand.lines().pop().unwrap();
    for part in [db, "account_id=444455556666", "region=us-west-2"] {
        assert!(asked.contains(part), "{asked}");
    }
    // What is known wholly is not looked for.
    let before = stand.lines().len();
    let whole = ["--account", "444455556666", "--region", "us-west-2"];
    let command = [["replication", "history", db].as_slice(), &whole].concat();
    assert_eq!(stand.run(&command).await.code, 0);
    assert_eq!(stand.lines().len(), before + 1);

    let ran = stand.run(&["replication", "status", "web-01"]).await;
    assert_eq!(ran.code, 2, "{ran:?}");
    for words in [
        "2 servers have the name \"web-01\"",
        &format!("{out} in 444455556666/us-west-2, on the way out"),
        &format!("{back} in 444455556666/us-east-1, on the way back"),
    ] {
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
    let ran = stand.run(&["replication", "status", "web-1"]).await;
    assert!(ran.err.contains("did you mean \"web-01\""), "{ran:?}");
    let ran = stand
        .run(&["replication", "status", "s-99999999999999999"])
        .await;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("dr replication refresh"), "{ran:?}");
}
