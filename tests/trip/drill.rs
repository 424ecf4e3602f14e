//! A rehearsal of the way home, over the whole product: launched, ended, and worth nothing but what it showed.

use chrono::TimeDelta;
use dr_testkit::TestApp;
use dr_tests::home::{assert_same, originals};
use dr_tests::run::say;
use dr_tests::way::{Away, Way, machine, ready};
use dr_tests::{PRIMARY, RECOVERY};
use serde_json::{Value, json};

const SERVERS: usize = 6;
/// The longest a drill takes, in simulated time.
const LIMIT: TimeDelta = TimeDelta::hours(3);

/// EC2's states of some instances, without doubles.
fn states<'a>(
    app: &TestApp,
    place: (&str, &str),
    ids: impl Iterator<Item = &'a Value>,
) -> Vec<String> {
    let mut states: Vec<String> = ids
        .filter_map(|id| Some(machine(app, place, id)?.0))
        .collect();
    states.sort_unstable();
    states.dedup();
    states
}

fn at_home(app: &TestApp) -> Vec<String> {
    let ids: Vec<Value> = originals(app).into_iter().map(Value::from).collect();
    states(app, PRIMARY, ids.iter())
}

/// Production runs where it ran: a drill of the way home touches nothing in the recovery region.
fn production_runs(app: &TestApp, servers: &[Value]) {
    let ids = servers
        .iter()
        .map(|server| &server["recovery_instance"]["instance_id"]);
    assert_eq!(states(app, RECOVERY, ids), ["running"]);
}

/// DRS's records of what launched at home: whether each is of a drill.
fn records(app: &TestApp) -> Vec<bool> {
    app.control().inspect(|world| {
        let place = world.at(PRIMARY.0, PRIMARY.1).expect("the primary place");
        place.drs.instances.values().map(|one| one.drill).collect()
    })
}

/// Everything that only what came home for real allows is refused, with the reason.
async fn nothing_counts(app: &TestApp, way: &Way, reasons: [&str; 4]) {
    let words = json!({ "confirm": format!("clean up {SERVERS} servers") });
    let asked = [
        ("re-protect", json!({})),
        ("cleanup", words),
        ("commit", json!({})),
        ("go-back", json!({ "confirm": "go back" })),
    ];
    for ((action, body), reason) in asked.into_iter().zip(reasons) {
        let why = way.refused(app, action, body).await;
        assert!(why.contains(reason), "{action}: {why}");
    }
}

/// Launches the drill, and looks on while it runs.
async fn launched(app: &TestApp, way: &Way) -> String {
    let drill = way
        .fail_back(app, json!({ "execution_type": "DRILL" }))
        .await;
    let session = way.session(app).await;
    assert_eq!(session["status"], "FAILBACK_IN_PROGRESS", "{session:#}");
    nothing_counts(app, way, ["A failback is under way"; 4]).await;
    let over = app.run_until_terminal(&drill, LIMIT).await;
    assert_eq!(over["status"], "COMPLETED", "{over:#}");
    assert_eq!(over["execution_type"], "DRILL");
    assert_eq!(over["servers"]["launched"], SERVERS);
    drill
}

