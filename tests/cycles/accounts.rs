//! Accounts and regions: roles, external ids, and a primary region that is gone.

use chrono::TimeDelta;
use dr_sim::control::{Fault, FaultKind};
use dr_testkit::TestApp;
use dr_tests::run::{Wave, ask_pairs, plan, server_ids, start_plan, told};
use dr_tests::{PRIMARY, RECOVERY, admin, product, truth, world};
use serde_json::{Value, json};

/// What a role's trust policy demands, changed by somebody in that account.
fn set_trust(app: &TestApp, account: &str, trust: &Value) {
    let mut dump = app.control().dump().unwrap();
    let roles = dump["accounts"][account]["iam"]["roles"]
        .as_object_mut()
        .unwrap();
    let role = roles
        .values_mut()
        .find(|role| role["name"] == "DROrchestratorRole");
    role.unwrap()["trust"] = trust.clone();
    app.control().load(dump).unwrap();
}

fn sessions(app: &TestApp, account: &str) -> usize {
    app.control()
        .inspect(|world| world.accounts[account].sts.sessions.len())
}

/// The worst day: no role in the primary account can be assumed, so nothing there answers.
#[tokio::test]
async fn a_recovery_starts_and_ends_without_the_primary_region() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let plan = plan(&app, &[Wave::of(&ids)], &Value::Null).await;
    set_trust(&app, PRIMARY.0, &json!([]));
    // Sessions from before the outage are over.
    app.advance(TimeDelta::hours(2)).await;
    app.control().reset_calls();
    // IAM's control plane lives in that very region: it does not answer either.
    app.control().inject(Fault {
        service: "iam".to_owned(),
        operation: "*".to_owned(),
        nth: 1,
        times: u32::MAX,
        kind: FaultKind::NoAnswer,
    });
    let before = sessions(&app, PRIMARY.0);
    let id = start_plan(&app, &plan, "RECOVERY").await;
    let over = truth::over(&app, &id).await;
    assert_eq!(over.status(), "COMPLETED");
    assert_eq!(
        sessions(&app, PRIMARY.0),
        before,
        "the primary account was not needed"
    );
    let calls = app.control().calls();
    let to_primary = calls
        .iter()
        .filter(|call| call.service != "iam")
        .find(|call| call.account == PRIMARY.0 || call.region == PRIMARY.1);
    assert_eq!(to_primary, None);
}

/// Requirement 004: test_cross_account_recovery.
#[tokio::test]
async fn the_recovery_role_is_assumed_with_the_external_id_and_not_without() {
    let app = product(3).await;
    let account = admin(
        &app,
        "GET",
        &format!("/target-accounts/{}", RECOVERY.0),
        Value::Null,
    )
    .await;
    let trust = app.control().inspect(|world| {
        let roles = &world.accounts[RECOVERY.0].iam.roles;
        let role = roles
            .values()
            .find(|role| role.name == "DROrchestratorRole")
            .unwrap();
        serde_json::to_value(&role.trust).unwrap()
    });
    assert_eq!(trust[0]["external_id"], account["external_id"]);
    let pairs = world::pairs(&app);
    let id = dr_tests::run::start_pairs(&app, &pairs[..1], Value::Null).await;
    truth::over(&app, &id).await;
    assert!(app.calls("sts", "AssumeRole") >= 1);
    assert!(sessions(&app, RECOVERY.0) >= 1);
    // The inventory reads every registered place; nothing else asks the primary one.
    let is_inventory = |operation: &str| operation == "DescribeSourceServers";
    let in_account = app.control().calls().into_iter().filter(|call| {
        call.service == "drs" && (call.region == RECOVERY.1 || !is_inventory(&call.operation))
    });
    for call in in_account {
        assert_eq!(
            (call.account.as_str(), call.region.as_str()),
            RECOVERY,
            "{call:?}"
        );
    }

    let mut wrong = trust.clone();
    wrong[0]["external_id"] = json!("somebody else's");
    set_trust(&app, RECOVERY.0, &wrong);
    app.advance(TimeDelta::hours(2)).await;
    let refused = ask_pairs(&app, &pairs[1..], Value::Null).await.expect(403);
    assert_eq!(refused["error"]["code"], "AWS_ACCESS_DENIED");
    assert!(
        refused["error"]["details"]["remediation"]
            .as_str()
            .unwrap()
            .contains("external id")
    );
    set_trust(&app, RECOVERY.0, &trust);
    let id = dr_tests::run::start_pairs(&app, &pairs[1..], Value::Null).await;
    assert_eq!(truth::over(&app, &id).await.status(), "COMPLETED");
}

#[tokio::test]
async fn an_account_or_region_that_is_not_registered_is_refused_by_name() {
    let app = product(3).await;
    let pairs = world::pairs(&app);
    let unknown = ask_pairs(&app, &pairs, json!({ "dr_account_id": "123456789012" }))
        .await
        .expect(409);
    assert_eq!(unknown["error"]["code"], "ACCOUNT_NOT_REGISTERED");
    let region = ask_pairs(&app, &pairs, json!({ "dr_region": "eu-west-1" }))
        .await
        .expect(409);
    assert_eq!(region["error"]["code"], "REGION_NOT_REGISTERED");
    assert!(
        region["error"]["message"]
            .as_str()
            .unwrap()
            .contains("eu-west-1")
    );
}

#[tokio::test]
async fn a_region_where_drs_was_never_initialised_is_refused_and_says_so() {
    let app = product(3).await;
    let path = format!("/target-accounts/{}", RECOVERY.0);
    admin(
        &app,
        "PUT",
        &path,
        json!({ "regions": [RECOVERY.1, "eu-west-1"] }),
    )
    .await;
    let refused = ask_pairs(
        &app,
        &world::pairs(&app),
        json!({ "dr_region": "eu-west-1" }),
    )
    .await;
    let text = refused.body.to_string();
    assert!((400..500).contains(&refused.status), "{text}");
    assert!(text.to_lowercase().contains("initialis"), "{text}");
}

/// A recovery outlives the hour that an assumed role's session lasts.
#[tokio::test]
async fn a_pause_longer_than_a_session_does_not_lose_the_account() {
    let app = product(3).await;
    let ids = server_ids(&app);
    let waves = [
        Wave::of(&ids[..1]),
        Wave::of(&ids[1..]).with(json!({ "pause_before": true })),
    ];
    let plan = plan(&app, &waves, &Value::Null).await;
    let id = start_plan(&app, &plan, "DRILL").await;
    dr_tests::run::until_status(&app, &id, "PAUSED").await;
    app.advance(TimeDelta::hours(3)).await;
    told(&app, &id, "resume").await;
    assert_eq!(truth::over(&app, &id).await.status(), "COMPLETED");
}
