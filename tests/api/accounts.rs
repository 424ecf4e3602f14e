//! Target accounts: registering, changing, removing, validating.

use dr_tests::{PRIMARY, RECOVERY, admin, direction, fleet, places, product};
use serde_json::{Value, json};

use crate::expect::{fields, refused, text};
use crate::requests::{NEW_ACCOUNT, with};

fn new_account() -> Value {
    json!({
        "account_id": NEW_ACCOUNT,
        "name": "Another",
        "role_arn": format!("arn:aws:iam::{NEW_ACCOUNT}:role/path/DROrchestratorRole"),
        "regions": ["eu-central-1", "eu-west-1"],
    })
}

#[tokio::test]
async fn an_account_is_registered_once_with_an_external_id_of_its_own_that_never_changes() {
    let app = product(0).await;
    let made = admin(&app, "POST", "/target-accounts", new_account()).await;
    let external_id = text(&made["external_id"]).to_owned();
    assert!(
        external_id.starts_with("drs-orchestrator-"),
        "{external_id}"
    );
    let other = admin(
        &app,
        "GET",
        &format!("/target-accounts/{}", RECOVERY.0),
        Value::Null,
    )
    .await;
    assert_ne!(other["external_id"], made["external_id"]);
    let again = with(new_account(), json!({ "name": "Once more" }));
    refused(
        &app,
        "POST",
        "/target-accounts",
        again,
        (409, "ALREADY_EXISTS"),
    )
    .await;
    let path = format!("/target-accounts/{NEW_ACCOUNT}");
    let changed = admin(
        &app,
        "PUT",
        &path,
        json!({ "name": "Renamed", "regions": ["eu-north-1"] }),
    )
    .await;
    assert_eq!(changed["name"], "Renamed");
    assert_eq!(changed["regions"], json!(["eu-north-1"]));
    assert_eq!(
        changed["role_arn"], made["role_arn"],
        "what is left out stays"
    );
    assert_eq!(changed["external_id"], json!(external_id));
    assert_eq!(
        changed["version"],
        json!(made["version"].as_u64().unwrap() + 1)
    );
    let deleted = admin(&app, "DELETE", &path, Value::Null).await;
    assert_eq!(deleted["deleted"], NEW_ACCOUNT);
    refused(&app, "GET", path.clone(), Value::Null, (404, "NOT_FOUND")).await;
    refused(&app, "DELETE", path, Value::Null, (404, "NOT_FOUND")).await;
}

#[tokio::test]
async fn a_role_must_be_a_role_of_that_account() {
    let app = product(0).await;
    for arn in [
        format!("arn:aws:iam::{}:role/DROrchestratorRole", PRIMARY.0),
        format!("arn:aws:iam::{NEW_ACCOUNT}:user/DROrchestratorRole"),
        format!("arn:aws:iam::{NEW_ACCOUNT}:role/"),
        format!("arn:aws:iam:us-east-1:{NEW_ACCOUNT}:role/R"),
        format!("arn:aws:iam::{NEW_ACCOUNT}:role/R\u{0}"),
        "DROrchestratorRole".to_owned(),
        String::new(),
    ] {
        let body = with(new_account(), json!({ "role_arn": arn }));
        let error = refused(
            &app,
            "POST",
            "/target-accounts",
            body,
            (400, "VALIDATION_FAILED"),
        )
        .await;
        assert_eq!(fields(&error), ["role_arn"], "{arn}");
        let path = format!("/target-accounts/{}", RECOVERY.0);
        if !arn.contains(RECOVERY.0) {
            let body = json!({ "role_arn": arn });
            refused(&app, "PUT", path, body, (400, "VALIDATION_FAILED")).await;
        }
    }
    let mut without = new_account();
    without.as_object_mut().unwrap().shift_remove("role_arn");
    let error = refused(
        &app,
        "POST",
        "/target-accounts",
        without,
        (400, "VALIDATION_FAILED"),
    )
    .await;
    assert_eq!(fields(&error), ["role_arn"]);
    let body = with(new_account(), json!({ "regions": [] }));
    let error = refused(
        &app,
        "POST",
        "/target-accounts",
        body,
        (400, "VALIDATION_FAILED"),
    )
    .await;
    assert_eq!(fields(&error), ["regions"]);
}

