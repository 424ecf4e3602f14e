//! A fleet to test on: groups by tier, pairs and a plan over the simulated estate, made over the product's own doors.

#![expect(
    clippy::expect_used,
    reason = "a test kit: what goes wrong here must fail the test that caused it"
)]

pub mod home;
pub mod run;
pub mod truth;
pub mod way;
pub mod world;

use dr_testkit::TestApp;
use dr_testkit::{Role, TestAppBuilder};
use serde_json::{Value, json};

/// The estate's primary account and region.
pub const PRIMARY: (&str, &str) = ("111122223333", "us-east-1");
/// The estate's recovery account and region.
pub const RECOVERY: (&str, &str) = ("444455556666", "us-west-2");
/// Tiers in the order in which they recover.
pub const TIERS: [&str; 3] = ["db", "app", "web"];

/// From where to where, as the API takes it.
#[must_use]
pub fn direction() -> Value {
    let place = |(account, region)| json!({ "account_id": account, "region": region });
    json!({ "primary": place(PRIMARY), "recovery": place(RECOVERY) })
}

/// The four places as requirement 004 names them.
#[must_use]
pub fn places() -> Value {
    json!({
        "primary_account_id": PRIMARY.0, "primary_region": PRIMARY.1,
        "dr_account_id": RECOVERY.0, "dr_region": RECOVERY.1,
    })
}

/// A call over REST as an administrator.
pub async fn admin(app: &TestApp, method: &str, path: &str, body: Value) -> Value {
    let body = (!body.is_null()).then_some(body);
    let answered = app.rest(Role::Admin, method, path, body.as_ref()).await;
    assert!(
        answered.status < 300,
        "{method} {path}: {} {:#}",
        answered.status,
        answered.body
    );
    answered.body
}

/// The product over an estate of this size.
pub async fn product(servers: usize) -> TestApp {
    TestAppBuilder::new().servers(servers).start().await
}

/// Groups by tier, their pairs, and a plan that recovers tier after tier.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// The plan.
    pub plan_id: String,
    /// A group per tier.
    pub group_ids: Vec<String>,
}

/// Makes the fleet: a group per tier by tags, pairs by matching at tolerance 0.2, one wave per tier.
pub async fn fleet(app: &TestApp) -> Fleet {
    let mut group_ids = Vec::new();
    let mut waves = Vec::new();
    for tier in TIERS {
        let body = json!({ "name": tier, "direction": direction(), "selection": { "tags": { "Tier": tier } } });
        let group = admin(app, "POST", "/protection-groups", body).await;
        let id = group["id"].as_str().expect("an id").to_owned();
        let body = json!({ "fuzzy_matching_tolerance": 0.2 });
        admin(
            app,
            "POST",
            &format!("/protection-groups/{id}/instance-pairs"),
            body,
        )
        .await;
        waves.push(json!({ "name": tier, "group_ids": [id] }));
        group_ids.push(id);
    }
    let plan = admin(
        app,
        "POST",
        "/recovery-plans",
        json!({ "name": "fleet", "waves": waves }),
    )
    .await;
    Fleet {
        plan_id: plan["id"].as_str().expect("an id").to_owned(),
        group_ids,
    }
}

/// Starts an execution of the fleet's plan.
pub async fn start(app: &TestApp, fleet: &Fleet, execution_type: &str, more: Value) -> Value {
    let mut body = json!({ "plan_id": fleet.plan_id, "execution_type": execution_type });
    for (key, value) in more.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    admin(app, "POST", "/executions", body).await
}

/// Every server of an execution.
pub async fn servers_of(app: &TestApp, execution_id: &str) -> Vec<Value> {
    let path = format!("/executions/{execution_id}/servers?limit=1000");
    let body = admin(app, "GET", &path, Value::Null).await;
    body["servers"].as_array().expect("a list").clone()
}

/// Every source server id of the estate, in the order of names.
pub async fn source_server_ids(app: &TestApp) -> Vec<String> {
    let mut ids = Vec::new();
    let mut token = String::new();
    loop {
        let path = format!(
            "/drs/source-servers?account_id={}&region={}&limit=1000{token}",
            RECOVERY.0, RECOVERY.1
        );
        let page = admin(app, "GET", &path, Value::Null).await;
        let servers = page["source_servers"].as_array().expect("a list");
        ids.extend(servers.iter().map(|server| {
            server["source_server_id"]
                .as_str()
                .expect("an id")
                .to_owned()
        }));
        match page["next_token"].as_str() {
            Some(next) => token = format!("&next_token={next}"),
            None => return ids,
        }
    }
}

/// A fleet of the whole estate in so many groups of equal size, each a wave of its own, or all in one wave.
pub async fn fleet_in_groups(app: &TestApp, groups: usize, in_one_wave: bool) -> Fleet {
    let ids = source_server_ids(app).await;
    let size = ids.len().div_ceil(groups);
    let mut group_ids = Vec::new();
    for (number, chunk) in ids.chunks(size).enumerate() {
        let body = json!({
            "name": format!("group {number:02}"), "direction": direction(), "selection": { "server_ids": chunk },
        });
        let group = admin(app, "POST", "/protection-groups", body).await;
        let id = group["id"].as_str().expect("an id").to_owned();
        let body = json!({ "fuzzy_matching_tolerance": 0.2 });
        admin(
            app,
            "POST",
            &format!("/protection-groups/{id}/instance-pairs"),
            body,
        )
        .await;
        group_ids.push(id);
    }
    let waves: Vec<Value> = if in_one_wave {
        vec![json!({ "name": "all", "group_ids": group_ids })]
    } else {
        let wave = |(number, id)| json!({ "name": format!("wave {number:02}"), "group_ids": [id] });
        group_ids.iter().enumerate().map(wave).collect()
    };
    let plan = admin(
        app,
        "POST",
        "/recovery-plans",
        json!({ "name": "estate", "waves": waves }),
    )
    .await;
    Fleet {
        plan_id: plan["id"].as_str().expect("an id").to_owned(),
        group_ids,
    }
}
