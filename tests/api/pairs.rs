//! Matching and instance pairs.

use dr_testkit::TestApp;
use dr_tests::{admin, direction, places, product};
use serde_json::{Value, json};

use crate::expect::{fields, refused, text};
use crate::requests::with;

async fn matched(app: &TestApp, tolerance: f64) -> Value {
    let body = with(places(), json!({ "fuzzy_matching_tolerance": tolerance }));
    admin(app, "POST", "/drs/instances/match", body).await
}

fn list<'a>(report: &'a Value, name: &str) -> &'a Vec<Value> {
    report[name].as_array().unwrap()
}

#[tokio::test]
async fn only_equal_names_match_at_zero_and_the_misspelled_one_at_a_fifth() {
    let app = product(24).await;
    let exact = matched(&app, 0.0).await;
    assert_eq!(
        (&exact["total_sources"], &exact["total_targets"]),
        (&json!(24), &json!(24))
    );
    assert_eq!(exact["matched_count"], 22);
    assert_eq!(exact["match_rate"], json!(22.0 / 24.0));
    for pair in list(&exact, "matched_pairs") {
        assert_eq!(
            (&pair["match_method"], &pair["match_confidence"]),
            (&json!("exact"), &json!(1.0))
        );
        assert_eq!(pair["source_name_tag"], pair["target_name_tag"]);
    }
    let fuzzy = matched(&app, 0.2).await;
    assert_eq!(fuzzy["matched_count"], 23);
    let by_name = list(&fuzzy, "matched_pairs")
        .iter()
        .filter(|pair| pair["match_method"] == "fuzzy");
    let by_name: Vec<&Value> = by_name.collect();
    let [typo] = by_name.as_slice() else {
        panic!("{by_name:#?}");
    };
    let confidence = typo["match_confidence"].as_f64().unwrap();
    assert!((0.8..1.0).contains(&confidence), "{typo:#}");
    assert_ne!(typo["source_name_tag"], typo["target_name_tag"]);
    // Over GET, with the other path and everything in the query string, the same.
    let mut query: Vec<String> = Vec::new();
    for (name, value) in places().as_object().unwrap() {
        query.push(format!("{name}={}", text(value)));
    }
    let path = format!(
        "/drs/recovery/instances/match?{}&fuzzy_matching_tolerance=0.2",
        query.join("&")
    );
    assert_eq!(admin(&app, "GET", &path, Value::Null).await, fuzzy);
}

#[tokio::test]
async fn what_matches_nothing_is_listed_with_a_reason() {
    let app = product(24).await;
    for (tolerance, unmatched) in [(0.0, 2), (0.2, 1)] {
        let report = matched(&app, tolerance).await;
        for side in ["unmatched_sources", "unmatched_targets"] {
            let all = list(&report, side);
            assert_eq!(all.len(), unmatched, "{side} at {tolerance}");
            assert!(
                all.iter().all(|one| !text(&one["reason"]).is_empty()),
                "{all:#?}"
            );
        }
        let targets = list(&report, "unmatched_targets");
        let gateway = targets
            .iter()
            .any(|one| one["target_name_tag"] == "legacy-ftp-gateway");
        assert!(gateway, "the instance that belongs to nobody: {targets:#?}");
    }
}

async fn web_group(app: &TestApp, name: &str) -> String {
    let group = json!({ "name": name, "direction": direction(), "selection": { "tags": { "Tier": "web" } } });
    let group = admin(app, "POST", "/protection-groups", group).await;
    text(&group["id"]).to_owned()
}

fn pairs_of(group: &str) -> String {
    format!("/protection-groups/{group}/instance-pairs")
}

/// A group and what matching saved for it.
async fn paired(app: &TestApp) -> (String, Vec<Value>) {
    let group = web_group(app, "web").await;
    let body = json!({ "fuzzy_matching_tolerance": 0.2 });
    let saved = admin(app, "POST", &pairs_of(&group), body).await;
    (group, list(&saved, "pairs").clone())
}

#[tokio::test]
async fn matched_pairs_are_saved_once_and_stand_when_matched_again() {
    let app = product(24).await;
    let (group, pairs) = paired(&app).await;
    let body = json!({ "fuzzy_matching_tolerance": 0.2 });
    let again = admin(&app, "POST", &pairs_of(&group), body).await;
    assert_eq!(again["saved"], 0);
    assert_eq!(list(&again, "pairs"), &pairs);
    let listed = admin(&app, "GET", &pairs_of(&group), Value::Null).await;
    assert_eq!(list(&listed, "pairs").len(), pairs.len());
    assert!(
        pairs
            .iter()
            .all(|pair| pair["target_private_ip"].is_string())
    );
}

