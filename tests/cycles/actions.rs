//! SSM actions before and after waves: in their order, once, and what their failure does.
//!
//! Requirement 001, 4.4: a plan's "pre-wave and post-wave SSM actions".

use chrono::{DateTime, TimeDelta, Utc};
use dr_sim::ec2::Platform;
use dr_testkit::{Cut, TestApp};
use dr_tests::run::{LIMIT, Wave, ask_plan, plan, start_plan, told, until, until_status, view};
use dr_tests::truth::Over;
use dr_tests::{RECOVERY, product, truth, world};
use serde_json::{Value, json};

/// A product with three servers, two of them to recover; the instance that waits for the third runs beside them, and
/// Systems Manager reaches it.
struct Stage {
    app: TestApp,
    servers: Vec<String>,
    beside: String,
}

async fn stage() -> Stage {
    let app = product(3).await;
    let mut pairs = world::pairs(&app);
    let is_linux = |id: &str| {
        app.control().inspect(|world| {
            let place = world.at(RECOVERY.0, RECOVERY.1).unwrap();
            place.ec2.instances[id].machine.platform == Platform::Linux
        })
    };
    let at = pairs
        .iter()
        .position(|(_, target)| is_linux(target))
        .unwrap();
    let (_, beside) = pairs.remove(at);
    let body = json!({ "InstanceId": [beside] });
    let started = app
        .control()
        .by_hand(RECOVERY.0, RECOVERY.1, "StartInstances", &body);
    started.unwrap();
    app.advance(TimeDelta::minutes(10)).await;
    Stage {
        app,
        servers: pairs.into_iter().map(|(server, _)| server).collect(),
        beside,
    }
}

/// A command as Systems Manager has it.
struct Command {
    comment: String,
    requested: DateTime<Utc>,
    instances: Vec<String>,
    script: Vec<String>,
}

/// Commands of the recovery place, oldest first.
fn commands(app: &TestApp) -> Vec<Command> {
    let mut commands: Vec<Command> = app.control().inspect(|world| {
        let place = world.at(RECOVERY.0, RECOVERY.1).unwrap();
        let sent = place.ssm.commands.values();
        sent.map(|command| Command {
            comment: command.comment.clone().unwrap_or_default(),
            requested: command.requested,
            instances: command.instance_ids.clone(),
            script: command.parameters["commands"].clone(),
        })
        .collect()
    });
    commands.sort_by_key(|command| command.requested);
    commands
}

fn scripts(app: &TestApp) -> Vec<String> {
    let commands = commands(app).into_iter();
    commands.flat_map(|command| command.script).collect()
}

impl Stage {
    /// An action on the instance beside that says its name.
    fn action(&self, name: &str) -> Value {
        json!({
            "name": name, "document_name": "AWS-RunShellScript",
            "parameters": { "commands": [format!("echo {name}")] },
            "on": { "instance_ids": [self.beside] },
        })
    }

    fn with(&self, name: &str, more: &Value) -> Value {
        let mut action = self.action(name);
        for (key, value) in more.as_object().unwrap() {
            action[key] = value.clone();
        }
        action
    }

    /// A plan with a wave for each server, the first with these fields more; its execution.
    async fn started(&self, first: Value, kind: &str) -> String {
        let mut waves: Vec<Wave> = self.servers.chunks(1).map(Wave::of).collect();
        waves[0] = waves[0].clone().with(first);
        let plan = plan(&self.app, &waves, &Value::Null).await;
        start_plan(&self.app, &plan, kind).await
    }

    /// The next command on the instance beside fails.
    fn fails_next(&self) {
        let failing = self.app.control();
        failing
            .fail_next_command(&self.beside, "queue is locked", 3)
            .unwrap();
    }
}

