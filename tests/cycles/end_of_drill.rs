//! Ending a drill: the targets come back stopped, as they were, and the next drill works.

use dr_testkit::TestApp;
use dr_tests::run::{ask_pairs, drill_all, group, say, server_ids, start_pairs, until};
use dr_tests::{admin, product, truth, world};
use serde_json::{Value, json};

const WORD: &str = "terminate-instances";

fn targets(pairs: &[(String, String)]) -> Vec<String> {
    let mut targets: Vec<String> = pairs.iter().map(|(_, target)| target.clone()).collect();
    targets.sort_unstable();
    targets
}

async fn settle(app: &TestApp) {
    app.advance(chrono::TimeDelta::minutes(10)).await;
}

/// Requirement 004: test_dr_instance_cleanup.
#[tokio::test]
async fn a_second_drill_works_once_the_first_has_handed_its_targets_back() {
    let app = product(3).await;
    let pairs = world::pairs(&app);
    let before: Vec<_> = targets(&pairs)
        .iter()
        .map(|id| world::machine(&app, id).unwrap())
        .collect();
    let first = drill_all(&app).await;
    truth::over(&app, &first).await;

    let refused = ask_pairs(&app, &pairs, Value::Null).await.expect(409);
    assert_eq!(refused["error"]["code"], "GUARD_REFUSED");
    let losses = refused["error"]["details"]["losses"].as_array().unwrap();
    assert_eq!(losses.len(), 3);
    assert!(
        losses
            .iter()
            .all(|loss| loss["why"].as_str().unwrap().contains("earlier drill")),
        "{losses:#?}"
    );

    let preview = say(&app, &first, WORD, json!({})).await.expect(202);
    assert_eq!(preview["preview"], true);
    assert_eq!(preview["released"], json!(targets(&pairs)));
    assert_eq!(preview["terminated"], json!([]));
    settle(&app).await;
    for target in targets(&pairs) {
        assert_eq!(
            world::machine(&app, &target).unwrap().state,
            "running",
            "only a preview"
        );
    }

    let done = say(&app, &first, WORD, json!({ "confirm": true }))
        .await
        .expect(202);
    assert_eq!(
        (&done["preview"], &done["problems"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(done["released"], json!(targets(&pairs)));
    settle(&app).await;
    let after: Vec<_> = targets(&pairs)
        .iter()
        .map(|id| world::machine(&app, id).unwrap())
        .collect();
    assert_eq!(after, before, "stopped, with tag, id and IP");
    assert_eq!(world::recovery_instances(&app), Vec::<String>::new());
    let shown = dr_tests::run::view(&app, &first).await;
    assert!(shown["instances_terminated_at"].is_string());

    let second = start_pairs(&app, &pairs, Value::Null).await;
    let over = truth::over(&app, &second).await;
    assert_eq!(over.status(), "COMPLETED");
    assert_eq!(over.count("LAUNCHED"), 3);
}

#[tokio::test]
async fn a_drills_new_instances_are_terminated_and_its_targets_are_not() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let group = group(&app, "g", &ids).await;
    let path = format!("/protection-groups/{group}/instance-pairs");
    let pairs = admin(&app, "GET", &path, Value::Null).await;
    let pair = pairs["pairs"][0].clone();
    admin(
        &app,
        "DELETE",
        &format!("{path}/{}", pair["id"].as_str().unwrap()),
        Value::Null,
    )
    .await;
    let body = json!({ "name": "p", "waves": [{ "name": "w", "group_ids": [group] }] });
    let plan = admin(&app, "POST", "/recovery-plans", body).await;
    let id = dr_tests::run::start_plan(&app, plan["id"].as_str().unwrap(), "DRILL").await;
    let over = truth::over(&app, &id).await;
    let new =
        over.server(pair["source_server_id"].as_str().unwrap())["identity"]["instance_id"].clone();
    let done = say(&app, &id, WORD, json!({ "confirm": true }))
        .await
        .expect(202);
    assert_eq!(done["terminated"].as_array().unwrap().len(), 1);
    assert_eq!(done["terminated"][0]["instance_id"], new);
    assert_eq!(done["released"].as_array().unwrap().len(), 2);
    settle(&app).await;
    let gone = world::machine(&app, new.as_str().unwrap());
    assert!(gone.is_none_or(|machine| machine.state == "terminated"));
    for target in done["released"].as_array().unwrap() {
        assert_eq!(
            world::machine(&app, target.as_str().unwrap())
                .unwrap()
                .state,
            "stopped"
        );
    }
    // Again: what is gone is left alone.
    let again = say(&app, &id, WORD, json!({ "confirm": true }))
        .await
        .expect(202);
    assert_eq!(
        (&again["terminated"], &again["problems"]),
        (&json!([]), &json!([]))
    );
}

#[tokio::test]
async fn a_named_target_is_terminated_and_a_strangers_is_refused() {
    let app = product(3).await;
    let pairs = world::pairs(&app);
    let id = start_pairs(&app, &pairs[..2], Value::Null).await;
    truth::over(&app, &id).await;
    let stranger = json!({ "confirm": true, "also_terminate_instance_ids": [pairs[2].1] });
    assert_eq!(say(&app, &id, WORD, stranger).await.status, 400);
    let named = json!({ "confirm": true, "also_terminate_instance_ids": [pairs[0].1] });
    let done = say(&app, &id, WORD, named).await.expect(202);
    assert_eq!(done["terminated"][0]["instance_id"], pairs[0].1.as_str());
    assert_eq!(done["released"], json!([pairs[1].1]));
    settle(&app).await;
    assert!(world::machine(&app, &pairs[0].1).is_none_or(|machine| machine.state == "terminated"));
    assert_eq!(world::machine(&app, &pairs[1].1).unwrap().state, "stopped");
}

#[tokio::test]
async fn a_recovery_and_a_drill_under_way_have_nothing_to_terminate() {
    let app = product(3).await;
    let pairs = world::pairs(&app);
    let drill = start_pairs(&app, &pairs[..1], Value::Null).await;
    until(&app, &drill, |view| view["servers"]["launching"] == 1).await;
    let refused = say(&app, &drill, WORD, json!({ "confirm": true }))
        .await
        .expect(409);
    assert_eq!(refused["error"]["code"], "EXECUTION_IS_RUNNING");
    truth::over(&app, &drill).await;
    let recovery = start_pairs(&app, &pairs[1..], json!({ "is_drill": false })).await;
    truth::over(&app, &recovery).await;
    for confirm in [false, true] {
        let refused = say(&app, &recovery, WORD, json!({ "confirm": confirm }))
            .await
            .expect(409);
        assert_eq!(refused["error"]["code"], "NOT_A_DRILL");
    }
    for (_, target) in &pairs {
        assert_eq!(world::machine(&app, target).unwrap().state, "running");
    }
}

/// Somebody recovered the server for real since: ending the drill would destroy that.
#[tokio::test]
async fn a_drill_whose_instance_became_a_real_recovery_is_not_ended() {
    let app = product(3).await;
    let pairs = world::pairs(&app);
    let drill = start_pairs(&app, &pairs[..1], Value::Null).await;
    truth::over(&app, &drill).await;
    let (server, target) = &pairs[0];
    world::stop(&app, target).await;
    world::others_start(&app, &[server], false).await;
    app.advance(chrono::TimeDelta::minutes(30)).await;
    assert_eq!(world::machine(&app, target).unwrap().state, "running");
    let refused = say(&app, &drill, WORD, json!({ "confirm": true }))
        .await
        .expect(409);
    assert_eq!(refused["error"]["code"], "GUARD_REFUSED");
    assert_eq!(world::machine(&app, target).unwrap().state, "running");
}
