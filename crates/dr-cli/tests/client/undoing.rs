//! What is taken back or taken away: clean-up, repair, going back; and how a failback is committed.

use dr_model::session::Stage;
use serde_json::{Value, json};

use crate::homeward::{estimate, get, post, posts, session, step};
use crate::stand::{Stand, id};

fn inventory(refused: Value) -> Value {
    let item = |kind: &str, id: &str, action: &str, cost: Value| {
        json!({
            "kind": kind, "id": id, "place": null, "name": "web-01", "action": action,
            "reason": format!("why {action}"), "monthly_cost_usd": cost,
        })
    };
    json!({
        "session_id": id("fs", 1), "items": [
            item("recovery_instance", "i-0123456789abcdef0", "hand_back", json!(70.0)),
            item("volume", "vol-1", "delete", json!(8.0)),
            item("source_server", "s-1", "keep", Value::Null),
        ],
        "monthly_cost_usd": 78.0, "confirmation": "clean up 1 servers",
        "unprotected_confirmation": "the fleet may stay unprotected", "refused": refused,
    })
}

#[tokio::test]
async fn a_clean_up_shows_what_goes_what_stays_and_its_cost_and_takes_the_words_alone() {
    let mut stand = Stand::new().await;
    let mut done = step(false, json!([]), json!([]));
    done["action"] = json!("cleanup");
    let path = format!("{}/cleanup", get());
    stand
        .says(&path, 200, inventory(json!([])))
        .says(&post("cleanup"), 202, done);
    let fs = id("fs", 1);
    let command = ["session", "cleanup", fs.as_str(), "--keep-volumes"];
    stand.answers = Some(vec!["yes"]);
    let ran = stand.run(&command).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let (goes, stays) = ran.out.split_once("What stays:").unwrap();
    assert!(
        goes.contains("handed back stopped") && goes.contains("USD 70.00"),
        "{goes}"
    );
    assert!(
        stays.contains("vol-1") && stays.contains("You asked for it"),
        "{stays}"
    );
    assert!(
        stays.contains("why keep") && stays.contains("USD 78.00 a month"),
        "{stays}"
    );
    assert_eq!(posts(&stand), [Value::Null; 0]);
    stand.answers = Some(vec!["clean up 1 servers"]);
    assert_eq!(stand.run(&command).await.code, 0);
    let sent = posts(&stand).pop().unwrap();
    assert_eq!(sent["confirm"], "clean up 1 servers");
    assert_eq!(sent["delete_detached_volumes"], false);
}

#[tokio::test]
async fn the_preview_of_a_clean_up_is_of_the_servers_that_are_named() {
    let stand = Stand::new().await;
    let path = format!("{}/cleanup", get());
    stand.says(&path, 200, inventory(json!([])));
    let fs = id("fs", 1);
    let (one, two) = ("s-11111111111111111", "s-22222222222222222");
    let named = [
        "session",
        "cleanup",
        &fs,
        "--preview",
        "--server",
        two,
        "--server",
        one,
    ];
    assert_eq!(stand.run(&named).await.code, 0);
    let asked = stand.lines().pop().unwrap();
    let ids = format!("source_server_ids={one}%2C{two}");
    assert!(asked.ends_with(&ids), "{asked}");
    let all = stand.run(&["session", "cleanup", &fs, "--preview"]).await;
    assert_eq!(all.code, 0, "{all:?}");
    assert!(!stand.lines().pop().unwrap().contains("source_server_ids"));
}

#[tokio::test]
async fn a_clean_up_that_is_refused_is_exit_code_4_and_removes_nothing() {
    let stand = Stand::new().await;
    let check = json!([{
        "check_name": "forward_continuous", "passed": false, "severity": "critical",
        "message": "web-01 is not protected", "subject": "s-1", "remediation": "Re-protect it",
    }]);
    stand.says(&format!("{}/cleanup", get()), 200, inventory(check));
    let words = "clean up 1 servers";
    let ran = stand
        .run(&["session", "cleanup", &id("fs", 1), "--confirm", words])
        .await;
    assert_eq!(ran.code, 4, "{ran:?}");
    assert!(ran.out.contains("what to do: Re-protect it"), "{ran:?}");
    assert_eq!(posts(&stand), [Value::Null; 0]);
}