#[tokio::test]
async fn a_pair_is_pointed_elsewhere_and_stays_there_when_matched_again() {
    let app = product(24).await;
    let (group, pairs) = paired(&app).await;
    let free = matched(&app, 0.2).await;
    let free = text(&list(&free, "unmatched_targets")[0]["target_instance_id"]).to_owned();
    let path = format!("{}/{}", pairs_of(&group), text(&pairs[0]["id"]));
    let change = json!({ "target_instance_id": free, "version": pairs[0]["version"] });
    let changed = admin(&app, "PUT", &path, change.clone()).await;
    assert_eq!(
        (&changed["method"], &changed["target_instance_id"]),
        (&json!("manual"), &json!(free))
    );
    assert_eq!(changed["target_name"], "legacy-ftp-gateway");
    refused(&app, "PUT", path.clone(), change, (409, "VERSION_CONFLICT")).await;
    admin(
        &app,
        "POST",
        &pairs_of(&group),
        json!({ "fuzzy_matching_tolerance": 0.2 }),
    )
    .await;
    let listed = admin(&app, "GET", &pairs_of(&group), Value::Null).await;
    let kept = list(&listed, "pairs")
        .iter()
        .find(|pair| pair["id"] == pairs[0]["id"])
        .unwrap();
    assert_eq!(
        kept["target_instance_id"],
        json!(free),
        "matching does not undo a person's choice"
    );
    admin(&app, "DELETE", &path, Value::Null).await;
    refused(
        &app,
        "DELETE",
        path.clone(),
        Value::Null,
        (404, "NOT_FOUND"),
    )
    .await;
    let nothing = json!({ "target_instance_id": "i-00000000000000000" });
    refused(&app, "PUT", path, nothing.clone(), (404, "NOT_FOUND")).await;
    let other = format!("{}/{}", pairs_of(&group), text(&pairs[1]["id"]));
    let error = refused(&app, "PUT", other, nothing, (400, "VALIDATION_FAILED")).await;
    assert_eq!(fields(&error), ["target_instance_id"]);
}

#[tokio::test]
async fn an_instance_is_the_target_of_one_pair_only_whatever_the_group() {
    let app = product(24).await;
    let (group, pairs) = paired(&app).await;
    let other = web_group(&app, "web too").await;
    let body = json!({ "pairs": [{
        "source_server_id": pairs[0]["source_server_id"],
        "target_instance_id": pairs[0]["target_instance_id"],
    }] });
    let taken = (409, "TARGET_TAKEN");
    let error = refused(&app, "POST", pairs_of(&other), body.clone(), taken).await;
    assert!(text(&error["message"]).contains(text(&pairs[0]["target_instance_id"])));
    // Matching does not even look at instances that are taken.
    let found = admin(&app, "POST", &pairs_of(&other), json!({})).await;
    assert_eq!(
        (&found["saved"], list(&found, "unmatched_sources").len()),
        (&json!(0), 8)
    );
    let swap = json!({ "target_instance_id": pairs[1]["target_instance_id"] });
    let path = format!("{}/{}", pairs_of(&group), text(&pairs[0]["id"]));
    refused(&app, "PUT", path.clone(), swap, taken).await;
    // Free again once its pair is gone.
    admin(&app, "DELETE", &path, Value::Null).await;
    let saved = admin(&app, "POST", &pairs_of(&other), body).await;
    assert_eq!(
        (&saved["saved"], &saved["pairs"][0]["method"]),
        (&json!(1), &json!("manual"))
    );
}

#[tokio::test]
async fn chosen_pairs_name_servers_of_the_group_and_instances_that_exist_each_once() {
    let app = product(24).await;
    let (group, pairs) = paired(&app).await;
    let pair = |server: &Value, target: &Value| json!({ "source_server_id": server, "target_instance_id": target });
    let (server, target) = (
        &pairs[0]["source_server_id"],
        &pairs[0]["target_instance_id"],
    );
    let db = json!({ "direction": direction(), "selection": { "tags": { "Tier": "db" } } });
    let db = admin(&app, "POST", "/protection-groups/preview", db).await;
    let foreign = &db["servers"][0]["source_server_id"];
    let cases = [
        (json!([]), vec!["pairs"]),
        (
            json!([pair(foreign, target)]),
            vec!["pairs[0].source_server_id"],
        ),
        (
            json!([pair(server, &json!("i-00000000000000000"))]),
            vec!["pairs[0].target_instance_id"],
        ),
        (
            json!([pair(server, target), pair(server, target)]),
            vec!["pairs[1].source_server_id", "pairs[1].target_instance_id"],
        ),
    ];
    for (given, expected) in cases {
        let body = json!({ "pairs": given });
        let error = refused(
            &app,
            "POST",
            pairs_of(&group),
            body,
            (400, "VALIDATION_FAILED"),
        )
        .await;
        assert_eq!(fields(&error), expected);
    }
}
