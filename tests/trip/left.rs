//! What a clean-up leaves of the mirrored configuration: nothing, and no link to it.

use chrono::TimeDelta;
use dr_testkit::{Role, TestApp};
use dr_tests::admin;
use dr_tests::home::Trip;
use dr_tests::way::{Away, Way, ready};
use serde_json::{Value, json};

const SERVERS: usize = 6;
/// What removes something, in DRS and EC2.
const REMOVERS: [(&str, &str); 9] = [
    ("drs", "StopReplication"),
    ("drs", "DisconnectSourceServer"),
    ("drs", "DeleteSourceServer"),
    ("drs", "DisconnectRecoveryInstance"),
    ("drs", "DeleteRecoveryInstance"),
    ("drs", "TerminateRecoveryInstances"),
    ("ec2", "StopInstances"),
    ("ec2", "TerminateInstances"),
    ("ec2", "DeleteVolume"),
];

fn removals(app: &TestApp) -> Vec<u64> {
    let calls = |(service, operation): (&str, &str)| app.calls(service, operation);
    REMOVERS.into_iter().map(calls).collect()
}

/// Ids of everything of a kind.
async fn ids(app: &TestApp, path: &str, list: &str) -> Vec<String> {
    let body = admin(app, "GET", &format!("{path}?limit=1000"), Value::Null).await;
    let all = body[list].as_array().unwrap();
    all.iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn is_gone(app: &TestApp, path: &str) {
    let answered = app.rest(Role::Admin, "GET", path, None).await;
    assert_eq!(answered.status, 404, "{path}: {:#}", answered.body);
}

/// The originals with what they know of a mirrored configuration.
async fn links(app: &TestApp, trip: &Trip) -> Vec<(Value, Value)> {
    let groups = trip.fleet.group_ids.iter();
    let mut paths: Vec<String> = groups
        .map(|id| format!("/protection-groups/{id}"))
        .collect();
    paths.push(format!("/recovery-plans/{}", trip.fleet.plan_id));
    let mut links = Vec::new();
    for path in paths {
        let original = admin(app, "GET", &path, Value::Null).await;
        links.push((
            original["mirrored_as"].clone(),
            original["session_id"].clone(),
        ));
    }
    links
}

/// Requirement 001, 8.4 and 8.5.
#[tokio::test]
async fn a_clean_up_takes_the_mirrored_groups_and_plan_and_every_link_to_them_and_a_second_harms_nothing()
 {
    let Away { app, trip, way, .. } = ready(SERVERS).await;
    let session = way.session(&app).await;
    let links_of = session["mirrored_groups"].as_array().unwrap();
    let mirrored: Vec<&str> = links_of
        .iter()
        .map(|link| link["mirrored_id"].as_str().unwrap())
        .collect();
    let plan = session["mirrored_plan_id"].as_str().unwrap();
    assert_eq!(mirrored.len(), trip.fleet.group_ids.len());
    let groups = ids(&app, "/protection-groups", "protection_groups").await;
    assert!(mirrored.iter().all(|id| groups.iter().any(|g| g == id)));
    assert!(
        ids(&app, "/recovery-plans", "recovery_plans")
            .await
            .iter()
            .any(|id| id == plan)
    );
    for (mirrored_as, of_session) in links(&app, &trip).await {
        assert!(mirrored_as.is_string());
        assert_eq!(of_session, way.id.as_str());
    }

    way.home(&app).await;
    for id in &mirrored {
        is_gone(&app, &format!("/protection-groups/{id}")).await;
        is_gone(&app, &format!("/protection-groups/{id}/instance-pairs")).await;
    }
    is_gone(&app, &format!("/recovery-plans/{plan}")).await;
    let mut left = ids(&app, "/protection-groups", "protection_groups").await;
    left.sort_unstable();
    let mut originals = trip.fleet.group_ids.clone();
    originals.sort_unstable();
    assert_eq!(left, originals, "the groups that failed over, and no other");
    assert_eq!(
        ids(&app, "/recovery-plans", "recovery_plans").await,
        [trip.fleet.plan_id.as_str()]
    );
    let cleared = (Value::Null, Value::Null);
    assert!(links(&app, &trip).await.iter().all(|link| *link == cleared));
    let session = way.session(&app).await;
    assert_eq!(session["mirrored_groups"], json!([]), "{session:#}");
    assert!(session["mirrored_plan_id"].is_null(), "{session:#}");
    assert_eq!(session["is_mirrored"], false);

    again(&app, &way).await;
}

/// Asked for again, by the words of the first time and by those of now.
async fn again(app: &TestApp, way: &Way) {
    let (before, removed) = (app.control().inventory(), removals(app));
    let path = format!("/failover-sessions/{}/cleanup", way.id);
    let inventory = admin(app, "GET", &path, Value::Null).await;
    let goes: Vec<&Value> = inventory["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["action"] != "keep")
        .collect();
    assert!(goes.is_empty(), "{goes:#?}");
    let first = json!(format!("clean up {SERVERS} servers"));
    for confirm in [&first, &inventory["confirmation"]] {
        let why = way
            .refused(app, "cleanup", json!({ "confirm": confirm }))
            .await;
        assert!(why.contains("CLEANUP_COMPLETE"), "{why}");
    }
    app.advance(TimeDelta::minutes(10)).await;
    assert_eq!(removals(app), removed);
    dr_tests::home::assert_same(&before, &app.control().inventory());
    let session = way.session(app).await;
    assert_eq!(session["status"], "CLEANUP_COMPLETE", "{session:#}");
}
