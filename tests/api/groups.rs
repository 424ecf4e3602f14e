//! Protection groups and recovery plans: what a user may make, change and delete.

use dr_tests::{Fleet, admin, direction, fleet, product, source_server_ids};
use serde_json::{Value, json};

use crate::expect::{fields, refused, text};
use crate::requests::with;

fn group(name: &str) -> Value {
    json!({ "name": name, "direction": direction(), "selection": { "tags": { "Tier": "web" } } })
}

#[tokio::test]
async fn names_of_groups_are_unique_whatever_their_case_and_free_again_after_deleting() {
    let app = product(8).await;
    let made = admin(&app, "POST", "/protection-groups", group("Web servers")).await;
    for same in ["Web servers", "web SERVERS", "  Web servers "] {
        refused(
            &app,
            "POST",
            "/protection-groups",
            group(same),
            (409, "NAME_TAKEN"),
        )
        .await;
    }
    let other = admin(&app, "POST", "/protection-groups", group("Other")).await;
    let path = format!("/protection-groups/{}", text(&other["id"]));
    refused(
        &app,
        "PUT",
        path,
        json!({ "name": "web servers" }),
        (409, "NAME_TAKEN"),
    )
    .await;
    let path = format!("/protection-groups/{}", text(&made["id"]));
    let renamed = admin(&app, "PUT", &path, json!({ "name": "WEB SERVERS" })).await;
    assert_eq!(
        renamed["name"], "WEB SERVERS",
        "its own name in other letters is no conflict"
    );
    admin(&app, "DELETE", &path, Value::Null).await;
    admin(&app, "POST", "/protection-groups", group("web servers")).await;
}

#[tokio::test]
async fn a_group_is_refused_that_goes_nowhere_or_holds_nothing_on_purpose() {
    let app = product(8).await;
    let mut nowhere = direction();
    nowhere["recovery"] = nowhere["primary"].clone();
    let cases = [
        (json!({ "direction": nowhere }), "direction.recovery"),
        (json!({ "selection": { "tags": {} } }), "selection.tags"),
        (
            json!({ "selection": { "server_ids": [] } }),
            "selection.server_ids",
        ),
        (
            json!({ "selection": { "tags": { "": "x" } } }),
            "selection.tags",
        ),
        (
            json!({ "selection": { "tags": { "Tier\u{0}": "x" } } }),
            "selection.tags",
        ),
        (
            json!({ "selection": { "tags": { "Tier": "x".repeat(257) } } }),
            "selection.tags",
        ),
        (json!({ "name": "   " }), "name"),
        (json!({ "name": "x".repeat(129) }), "name"),
    ];
    for (more, field) in cases {
        let body = with(group("web"), more);
        let error = refused(
            &app,
            "POST",
            "/protection-groups",
            body,
            (400, "VALIDATION_FAILED"),
        )
        .await;
        assert_eq!(fields(&error), [field]);
    }
    let longest = with(group("web"), json!({ "name": "\u{1f525}".repeat(128) }));
    admin(&app, "POST", "/protection-groups", longest).await;
}

#[tokio::test]
async fn a_group_that_a_plan_uses_is_not_deleted_until_the_plan_lets_go() {
    let app = product(8).await;
    let Fleet { plan_id, group_ids } = fleet(&app).await;
    let path = format!("/protection-groups/{}", group_ids[0]);
    let error = refused(
        &app,
        "DELETE",
        path.clone(),
        Value::Null,
        (409, "GROUP_IN_USE"),
    )
    .await;
    assert!(
        text(&error["message"]).contains("fleet"),
        "names the plan: {error}"
    );
    let waves = json!([{ "name": "rest", "group_ids": &group_ids[1..] }]);
    admin(
        &app,
        "PUT",
        &format!("/recovery-plans/{plan_id}"),
        json!({ "waves": waves }),
    )
    .await;
    admin(&app, "DELETE", &path, Value::Null).await;
    refused(&app, "GET", path, Value::Null, (404, "NOT_FOUND")).await;
}

#[tokio::test]
async fn a_preview_of_tags_shows_the_servers_and_who_else_holds_them() {
    let app = product(24).await;
    let preview = |selection: Value| json!({ "direction": direction(), "selection": selection });
    let path = "/protection-groups/preview";
    let body = preview(json!({ "tags": { "Tier": "web" } }));
    let web = admin(&app, "POST", path, body.clone()).await;
    assert_eq!(web["total"], 8);
    for server in web["servers"].as_array().unwrap() {
        assert_eq!(server["tags"]["Tier"], "web");
    }
    assert_eq!(web["also_in_groups"], json!([]));
    let made = admin(&app, "POST", "/protection-groups", group("web")).await;
    let web = admin(&app, "POST", path, body).await;
    let also = web["also_in_groups"].as_array().unwrap();
    assert_eq!(also.len(), 8);
    assert!(also.iter().all(|one| one["group_id"] == made["id"]));
    let tags = json!({ "tags": { "Tier": "web", "Environment": "nowhere" } });
    let none = admin(&app, "POST", path, preview(tags)).await;
    assert_eq!(none["total"], 0, "a server must carry every tag");
    let known = source_server_ids(&app).await[0].clone();
    let unknown = "s-00000000000000000";
    let ids = json!({ "server_ids": [known, unknown] });
    let chosen = admin(&app, "POST", path, preview(ids)).await;
    assert_eq!(chosen["total"], 1);
    assert_eq!(chosen["unknown_server_ids"], json!([unknown]));
}