/// Requirement 001, 6.2: also "A drill validates the failback without completing it".
#[tokio::test]
async fn a_drill_of_the_way_home_counts_for_nothing_and_once_it_is_ended_the_fleet_comes_home() {
    let Away {
        app, way, before, ..
    } = ready(SERVERS).await;
    let drill = launched(&app, &way).await;
    let servers = way.until_status(&app, "READY_FOR_FAILBACK").await;
    for server in &servers {
        assert_eq!(server["stage"], "READY", "{server:#}");
        assert_eq!(server["returned"]["execution_type"], "DRILL", "{server:#}");
        assert_eq!(server["returned"]["execution_id"], drill.as_str());
        assert_eq!(server["returned"]["private_ip_kept"], true, "{server:#}");
    }
    assert_eq!(at_home(&app), ["running"], "the drill's instances");
    assert_eq!(records(&app), [true; SERVERS]);
    production_runs(&app, &servers);
    let on_trial = "No failback is on trial";
    let reasons = [
        "No server came home yet: a drill does not count",
        "No server came home yet: what runs in the recovery region is production",
        on_trial,
        on_trial,
    ];
    nothing_counts(&app, &way, reasons).await;

    // A launch into what the drill runs in is refused, and leaves everything as ready as it was.
    let really = json!({ "execution_type": "RECOVERY" });
    let refused = way.ask(&app, "execute-failback", really).await.expect(409);
    assert_eq!(refused["error"]["code"], "GUARD_REFUSED", "{refused:#}");
    let session = way.session(&app).await;
    assert_eq!(session["status"], "READY_FOR_FAILBACK", "{session:#}");

    ended(&app, &way, &drill).await;
    way.home(&app).await;
    assert_same(&before, &app.control().inventory());
}

/// Ends the drill: after a look at what that would do, and twice.
async fn ended(app: &TestApp, way: &Way, drill: &str) {
    let mut homes = originals(app);
    homes.sort_unstable();
    let word = "terminate-instances";
    let preview = say(app, drill, word, json!({})).await.expect(202);
    assert_eq!(
        (&preview["preview"], &preview["released"]),
        (&json!(true), &json!(homes)),
        "{preview:#}"
    );
    assert_eq!(at_home(app), ["running"], "only a preview");
    for _ in 0..2 {
        let done = say(app, drill, word, json!({ "confirm": true }))
            .await
            .expect(202);
        assert_eq!(
            (&done["terminated"], &done["problems"]),
            (&json!([]), &json!([])),
            "{done:#}"
        );
        app.advance(TimeDelta::minutes(10)).await;
        assert_eq!(at_home(app), ["stopped"]);
        assert!(records(app).is_empty(), "DRS knows of none");
    }
    let servers = way.until_status(app, "READY_FOR_FAILBACK").await;
    production_runs(app, &servers);
}

/// Requirement 001, 6.2: one server alone may be rehearsed, and a drill whose end was forgotten protects nobody.
#[tokio::test]
async fn a_drill_of_one_server_leaves_the_others_ready_and_is_in_nobodys_way_but_its_own() {
    let Away { app, way, .. } = ready(SERVERS).await;
    let servers = way.servers(&app).await;
    let (one, others) = servers.split_first().unwrap();
    let chosen = json!([one["source_server_id"]]);
    let body = json!({ "execution_type": "DRILL", "source_server_ids": chosen });
    let drill = way.fail_back(&app, body).await;
    let over = app.run_until_terminal(&drill, LIMIT).await;
    assert_eq!(over["servers"]["launched"], 1, "{over:#}");
    way.until_stage(&app, "READY", SERVERS).await;
    let rest: Vec<&Value> = others.iter().map(|s| &s["source_server_id"]).collect();
    let body = json!({ "execution_type": "RECOVERY", "source_server_ids": rest });
    way.fail_back(&app, body).await;
    let servers = way.until_stage(&app, "FAILED_BACK", SERVERS - 1).await;
    let still = servers
        .iter()
        .find(|s| s["source_server_id"] == one["source_server_id"]);
    assert_eq!(still.unwrap()["stage"], "READY");
    // What came home for real is not taken for the drill's, nor the drill's for what came home.
    let done = say(
        &app,
        &drill,
        "terminate-instances",
        json!({ "confirm": true }),
    )
    .await
    .expect(202);
    assert_eq!(done["released"], json!([one["origin_instance_id"]]));
    app.advance(TimeDelta::minutes(10)).await;
    assert_eq!(
        machine(&app, PRIMARY, &one["origin_instance_id"])
            .unwrap()
            .0,
        "stopped"
    );
    let homes = others.iter().map(|s| &s["origin_instance_id"]);
    assert_eq!(states(&app, PRIMARY, homes), ["running"]);
}