fn state(view: &Value, name: &str) -> String {
    let actions = view["actions"].as_array().unwrap();
    let found = actions.iter().find(|action| action["name"] == name);
    found.unwrap()["state"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_drill_runs_the_actions_of_its_waves_in_their_order_around_the_launches() {
    let stage = stage().await;
    let on_wave = json!({
        "name": "check", "document_name": "AWS-RunShellScript", "on": "WAVE",
        "parameters": { "commands": ["echo check"] },
    });
    let first = json!({
        "actions_before": [stage.action("drain"), stage.action("stop")],
        "actions_after": [on_wave, stage.action("tell")],
    });
    let id = stage.started(first, "DRILL").await;
    let seen = until(&stage.app, &id, |view| state(view, "drain") == "RUNNING").await;
    assert_eq!(
        seen["waiting_for"],
        "The SSM action 1 of 2 before wave wave 0"
    );
    assert_eq!(world::launches(&stage.app).len(), 0, "the wave waits");
    let over = truth::over(&stage.app, &id).await;
    assert_eq!(over.status(), "COMPLETED");

    let commands = commands(&stage.app);
    let order: Vec<&str> = commands.iter().map(|c| c.script[0].as_str()).collect();
    assert_eq!(
        order,
        ["echo drain", "echo stop", "echo check", "echo tell"]
    );
    let mut jobs = world::launches(&stage.app);
    jobs.sort_by_key(|job| job.created);
    let moments = [
        commands[0].requested,
        commands[1].requested,
        jobs[0].created,
        commands[2].requested,
        commands[3].requested,
        jobs[1].created,
    ];
    assert!(moments.is_sorted(), "{moments:?}");
    let launched = over.server(&stage.servers[0]);
    assert_eq!(
        json!(commands[2].instances),
        json!([launched["recovery_instance_id"]])
    );

    for (action, name) in over.execution["actions"]
        .as_array()
        .unwrap()
        .iter()
        .zip(["drain", "stop", "check", "tell"])
    {
        assert_eq!(action["name"], name);
        assert_eq!(action["state"], "SUCCEEDED", "{action:#}");
        assert_eq!(action["instances"][0]["output"], name, "{action:#}");
        assert!(action["started_at"].as_str() <= action["ended_at"].as_str());
        assert_eq!(action["command_ids"].as_array().unwrap().len(), 1);
    }
    let wave = &over.execution["waves"][0];
    assert_eq!(
        wave["actions_before"],
        json!({ "total": 2, "over": 2, "failed": 0 })
    );
    let moment = |value: &Value| value.as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    assert!(moment(&wave["started_at"]) <= commands[0].requested);
    assert!(moment(&wave["ended_at"]) >= commands[3].requested);
}

#[tokio::test]
async fn an_action_that_is_not_for_drills_runs_in_a_recovery_alone() {
    for (kind, ran, state_of_it) in [("DRILL", 1, "SKIPPED"), ("RECOVERY", 2, "SUCCEEDED")] {
        let stage = stage().await;
        let switch = stage.with("switch", &json!({ "skip_in_drills": true }));
        let first = json!({ "actions_before": [switch, stage.action("tell")] });
        let waves: Vec<Wave> = vec![Wave::of(&stage.servers).with(first)];
        let plan = plan(&stage.app, &waves, &Value::Null).await;
        let dry = ask_plan(&stage.app, &plan, kind, json!({ "dry_run": true })).await;
        let told = dry.expect(202)["waves"][0]["actions_before"].clone();
        assert_eq!(told.as_array().unwrap().len(), ran, "{kind}: {told}");
        let id = start_plan(&stage.app, &plan, kind).await;
        let over = truth::over(&stage.app, &id).await;
        assert_eq!(over.status(), "COMPLETED");
        assert_eq!(state(&over.execution, "switch"), state_of_it);
        assert_eq!(commands(&stage.app).len(), ran, "{kind}");
    }
}

#[tokio::test]
async fn a_failed_action_that_does_not_matter_is_told_and_the_plan_goes_on() {
    let stage = stage().await;
    stage.fails_next();
    let first = json!({ "actions_before": [stage.action("drain"), stage.action("stop")] });
    let id = stage.started(first, "DRILL").await;
    let over = truth::over(&stage.app, &id).await;
    assert_eq!(over.status(), "COMPLETED_WITH_FAILURES");
    assert_eq!(over.count("LAUNCHED"), 2, "all servers are there");
    assert_eq!(state(&over.execution, "stop"), "SUCCEEDED");
    let failed = &over.execution["actions"][0];
    assert_eq!(failed["state"], "FAILED");
    let on = &failed["instances"][0];
    assert!(
        on["reason"].as_str().unwrap().contains("exit code 3"),
        "{on:#}"
    );
    assert!(
        on["output"].as_str().unwrap().contains("queue is locked"),
        "{on:#}"
    );
}

#[tokio::test]
async fn a_failed_action_before_a_wave_waits_for_a_person_before_anything_else_of_it_happens() {
    let stage = stage().await;
    stage.fails_next();
    let drain = stage.with("drain", &json!({ "on_failure": "PAUSE" }));
    let first = json!({ "actions_before": [drain, stage.action("stop")] });
    let id = stage.started(first, "DRILL").await;
    let paused = until_status(&stage.app, &id, "PAUSED").await;
    assert_eq!(paused["current_wave"], 1);
    let why = paused["waiting_for"].as_str().unwrap();
    assert!(why.contains("drain failed"), "{why}");
    stage.app.advance(TimeDelta::minutes(30)).await;
    assert_eq!(
        scripts(&stage.app),
        ["echo drain"],
        "nothing runs meanwhile"
    );
    assert_eq!(world::launches(&stage.app).len(), 0);
    told(&stage.app, &id, "resume").await;
    let over = truth::over(&stage.app, &id).await;
    assert_eq!(over.status(), "COMPLETED_WITH_FAILURES");
    assert_eq!(over.count("LAUNCHED"), 2);
    assert_eq!(scripts(&stage.app), ["echo drain", "echo stop"]);
    assert_eq!(world::launches(&stage.app).len(), 2);
    assert!(over.execution["paused_seconds"].as_u64().unwrap() >= 1_800);
}

#[tokio::test]
async fn a_failed_action_after_a_wave_waits_for_a_person_before_what_comes_next() {
    // The last action of the wave: the next wave waits. One in between: the next action waits.
    for (name, wave, left) in [("tell", 2, 0), ("check", 1, 1)] {
        let stage = stage().await;
        let after = ["check", "tell"].map(|one| {
            let on_failure = if one == name { "PAUSE" } else { "CONTINUE" };
            stage.with(one, &json!({ "on_failure": on_failure }))
        });
        let failing = stage.app.control();
        if name == "tell" {
            failing
                .fail_next_command(&stage.beside, "first", 1)
                .unwrap();
        }
        failing
            .fail_next_command(&stage.beside, "no route", 1)
            .unwrap();
        let id = stage
            .started(json!({ "actions_after": after }), "DRILL")
            .await;
        let paused = until_status(&stage.app, &id, "PAUSED").await;
        assert_eq!(paused["current_wave"], wave, "{paused:#}");
        assert_eq!(world::launches(&stage.app).len(), 1);
        assert_eq!(scripts(&stage.app).len(), 2 - left);
        told(&stage.app, &id, "resume").await;
        let over = truth::over(&stage.app, &id).await;
        assert_eq!(over.status(), "COMPLETED_WITH_FAILURES");
        assert_eq!(scripts(&stage.app), ["echo check", "echo tell"]);
        assert_eq!(world::launches(&stage.app).len(), 2);
    }
}

#[tokio::test]
async fn a_failed_action_that_stops_the_plan_leaves_what_has_not_begun_out() {
    for (side, launched) in [("actions_before", 0), ("actions_after", 1)] {
        let stage = stage().await;
        stage.fails_next();
        let drain = stage.with("drain", &json!({ "on_failure": "STOP" }));
        let id = stage
            .started(json!({ side: [drain, stage.action("stop")] }), "DRILL")
            .await;
        let over = truth::over(&stage.app, &id).await;
        assert_eq!(over.status(), "CANCELLED", "{side}");
        let why = over.execution["reason"].as_str().unwrap();
        assert!(
            why.contains("drain") && why.contains("stops there"),
            "{why}"
        );
        assert_eq!(
            (over.count("LAUNCHED"), over.count("SKIPPED")),
            (launched, 2 - launched)
        );
        assert_eq!(state(&over.execution, "stop"), "SKIPPED");
        assert_eq!(scripts(&stage.app), ["echo drain"]);
        assert_eq!(world::launches(&stage.app).len(), launched);
    }
}

#[tokio::test]
async fn cancelled_while_an_action_runs_it_is_awaited_no_longer_and_the_rest_is_left_out() {
    let stage = stage().await;
    let first = json!({
        "actions_before": [stage.action("drain"), stage.action("stop")],
        "actions_after": [stage.action("tell")],
    });
    let id = stage.started(first, "DRILL").await;
    until(&stage.app, &id, |view| state(view, "drain") == "RUNNING").await;
    told(&stage.app, &id, "cancel").await;
    let over = truth::over(&stage.app, &id).await;
    assert_eq!(over.status(), "CANCELLED");
    assert_eq!(over.count("SKIPPED"), 2);
    for (name, left) in [
        ("drain", "ABANDONED"),
        ("stop", "SKIPPED"),
        ("tell", "SKIPPED"),
    ] {
        assert_eq!(state(&over.execution, name), left, "{name}");
    }
    assert_eq!(scripts(&stage.app), ["echo drain"]);
    assert!(world::launches(&stage.app).is_empty());
}

#[tokio::test]
async fn an_action_on_a_machine_that_ssm_does_not_reach_fails_in_its_time_and_says_so() {
    let stage = stage().await;
    stage.app.control().silence_agent(&stage.beside).unwrap();
    let drain = stage.with("drain", &json!({ "timeout_seconds": 120 }));
    let id = stage
        .started(json!({ "actions_before": [drain] }), "DRILL")
        .await;
    let over = truth::over(&stage.app, &id).await;
    assert_eq!(over.status(), "COMPLETED_WITH_FAILURES");
    let failed = &over.execution["actions"][0];
    assert_eq!(failed["state"], "FAILED");
    let why = failed["instances"][0]["reason"].as_str().unwrap();
    assert!(why.contains("SSM does not reach this instance"), "{why}");
    assert!(commands(&stage.app).is_empty());
}

/// The end of a drill with an action on each side of its first wave, disturbed or not.
async fn whole(stage: &Stage, id: &str) -> Over {
    let over = truth::over(&stage.app, id).await;
    assert_eq!(over.status(), "COMPLETED");
    for name in ["drain", "tell"] {
        assert_eq!(state(&over.execution, name), "SUCCEEDED", "{name}");
    }
    over
}

#[tokio::test]
async fn killed_around_its_command_an_action_is_sent_once() {
    let mut undisturbed = None;
    for cut in [
        None,
        Some(Cut::before("SendCommand", 1)),
        Some(Cut::after("SendCommand", 1)),
        Some(Cut::before("SendCommand", 2)),
        Some(Cut::after("SendCommand", 2)),
        Some(Cut::after("ListCommandInvocations", 1)),
    ] {
        let what = format!("{cut:?}");
        let mut stage = stage().await;
        let first = json!({
            "actions_before": [stage.action("drain")], "actions_after": [stage.action("tell")],
        });
        let id = stage.started(first, "DRILL").await;
        if let Some(cut) = cut {
            stage.app.crash_at(cut, LIMIT).await;
        }
        let over = whole(&stage, &id).await;
        assert_eq!(scripts(&stage.app), ["echo drain", "echo tell"], "{what}");
        assert_eq!(world::launches(&stage.app).len(), 2, "{what}");
        let outcome = undisturbed.get_or_insert_with(|| over.outcome());
        assert_eq!(*outcome, over.outcome(), "{what}");
        let known = commands(&stage.app);
        assert!(known.iter().all(|c| c.comment.starts_with(&id)), "{what}");
        assert_eq!(view(&stage.app, &id).await["status"], "COMPLETED");
    }
}