#[tokio::test]
async fn a_change_by_somebody_else_is_a_conflict() {
    let app = product(0).await;
    let path = format!("/target-accounts/{}", RECOVERY.0);
    let read = admin(&app, "GET", &path, Value::Null).await;
    let mine = json!({ "name": "Mine", "version": read["version"] });
    admin(&app, "PUT", &path, mine).await;
    let theirs = json!({ "name": "Theirs", "version": read["version"] });
    refused(&app, "PUT", path.clone(), theirs, (409, "VERSION_CONFLICT")).await;
    assert_eq!(admin(&app, "GET", &path, Value::Null).await["name"], "Mine");
}

#[tokio::test]
async fn an_account_that_a_group_uses_is_not_removed() {
    let app = product(8).await;
    fleet(&app).await;
    for (account, _) in [PRIMARY, RECOVERY] {
        let path = format!("/target-accounts/{account}");
        let error = refused(&app, "DELETE", path, Value::Null, (409, "ACCOUNT_IN_USE")).await;
        assert!(text(&error["message"]).contains("group"), "{error}");
    }
}

#[tokio::test]
async fn an_account_or_a_region_that_is_not_registered_is_named() {
    let app = product(8).await;
    let place =
        |account: &str, region: &str| format!("/drs/quotas?account_id={account}&region={region}");
    let unknown = (409, "ACCOUNT_NOT_REGISTERED");
    let error = refused(
        &app,
        "GET",
        place(NEW_ACCOUNT, "us-west-2"),
        Value::Null,
        unknown,
    )
    .await;
    assert!(text(&error["message"]).contains(NEW_ACCOUNT));
    let unused = (409, "REGION_NOT_REGISTERED");
    let error = refused(
        &app,
        "GET",
        place(RECOVERY.0, "eu-west-1"),
        Value::Null,
        unused,
    )
    .await;
    assert!(text(&error["message"]).contains("eu-west-1"));
    let matching = with(places(), json!({ "dr_region": "eu-west-1" }));
    refused(&app, "POST", "/drs/instances/match", matching, unused).await;
    let mut elsewhere = direction();
    elsewhere["recovery"]["account_id"] = json!(NEW_ACCOUNT);
    let preview = json!({ "direction": elsewhere, "selection": { "tags": { "Tier": "web" } } });
    refused(&app, "POST", "/protection-groups/preview", preview, unknown).await;
}

#[tokio::test]
async fn validating_an_account_shows_its_role_and_drs_region_by_region() {
    let app = product(8).await;
    let path = format!("/target-accounts/{}/validate", RECOVERY.0);
    let report = admin(&app, "POST", &path, Value::Null).await;
    assert_eq!(report["validation_passed"], true);
    let names: Vec<&str> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| text(&one["check_name"]))
        .collect();
    assert_eq!(names, ["role_assumption", "drs_initialized"]);
    // A role that nobody made cannot be assumed: the check says what its trust policy must hold.
    let made = admin(&app, "POST", "/target-accounts", new_account()).await;
    let path = format!("/target-accounts/{NEW_ACCOUNT}/validate");
    let report = admin(&app, "POST", &path, Value::Null).await;
    assert_eq!(report["validation_passed"], false);
    let check = &report["checks"][0];
    assert_eq!(
        (&check["check_name"], &check["passed"]),
        (&json!("role_assumption"), &json!(false))
    );
    assert!(
        text(&check["remediation"]).contains(text(&made["external_id"])),
        "{check:#}"
    );
}