#[tokio::test]
async fn a_change_of_what_somebody_else_changed_is_a_conflict() {
    let app = product(8).await;
    let Fleet { plan_id, group_ids } = fleet(&app).await;
    for path in [
        format!("/protection-groups/{}", group_ids[0]),
        format!("/recovery-plans/{plan_id}"),
    ] {
        let read = admin(&app, "GET", &path, Value::Null).await;
        let change = json!({ "description": "Mine", "version": read["version"] });
        let changed = admin(&app, "PUT", &path, change.clone()).await;
        assert_eq!(
            changed["version"],
            json!(read["version"].as_u64().unwrap() + 1)
        );
        refused(&app, "PUT", path.clone(), change, (409, "VERSION_CONFLICT")).await;
        // Who names no version takes what is there.
        admin(&app, "PUT", &path, json!({ "description": "Last" })).await;
    }
}

#[tokio::test]
async fn plans_have_unique_names_and_1_to_20_waves_of_groups_that_exist_each_once() {
    let app = product(8).await;
    let Fleet { group_ids, .. } = fleet(&app).await;
    let waves = json!([{ "name": "one", "group_ids": [group_ids[0]] }]);
    let plan = json!({ "name": "FLEET", "waves": waves });
    refused(&app, "POST", "/recovery-plans", plan, (409, "NAME_TAKEN")).await;
    let wave = |ids: Value| json!({ "name": "w", "group_ids": ids });
    let unknown = "pg-00000000-0000-4000-8000-000000000000";
    let many: Vec<Value> = (0..21).map(|_| wave(json!([unknown]))).collect();
    let cases = [
        (json!([]), "waves"),
        (json!(many), "waves"),
        (json!([wave(json!([]))]), "waves[0].group_ids"),
        (
            json!([wave(json!([group_ids[0]])), wave(json!([group_ids[0]]))]),
            "waves[1].group_ids[0]",
        ),
        (
            json!([wave(json!([group_ids[0], unknown]))]),
            "waves[0].group_ids[1]",
        ),
        (
            json!([{ "name": " ", "group_ids": [group_ids[0]] }]),
            "waves[0].name",
        ),
    ];
    for (waves, field) in cases {
        let plan = json!({ "name": "new", "waves": waves });
        let error = refused(
            &app,
            "POST",
            "/recovery-plans",
            plan,
            (400, "VALIDATION_FAILED"),
        )
        .await;
        assert!(fields(&error).contains(&field), "{field}: {error:#}");
    }
}

#[tokio::test]
async fn all_groups_of_a_plan_fail_over_in_one_direction() {
    let app = product(8).await;
    let Fleet { group_ids, .. } = fleet(&app).await;
    let mut back = direction();
    (back["primary"], back["recovery"]) = (back["recovery"].clone(), back["primary"].clone());
    let other = admin(
        &app,
        "POST",
        "/protection-groups",
        with(group("back"), json!({ "direction": back })),
    )
    .await;
    let waves = json!([{ "name": "one", "group_ids": [group_ids[0], other["id"]] }]);
    let plan = json!({ "name": "mixed", "waves": waves });
    let error = refused(
        &app,
        "POST",
        "/recovery-plans",
        plan,
        (400, "VALIDATION_FAILED"),
    )
    .await;
    assert_eq!(fields(&error), ["waves[0].group_ids[1]"]);
}

#[tokio::test]
async fn a_plan_keeps_what_it_is_told_and_is_gone_when_deleted() {
    let app = product(8).await;
    let Fleet { plan_id, .. } = fleet(&app).await;
    let path = format!("/recovery-plans/{plan_id}");
    let plan = admin(&app, "GET", &path, Value::Null).await;
    assert_eq!(
        (&plan["rto_target_seconds"], &plan["pause_timeout_seconds"]),
        (&json!(1800), &json!(86_400))
    );
    let change = json!({ "rto_target_seconds": 3600, "pause_timeout_seconds": 600 });
    let changed = admin(&app, "PUT", &path, change).await;
    assert_eq!(changed["waves"], plan["waves"], "what is left out stays");
    assert_eq!(changed["rto_target_seconds"], 3600);
    admin(&app, "DELETE", &path, Value::Null).await;
    refused(
        &app,
        "DELETE",
        path.clone(),
        Value::Null,
        (404, "NOT_FOUND"),
    )
    .await;
    let start = json!({ "plan_id": plan_id, "execution_type": "DRILL" });
    refused(&app, "POST", "/executions", start, (404, "NOT_FOUND")).await;
}