#[tokio::test]
async fn a_repair_shows_its_price_and_asks_for_the_words_and_without_need_does_nothing() {
    let answer = |preview: bool, is_needed: bool| {
        json!({
            "preview": preview, "confirmation": "full copy", "note": "A reboot", "total_bytes": 8_u64 << 30,
            "candidates": [{
                "source_server_id": "s-1234567890abcdeF1", "name": "web-01", "instance_id": null,
                "is_needed": is_needed, "reason": "DISCONNECTED", "ssm_online": true,
                "total_bytes": 8_u64 << 30,
            }],
            "source_server_ids": ["s-1234567890abcdeF1"], "refused": [], "copy_estimate": estimate(),
            "session": session(&[Stage::Repairing], 0),
        })
    };
    let path = post("install-agents");
    let stand = Stand::new().await;
    stand
        .says(&path, 200, answer(true, true))
        .says(&path, 202, answer(false, true));
    let fs = id("fs", 1);
    let command = [
        "session",
        "repair-agents",
        fs.as_str(),
        "--confirm",
        "full copy",
    ];
    let ran = stand.run(&command).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("Copied again: 8.0 GiB") && ran.out.contains("USD 0.86"),
        "{ran:?}"
    );
    assert_eq!(posts(&stand)[0].get("confirm"), None);
    assert_eq!(posts(&stand)[1]["confirm"], "full copy");

    let stand = Stand::new().await;
    stand.says(&path, 200, answer(true, false));
    let ran = stand.run(&command).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("No agent needs repair"), "{ran:?}");
    assert_eq!(posts(&stand).len(), 1);
}

#[tokio::test]
async fn going_back_takes_its_words_and_is_refused_here_when_nothing_is_on_trial() {
    let stand = Stand::new().await;
    stand.says(&get(), 200, session(&[Stage::FailedBack], 40));
    let ran = stand
        .run(&["session", "go-back", &id("fs", 1), "--confirm", "go back"])
        .await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("No failback is on trial"), "{ran:?}");
    let mut trial = session(&[Stage::FailedBack], 40);
    trial["actions"] =
        json!([{ "action": "go_back", "allowed": true, "servers": 1, "reason": null }]);
    let stand = Stand::new().await;
    let mut done = step(false, json!([]), json!([]));
    done["action"] = json!("go_back");
    stand
        .says(&get(), 200, trial)
        .says(&post("go-back"), 202, done);
    assert_eq!(
        stand.run(&["session", "go-back", &id("fs", 1)]).await.code,
        2
    );
    assert_eq!(posts(&stand), [Value::Null; 0]);
    let ran = stand
        .run(&["session", "go-back", &id("fs", 1), "--confirm", "go back"])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(posts(&stand)[0]["confirm"], "go back");
}

#[tokio::test]
async fn a_commit_window_is_set_with_what_happens_at_its_end_and_waits_for_a_person_by_default() {
    let stand = Stand::new().await;
    let path = format!("PUT /failover-sessions/{}", id("fs", 1));
    stand.says(&path, 200, session(&[Stage::Ready], 40));
    let fs = id("fs", 1);
    let probe = "http=http://localhost/health";
    let ran = stand
        .run(&[
            "session",
            "settings",
            &fs,
            "--window",
            "4h",
            "--when-healthy",
            "commit",
            "--probe",
            probe,
        ])
        .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let expected = json!({
        "window_minutes": 240, "when_healthy": "COMMIT", "when_unhealthy": "WAIT",
        "probes": [{ "http": { "url": "http://localhost/health" } }],
    });
    assert_eq!(stand.calls()[0].body["commit_policy"], expected);
    for wrong in [
        &["session", "settings", fs.as_str()][..],
        &["session", "settings", &fs, "--when-healthy", "commit"],
        &[
            "session",
            "settings",
            &fs,
            "--window",
            "4h",
            "--commit-at-once",
        ],
        &["session", "settings", "web"],
    ] {
        assert_eq!(stand.run(wrong).await.code, 2, "{wrong:?}");
    }
    assert_eq!(stand.calls().len(), 1);
}
