//! Starting, steering and driving executions.

use chrono::TimeDelta;
use dr_testkit::{Answered, Role, TestApp};
use serde_json::{Value, json};

use crate::{places, world};

/// The longest any execution of a test takes, in simulated time.
pub const LIMIT: TimeDelta = TimeDelta::hours(3);

/// A wave of a plan: its groups by their place in the list, and what a person set.
#[derive(Debug, Clone, Default)]
pub struct Wave {
    /// Names of the servers of its one group.
    pub servers: Vec<String>,
    /// More fields of the wave.
    pub more: Value,
}

impl Wave {
    /// A wave of these servers.
    pub fn of<S: AsRef<str>>(servers: &[S]) -> Self {
        Self {
            servers: servers.iter().map(|s| s.as_ref().to_owned()).collect(),
            more: Value::Null,
        }
    }

    /// With more fields: `pause_before`, `on_failure`.
    #[must_use]
    pub fn with(mut self, more: Value) -> Self {
        self.more = more;
        self
    }
}

/// Makes a plan with one group per wave, of servers by id, paired by name. Answers the plan's id.
pub async fn plan(app: &TestApp, waves: &[Wave], more: &Value) -> String {
    let mut of_plan = Vec::new();
    for (number, wave) in waves.iter().enumerate() {
        let group = group(app, &format!("group {number}"), &wave.servers).await;
        let mut body = json!({ "name": format!("wave {number}"), "group_ids": [group] });
        merge(&mut body, &wave.more);
        of_plan.push(body);
    }
    let mut body = json!({ "name": "plan", "waves": of_plan });
    merge(&mut body, more);
    let plan = crate::admin(app, "POST", "/recovery-plans", body).await;
    plan["id"].as_str().expect("an id").to_owned()
}

/// Makes a group of servers by id, and pairs it by name. Answers its id.
pub async fn group(app: &TestApp, name: &str, servers: &[String]) -> String {
    let body = json!({
        "name": name, "direction": crate::direction(), "selection": { "server_ids": servers },
    });
    let group = crate::admin(app, "POST", "/protection-groups", body).await;
    let id = group["id"].as_str().expect("an id").to_owned();
    let path = format!("/protection-groups/{id}/instance-pairs");
    crate::admin(app, "POST", &path, json!({})).await;
    id
}

/// Asks to start a plan.
pub async fn ask_plan(app: &TestApp, plan_id: &str, execution_type: &str, more: Value) -> Answered {
    let mut body = json!({ "plan_id": plan_id, "execution_type": execution_type });
    merge(&mut body, &more);
    app.rest(Role::Admin, "POST", "/executions", Some(&body))
        .await
}

/// Starts a plan. Answers the execution's id.
pub async fn start_plan(app: &TestApp, plan_id: &str, execution_type: &str) -> String {
    let answered = ask_plan(app, plan_id, execution_type, Value::Null).await;
    execution_id(&answered.expect(202))
}

/// Asks to start a drill, or what `more` says, of pairs.
pub async fn ask_pairs(app: &TestApp, pairs: &[(String, String)], more: Value) -> Answered {
    let mut body = places();
    let pair = |(server, target): &(String, String)| json!({ "source_server_id": server, "target_instance_id": target });
    body["pairs"] = pairs.iter().map(pair).collect();
    merge(&mut body, &more);
    app.rest(
        Role::Admin,
        "POST",
        "/executions/allow-launching/failover",
        Some(&body),
    )
    .await
}

/// Starts a drill, or what `more` says, of pairs. Answers the execution's id.
pub async fn start_pairs(app: &TestApp, pairs: &[(String, String)], more: Value) -> String {
    execution_id(&ask_pairs(app, pairs, more).await.expect(202))
}

/// Starts a drill of the whole estate, every server into the instance of its name.
pub async fn drill_all(app: &TestApp) -> String {
    start_pairs(app, &world::pairs(app), Value::Null).await
}

/// The id in the answer to a start.
#[must_use]
pub fn execution_id(started: &Value) -> String {
    let id = started["execution_id"].as_str();
    id.expect("an execution id").to_owned()
}

/// A person's word to an execution: `pause`, `resume`, `cancel`, `terminate-instances`.
pub async fn say(app: &TestApp, id: &str, word: &str, body: Value) -> Answered {
    let path = format!("/executions/{id}/{word}");
    let body = (!body.is_null()).then_some(body);
    app.rest(Role::Admin, "POST", &path, body.as_ref()).await
}

/// A person's word to an execution, taken. Answers its view.
pub async fn told(app: &TestApp, id: &str, word: &str) -> Value {
    say(app, id, word, Value::Null).await.expect(200)
}

/// An execution as it is shown.
pub async fn view(app: &TestApp, id: &str) -> Value {
    crate::admin(app, "GET", &format!("/executions/{id}"), Value::Null).await
}

/// Goes on until the execution is in this status; answers its view.
///
/// # Panics
/// When it is over, or the limit is, before.
pub async fn until_status(app: &TestApp, id: &str, status: &str) -> Value {
    until(app, id, |view| view["status"] == status).await
}

/// Goes on until the execution's view is as wanted; answers it.
///
/// # Panics
/// When the limit is over before.
pub async fn until(app: &TestApp, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let last = app.now() + LIMIT;
    loop {
        let shown = view(app, id).await;
        if wanted(&shown) {
            return shown;
        }
        let moved = app.driver().advance_to_next().await;
        let moved = moved.expect("the state can be stored");
        let in_time = moved.is_some_and(|now| now <= last);
        assert!(in_time, "it never came to that: {shown:#}");
    }
}

/// Servers of the estate by name, as ids, in order of name.
#[must_use]
pub fn server_ids(app: &TestApp) -> Vec<String> {
    world::servers(app).into_values().collect()
}

fn merge(into: &mut Value, more: &Value) {
    for (key, value) in more.as_object().into_iter().flatten() {
        into[key] = value.clone();
    }
}
